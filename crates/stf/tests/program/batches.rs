//! Kinds of batches.

use crate::code;
use crate::transactions::Wallets;
use crate::world::{Report, World, artifact, signer};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::{SolCall, sol};

sol! {
    function mint(address to, uint256 amount);
    function transfer(address to, uint256 amount) returns (bool);
}

const NOBODY: Address = address!("00000000000000000000000000000000000abcde");

pub fn successes(report: &Report) -> Vec<bool> {
    report.receipts.iter().flatten().map(|receipt| receipt.success).collect()
}

fn pairs(pairs: &[(u64, u64)]) -> Bytes {
    let word = |number: u64| B256::from(U256::from(number)).0;
    pairs.iter().flat_map(|(slot, value)| [word(*slot), word(*value)].concat()).collect::<Vec<u8>>().into()
}

#[test]
fn tokens_and_payments() {
    let mut world = World::new(4, vec![]);
    let mut wallets = Wallets::default();
    let (token, deploy) = wallets.deploy(&world, 0, artifact("DevToken").0);
    let mint = mintCall { to: signer(1).address(), amount: U256::from(1000) }.abi_encode();
    let mint = wallets.call(&world, 0, token, mint);
    let report = world.batch(vec![vec![deploy, mint]], vec![]);
    assert_eq!(successes(&report), [true, true]);

    let mut transfer = |from, amount| {
        let data = transferCall { to: NOBODY, amount: U256::from(amount) }.abi_encode();
        wallets.call(&world, from, token, data)
    };
    let blocks = vec![vec![transfer(1, 10), transfer(1, 20)], vec![], vec![transfer(1, 970), transfer(2, 1)]];
    let payments = vec![wallets.pay(&world, 3, NOBODY, 5), wallets.pay(&world, 3, Address::ZERO, 0)];
    let report = world.batch(blocks.into_iter().chain([payments]).collect(), vec![]);
    assert_eq!(successes(&report), [true, true, true, false, true, true]);
    assert!(report.valid);
}

#[test]
fn deposits_and_messages() {
    let mut world = World::new(1, vec![]);
    let entries = vec![
        world.entry(NOBODY, signer(0).address(), 7, 500_000, Bytes::new()),
        world.entry(NOBODY, NOBODY, 7, 20_000, Bytes::new()), // below the intrinsic gas
        world.entry(NOBODY, lux_protocol::constants::L2_TOKEN_BRIDGE, 3, 500_000, Bytes::from_static(b"none")),
        world.entry(NOBODY, NOBODY, 1, 3_000_000, vec![1; 20_000].into()),
    ];
    let report = world.batch(vec![vec![], vec![]], entries);
    assert_eq!(successes(&report), [true, false, false, true]);
    assert!(report.valid);
}

#[test]
fn payloads_that_mean_nothing() {
    let mut world = World::new(1, vec![]);
    for (payload, gas) in [(vec![], 1_000_000u64), (vec![7; 5_000], 300_000_000), (vec![1; 120_000], 500_000)] {
        let entries = (0..3).map(|_| world.entry(NOBODY, NOBODY, 9, gas, Bytes::new())).collect();
        let report = world.submit(&payload, world.chain.head().header.timestamp + 5, entries);
        assert!(!report.valid);
        assert_eq!(report.receipts.iter().flatten().count(), 3);
    }
    let report = world.submit(&[1, 2, 3], world.chain.head().header.timestamp, vec![]);
    assert_eq!(report.receipts, [vec![]]);
}

