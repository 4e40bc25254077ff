//! Inputs that only enclaves read.

use crate::world::{PERIOD, REQUESTER, World, ether, gather, gemm, input, output};
use alloy_primitives::{B256, Bytes, U256};
use lux_compute::{Bounds, DataError, Offer, Prepared, Recorded, Refusal, Role, Shop, find_recipients, task_context};
use lux_confidential::{ConfidentialError, ContentKey, Envelope, Unfit, encryption_key_of, open_output};
use lux_inference::Bundle;
use lux_l1::Wallet;
use lux_protocol::market::enclaves::KeyStatus;
use lux_protocol::market::{InputData, ModelTerms};
use std::path::Path;

const SEALED_MODEL: u8 = ModelTerms::ATTESTATION | ModelTerms::CONFIDENTIAL;
const BOUNDS: Bounds = Bounds { max_flops: u64::MAX, costs: None };

fn enclave(number: u8) -> Wallet {
    Wallet::from_hex(&B256::repeat_byte(number).to_string()).unwrap()
}

/// A task of the requester, sealed to an enclave, with its content key.
async fn offer(world: &World, shop: &Shop, bundle: &Bundle, id: B256, data: &[u8], to: &Wallet) -> (Offer, ContentKey) {
    let (model, key) = (bundle.model.hash(), ContentKey::random());
    let context = task_context(&world.market, model, world.account(REQUESTER), id).await.unwrap();
    let envelope = Envelope::seal(data, &key, &[encryption_key_of(to).public()], &context).unwrap();
    let commitment = shop.library.store().put(envelope.into()).await.unwrap();
    let flops = (2 * bundle.model.plan().macs).max(1);
    world.offer_hashes(id, model, commitment, flops, "").await;
    (offered(bundle, id, commitment), key)
}

fn offered(bundle: &Bundle, id: B256, commitment: B256) -> Offer {
    Offer {
        task: id,
        model: bundle.model.hash(),
        input: InputData { commitment, location: Bytes::new() },
        gas_limit: u64::MAX,
        gas_price: 1,
        program_version: 1,
        flags: ModelTerms::ATTESTATION | ModelTerms::SEALED,
        expires_at: u64::MAX,
    }
}

async fn run(shop: &Shop, offer: &Offer) -> (Prepared, Recorded) {
    shop.fetch(offer, Some(BOUNDS)).await.unwrap().unwrap();
    let prepared = shop.prepare(offer, BOUNDS).await.unwrap().unwrap();
    let recorded = shop.record(offer, &prepared).await.unwrap();
    (prepared, recorded)
}

