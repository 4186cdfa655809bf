//! What a query must find, worked out the slow way: row by row, with rules written down a second time and in another manner, and
//! nothing of the parser, the resolver or the index.

use std::{cmp::Ordering, collections::BTreeSet};

use crate::domain::issue::IssueDocument;

/// A condition that can be written as JQL.
#[derive(Clone, Debug)]
pub(super) enum Cond {
    And(Vec<Cond>),
    Or(Vec<Cond>),
    Not(Box<Cond>),
    Test(Test),
}

#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) field: &'static str,
    pub(super) op: &'static str,
    pub(super) values: Vec<Value>,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Empty,
    /// An id, and what the query calls it.
    Id(i64, String),
    /// Several ids that one name stands for.
    Ids(Vec<i64>, String),
    /// Milliseconds, or a bare issue id.
    Number(i64),
    /// Project id and number.
    Key(i64, i64, String),
    Label(String),
    Text(Text),
}

/// A condition on a text.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Word(&'static str),
    Phrase(Vec<&'static str>),
    Wildcard(String),
    Fuzzy(String, u8),
    Not(Box<Text>),
    All(Vec<Text>),
    Any(Vec<Text>),
}

/// Words of texts, with the stem of each. Two words with the same stem are forms of one.
pub(super) const VOCABULARY: [(&str, &str); 14] = [
    ("search", "search"),
    ("searching", "search"),
    ("searched", "search"),
    ("issue", "issu"),
    ("issues", "issu"),
    ("red", "red"),
    ("reed", "reed"),
    ("blue", "blue"),
    ("blew", "blew"),
    ("log4j", "log4j"),
    ("überall", "überall"),
    ("東", "東"),
    ("running", "run"),
    ("run", "run"),
];

fn stem(word: &str) -> &str {
    VOCABULARY.iter().find(|(known, _)| *known == word).map_or(word, |(_, stem)| stem)
}

impl Cond {
    pub(super) fn holds(&self, row: &IssueDocument) -> bool {
        self.is(row, false)
    }

    /// `NOT` turns the operator of each comparison round, so that `NOT assignee = x` doesn't match empty assignees either.
    fn is(&self, row: &IssueDocument, negated: bool) -> bool {
        match (self, negated) {
            (Self::Not(inner), _) => inner.is(row, !negated),
            (Self::And(parts), false) | (Self::Or(parts), true) => {
                parts.iter().all(|part| part.is(row, negated))
            }
            (Self::Or(parts), false) | (Self::And(parts), true) => {
                parts.iter().any(|part| part.is(row, negated))
            }
            (Self::Test(test), _) => test.is(row, negated),
        }
    }
}

impl Test {
    fn is(&self, row: &IssueDocument, negated: bool) -> bool {
        let op = if negated { opposite(self.op) } else { self.op };
        let empty = is_empty(self.field, row);
        let asks_empty = self.values.iter().any(|value| matches!(value, Value::Empty));
        let equal = || self.values.iter().any(|value| equals(self.field, value, row));
        match op {
            "=" | "in" | "is" => asks_empty && empty || equal(),
            "!=" | "not in" | "is not" => !empty && !equal(),
            "~" if asks_empty => empty,
            "!~" if asks_empty => !empty,
            "~" => self.finds(row),
            // The field `text` is never empty as a whole.
            "!~" => !empty && !self.finds(row),
            order => self.values.iter().all(|value| compares(self.field, order, value, row)),
        }
    }

    fn finds(&self, row: &IssueDocument) -> bool {
        let Some(Value::Text(text)) = self.values.first() else { return false };
        let fields: &[&str] =
            if self.field == "text" { &["summary", "description", "comment"] } else { &[self.field] };
        fields.iter().any(|field| text.holds(&texts(field, row)))
    }
}

fn opposite(op: &str) -> &str {
    const PAIRS: [(&str, &str); 6] =
        [("=", "!="), ("in", "not in"), ("is", "is not"), ("~", "!~"), ("<", ">="), (">", "<=")];
    PAIRS
        .iter()
        .find_map(|(a, b)| {
            if *a == op {
                Some(*b)
            } else if *b == op {
                Some(*a)
            } else {
                None
            }
        })
        .expect("an operator")
}

fn ids(field: &str, row: &IssueDocument) -> Option<i64> {
    let issue = &row.issue;
    match field {
        "project" => Some(issue.project.0),
        "status" | "statusCategory" => Some(issue.status.0),
        "issuetype" => Some(issue.issue_type.0),
        "priority" => Some(issue.priority.0),
        "assignee" => issue.assignee.map(|user| user.0),
        "reporter" => issue.reporter.map(|user| user.0),
        "creator" => Some(issue.creator.0),
        "key" | "id" => Some(issue.id.0),
        _ => None,
    }
}

fn moment(field: &str, row: &IssueDocument) -> Option<i64> {
    match field {
        "created" => Some(row.issue.created_ms.div_euclid(1000)),
        "updated" => Some(row.issue.updated_ms.div_euclid(1000)),
        _ => None,
    }
}

fn texts(field: &str, row: &IssueDocument) -> Vec<String> {
    match field {
        "summary" => vec![row.issue.summary.clone()],
        "description" => row.issue.description.iter().filter(|text| !text.is_empty()).cloned().collect(),
        _ => row.comments.clone(),
    }
}

