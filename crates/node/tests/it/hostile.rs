//! A sequencer that puts nonsense on L1: every node makes the same of it, none stops, and honest batches go on.

use crate::common::hostile_payload::{sign, submit};
use crate::common::world::{ALICE, BOB, CAROL, OPERATOR};
use crate::common::{FullNode, World, ether};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, U256};
use alloy_rlp::{Encodable, RlpEncodable};
use alloy_signer::SignerSync;
use alloy_sol_types::SolCall;
use lux_node::BatchRecord;
use lux_protocol::constants::{MAX_CONTENT_BYTES, MAX_PAYLOAD_BLOCKS};
use lux_protocol::contracts::BatchHeader;
use lux_protocol::contracts::ILuxRollup::submitBatchCall;
use lux_protocol::{BatchData, BatchOutput, UnsignedTx};

#[derive(Clone, RlpEncodable)]
struct Row {
    timestamp_delta: u64,
    l1_delta: u64,
    message_count: u64,
    transactions: Vec<Bytes>,
}

fn empty_row(timestamp_delta: u64, l1_delta: u64, message_count: u64) -> Row {
    Row { timestamp_delta, l1_delta, message_count, transactions: Vec::new() }
}

fn content(rows: &[Row], parity: &[u8], signatures: &[u8]) -> Vec<u8> {
    let (rows, parity, signatures) =
        (rows.to_vec(), Bytes::copy_from_slice(parity), Bytes::copy_from_slice(signatures));
    let payload_length = rows.length() + parity.length() + signatures.length();
    let mut out = Vec::new();
    alloy_rlp::Header { list: true, payload_length }.encode(&mut out);
    rows.encode(&mut out);
    parity.encode(&mut out);
    signatures.encode(&mut out);
    out
}

fn pack(content: &[u8]) -> Vec<u8> {
    [vec![1], miniz_oxide::deflate::compress_to_vec(content, 6)].concat()
}

/// What a payload is made for.
struct Context {
    /// Seconds from the parent block to the header.
    seconds: u64,
    /// L1 blocks likewise.
    l1_blocks: u64,
    /// Queue entries that are due.
    messages: u64,
}

impl Context {
    /// Valid, without transactions.
    fn row(&self) -> Row {
        empty_row(self.seconds, self.l1_blocks, self.messages)
    }
}

struct Arena {
    world: World,
    node: FullNode,
}

impl Arena {
    async fn new() -> Self {
        let mut world = World::new().await;
        world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
        world.mine_l1(2);
        world.op.sync().await;
        world.build(1);
        world.batch_all().await;
        let node = world.check_full_node().await;
        Self { world, node }
    }

    /// Puts a payload on L1, after two deposits and beside blocks that the node had already promised.
    async fn submit(
        &mut self,
        claim: Option<BatchOutput>,
        payload: impl FnOnce(&World, &Context) -> Vec<u8>,
    ) -> BatchRecord {
        let world = &mut self.world;
        world.deposit(BOB, ether(1), world.account(CAROL), &[]);
        world.deposit(BOB, ether(1), world.account(CAROL), &[]);
        world.mine_l1(2);
        world.op.sync().await;
        world.build(2);
        let tip = world.op.ledger.tip().unwrap();
        let parent = world.op.block(tip.last_block);
        let l1_origin = world.l1_number() - 1;
        let timestamp = world.seconds();
        let due = world.op.ledger.due(l1_origin).unwrap();
        let context = Context {
            seconds: timestamp - parent.header.timestamp,
            l1_blocks: l1_origin - parent.l1_origin().block_number,
            messages: due - tip.message_count,
        };
        let payload = payload(world, &context).into();
        let number = submit(world, claim.unwrap_or_default(), payload, l1_origin);
        self.agree(number).await
    }

    /// Every node derives the same batch.
    async fn agree(&mut self, number: u64) -> BatchRecord {
        self.world.op.sync().await;
        self.node.sync().await;
        crate::common::world::same_chain(&self.world.op.l2, &self.node.l2);
        self.world.op.ledger.expect_batch(number).unwrap()
    }

    /// The honest operator goes on.
    async fn recover(&mut self) {
        let promised = self.world.op.transfer(&self.world.key(ALICE), self.world.account(BOB), U256::ONE);
        self.world.build(1);
        for _ in 0..10 {
            self.world.op.propose().await;
            self.world.mine_l1(1);
        }
        self.world.batch_all().await;
        assert!(self.world.op.receipt(promised).unwrap().success);
        let last = self.world.op.ledger.last_batch().unwrap();
        assert!(self.agree(last).await.payload_valid);
    }
}

