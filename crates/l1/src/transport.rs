//! How requests reach the L1: over HTTP(S) or by a direct call into a chain of this process.

use std::{fmt, time::Duration};

use jsonrpsee::{
    Methods, MethodsError,
    core::{
        ClientError, JsonRawValue, client::ClientT, http_helpers::HttpError, to_json_raw_value, traits::ToRpcParams,
    },
    http_client::{HttpClient, HttpClientBuilder, transport::Error as HttpTransportError},
    types::{ErrorObjectOwned, error::METHOD_NOT_FOUND_CODE},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{CriticalError, L1Error, RpcError, TemporaryError, error::sanitize};

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
    pub fn http_with(url: &str, timeout: Duration, max_response_bytes: u32) -> Result<Self, L1Error> {
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
    pub async fn request<P: Serialize, R: DeserializeOwned>(&self, method: &str, params: P) -> Result<R, L1Error> {
        let params = to_json_raw_value(&params)
            .map_err(|e| CriticalError::Encode { method: method.into(), message: e.to_string() })?;
        let params = RawParams(params);
        let raw: Box<JsonRawValue> = match self {
            Self::Http(client) => client.request(method, params).await.map_err(|e| from_client(method, e))?,
            Self::InProcess(methods) => methods.call(method, params).await.map_err(|e| from_methods(method, e))?,
        };
        serde_json::from_str(raw.get())
            .map_err(|e| TemporaryError::Malformed { method: method.into(), message: sanitize(&e.to_string()) }.into())
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
        ClientError::ParseError(e) => TemporaryError::Malformed { method, message: sanitize(&e.to_string()) }.into(),
        ClientError::Transport(e) => match e.downcast_ref::<HttpTransportError>() {
            Some(HttpTransportError::Rejected { status_code }) => TemporaryError::Http { method, status: *status_code },
            Some(HttpTransportError::Http(HttpError::TooLarge)) => TemporaryError::TooLarge { method },
            Some(HttpTransportError::Http(HttpError::Malformed)) => {
                TemporaryError::Malformed { method, message: "not JSON".into() }
            }
            // http-body-util's LengthLimitError arrives as text only.
            _ if chain(&*e).contains("length limit exceeded") => TemporaryError::TooLarge { method },
            _ => TemporaryError::Transport { method, message: sanitize(&chain(&*e)) },
        }
        .into(),
        e => TemporaryError::Transport { method, message: sanitize(&e.to_string()) }.into(),
    }
}

fn from_methods(method: &str, error: MethodsError) -> L1Error {
    let method = method.to_owned();
    match error {
        MethodsError::JsonRpc(object) => from_object(method, object),
        MethodsError::Parse(e) => TemporaryError::Malformed { method, message: sanitize(&e.to_string()) }.into(),
        e => TemporaryError::Transport { method, message: sanitize(&e.to_string()) }.into(),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// Answers every connection with the same bytes; without any, it never answers.
    fn server(answer: Option<Vec<u8>>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/secret-api-key", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
                if let Some(answer) = &answer {
                    let _ = stream.write_all(answer);
                } else {
                    open.push(stream);
                }
            }
        });
        url
    }

    fn http(status: &str, body: &str) -> Option<Vec<u8>> {
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        Some((head + body).into_bytes())
    }

    fn ask(url: &str, timeout_ms: u64) -> Result<u64, L1Error> {
        let transport = Transport::http_with(url, Duration::from_millis(timeout_ms), 1000).unwrap();
        assert!(!format!("{transport:?}").contains("secret"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(transport.request("eth_x", [0; 0]));
        if let Err(e) = &answer {
            assert!(e.to_string().len() < 500 && !e.to_string().contains("secret"), "{e}");
        }
        answer
    }

    fn temporary(answer: Result<u64, L1Error>) -> TemporaryError {
        match answer {
            Err(L1Error::Temporary(e)) => e,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_misbehaviour_of_a_server_is_a_typed_error() {
        let ask = |answer| ask(&server(answer), 10_000);
        assert_eq!(ask(http("200 OK", r#"{"jsonrpc":"2.0","id":0,"result":7}"#)), Ok(7));

        let malformed = [
            "",
            "not json",
            "{}",
            "[]",
            r#"{"jsonrpc":"2.0","id":0}"#,
            r#"{"jsonrpc":"2.0","id":0,"result":"x"}"#,
            r#"{"jsonrpc":"2.0","id":0,"result":null}"#,
            r#"{"jsonrpc":"2.0","id":0,"result":-1}"#,
        ];
        for body in malformed {
            let e = temporary(ask(http("200 OK", body)));
            assert!(matches!(e, TemporaryError::Malformed { .. }), "{body}: {e:?}");
        }
        let other_id = temporary(ask(http("200 OK", r#"{"jsonrpc":"2.0","id":9,"result":7}"#)));
        assert!(matches!(other_id, TemporaryError::Transport { .. }), "{other_id:?}");

        let limited = temporary(ask(http("429 Too Many Requests", "slow down")));
        assert!(matches!(limited, TemporaryError::Http { status: 429, .. }), "{limited:?}");

        let large = temporary(ask(http("200 OK", &"{".repeat(2000))));
        assert!(matches!(large, TemporaryError::TooLarge { .. }), "{large:?}");
        let chunk = format!("64\r\n{}\r\n", "{".repeat(100));
        let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(50));
        let e = temporary(ask(Some(endless.into_bytes())));
        assert!(matches!(e, TemporaryError::TooLarge { .. }), "{e:?}");

        for broken in [&b""[..], b"\x00\xff garbage", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"] {
            let e = temporary(ask(Some(broken.to_vec())));
            assert!(matches!(e, TemporaryError::Transport { .. }), "{e:?}");
        }

        let message = format!("bad\\n\\u001b[31m{}", "x".repeat(500));
        let body = format!(r#"{{"jsonrpc":"2.0","id":0,"error":{{"code":-32000,"message":"{message}","data":"0x"}}}}"#);
        match temporary(ask(http("200 OK", &body))) {
            TemporaryError::Rpc(e) => {
                assert!(e.code == -32000 && e.message.len() < 320 && !e.message.contains(['\n', '\u{1b}']));
            }
            e => panic!("{e:?}"),
        }
        let body = r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"no such method"}}"#;
        assert!(matches!(ask(http("200 OK", body)), Err(L1Error::Critical(CriticalError::Unsupported { .. }))));
    }

    #[test]
    fn silence_and_absence_are_temporary() {
        let silent = temporary(ask(&server(None), 50));
        assert!(matches!(silent, TemporaryError::Timeout { .. }), "{silent:?}");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let absent = temporary(ask(&format!("http://127.0.0.1:{port}"), 10_000));
        assert!(matches!(absent, TemporaryError::Transport { .. }), "{absent:?}");
    }

    #[test]
    fn urls_are_checked_at_once() {
        for url in ["", "ftp://x", "localhost:8545", "http://", "::"] {
            assert!(matches!(Transport::http(url), Err(L1Error::Critical(CriticalError::InvalidUrl(_)))), "{url}");
        }
        assert!(Transport::http("https://example.org/key").is_ok());
    }
}
