//! Reads what clients say about an issue's fields: `fields` sets them, `update` changes them by verbs.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    app::{
        self, Problems,
        issues::{Assignee, Fields, LabelChange, Named, NewFields},
        users::UserRef,
    },
    http::error::{Error, Result},
};

/// What a user is called who stands for "whoever the project says".
const AUTOMATIC: &str = "-1";

/// A new issue.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateBody {
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    update: Map<String, Value>,
}

/// Changes of an issue.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    update: Map<String, Value>,
}

impl CreateBody {
    /// What it says, or all that is wrong with it.
    pub fn read(mut self) -> Result<NewFields, app::Error> {
        let mut problems = Problems::none();
        let project = self.fields.remove("project");
        let project = project.filter(|value| !value.is_null()).and_then(|value| {
            let named = text_of(&value, "id").or_else(|| text_of(&value, "key"));
            if named.is_none() {
                problems.field("project", "valid project is required");
            }
            named
        });
        // Null means "not given" for a new issue.
        self.fields.retain(|_, value| !value.is_null());
        let mut fields = Fields::default();
        read_fields(&mut fields, &self.fields, &mut problems);
        read_update(&mut fields, &self.update, &self.fields, &mut problems);
        problems.into_result()?;
        Ok(NewFields { project, fields })
    }
}

impl EditBody {
    /// What it says, or all that is wrong with it.
    pub fn read(self) -> Result<Fields> {
        read(&self.fields, &self.update)
    }
}

/// What `fields` and `update` say, or all that is wrong with it.
pub fn read(fields: &Map<String, Value>, update: &Map<String, Value>) -> Result<Fields> {
    let mut problems = Problems::none();
    let mut read = Fields::default();
    read_fields(&mut read, fields, &mut problems);
    read_update(&mut read, update, fields, &mut problems);
    problems.into_result()?;
    Ok(read)
}

/// Who is to work on an issue: `{"name": …}` or `{"key": …}`.
pub fn assignee(value: &Value) -> Result<Assignee> {
    as_assignee(value).ok_or_else(|| Error::field("assignee", "expected an object with 'name' or 'key'"))
}

fn read_fields(fields: &mut Fields, given: &Map<String, Value>, problems: &mut Problems) {
    for (name, value) in given {
        set(fields, name, value, problems);
    }
}

/// Sets one field.
fn set(fields: &mut Fields, name: &str, value: &Value, problems: &mut Problems) {
    let is_done = match name {
        "summary" => value.as_str().map(|text| fields.summary = Some(text.to_owned())),
        "description" if value.is_null() => {
            fields.description = Some(None);
            Some(())
        }
        "description" => value.as_str().map(|text| fields.description = Some(Some(text.to_owned()))),
        "issuetype" => named(value).map(|named| fields.issue_type = Some(named)),
        "priority" => named(value).map(|named| fields.priority = Some(named)),
        "assignee" => as_assignee(value).map(|assignee| fields.assignee = Some(assignee)),
        "reporter" if value.is_null() => {
            fields.reporter = Some(None);
            Some(())
        }
        "reporter" => user(value).map(|user| fields.reporter = Some(Some(user))),
        "labels" if value.is_null() => {
            fields.labels.push(LabelChange::Set(Vec::new()));
            Some(())
        }
        "labels" => texts(value).map(|labels| fields.labels.push(LabelChange::Set(labels))),
        _ => {
            not_settable(name, problems);
            Some(())
        }
    };
    if is_done.is_none() {
        problems.field(name, expectation(name));
    }
}

fn read_update(
    fields: &mut Fields,
    update: &Map<String, Value>,
    given: &Map<String, Value>,
    problems: &mut Problems,
) {
    for (name, operations) in update {
        if given.contains_key(name) {
            problems.field(name, format!("Field '{name}' cannot appear in both 'fields' and 'update'."));
            continue;
        }
        let Some(operations) = operations.as_array() else {
            problems.field(name, "expected a list of operations");
            continue;
        };
        for operation in operations {
            let Some((verb, value)) = operation.as_object().and_then(only) else {
                problems.field(name, "expected an object with one operation");
                continue;
            };
            apply(fields, name, (verb, value), problems);
        }
    }
}

/// One operation of `update`.
fn apply(fields: &mut Fields, name: &str, (verb, value): (&str, &Value), problems: &mut Problems) {
    let is_done = match (name, verb) {
        ("labels", "add") => {
            value.as_str().map(|label| fields.labels.push(LabelChange::Add(label.to_owned())))
        }
        ("labels", "remove") => {
            value.as_str().map(|label| fields.labels.push(LabelChange::Remove(label.to_owned())))
        }
        ("comment", "add") => text_of(value, "body").map(|body| fields.comments.push(body)),
        ("comment", _) => {
            problems.field(
                name,
                format!("The operation '{verb}' is not supported by the field 'comment'; 'add' is."),
            );
            Some(())
        }
        (_, "set") => {
            set(fields, name, value, problems);
            Some(())
        }
        _ => {
            problems.field(name, format!("The operation '{verb}' is not supported by the field '{name}'."));
            Some(())
        }
    };
    if is_done.is_none() {
        problems.field(name, expectation(name));
    }
}

fn not_settable(name: &str, problems: &mut Problems) {
    let sentence = format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.");
    problems.field(name, sentence);
}

fn expectation(name: &str) -> &'static str {
    match name {
        "summary" | "description" => "Operation value must be a string",
        "labels" => "data was not an array of strings, or not a string",
        "comment" => "expected an object with 'body'",
        "assignee" | "reporter" => "expected an object with 'name' or 'key'",
        _ => "expected an object with 'id' or 'name'",
    }
}

/// The only entry of an object that has one.
fn only(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    let (verb, value) = entries.next()?;
    entries.next().is_none().then_some((verb.as_str(), value))
}

fn named(value: &Value) -> Option<Named> {
    text_of(value, "id").map(Named::Id).or_else(|| text_of(value, "name").map(Named::Name))
}

fn user(value: &Value) -> Option<UserRef> {
    text_of(value, "key").map(UserRef::Key).or_else(|| text_of(value, "name").map(UserRef::Name))
}

fn as_assignee(value: &Value) -> Option<Assignee> {
    if value.is_null() {
        return Some(Assignee::Nobody);
    }
    match user(value) {
        Some(UserRef::Name(name)) if name == AUTOMATIC => Some(Assignee::Automatic),
        Some(UserRef::Name(name)) if name.is_empty() => Some(Assignee::Nobody),
        Some(user) => Some(Assignee::User(user)),
        None => {
            let object = value.as_object()?;
            let is_null = object.contains_key("name") || object.contains_key("key");
            is_null.then_some(Assignee::Nobody).filter(|_| object.values().all(Value::is_null))
        }
    }
}

/// The text of an entry; clients write ids as numbers too.
fn text_of(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if name == "id" => Some(number.to_string()),
        _ => None,
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