/// Content that would take many times its length in memory, if it were decoded as it comes.
#[test]
fn bombs() {
    use alloy_rlp::Header;
    let list = |payload: Vec<u8>| {
        let mut out = vec![];
        Header { list: true, payload_length: payload.len() }.encode(&mut out);
        [out, payload].concat()
    };
    let string = |payload: Vec<u8>| alloy_rlp::encode(Bytes::from(payload));
    let block = |transactions: Vec<u8>| list([vec![0x80, 1, 0x80], list(transactions)].concat());
    let content = |rows: Vec<u8>, count: usize| {
        list([list(rows), string(vec![0; count.div_ceil(8)]), string(vec![0; count * 64])].concat())
    };
    let empty = list(vec![0x80, 0x80, 0x80, 0xc0]);
    let bombs = [
        content(empty.repeat(400_000), 0),
        content([empty.repeat(8_191), block(vec![])].concat(), 0),
        content(block(vec![0x80; 2_000_000]), 0),
        content(block(vec![0x80; 30_000]), 30_000),
        content(block(string(vec![2; 2_000_000])), 1),
    ];
    let mut world = World::new(1, vec![]);
    for content in bombs {
        let mut payload = vec![1];
        payload.extend(miniz_oxide::deflate::compress_to_vec(&content, 6));
        world.submit(&payload, world.chain.head().header.timestamp, vec![]);
    }
}

#[test]
fn invalid_transactions_are_skipped() {
    let mut world = World::new(2, vec![]);
    let mut wallets = Wallets::default();
    let good = wallets.pay(&world, 0, NOBODY, 5);
    let mut garbage = good.clone();
    garbage.signed_bytes = Bytes::from_static(b"\x02garbage");
    let mut high = good.clone();
    let order: U256 = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141".parse().unwrap();
    high.signature =
        alloy_primitives::Signature::new(high.signature.r(), order - high.signature.s(), !high.signature.v());
    let mut zero = good.clone();
    zero.signature = alloy_primitives::Signature::new(U256::ZERO, U256::ONE, false);
    let poor = wallets.pay(&world, 9, NOBODY, 5);
    let report = world.batch(vec![vec![garbage, high, zero, poor, good.clone(), good]], vec![]);
    assert_eq!(successes(&report), [true]);
}

#[test]
fn storage_comes_and_goes() {
    let mut world = World::new(1, vec![]);
    let mut wallets = Wallets::default();
    let (store, deploy) = wallets.deploy(&world, 0, code::creation(&code::STORE));
    let fill: Vec<_> = (0..40).map(|slot| (slot, slot + 1)).collect();
    let set = wallets.call(&world, 0, store, pairs(&fill));
    assert_eq!(successes(&world.batch(vec![vec![deploy, set]], vec![])), [true, true]);
    // Branches collapse one after the other, also within one block, and grow again.
    let clear = |from: u64, to: u64| pairs(&(from..to).map(|slot| (slot, 0)).collect::<Vec<_>>());
    let blocks = vec![
        vec![wallets.call(&world, 0, store, clear(0, 13)), wallets.call(&world, 0, store, pairs(&[(3, 9), (50, 1)]))],
        vec![wallets.call(&world, 0, store, clear(13, 39))],
        vec![wallets.call(&world, 0, store, clear(39, 51)), wallets.call(&world, 0, store, clear(3, 4))],
        vec![wallets.call(&world, 0, store, pairs(&fill))],
    ];
    assert_eq!(successes(&world.batch(blocks, vec![])), [true; 6]);
}

#[test]
fn contracts_destroy_themselves() {
    let mut world = World::new(2, vec![]);
    let mut wallets = Wallets::default();
    let (contract, deploy) = wallets.deploy(&world, 0, code::creation(&code::DESTRUCT));
    let (_, brief) = wallets.deploy(&world, 0, code::DESTRUCT_AT_ONCE.as_slice().into());
    let fund = wallets.send(&world, 1, contract.into(), 1_000, Bytes::new(), 100_000);
    assert_eq!(successes(&world.batch(vec![vec![deploy, brief], vec![fund]], vec![])), [true; 3]);
}

#[test]
fn accounts_delegate() {
    let mut world = World::new(3, vec![]);
    let mut wallets = Wallets::default();
    let (store, deploy) = wallets.deploy(&world, 0, code::creation(&code::STORE));
    let delegate = wallets.delegate(&world, 0, 1, store, pairs(&[(1, 2)]));
    let undo = wallets.delegate(&world, 0, 1, Address::ZERO, Bytes::new());
    assert_eq!(successes(&world.batch(vec![vec![deploy, delegate], vec![undo]], vec![])), [true; 3]);
}
