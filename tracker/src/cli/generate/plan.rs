//! The plan of a data set: everything that the seed decides, without a database. People, projects and lists are named by their place in
//! the plan; the caller knows their ids.

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    DAY_MS, Options,
    people::{Person, people},
    text::{Writer, skewed},
};

/// Time that a data set covers.
const SPAN_MS: i64 = 3 * 365 * DAY_MS;
const NAMES: &str = "Atlas Beacon Compass Delta Ember Falcon Garnet Harbor Indigo Juniper Kestrel Lantern Meadow Nimbus Orchid Pioneer \
    Quartz River Summit Tundra Umbra Violet Willow Xenon Yonder Zephyr";

/// A project to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedProject {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    /// Place in [`Plan::people`].
    pub(super) lead: usize,
}

/// An issue to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedIssue {
    /// Place in [`Plan::projects`].
    pub(super) project: usize,
    pub(super) issue_type: &'static str,
    pub(super) status: &'static str,
    pub(super) priority: &'static str,
    pub(super) summary: String,
    pub(super) description: Option<String>,
    pub(super) labels: Vec<String>,
    /// Places in [`Plan::people`].
    pub(super) reporter: usize,
    pub(super) assignee: Option<usize>,
    pub(super) created_ms: i64,
    pub(super) updated_ms: i64,
    pub(super) comments: Vec<PlannedComment>,
}

/// A comment to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedComment {
    /// Place in [`Plan::people`].
    pub(super) author: usize,
    pub(super) body: String,
    pub(super) created_ms: i64,
}

/// All that a seed decides.
pub(super) struct Plan {
    pub(super) people: Vec<Person>,
    pub(super) projects: Vec<PlannedProject>,
    options: Options,
    writer: Writer,
}

impl Plan {
    pub(super) fn new(options: &Options) -> Self {
        let (writer, mut random) = (Writer::new(), StdRng::seed_from_u64(options.seed));
        let people = people(options.users);
        let names: Vec<&str> = NAMES.split_whitespace().collect();
        let projects = (0..options.projects)
            .map(|nth| {
                let (name, round) = (names[nth % names.len()], nth / names.len());
                let number = if round == 0 { String::new() } else { (round + 1).to_string() };
                PlannedProject {
                    key: format!("{}{number}", name.to_uppercase()),
                    name: format!("{name} {number}").trim().to_owned(),
                    description: writer.comment(&mut random),
                    lead: random.random_range(0..people.len()),
                }
            })
            .collect();
        Self { people, projects, options: *options, writer }
    }

    /// The issues, oldest first. Each has a random source of its own, so that one more choice in one changes no other.
    pub(super) fn issues(&self) -> impl Iterator<Item = PlannedIssue> + '_ {
        (0..self.options.issues).map(|nth| {
            let seed = self.options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(nth);
            self.issue(nth, &mut StdRng::seed_from_u64(seed))
        })
    }

    fn issue(&self, nth: u64, random: &mut StdRng) -> PlannedIssue {
        let project = skewed(self.projects.len(), random);
        let (from_ms, until_ms) = (self.options.until_ms - SPAN_MS, self.options.until_ms);
        let step = SPAN_MS as f64 / self.options.issues as f64;
        let created_ms =
            (from_ms + ((nth as f64 + random.random_range(0.0..1.0)) * step) as i64).min(until_ms - 1);
        let age = (until_ms - created_ms) as f64 / SPAN_MS as f64;
        let comments = self.comments(project, created_ms, random);
        let last_comment_ms = comments.last().map_or(created_ms, |comment| comment.created_ms);
        PlannedIssue {
            project,
            issue_type: weighted(
                &[
                    ("Bug", 45),
                    ("Task", 20),
                    ("Story", 18),
                    ("Improvement", 10),
                    ("New Feature", 4),
                    ("Epic", 3),
                ],
                random,
            ),
            status: status(age, random),
            priority: weighted(
                &[("Medium", 55), ("High", 20), ("Low", 15), ("Highest", 6), ("Lowest", 4)],
                random,
            ),
            summary: self.writer.summary(random),
            description: random.random_bool(0.9).then(|| self.writer.description(random)),
            labels: self.writer.labels(random),
            reporter: self.member(project, random),
            assignee: random.random_bool(0.75).then(|| self.member(project, random)),
            updated_ms: self.later(last_comment_ms, random),
            created_ms,
            comments,
        }
    }

    /// Many issues have no comment, some have many.
    fn comments(&self, project: usize, created_ms: i64, random: &mut StdRng) -> Vec<PlannedComment> {
        let mut at_ms = created_ms;
        let mut comments = Vec::new();
        // After each comment another one follows with the same chance: that gives the wanted average.
        let chance = self.options.comments / (1.0 + self.options.comments);
        while random.random_bool(chance) && comments.len() < 200 {
            at_ms = self.later(at_ms, random);
            comments.push(PlannedComment {
                author: self.member(project, random),
                body: self.writer.comment(random),
                created_ms: at_ms,
            });
        }
        comments
    }

    /// Someone of the project's team: each project has a few people who do most of the work, and they differ from project to project.
    fn member(&self, project: usize, random: &mut StdRng) -> usize {
        (skewed(self.people.len(), random) + project * 7) % self.people.len()
    }

    /// Minutes to weeks later, but not after the end.
    fn later(&self, at_ms: i64, random: &mut StdRng) -> i64 {
        let minutes = 10_f64.powf(random.random_range(0.0..4.6));
        (at_ms + (minutes * 60_000.0) as i64).min(self.options.until_ms)
    }
}

/// Old issues are mostly done.
fn status(age: f64, random: &mut StdRng) -> &'static str {
    let done = (age * 4.0).min(1.0) * 0.85;
    if random.random_bool(done) {
        "Done"
    } else if random.random_bool(0.3) {
        "In Progress"
    } else {
        "To Do"
    }
}

fn weighted(choices: &[(&'static str, u32)], random: &mut StdRng) -> &'static str {
    let total = choices.iter().map(|(_, weight)| weight).sum();
    let mut drawn = random.random_range(0..total);
    for (choice, weight) in choices {
        if drawn < *weight {
            return choice;
        }
        drawn -= weight;
    }
    choices[0].0
}
