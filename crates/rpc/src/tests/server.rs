//! HTTP as clients speak it.

use super::*;
use crate::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn post(server: &crate::RpcServer, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.local_addr).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\norigin: http://wallet\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may have answered and hung up before it read all.
    let _ = stream.write_all(body.as_bytes()).await;
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply).await;
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.to_string(), body.to_string())
}

#[tokio::test]
async fn http() {
    let f = Fixture::ethereum();
    let limits = RpcLimits { max_batch: 3, max_request_bytes: 1_000, ..RpcLimits::default() };
    let server = serve("127.0.0.1:0".parse().unwrap(), f.methods.clone(), &limits).await.unwrap();
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;
    let (head, body) = post(&server, call).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.to_lowercase().contains("access-control-allow-origin: *"), "{head}");
    assert_eq!(body, r#"{"jsonrpc":"2.0","id":1,"result":"0x539"}"#);
    let (_, body) = post(&server, &format!("[{call},{call}]")).await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap().as_array().unwrap().len(), 2);
    let (_, body) = post(&server, &format!("[{call},{call},{call},{call}]")).await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["error"]["code"], -32010);
    let (_, body) = post(&server, "{").await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["error"]["code"], -32700);
    let (head, _) = post(&server, &"x".repeat(2_000)).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    server.stop().await;
}
