//! `/status`, `/statuscategory`, `/priority`, `/issuetype`: the small lists.

use axum::Json;
use serde_json::{Value, json};

use crate::{
    app::issues::Named,
    domain::issue::{IssueType, Priority, Status, StatusCategory},
    http::{
        call::Call,
        error::{Result, not_found},
        extract::Name,
        links::Links,
    },
};

const CATEGORIES: [StatusCategory; 4] =
    [StatusCategory::None, StatusCategory::ToDo, StatusCategory::Done, StatusCategory::InProgress];

/// All statuses.
pub async fn statuses(call: Call) -> Result<Json<Value>> {
    let lists = call.app().lists().await?;
    Ok(Json(lists.statuses.iter().map(|status| status_view(&call.links, status)).collect()))
}

/// A status, by id or name.
pub async fn status(call: Call, Name(wanted): Name) -> Result<Json<Value>> {
    let lists = call.app().lists().await?;
    let found = lists.statuses.iter().find(|status| is_meant(&wanted, status.id.0, &status.name));
    let found = found.ok_or_else(|| not_found(format!("The status '{wanted}' does not exist")))?;
    Ok(Json(status_view(&call.links, found)))
}

/// All categories of statuses.
pub async fn status_categories(call: Call) -> Json<Value> {
    Json(CATEGORIES.iter().map(|category| category_view(&call.links, *category)).collect())
}

/// A category of statuses, by id, key or name.
pub async fn status_category(call: Call, Name(wanted): Name) -> Result<Json<Value>> {
    let is_wanted = |one: &&StatusCategory| is_meant(&wanted, one.id(), one.name()) || one.key() == wanted;
    let found = CATEGORIES.iter().find(is_wanted);
    let found = found.ok_or_else(|| not_found(format!("The status category '{wanted}' does not exist")))?;
    Ok(Json(category_view(&call.links, *found)))
}

/// All priorities, the most urgent first.
pub async fn priorities(call: Call) -> Result<Json<Value>> {
    let lists = call.app().lists().await?;
    Ok(Json(lists.priorities.iter().map(|priority| priority_view(&call.links, priority)).collect()))
}

/// A priority.
pub async fn priority(call: Call, Name(wanted): Name) -> Result<Json<Value>> {
    let lists = call.app().lists().await?;
    let found = lists.priorities.iter().find(|one| wanted.parse() == Ok(one.id.0));
    let found = found.ok_or_else(|| not_found(format!("The priority with id '{wanted}' does not exist")))?;
    Ok(Json(priority_view(&call.links, found)))
}

/// All kinds of issues.
pub async fn issue_types(call: Call) -> Result<Json<Value>> {
    let lists = call.app().lists().await?;
    Ok(Json(lists.issue_types.iter().map(|one| issue_type_view(&call.links, one)).collect()))
}

/// A kind of issue.
pub async fn issue_type(call: Call, Name(wanted): Name) -> Result<Json<Value>> {
    let lists = call.app().lists().await?;
    let found = lists.issue_types.iter().find(|one| wanted.parse() == Ok(one.id.0));
    let found =
        found.ok_or_else(|| not_found(format!("The issue type with id '{wanted}' does not exist")))?;
    Ok(Json(issue_type_view(&call.links, found)))
}

fn is_meant(wanted: &str, id: i64, name: &str) -> bool {
    Named::Id(wanted.to_owned()).means(id, name) || Named::Name(wanted.to_owned()).means(id, name)
}

/// A status as clients know one.
pub fn status_view(links: &Links, status: &Status) -> Value {
    json!({
        "self": links.api(&format!("status/{}", status.id.0)),
        "description": status.description,
        "iconUrl": links.page(&format!("/images/icons/statuses/{}.svg", icon_color(status.category))),
        "name": status.name,
        "id": status.id.0.to_string(),
        "statusCategory": category_view(links, status.category),
    })
}

fn category_view(links: &Links, category: StatusCategory) -> Value {
    json!({
        "self": links.api(&format!("statuscategory/{}", category.id())),
        "id": category.id(),
        "key": category.key(),
        "colorName": category.color(),
        "name": category.name(),
    })
}

fn icon_color(category: StatusCategory) -> &'static str {
    match category {
        StatusCategory::None | StatusCategory::ToDo => "42526e",
        StatusCategory::InProgress => "0052cc",
        StatusCategory::Done => "00875a",
    }
}

/// A priority as clients know one.
pub fn priority_view(links: &Links, priority: &Priority) -> Value {
    json!({
        "self": links.api(&format!("priority/{}", priority.id.0)),
        "statusColor": priority.color,
        "description": priority.description,
        "iconUrl": links.page(&format!("/images/icons/priorities/{}.svg", priority.color.trim_start_matches('#'))),
        "name": priority.name,
        "id": priority.id.0.to_string(),
    })
}

/// A kind of issue as clients know one.
pub fn issue_type_view(links: &Links, issue_type: &IssueType) -> Value {
    let color = match issue_type.name.as_str() {
        "Bug" => "e5493a",
        "Epic" => "904ee2",
        "Task" | "Sub-task" => "4bade8",
        _ => "63ba3c",
    };
    json!({
        "self": links.api(&format!("issuetype/{}", issue_type.id.0)),
        "id": issue_type.id.0.to_string(),
        "description": issue_type.description,
        "iconUrl": links.page(&format!("/images/icons/issuetypes/{color}.svg")),
        "name": issue_type.name,
        "subtask": issue_type.subtask,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{issue_type_view, priority_view, status_view};
    use crate::http::{api::samples, links::Links};

    #[test]
    fn list_entries_look_as_clients_expect() {
        let (links, lists) = (Links::below("https://t.example"), samples::lists());
        insta::assert_json_snapshot!(json!({
            "status": status_view(&links, &lists.statuses[1]),
            "priority": priority_view(&links, &lists.priorities[0]),
            "issueType": issue_type_view(&links, &lists.issue_types[0]),
        }));
    }
}
