use crate::{ask, bytes, path, served};
use alloy_primitives::B256;
use lux_blobs::BlobIndex;
use lux_protocol::payload_commitment;

#[tokio::test]
async fn get_head_and_index() {
    let (_folder, store, server) = served(|_| ()).await;
    let blob = bytes(3_000_000, 1);
    let commitment = store.put(blob.clone()).await.unwrap();
    let got = ask(&server, &format!("GET {}", path(commitment)), "", b"").await;
    assert_eq!((got.status, got.header("content-length")), (200, Some("3000000")));
    assert_eq!(got.body, blob);
    let etag = format!("\"{commitment}\"");
    assert_eq!(got.header("etag"), Some(etag.as_str()));
    let head = ask(&server, &format!("HEAD {}", path(commitment)), "Range: bytes=0-1\r\n", b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("3000000"), 0));
    let index = ask(&server, &format!("GET {}/index", path(commitment)), "", b"").await;
    assert_eq!(BlobIndex::decode(commitment, index.body.into()).unwrap(), BlobIndex::of(&blob));
    let upper = format!("GET /blobs/{:X}", commitment);
    assert_eq!(ask(&server, &upper.replace("0X", "0x"), "", b"").await.status, 200);
}

#[tokio::test]
async fn ranges() {
    let (_folder, store, server) = served(|_| ()).await;
    let blob = bytes(10_000, 1);
    let commitment = store.put(blob.clone()).await.unwrap();
    let request = format!("GET {}", path(commitment));
    for (range, expected) in [("4000-5000", 4_000..5_001), ("9999-", 9_999..10_000), ("-1", 9_999..10_000)] {
        let got = ask(&server, &request, &format!("Range: bytes={range}\r\n"), b"").await;
        assert_eq!(got.status, 206);
        let content_range = format!("bytes {}-{}/10000", expected.start, expected.end - 1);
        assert_eq!(got.header("content-range"), Some(content_range.as_str()));
        assert_eq!(got.body, blob[expected]);
    }
    let beyond = ask(&server, &request, "Range: bytes=10000-\r\n", b"").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */10000")));
    let index = ask(&server, &format!("{request}/index"), "Range: bytes=0-7\r\n", b"").await;
    assert_eq!((index.status, index.body), (206, 10_000u64.to_be_bytes().to_vec()));
    let same = format!("Range: bytes=0-1\r\nIf-Range: \"{commitment}\"\r\n");
    assert_eq!(ask(&server, &request, &same, b"").await.status, 206);
    let other = ask(&server, &request, "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n", b"").await;
    assert_eq!((other.status, other.body.len()), (200, 10_000));
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let (_folder, store, server) = served(|_| ()).await;
    let commitment = store.put(bytes(10_000, 1)).await.unwrap();
    let request = format!("GET {}", path(commitment));
    for tags in [format!("\"{commitment}\""), format!("\"a\", W/\"{commitment}\""), "*".to_owned()] {
        let got = ask(&server, &request, &format!("If-None-Match: {tags}\r\nRange: bytes=0-1\r\n"), b"").await;
        assert_eq!((got.status, got.body.len()), (304, 0), "{tags}");
    }
    assert_eq!(ask(&server, &request, "If-None-Match: \"a\"\r\n", b"").await.status, 200);
}

#[tokio::test]
async fn what_is_not_served() {
    let (_folder, _store, server) = served(|_| ()).await;
    let missing = path(B256::ZERO);
    for target in ["/", "/blobs", "/blobs/", "/blobs/0x12", "/blobs/../etc/passwd", &missing, &format!("{missing}/x")] {
        assert_eq!(ask(&server, &format!("GET {target}"), "", b"").await.status, 404, "{target}");
    }
    for request in ["POST", "DELETE"] {
        let refused = ask(&server, &format!("{request} {missing}"), "", b"").await;
        assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD, PUT")));
    }
    let long = format!("X: {}\r\n", "x".repeat(40_000));
    assert_eq!(ask(&server, &format!("GET {missing}"), &long, b"").await.status, 431);
}

