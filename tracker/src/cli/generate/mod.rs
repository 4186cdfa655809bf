//! `tracker generate`: a seeded, realistic data set, written through the storage layer.

mod people;
mod plan;
mod text;

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use self::plan::{Plan, PlannedIssue};
use super::setup::{self, Setup};
use crate::{
    config::Common,
    domain::{
        id::{IssueTypeId, PriorityId, ProjectId, StatusId, UserId},
        issue::NewIssue,
        project::NewProject,
        user::NewUser,
    },
    storage::{
        Error, Store,
        bulk::{DatedComment, DatedIssue, insert_issues},
        lists, projects, users,
    },
    telemetry,
};

/// Issues of one transaction: large enough to be quick, small enough not to hold back other writers.
const BATCH: usize = 500;
const DAY_MS: i64 = 86_400_000;

/// The command's settings.
#[derive(Args, Clone, Debug)]
pub struct Generate {
    /// What every command needs.
    #[command(flatten)]
    pub common: Common,
    /// What to generate.
    #[command(flatten)]
    pub args: GenerateArgs,
}

/// What to generate.
#[derive(Args, Clone, Debug)]
pub struct GenerateArgs {
    /// How many issues
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub issues: u64,
    /// The same seed gives the same data set
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Comments per issue, on average
    #[arg(long, value_name = "PER_ISSUE", default_value_t = 2.0, value_parser = average)]
    pub comments: f64,
    /// How many projects [default: one for each 2,000 issues]
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u32).range(1..=500))]
    pub projects: Option<u32>,
    /// How many people; they can't log in [default: 20, and one more for each 200 issues]
    #[arg(long, value_name = "U", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub users: Option<u32>,
}

fn average(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "a number is expected".to_owned())?;
    if (0.0..=100.0).contains(&value) {
        Ok(value)
    } else {
        Err("a number from 0 to 100 is expected".to_owned())
    }
}

/// What to generate, with every default filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Number of issues.
    pub issues: u64,
    /// Seed of all choices.
    pub seed: u64,
    /// Comments per issue, on average.
    pub comments: f64,
    /// Number of projects.
    pub projects: usize,
    /// Number of people.
    pub users: usize,
    /// The data set ends at this wall time, milliseconds, and begins three years before.
    pub until_ms: i64,
}

impl Options {
    /// The options that `args` mean today. The data set ends at midnight, so that runs of one day are equal.
    pub fn new(args: &GenerateArgs, now_ms: i64) -> Self {
        let default_projects = (args.issues / 2_000).clamp(1, 50) as usize;
        let default_users = (20 + args.issues / 200).min(4_000) as usize;
        Self {
            issues: args.issues,
            seed: args.seed,
            comments: args.comments,
            projects: args.projects.map_or(default_projects, |count| count as usize),
            users: args.users.map_or(default_users, |count| count as usize),
            until_ms: now_ms - now_ms.rem_euclid(DAY_MS),
        }
    }
}

/// What was generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Issues created.
    pub issues: u64,
    /// Comments created.
    pub comments: u64,
    /// Projects the issues are in.
    pub projects: usize,
    /// People who wrote them.
    pub users: usize,
}

/// Fills a prepared database. People and projects that are there already (from an earlier run) are used again. `progress` is told
/// the number of issues written so far.
///
/// # Errors
/// What storage says; batches that were committed before stay.
pub async fn generate(
    store: &Store,
    options: &Options,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Summary, Error> {
    let plan = Plan::new(options);
    let users = ensure_users(store, &plan).await?;
    let projects = ensure_projects(store, &plan, &users).await?;
    let ids = Ids { users, projects, lists: Lists::read(store).await? };
    let mut summary = Summary { projects: ids.projects.len(), users: ids.users.len(), ..Summary::default() };
    let mut issues = plan.issues().peekable();
    while issues.peek().is_some() {
        let batch: Vec<DatedIssue> = issues.by_ref().take(BATCH).map(|issue| ids.dated(issue)).collect();
        let mut tx = store.begin().await?;
        insert_issues(&mut tx, &batch).await?;
        tx.commit().await?;
        summary.issues += batch.len() as u64;
        summary.comments += batch.iter().map(|issue| issue.comments.len() as u64).sum::<u64>();
        progress(summary.issues);
    }
    Ok(summary)
}

/// Runs the command: shows progress (a bar on a terminal, a line for each tenth otherwise) and what was done.
pub(super) async fn run(settings: Generate) -> anyhow::Result<()> {
    telemetry::init(&settings.common.log)?;
    let Setup { store, .. } = setup::prepare(&settings.common).await?;
    store.prepare().await?;
    let clock = store.clock().clone();
    let options = Options::new(&settings.args, clock.now_ms());
    let begun = clock.monotonic();
    let bar = ProgressBar::new(options.issues);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} issues, {per_sec}, {eta} left",
    )?);
    let on_terminal = std::io::stderr().is_terminal();
    let mut told = 0;
    let summary = generate(&store, &options, &mut |done| {
        bar.set_position(done);
        let tenth = done * 10 / options.issues.max(1);
        if !on_terminal && tenth > told {
            told = tenth;
            // A reader that went away is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{done} of {} issues", options.issues);
        }
    })
    .await?;
    bar.finish_and_clear();
    let took = clock.monotonic().saturating_sub(begun).max(Duration::from_millis(1));
    writeln!(
        std::io::stdout(),
        "generated {} issues with {} comments in {} projects, written by {} people, in {:.1} s ({:.0} issues/s)",
        summary.issues,
        summary.comments,
        summary.projects,
        summary.users,
        took.as_secs_f64(),
        summary.issues as f64 / took.as_secs_f64()
    )?;
    store.close().await;
    Ok(())
}

