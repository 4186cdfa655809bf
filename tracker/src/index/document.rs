//! An issue as the index holds it.

use tantivy::TantivyDocument;

use super::schema::{DESCRIPTION_SORT_MAX, Fields, presence_code};
use crate::domain::{issue::IssueDocument, jql::query::OptionalField};

/// The document of an issue.
pub(super) fn document(fields: &Fields, source: &IssueDocument) -> TantivyDocument {
    let issue = &source.issue;
    let mut document = TantivyDocument::new();
    for (field, value) in [
        (fields.id, Some(issue.id.0)),
        (fields.project, Some(issue.project.0)),
        (fields.number, Some(issue.number)),
        (fields.issue_type, Some(issue.issue_type.0)),
        (fields.status, Some(issue.status.0)),
        (fields.priority, Some(issue.priority.0)),
        (fields.assignee, issue.assignee.map(|user| user.0)),
        (fields.reporter, issue.reporter.map(|user| user.0)),
        (fields.creator, Some(issue.creator.0)),
        (fields.created_ms, Some(issue.created_ms)),
        (fields.updated_ms, Some(issue.updated_ms)),
        (fields.version, Some(issue.version)),
        (fields.rev, Some(issue.rev)),
    ] {
        if let Some(value) = value {
            document.add_i64(field, value);
        }
    }
    let project_key = issue.key.rsplit_once('-').map_or("", |(project_key, _)| project_key);
    document.add_u64(fields.project_key, project_key_order(project_key));

    for label in &issue.labels {
        document.add_text(fields.labels, label.to_lowercase());
    }
    if let Some(first) = issue.labels.iter().map(|label| label.to_lowercase()).min() {
        document.add_text(fields.first_label, first);
    }

    document.add_text(fields.summary, &issue.summary);
    document.add_text(fields.summary_sort, issue.summary.to_lowercase());
    let description = issue.description.as_deref().filter(|description| !description.is_empty());
    if let Some(description) = description {
        document.add_text(fields.description, description);
        document.add_text(fields.description_sort, description_sort(description));
    }
    for comment in &source.comments {
        document.add_text(fields.comment, comment);
    }

    for (field, present) in [
        (OptionalField::Assignee, issue.assignee.is_some()),
        (OptionalField::Reporter, issue.reporter.is_some()),
        (OptionalField::Labels, !issue.labels.is_empty()),
        (OptionalField::Description, description.is_some()),
        (OptionalField::Comment, !source.comments.is_empty()),
    ] {
        if present {
            document.add_u64(fields.present, presence_code(field));
        }
    }
    document
}

/// What a description is sorted by.
pub(super) fn description_sort(description: &str) -> String {
    description.chars().take(DESCRIPTION_SORT_MAX).flat_map(char::to_lowercase).collect()
}

/// A number that orders as project keys do: one digit for each character, twelve at most.
fn project_key_order(key: &str) -> u64 {
    const LONGEST: usize = 12;
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => u64::from(byte - b'0') + 1,
        b'A'..=b'Z' => u64::from(byte - b'A') + 11,
        _ => 37,
    };
    let digits = key.bytes().map(digit).chain(std::iter::repeat(0)).take(LONGEST);
    digits.fold(0, |order, digit| order * 38 + digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_keys_keep_their_order() {
        let mut keys =
            ["A", "A0", "A1", "AA", "AB", "A_", "B", "DEMO", "DEMO1", "DEMOS", "ZZZZZZZZZZ", "Z_________"];
        keys.sort_unstable();
        let orders = keys.map(project_key_order);
        assert!(orders.is_sorted() && orders.windows(2).all(|pair| pair[0] != pair[1]), "{orders:?}");
        assert!(orders[0] > 0);
    }
}