#[tokio::test]
async fn put() {
    let (_folder, store, server) = served(|config| config.max_put_bytes = 2_000_000).await;
    for length in [0, 5_000, 2_000_000] {
        let blob = bytes(length, 1);
        let request = format!("PUT {}", path(payload_commitment(&blob)));
        for _ in 0..2 {
            let put = ask(&server, &request, &format!("Content-Length: {length}\r\n"), &blob).await;
            assert_eq!(put.status, 201, "{}", String::from_utf8_lossy(&put.body));
        }
        assert_eq!(store.get(payload_commitment(&blob), u64::MAX).await.unwrap(), blob);
    }
    let blob = bytes(100_000, 2);
    let chunked = [format!("{:x}\r\n", blob.len()).as_bytes(), &blob, b"\r\n0\r\n\r\n"].concat();
    let request = format!("PUT {}", path(payload_commitment(&blob)));
    assert_eq!(ask(&server, &request, "Transfer-Encoding: chunked\r\n", &chunked).await.status, 201);
    let index = ask(&server, &format!("{request}/index"), "Content-Length: 1\r\n", b"x").await;
    assert_eq!(index.status, 405);
}

#[tokio::test]
async fn puts_that_are_refused() {
    let (folder, _store, server) = served(|config| config.max_put_bytes = 50_000).await;
    let blob = bytes(50_001, 1);
    let request = format!("PUT {}", path(payload_commitment(&blob)));
    assert_eq!(ask(&server, &request, "Content-Length: 50001\r\n", &blob).await.status, 413);
    let chunked = [format!("{:x}\r\n", blob.len()).as_bytes(), &blob, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(ask(&server, &request, "Transfer-Encoding: chunked\r\n", &chunked).await.status, 413);
    assert_eq!(ask(&server, &request, "Content-Length: 10\r\n", &blob[..10]).await.status, 422);
    assert_eq!(crate::files(&folder, "").len(), 0);
    let (_folder, _store, closed) = served(|config| config.writable = false).await;
    assert_eq!(ask(&closed, &request, "Content-Length: 10\r\n", &blob[..10]).await.status, 405);
}

#[tokio::test]
async fn a_token_is_asked_for() {
    let (_folder, store, server) = served(|config| config.token = Some("secret".into())).await;
    let blob = bytes(10, 1);
    let request = format!("PUT {}", path(payload_commitment(&blob)));
    for shown in ["", "Authorization: Bearer\r\n", "Authorization: Bearer secre\r\n", "Authorization: Basic secret\r\n"]
    {
        let refused = ask(&server, &request, &format!("{shown}Content-Length: 10\r\n"), &blob).await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")), "{shown}");
    }
    assert!(!store.has(payload_commitment(&blob)).await.unwrap());
    let allowed = "Authorization: bearer secret\r\nContent-Length: 10\r\n";
    assert_eq!(ask(&server, &request, allowed, &blob).await.status, 201);
    assert_eq!(ask(&server, &request.replace("PUT", "GET"), "", b"").await.body, blob, "reading takes no token");
}

#[tokio::test]
async fn damage_is_not_served() {
    let (folder, store, server) = served(|_| ()).await;
    let blob = bytes(3_000_000, 1);
    let commitment = store.put(blob.clone()).await.unwrap();
    let data = crate::files(&folder, &commitment.to_string()[2..]).remove(0);
    let mut damaged = blob.to_vec();
    damaged[2_500_000] ^= 1;
    std::fs::write(data, damaged).unwrap();
    let got = ask(&server, &format!("GET {}", path(commitment)), "", b"").await;
    assert!(got.body.len() < blob.len() && blob.starts_with(&got.body), "{} bytes", got.body.len());
}

#[tokio::test]
async fn a_server_stops() {
    let (_folder, store, server) = served(|_| ()).await;
    let commitment = store.put(bytes(10, 1)).await.unwrap();
    assert_eq!(ask(&server, &format!("GET {}", path(commitment)), "", b"").await.status, 200);
    let addr = server.local_addr;
    server.stop().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
