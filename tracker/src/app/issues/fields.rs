//! What a client says about an issue's fields, and the rules for it.

use crate::{
    app::{Problems, Result, lists::Lists, users::UserRef},
    domain::{
        id::UserId,
        issue::{Issue, IssueType, LABEL_MAX, LABELS_MAX, Priority, SUMMARY_MAX, TEXT_MAX},
        text,
    },
    storage::Conn,
};

/// Something of a small list, as clients name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By id.
    Id(String),
    /// By name, in any case.
    Name(String),
}

/// Who is to work on an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// Whoever the project says: its lead.
    Automatic,
    /// Nobody.
    Nobody,
    /// This user.
    User(UserRef),
}

/// A change of an issue's labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelChange {
    /// These and no others.
    Set(Vec<String>),
    /// This one too.
    Add(String),
    /// This one no longer.
    Remove(String),
}

/// Changes of an issue's fields; what is `None` or empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// One line.
    pub summary: Option<String>,
    /// Free text; an inner `None` clears it.
    pub description: Option<Option<String>>,
    /// Kind of issue.
    pub issue_type: Option<Named>,
    /// How urgent it is.
    pub priority: Option<Named>,
    /// Who works on it.
    pub assignee: Option<Assignee>,
    /// Who wants it; an inner `None` clears it.
    pub reporter: Option<Option<UserRef>>,
    /// In the order they were asked for.
    pub labels: Vec<LabelChange>,
    /// Comments to add.
    pub comments: Vec<String>,
}

/// People that fields name, looked up before the fields are applied.
#[derive(Clone, Debug, Default)]
pub(super) struct People {
    pub(super) assignee: Option<UserId>,
    pub(super) reporter: Option<UserId>,
}

impl Fields {
    /// Looks up the people named; `lead` is the project's.
    pub(super) async fn people(
        &self,
        conn: &mut Conn,
        lead: UserId,
        problems: &mut Problems,
    ) -> Result<People> {
        let mut people = People::default();
        match &self.assignee {
            Some(Assignee::Automatic) => people.assignee = Some(lead),
            Some(Assignee::User(user)) => people.assignee = person(conn, "assignee", user, problems).await?,
            Some(Assignee::Nobody) | None => {}
        }
        if let Some(Some(user)) = &self.reporter {
            people.reporter = person(conn, "reporter", user, problems).await?;
        }
        Ok(people)
    }

    /// Applies the changes to `issue`; what is wrong goes to `problems`.
    pub(super) fn apply(&self, issue: &mut Issue, people: &People, lists: &Lists, problems: &mut Problems) {
        if let Some(summary) = &self.summary {
            summary.trim().clone_into(&mut issue.summary);
            check_summary(&issue.summary, problems);
        }
        if let Some(description) = &self.description {
            check_text("description", description.as_deref().unwrap_or_default(), problems);
            issue.description = description.clone().filter(|text| !text.is_empty());
        }
        if let Some(named) = &self.issue_type {
            match issue_type(lists, named) {
                Some(found) if found.subtask => {
                    problems.field(
                        "issuetype",
                        "Issue type is a sub-task but parent issue key or id not specified.",
                    );
                }
                Some(found) => issue.issue_type = found.id,
                None => problems.field("issuetype", "valid issue type is required"),
            }
        }
        if let Some(named) = &self.priority {
            match priority(lists, named) {
                Some(found) => issue.priority = found.id,
                None => problems.field("priority", "The priority selected is invalid."),
            }
        }
        if self.assignee.is_some() {
            issue.assignee = people.assignee;
        }
        if self.reporter.is_some() {
            issue.reporter = people.reporter;
        }
        apply_labels(&self.labels, &mut issue.labels, problems);
        for comment in &self.comments {
            check_comment(comment, problems);
        }
    }
}

/// Checks the text of a comment.
pub(in crate::app) fn check_comment(body: &str, problems: &mut Problems) {
    if body.trim().is_empty() {
        problems.field("comment", "Comment body can not be empty!");
    }
    check_text("comment", body, problems);
}

async fn person(
    conn: &mut Conn,
    field: &str,
    user: &UserRef,
    problems: &mut Problems,
) -> Result<Option<UserId>> {
    match user.find(conn).await? {
        Some(found) if found.active => return Ok(Some(found.id)),
        Some(_) => problems.field(field, format!("User '{}' is not active.", user.as_str())),
        None => problems.field(field, format!("User '{}' does not exist.", user.as_str())),
    }
    Ok(None)
}