#[tokio::test]
async fn invalid_payloads_mean_their_deposits_only() {
    type Payload = fn(&Context) -> Vec<u8>;
    let cases: &[(&str, Payload)] = &[
        ("nothing", |_| Vec::new()),
        ("garbage", |_| vec![0xa5; 500]),
        ("version 2", |c| [vec![2], pack(&content(&[c.row()], &[], &[])).split_off(1)].concat()),
        ("truncated", |c| {
            let full = pack(&content(&vec![empty_row(0, 0, 0); 40], &[], &[c.messages as u8; 300]));
            full[..full.len() / 2].to_vec()
        }),
        ("bomb", |_| pack(&vec![0; 40 << 20])),
        ("one byte too much", |_| pack(&vec![0; MAX_CONTENT_BYTES + 1])),
        ("no blocks", |_| pack(&content(&[], &[], &[]))),
        ("too many blocks", |c| {
            let mut rows = vec![empty_row(0, 0, 0); MAX_PAYLOAD_BLOCKS];
            rows.push(c.row());
            pack(&content(&rows, &[], &[]))
        }),
        ("too few messages", |c| pack(&content(&[empty_row(c.seconds, c.l1_blocks, c.messages - 1)], &[], &[]))),
        ("too many messages", |c| pack(&content(&[empty_row(c.seconds, c.l1_blocks, c.messages + 1)], &[], &[]))),
        ("huge message count", |c| pack(&content(&[empty_row(c.seconds, c.l1_blocks, u64::MAX)], &[], &[]))),
        ("messages before their L1 block", |c| {
            pack(&content(&[empty_row(0, 0, c.messages), empty_row(c.seconds, c.l1_blocks, 0)], &[], &[]))
        }),
        ("too early", |c| pack(&content(&[empty_row(c.seconds - 1, c.l1_blocks, c.messages)], &[], &[]))),
        ("too late", |c| pack(&content(&[empty_row(c.seconds + 1, c.l1_blocks, c.messages)], &[], &[]))),
        ("time overflows", |c| pack(&content(&[empty_row(u64::MAX, 0, 0), c.row()], &[], &[]))),
        ("L1 overflows", |c| pack(&content(&[empty_row(c.seconds, u64::MAX, c.messages)], &[], &[]))),
        ("L1 number after the header's", |c| {
            pack(&content(&[empty_row(c.seconds, c.l1_blocks + 1, c.messages)], &[], &[]))
        }),
        ("signature without transaction", |c| pack(&content(&[c.row()], &[0], &[7; 64]))),
        ("transaction without signature", |c| {
            let row = Row { transactions: vec![Bytes::from_static(&[2, 0xc0])], ..c.row() };
            pack(&content(&[row], &[], &[]))
        }),
        ("bytes after the content", |c| pack(&[content(&[c.row()], &[], &[]), vec![0x80]].concat())),
        ("nested lists", |_| pack(&vec![0xc1; 100_000])),
        ("length beyond the end", |_| pack(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0])),
    ];
    let mut arena = Arena::new().await;
    for (index, (name, payload)) in cases.iter().enumerate() {
        let before = arena.world.op.ledger.tip().unwrap();
        let batch = arena.submit(None, |_, context| payload(context)).await;
        assert!(!batch.payload_valid, "{name}");
        assert_eq!(batch.last_block, before.last_block + 1, "{name}");
        let block = arena.world.op.block(batch.last_block);
        assert_eq!(block.transactions.len() as u64, batch.message_count - before.message_count, "{name}");
        assert!(!batch.is_claim_false());
        if index % 4 == 3 {
            arena.recover().await;
        }
    }
    arena.recover().await;
    arena.world.check_full_node().await;
}

#[tokio::test]
async fn valid_payload_of_another_writer_is_followed() {
    let mut arena = Arena::new().await;
    let batch = arena.submit(None, |_, c| {
        let rows = [empty_row(0, 0, 0), empty_row(c.seconds, c.l1_blocks, c.messages), empty_row(0, 0, 0)];
        pack(&content(&rows, &[], &[]))
    });
    let batch = batch.await;
    assert!(batch.payload_valid);
    assert_eq!(batch.last_block - batch.first_block, 2);
    arena.recover().await;
}

