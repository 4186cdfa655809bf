//! What every handler that needs a user gets: the use cases, who asks, and how to link.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    Edge, auth,
    error::{Error, Result, bad_request},
    links::Links,
};
use crate::app::{
    App,
    auth::Actor,
    idempotency::{Answer, Once},
};

/// Header with which a client may repeat a creating request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Header that marks the answer of an earlier request with the same key.
const REPEATED: &str = "idempotency-replayed";
/// Longest key.
const KEY_MAX: usize = 255;

/// One call of a user.
#[derive(Clone, Debug)]
pub struct Call {
    edge: Edge,
    /// Who asks.
    pub actor: Arc<Actor>,
    /// Makes the links of the answer.
    pub links: Links,
    key: Option<String>,
    /// Method and path.
    endpoint: String,
}

impl Call {
    /// The use cases.
    pub fn app(&self) -> &App {
        self.edge.app()
    }

    /// The edge itself.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// What makes this request the same as another with the same key; `said` is all that it says.
    pub fn once(&self, said: &[u8]) -> Option<Once> {
        let key = self.key.clone()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.endpoint.len() as u64).to_le_bytes());
        hasher.update(self.endpoint.as_bytes());
        hasher.update(said);
        Some(Once { key, fingerprint: hasher.finalize().to_hex().to_string() })
    }
}

impl FromRequestParts<Edge> for Call {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self> {
        Ok(Self {
            edge: edge.clone(),
            actor: auth::actor(parts)?,
            links: Links::from_request_parts(parts, edge).await?,
            key: key(&parts.headers)?,
            endpoint: format!("{} {}", parts.method, parts.uri.path()),
        })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], self.body).into_response();
        if self.repeated {
            response.headers_mut().insert(REPEATED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// An answer with this status and JSON.
pub fn answer(status: StatusCode, body: &Value) -> Answer {
    Answer { status: status.as_u16(), body: body.to_string(), repeated: false }
}

fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let is_plain =
        (1..=KEY_MAX).contains(&key.len()) && key.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte));
    let plain = key.to_str().ok().filter(|_| is_plain);
    let refused =
        || bad_request(format!("An Idempotency-Key has 1 to {KEY_MAX} printable ASCII characters."));
    plain.map(|key| Some(key.to_owned())).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::{IDEMPOTENCY_KEY, key};

    #[test]
    fn keys_are_short_and_printable() {
        let read = |value: &[u8]| {
            let value = HeaderValue::from_bytes(value).expect("a header");
            key(&HeaderMap::from_iter([(HeaderName::from_static(IDEMPOTENCY_KEY), value)]))
        };
        assert_eq!(read(b"a b-1").expect("a key"), Some("a b-1".to_owned()));
        assert!(read(&[b'x'; 255]).is_ok());
        assert!(read(&[b'x'; 256]).is_err());
        assert!(read(b"").is_err());
        assert!(read("ü".as_bytes()).is_err());
        assert_eq!(key(&HeaderMap::new()).expect("none"), None);
    }
}
