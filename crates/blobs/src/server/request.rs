//! What is asked, and the answer.

use super::Shared;
use super::range::{Wanted, wanted};
use super::upload::store_upload;
use crate::BlobError;
use alloy_primitives::B256;
use bytes::Bytes;
use futures_util::TryStreamExt;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};

pub(super) type Body = UnsyncBoxBody<Bytes, BlobError>;

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An answer whose body says what was wrong.
pub(super) fn refusal(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(full(text.into() + "\n"));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The status that stands for an error. What went wrong inside is logged, and not told.
pub(super) fn failure(error: BlobError) -> Response<Body> {
    let status = match &error {
        BlobError::NotFound(_) => StatusCode::NOT_FOUND,
        BlobError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        BlobError::Full { .. } => {
            return refusal(StatusCode::INSUFFICIENT_STORAGE, "this server has no room for the blob: take another");
        }
        _ => {
            tracing::warn!(%error, "a request failed");
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "the blob cannot be read or written here now");
        }
    };
    refusal(status, error.to_string())
}

enum Target {
    Blob(B256),
    Index(B256),
}

fn target(path: &str) -> Option<Target> {
    let rest = path.strip_prefix("/blobs/")?;
    let (name, index) = rest.strip_suffix("/index").map_or((rest, false), |name| (name, true));
    let commitment = name.parse().ok()?;
    Some(if index { Target::Index(commitment) } else { Target::Blob(commitment) })
}

pub(super) async fn answer(shared: &Shared, request: Request<Incoming>) -> Response<Body> {
    let Some(target) = target(request.uri().path()) else {
        return refusal(StatusCode::NOT_FOUND, "ask for /blobs/{commitment} or /blobs/{commitment}/index");
    };
    match (request.method(), target) {
        (&Method::GET | &Method::HEAD, target) => {
            read(shared, request.method(), request.headers(), target).await.unwrap_or_else(failure)
        }
        (&Method::PUT, Target::Blob(commitment)) if shared.config.writable => {
            store_upload(shared, commitment, request).await
        }
        _ => {
            let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "this path takes other methods");
            let allowed = if shared.config.writable { "GET, HEAD, PUT" } else { "GET, HEAD" };
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
            response
        }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// `If-None-Match` (RFC 9110, section 13.1.2): whether the client has what it asks for.
fn has_it(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

async fn read(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap,
    target: Target,
) -> Result<Response<Body>, BlobError> {
    let (commitment, of_index) = match target {
        Target::Blob(commitment) => (commitment, false),
        Target::Index(commitment) => (commitment, true),
    };
    let index = shared.store.index(commitment).await?;
    let length = if of_index { index.encoded().len() as u64 } else { index.length() };
    let etag = format!("\"{commitment}\"");
    let mut response = Response::builder()
        .header(header::ETAG, &etag)
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header("x-content-type-options", "nosniff");
    let finish = |response: http::response::Builder, body| response.body(body).expect("all headers are well formed");
    if has_it(headers, &etag) {
        return Ok(finish(response.status(StatusCode::NOT_MODIFIED), full(Bytes::new())));
    }
    // If-Range with another tag, or a date: the client has parts of something else.
    let ranged = method == Method::GET && text(headers, header::IF_RANGE).is_none_or(|tag| tag == etag);
    let asked = text(headers, header::RANGE).filter(|_| ranged).map_or(Wanted::Whole, |range| wanted(range, length));
    let range = match asked {
        Wanted::Whole => 0..length,
        Wanted::Part(part) => {
            let content_range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, content_range);
            part
        }
        Wanted::Unsatisfiable => {
            response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
            return Ok(finish(response.header(header::CONTENT_RANGE, format!("bytes */{length}")), full(Bytes::new())));
        }
    };
    response = response.header(header::CONTENT_LENGTH, range.end - range.start);
    let body = if method == Method::HEAD {
        full(Bytes::new())
    } else if of_index {
        full(index.encoded().slice(range.start as usize..range.end as usize))
    } else {
        let parts = shared.store.stream(commitment, range).await?;
        let log = |error: &BlobError| tracing::warn!(%error, "a response broke off");
        StreamBody::new(parts.inspect_err(log).map_ok(Frame::data)).boxed_unsync()
    };
    Ok(finish(response, body))
}
