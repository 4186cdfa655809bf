//! `/attachment`, and the bytes of attachments below `/secure/attachment`.

use std::{collections::HashMap, io::SeekFrom};

use axum::{
    Json,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::Field},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::{time, users};
use crate::{
    app::{
        attachments::Upload,
        idempotency::{Answer, Creation},
    },
    domain::{attachment::Attachment, id::UserId, user::User},
    http::{
        call::{Call, answer},
        error::{Error, Result, bad_request, forbidden, internal},
        extract::{Name, Names},
        links::{Links, encode},
        range,
    },
};

/// Header without which a form of another site could upload files.
const TOKEN: &str = "x-atlassian-token";
/// Name of the form's fields that hold files.
const FIELD: &str = "file";
/// Most files of one upload.
const FILES_MAX: usize = 20;
/// Most bytes of a form besides its files.
const FORM_MAX: u64 = 1024 * 1024;
/// Read from disk at a time.
const BUFFER: usize = 64 * 1024;

/// Attaches the files of a form to an issue.
pub async fn upload(
    call: Call,
    Name(issue): Name,
    headers: HeaderMap,
    mut request: Request,
) -> Result<Answer> {
    let is_checked =
        headers.get(TOKEN).is_some_and(|token| matches!(token.as_bytes(), b"no-check" | b"nocheck"));
    if !is_checked {
        return Err(forbidden(
            "XSRF check failed: an upload needs the header 'X-Atlassian-Token: no-check'.",
        ));
    }
    let issue = call.app().issue_to_attach_to(&issue).await?;
    // The framework's own limit for bodies is two megabytes. Each file has ours; this is for what lies between them.
    let most = call.edge().settings().max_attachment * 1024 * 1024 * FILES_MAX as u64 + FORM_MAX;
    DefaultBodyLimit::max(usize::try_from(most).unwrap_or(usize::MAX)).apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| bad_request("The request must be a form (multipart/form-data) with files."))?;
    let mut uploads = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| bad_request("The form can't be read."))? {
        if uploads.len() == FILES_MAX {
            return Err(bad_request(format!("An upload has at most {FILES_MAX} files.")));
        }
        uploads.push(store(&call, field).await?);
    }
    if uploads.is_empty() {
        return Err(bad_request(format!("The form holds no file in a field named '{FIELD}'.")));
    }
    let once = call.once(uploads.iter().map(Upload::fingerprint).collect::<String>().as_bytes());
    let (links, people) =
        (call.links.clone(), HashMap::from([(call.actor.user.id, call.actor.user.clone())]));
    let render = move |attachments: &Vec<Attachment>| {
        let views: Value = attachments.iter().map(|attachment| view(&links, &people, attachment)).collect();
        answer(StatusCode::OK, &views)
    };
    let creation = Creation { actor: &call.actor, once: once.as_ref(), render: &render };
    Ok(call.app().attach(issue, uploads, creation).await?)
}

async fn store(call: &Call, field: Field<'_>) -> Result<Upload> {
    if field.name() != Some(FIELD) {
        return Err(bad_request(format!("Files must be in fields named '{FIELD}'.")));
    }
    let name = field.file_name().unwrap_or_default().to_owned();
    let mime_type = field.content_type().map(str::to_owned);
    let limit = call.edge().settings().max_attachment * 1024 * 1024;
    Ok(call.app().upload(&name, mime_type.as_deref(), field, limit).await?)
}

/// What is known about an attachment.
pub async fn get(call: Call, Name(id): Name) -> Result<Json<Value>> {
    let (attachment, people) = call.app().attachment(&id).await?;
    Ok(Json(view(&call.links, &people, &attachment)))
}

/// Deletes an attachment.
pub async fn delete(call: Call, Name(id): Name) -> Result<StatusCode> {
    call.app().delete_attachment(&call.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The bytes of an attachment, or the part of them that is asked for. The name in the path is for people only.
pub async fn download(call: Call, Names(id, _name): Names, headers: HeaderMap) -> Result<Response> {
    let (attachment, mut file, size) = call.app().open_attachment(&id).await?;
    let asked = headers.get(header::RANGE).and_then(|asked| asked.to_str().ok());
    let (status, part) = match range::wanted(asked, size) {
        range::Wanted::All => (StatusCode::OK, 0..size),
        range::Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        range::Wanted::Impossible => {
            let mut response =
                Error::new(StatusCode::RANGE_NOT_SATISFIABLE, "The file is shorter.").into_response();
            insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
    };
    if part.start > 0 {
        file.seek(SeekFrom::Start(part.start)).await.map_err(|error| {
            tracing::error!(%error, "file can't be read at a place");
            internal()
        })?;
    }
    let length = part.end - part.start;
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(length), BUFFER));
    let mut response = (status, body).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        insert(
            &mut response,
            header::CONTENT_RANGE,
            &format!("bytes {}-{}/{size}", part.start, part.end - 1),
        );
    }
    insert(&mut response, header::CONTENT_LENGTH, &length.to_string());
    insert(&mut response, header::CONTENT_TYPE, &attachment.mime_type);
    insert(&mut response, header::CONTENT_DISPOSITION, &disposition(&attachment.filename));
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    insert(&mut response, header::ETAG, &format!("\"{}\"", attachment.hash));
    insert(&mut response, header::CACHE_CONTROL, "private, no-cache");
    // Whatever was uploaded: a browser must neither guess that it is a page nor run it as one of ours.
    insert(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(&mut response, header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    Ok(response)
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    // A value that no header can hold is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn disposition(filename: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '(' | ')');
    let plain: String = filename.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", encode(filename))
}

/// An attachment as clients know one; `people` holds who attached it.
pub(super) fn view(links: &Links, people: &HashMap<UserId, User>, attachment: &Attachment) -> Value {
    let id = attachment.id.0.to_string();
    json!({
        "self": links.api(&format!("attachment/{id}")),
        "id": id,
        "filename": attachment.filename,
        "author": people.get(&attachment.author).map(|user| users::view(links, user)),
        "created": time::render(attachment.created_ms),
        "size": attachment.size,
        "mimeType": attachment.mime_type,
        "content": links.page(&format!("/secure/attachment/{id}/{}", encode(&attachment.filename))),
    })
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn names_are_safe_in_a_header() {
        let header = disposition("a \"b\"\r\n ü.png");
        assert_eq!(
            header,
            "attachment; filename=\"a _b___ _.png\"; filename*=UTF-8''a%20%22b%22%0D%0A%20%C3%BC.png"
        );
    }
}
