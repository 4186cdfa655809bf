//! Reads what a request carries, with limits; whatever is wrong becomes a 400 (or 413) in the envelope.

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{StatusCode, header, request::Parts},
};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::error::{Error, Result, bad_request};

/// Largest JSON body, in bytes. A bulk of issues with long texts fits.
pub const JSON_MAX: usize = 4 * 1024 * 1024;

/// A JSON body, kept with its bytes (idempotency compares them).
#[derive(Debug)]
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// How it was sent.
    pub bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self> {
        let bytes = read(request, JSON_MAX).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// Reads the whole body, at most `most` bytes.
async fn read(request: Request, most: usize) -> Result<Bytes> {
    let too_large = || {
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The request body is larger than {most} bytes."))
    };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > most) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), most).await.map_err(|error| {
        let source = std::error::Error::source(&error);
        if source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
            too_large()
        } else {
            bad_request("The request body could not be read.")
        }
    })
}

/// Reads JSON; an error names the place: the path to a field where there is one, else line and column.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.is_empty() {
        return Err(bad_request("The request has no body; JSON is needed."));
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(bad_request(format!("The request body is not UTF-8 at byte {}.", error.valid_up_to())));
    }
    // Without this a list would be taken for an object's values in the order of their declaration.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(bad_request("The request body must be a JSON object."));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let sentence = error.into_inner().to_string();
        if path == "." {
            bad_request(format!("Invalid JSON: {sentence}"))
        } else {
            Error::field(path, sentence)
        }
    })?;
    json.end().map_err(|error| bad_request(format!("Invalid JSON: {error}")))?;
    Ok(value)
}

/// The query of a URL: each name may come more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `query`, the part of a URL after the `?`.
    pub fn parse(query: &str) -> Result<Self> {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            let decoded = percent_decode_str(&text).decode_utf8().map(std::borrow::Cow::into_owned);
            let decoded = decoded.map_err(|_| bad_request("The URL is not UTF-8."))?;
            no_nul(decoded)
        };
        let mut pairs = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of `name`, each split at commas; `None` when it doesn't occur.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).peekable();
        values.peek()?;
        let parts =
            values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|part| !part.is_empty());
        Some(parts.map(str::to_owned).collect())
    }

    /// The number of `name`; an empty value counts as none.
    pub fn number(&self, name: &str) -> Result<Option<i64>> {
        let text = self.get(name).filter(|text| !text.is_empty());
        text.map(|text| text.parse().map_err(|_| Error::field(name, format!("'{text}' is not a number."))))
            .transpose()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// The variable part of a path, e.g. the `DEMO-1` of `/issue/DEMO-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let mut names = names(parts, state).await?;
        if names.is_empty() {
            Err(bad_request("The path is incomplete."))
        } else {
            Ok(Self(names.swap_remove(0)))
        }
    }
}

/// Both variable parts of a path that has two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for Names {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let mut names = names(parts, state).await?.into_iter();
        match (names.next(), names.next()) {
            (Some(first), Some(second)) => Ok(Self(first, second)),
            _ => Err(bad_request("The path is incomplete.")),
        }
    }
}

async fn names<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Vec<String>> {
    let raw = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| bad_request("The URL is not UTF-8."))?;
    raw.iter().map(|(_, value)| no_nul(value.to_owned())).collect()
}

fn no_nul(text: String) -> Result<String> {
    if text.contains('\0') { Err(bad_request("The URL may not hold a NUL character.")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{Params, parse};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read by serde")]
        number: i64,
    }

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code, reason = "only read by serde")]
        list: Vec<Inner>,
    }

    fn said(json: &str) -> String {
        let (status, value) = parse::<Outer>(json.as_bytes()).expect_err("must be refused").into_value();
        assert_eq!(status, 400);
        value.to_string()
    }

    #[test]
    fn errors_name_the_place() {
        assert!(
            said(r#"{"list":[{"number":1},{"number":"x"}]}"#)
                .contains(r#""list[1].number":"invalid type: string"#)
        );
        assert!(said(r#"{"list":[{"nomber":1}]}"#).contains("unknown field `nomber`"));
        assert!(said("{}").contains("missing field `list`"));
        assert!(said("{\"list\":\n[}").contains("line 2 column 2"));
        assert!(said(r#"{"list":[]} x"#).contains("trailing characters"));
        assert!(said("").contains("no body"));
        assert!(said("[[]]").contains("must be a JSON object"));
        let deep = format!(r#"{{"any":{}"#, "[".repeat(100_000));
        let (_, value) =
            parse::<serde_json::Value>(deep.as_bytes()).expect_err("must be refused").into_value();
        assert!(value.to_string().contains("recursion limit"), "{value}");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let (_, value) = parse::<Outer>(b"{\"list\":\"\xff\"}").expect_err("must be refused").into_value();
        assert!(value.to_string().contains("not UTF-8 at byte 9"), "{value}");
    }

    #[test]
    fn names_of_a_query_may_repeat() {
        let params = Params::parse("fields=a,b&jql=x+%3D%201&fields=c&n=5&e=&flag").expect("a query");
        assert_eq!(params.get("jql"), Some("x = 1"));
        assert_eq!(params.list("fields"), Some(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(params.list("none"), None);
        assert_eq!(params.number("n").expect("a number"), Some(5));
        assert_eq!(params.number("e").expect("nothing"), None);
        assert_eq!(params.get("flag"), Some(""));
        assert!(params.number("jql").is_err());
        assert!(Params::parse("a=%ff").is_err());
        assert!(Params::parse("a=%00").is_err());
    }
}