#[tokio::test]
async fn invalid_transactions_are_skipped() {
    let mut arena = Arena::new().await;
    let batch = arena.submit(None, |world, context| {
        let key = world.key(ALICE);
        let nonce = world.op.ledger.tip().map(|tip| {
            let root = world.op.block(tip.last_block).header.state_root;
            world.op.chain().state(root).account(key.address()).unwrap().unwrap().nonce
        });
        let nonce = nonce.unwrap();
        let good = TxEip1559 {
            chain_id: world.rollup.params.l2ChainId,
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: 10_000_000_000,
            max_priority_fee_per_gas: 0,
            to: world.account(BOB).into(),
            value: U256::ONE,
            ..Default::default()
        };
        let signed = |tx: TxEip1559| {
            let signature = key.sign_hash_sync(&tx.signature_hash()).unwrap();
            UnsignedTx { signed_bytes: tx.encoded_for_signing().into(), signature }
        };
        let one = U256::ONE;
        let mut txs = vec![
            signed(TxEip1559 { nonce: nonce + 5, ..good.clone() }),
            signed(TxEip1559 { chain_id: 1, ..good.clone() }),
            signed(TxEip1559 { gas_limit: 500_000_000, ..good.clone() }),
            signed(TxEip1559 { gas_limit: 20_000, ..good.clone() }),
            signed(TxEip1559 { value: ether(1_000_000), ..good.clone() }),
            signed(TxEip1559 { max_fee_per_gas: 1, ..good.clone() }),
            signed(TxEip1559 { max_priority_fee_per_gas: 20_000_000_000, ..good.clone() }),
            UnsignedTx { signature: Signature::new(U256::ZERO, U256::ZERO, false), ..signed(good.clone()) },
            UnsignedTx { signature: Signature::new(one, U256::MAX, true), ..signed(good.clone()) },
            UnsignedTx { signed_bytes: Bytes::new(), ..signed(good.clone()) },
            UnsignedTx { signed_bytes: Bytes::from_static(&[3, 0xc0]), ..signed(good.clone()) },
            UnsignedTx { signed_bytes: Bytes::from_static(&[0x7e, 0xc0]), ..signed(good.clone()) },
            UnsignedTx { signed_bytes: vec![0xff; 3_000].into(), ..signed(good.clone()) },
        ];
        let spaced = [good.encoded_for_signing(), vec![0]].concat();
        txs.push(UnsignedTx { signed_bytes: spaced.into(), ..signed(good.clone()) });
        txs.push(signed(good.clone()));
        txs.push(signed(good));
        let mut parity = vec![0u8; txs.len().div_ceil(8)];
        let mut signatures = Vec::new();
        for (index, tx) in txs.iter().enumerate() {
            parity[index / 8] |= u8::from(tx.signature.v()) << (index % 8);
            signatures.extend_from_slice(&tx.signature.r().to_be_bytes::<32>());
            signatures.extend_from_slice(&tx.signature.s().to_be_bytes::<32>());
        }
        let row = Row { transactions: txs.into_iter().map(|tx| tx.signed_bytes).collect(), ..context.row() };
        pack(&content(&[row], &parity, &signatures))
    });
    let batch = batch.await;
    assert!(batch.payload_valid);
    let block = arena.world.op.block(batch.last_block);
    let user: Vec<_> = block.transactions.iter().filter_map(|tx| tx.as_ethereum()).collect();
    assert_eq!(user.len(), 1, "exactly the good one, once");
    assert!(user[0].encode_2718_len() > 0);
    arena.recover().await;
}

#[tokio::test]
async fn false_claim_is_noticed_and_never_finalised_by_the_honest() {
    let mut arena = Arena::new().await;
    while arena.world.op.watcher.step().unwrap().is_some() {}
    let claim = BatchOutput {
        state_root: B256::repeat_byte(1),
        transaction_root: B256::repeat_byte(2),
        receipt_root: B256::repeat_byte(3),
    };
    let batch = arena.submit(Some(claim), |_, context| pack(&content(&[context.row()], &[], &[]))).await;
    assert!(batch.payload_valid && batch.is_claim_false());
    assert_eq!(arena.world.op.watcher.step().unwrap(), Some(batch.clone()));
    assert_eq!(arena.world.op.watcher.step().unwrap(), None);

    arena.world.advance_time(2 * arena.world.setup.challenge_period);
    arena.world.mine_l1(1);
    for _ in 0..5 {
        arena.world.op.propose().await;
        arena.world.mine_l1(1);
    }
    arena.world.op.sync().await;
    assert_eq!(arena.world.op.ledger.finalized_batch().unwrap(), batch.number - 1);
    arena.recover().await;
}

