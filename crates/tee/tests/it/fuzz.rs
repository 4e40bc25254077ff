//! Parsers against bytes that nobody thought of.

use crate::support::{KINDS, NOW, request};
use lux_tee::dev::{attest, roots};
use lux_tee::{Collateral, authenticate, blocks, inspect};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::LazyLock;

/// One attestation of each kind with its collateral.
static GOOD: LazyLock<Vec<(Vec<u8>, Collateral)>> =
    LazyLock::new(|| KINDS.into_iter().map(|kind| attest(&request(kind))).collect());

/// First bytes that lead into each of the parsers.
const HEADS: [&[u8]; 7] = [
    &[],
    &[3, 0, 2, 0],
    &[4, 0, 2, 0, 0x81],
    &[5, 0, 2, 0],
    &[0xd2, 0x84, 0x43, 0xa1, 1, 0x26],
    &[0x84],
    &[0xd9, 1, 0x8f],
];

/// What can happen to bytes on their way.
fn damage(bytes: &[u8], edits: &[(usize, u8)], keep: usize, more: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, value) in edits {
        let at = at % bytes.len();
        bytes[at] = *value;
    }
    bytes.truncate(keep.max(1));
    bytes.extend(more);
    bytes
}

proptest! {
    #[test]
    fn any_bytes_are_refused(head in 0..HEADS.len(), body in vec(any::<u8>(), 0..2000)) {
        let bytes = [HEADS[head], &body].concat();
        for (_, collateral) in GOOD.iter() {
            prop_assert!(authenticate(&bytes, collateral, NOW, &roots()).is_err());
        }
        let _ = inspect(&bytes);
        prop_assert!(Collateral::decode(&body).is_err() || body == [0xc1, 0x80]);
        let _ = blocks(&body);
    }

    #[test]
    fn damaged_attestations_are_refused(
        kind in 0..KINDS.len(),
        edits in vec((any::<usize>(), any::<u8>()), 0..4),
        keep in 0_usize..8000,
        more in vec(1_u8.., 0..4),
    ) {
        let (bytes, collateral) = &GOOD[kind];
        let damaged = damage(bytes, &edits, keep, &more);
        prop_assume!(damaged != *bytes);
        let _ = inspect(&damaged);
        prop_assert!(authenticate(&damaged, collateral, NOW, &roots()).is_err());
    }

    #[test]
    fn damaged_collateral_never_vouches_for_more(
        kind in 0..3_usize,
        edits in vec((any::<usize>(), any::<u8>()), 1..4),
        keep in 0_usize..20_000,
    ) {
        let (bytes, collateral) = &GOOD[kind];
        let damaged = damage(&collateral.encode(), &edits, keep, &[]);
        if let Ok(damaged) = Collateral::decode(&damaged) {
            prop_assume!(damaged != *collateral);
            prop_assert!(authenticate(bytes, &damaged, NOW, &roots()).is_err());
        }
    }
}
