//! `/project`: projects.

use axum::{Json, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{lists, users};
use crate::{
    app::{
        idempotency::{Answer, Creation},
        lists::Lists,
        projects::{Input, Led},
        users::UserRef,
    },
    domain::project::Project,
    http::{
        call::{Call, answer},
        error::Result,
        extract::{Body, Name},
        links::Links,
    },
};

/// A new project, or changes of one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct InputBody {
    key: Option<String>,
    name: Option<String>,
    description: Option<String>,
    lead: Option<String>,
    project_type_key: Option<String>,
    /// Every template gives the default workflow, so any will do.
    #[expect(dead_code, reason = "clients send it; there is one workflow")]
    project_template_key: Option<String>,
}

impl InputBody {
    fn input(self) -> Input {
        Input {
            key: self.key,
            name: self.name,
            description: self.description,
            lead: self.lead.map(UserRef::Name),
            type_key: self.project_type_key,
        }
    }
}

/// All projects.
pub async fn list(call: Call) -> Result<Json<Value>> {
    let projects = call.app().projects().await?;
    Ok(Json(projects.iter().map(|led| view(&call.links, &led.project)).collect()))
}

/// Creates a project.
pub async fn create(call: Call, body: Body<InputBody>) -> Result<Answer> {
    let once = call.once(&body.bytes);
    let links = call.links.clone();
    let render = move |project: &Project| {
        let id = project.id.0;
        let body = json!({"self": links.api(&format!("project/{id}")), "id": id, "key": project.key});
        answer(StatusCode::CREATED, &body)
    };
    let creation = Creation { actor: &call.actor, once: once.as_ref(), render: &render };
    Ok(call.app().create_project(body.value.input(), creation).await?)
}

/// One project.
pub async fn get(call: Call, Name(project): Name) -> Result<Json<Value>> {
    let led = call.app().project(&project).await?;
    Ok(Json(full_view(&call.links, &led, &*call.app().lists().await?)))
}

/// Changes a project.
pub async fn update(call: Call, Name(project): Name, body: Body<InputBody>) -> Result<Json<Value>> {
    let led = call.app().update_project(&call.actor, &project, body.value.input()).await?;
    Ok(Json(full_view(&call.links, &led, &*call.app().lists().await?)))
}

/// Deletes a project.
pub async fn delete(call: Call, Name(project): Name) -> Result<StatusCode> {
    call.app().delete_project(&call.actor, &project).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Statuses of each kind of issue in a project.
pub async fn statuses(call: Call, Name(project): Name) -> Result<Json<Value>> {
    call.app().project(&project).await?;
    let all = call.app().lists().await?;
    let statuses: Vec<Value> =
        all.statuses.iter().map(|status| lists::status_view(&call.links, status)).collect();
    let of_type = |issue_type| {
        let mut view = lists::issue_type_view(&call.links, issue_type);
        view["statuses"] = Value::from(statuses.clone());
        view
    };
    Ok(Json(all.issue_types.iter().map(of_type).collect()))
}

/// A project where others refer to it.
pub fn view(links: &Links, project: &Project) -> Value {
    json!({
        "self": links.api(&format!("project/{}", project.id.0)),
        "id": project.id.0.to_string(),
        "key": project.key,
        "name": project.name,
        "avatarUrls": users::avatar_urls(links, "projectavatar"),
        "projectTypeKey": project.type_key,
    })
}

/// A project with all about it.
fn full_view(links: &Links, led: &Led, all: &Lists) -> Value {
    let mut view = view(links, &led.project);
    view["description"] = led.project.description.clone().into();
    view["lead"] = users::view(links, &led.lead);
    view["assigneeType"] = "PROJECT_LEAD".into();
    view["issueTypes"] = all.issue_types.iter().map(|one| lists::issue_type_view(links, one)).collect();
    view["components"] = json!([]);
    view["versions"] = json!([]);
    view["archived"] = false.into();
    view
}

#[cfg(test)]
mod tests {
    use super::full_view;
    use crate::{
        app::projects::Led,
        http::{api::samples, links::Links},
    };

    #[test]
    fn a_project_looks_as_clients_expect() {
        let led = Led { project: samples::project(), lead: samples::user(1, "ada") };
        insta::assert_json_snapshot!(full_view(&Links::below("https://t.example"), &led, &samples::lists()));
    }
}