fn is_empty(field: &str, row: &IssueDocument) -> bool {
    match field {
        "labels" => row.issue.labels.is_empty(),
        "summary" | "description" | "comment" => texts(field, row).is_empty(),
        "created" | "updated" | "text" => false,
        field => ids(field, row).is_none(),
    }
}

fn equals(field: &str, value: &Value, row: &IssueDocument) -> bool {
    match value {
        Value::Id(id, _) => ids(field, row) == Some(*id),
        Value::Ids(all, _) => ids(field, row).is_some_and(|id| all.contains(&id)),
        Value::Number(number) => match moment(field, row) {
            Some(second) => second == number.div_euclid(1000),
            None => ids(field, row) == Some(*number),
        },
        Value::Label(label) => row.issue.labels.iter().any(|own| own.to_lowercase() == label.to_lowercase()),
        Value::Empty | Value::Key(..) | Value::Text(_) => false,
    }
}

fn compares(field: &str, op: &str, value: &Value, row: &IssueDocument) -> bool {
    let order = match (value, moment(field, row)) {
        (Value::Number(ms), Some(second)) => second.cmp(&ms.div_euclid(1000)),
        (Value::Number(id), None) => row.issue.id.0.cmp(id),
        (Value::Key(project, number, _), _) if row.issue.project.0 == *project => {
            row.issue.number.cmp(number)
        }
        // Of the out-of-the-box priorities the one with the smallest id is the most urgent.
        (Value::Id(priority, _), _) if field == "priority" => priority.cmp(&row.issue.priority.0),
        _ => return false,
    };
    match op {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

impl Text {
    fn holds(&self, texts: &[String]) -> bool {
        let words: Vec<Vec<String>> = texts.iter().map(|text| split(text)).collect();
        // What the index holds of a word: itself and its stem.
        let any =
            |fits: &dyn Fn(&str) -> bool| words.iter().flatten().any(|word| fits(word) || fits(stem(word)));
        match self {
            Self::Word(wanted) => any(&|word| stem(word) == stem(wanted)),
            Self::Phrase(wanted) => words.iter().any(|words| {
                words
                    .windows(wanted.len())
                    .any(|part| part.iter().zip(wanted).all(|(a, b)| stem(a) == stem(b)))
            }),
            Self::Wildcard(pattern) => any(&|word| {
                let (pattern, word): (Vec<char>, Vec<char>) =
                    (pattern.chars().collect(), word.chars().collect());
                glob(&pattern, &word)
            }),
            Self::Fuzzy(wanted, most) => any(&|word| distance(word, wanted) <= usize::from(*most)),
            Self::Not(part) => !part.holds(texts),
            Self::All(parts) => parts.iter().all(|part| part.holds(texts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(texts)),
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn glob(pattern: &[char], word: &[char]) -> bool {
    match (pattern.split_first(), word.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), Some((_, tail))) => glob(rest, word) || glob(pattern, tail),
        (Some(('*', rest)), None) => glob(rest, word),
        (Some(('?', rest)), Some((_, tail))) => glob(rest, tail),
        (Some((a, rest)), Some((b, tail))) => a == b && glob(rest, tail),
        _ => false,
    }
}

/// Letters to insert, remove, replace, or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(table[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    table[a.len()][b.len()]
}

/// One key of the order: field, and whether it descends.
pub(super) type Key = (&'static str, bool);

/// How two rows stand to each other; `users` are in the order of their names.
pub(super) fn order(keys: &[Key], users: &[i64], a: &IssueDocument, b: &IssueDocument) -> Ordering {
    for (field, descending) in keys {
        let order = by_field(field, users, a, b);
        if order.is_ne() {
            return if *descending { order.reverse() } else { order };
        }
    }
    let last_descends = keys.last().is_some_and(|(_, descending)| *descending);
    let order = a.issue.id.cmp(&b.issue.id);
    if last_descends { order.reverse() } else { order }
}

fn by_field(field: &str, users: &[i64], a: &IssueDocument, b: &IssueDocument) -> Ordering {
    let project = |row: &IssueDocument| row.issue.key.split('-').next().map(str::to_owned);
    let user = |field, row| ids(field, row).map(|id| users.iter().position(|user| *user == id));
    let folded =
        |row: &IssueDocument| row.issue.labels.iter().map(|l| l.to_lowercase()).collect::<BTreeSet<_>>();
    match field {
        "id" => a.issue.id.cmp(&b.issue.id),
        "key" => (project(a), a.issue.number).cmp(&(project(b), b.issue.number)),
        "project" => project(a).cmp(&project(b)),
        "created" => a.issue.created_ms.cmp(&b.issue.created_ms),
        "updated" => a.issue.updated_ms.cmp(&b.issue.updated_ms),
        "summary" => a.issue.summary.to_lowercase().cmp(&b.issue.summary.to_lowercase()),
        "priority" => b.issue.priority.cmp(&a.issue.priority),
        "status" | "issuetype" => ids(field, a).cmp(&ids(field, b)),
        "labels" => empty_last(folded(a).pop_first(), folded(b).pop_first()),
        "description" => {
            let start = |row: &IssueDocument| {
                texts("description", row)
                    .pop()
                    .map(|text| text.chars().take(64).collect::<String>().to_lowercase())
            };
            empty_last(start(a), start(b))
        }
        field => empty_last(user(field, a), user(field, b)),
    }
}

fn empty_last<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    (a.is_none(), a).cmp(&(b.is_none(), b))
}
