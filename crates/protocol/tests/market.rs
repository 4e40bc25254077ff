//! The market's encodings: round trips, what the contract accepts beyond them, and what it refuses.
#![allow(clippy::unwrap_used, reason = "tests")]

use alloy_primitives::{B256, Bytes, U256, hex, keccak256};
use alloy_sol_types::{SolInterface, SolValue, sol_data};
use lux_protocol::constants::MAX_TRACE_BYTES;
use lux_protocol::market::contract::IComputeMarket::{IComputeMarketCalls, IComputeMarketEvents};
use lux_protocol::market::*;
use lux_protocol::payload_commitment;
use proptest::collection::vec;
use proptest::prelude::*;

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..=max).prop_map(Bytes::from)
}

fn hash() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::from)
}

fn kind() -> impl Strategy<Value = EvidenceKind> {
    prop_oneof![Just(EvidenceKind::Fault), Just(EvidenceKind::Validity), Just(EvidenceKind::Attestation)]
}

proptest! {
    #[test]
    fn results(kind in kind(), input in hash(), evidence in bytes(300), output in bytes(MAX_INLINE_BYTES)) {
        let proof = ResultProof { kind, input, evidence, output };
        let encoded = proof.encode().unwrap();
        // As Solidity's `abi.encode` has it.
        type Parameters = (sol_data::Uint<8>, sol_data::FixedBytes<32>, sol_data::Bytes, sol_data::Bytes);
        let parts = <Parameters as alloy_sol_types::SolType>::abi_decode_params_validate(&encoded).unwrap();
        prop_assert_eq!(parts, (kind as u8, input, proof.evidence.clone(), proof.output.clone()));
        prop_assert_eq!(ResultProof::decode(&encoded), Ok(proof.clone()));
        let signed = proof.encode_signed(&[vec![1; 65].into(), vec![2; 65].into()]).unwrap();
        prop_assert_eq!(ResultProof::decode(&signed), Ok(proof));
    }

    #[test]
    fn challenges(kind in kind(), input in hash(), trace in hash(), proof in bytes(300)) {
        let proof = CounterProof { kind, input, trace, proof };
        prop_assert_eq!(CounterProof::decode(&proof.encode()), Ok(proof));
    }

    #[test]
    fn input_data(commitment in hash(), location in bytes(300)) {
        let data = InputData { commitment, location };
        match data.encode() {
            Ok(encoded) => prop_assert_eq!(InputData::decode(&encoded), Ok(data)),
            Err(error) => prop_assert_eq!(error, MarketCodecError::LocationTooLong(data.location.len())),
        }
    }

    #[test]
    fn terms(flags in any::<u8>(), flops_per_gas in 0u64..1 << 41, gas_price in 0u64..1 << 49, location in bytes(300)) {
        let terms = ModelTerms { flags, flops_per_gas, gas_price, location };
        let valid = flags & 7 != 0 && (flags < 128 || flags & 39 == 4) && (1..1 << 40).contains(&flops_per_gas) && gas_price < 1 << 48
            && terms.location.len() <= MAX_LOCATION_BYTES;
        let raw = (U256::from(flags), U256::from(flops_per_gas), U256::from(gas_price), terms.location.clone());
        prop_assert_eq!(ModelTerms::decode(&raw.abi_encode()).is_ok(), valid);
        prop_assert_eq!(terms.encode().is_ok(), valid);
        if valid {
            prop_assert_eq!(ModelTerms::decode(&terms.encode().unwrap()), Ok(terms));
        }
    }

    /// Hostile bytes give an error or something within the limits, and never a panic.
    #[test]
    fn hostile_bytes(data in vec(any::<u8>(), 0..400), words in vec((0usize..12, 0u64..500), 0..6)) {
        let mut data = data;
        // Small numbers in some words: random ones are never lengths and offsets.
        for (word, value) in words {
            if let Some(slot) = data.get_mut(32 * word..32 * word + 32) {
                slot.copy_from_slice(&U256::from(value).to_be_bytes::<32>());
            }
        }
        if let Ok(proof) = ResultProof::decode(&data) {
            prop_assert!(proof.evidence.len() <= data.len() && proof.output.len() <= MAX_INLINE_BYTES);
            prop_assert_eq!(ResultProof::decode(&proof.encode().unwrap()), Ok(proof));
        }
        if let Ok(proof) = CounterProof::decode(&data) {
            prop_assert_eq!(CounterProof::decode(&proof.encode()), Ok(proof));
        }
        if let Ok(terms) = ModelTerms::decode(&data) {
            prop_assert_eq!(ModelTerms::decode(&terms.encode().unwrap()), Ok(terms));
        }
        if let Ok(input) = InputData::decode(&data) {
            prop_assert_eq!(InputData::decode(&input.encode().unwrap()), Ok(input));
        }
    }
}

