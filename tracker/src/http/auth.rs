//! Who sends a request: Basic logins, checked before any endpoint that needs a user.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    Edge,
    error::Error,
    links::{Peer, client_address},
};
use crate::app::auth::{Actor, Credentials, Denied};

/// Header in which clients find who they are.
const USER_NAME: &str = "x-ausername";
/// Header in which clients find why they were not let in.
const LOGIN_REASON: &str = "x-seraph-loginreason";

/// Lets a request through with the user who sent it, or answers 401.
pub async fn authenticate(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let Some((name, password)) = basic(request.headers()) else {
        return unauthorized(None);
    };
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let address = peer.map(|peer| client_address(edge.settings(), request.headers(), peer));
    let credentials = Credentials { name: &name, password: &password, address };
    let actor = match edge.app().authenticate(credentials).await {
        Ok(actor) => actor,
        Err(Denied::Failed) => return unauthorized(Some("AUTHENTICATED_FAILED")),
        Err(Denied::Throttled) => return unauthorized(Some("AUTHENTICATION_DENIED")),
        Err(Denied::Error(error)) => return Error::from(error).into_response(),
    };
    tracing::Span::current().record("user.name", &actor.user.name);
    let shown = HeaderValue::from_str(&super::links::encode(&actor.user.name));
    request.extensions_mut().insert(Arc::new(actor));
    let mut response = next.run(request).await;
    if let Ok(shown) = shown {
        response.headers_mut().insert(USER_NAME, shown);
    }
    response
}

/// The user of a request that came through [`authenticate`].
pub(super) fn actor(parts: &axum::http::request::Parts) -> Result<Arc<Actor>, Error> {
    parts.extensions.get().cloned().ok_or_else(|| {
        tracing::error!("an endpoint that needs a user is outside of authentication");
        super::error::internal()
    })
}

fn unauthorized(reason: Option<&'static str>) -> Response {
    let sentence = match reason {
        None => "You are not logged in: this call needs a user name and a password.",
        Some(_) => {
            "You are not logged in: the user name or the password is wrong, or too many wrong ones came before."
        }
    };
    let mut response = Error::new(StatusCode::UNAUTHORIZED, sentence).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=\"tracker\", charset=\"UTF-8\""),
    );
    if let Some(reason) = reason {
        headers.insert(LOGIN_REASON, HeaderValue::from_static(reason));
    }
    response
}

/// Name and password of a Basic login.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::basic;

    #[test]
    fn a_basic_login_is_read() {
        let read = |value: &'static str| {
            basic(&HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]))
        };
        let ada = Some(("ada".to_owned(), "a:b".to_owned()));
        assert_eq!(read("Basic YWRhOmE6Yg=="), ada);
        assert_eq!(read("basic  YWRhOmE6Yg=="), ada);
        for bad in ["", "Basic", "Basic !", "Basic YWRh", "Bearer YWRhOmE6Yg==", "Basic /w=="] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(basic(&HeaderMap::new()), None);
    }
}