fn issue_type<'a>(lists: &'a Lists, named: &Named) -> Option<&'a IssueType> {
    lists.issue_types.iter().find(|one| named.means(one.id.0, &one.name))
}

fn priority<'a>(lists: &'a Lists, named: &Named) -> Option<&'a Priority> {
    lists.priorities.iter().find(|one| named.means(one.id.0, &one.name))
}

impl Named {
    /// Whether this names the entry with this id and name.
    pub fn means(&self, id: i64, name: &str) -> bool {
        match self {
            Self::Id(wanted) => wanted.parse() == Ok(id),
            Self::Name(wanted) => text::fold(wanted) == text::fold(name),
        }
    }
}

fn check_summary(summary: &str, problems: &mut Problems) {
    if summary.is_empty() {
        problems.field("summary", "You must specify a summary of the issue.");
    } else if summary.contains(['\n', '\r']) {
        problems.field("summary", "The summary is invalid because it contains newline characters.");
    }
    if let Err(refusal) = text::check(summary, SUMMARY_MAX) {
        problems.field("summary", format!("The summary {refusal}."));
    }
}

fn check_text(field: &str, body: &str, problems: &mut Problems) {
    if let Err(refusal) = text::check(body, TEXT_MAX) {
        problems.field(field, format!("The text {refusal}."));
    }
}

fn apply_labels(changes: &[LabelChange], labels: &mut Vec<String>, problems: &mut Problems) {
    for change in changes {
        match change {
            LabelChange::Set(new) => {
                for label in new {
                    check_label(label, problems);
                }
                labels.clone_from(new);
            }
            LabelChange::Add(label) => {
                check_label(label, problems);
                labels.push(label.clone());
            }
            LabelChange::Remove(label) => labels.retain(|one| one != label),
        }
    }
    labels.sort_unstable();
    labels.dedup();
    if labels.len() > LABELS_MAX {
        problems.field("labels", format!("An issue has at most {LABELS_MAX} labels."));
    }
}

fn check_label(label: &str, problems: &mut Problems) {
    if label.is_empty() {
        problems.field("labels", "A label may not be empty.");
    }
    if label.contains(char::is_whitespace) {
        problems.field("labels", format!("The label '{label}' contains spaces which is invalid."));
    }
    if let Err(refusal) = text::check(label, LABEL_MAX) {
        problems.field("labels", format!("A label {refusal}."));
    }
}

#[cfg(test)]
mod tests {
    use super::{LabelChange, apply_labels, check_summary};
    use crate::app::Problems;

    fn labels(changes: &[LabelChange]) -> (Vec<String>, Problems) {
        let (mut labels, mut problems) = (vec!["old".to_owned()], Problems::none());
        apply_labels(changes, &mut labels, &mut problems);
        (labels, problems)
    }

    #[test]
    fn labels_change_in_the_asked_order() {
        let set = LabelChange::Set(vec!["b".into(), "a".into(), "b".into()]);
        assert_eq!(labels(std::slice::from_ref(&set)).0, ["a", "b"]);
        assert_eq!(labels(&[LabelChange::Add("new".into()), LabelChange::Remove("old".into())]).0, ["new"]);
        assert_eq!(labels(&[set, LabelChange::Add("c".into())]).0, ["a", "b", "c"]);
        assert_eq!(labels(&[LabelChange::Add("old".into())]).0, ["old"]);
    }

    #[test]
    fn bad_labels_are_refused() {
        for bad in ["a b", "a\tb", "", "a\u{a0}b", "a\0", &"x".repeat(256)] {
            let (_, problems) = labels(&[LabelChange::Add(bad.into())]);
            assert!(problems.fields.contains_key("labels"), "{bad:?}");
        }
        let many = (0..100).map(|n| LabelChange::Add(n.to_string())).collect::<Vec<_>>();
        assert!(!labels(&many).1.is_empty(), "101 with the old one");
        assert!(labels(&many[1..]).1.is_empty());
    }

    #[test]
    fn a_summary_is_one_line_of_some_length() {
        let is_good = |summary: &str| {
            let mut problems = Problems::none();
            check_summary(summary, &mut problems);
            problems.is_empty()
        };
        assert!(is_good(&"ä".repeat(255)));
        for bad in [String::new(), "a\nb".to_owned(), "a\rb".to_owned(), "a\0".to_owned(), "ä".repeat(256)] {
            assert!(!is_good(&bad), "{bad:?}");
        }
    }
}
