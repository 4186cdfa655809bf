//! Small pictures, drawn on the spot: clients show them beside names. They hold nothing secret, so nobody needs to log in.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use crate::http::{
    error::{Result, not_found},
    extract::{Names, Params},
};

/// How long clients may keep a picture, seconds.
const KEPT: &str = "public, max-age=86400";

/// Sizes that clients are told of.
pub const SIZES: [(&str, &str); 4] =
    [("16x16", "xsmall"), ("24x24", "small"), ("32x32", "medium"), ("48x48", "large")];

/// A user's picture.
pub async fn user(_: Params) -> Response {
    svg("<circle cx='8' cy='6' r='3' fill='#fff'/><path d='M2 15a6 6 0 0 1 12 0z' fill='#fff'/>", "#7a869a")
}

/// A project's picture.
pub async fn project(_: Params) -> Response {
    svg("<path d='M3 5h4l1 1h5v6H3z' fill='#fff'/>", "#2684ff")
}

/// Picture of a priority, a kind of issue or a status; `picture` is `RRGGBB.svg`.
pub async fn icon(Names(kind, picture): Names) -> Result<Response> {
    let missing = || not_found("There is no such picture.");
    let color = picture.strip_suffix(".svg").ok_or_else(missing)?;
    let is_color = color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shape = match kind.as_str() {
        "priorities" => "<path d='M8 3l4 5H9v5H7V8H4z' fill='#fff'/>",
        "issuetypes" => "<rect x='4' y='4' width='8' height='8' rx='1' fill='#fff'/>",
        "statuses" => "<circle cx='8' cy='8' r='4' fill='#fff'/>",
        _ => return Err(missing()),
    };
    if is_color { Ok(svg(shape, &format!("#{color}"))) } else { Err(missing()) }
}

fn svg(shape: &str, color: &str) -> Response {
    let picture = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' width='48' height='48'>\
         <rect width='16' height='16' rx='2' fill='{color}'/>{shape}</svg>"
    );
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, KEPT)], picture).into_response()
}
