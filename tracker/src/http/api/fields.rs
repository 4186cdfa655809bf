//! `/field`: which fields issues have, and which of them a client asks for.

use std::collections::BTreeSet;

use axum::Json;
use serde_json::{Map, Value, json};

use crate::http::call::Call;

/// A field of issues.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the wire format.
    pub id: &'static str,
    name: &'static str,
    /// Whether lists of issues show it.
    navigable: bool,
    orderable: bool,
    /// Names in queries.
    clauses: &'static [&'static str],
    /// Type, and type of the items of a list.
    kind: (&'static str, Option<&'static str>),
}

/// A field that lists of issues show and that queries can name.
const fn field(
    id: &'static str,
    name: &'static str,
    clauses: &'static [&'static str],
    kind: &'static str,
) -> Field {
    Field { id, name, navigable: true, orderable: true, clauses, kind: (kind, None) }
}

/// All fields of issues.
pub const ALL: &[Field] = &[
    field("assignee", "Assignee", &["assignee"], "user"),
    Field {
        orderable: true,
        navigable: false,
        kind: ("array", Some("attachment")),
        ..field("attachment", "Attachment", &[], "array")
    },
    Field { navigable: false, ..field("comment", "Comment", &["comment"], "comments-page") },
    Field { orderable: false, ..field("created", "Created", &["created", "createdDate"], "datetime") },
    Field { orderable: false, ..field("creator", "Creator", &["creator"], "user") },
    field("description", "Description", &["description"], "string"),
    field("issuetype", "Issue Type", &["issuetype", "type"], "issuetype"),
    Field { kind: ("array", Some("string")), ..field("labels", "Labels", &["labels"], "array") },
    field("priority", "Priority", &["priority"], "priority"),
    Field { orderable: false, ..field("project", "Project", &["project"], "project") },
    field("reporter", "Reporter", &["reporter"], "user"),
    Field { orderable: false, ..field("status", "Status", &["status"], "status") },
    field("summary", "Summary", &["summary"], "string"),
    Field { orderable: false, ..field("updated", "Updated", &["updated", "updatedDate"], "datetime") },
];

/// All fields, and the key, which is none of the fields of an issue but a column of lists.
pub async fn list(_: Call) -> Json<Value> {
    let key = json!({
        "id": "issuekey",
        "name": "Key",
        "custom": false,
        "orderable": false,
        "navigable": true,
        "searchable": false,
        "clauseNames": ["id", "issue", "issuekey", "key"],
    });
    Json(std::iter::once(key).chain(ALL.iter().map(view)).collect())
}

fn view(field: &Field) -> Value {
    json!({
        "id": field.id,
        "name": field.name,
        "custom": false,
        "orderable": field.orderable,
        "navigable": field.navigable,
        "searchable": !field.clauses.is_empty(),
        "clauseNames": field.clauses,
        "schema": schema(field),
    })
}

fn schema(field: &Field) -> Value {
    match field.kind {
        (kind, None) => json!({"type": kind, "system": field.id}),
        (kind, Some(items)) => json!({"type": kind, "items": items, "system": field.id}),
    }
}

/// Which fields are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted(BTreeSet<&'static str>);

/// Which fields are meant when none is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// All: for one issue.
    All,
    /// Those of lists.
    Navigable,
}

impl Wanted {
    /// The fields that `asked` means: names, `*all`, `*navigable`, and `-name` for all but that one. Unknown names mean
    /// nothing.
    pub fn new(asked: Option<&[String]>, default: Default) -> Self {
        let asked = asked.unwrap_or_default();
        let mut wanted = BTreeSet::new();
        let is_only_exclusions = asked.iter().all(|name| name.starts_with('-'));
        if is_only_exclusions {
            wanted.extend(group(default));
        }
        for name in asked {
            match name.as_str() {
                "*all" => wanted.extend(group(Default::All)),
                "*navigable" => wanted.extend(group(Default::Navigable)),
                name => wanted.extend(known(name)),
            }
        }
        for name in asked.iter().filter_map(|name| name.strip_prefix('-')) {
            wanted.remove(name);
        }
        Self(wanted)
    }

    /// Whether this field is asked for.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }

    /// Names of the fields asked for, by id.
    pub fn names(&self) -> Value {
        self.fields().map(|field| (field.id.to_owned(), field.name.into())).collect::<Map<_, _>>().into()
    }

    /// Types of the fields asked for, by id.
    pub fn schema(&self) -> Value {
        self.fields().map(|field| (field.id.to_owned(), schema(field))).collect::<Map<_, _>>().into()
    }

    fn fields(&self) -> impl Iterator<Item = &'static Field> + '_ {
        ALL.iter().filter(|field| self.has(field.id))
    }
}

fn group(default: Default) -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(move |field| default == Default::All || field.navigable).map(|field| field.id)
}

fn known(name: &str) -> Option<&'static str> {
    ALL.iter().find(|field| field.id == name).map(|field| field.id)
}

#[cfg(test)]
mod tests {
    use super::{ALL, Default, Wanted, view};

    fn wanted(asked: &str, default: Default) -> Vec<&'static str> {
        let asked: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
        Wanted::new(Some(&asked), default).0.into_iter().collect()
    }

    #[test]
    fn fields_are_chosen_by_name_and_group() {
        assert_eq!(wanted("summary status nonsense", Default::All), ["status", "summary"]);
        assert_eq!(wanted("", Default::All).len(), ALL.len());
        assert_eq!(wanted("*all", Default::Navigable).len(), ALL.len());
        assert_eq!(wanted("", Default::Navigable), wanted("*navigable", Default::All));
        assert!(!wanted("", Default::Navigable).contains(&"comment"));
        assert_eq!(wanted("-comment", Default::All).len(), ALL.len() - 1);
        assert_eq!(wanted("*navigable comment -summary", Default::All).len(), ALL.len() - 2);
        assert_eq!(Wanted::new(None, Default::All).0.len(), ALL.len());
    }

    #[test]
    fn fields_look_as_clients_expect() {
        insta::assert_json_snapshot!(ALL.iter().map(view).collect::<Vec<_>>());
    }
}