#[tokio::test]
async fn false_claim_that_replaces_a_true_one_is_noticed() {
    let mut arena = Arena::new().await;
    let row = |context: &Context| pack(&content(&[context.row()], &[], &[]));
    let honest = arena.submit(None, |_, context| row(context)).await;
    assert!(arena.world.op.watcher.step().unwrap().is_none());
    arena.world.reorg_l1(1, lux_devnet::ReorgTransactions::Forget);
    arena.world.op.sync().await;
    arena.node.sync().await;
    let claim = BatchOutput { state_root: B256::repeat_byte(1), ..Default::default() };
    let lie = arena.submit(Some(claim), |_, context| row(context)).await;
    assert_eq!(lie.number, honest.number);
    assert_eq!(arena.world.op.watcher.step().unwrap(), Some(lie));
}

#[tokio::test]
async fn l1_refuses_what_does_not_follow_the_rules() {
    let mut arena = Arena::new().await;
    let world = &mut arena.world;
    world.deposit(BOB, ether(1), world.account(CAROL), &[]);
    world.mine_l1(3);
    world.op.sync().await;
    let tip = world.op.ledger.tip().unwrap();
    let l1_origin = world.l1_number() - 1;
    let header = BatchHeader {
        batchNumber: U256::from(tip.number + 1),
        parentBatchHash: tip.batch_hash,
        stateRoot: B256::ZERO,
        transactionRoot: B256::ZERO,
        receiptRoot: B256::ZERO,
        timestamp: U256::from(world.seconds()),
        l1BlockNumber: U256::from(l1_origin),
        sequencer: world.account(OPERATOR),
        signature: Bytes::new(),
    };
    let data = |count: u64| {
        let accumulator = world.op.ledger.accumulator(count).unwrap();
        BatchData { accumulator, trace: Bytes::new(), payload: Bytes::from_static(&[1]) }.encode()
    };
    let due = world.op.ledger.due(l1_origin).unwrap();
    let mut other_kind = data(due).to_vec();
    other_kind[0] = 1;
    let mut wrong_signature = submitBatchCall::abi_decode(&sign(world, header.clone(), data(due))).unwrap();
    wrong_signature.transactions = data(due).iter().copied().chain([0]).collect();
    let trailing = [sign(world, header.clone(), data(due)), vec![0; 32]].concat();
    let cases = [
        ("skips due messages", sign(world, header.clone(), data(due - 1))),
        (
            "wrong number",
            sign(world, BatchHeader { batchNumber: U256::from(tip.number + 2), ..header.clone() }, data(due)),
        ),
        ("wrong parent", sign(world, BatchHeader { parentBatchHash: B256::ZERO, ..header.clone() }, data(due))),
        (
            "future",
            sign(world, BatchHeader { timestamp: U256::from(world.seconds() + 1_000), ..header.clone() }, data(due)),
        ),
        ("past", sign(world, BatchHeader { timestamp: U256::from(tip.timestamp - 1), ..header.clone() }, data(due))),
        (
            "future L1",
            sign(world, BatchHeader { l1BlockNumber: U256::from(l1_origin + 50), ..header.clone() }, data(due)),
        ),
        ("other kind of data", sign(world, header.clone(), other_kind.into())),
        ("other data than signed", wrong_signature.abi_encode()),
        (
            "half a claim",
            sign(
                world,
                BatchHeader { receiptRoot: B256::ZERO, transactionRoot: B256::repeat_byte(1), ..header.clone() },
                data(due),
            ),
        ),
        ("not the sequencer", sign(world, BatchHeader { sequencer: Address::ZERO, ..header }, data(due))),
        ("trailing bytes", trailing),
    ];
    for (name, call) in cases {
        let hash = world.send_l1(OPERATOR, world.rollup.address, U256::ZERO, call);
        world.mine_l1(1);
        assert_eq!(world.l1_success(hash), Some(false), "{name}");
    }
    arena.recover().await;
}

#[tokio::test]
async fn as_many_blocks_as_a_payload_may_have() {
    let mut arena = Arena::new().await;
    let batch = arena.submit(None, |_, context| {
        let mut rows = vec![empty_row(0, 0, 0); MAX_PAYLOAD_BLOCKS];
        rows[MAX_PAYLOAD_BLOCKS - 1] = context.row();
        pack(&content(&rows, &[], &[]))
    });
    let batch = batch.await;
    assert!(batch.payload_valid);
    assert_eq!(batch.last_block - batch.first_block + 1, MAX_PAYLOAD_BLOCKS as u64);
    arena.recover().await;
}
