//! `POST /issue` and `POST /issue/bulk`.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::CreateBody;
use crate::{
    app::{
        idempotency::{Answer, Creation},
        issues::BulkOutcome,
    },
    domain::issue::Issue,
    http::{
        call::{Call, answer},
        error::{self, Result, bad_request},
        extract::Body,
        links::Links,
    },
};

/// Most issues of one bulk.
const BULK_MAX: usize = 1_000;

/// Creates an issue.
pub async fn one(call: Call, body: Body<CreateBody>) -> Result<Answer> {
    let once = call.once(&body.bytes);
    let links = call.links.clone();
    let render = move |issue: &Issue| answer(StatusCode::CREATED, &view(&links, issue));
    let creation = Creation { actor: &call.actor, once: once.as_ref(), render: &render };
    Ok(call.app().create_issue(&body.value.read()?, creation).await?)
}

/// Many new issues.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BulkBody {
    issue_updates: Vec<CreateBody>,
}

/// Creates many issues in one transaction; those that are wrong are left out and reported.
pub async fn many(call: Call, body: Body<BulkBody>) -> Result<Answer> {
    let once = call.once(&body.bytes);
    let all = body.value.issue_updates;
    if all.is_empty() || all.len() > BULK_MAX {
        return Err(bad_request(format!("A bulk has 1 to {BULK_MAX} issues in 'issueUpdates'.")));
    }
    let all = all.into_iter().map(CreateBody::read).collect();
    let links = call.links.clone();
    let render = move |outcomes: &Vec<BulkOutcome>| bulk_answer(&links, outcomes);
    let creation = Creation { actor: &call.actor, once: once.as_ref(), render: &render };
    Ok(call.app().create_issues(all, creation).await?)
}

fn view(links: &Links, issue: &Issue) -> Value {
    let id = issue.id.0.to_string();
    json!({"self": links.api(&format!("issue/{id}")), "id": id, "key": issue.key})
}

fn bulk_answer(links: &Links, outcomes: &[BulkOutcome]) -> Answer {
    let issues: Vec<Value> = outcomes.iter().flatten().map(|issue| view(links, issue)).collect();
    let failed =
        outcomes.iter().enumerate().filter_map(|(number, outcome)| Some((number, outcome.as_ref().err()?)));
    let errors: Vec<Value> = failed
        .map(|(number, error)| {
            let (status, envelope) = error::of_one(error).into_value();
            json!({"status": status.as_u16(), "elementErrors": envelope, "failedElementNumber": number})
        })
        .collect();
    let status = if issues.is_empty() { StatusCode::BAD_REQUEST } else { StatusCode::CREATED };
    answer(status, &json!({"issues": issues, "errors": errors}))
}
