use super::*;
use crate::{EthTransaction, Transaction};
use alloc::vec;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_primitives::{Address, Signature, U256};
use proptest::prelude::*;

fn signature(seed: u64) -> Signature {
    Signature::new(U256::from(seed) << 190 | U256::from(1), U256::from(seed + 2), seed % 2 == 1)
}

fn transaction(seed: u64) -> EthTransaction {
    let (to, input) = (Address::repeat_byte(seed as u8).into(), vec![seed as u8; (seed % 90) as usize].into());
    let signature = signature(seed);
    match seed % 5 {
        0 => TxLegacy { nonce: seed, gas_limit: 21_000, to, input, ..Default::default() }.into_signed(signature).into(),
        1 => TxLegacy { chain_id: Some(seed), to, input, ..Default::default() }.into_signed(signature).into(),
        2 => TxEip2930 { chain_id: seed, to, input, ..Default::default() }.into_signed(signature).into(),
        3 => TxEip1559 { chain_id: seed, to, input, ..Default::default() }.into_signed(signature).into(),
        _ => TxEip7702 { chain_id: seed, input, ..Default::default() }.into_signed(signature).into(),
    }
}

fn block(timestamp: u64, l1: u64, seeds: &[u64]) -> PayloadBlock {
    PayloadBlock {
        timestamp,
        l1_block_number: l1,
        message_count: timestamp % 3,
        transactions: seeds.iter().map(|&seed| UnsignedTx::new(&transaction(seed)).unwrap()).collect(),
    }
}

proptest! {
    #[test]
    fn round_trip(seeds in prop::collection::vec(0u64..1000, 0..40), cut in 0usize..40) {
        let cut = cut.min(seeds.len());
        let blocks = vec![block(10, 5, &seeds[..cut]), block(10, 5, &[]), block(12, 9, &seeds[cut..])];
        let payload = encode_payload(&blocks, 7, 5).unwrap();
        let decoded = decode_payload(&payload, 7, 5).unwrap();
        prop_assert_eq!(&decoded, &blocks);
        for (tx, &seed) in decoded.iter().flat_map(|block| &block.transactions).zip(&seeds) {
            let tx = tx.to_transaction().unwrap();
            prop_assert_eq!(&tx, &transaction(seed));
            let encoded = Transaction::Ethereum(tx.clone()).encoded_2718();
            prop_assert_eq!(Transaction::decode_ethereum(&encoded).unwrap(), tx);
        }
    }

    #[test]
    fn hostile_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let content_blocks = vec![block(10, 5, &[1, 2, 3, 4, 5, 6, 7, 8, 9])];
        let mut payload = encode_payload(&content_blocks, 7, 5).unwrap().to_vec();
        for (at, value) in flips {
            let at = at.index(payload.len());
            payload[at] = value;
        }
        if let Ok(blocks) = decode_payload(&payload, 7, 5) {
            for tx in blocks.iter().flat_map(|block| &block.transactions) {
                let _ = tx.to_transaction();
            }
        }
    }

    #[test]
    fn hostile_content_never_panics(content in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut payload = vec![PAYLOAD_VERSION];
        payload.extend(compress_to_vec(&content, 1));
        let _ = decode_payload(&payload, 0, 0);
    }
}

#[test]
fn limits_are_enforced() {
    assert_eq!(decode_payload(&[], 0, 0), Err(PayloadError::Version(None)));
    assert_eq!(decode_payload(&[9], 0, 0), Err(PayloadError::Version(Some(9))));
    assert!(matches!(decode_payload(&vec![1; MAX_PAYLOAD_BYTES + 1], 0, 0), Err(PayloadError::TooLong(_))));
    let mut bomb = vec![PAYLOAD_VERSION];
    bomb.extend(compress_to_vec(&vec![0; MAX_CONTENT_BYTES + 1], 9));
    assert_eq!(decode_payload(&bomb, 0, 0), Err(PayloadError::Inflate));
    assert_eq!(encode_payload(&[], 0, 0), Err(PayloadError::BlockCount(0)));
    assert_eq!(encode_payload(&[block(1, 1, &[])], 2, 0), Err(PayloadError::Overflow));
    let late = encode_payload(&[block(5, 1, &[])], 0, 0).unwrap();
    assert_eq!(decode_payload(&late, u64::MAX, 0), Err(PayloadError::Overflow));
}

#[test]
fn non_canonical_legacy_form_is_refused() {
    let tx = UnsignedTx::new(&transaction(1)).unwrap();
    let mut bytes = tx.signed_bytes.to_vec();
    let last = bytes.len() - 1;
    assert_eq!(bytes[last], 0x80, "EIP-155 form ends in two empty items");
    bytes[last] = 0x01;
    let forged = UnsignedTx { signed_bytes: bytes.into(), ..tx };
    assert!(forged.to_transaction().is_err());
}
