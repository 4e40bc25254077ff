//! Bytes that must not change without a new version: every hash, challenge and layout is in them.

use crate::scene::{blinding, prove, setup, statement};
use alloy_primitives::{b256, hex, keccak256};
use lux_norm_proof::Blinding;
use serde_json::json;

#[test]
fn proofs() {
    let one = prove(&setup(1, 7), 1, &[-7]).encode();
    let three = prove(&setup(3, 100), 2, &[3, -4, 50]).encode();
    let many: Vec<i32> = (0..1_000).map(|index| index * 7 % 601 - 300).collect();
    let many = prove(&setup(1_000, 100_000), 3, &many).encode();
    let digests = [one, three, many].map(keccak256);
    assert_eq!(
        digests,
        [
            b256!("0x9696791761c22a591b47df064e0f8da85e13a1e70450339fd4a3b0efe1a1bd12"),
            b256!("0xb2d0087c685743c8ebc12db74a48c3f832f31b06c07ed0fda125725bf168ea1f"),
            b256!("0x149b79cddb0e0718efa3ef0a73a3fe00b00dca091f80b5189351a2c153481527"),
        ]
    );
}

/// What the verifier in `e2e/norm-proof.test.mjs` accepts is what this crate makes.
#[test]
fn the_fixture_of_the_second_verifier() {
    let (setup, update) = (setup(5, 100), [3, -4, 50, 0, -60]);
    let statement = statement(4);
    let proof = prove(&setup, 4, &update).encode();
    let made = json!({
        "claim": {
            "round": statement.round.to_string(), "worker": statement.worker, "vector": statement.vector.to_string(),
            "length": 5, "bound": 100, "proof": hex::encode_prefixed(proof),
        },
        "entries": blinding(4).entries::<u32>(&update),
    });
    let fixture: serde_json::Value = serde_json::from_str(include_str!("../fixtures/proof.json")).unwrap();
    assert_eq!(fixture, made, "{made}");
}

#[test]
fn limbs() {
    let entries: Vec<u32> = Blinding::derive(&[1; 32], [2; 32].into()).entries(&[-1, 5]);
    assert_eq!(entries[..2], [u32::MAX, 5]);
    assert_eq!(entries[2..6], [40_660, 10_119, 8_399, 44_085]);
    assert!(entries[2..].iter().all(|limb| *limb < 1 << 16));
}
