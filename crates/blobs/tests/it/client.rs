use crate::{bytes, client, served, store};
use alloy_primitives::B256;
use lux_blobs::{BlobError, Client, ClientConfig};
use std::time::Duration;

#[tokio::test]
async fn fetched_in_memory_and_into_a_store() {
    let (_folder, there, server) = served(|_| ()).await;
    let (_here, here) = store();
    let location = format!("http://{}", server.local_addr);
    for length in [0, 1, 4_096, 262_144, 262_145, 20_000_001] {
        let blob = bytes(length, 9);
        let commitment = there.put(blob.clone()).await.unwrap();
        assert_eq!(client().fetch(&location, commitment, length as u64).await.unwrap(), blob);
        assert_eq!(client().fetch_into(&here, &location, commitment, u64::MAX).await.unwrap(), length as u64);
        assert_eq!(here.get(commitment, u64::MAX).await.unwrap(), blob);
        if length > 0 {
            let large = client().fetch(&location, commitment, length as u64 - 1).await;
            assert!(matches!(large, Err(BlobError::TooLarge { .. })), "{large:?}");
        }
    }
    let missing = client().fetch(&location, B256::ZERO, 1).await;
    assert!(matches!(missing, Err(BlobError::NotFound(_))));
}

#[tokio::test]
async fn private_places_are_not_asked() {
    let (_folder, there, server) = served(|_| ()).await;
    let commitment = there.put(bytes(10, 9)).await.unwrap();
    let config = ClientConfig { retry_pause: Duration::from_millis(1), ..Default::default() };
    let careful = Client::new(config).unwrap();
    let port = server.local_addr.port();
    for location in [format!("http://127.0.0.1:{port}"), format!("http://[::ffff:127.0.0.1]:{port}")] {
        let refused = careful.fetch(&location, commitment, 10).await;
        assert!(matches!(refused, Err(BlobError::Location { .. })), "{refused:?}");
    }
    // The name is public to the eye; what it resolves to is not.
    let named = format!("http://localhost:{port}");
    let refused = careful.fetch(&named, commitment, 10).await;
    let Err(BlobError::Network { source, .. }) = refused else { panic!("{refused:?}") };
    let mut reason = Some(&*source as &dyn std::error::Error);
    let mut reasons = String::new();
    while let Some(error) = reason {
        reasons += &error.to_string();
        reason = error.source();
    }
    assert!(reasons.contains("no public address"), "{reasons}");
    assert_eq!(client().fetch(&named, commitment, 10).await.unwrap().len(), 10, "where the operator allows it");
}

#[tokio::test]
async fn nobody_there() {
    let (_folder, _there, server) = served(|_| ()).await;
    let location = format!("http://{}", server.local_addr);
    server.stop().await;
    assert!(matches!(client().fetch(&location, B256::ZERO, 1).await, Err(BlobError::Network { .. })));
}
