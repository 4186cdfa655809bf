//! What clients may say about fields, as tables.

use serde_json::{Value, json};

use super::{CreateBody, read};
use crate::app::{
    self,
    issues::{Assignee, Fields, LabelChange, Named},
    users::UserRef,
};

fn edit(body: &Value) -> Result<Fields, Value> {
    let part = |name: &str| body.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    read(&part("fields"), &part("update")).map_err(|error| error.into_value().1["errors"].clone())
}

fn set(fields: &Value) -> Fields {
    edit(&json!({"fields": fields})).expect("understood")
}

#[test]
fn fields_are_set_as_clients_write_them() {
    let name = |name: &str| UserRef::Name(name.to_owned());
    assert_eq!(set(&json!({"summary": "s"})).summary, Some("s".to_owned()));
    assert_eq!(set(&json!({"description": null})).description, Some(None));
    assert_eq!(set(&json!({"issuetype": {"id": "3"}})).issue_type, Some(Named::Id("3".to_owned())));
    assert_eq!(set(&json!({"issuetype": {"id": 3}})).issue_type, Some(Named::Id("3".to_owned())));
    assert_eq!(set(&json!({"priority": {"name": "High"}})).priority, Some(Named::Name("High".to_owned())));
    assert_eq!(set(&json!({"reporter": {"name": "ada"}})).reporter, Some(Some(name("ada"))));
    assert_eq!(set(&json!({"labels": ["a", "b"]})).labels, [LabelChange::Set(vec!["a".into(), "b".into()])]);
    for (value, assignee) in [
        (json!(null), Assignee::Nobody),
        (json!({"name": null}), Assignee::Nobody),
        (json!({"name": ""}), Assignee::Nobody),
        (json!({"name": "-1"}), Assignee::Automatic),
        (json!({"name": "ada"}), Assignee::User(name("ada"))),
        (json!({"key": "JIRAUSER1"}), Assignee::User(UserRef::Key("JIRAUSER1".to_owned()))),
    ] {
        assert_eq!(set(&json!({"assignee": value})).assignee, Some(assignee));
    }
}

#[test]
fn verbs_change_fields() {
    let update = json!({"update": {
        "labels": [{"add": "a"}, {"remove": "b"}, {"set": ["c"]}],
        "comment": [{"add": {"body": "hello"}}],
        "summary": [{"set": "s"}],
    }});
    let fields = edit(&update).expect("understood");
    let labels =
        [LabelChange::Add("a".into()), LabelChange::Remove("b".into()), LabelChange::Set(vec!["c".into()])];
    assert_eq!(fields.labels, labels);
    assert_eq!(fields.comments, ["hello"]);
    assert_eq!(fields.summary, Some("s".to_owned()));
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    let table = [
        (json!({"fields": {"summary": 1}}), "summary", "must be a string"),
        (json!({"fields": {"summary": null}}), "summary", "must be a string"),
        (json!({"fields": {"labels": "a"}}), "labels", "not an array"),
        (json!({"fields": {"labels": [1]}}), "labels", "not an array"),
        (json!({"fields": {"priority": "High"}}), "priority", "'id' or 'name'"),
        (json!({"fields": {"priority": null}}), "priority", "'id' or 'name'"),
        (json!({"fields": {"assignee": "ada"}}), "assignee", "'name' or 'key'"),
        (json!({"fields": {"assignee": {}}}), "assignee", "'name' or 'key'"),
        (json!({"fields": {"assignee": {"name": 1}}}), "assignee", "'name' or 'key'"),
        (json!({"fields": {"project": {"key": "X"}}}), "project", "cannot be set"),
        (json!({"fields": {"status": {"id": "1"}}}), "status", "cannot be set"),
        (json!({"fields": {"customfield_10000": "x"}}), "customfield_10000", "cannot be set"),
        (json!({"update": {"labels": {"add": "x"}}}), "labels", "list of operations"),
        (json!({"update": {"labels": ["x"]}}), "labels", "one operation"),
        (json!({"update": {"labels": [{"add": "x", "remove": "y"}]}}), "labels", "one operation"),
        (json!({"update": {"labels": [{"edit": "x"}]}}), "labels", "'edit' is not supported"),
        (json!({"update": {"summary": [{"add": "x"}]}}), "summary", "'add' is not supported"),
        (json!({"update": {"comment": [{"add": "x"}]}}), "comment", "'body'"),
        (json!({"update": {"comment": [{"set": "x"}]}}), "comment", "'add' is"),
        (json!({"fields": {"summary": "a"}, "update": {"summary": [{"set": "b"}]}}), "summary", "both"),
    ];
    for (body, field, said) in table {
        let errors = edit(&body).expect_err("must be refused");
        assert!(errors[field].as_str().is_some_and(|sentence| sentence.contains(said)), "{body} {errors}");
    }
}

#[test]
fn a_new_issue_names_its_project() {
    let create = |fields: Value| {
        let body: CreateBody = serde_json::from_value(json!({"fields": fields})).expect("a body");
        body.read()
    };
    let project = |value: Value| create(json!({"project": value})).expect("understood").project;
    assert_eq!(project(json!({"key": "DEMO"})), Some("DEMO".to_owned()));
    assert_eq!(project(json!({"id": 10})), Some("10".to_owned()));
    assert_eq!(project(json!(null)), None);
    assert!(matches!(create(json!({"project": "DEMO"})), Err(app::Error::Invalid(_))));
    let empty = create(json!({"priority": null, "assignee": null})).expect("understood");
    assert_eq!(empty.fields, Fields::default(), "null means not given");
    assert!(serde_json::from_value::<CreateBody>(json!({"fields": {}, "more": 1})).is_err());
}
