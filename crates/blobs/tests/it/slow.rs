//! Clients that hold on to what they have. Each test ends only if the server lets go of them.

use crate::{answer, ask, bytes, path, served};
use lux_protocol::payload_commitment;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn half_a_head() {
    let (_folder, _store, server) = served(|config| config.header_timeout = SHORT).await;
    let mut stream = TcpStream::connect(server.local_addr).await.unwrap();
    stream.write_all(b"GET /blobs/0x00 HTTP/1.1\r\nHo").await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(!rest.starts_with(b"HTTP/1.1 2"));
}

#[tokio::test]
async fn silence_makes_room_for_others() {
    let (_folder, store, server) = served(|config| {
        config.header_timeout = SHORT;
        config.max_connections = 2;
    })
    .await;
    let commitment = store.put(bytes(10, 1)).await.unwrap();
    let get = format!("GET {} HTTP/1.1\r\nHost: blobs\r\n\r\n", path(commitment));
    let _silent = TcpStream::connect(server.local_addr).await.unwrap();
    let mut kept_alive = TcpStream::connect(server.local_addr).await.unwrap();
    kept_alive.write_all(get.as_bytes()).await.unwrap();
    assert_eq!(ask(&server, &format!("GET {}", path(commitment)), "", b"").await.status, 200);
}

#[tokio::test]
async fn half_an_upload() {
    let (folder, _store, server) = served(|config| config.pace_timeout = SHORT).await;
    let blob = bytes(100_000, 1);
    let mut stream = TcpStream::connect(server.local_addr).await.unwrap();
    let target = path(payload_commitment(&blob));
    let head = format!("PUT {target} HTTP/1.1\r\nHost: blobs\r\nContent-Length: 100000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&blob[..50_000]).await.unwrap();
    assert_eq!(answer(stream).await.status, 408);
    assert_eq!(crate::files(&folder, "").len(), 0);
}

#[tokio::test]
async fn a_byte_at_a_time() {
    let (_folder, _store, server) = served(|config| config.pace_timeout = SHORT).await;
    let target = path(payload_commitment(&bytes(100_000, 1)));
    let (read, mut write) = TcpStream::connect(server.local_addr).await.unwrap().into_split();
    let head = format!("PUT {target} HTTP/1.1\r\nHost: blobs\r\nContent-Length: 100000\r\n\r\n");
    write.write_all(head.as_bytes()).await.unwrap();
    let drip = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 20).await;
        }
    });
    let mut read = read;
    let mut all = Vec::new();
    let _ = read.read_to_end(&mut all).await;
    drip.abort();
    assert!(all.is_empty() || all.starts_with(b"HTTP/1.1 408"));
}

#[tokio::test]
async fn a_reader_that_does_not_read() {
    let (_folder, store, server) = served(|config| {
        config.pace_timeout = SHORT;
        config.max_connections = 1;
    })
    .await;
    let large = store.put(bytes(64 << 20, 1)).await.unwrap();
    let small = store.put(bytes(10, 1)).await.unwrap();
    let mut stuck = TcpStream::connect(server.local_addr).await.unwrap();
    let get = format!("GET {} HTTP/1.1\r\nHost: blobs\r\n\r\n", path(large));
    stuck.write_all(get.as_bytes()).await.unwrap();
    stuck.readable().await.unwrap();
    assert_eq!(ask(&server, &format!("GET {}", path(small)), "", b"").await.status, 200);
}

#[tokio::test]
async fn more_uploads_than_allowed() {
    let (_folder, _store, server) = served(|config| config.max_uploads = 1).await;
    let blob = bytes(100_000, 1);
    let target = path(payload_commitment(&blob));
    let head =
        format!("PUT {target} HTTP/1.1\r\nHost: blobs\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n");
    let mut first = TcpStream::connect(server.local_addr).await.unwrap();
    first.write_all(head.as_bytes()).await.unwrap();
    // The server says "continue" when it has begun to read.
    let mut go = [0; 12];
    first.read_exact(&mut go).await.unwrap();
    assert_eq!(&go, b"HTTP/1.1 100");
    let second = ask(&server, &format!("PUT {target}"), "Content-Length: 100000\r\n", &blob).await;
    assert_eq!(second.status, 503);
    drop(first);
}
