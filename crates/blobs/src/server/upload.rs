//! PUT: a blob that a client brings.

use super::paced::Pace;
use super::request::{Body, failure, refusal};
use super::{ServerConfig, Shared};
use crate::{BlobError, Part};
use alloy_primitives::{B256, keccak256};
use bytes::Bytes;
use futures_util::stream;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::sync::Arc;

/// Why a client's bytes stopped coming.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("too slow")]
    TooSlow,
    #[error(transparent)]
    Connection(#[from] hyper::Error),
}

/// Compares hashes, so that the time it takes tells nothing about the token.
fn is_allowed(config: &ServerConfig, headers: &HeaderMap) -> bool {
    let Some(token) = &config.token else { return true };
    let shown = headers.get(header::AUTHORIZATION).map_or(&b""[..], HeaderValue::as_bytes);
    let (scheme, shown) = shown.split_at_checked("Bearer ".len()).unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"Bearer ") && keccak256(shown) == keccak256(token)
}

pub(super) async fn store_upload(shared: &Shared, commitment: B256, request: Request<Incoming>) -> Response<Body> {
    let Shared { store, config, uploads } = shared;
    if !is_allowed(config, request.headers()) {
        let mut response = refusal(StatusCode::UNAUTHORIZED, "show the token that this server's operator gave you");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return response;
    }
    let announced = request.body().size_hint().lower();
    if announced > config.max_put_bytes {
        return failure(BlobError::TooLarge { commitment, length: announced, limit: config.max_put_bytes });
    }
    if let Err(error) = store.check_room(commitment, announced) {
        return failure(error);
    }
    let Ok(_permit) = uploads.try_acquire() else {
        let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, "too many uploads at a time: try again");
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return response;
    };
    let state = (request.into_body(), Pace::new(config.pace_timeout));
    let bytes = stream::try_unfold(state, |(mut body, mut pace)| async move {
        loop {
            let size = |frame: &Option<Result<hyper::body::Frame<Bytes>, hyper::Error>>| match frame {
                Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
                _ => 0,
            };
            let frame = pace.next(body.frame(), size).await.ok_or(Interrupted::TooSlow);
            let frame = frame.map(|frame| frame.transpose().map_err(Interrupted::from)).and_then(|frame| frame);
            match frame.map_err(BlobError::source)? {
                None => return Ok(None),
                Some(frame) => match frame.into_data() {
                    Ok(data) => return Ok(Some((data, (body, pace)))),
                    Err(_trailers) => continue,
                },
            }
        }
    });
    match store.put_stream(commitment, config.max_put_bytes, bytes).await {
        Ok(length) => {
            tracing::info!(%commitment, length, "stored a blob");
            let mut response = refusal(StatusCode::CREATED, "stored");
            if let Ok(etag) = HeaderValue::from_str(&format!("\"{commitment}\"")) {
                response.headers_mut().insert(header::ETAG, etag);
            }
            response
        }
        Err(BlobError::Corrupt { part: Part::Whole, .. }) => {
            refusal(StatusCode::UNPROCESSABLE_ENTITY, "these bytes do not have this commitment")
        }
        Err(BlobError::Source(source)) => {
            let source: Arc<_> = source;
            let slow = matches!(source.downcast_ref(), Some(Interrupted::TooSlow));
            let status = if slow { StatusCode::REQUEST_TIMEOUT } else { StatusCode::BAD_REQUEST };
            refusal(status, "the bytes stopped coming")
        }
        Err(error) => failure(error),
    }
}
