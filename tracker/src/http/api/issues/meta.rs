//! `/issue/createmeta`: what may be said about a new issue.

use axum::Json;
use serde_json::{Value, json};

use super::super::{lists, projects};
use crate::{
    app::{lists::Lists, projects::Led},
    http::{call::Call, error::Result, extract::Params, links::Links},
};

/// Projects and kinds of issues in which the user may create issues, with their fields if asked for.
pub async fn create(call: Call, params: Params) -> Result<Json<Value>> {
    let (projects, all) = (call.app().projects().await?, call.app().lists().await?);
    let ids = params.list("projectIds").unwrap_or_default();
    let keys = params.list("projectKeys").unwrap_or_default();
    let types =
        (params.list("issuetypeIds").unwrap_or_default(), params.list("issuetypeNames").unwrap_or_default());
    let with_fields = params
        .list("expand")
        .is_some_and(|expand| expand.iter().any(|one| one == "projects.issuetypes.fields"));
    let is_wanted = |led: &&Led| {
        let project = &led.project;
        (ids.is_empty() && keys.is_empty())
            || ids.contains(&project.id.0.to_string())
            || keys.contains(&project.key)
    };
    let issue_types: Vec<Value> = all
        .issue_types
        .iter()
        // A sub-task needs a parent.
        .filter(|one| !one.subtask)
        .filter(|one| {
            (types.0.is_empty() && types.1.is_empty())
                || types.0.contains(&one.id.0.to_string())
                || types.1.contains(&one.name)
        })
        .map(|one| {
            let mut view = lists::issue_type_view(&call.links, one);
            if with_fields {
                view["fields"] = fields(&call.links, &all);
            }
            view
        })
        .collect();
    let views: Vec<Value> = projects
        .iter()
        .filter(is_wanted)
        .map(|led| {
            let mut view = projects::view(&call.links, &led.project);
            view["issuetypes"] = Value::from(issue_types.clone());
            view
        })
        .collect();
    Ok(Json(json!({"expand": "projects", "projects": views})))
}

fn fields(links: &Links, all: &Lists) -> Value {
    let field = |name: &str, required: bool, schema: Value, operations: &[&str]| json!({"required": required, "schema": schema, "name": name, "hasDefaultValue": false, "operations": operations});
    let kind = |kind: &str, system: &str| json!({"type": kind, "system": system});
    let mut priority = field("Priority", false, kind("priority", "priority"), &["set"]);
    priority["allowedValues"] = all.priorities.iter().map(|one| lists::priority_view(links, one)).collect();
    priority["hasDefaultValue"] = true.into();
    let labels = field(
        "Labels",
        false,
        json!({"type": "array", "items": "string", "system": "labels"}),
        &["add", "set", "remove"],
    );
    json!({
        "project": field("Project", true, kind("project", "project"), &["set"]),
        "issuetype": field("Issue Type", true, kind("issuetype", "issuetype"), &[]),
        "summary": field("Summary", true, kind("string", "summary"), &["set"]),
        "description": field("Description", false, kind("string", "description"), &["set"]),
        "assignee": field("Assignee", false, kind("user", "assignee"), &["set"]),
        "reporter": field("Reporter", false, kind("user", "reporter"), &["set"]),
        "priority": priority,
        "labels": labels,
    })
}
