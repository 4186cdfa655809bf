//! Refuses changes that a page of another site makes a browser send: the browser would add the user's password to them.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use url::Url;

use super::{
    Edge,
    error::{Result, forbidden},
    links::{Links, Peer},
};

/// Lets a change in only when it doesn't come from a page of another site. Programs send neither `Origin` nor `Referer`.
pub async fn check(State(edge): State<Edge>, request: Request, next: Next) -> Result<Response> {
    if !request.method().is_safe() {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        let links = Links::for_request(edge.settings(), request.headers(), peer);
        if !is_own(request.headers(), links.base()) {
            return Err(forbidden("XSRF check failed: the request comes from a page of another site."));
        }
    }
    Ok(next.run(request).await)
}

fn is_own(headers: &HeaderMap, base: &str) -> bool {
    let Some(page) = headers.get(header::ORIGIN).or_else(|| headers.get(header::REFERER)) else {
        return true;
    };
    let page = page.to_str().ok().and_then(|page| Url::parse(page).ok());
    let own = Url::parse(base).ok();
    match (page, own) {
        (Some(page), Some(own)) => page.origin().is_tuple() && page.origin() == own.origin(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::is_own;

    #[test]
    fn pages_of_other_sites_are_strangers() {
        let own = |name, value: &'static str| {
            is_own(&HeaderMap::from_iter([(name, HeaderValue::from_static(value))]), "https://t.example/x")
        };
        assert!(is_own(&HeaderMap::new(), "https://t.example/x"));
        assert!(own(header::ORIGIN, "https://t.example"));
        assert!(own(header::ORIGIN, "https://t.example:443"));
        assert!(own(header::REFERER, "https://t.example/any/page?x"));
        for stranger in
            ["http://t.example", "https://t.example:444", "https://t.example.evil", "null", "", "x"]
        {
            assert!(!own(header::ORIGIN, stranger), "{stranger}");
            assert!(!own(header::REFERER, stranger), "{stranger}");
        }
    }
}
