//! Servers that lie, break off, or keep silent.

use crate::{bytes, client, files, store};
use alloy_primitives::B256;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lux_blobs::{BlobError, BlobIndex, Client, ClientConfig, Part};
use lux_protocol::payload_commitment;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers as it likes, and its base URL.
async fn liar(answer: impl Fn(&Request<Incoming>) -> Response<Full<Bytes>> + Clone + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let service = service_fn(move |request| std::future::ready(Ok::<_, Infallible>(answer(&request))));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    location
}

/// Serves this index and these bytes, whatever was asked for.
async fn serving(index: Bytes, blob: Bytes) -> String {
    liar(move |request| {
        let body = if request.uri().path().ends_with("/index") { &index } else { &blob };
        Response::new(Full::new(body.clone()))
    })
    .await
}

#[tokio::test]
async fn lies_are_found_out() {
    let blob = bytes(600_000, 1);
    let commitment = payload_commitment(&blob);
    let index = BlobIndex::of(&blob).encoded().clone();
    let honest = serving(index.clone(), blob.clone()).await;
    assert_eq!(client().fetch(&honest, commitment, 600_000).await.unwrap(), blob);

    let mut other_hash = index.to_vec();
    other_hash[9] ^= 1;
    let of_another = BlobIndex::of(&blob[1..]).encoded().clone();
    for lie in [other_hash.into(), of_another, Bytes::new(), index.slice(..100), vec![0; 8].into()] {
        let found = client().fetch(&serving(lie, blob.clone()).await, commitment, 600_000).await;
        assert!(matches!(found, Err(BlobError::Corrupt { part: Part::Index, .. })), "{found:?}");
    }
    for at in [0, 300_000, 599_999] {
        let mut lie = blob.to_vec();
        lie[at] ^= 1;
        let location = serving(index.clone(), lie.into()).await;
        let found = client().fetch(&location, commitment, 600_000).await;
        let piece = at as u64 / 4_096;
        assert!(matches!(found, Err(BlobError::Corrupt { part: Part::Piece(n), .. }) if n == piece), "{found:?}");
        let (folder, store) = store();
        assert!(client().fetch_into(&store, &location, commitment, 600_000).await.is_err());
        assert_eq!(files(&folder, "").len(), 0);
    }
    let short = serving(index.clone(), blob.slice(..599_999)).await;
    assert!(matches!(client().fetch(&short, commitment, 600_000).await, Err(BlobError::Network { .. })));
}

#[tokio::test]
async fn an_endless_index_is_cut_off() {
    let huge = [&u64::MAX.to_be_bytes()[..], &[0; 1_000]].concat();
    let found = client().fetch(&serving(huge.into(), Bytes::new()).await, B256::ZERO, 100).await;
    assert!(matches!(found, Err(BlobError::TooLarge { length: u64::MAX, limit: 100, .. })), "{found:?}");
    let long = vec![0; 50_000_000];
    let found = client().fetch(&serving(long.into(), Bytes::new()).await, B256::ZERO, 100).await;
    assert!(matches!(found, Err(BlobError::Corrupt { part: Part::Index, .. })), "{found:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let target = liar(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Response::new(Full::default())
    })
    .await;
    for status in [301, 302, 303, 307, 308] {
        let to = target.clone();
        let location =
            liar(move |_| Response::builder().status(status).header("location", &to).body(Full::default()).unwrap());
        let found = client().fetch(&location.await, B256::ZERO, 100).await;
        assert!(matches!(found, Err(BlobError::Status { status: found, .. }) if found == status), "{found:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// Sends a head that promises more than the bytes that follow, and closes.
async fn breaking_off(blob: Bytes, each: usize, with_ranges: bool) -> (String, Arc<Mutex<Vec<u64>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}", listener.local_addr().unwrap());
    let starts = Arc::new(Mutex::new(Vec::new()));
    let seen = starts.clone();
    tokio::spawn(async move {
        let index = BlobIndex::of(&blob).encoded().clone();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            if head.contains("/index ") {
                let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", index.len());
                stream.write_all(&[answer.as_bytes(), &index].concat()).await.unwrap();
                continue;
            }
            let range = head.split_once("range: bytes=").map_or("0", |(_, rest)| rest.split_once('-').unwrap().0);
            let asked: usize = range.parse().unwrap();
            seen.lock().unwrap().push(asked as u64);
            let start = if with_ranges { asked } else { 0 };
            let sent = if with_ranges { each } else { each * seen.lock().unwrap().len() };
            let status = if start > 0 { "206 Partial Content" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", blob.len() - start);
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.write_all(&blob[start..blob.len().min(start + sent)]).await;
            let _ = stream.shutdown().await;
        }
    });
    (location, starts)
}

#[tokio::test]
async fn transfers_go_on_where_they_broke_off() {
    let blob = bytes(1_000_000, 1);
    let commitment = payload_commitment(&blob);
    let (location, starts) = breaking_off(blob.clone(), 100_000, true).await;
    assert_eq!(client().fetch(&location, commitment, 1_000_000).await.unwrap(), blob);
    // 100,000 bytes are 24 whole pieces.
    let expected: Vec<u64> = (0..11).map(|n| n * 24 * 4_096).collect();
    assert_eq!(*starts.lock().unwrap(), expected);

    let (location, starts) = breaking_off(blob.clone(), 300_000, false).await;
    assert_eq!(client().fetch(&location, commitment, 1_000_000).await.unwrap(), blob, "without ranges");
    assert_eq!(starts.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn no_progress_ends_the_attempts() {
    let blob = bytes(1_000_000, 1);
    let (location, starts) = breaking_off(blob.clone(), 4_095, true).await;
    let found = client().fetch(&location, payload_commitment(&blob), 1_000_000).await;
    assert!(matches!(found, Err(BlobError::Network { .. })), "{found:?}");
    assert_eq!(*starts.lock().unwrap(), [0, 0, 0]);
}

#[tokio::test]
async fn silence_ends_the_fetch() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}", listener.local_addr().unwrap());
    let short = Duration::from_millis(100);
    for idle_timeout in [short, Duration::from_secs(3_600)] {
        let config = ClientConfig {
            allow_private: true,
            connect_timeout: short,
            idle_timeout,
            total_timeout: 5 * short,
            ..Default::default()
        };
        let found = Client::new(config).unwrap().fetch(&location, B256::ZERO, 1).await;
        assert!(matches!(found, Err(BlobError::TimedOut { .. })), "{found:?}");
    }
}