/// Solidity's decoder takes parts in any order, overlapping, without padding and with bytes after them. A worker who encodes
/// a false result so must not escape a watcher.
#[test]
fn what_solidity_accepts_is_read() {
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    let input = B256::repeat_byte(7);
    let expected = |evidence: &'static [u8], output: &'static [u8]| {
        let (evidence, output) = (Bytes::from_static(evidence), Bytes::from_static(output));
        Ok(ResultProof { kind: EvidenceKind::Fault, input, evidence, output })
    };
    // Output before evidence, no padding behind the last byte.
    let swapped = [&word(0)[..], &input[..], &word(192), &word(128), &word(2), &[1; 2], &[0; 30], &word(3), &[9; 3]];
    assert_eq!(ResultProof::decode(&swapped.concat()), expected(&[9; 3], &[1; 2]));
    // Both the same bytes, then something else.
    let shared = [&word(0)[..], &input[..], &word(128), &word(128), &word(1), &[5], &[0xff; 77]].concat();
    assert_eq!(ResultProof::decode(&shared), expected(&[5], &[5]));
    // The word of a length may be one that means something else: here the kind, which is zero.
    let folded = [&word(0)[..], &input[..], &word(0), &word(0)].concat();
    assert_eq!(ResultProof::decode(&folded), expected(&[], &[]));
}

#[test]
fn refusals() {
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    let proof = |kind: u64, first: U256, second: u64, tail: &[u8]| {
        let words = [word(kind), [7; 32], first.to_be_bytes(), word(second)].concat();
        ResultProof::decode(&[&words, tail].concat())
    };
    assert_eq!(ResultProof::decode(&[]), Err(MarketCodecError::OutOfBounds(32)));
    assert_eq!(proof(3, U256::ZERO, 0, &[]), Err(MarketCodecError::UnknownKind(3)));
    let large = MarketCodecError::TooLarge { value: U256::from(256), at: 0, max: 255 };
    assert_eq!(proof(256, U256::ZERO, 0, &[]), Err(large));
    let large = MarketCodecError::TooLarge { value: U256::MAX, at: 64, max: u64::MAX };
    assert_eq!(proof(0, U256::MAX, 0, &[]), Err(large));
    assert_eq!(proof(0, U256::from(u64::MAX), 0, &[]), Err(MarketCodecError::OutOfBounds(u64::MAX)));
    assert_eq!(proof(0, U256::from(128), 0, &word(33)), Err(MarketCodecError::OutOfBounds(33)));
    let long = |kind, evidence: usize, output: usize| {
        let proof = (U256::from(kind), B256::ZERO, Bytes::from(vec![0; evidence]), Bytes::from(vec![0; output]));
        ResultProof::decode(&proof.abi_encode_params())
    };
    assert!(long(0, MAX_TRACE_BYTES, MAX_INLINE_BYTES).is_ok() && long(1, MAX_TRACE_BYTES + 1, 0).is_ok());
    assert_eq!(long(0, MAX_TRACE_BYTES + 1, 0), Err(MarketCodecError::TraceTooLarge(MAX_TRACE_BYTES + 1)));
    assert_eq!(long(2, MAX_TRACE_BYTES + 1, 0), Err(MarketCodecError::TraceTooLarge(MAX_TRACE_BYTES + 1)));
    assert_eq!(long(0, 0, MAX_INLINE_BYTES + 1), Err(MarketCodecError::OutputTooLarge(MAX_INLINE_BYTES + 1)));

    for length in [0, 31, 33] {
        assert_eq!(InputData::decode(&vec![0x1b; length]), Err(MarketCodecError::InputData(length)));
    }
    let bare = InputData::decode(&[&hex!("1b20")[..], &[1; 32]].concat()).unwrap();
    assert_eq!(bare, InputData { commitment: B256::repeat_byte(1), location: Bytes::new() });
    assert_eq!(InputData::decode(&[&hex!("1b21")[..], &[1; 40]].concat()), Err(MarketCodecError::InputData(42)));
    let endless = [&hex!("1b20")[..], &[1; 32 + 257]].concat();
    assert_eq!(InputData::decode(&endless), Err(MarketCodecError::LocationTooLong(257)));
}

#[test]
fn meanings() {
    assert_eq!(ModelTerms::decode(&[]), Ok(ModelTerms::default()));
    assert_eq!(ModelTerms::default().flags, 17);
    let at = |location: &'static str| InputData { commitment: B256::ZERO, location: location.as_bytes().into() };
    assert!(at("inline:").wants_inline_output() && !at("inline").wants_inline_output());
    let (model, commitment) = (B256::repeat_byte(1), payload_commitment(b"input"));
    assert_eq!(claim_input(model, commitment), keccak256((model, commitment).abi_encode()));
}

/// The bindings are those of the contract that is committed.
#[test]
fn bindings_are_of_the_contract() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/artifacts/AIComputeRollup.json");
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let entries = json["abi"].as_array().unwrap();
    let signatures = |kind: &str| -> Vec<B256> {
        let of_kind = entries.iter().filter(|entry| entry["type"] == kind);
        of_kind
            .map(|entry| keccak256(format!("{}({})", entry["name"].as_str().unwrap(), types(&entry["inputs"]))))
            .collect()
    };
    let functions = signatures("function");
    for selector in IComputeMarketCalls::selectors() {
        assert!(functions.iter().any(|hash| hash[..4] == selector), "no function has the selector {selector:02x?}");
    }
    let events = signatures("event");
    for topic in IComputeMarketEvents::SELECTORS {
        assert!(events.iter().any(|hash| hash.0 == *topic), "no event has the topic {topic:02x?}");
    }
}

fn types(inputs: &serde_json::Value) -> String {
    let one = |input: &serde_json::Value| {
        let name = input["type"].as_str().unwrap();
        name.strip_prefix("tuple")
            .map_or_else(|| name.to_string(), |array| format!("({}){array}", types(&input["components"])))
    };
    inputs.as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(",")
}
