//! Bytes that must not change without a new version: every hash, challenge and layout is in them.

use crate::scene::{prove, setup};
use alloy_primitives::{b256, keccak256};
use lux_norm_proof::Blinding;

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
            b256!("0000000000000000000000000000000000000000000000000000000000000000"),
            b256!("0000000000000000000000000000000000000000000000000000000000000000"),
            b256!("0000000000000000000000000000000000000000000000000000000000000000"),
        ]
    );
}

#[test]
fn limbs() {
    let entries: Vec<u32> = Blinding::derive(&[1; 32], [2; 32].into()).entries(&[-1, 5]);
    assert_eq!(entries[..2], [u32::MAX, 5]);
    assert_eq!(entries[2..6], [40_660, 10_119, 8_399, 44_085]);
    assert!(entries[2..].iter().all(|limb| *limb < 1 << 16));
}
