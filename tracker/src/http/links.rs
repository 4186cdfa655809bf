//! Absolute URLs in answers: from `--base-url`, or else from what the request says about how it came here.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts, uri::Authority},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Edge, error::Error};
use crate::config::http::Http;

/// What stays readable in a part of a URL.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The other end of the connection a request came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Makes the URLs of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    base: String,
}

impl Links {
    /// Links below `base`, which has no slash at its end.
    pub fn below(base: impl Into<String>) -> Self {
        Self { base: base.into() }
    }

    /// Links as the client that sent `headers` from `peer` can follow them.
    pub fn for_request(settings: &Http, headers: &HeaderMap, peer: Option<IpAddr>) -> Self {
        if let Some(base) = &settings.base_url {
            return Self::below(base.0.clone());
        }
        let trusted = peer.is_some_and(|peer| is_trusted(settings, peer));
        let forwarded = |name| trusted.then(|| last(headers, name)).flatten();
        let scheme = match forwarded("x-forwarded-proto") {
            Some("https") => "https",
            _ => "http",
        };
        let is_host = |host: &&str| host.parse::<Authority>().is_ok() && !host.contains('@');
        let host = forwarded("x-forwarded-host").or_else(|| headers.get(header::HOST)?.to_str().ok());
        let host = host.filter(is_host).map_or_else(|| settings.listen.to_string(), str::to_owned);
        Self::below(format!("{scheme}://{host}{}", settings.context_path.0))
    }

    /// The start of all links, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A link into the REST interface; `path` begins without a slash and is already encoded.
    pub fn api(&self, path: &str) -> String {
        format!("{}/rest/api/2/{path}", self.base)
    }

    /// A link to a page; `path` begins with a slash and is already encoded.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl FromRequestParts<Edge> for Links {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Error> {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        Ok(Self::for_request(edge.settings(), &parts.headers, peer))
    }
}

/// The address a request really came from: what the nearest trusted proxy says, else the other end of the connection.
pub fn client_address(settings: &Http, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    if !is_trusted(settings, peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<IpAddr> =
        lines.flat_map(|line| line.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    // Each proxy appends the address it saw, so the last one that is no proxy of ours is the client; what stands before
    // it may be invented.
    hops.into_iter().rev().find(|hop| !is_trusted(settings, *hop)).unwrap_or(peer)
}

/// `text` as one part of a URL.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

fn is_trusted(settings: &Http, address: IpAddr) -> bool {
    settings.trusted_proxies.iter().any(|network| network.contains(address))
}

/// The last value of a header that proxies append to.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};
    use clap::Parser;

    use super::{Links, client_address, encode};
    use crate::config::http::Http;

    type Strings = &'static [&'static str];
    type Pairs = &'static [(&'static str, &'static str)];

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        http: Http,
    }

    fn settings(flags: &[&str]) -> Http {
        Settings::parse_from([&["tracker"], flags].concat()).http
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn links_follow_the_request_unless_a_base_url_is_set() {
        let proxy: Strings = &["--trusted-proxies", "10.0.0.0/8"];
        let base: Strings = &["--base-url", "https://t.example/x/", "--context-path", "/x"];
        let context: Strings = &["--context-path", "/t"];
        let forwarded: Pairs =
            &[("host", "inner:8080"), ("x-forwarded-host", "t.example"), ("x-forwarded-proto", "https")];
        let table: &[(Strings, Pairs, &str, &str)] = &[
            (&[], &[("host", "h:81")], "1.2.3.4", "http://h:81"),
            (context, &[("host", "h:81")], "1.2.3.4", "http://h:81/t"),
            (&[], &[], "1.2.3.4", "http://127.0.0.1:8080"),
            (&[], &[("host", "a b/<script>")], "1.2.3.4", "http://127.0.0.1:8080"),
            (&[], &[("host", "user@evil")], "1.2.3.4", "http://127.0.0.1:8080"),
            (&[], forwarded, "10.0.0.1", "http://inner:8080"),
            (proxy, forwarded, "10.0.0.1", "https://t.example"),
            (proxy, forwarded, "11.0.0.1", "http://inner:8080"),
            (base, forwarded, "10.0.0.1", "https://t.example/x"),
        ];
        for (flags, pairs, peer, base) in table {
            let peer = peer.parse().expect("an address");
            assert_eq!(
                Links::for_request(&settings(flags), &headers(pairs), Some(peer)),
                Links::below(*base)
            );
        }
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let proxy = settings(&["--trusted-proxies", "10.0.0.0/8"]);
        let lied = headers(&[("x-forwarded-for", "9.9.9.9, 8.8.8.8, 10.0.0.7")]);
        let address =
            |peer: &str| client_address(&proxy, &lied, peer.parse().expect("an address")).to_string();
        assert_eq!(address("10.0.0.1"), "8.8.8.8");
        assert_eq!(address("7.7.7.7"), "7.7.7.7");
        assert_eq!(encode("a b/ü-1"), "a%20b%2F%C3%BC-1");
    }
}
