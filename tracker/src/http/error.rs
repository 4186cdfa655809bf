//! Errors as clients know them: Jira's envelope `{"errorMessages":[…],"errors":{…}}`.

use std::{collections::BTreeMap, error::Error as StdError};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::app;

/// Seconds after which a client may try again when the node could not serve it.
const RETRY_AFTER_SECONDS: &str = "1";

/// The answer to a request that failed.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    envelope: Envelope,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    error_messages: Vec<String>,
    errors: BTreeMap<String, String>,
}

/// Result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error about the whole request.
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, envelope: Envelope { error_messages: vec![sentence.into()], ..Envelope::default() } }
    }

    /// An error about one field of the request.
    pub fn field(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        let errors = BTreeMap::from([(field.into(), sentence.into())]);
        Self { status: StatusCode::BAD_REQUEST, envelope: Envelope { errors, ..Envelope::default() } }
    }

    /// The envelope as a JSON value, for answers that hold several.
    pub fn into_value(self) -> (StatusCode, serde_json::Value) {
        let Envelope { error_messages, errors } = self.envelope;
        (self.status, serde_json::json!({"errorMessages": error_messages, "errors": errors}))
    }
}

/// The request makes no sense as it is.
pub fn bad_request(sentence: impl Into<String>) -> Error {
    Error::new(StatusCode::BAD_REQUEST, sentence)
}

/// What it names isn't there.
pub fn not_found(sentence: impl Into<String>) -> Error {
    Error::new(StatusCode::NOT_FOUND, sentence)
}

/// The user may not do it.
pub fn forbidden(sentence: impl Into<String>) -> Error {
    Error::new(StatusCode::FORBIDDEN, sentence)
}

/// The node can't do it now.
pub fn unavailable(sentence: impl Into<String>) -> Error {
    Error::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
}

/// A fault of the tracker; the cause was logged.
pub fn internal() -> Error {
    Error::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error. The log has more.")
}

impl From<app::Error> for Error {
    fn from(error: app::Error) -> Self {
        match error {
            app::Error::Invalid(problems) => Self {
                status: StatusCode::BAD_REQUEST,
                envelope: Envelope { error_messages: problems.messages, errors: problems.fields },
            },
            app::Error::NotFound(sentence) => not_found(sentence),
            app::Error::Forbidden(sentence) => forbidden(sentence),
            app::Error::Conflict(sentence) => Self::new(StatusCode::CONFLICT, sentence),
            app::Error::KeyReused(sentence) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence),
            app::Error::TooLarge(sentence) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, sentence),
            app::Error::Unavailable { message, source } => {
                if let Some(source) = source {
                    tracing::warn!(error = %chain(&*source), "{message}");
                }
                unavailable(message)
            }
            app::Error::Internal(source) => {
                tracing::error!(error = %chain(&*source), "request failed");
                internal()
            }
        }
    }
}

/// The answer about one of many things that were asked for in one request, where that one is wrong.
pub fn of_one(error: &app::Error) -> Error {
    match error {
        app::Error::Invalid(problems) => app::Error::Invalid(problems.clone()).into(),
        app::Error::NotFound(sentence) => not_found(sentence),
        app::Error::Forbidden(sentence) => forbidden(sentence),
        other => Error::new(StatusCode::BAD_REQUEST, other.to_string()),
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let retry = matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        let mut response = (self.status, Json(self.envelope)).into_response();
        if retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}

/// An error and its causes in one line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
