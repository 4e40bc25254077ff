//! How requests reach the L1: over HTTP(S) or by a direct call into a chain of this process.

use std::{fmt, time::Duration};

use jsonrpsee::{
    Methods, MethodsError,
    core::{
        ClientError, JsonRawValue, client::ClientT, http_helpers::HttpError, to_json_raw_value,
        traits::ToRpcParams,
    },
    http_client::{HttpClient, HttpClientBuilder, transport::Error as HttpTransportError},
    types::{ErrorObjectOwned, error::METHOD_NOT_FOUND_CODE},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    CriticalError, L1Error, RpcError, TemporaryError,
    error::sanitize,
};

/// Largest HTTP answer that is read, in bytes.
pub const MAX_RESPONSE_BYTES: u32 = 64 << 20;
/// Largest HTTP request that is sent, in bytes.
pub const MAX_REQUEST_BYTES: u32 = 4 << 20;
/// Default time limit of one request.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A JSON-RPC endpoint.
#[derive(Clone)]
pub enum Transport {
    /// Over the network.
    Http(HttpClient),
    /// Into this process: no socket, no task, so that tests run step by step on one thread.
    InProcess(Methods),
}

impl Transport {
    /// An `http://` or `https://` endpoint with the default limits. Credentials in the URL become basic auth.
    pub fn http(url: &str) -> Result<Self, L1Error> {
        Self::http_with(url, REQUEST_TIMEOUT, MAX_RESPONSE_BYTES)
    }

    /// [`Transport::http`] with a time limit per request and a limit on the size of an answer.
    pub fn http_with(
        url: &str,
        timeout: Duration,
        max_response_bytes: u32,
    ) -> Result<Self, L1Error> {
        let client = HttpClientBuilder::default()
            .request_timeout(timeout)
            .connect_timeout(timeout)
            .max_response_size(max_response_bytes)
            .max_request_size(MAX_REQUEST_BYTES)
            .build(url)
            // The URL may hold an API key and stays out of the message.
            .map_err(|e| CriticalError::InvalidUrl(sanitize(&e.to_string())))?;
        Ok(Self::Http(client))
    }

    /// Sends one request. `params` must serialize to a JSON array.
    pub async fn request<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        params: P,
    ) -> Result<R, L1Error> {
        let params = to_json_raw_value(&params).map_err(|e| CriticalError::Encode {
            method: method.into(),
            message: e.to_string(),
        })?;
        let params = RawParams(params);
        let raw: Box<JsonRawValue> = match self {
            Self::Http(client) => client
                .request(method, params)
                .await
                .map_err(|e| from_client(method, e))?,
            Self::InProcess(methods) => methods
                .call(method, params)
                .await
                .map_err(|e| from_methods(method, e))?,
        };
        serde_json::from_str(raw.get()).map_err(|e| {
            TemporaryError::Malformed {
                method: method.into(),
                message: sanitize(&e.to_string()),
            }
            .into()
        })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The derived output would print the URL, API key included.
        f.write_str(match self {
            Self::Http(_) => "Transport::Http",
            Self::InProcess(_) => "Transport::InProcess",
        })
    }
}

impl From<Methods> for Transport {
    fn from(methods: Methods) -> Self {
        Self::InProcess(methods)
    }
}

struct RawParams(Box<JsonRawValue>);

impl ToRpcParams for RawParams {
    fn to_rpc_params(self) -> Result<Option<Box<JsonRawValue>>, serde_json::Error> {
        Ok(Some(self.0))
    }
}

fn from_client(method: &str, error: ClientError) -> L1Error {
    let method = method.to_owned();
    match error {
        ClientError::Call(object) => from_object(method, object),
        ClientError::RequestTimeout => TemporaryError::Timeout { method }.into(),
        ClientError::ParseError(e) => TemporaryError::Malformed {
            method,
            message: sanitize(&e.to_string()),
        }
        .into(),
        ClientError::Transport(e) => match e.downcast_ref::<HttpTransportError>() {
            Some(HttpTransportError::Rejected { status_code }) => TemporaryError::Http {
                method,
                status: *status_code,
            },
            Some(HttpTransportError::Http(HttpError::TooLarge)) => {
                TemporaryError::TooLarge { method }
            }
            _ => TemporaryError::Transport {
                method,
                message: sanitize(&chain(&*e)),
            },
        }
        .into(),
        e => TemporaryError::Transport {
            method,
            message: sanitize(&e.to_string()),
        }
        .into(),
    }
}

fn from_methods(method: &str, error: MethodsError) -> L1Error {
    let method = method.to_owned();
    match error {
        MethodsError::JsonRpc(object) => from_object(method, object),
        MethodsError::Parse(e) => TemporaryError::Malformed {
            method,
            message: sanitize(&e.to_string()),
        }
        .into(),
        e => TemporaryError::Transport {
            method,
            message: sanitize(&e.to_string()),
        }
        .into(),
    }
}

fn from_object(method: String, object: ErrorObjectOwned) -> L1Error {
    if object.code() == METHOD_NOT_FOUND_CODE {
        return CriticalError::Unsupported { method }.into();
    }
    TemporaryError::Rpc(RpcError {
        method,
        code: object.code(),
        message: sanitize(object.message()),
        data: object.data().map(|d| d.get().to_owned()),
    })
    .into()
}

/// The reason of a connection error sits in its sources ("client error (Connect)" alone says little).
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut out = error.to_string();
    let mut source = error.source();
    while let Some(e) = source {
        out.push_str(": ");
        out.push_str(&e.to_string());
        source = e.source();
    }
    out
}
