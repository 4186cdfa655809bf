//! Random issues and random queries about them, from a seed.

use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};

use super::slow::{Cond, Key, Test, Text, VOCABULARY, Value};
use crate::domain::{
    id::{IssueTypeId, PriorityId, StatusId, UserId},
    issue::{IssueDocument, NewIssue},
    project::Project,
};

const LABELS: [&str; 5] = ["red", "Blue", "GREEN", "zwölf", "x"];
const STATUSES: [&str; 3] = ["To Do", "In Progress", "Done"];
const TYPES: [&str; 4] = ["Bug", "New Feature", "Task", "Improvement"];
const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];

const KEYS: [&str; 13] = [
    "id",
    "key",
    "project",
    "created",
    "updated",
    "summary",
    "description",
    "labels",
    "priority",
    "status",
    "issuetype",
    "assignee",
    "reporter",
];
const FIELDS: [&str; 16] = [
    "project",
    "status",
    "statusCategory",
    "issuetype",
    "priority",
    "assignee",
    "reporter",
    "creator",
    "labels",
    "key",
    "id",
    "created",
    "updated",
    "summary",
    "description",
    "text",
];

/// What random issues and queries can refer to.
pub(super) struct Scene {
    pub(super) random: StdRng,
    pub(super) projects: Vec<Project>,
    pub(super) users: Vec<(UserId, String)>,
}

impl Scene {
    pub(super) fn issue(&mut self) -> NewIssue {
        let random = &mut self.random;
        let project = self.projects.choose(random).expect("a project").id;
        let some = |random: &mut StdRng, users: &[(UserId, String)]| {
            if random.random_bool(0.7) { users.choose(random).map(|(id, _)| *id) } else { None }
        };
        let (assignee, reporter) = (some(random, &self.users), some(random, &self.users));
        let labels = random.random_range(0..3usize);
        NewIssue {
            project,
            issue_type: IssueTypeId(random.random_range(1..=4)),
            status: StatusId(random.random_range(1..=3)),
            priority: PriorityId(random.random_range(1..=5)),
            assignee,
            reporter,
            creator: self.users[0].0,
            labels: LABELS.sample(random, labels).map(ToString::to_string).collect(),
            summary: self.text(1, 5),
            description: [None, Some(String::new()), Some(self.text(1, 30))][self.random.random_range(0..3)]
                .clone(),
        }
    }

    /// Some words, with signs between and in any case.
    pub(super) fn text(&mut self, least: usize, most: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.random.random_range(least..=most) {
            let word = VOCABULARY.choose(&mut self.random).expect("a word").0;
            text += &if self.random.random_bool(0.3) { word.to_uppercase() } else { word.to_owned() };
            text += [" ", ", ", "-", " \u{2013} ", "\n"].choose(&mut self.random).expect("a sign");
        }
        text
    }

    /// A condition and the order.
    pub(super) fn query(&mut self, rows: &[IssueDocument]) -> (Option<Cond>, Vec<Key>) {
        let cond = if self.random.random_bool(0.05) { None } else { Some(self.cond(rows, 3)) };
        let count = self.random.random_range(0..=4usize);
        let keys = KEYS.sample(&mut self.random, count).copied().collect::<Vec<_>>();
        (cond, keys.into_iter().map(|key| (key, self.random.random_bool(0.5))).collect())
    }

    fn cond(&mut self, rows: &[IssueDocument], depth: usize) -> Cond {
        let kind = if depth == 0 { 9 } else { self.random.random_range(0..10) };
        match kind {
            0..=1 => {
                Cond::And((0..self.random.random_range(2..4)).map(|_| self.cond(rows, depth - 1)).collect())
            }
            2..=3 => {
                Cond::Or((0..self.random.random_range(2..4)).map(|_| self.cond(rows, depth - 1)).collect())
            }
            4 => Cond::Not(Box::new(self.cond(rows, depth - 1))),
            _ => Cond::Test(self.test(rows)),
        }
    }

    fn test(&mut self, rows: &[IssueDocument]) -> Test {
        let field = *FIELDS.choose(&mut self.random).expect("a field");
        let field = if field == "text" && self.random.random_bool(0.5) { "comment" } else { field };
        let operators: &[&str] = match field {
            "summary" | "description" | "comment" => &["~", "~", "~", "!~", "is", "is not"],
            "text" => &["~"],
            "priority" | "created" | "updated" | "key" | "id" => {
                &["=", "!=", "in", "not in", "<", "<=", ">", ">=", "is", "is not"]
            }
            _ => &["=", "!=", "in", "not in", "is", "is not"],
        };
        let op = *operators.choose(&mut self.random).expect("an operator");
        let count = if op.ends_with("in") { self.random.random_range(1..4) } else { 1 };
        let values = (0..count).map(|_| self.value(field, op, rows)).collect();
        Test { field, op, values }
    }

