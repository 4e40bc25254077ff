use crate::bytes;
use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobError, BlobIndex, IndexBuilder, Part};
use lux_protocol::constants::PIECE_BYTES;
use lux_protocol::payload_commitment;
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_commitment_is_the_protocols(length in 0usize..40_000, seed: u64, cuts in prop::collection::vec(1usize..9_000, 1..20)) {
        let blob = bytes(length, seed);
        let (mut builder, mut rest, mut cuts) = (IndexBuilder::default(), &blob[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            builder.push(part);
            rest = after;
        }
        let index = builder.finish();
        prop_assert_eq!(index.commitment(), payload_commitment(&blob));
        prop_assert_eq!(index.length(), length as u64);
        prop_assert_eq!(&index, &BlobIndex::of(&blob));
        prop_assert_eq!(index.encoded().len() as u64, BlobIndex::encoded_length(length as u64));
        prop_assert_eq!(BlobIndex::decode(index.commitment(), index.encoded().clone()).unwrap(), index);
    }

    #[test]
    fn one_other_byte_in_an_index_is_found(length in 0usize..40_000, at: prop::sample::Index, change in 1u8..) {
        let index = BlobIndex::of(&bytes(length, 7));
        let mut encoded = index.encoded().to_vec();
        let at = at.index(encoded.len());
        encoded[at] ^= change;
        let decoded = BlobIndex::decode(index.commitment(), encoded.into());
        let refused = matches!(decoded, Err(BlobError::Corrupt { part: Part::Index, .. }));
        prop_assert!(refused);
    }

    #[test]
    fn an_index_of_another_size_is_refused(length in 0usize..40_000, size in 0usize..400) {
        let index = BlobIndex::of(&bytes(length, 7));
        let mut encoded = index.encoded().to_vec();
        prop_assume!(size != encoded.len());
        encoded.resize(size, 0);
        prop_assert!(BlobIndex::decode(index.commitment(), encoded.into()).is_err());
    }

    #[test]
    fn hostile_indices_are_refused(encoded in prop::collection::vec(any::<u8>(), 0..200), commitment: [u8; 32]) {
        prop_assert!(BlobIndex::decode(B256::from(commitment), Bytes::from(encoded)).is_err());
    }

    #[test]
    fn ranges_verify_and_changed_ones_do_not(
        length in 1usize..40_000, a: prop::sample::Index, b: prop::sample::Index, at: prop::sample::Index, change in 1u8..,
    ) {
        let blob = bytes(length, 3);
        let index = BlobIndex::of(&blob);
        let (a, b) = (a.index(length + 1) as u64, b.index(length + 1) as u64);
        let range = a.min(b)..a.max(b);
        prop_assume!(!range.is_empty());
        let aligned = index.aligned(&range).unwrap();
        prop_assert!(aligned.start <= range.start && range.end <= aligned.end);
        prop_assert!(aligned.end - aligned.start < range.end - range.start + 2 * PIECE_BYTES as u64);
        let mut part = blob[aligned.start as usize..aligned.end as usize].to_vec();
        index.verify(aligned.start, &part).unwrap();
        prop_assert!(index.verify(aligned.start + 1, &part).is_err());
        prop_assert!(index.verify(aligned.start + PIECE_BYTES as u64, &part).is_err());
        prop_assert!(index.verify(aligned.start, &part[..part.len() - 1]).is_err());
        let at = at.index(part.len());
        part[at] ^= change;
        let piece = (aligned.start + at as u64) / PIECE_BYTES as u64;
        let found = index.verify(aligned.start, &part);
        let named = matches!(found, Err(BlobError::Corrupt { part: Part::Piece(number), .. }) if number == piece);
        prop_assert!(named);
    }
}

#[test]
fn ranges_outside_are_refused() {
    let index = BlobIndex::of(&bytes(5_000, 1));
    #[allow(clippy::reversed_empty_ranges)]
    for range in [0..5_001, 5_001..5_001, 3..2, u64::MAX - 1..u64::MAX] {
        assert!(matches!(index.aligned(&range), Err(BlobError::OutOfRange { .. })), "{range:?}");
    }
    assert_eq!(index.aligned(&(5_000..5_000)).unwrap(), 5_000..5_000);
    assert!(index.verify(u64::MAX - 4_095, &[0; 4_096]).is_err());
}
