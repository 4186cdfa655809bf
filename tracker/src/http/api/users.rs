//! `/myself`, `/user`: people.

use axum::{Json, http::StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::avatars;
use crate::{
    app::users::{Input, UserRef, Wanted},
    domain::user::User,
    http::{
        call::Call,
        error::{Result, bad_request},
        extract::{Body, Params},
        links::{Links, encode},
        pagination::{Limits, Page},
    },
};

const LIMITS: Limits = Limits { default: 50, most: 1_000 };

/// A new user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreateBody {
    name: String,
    password: Option<String>,
    email_address: String,
    display_name: String,
}

/// A new password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PasswordBody {
    password: String,
    #[expect(dead_code, reason = "clients send it; whoever calls has just proved it with the login")]
    current_password: Option<String>,
}

/// The user who asks.
pub async fn myself(call: Call) -> Json<Value> {
    Json(view(&call.links, &call.actor.user))
}

/// One user, by `username` or `key`.
pub async fn get(call: Call, params: Params) -> Result<Json<Value>> {
    let user = call.app().user(&wanted(&params)?).await?;
    Ok(Json(view(&call.links, &user)))
}

/// Creates a user.
pub async fn create(call: Call, body: Body<CreateBody>) -> Result<(StatusCode, Json<Value>)> {
    let CreateBody { name, password, email_address, display_name } = body.value;
    let input = Input { name, password, email: email_address, display_name };
    let user = call.app().create_user(&call.actor, input).await?;
    Ok((StatusCode::CREATED, Json(view(&call.links, &user))))
}

/// Closes an account.
pub async fn delete(call: Call, params: Params) -> Result<StatusCode> {
    call.app().close_user(&call.actor, &wanted(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets anybody's password.
pub async fn set_password(call: Call, params: Params, body: Body<PasswordBody>) -> Result<StatusCode> {
    call.app().set_password(&call.actor, &wanted(&params)?, &body.value.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets one's own password.
pub async fn set_own_password(call: Call, body: Body<PasswordBody>) -> Result<StatusCode> {
    let own = UserRef::Key(call.actor.user.key.clone());
    call.app().set_password(&call.actor, &own, &body.value.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Users whose name, mail address or display name begins with `username`; a dot stands for all.
pub async fn search(call: Call, params: Params) -> Result<Json<Value>> {
    let prefix = params.get("username").or(params.get("query"));
    let prefix = prefix.ok_or_else(|| bad_request("The username query parameter was not provided"))?;
    find(&call, &params, prefix, params.get("includeInactive") == Some("true")).await
}

/// Users to whom issues may be assigned: everybody whose account is open.
pub async fn assignable(call: Call, params: Params) -> Result<Json<Value>> {
    if let Some(project) = params.get("project") {
        call.app().project(project).await?;
    } else if let Some(issue) = params.get("issueKey") {
        call.app().issue(issue, crate::app::related::Parts::default()).await?;
    } else {
        return Err(bad_request("Either the 'project' or 'issueKey' query parameter needs to be provided"));
    }
    let prefix = params.get("username").or(params.get("query")).unwrap_or_default();
    find(&call, &params, prefix, false).await
}

async fn find(call: &Call, params: &Params, prefix: &str, include_inactive: bool) -> Result<Json<Value>> {
    let page = Page::from_params(params, LIMITS)?;
    let prefix = if matches!(prefix, "." | "%" | "*" | "@") { "" } else { prefix };
    let wanted = Wanted {
        prefix: prefix.to_owned(),
        include_inactive,
        start_at: page.start_at,
        max_results: page.max_results,
    };
    let users = call.app().search_users(&wanted).await?;
    Ok(Json(users.iter().map(|user| view(&call.links, user)).collect()))
}

fn wanted(params: &Params) -> Result<UserRef> {
    if let Some(key) = params.get("key") {
        return Ok(UserRef::Key(key.to_owned()));
    }
    let name = params.get("username");
    let name = name.ok_or_else(|| {
        bad_request("Either the 'username' or the 'key' query parameters need to be provided")
    })?;
    Ok(UserRef::Name(name.to_owned()))
}

/// A user as clients know one.
pub fn view(links: &Links, user: &User) -> Value {
    json!({
        "self": links.api(&format!("user?username={}", encode(&user.name))),
        "key": user.key,
        "name": user.name,
        "emailAddress": user.email,
        "avatarUrls": avatar_urls(links, "useravatar"),
        "displayName": user.display_name,
        "active": user.active,
        "deleted": false,
        "timeZone": user.time_zone,
        "locale": "en_US",
    })
}

/// Links to a picture in all sizes.
pub fn avatar_urls(links: &Links, picture: &str) -> Value {
    let url = |size: &str| Value::String(links.page(&format!("/secure/{picture}?size={size}")));
    avatars::SIZES.iter().map(|(name, size)| ((*name).to_owned(), url(size))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::view;
    use crate::http::{api::samples, links::Links};

    #[test]
    fn a_user_looks_as_clients_expect() {
        insta::assert_json_snapshot!(view(&Links::below("https://t.example"), &samples::user(1, "ada b")));
    }
}
