//! `/mypermissions`: what the user who asks may do.

use axum::Json;
use serde_json::{Map, Value, json};

use crate::http::{call::Call, error::Result, extract::Params};

/// Key, name, what it allows, and whether only administrators have it.
const PERMISSIONS: &[(&str, &str, &str, bool)] = &[
    ("BROWSE_PROJECTS", "Browse Projects", "Ability to browse projects and the issues within them.", false),
    ("CREATE_ISSUES", "Create Issues", "Ability to create issues.", false),
    ("EDIT_ISSUES", "Edit Issues", "Ability to edit issues.", false),
    ("ASSIGN_ISSUES", "Assign Issues", "Ability to assign issues to other people.", false),
    ("ASSIGNABLE_USER", "Assignable User", "Users with this permission may be assigned to issues.", false),
    ("TRANSITION_ISSUES", "Transition Issues", "Ability to transition issues.", false),
    ("ADD_COMMENTS", "Add Comments", "Ability to comment on issues.", false),
    ("EDIT_OWN_COMMENTS", "Edit Own Comments", "Ability to edit own comments made on issues.", false),
    ("EDIT_ALL_COMMENTS", "Edit All Comments", "Ability to edit all comments made on issues.", true),
    ("DELETE_OWN_COMMENTS", "Delete Own Comments", "Ability to delete own comments made on issues.", false),
    ("DELETE_ALL_COMMENTS", "Delete All Comments", "Ability to delete all comments made on issues.", true),
    ("CREATE_ATTACHMENTS", "Create Attachments", "Users with this permission may create attachments.", false),
    (
        "DELETE_OWN_ATTACHMENTS",
        "Delete Own Attachments",
        "Users with this permission may delete own attachments.",
        false,
    ),
    (
        "DELETE_ALL_ATTACHMENTS",
        "Delete All Attachments",
        "Users with this permission may delete all attachments.",
        true,
    ),
    ("DELETE_ISSUES", "Delete Issues", "Ability to delete issues of others.", true),
    ("ADMINISTER_PROJECTS", "Administer Projects", "Ability to administer a project.", true),
    ("ADMINISTER", "Jira Administrators", "Ability to create projects and users.", true),
    ("USER_PICKER", "Browse Users", "Ability to select a user from a list.", false),
];

/// What the user who asks may do, in the project or on the issue given, if one is.
pub async fn mine(call: Call, params: Params) -> Result<Json<Value>> {
    if let Some(project) = params.get("projectKey").or(params.get("projectId")) {
        call.app().project(project).await?;
    }
    if let Some(issue) = params.get("issueKey").or(params.get("issueId")) {
        call.app().issue(issue, crate::app::related::Parts::default()).await?;
    }
    Ok(Json(view(call.actor.user.admin)))
}

fn view(is_admin: bool) -> Value {
    let global = |key: &str| matches!(key, "ADMINISTER" | "USER_PICKER");
    let entry = |(index, (key, name, description, admins_only)): (usize, &(&str, &str, &str, bool))| {
        let entry = json!({
            "id": index.to_string(),
            "key": key,
            "name": name,
            "type": if global(key) { "GLOBAL" } else { "PROJECT" },
            "description": description,
            "havePermission": is_admin || !admins_only,
        });
        ((*key).to_owned(), entry)
    };
    json!({"permissions": PERMISSIONS.iter().enumerate().map(entry).collect::<Map<_, _>>()})
}

#[cfg(test)]
mod tests {
    use super::view;

    #[test]
    fn administrators_may_more() {
        let have = |is_admin: bool, key: &str| view(is_admin)["permissions"][key]["havePermission"] == true;
        assert!(have(false, "BROWSE_PROJECTS") && have(true, "BROWSE_PROJECTS"));
        assert!(!have(false, "ADMINISTER") && have(true, "ADMINISTER"));
        insta::assert_json_snapshot!(view(false)["permissions"]["CREATE_ISSUES"]);
    }
}
