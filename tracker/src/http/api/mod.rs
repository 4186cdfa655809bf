//! The REST interface: a table of contents. One file per resource, views beside handlers.

pub mod attachments;
pub mod avatars;
pub mod comments;
pub mod fields;
pub mod issues;
pub mod lists;
pub mod permissions;
pub mod projects;
#[cfg(test)]
pub mod samples;
pub mod search;
pub mod server_info;
mod time;
pub mod users;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};

use super::{Edge, auth};

/// All endpoints below `/rest/api/2`.
pub fn router(edge: &Edge) -> Router<Edge> {
    let known_users_only = from_fn_with_state(edge.clone(), auth::authenticate);
    Router::new()
        .route("/myself", get(users::myself))
        .route("/myself/password", put(users::set_own_password))
        .route("/user", get(users::get).post(users::create).delete(users::delete))
        .route("/user/password", put(users::set_password))
        .route("/user/search", get(users::search))
        .route("/user/assignable/search", get(users::assignable))
        .route("/mypermissions", get(permissions::mine))
        .route("/project", get(projects::list).post(projects::create))
        .route("/project/{project}", get(projects::get).put(projects::update).delete(projects::delete))
        .route("/project/{project}/statuses", get(projects::statuses))
        .route("/issue", post(issues::create::one))
        .route("/issue/bulk", post(issues::create::many))
        .route("/issue/createmeta", get(issues::meta::create))
        .route("/issue/{issue}", get(issues::get).put(issues::edit).delete(issues::delete))
        .route("/issue/{issue}/assignee", put(issues::assign))
        .route("/issue/{issue}/transitions", get(issues::transitions::list).post(issues::transitions::run))
        .route("/issue/{issue}/comment", get(comments::list).post(comments::create))
        .route(
            "/issue/{issue}/comment/{comment}",
            get(comments::get).put(comments::edit).delete(comments::delete),
        )
        .route("/issue/{issue}/attachments", post(attachments::upload))
        .route("/attachment/{attachment}", get(attachments::get).delete(attachments::delete))
        .route("/search", get(search::by_url).post(search::by_body))
        .route("/field", get(fields::list))
        .route("/status", get(lists::statuses))
        .route("/status/{status}", get(lists::status))
        .route("/statuscategory", get(lists::status_categories))
        .route("/statuscategory/{category}", get(lists::status_category))
        .route("/priority", get(lists::priorities))
        .route("/priority/{priority}", get(lists::priority))
        .route("/issuetype", get(lists::issue_types))
        .route("/issuetype/{type}", get(lists::issue_type))
        .route_layer(known_users_only)
        .route("/serverInfo", get(server_info::get))
}

/// Files and pictures that links in answers lead to.
pub fn files(edge: &Edge) -> Router<Edge> {
    Router::new()
        .route("/secure/attachment/{attachment}/{filename}", get(attachments::download))
        .route_layer(from_fn_with_state(edge.clone(), auth::authenticate))
        .route("/secure/useravatar", get(avatars::user))
        .route("/secure/projectavatar", get(avatars::project))
        .route("/images/icons/{kind}/{picture}", get(avatars::icon))
}
