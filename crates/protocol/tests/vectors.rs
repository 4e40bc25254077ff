//! The encodings against `contracts/test/vectors.json`, which ethers computed and the contracts are tested with.
#![allow(clippy::unwrap_used, reason = "a broken vector file is a failed test")]

use alloy_primitives::{Address, B256, Bytes, U256};
use lux_protocol::contracts::BatchHeader;
use lux_protocol::contracts::IMessageBridge::L2Message;
use lux_protocol::{
    BatchData, BatchOutput, ClaimInput, ClaimTrace, QueueEntry, accumulate, merkle_root, message_hash, params_hash,
    payload_commitment, verify_merkle_proof,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/vectors.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn get<T: DeserializeOwned>(value: &Value, name: &str) -> T {
    serde_json::from_value(value[name].clone()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn number(value: &Value, name: &str) -> u64 {
    match &value[name] {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_u64().unwrap(),
    }
}

fn amount(value: &Value, name: &str) -> U256 {
    get::<String>(value, name).parse().unwrap()
}

fn payload(length: u64) -> Bytes {
    (0..length).map(|i| ((31 * i + 7 * (i / 4096)) % 256) as u8).collect::<Vec<_>>().into()
}

#[test]
fn payload_commitments() {
    let vectors = vectors();
    let cases = vectors["payloads"].as_array().unwrap();
    assert!(cases.len() > 3);
    for case in cases {
        let payload = payload(number(case, "payloadLength"));
        assert_eq!(payload_commitment(&payload), get::<B256>(case, "commitment"));
    }
}

#[test]
fn merkle_roots_and_message_proofs() {
    let vectors = vectors();
    for case in vectors["merkle"].as_array().unwrap() {
        assert_eq!(merkle_root(&get::<Vec<B256>>(case, "leaves")), get::<B256>(case, "root"));
    }
    let leaves: Vec<B256> =
        vectors["messages"].as_array().unwrap().iter().map(|message| get(message, "messageHash")).collect();
    let tree = &vectors["messageProofs"];
    let root: B256 = get(tree, "messagesRoot");
    assert_eq!(merkle_root(&leaves), root);
    for (index, proof) in get::<Vec<Bytes>>(tree, "proofs").iter().enumerate() {
        let words: Vec<B256> = proof.chunks(32).map(B256::from_slice).collect();
        let (receipts_root, siblings) = words.split_last().unwrap();
        assert_eq!(*receipts_root, get::<B256>(tree, "receiptsMerkleRoot"));
        assert!(verify_merkle_proof(root, leaves[index], index, siblings));
    }
}

#[test]
fn queue_hashes_and_accumulators() {
    let mut accumulator = B256::ZERO;
    for case in vectors()["queue"].as_array().unwrap() {
        let entry = QueueEntry {
            sender: get(case, "sender"),
            target: get(case, "target"),
            mint: amount(case, "mint"),
            value: amount(case, "value"),
            gas_limit: number(case, "gasLimit"),
            data: get(case, "data"),
            index: number(case, "nonce"),
            l1_block_number: number(case, "l1BlockNumber"),
        };
        assert_eq!(entry.hash(), get::<B256>(case, "queueHash"));
        accumulator = accumulate(accumulator, entry.hash());
        assert_eq!(accumulator, get::<B256>(case, "accumulator"));
    }
}

#[test]
fn message_hashes() {
    for case in vectors()["messages"].as_array().unwrap() {
        let message = L2Message {
            sender: get(case, "sender"),
            target: get(case, "target"),
            value: amount(case, "value"),
            gasLimit: amount(case, "gasLimit"),
            data: get(case, "data"),
            nonce: amount(case, "nonce"),
        };
        assert_eq!(message_hash(&message), get::<B256>(case, "messageHash"));
    }
}

#[test]
fn batch_hashes_and_signed_digests() {
    let vectors = vectors();
    let domain = &vectors["domain"];
    let rollup: Address = get(domain, "rollup");
    for case in vectors["batches"].as_array().unwrap() {
        let trace: Bytes = get(case, "trace");
        assert_eq!(ClaimTrace::decode(&trace).unwrap().commitment(), get::<B256>(case, "traceCommitment"));
        let header = BatchHeader {
            batchNumber: amount(case, "batchNumber"),
            parentBatchHash: get(case, "parentBatchHash"),
            stateRoot: get(case, "stateRoot"),
            transactionRoot: get(case, "transactionRoot"),
            receiptRoot: get(case, "receiptRoot"),
            timestamp: amount(case, "timestamp"),
            l1BlockNumber: amount(case, "l1BlockNumber"),
            sequencer: get(case, "sequencer"),
            signature: Bytes::new(),
        };
        assert_eq!(header.batch_hash(), get::<B256>(case, "batchHash"));
        let accumulator = get(case, "accumulator");
        let data = BatchData { accumulator, trace, payload: payload(number(case, "payloadLength")) };
        let digest = header.signing_digest(&data.encode(), number(domain, "chainId"), rollup);
        assert_eq!(digest, get::<B256>(case, "digest"));
    }
}

#[test]
fn claims() {
    let vectors = vectors();
    let case = &vectors["claim"];
    let init_code: Bytes = get(case, "initCode");
    let input = ClaimInput {
        parent_state_root: get(case, "parentStateRoot"),
        parent_transaction_root: get(case, "parentTransactionRoot"),
        commitment: get(case, "commitment"),
        parent_accumulator: get(case, "parentAccumulator"),
        accumulator: get(case, "accumulator"),
        timestamp: number(case, "timestamp"),
        l1_block_number: number(case, "l1BlockNumber"),
        params_hash: params_hash(&init_code),
    };
    assert_eq!(ClaimInput::decode(&input.encode()), Some(input));
    let input = input.hash();
    assert_eq!(input, get::<B256>(case, "input"));
    let output = BatchOutput {
        state_root: get(case, "stateRoot"),
        transaction_root: get(case, "transactionRoot"),
        receipt_root: get(case, "receiptRoot"),
    };
    assert_eq!(output.hash(), get::<B256>(case, "output"));
}