async fn ensure_users(store: &Store, plan: &Plan) -> Result<Vec<UserId>, Error> {
    let mut ids = Vec::with_capacity(plan.people.len());
    for people in plan.people.chunks(BATCH) {
        let mut tx = store.begin().await?;
        for person in people {
            let user = match users::by_name(&mut tx, &person.name).await? {
                Some(user) => user,
                None => users::insert(&mut tx, &new_user(person)).await?,
            };
            ids.push(user.id);
        }
        tx.commit().await?;
    }
    Ok(ids)
}

fn new_user(person: &people::Person) -> NewUser {
    NewUser {
        name: person.name.clone(),
        email: format!("{}@example.com", person.name),
        display_name: person.display_name.clone(),
        // No password has this hash.
        password_hash: "!".to_owned(),
        admin: false,
        time_zone: person.time_zone.to_owned(),
    }
}

async fn ensure_projects(store: &Store, plan: &Plan, users: &[UserId]) -> Result<Vec<ProjectId>, Error> {
    let mut ids = Vec::with_capacity(plan.projects.len());
    let mut tx = store.begin().await?;
    for planned in &plan.projects {
        if let Some(project) = projects::by_key(&mut tx, &planned.key).await? {
            ids.push(project.id);
            continue;
        }
        let new = NewProject {
            key: planned.key.clone(),
            name: planned.name.clone(),
            description: planned.description.clone(),
            lead: users[planned.lead],
            type_key: "software".to_owned(),
        };
        ids.push(projects::insert(&mut tx, &new).await?.id);
    }
    tx.commit().await?;
    Ok(ids)
}

/// Ids of the small lists, by the plan's names for their entries.
struct Lists {
    types: Vec<(String, IssueTypeId)>,
    statuses: Vec<(String, StatusId)>,
    priorities: Vec<(String, PriorityId)>,
}

impl Lists {
    async fn read(store: &Store) -> Result<Self, Error> {
        let mut conn = store.read().await?;
        let types = lists::issue_types(&mut conn).await?;
        let statuses = lists::statuses(&mut conn).await?;
        let priorities = lists::priorities(&mut conn).await?;
        if types.is_empty() || statuses.is_empty() || priorities.is_empty() {
            return Err(Error::Schema("the database has no issue types, statuses or priorities".to_owned()));
        }
        Ok(Self {
            types: types.into_iter().map(|row| (row.name, row.id)).collect(),
            statuses: statuses.into_iter().map(|row| (row.name, row.id)).collect(),
            priorities: priorities.into_iter().map(|row| (row.name, row.id)).collect(),
        })
    }
}

/// The entry of this name, or the first one where an administrator renamed it.
fn named<T: Copy>(list: &[(String, T)], name: &str) -> T {
    list.iter().find(|(known, _)| known == name).unwrap_or(&list[0]).1
}

/// The database's ids for the plan's people, projects and lists.
struct Ids {
    users: Vec<UserId>,
    projects: Vec<ProjectId>,
    lists: Lists,
}

impl Ids {
    fn dated(&self, planned: PlannedIssue) -> DatedIssue {
        let comment = |comment: plan::PlannedComment| DatedComment {
            author: self.users[comment.author],
            body: comment.body,
            created_ms: comment.created_ms,
        };
        DatedIssue {
            created_ms: planned.created_ms,
            updated_ms: planned.updated_ms,
            comments: planned.comments.into_iter().map(comment).collect(),
            issue: NewIssue {
                project: self.projects[planned.project],
                issue_type: named(&self.lists.types, planned.issue_type),
                status: named(&self.lists.statuses, planned.status),
                priority: named(&self.lists.priorities, planned.priority),
                summary: planned.summary,
                description: planned.description,
                assignee: planned.assignee.map(|person| self.users[person]),
                reporter: Some(self.users[planned.reporter]),
                creator: self.users[planned.reporter],
                labels: planned.labels,
            },
        }
    }
}

#[cfg(test)]
mod tests;
