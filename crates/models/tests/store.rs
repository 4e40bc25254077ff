//! Models in stores, and on their way from one to another.
#![allow(clippy::unwrap_used)]

use alloy_primitives::B256;
use lux_blobs::{BlobError, BlobStore, Client, ClientConfig, ServerConfig, ServerHandle, serve};
use lux_inference::ops::{Add, Gemm};
use lux_inference::{Bundle, BundleError, DType, ModelBuilder, Output, Requantize, Scale, Shape, Tensor};
use lux_models::{ModelsError, fetch, load, save};
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: u64 = 1 << 20;

fn shape(dims: &[u32]) -> Shape {
    Shape::new(dims).unwrap()
}

/// 100 inputs, 200 outputs, and a constant that is the same blob as the biases.
fn bundle() -> Bundle {
    let mut builder = ModelBuilder::default();
    let x = builder.input(DType::I8, shape(&[1, 100]), Scale::ONE);
    let weights: Vec<i8> = (0..20_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as i8).collect();
    let weights = builder.constant(shape(&[200, 100]), &Tensor::I8(weights));
    let zeros = Tensor::I32(vec![0; 200]);
    let bias = builder.constant(shape(&[200]), &zeros);
    let row = builder.constant(shape(&[1, 200]), &zeros);
    let multipliers = builder.constant(shape(&[200]), &Tensor::I16(vec![3; 200]));
    let y = builder.node(Gemm { x, weights, bias, multipliers, output: Requantize::full(DType::I8, 10) }).unwrap();
    let sum = Add { a: y, b: row, multipliers: [1, 1], output: Requantize::full(DType::I8, 0) };
    let y = builder.node(sum).unwrap();
    builder.finish(vec![Output { value: y, scale: Scale::ONE }]).unwrap()
}

fn store() -> (TempDir, BlobStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = BlobStore::folder(folder.path()).unwrap();
    (folder, store)
}

async fn served(store: &BlobStore) -> (ServerHandle, String) {
    let server = serve(([127, 0, 0, 1], 0).into(), store.clone(), ServerConfig::default()).await.unwrap();
    let location = format!("http://{}", server.local_addr);
    (server, location)
}

fn client() -> Client {
    let retry_pause = Duration::from_millis(1);
    Client::new(ClientConfig { allow_private: true, retry_pause, ..Default::default() }).unwrap()
}

/// `bundle`'s model, with the commitment of its weights exchanged for `commitment`.
fn naming(bundle: &Bundle, commitment: B256) -> Vec<u8> {
    let (_, constant) = bundle.model.constants().next().unwrap();
    let mut encoded = bundle.model.encode();
    let at = encoded.windows(32).position(|window| window == constant.commitment.as_slice()).unwrap();
    encoded[at..at + 32].copy_from_slice(commitment.as_slice());
    encoded
}

#[tokio::test]
async fn saved_and_loaded() {
    let ((_folder, store), bundle) = (store(), bundle());
    let hash = save(&store, &bundle).await.unwrap();
    assert_eq!(hash, bundle.model.hash());
    assert_eq!(load(&store, hash, LIMIT).await.unwrap(), bundle);
    let bytes = bundle.model.plan().constant_bytes;
    assert_eq!(load(&store, hash, bytes).await.unwrap(), bundle);
    let refused = load(&store, hash, bytes - 1).await;
    assert!(matches!(refused, Err(ModelsError::TooLarge { limit, .. }) if limit == bytes - 1), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_there_or_no_model() {
    let (_folder, store) = store();
    let missing = load(&store, B256::ZERO, LIMIT).await;
    assert!(matches!(missing, Err(ModelsError::Blob(BlobError::NotFound(hash))) if hash.is_zero()), "{missing:?}");
    let hash = store.put("no model".into()).await.unwrap();
    assert!(matches!(load(&store, hash, LIMIT).await, Err(ModelsError::Model { .. })));
    let hash = store.put(vec![0; 2 << 20].into()).await.unwrap();
    assert!(matches!(load(&store, hash, LIMIT).await, Err(ModelsError::Blob(BlobError::TooLarge { .. }))));
}

#[tokio::test]
async fn weights_of_another_length() {
    let ((_folder, store), bundle) = (store(), bundle());
    save(&store, &bundle).await.unwrap();
    let (short, long) = (store.put(vec![1; 19_999].into()).await, store.put(vec![1; 20_001].into()).await);
    let short = store.put(naming(&bundle, short.unwrap()).into()).await.unwrap();
    let refused = load(&store, short, LIMIT).await;
    let expected = BundleError::Length { value: 1, found: 19_999, expected: 20_000 };
    assert!(matches!(&refused, Err(ModelsError::Weights { error, .. }) if *error == expected), "{refused:?}");
    let long = store.put(naming(&bundle, long.unwrap()).into()).await.unwrap();
    assert!(matches!(load(&store, long, LIMIT).await, Err(ModelsError::Blob(BlobError::TooLarge { .. }))));
    // A fetch finds out too, here without a server.
    for hash in [short, long] {
        let refused = fetch(&client(), "http://127.0.0.1:1", &store, hash, LIMIT).await;
        assert!(matches!(refused, Err(ModelsError::Weights { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn fetched_from_another_store() {
    let ((_there, there), (_here, here), bundle) = (store(), store(), bundle());
    let hash = save(&there, &bundle).await.unwrap();
    let (server, location) = served(&there).await;
    let refused = fetch(&client(), &location, &here, hash, 100).await;
    assert!(matches!(refused, Err(ModelsError::TooLarge { .. })), "{refused:?}");
    assert_eq!(fetch(&client(), &location, &here, hash, LIMIT).await.unwrap(), bundle.model);
    assert_eq!(load(&here, hash, LIMIT).await.unwrap(), bundle);
    // Nothing is missing any more, so nobody is asked.
    server.stop().await;
    fetch(&client(), &location, &here, hash, LIMIT).await.unwrap();
}

#[tokio::test]
async fn places_without_the_weights() {
    let ((_there, there), (_here, here), bundle) = (store(), store(), bundle());
    let hash = there.put(bundle.model.encode().into()).await.unwrap();
    let (_server, location) = served(&there).await;
    let missing = fetch(&client(), &location, &here, hash, LIMIT).await;
    assert!(matches!(missing, Err(ModelsError::Blob(BlobError::NotFound(_)))), "{missing:?}");
    assert!(matches!(load(&here, hash, LIMIT).await, Err(ModelsError::Blob(BlobError::NotFound(_)))));
    // Another place has them: what was fetched before stays.
    save(&there, &bundle).await.unwrap();
    fetch(&client(), &location, &here, hash, LIMIT).await.unwrap();
    assert_eq!(load(&here, hash, LIMIT).await.unwrap(), bundle);
}