async fn refusal(shop: &Shop, offer: &Offer) -> DataError {
    shop.fetch(offer, Some(BOUNDS)).await.unwrap().unwrap();
    match shop.prepare(offer, BOUNDS).await.unwrap() {
        Err(Refusal::Data(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Whether a file below a folder has these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, bytes),
            false => std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes),
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn input_and_output_are_never_on_disk() {
    let world = World::new().await;
    let own = enclave(7);
    let shop = world.shop("worker").opened_by(&[enclave(8), own.clone()]);
    // One that is computed after the claim, and one before.
    let cases = [(gemm(2, 1), None), (gather(), Some(vec![1u8, 0, 0, 0, 3, 0, 0, 0]))];
    for (number, (bundle, given)) in (1..).zip(cases) {
        lux_models::save(shop.library.store(), &bundle).await.unwrap();
        world.register(&bundle, SEALED_MODEL).await;
        // Unlike the weights.
        let squares = |count: usize| (0..count).map(|index| (index * index) as u8).collect();
        let data: Vec<u8> = given.unwrap_or_else(|| squares(bundle.model.input_bytes()));
        let id = B256::repeat_byte(number);
        let (offer, key) = offer(&world, &shop, &bundle, id, &data, &own).await;
        let flags = world.task(id).await.progress.flags;
        assert_eq!(flags, offer.flags, "as the market has it");
        let (_, recorded) = run(&shop, &offer).await;
        assert!(recorded.record.trace.is_empty());
        let context = task_context(&world.market, offer.model, world.account(REQUESTER), id).await.unwrap();
        let sealed = shop.library.store().get(recorded.record.output, 1 << 20).await.unwrap();
        assert_eq!(recorded.record.inline, Bytes::from(sealed.clone()));
        let plain = open_output(&sealed, &key, &context, &offer.input.commitment).unwrap();
        assert_eq!(lux_protocol::payload_commitment(&plain), output(&bundle, &data));
        assert_eq!(run(&shop, &offer).await.1.record, recorded.record, "the same each time");
        let folder = world.file("worker");
        assert!(holds(&folder, &sealed), "the search finds what is there");
        if number == 1 {
            assert!(!holds(&folder, &data) && !holds(&folder, &plain));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn envelopes_of_others_are_left_alone() {
    let world = World::new().await;
    let bundle = gemm(2, 1);
    let own = enclave(7);
    let shop = world.shop("worker").opened_by(std::slice::from_ref(&own));
    lux_models::save(shop.library.store(), &bundle).await.unwrap();
    world.register(&bundle, SEALED_MODEL).await;
    let data = input(&bundle, 1);
    let sealed = |error| DataError::Sealed(error).to_string();

    let [first, second, third, fourth] = [1, 2, 3, 4].map(B256::repeat_byte);
    let (to_other, _) = offer(&world, &shop, &bundle, first, &data, &enclave(9)).await;
    let expected = ConfidentialError::NotRecipient(encryption_key_of(&own).public());
    assert_eq!(refusal(&shop, &to_other).await.to_string(), sealed(expected));

    // A task that copies the envelope of another one.
    let (fine, _) = offer(&world, &shop, &bundle, second, &data, &own).await;
    run(&shop, &fine).await;
    let flops = 2 * bundle.model.plan().macs;
    world.offer_hashes(third, fine.model, fine.input.commitment, flops, "").await;
    let copied = offered(&bundle, third, fine.input.commitment);
    assert_eq!(refusal(&shop, &copied).await.to_string(), sealed(ConfidentialError::WrongContext));

    let (short, _) = offer(&world, &shop, &bundle, fourth, &data[1..], &own).await;
    let refused = refusal(&shop, &short).await;
    assert!(matches!(refused, DataError::InputLength { .. }), "{refused}");

    let without = world.shop("worker");
    assert_eq!(refusal(&without, &fine).await.to_string(), sealed(ConfidentialError::NoKey));
}

/// To the program a ciphertext is no input, so that it says zero: an honest result must not fall to that.
#[tokio::test(flavor = "multi_thread")]
async fn watchers_leave_sealed_tasks_alone() {
    let world = World::new().await;
    let bundle = gemm(2, 1);
    let shop = world.shop("watcher");
    lux_models::save(shop.library.store(), &bundle).await.unwrap();
    world.register(&bundle, SEALED_MODEL).await;
    let id = B256::repeat_byte(1);
    offer(&world, &shop, &bundle, id, &input(&bundle, 1), &enclave(7)).await;
    let mut watcher = world.watcher("watcher", true).await;
    for _ in 0..5 {
        watcher.step().await.unwrap();
        assert!(!watcher.is_computing() && watcher.is_true(id).is_none());
        world.devnet.mine(1, None).unwrap();
    }
    world.advance(PERIOD);
    assert!(world.balance(REQUESTER).await < ether(10), "the task is there");
    assert!(world.coins(REQUESTER).await > U256::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sealed_to_keys_that_the_registry_does_not_believe() {
    let world = World::new().await;
    assert!(find_recipients(&world.market, 0, &[], &[], 0).await.unwrap().is_empty());
    let unknown = enclave(7).address();
    let found = find_recipients(&world.market, 0, &[unknown], &[], 0).await.unwrap();
    assert_eq!(found, [(unknown, Err(Unfit::Status(KeyStatus::Unknown)))]);
}
