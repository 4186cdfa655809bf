//! `/search`: issues by JQL.

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fields::{Default as DefaultFields, Wanted as WantedFields},
    issues::{
        self,
        view::{Expand, Extra},
    },
};
use crate::{
    app::search::{Found, Wanted},
    http::{
        call::Call,
        error::Result,
        extract::{Body, Params},
        links::Links,
        pagination::{Limits, Page},
    },
};

const LIMITS: Limits = Limits { default: 50, most: 1_000 };
/// 110: the answer may be stale.
const STALE: &str = "110 - \"The search index is behind: changes of the last seconds may be missing\"";

/// A search as a body says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SearchBody {
    #[serde(default)]
    jql: Option<String>,
    start_at: Option<i64>,
    max_results: Option<i64>,
    fields: Option<Vec<String>>,
    expand: Option<Vec<String>>,
    validate_query: Option<Validate>,
}

/// Whether mistakes in the query are errors. Clients write a flag or a word.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Validate {
    Flag(bool),
    Word(String),
}

/// What is asked for, whichever way it was said.
struct Asked {
    jql: String,
    page: Page,
    strict: bool,
    fields: WantedFields,
    expand: Expand,
}

/// A search by the URL's query.
pub async fn by_url(call: Call, params: Params) -> Result<Response> {
    let strict = params.get("validateQuery").is_none_or(is_strict);
    let asked = Asked {
        jql: params.get("jql").unwrap_or_default().to_owned(),
        page: Page::from_params(&params, LIMITS)?,
        strict,
        fields: WantedFields::new(params.list("fields").as_deref(), DefaultFields::Navigable),
        expand: Expand::new(params.list("expand").as_deref()),
    };
    search(&call, asked).await
}

/// A search by a body, for queries that are too long for a URL.
pub async fn by_body(call: Call, body: Body<SearchBody>) -> Result<Response> {
    let body = body.value;
    let strict = match &body.validate_query {
        None | Some(Validate::Flag(true)) => true,
        Some(Validate::Flag(false)) => false,
        Some(Validate::Word(word)) => is_strict(word),
    };
    let asked = Asked {
        jql: body.jql.unwrap_or_default(),
        page: Page::new(body.start_at, body.max_results, LIMITS)?,
        strict,
        fields: WantedFields::new(body.fields.as_deref(), DefaultFields::Navigable),
        expand: Expand::new(body.expand.as_deref()),
    };
    search(&call, asked).await
}

fn is_strict(word: &str) -> bool {
    !matches!(word, "false" | "warn" | "none")
}

async fn search(call: &Call, asked: Asked) -> Result<Response> {
    let wanted = Wanted {
        jql: asked.jql.clone(),
        start_at: asked.page.start_at,
        max_results: asked.page.max_results,
        strict: asked.strict,
        parts: issues::parts(&asked.fields),
    };
    let found = call.app().search(&call.actor, &wanted).await?;
    let mut response = Json(view(&call.links, &asked, &found)).into_response();
    if !found.consistent {
        response.headers_mut().insert(header::WARNING, HeaderValue::from_static(STALE));
    }
    Ok(response)
}

fn view(links: &Links, asked: &Asked, found: &Found) -> Value {
    let context = issues::view::Context {
        links,
        related: &found.related,
        wanted: &asked.fields,
        expand: &asked.expand,
    };
    let issues: Vec<Value> = found
        .issues
        .iter()
        .map(|issue| {
            let mut view = issues::view::issue(&context, issue);
            if asked.expand.has(Extra::Transitions) {
                let open = found.related.lists.statuses.iter().filter(|status| status.id != issue.status);
                view["transitions"] = open.map(|status| issues::transitions::view(links, status)).collect();
            }
            view
        })
        .collect();
    let mut view = json!({
        "expand": "schema,names",
        "startAt": asked.page.start_at,
        "maxResults": asked.page.max_results,
        "total": found.total,
        "issues": issues,
    });
    if !found.warnings.is_empty() {
        view["warningMessages"] = found.warnings.clone().into();
    }
    issues::view::expand_whole(&mut view, &asked.fields, &asked.expand);
    view
}