    fn value(&mut self, field: &str, op: &str, rows: &[IssueDocument]) -> Value {
        let order = op.starts_with(['<', '>']);
        if op.starts_with("is") || (!order && self.random.random_bool(0.1)) && field != "text" {
            return Value::Empty;
        }
        let random = &mut self.random;
        let listed = |random: &mut StdRng, names: &[&str]| {
            let at = random.random_range(0..names.len());
            Value::Id(at as i64 + 1, names[at].to_owned())
        };
        let row = rows.choose(random).expect("a row");
        match field {
            "project" => {
                let project = self.projects.choose(random).expect("a project");
                let names = [project.key.to_lowercase(), project.name.clone(), project.id.0.to_string()];
                Value::Id(project.id.0, names.choose(random).expect("a name").clone())
            }
            "status" => listed(random, &STATUSES),
            "statusCategory" => match listed(random, &STATUSES) {
                Value::Id(id, name) => Value::Ids(vec![id], name),
                other => other,
            },
            "issuetype" => listed(random, &TYPES),
            "priority" => listed(random, &PRIORITIES),
            "assignee" | "reporter" | "creator" => {
                let (id, name) = self.users.choose(random).expect("a user");
                Value::Id(id.0, name.to_uppercase())
            }
            "labels" => Value::Label(LABELS.choose(random).expect("a label").to_uppercase()),
            "created" => Value::Number(row.issue.created_ms + random.random_range(-1500..1500)),
            "updated" => Value::Number(row.issue.updated_ms + random.random_range(-1500..1500)),
            "key" if order => {
                let number = random.random_range(0..30);
                let project = self.projects.choose(random).expect("a project");
                Value::Key(project.id.0, number, format!("{}-{number}", project.key))
            }
            "key" => Value::Id(row.issue.id.0, row.issue.key.clone()),
            "id" => Value::Number(row.issue.id.0),
            _ => Value::Text(self.wanted(2)),
        }
    }

    fn wanted(&mut self, depth: usize) -> Text {
        let kind = if depth == 0 { 9 } else { self.random.random_range(0..14) };
        let word = |random: &mut StdRng| VOCABULARY.choose(random).expect("a word").0;
        match kind {
            0 | 1 => Text::All((0..self.random.random_range(2..4)).map(|_| self.wanted(depth - 1)).collect()),
            2 => Text::Any((0..self.random.random_range(2..4)).map(|_| self.wanted(depth - 1)).collect()),
            3 => Text::Not(Box::new(self.wanted(depth - 1))),
            4 => {
                let length = self.random.random_range(1..3);
                Text::Phrase((0..length).map(|_| word(&mut self.random)).collect())
            }
            5 | 6 => {
                let mut letters: Vec<char> = word(&mut self.random).chars().collect();
                for _ in 0..self.random.random_range(1..3) {
                    let at = self.random.random_range(1..=letters.len());
                    let sign = if self.random.random_bool(0.5) { '*' } else { '?' };
                    if at == letters.len() || self.random.random_bool(0.3) {
                        letters.insert(at, sign);
                    } else {
                        letters[at] = sign;
                    }
                }
                Text::Wildcard(letters.into_iter().collect())
            }
            7 => {
                let mut letters: Vec<char> = word(&mut self.random).chars().collect();
                let at = self.random.random_range(0..letters.len());
                letters[at] = 'q';
                Text::Fuzzy(letters.into_iter().collect(), self.random.random_range(1..=2))
            }
            _ => Text::Word(word(&mut self.random)),
        }
    }
}

/// The query as people would write it.
pub(super) fn written(cond: Option<&Cond>, keys: &[Key]) -> String {
    let mut text = cond.map(write).unwrap_or_default();
    for (at, (field, descending)) in keys.iter().enumerate() {
        text += if at == 0 { " ORDER BY " } else { ", " };
        text += field;
        text += if *descending { " DESC" } else { " ASC" };
    }
    text
}

fn write(cond: &Cond) -> String {
    let join = |parts: &[Cond], between: &str| {
        format!("({})", parts.iter().map(write).collect::<Vec<_>>().join(between))
    };
    match cond {
        Cond::And(parts) => join(parts, " AND "),
        Cond::Or(parts) => join(parts, " OR "),
        Cond::Not(part) => format!("NOT {}", write(part)),
        Cond::Test(Test { field, op, values }) => {
            let values: Vec<_> = values.iter().map(write_value).collect();
            if op.ends_with("in") {
                format!("{field} {op} ({})", values.join(", "))
            } else {
                format!("{field} {op} {}", values[0])
            }
        }
    }
}

fn write_value(value: &Value) -> String {
    match value {
        Value::Empty => "EMPTY".to_owned(),
        Value::Id(_, name) | Value::Ids(_, name) | Value::Key(_, _, name) | Value::Label(name) => {
            format!("'{name}'")
        }
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("'{}'", write_text(text, true)),
    }
}

fn write_text(text: &Text, outside: bool) -> String {
    let join = |parts: &[Text], between: &str| {
        let text = parts.iter().map(|part| write_text(part, false)).collect::<Vec<_>>().join(between);
        if outside { text } else { format!("({text})") }
    };
    match text {
        Text::Word(word) => (*word).to_owned(),
        Text::Phrase(words) => format!("\"{}\"", words.join(" ")),
        Text::Wildcard(pattern) => pattern.clone(),
        Text::Fuzzy(word, most) => format!("{word}~{most}"),
        Text::Not(part) => format!("-{}", write_text(part, false)),
        Text::All(parts) => join(parts, " "),
        Text::Any(parts) => join(parts, " OR "),
    }
}
