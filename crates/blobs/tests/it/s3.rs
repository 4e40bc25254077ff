//! Against `s3s-fs`, a server of the S3 API that checks signatures.

use crate::bytes;
use bytes::Bytes;
use futures_util::stream;
use hyper_util::rt::TokioIo;
use lux_blobs::{BlobError, BlobStore, S3Config};
use lux_protocol::payload_commitment;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;
use tokio::net::TcpListener;

async fn bucket() -> (TempDir, S3Config) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("blobs")).unwrap();
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = S3Config {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        region: "us-east-1".into(),
        bucket: "blobs".into(),
        prefix: String::new(),
        session_token: None,
        access_key_id: "key".into(),
        secret_access_key: "secret".into(),
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let http = hyper::server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(stream), service.clone()));
        }
    });
    (folder, config)
}

#[tokio::test]
async fn a_bucket_holds_blobs() {
    let (_folder, config) = bucket().await;
    let store = BlobStore::s3(&config).unwrap();
    for length in [0, 10, 100_000, 20_000_001] {
        let blob = bytes(length, 4);
        let commitment = payload_commitment(&blob);
        assert!(!store.has(commitment).await.unwrap());
        assert_eq!(store.put(blob.clone()).await.unwrap(), commitment);
        let other = BlobStore::s3(&config).unwrap();
        assert!(other.has(commitment).await.unwrap());
        assert_eq!(other.get(commitment, u64::MAX).await.unwrap(), blob);
        let (from, to) = (length / 3, length / 2);
        assert_eq!(other.range(commitment, from as u64..to as u64).await.unwrap(), blob[from..to]);
    }
}

#[tokio::test]
async fn a_prefix_is_a_store_of_its_own_and_a_limit_counts_what_is_there() {
    let (folder, config) = bucket().await;
    let below = S3Config { prefix: "a/b".into(), ..config.clone() };
    let blob = bytes(10_000, 1);
    let commitment = BlobStore::s3(&below).unwrap().put(blob.clone()).await.unwrap();
    assert!(folder.path().join("blobs/a/b").is_dir());
    assert!(!BlobStore::s3(&config).unwrap().has(commitment).await.unwrap());
    let limited = BlobStore::s3(&below).unwrap().limited(20_000).await.unwrap();
    assert_eq!(limited.get(commitment, u64::MAX).await.unwrap(), blob);
    assert!(matches!(limited.put(bytes(10, 2)).await, Err(BlobError::Full { limit: 20_000 })));
    limited.remove(commitment).await.unwrap();
    assert!(!limited.has(commitment).await.unwrap());
}

#[tokio::test]
async fn a_broken_upload_is_aborted() {
    let (_folder, config) = bucket().await;
    let store = BlobStore::s3(&config).unwrap();
    let blob = bytes(20_000_000, 4);
    let commitment = payload_commitment(&blob);
    let parts = [Ok(blob.slice(..10_000_000)), Ok(Bytes::from_static(b"x")), Ok(blob.slice(10_000_001..))];
    let wrong = store.put_stream(commitment, u64::MAX, stream::iter(parts)).await;
    assert!(matches!(wrong, Err(BlobError::Corrupt { .. })), "{wrong:?}");
    assert!(!store.has(commitment).await.unwrap());
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let (_folder, config) = bucket().await;
    let store = BlobStore::s3(&S3Config { secret_access_key: "other".into(), ..config }).unwrap();
    assert!(matches!(store.put(bytes(10, 1)).await, Err(BlobError::Store(_))));
}
