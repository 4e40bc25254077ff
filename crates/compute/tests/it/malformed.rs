//! Tasks whose model or input is none: the program has no output for them, so no honest result exists.

use crate::dishonest::{deliver, honest_trace};
use crate::world::{LIAR, WATCHER, WORKER, World, ether, gemm, input, output, step};
use alloy_primitives::{B256, U256};
use lux_blobs::{BlobStore, ServerConfig, serve};
use lux_inference::Bundle;
use lux_inference::limits::MAX_MODEL_BYTES;
use lux_protocol::ClaimTrace;
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::payload_commitment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const FLOPS: u64 = 20_000;

fn sound() -> (Bundle, Vec<u8>) {
    let bundle = gemm(2, 1);
    let data = input(&bundle, 1);
    (bundle, data)
}

/// Offers these pairs of model and input, and lets a liar deliver for each. `published` is where their data are; the watcher has
/// `watcher` for a store.
async fn all_lies_fall(world: &World, published: &BlobStore, watcher: &str, cases: &[(&str, Vec<u8>, Vec<u8>)]) {
    let (bundle, data) = sound();
    lux_models::save(published, &bundle).await.unwrap();
    let server = serve(([127, 0, 0, 1], 0).into(), published.clone(), ServerConfig::default()).await.unwrap();
    let location = format!("http://{}", server.local_addr);
    let mut tasks = Vec::new();
    for (number, (what, model, input)) in cases.iter().enumerate() {
        let model = published.put(model.clone().into()).await.unwrap();
        let input = published.put(input.clone().into()).await.unwrap();
        if world.market.model(model).await.unwrap().owner.is_zero() {
            world.register_hash(model, ModelTerms::default().flags, &location).await;
        }
        let id = B256::repeat_byte(number as u8 + 1);
        let claim = world.offer_hashes(id, model, input, FLOPS, &location).await;
        tasks.push((*what, id, claim));
    }

    let mut worker = world.new_worker(WORKER, watcher).await;
    for _ in 0..3 * cases.len() {
        step(&mut worker).await;
        world.advance(1);
    }
    for (what, id, _) in &tasks {
        assert_eq!(world.status(*id).await, TaskStatus::Open, "a worker took {what}");
    }

    // One trace for another run, and the shortest one.
    let traces = [honest_trace(&bundle, &data), ClaimTrace::decode(&[]).unwrap()];
    for (number, (what, id, claim)) in tasks.iter().enumerate() {
        let liar = LIAR + number;
        world.stake(liar).await;
        let lie = output(&bundle, &data);
        assert!(deliver(world, liar, *id, *claim, lie, &traces[number % 2]).await, "{what}");
    }
    let mut watcher = world.watcher(watcher, false).await;
    for (number, (what, id, _)) in tasks.iter().enumerate() {
        world.work(&mut watcher, async || world.status(*id).await == TaskStatus::Disproved).await;
        assert!(world.party(LIAR + number).await.isSlashed, "{what}");
    }
    assert_eq!(world.balance(WORKER).await, ether(1));
    server.stop().await;
}

fn malformed_inputs() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let (bundle, data) = sound();
    let with = |what, data: Vec<u8>| (what, bundle.model.encode(), data);
    vec![
        with("an input without its last byte", data[..data.len() - 1].to_vec()),
        with("no bytes of input", Vec::new()),
        with("a byte too much", [&data[..], &[0]].concat()),
        with("an input of many pieces", vec![7; 300_000]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_result_about_an_input_of_the_wrong_length_stands() {
    let world = World::new().await;
    all_lies_fall(&world, &world.store("watcher"), "watcher", &malformed_inputs()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_if_the_input_has_to_be_fetched() {
    let world = World::new().await;
    all_lies_fall(&world, &world.store("published"), "watcher", &malformed_inputs()).await;
}

fn malformed_models() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let (bundle, data) = sound();
    let encoded = bundle.model.encode();
    let with = |what, model: Vec<u8>| (what, model, data.clone());
    vec![
        with("a model without its last byte", encoded[..encoded.len() - 1].to_vec()),
        with("bytes that are no model", b"no model".to_vec()),
        with("a model with a byte behind it", [&encoded[..], &[0]].concat()),
        with("a model that is too long", vec![7; MAX_MODEL_BYTES + 1]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_result_about_a_malformed_model_stands() {
    let world = World::new().await;
    all_lies_fall(&world, &world.store("watcher"), "watcher", &malformed_models()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_if_the_model_has_to_be_fetched() {
    let world = World::new().await;
    all_lies_fall(&world, &world.store("published"), "watcher", &malformed_models()).await;
}

/// The encoding of a model that names other weights in place of those of so many bytes.
fn with_weights(bundle: &Bundle, length: usize, other: &[u8]) -> Vec<u8> {
    let (old, _) = bundle.blobs.iter().find(|(_, blob)| blob.len() == length).unwrap();
    let mut encoded = bundle.model.encode();
    let at = encoded.windows(32).position(|window| window == old.as_slice()).unwrap();
    encoded[at..at + 32].copy_from_slice(payload_commitment(other).as_slice());
    encoded
}

#[tokio::test(flavor = "multi_thread")]
async fn no_result_about_weights_of_the_wrong_length_stands() {
    for (published, watcher) in [("watcher", "watcher"), ("published", "watcher")] {
        let world = World::new().await;
        let store = world.store(published);
        let (bundle, data) = sound();
        // Weights of 64 x 64 bytes, biases of 64 x 4.
        let (short, long, huge, bias) = (vec![1; 4_095], vec![2; 4_097], vec![3; 200_000], vec![4; 260]);
        let mut cases = Vec::new();
        for (what, length, weights) in [
            ("short weights", 4_096, &short),
            ("long weights", 4_096, &long),
            ("weights of many pieces", 4_096, &huge),
            ("long biases", 256, &bias),
        ] {
            store.put(weights.clone().into()).await.unwrap();
            cases.push((what, with_weights(&bundle, length, weights), data.clone()));
        }
        all_lies_fall(&world, &store, watcher, &cases).await;
    }
}

/// Says of every blob that it is as long as can be.
async fn lies_about_lengths() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let answer = [
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\n".as_slice(),
                &[0, 0, 0, 1, 0, 0, 0, 0],
            ];
            let _ = stream.write_all(&answer.concat()).await;
        }
    });
    location
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_lies_about_lengths_gets_no_true_result_challenged() {
    let world = World::new().await;
    let (bundle, data) = sound();
    let location = lies_about_lengths().await;
    world.register_hash(bundle.model.hash(), ModelTerms::default().flags, &location).await;
    world.stake(LIAR).await;
    let id = B256::repeat_byte(1);
    let claim = world.offer_with(id, &bundle, &data, &location).await;
    let (right, trace) = (output(&bundle, &data), honest_trace(&bundle, &data));
    assert!(deliver(&world, LIAR, id, claim, right, &trace).await);

    let store = world.store("watcher");
    let mut watcher = world.watcher("watcher", false).await;
    let mut look = async |times: u32| {
        for _ in 0..times {
            step(&mut watcher).await;
            world.advance(20);
        }
        assert_eq!(watcher.false_results().count(), 0);
        watcher.is_true(id)
    };
    assert_eq!(look(4).await, None, "without the model");
    lux_models::save(&store, &bundle).await.unwrap();
    assert_eq!(look(4).await, None, "without the input");
    store.put(data.into()).await.unwrap();
    assert_eq!(look(8).await, Some(true));
    assert_eq!(world.status(id).await, TaskStatus::Submitted);
    assert_eq!(world.balance(WATCHER).await, U256::ZERO);
}
