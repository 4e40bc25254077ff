//! What is refused whatever the state is.

use super::support::*;
use alloy_consensus::{SignableTransaction, TxEip2930, TxEip4844, TxEip7702};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, U256};

#[test]
fn size() {
    let pool = pool();
    let big = draft(0, 0, 1).gas(16_000_000).input(vec![1; 131_072]);
    let len = alloy_eips::Encodable2718::encode_2718_len(&big.tx());
    assert_eq!(big.refused(&pool), format!("oversized data: transaction size {len}, limit 131072"));
    big.input(vec![1; 131_072 - (len - 131_072)]).put(&pool);
}

#[test]
fn init_code() {
    let pool = pool();
    let code = draft(0, 0, 1).gas(10_000_000).create().input(vec![0; 49_153]);
    assert_eq!(code.refused(&pool), "max initcode size exceeded: code size 49153, limit 49152");
    code.input(vec![0; 49_152]).put(&pool);
}

#[test]
fn gas_limits() {
    let pool = pool();
    assert_eq!(
        draft(0, 0, 1).gas(16_777_217).refused(&pool),
        "transaction gas limit too high (cap: 16777216, tx: 16777217)"
    );
    draft(0, 0, 1).gas(16_777_216).put(&pool);
    let small = pool_with(|config| config.block_gas_limit = 1_000_000);
    assert_eq!(draft(0, 0, 1).gas(1_000_001).refused(&small), "exceeds block gas limit");
}

#[test]
fn intrinsic_gas() {
    let pool = pool();
    assert_eq!(draft(0, 0, 1).gas(20_999).refused(&pool), "intrinsic gas too low: gas 20999, minimum needed 21000");
    // 53,000 for a creation, 4 and 16 per byte, 2 per word of init code.
    assert_eq!(
        draft(0, 0, 1).create().input(vec![0, 1]).refused(&pool),
        "intrinsic gas too low: gas 21000, minimum needed 53022"
    );
    let item = AccessListItem { address: Address::ZERO, storage_keys: vec![B256::ZERO; 2] };
    let tx = TxEip2930 {
        chain_id: CHAIN_ID,
        gas_price: 1_000,
        gas_limit: GAS,
        access_list: AccessList(vec![item]),
        ..Default::default()
    };
    let tx = TxEip2930 { to: Address::ZERO.into(), ..tx }.into_signed(draft(0, 0, 0).signature());
    let error = pool.add(tx.into(), address(0), &State::default()).unwrap_err();
    assert_eq!(error.to_string(), "intrinsic gas too low: gas 21000, minimum needed 27200");
}

#[test]
fn floor_of_eip_7623() {
    // 100 bytes, not zero: 1,600 intrinsic, 4,000 floor.
    let pool = pool();
    let data = draft(0, 0, 1).input(vec![1; 100]);
    assert_eq!(
        data.clone().gas(24_999).refused(&pool),
        "insufficient gas for floor data gas cost: gas 24999, minimum needed 25000"
    );
    data.gas(25_000).put(&pool);
}

#[test]
fn fees() {
    let pool = pool_with(|config| (config.min_tip, config.min_base_fee) = (5, 50));
    assert_eq!(draft(0, 0, 50).cap(49).refused(&pool), "max priority fee per gas higher than max fee per gas");
    assert_eq!(draft(0, 0, 4).refused(&pool), "transaction underpriced: gas tip cap 4, minimum needed 5");
    assert_eq!(draft(0, 0, 5).cap(49).refused(&pool), "transaction underpriced: gas fee cap 49, minimum needed 50");
    draft(0, 0, 5).cap(50).put(&pool);
}

#[test]
fn chain_id() {
    let pool = pool();
    let mut other = draft(0, 0, 1);
    other.inner.chain_id = 8;
    assert_eq!(other.refused(&pool), "invalid chain id for signer: have 8 want 7");
    assert!(pool.add(draft(0, 0, 1).legacy(), address(0), &State::default()).unwrap().pending);
}

#[test]
fn nonce_max() {
    assert_eq!(draft(0, u64::MAX, 1).refused(&pool()), "nonce has max value");
    assert!(!draft(0, u64::MAX - 1, 1).put(&pool()).pending);
    let last = State::with(0, u64::MAX - 1, u64::MAX);
    let pool = pool();
    assert!(draft(0, u64::MAX - 1, 1).add(&pool, &last).unwrap().pending);
    assert_eq!(order(&pool, BASE_FEE), [(0, u64::MAX - 1)]);
}

#[test]
fn types() {
    let pool = pool();
    let signature = draft(0, 0, 0).signature();
    let blob = TxEip4844 { chain_id: CHAIN_ID, gas_limit: GAS, ..Default::default() }.into_signed(signature);
    let error = pool.add(blob.into(), address(0), &State::default()).unwrap_err();
    assert_eq!(error.to_string(), "transaction type not supported: tx type 3 not supported by this pool");

    let set_code = TxEip7702 { chain_id: CHAIN_ID, gas_limit: GAS, ..Default::default() }.into_signed(signature);
    let error = pool.add(set_code.into(), address(0), &State::default()).unwrap_err();
    assert_eq!(error.to_string(), "set code tx must have at least one authorization tuple");
}

#[test]
fn cost_overflow() {
    let mut tx = draft(0, 0, 1);
    tx.inner.value = U256::MAX;
    assert_eq!(tx.refused(&pool()), "insufficient funds for gas * price + value: tx cost exceeds 2^256-1");
    let error = draft(0, 0, 1).cap(u128::MAX).refused(&pool());
    assert!(error.starts_with("insufficient funds for gas * price + value: balance"), "{error}");
}
