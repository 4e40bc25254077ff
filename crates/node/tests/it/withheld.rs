//! The operator withholds, then disappears. Users leave without it.

use crate::common::contracts::{DevToken, L2TokenBridge};
use crate::common::l2::{self, L2};
use crate::common::world::{ALICE, BOB, CAROL, OPERATOR, STRANGER, quick};
use crate::common::{FullNode, Setup, World, ether, evm};
use alloy_primitives::{Address, Bytes, U256};
use alloy_signer::SignerSync;
use alloy_sol_types::SolCall;
use lux_chain::Store;
use lux_l1::{MemoryJournal, TxManager};
use lux_node::{Batcher, Deriver, Node, Proposer, Sequencer, message_proof, sent_in_transaction, withdrawal_calls};
use lux_protocol::BatchData;
use lux_protocol::constants::L2_TOKEN_BRIDGE;
use lux_protocol::contracts::ILuxRollup::submitBatchCall;
use lux_protocol::contracts::{BatchHeader, IL2TokenBridge, ISequencerRegistry};
use std::sync::Arc;

/// Somebody with a full node's database and a key of their own.
struct Stranger {
    l2: L2,
    deriver: Deriver,
    sequencer: Sequencer,
    batcher: Batcher,
    proposer: Proposer,
}

impl Stranger {
    async fn new(world: &World, store: Store) -> Self {
        let client = world.client.clone();
        let config = l2::config(1, 4);
        let node = Node::open(store, client.clone(), world.rollup.clone(), config, world.clock()).unwrap();
        let journal = Arc::new(MemoryJournal::default());
        let manager = TxManager::open(client, world.wallet(STRANGER), journal, quick(1), world.clock()).await.unwrap();
        let transactions = Arc::new(manager);
        Self {
            l2: L2::new(node.chain.clone()),
            deriver: node.deriver().unwrap(),
            sequencer: node.sequencer(),
            batcher: node.batcher(transactions.clone(), world.wallet(STRANGER)),
            proposer: node.proposer(transactions),
        }
    }

    async fn sync(&mut self) -> u64 {
        l2::sync(&mut self.deriver).await;
        self.deriver.position().unwrap()
    }

    async fn build(&mut self) {
        let position = self.sync().await;
        self.sequencer.step(position).unwrap();
    }

    async fn batch(&mut self) -> bool {
        let position = self.sync().await;
        self.batcher.step(position).await.unwrap()
    }
}

fn signed(world: &World, mut header: BatchHeader, data: Bytes, who: usize) -> Vec<u8> {
    header.sequencer = world.account(who);
    let digest = header.signing_digest(&data, world.rollup.l1_chain_id, world.rollup.address);
    header.signature = world.key(who).sign_hash_sync(&digest).unwrap().as_bytes().into();
    submitBatchCall { header, transactions: data }.abi_encode()
}

#[tokio::test]
async fn forced_transactions_cannot_be_left_out_for_longer_than_the_window() {
    let mut world = World::with(Setup { inclusion_window: 20, ..Setup::default() }).await;
    world.mine_l1(2);
    world.batch_all().await;
    world.deposit(BOB, U256::ZERO, world.account(CAROL), &[]);
    world.mine_l1(30);
    world.op.sync().await;
    let tip = world.op.ledger.tip().unwrap();
    let batch = |l1_block: u64, messages: u64| {
        let header = BatchHeader {
            batchNumber: U256::from(tip.number + 1),
            parentBatchHash: tip.batch_hash,
            stateRoot: Default::default(),
            transactionRoot: Default::default(),
            receiptRoot: Default::default(),
            timestamp: U256::from(world.seconds()),
            l1BlockNumber: U256::from(l1_block),
            sequencer: Address::ZERO,
            signature: Bytes::new(),
        };
        let accumulator = world.op.ledger.accumulator(messages).unwrap();
        let data = BatchData { accumulator, trace: Bytes::new(), payload: Bytes::new() }.encode();
        world.send_l1(OPERATOR, world.rollup.address, U256::ZERO, signed(&world, header, data, OPERATOR))
    };
    let without_origin = batch(tip.l1_origin, 0);
    let without_message = batch(world.l1_number() - 1, 0);
    let honest = batch(world.l1_number() - 1, 1);
    world.mine_l1(1);
    assert_eq!(world.l1_success(without_origin), Some(false), "an origin before the window");
    assert_eq!(world.l1_success(without_message), Some(false), "a queue without the forced transaction");
    assert_eq!(world.l1_success(honest), Some(true));
    world.op.sync().await;
    assert_eq!(world.op.ledger.tip().unwrap().message_count, 1);
    world.check_full_node().await;
}

#[tokio::test]
async fn users_leave_without_the_operator() {
    let mut world = World::new().await;
    let (alice, carol) = (world.account(ALICE), world.account(CAROL));
    let token = world.dev_token(BOB, ether(5)).await;
    world.deposit(ALICE, ether(10), alice, &[]);
    world.deposit_token(BOB, token, ether(5), alice);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(5);
    world.batch_all().await;

    // A full node has been running beside; from here on it is all there is.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.redb");
    let mut node = FullNode::open(Store::open(&path).unwrap(), world.client.clone(), &world.rollup, world.clock());
    node.sync().await;
    drop(node);
    let mut stranger = Stranger::new(&world, Store::open(&path).unwrap()).await;

    // Tokens and ETH leave by forced transactions, more ETH by a signed one that only the stranger has seen.
    let withdraw = IL2TokenBridge::withdrawCall { l1Token: token, amount: ether(2), recipient: carol };
    world.force(ALICE, U256::ZERO, L2_TOKEN_BRIDGE, U256::ZERO, &withdraw.abi_encode());
    let withdraw = IL2TokenBridge::withdrawCall { l1Token: Address::ZERO, amount: ether(4), recipient: carol };
    world.force(ALICE, U256::ZERO, L2_TOKEN_BRIDGE, ether(4), &withdraw.abi_encode());
    world.mine_l1(2);
    stranger.sync().await;
    let withdraw = IL2TokenBridge::withdrawCall { l1Token: Address::ZERO, amount: ether(3), recipient: carol };
    // The forced transactions will have used nonces by then.
    stranger.build().await;
    let ether_out = stranger.l2.call(&world.key(ALICE), L2_TOKEN_BRIDGE, ether(3), withdraw.abi_encode());
    stranger.build().await;
    world.advance_time(100);
    assert!(!stranger.batch().await, "the operator's time is not over");

    world.advance_time(world.setup.fallback_window);
    world.mine_l1(1);
    stranger.build().await;
    for _ in 0..6 {
        stranger.batch().await;
        world.mine_l1(1);
    }
    let registry = world.rollup.registry;
    let bonded = ISequencerRegistry::hasBondCall { account: world.account(STRANGER) };
    assert!(evm::view(&world.devnet.chain(), registry, bonded));
    stranger.sync().await;
    let tip = stranger.l2.ledger.tip().unwrap();
    assert_eq!(tip.sequencer, world.account(STRANGER));
    assert_eq!(tip.last_block, stranger.l2.chain.head().number());
    assert!(tip.payload_valid && !tip.is_claim_false());

    // The forced withdrawals are deposits; find all messages.
    let mut sent = sent_in_transaction(&stranger.l2.chain, ether_out).unwrap().unwrap();
    for number in tip.first_block..=tip.last_block {
        for tx in &stranger.l2.block(number).transactions {
            if tx.as_ethereum().is_none() {
                sent.extend(sent_in_transaction(&stranger.l2.chain, tx.hash()).unwrap().unwrap());
            }
        }
    }
    assert_eq!(sent.len(), 3);
    let l1 = world.devnet.chain();
    let before = evm::balance(&l1, carol);
    let mut payments = Vec::new();
    for (message, (token, amount)) in
        sent.iter().zip([(Address::ZERO, ether(3)), (token, ether(2)), (Address::ZERO, ether(4))])
    {
        let (proof, _) = message_proof(&stranger.l2.chain, &stranger.l2.ledger, message).unwrap().unwrap();
        let (prove, pay) = withdrawal_calls(message, proof, token, amount);
        let proven = world.send_l1(ALICE, world.rollup.address, U256::ZERO, prove);
        let early = world.send_l1(ALICE, world.rollup.address, U256::ZERO, pay.clone());
        world.mine_l1(1);
        assert_eq!((world.l1_success(proven), world.l1_success(early)), (Some(true), Some(false)));
        payments.push(pay);
    }
    world.advance_time(world.setup.challenge_period);
    world.mine_l1(1);
    for _ in 0..10 {
        stranger.proposer.step().await.unwrap();
        world.mine_l1(1);
    }
    for pay in payments {
        let paid = world.send_l1(ALICE, world.rollup.address, U256::ZERO, pay.clone());
        let again = world.send_l1(ALICE, world.rollup.address, U256::ZERO, pay);
        world.mine_l1(1);
        assert_eq!((world.l1_success(paid), world.l1_success(again)), (Some(true), Some(false)));
    }
    assert_eq!(evm::balance(&l1, carol), before + ether(7));
    let balance = DevToken::balanceOfCall { account: carol };
    assert_eq!(evm::view(&l1, token, balance), ether(2));

    // The operator comes back, follows, and goes on.
    world.op.sync().await;
    crate::common::world::same_chain(&world.op.l2, &{
        stranger.sync().await;
        stranger.l2.clone()
    });
    world.build(1);
    world.batch_all().await;
    let l2_token = evm::view(world.op.chain(), L2_TOKEN_BRIDGE, L2TokenBridge::l2TokenOfCall { l1Token: token });
    assert_eq!(evm::view(world.op.chain(), l2_token, DevToken::balanceOfCall { account: alice }), ether(3));
    world.check_full_node().await;
}

#[tokio::test]
async fn batcher_that_was_down_for_longer_than_the_window_catches_up() {
    let mut world = World::with(Setup { inclusion_window: 20, ..Setup::default() }).await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    let mut promised = Vec::new();
    for round in 0..80 {
        world.mine_l1(1);
        world.op.sync().await;
        promised.push(world.op.transfer(&world.key(ALICE), world.account(BOB), U256::from(round)));
        // Far more than one payload holds.
        for _ in 0..2 {
            world.op.call(&world.key(ALICE), world.account(BOB), U256::ZERO, noise(round, 4_000));
        }
        world.build(1);
    }
    world.batch_all().await;
    assert!(world.op.ledger.last_batch().unwrap() >= 3);
    for hash in promised {
        assert!(world.op.receipt(hash).unwrap().success);
    }
    let last = world.op.ledger.last_batch().unwrap();
    assert!((1..=last).all(|n| world.op.ledger.expect_batch(n).unwrap().payload_valid));
    world.check_full_node().await;
}

#[tokio::test]
async fn blocks_that_no_batch_can_save_are_given_up_and_their_transactions_are_not() {
    let setup = Setup { inclusion_window: 20, ..Setup::default() };
    assert_eq!(batches_given_up_after_a_silence(setup, true).await, 1);
}

/// Blocks that no batch has, of more than one batch holds, then everything is submitted. All that was promised comes true.
async fn batches_given_up_after_a_silence(setup: Setup, with_deposits: bool) -> usize {
    let mut world = World::with(setup).await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    let mut promised = Vec::new();
    for round in 0..60 {
        if with_deposits {
            world.deposit(BOB, ether(1), world.account(CAROL), &[]);
        }
        world.mine_l1(1);
        world.op.sync().await;
        promised.push(world.op.transfer(&world.key(ALICE), world.account(BOB), U256::from(round)));
        for _ in 0..2 {
            world.op.call(&world.key(ALICE), world.account(BOB), U256::ZERO, noise(round, 4_000));
        }
        world.build(1);
    }
    for _ in 0..10 {
        world.advance_time(30);
        world.op.batch().await;
        world.op.propose().await;
        world.mine_l1(1);
        world.op.sync().await;
        world.build(1);
    }
    world.batch_all().await;
    for hash in promised {
        assert!(world.op.receipt(hash).unwrap().success);
    }
    world.check_full_node().await;
    let last = world.op.ledger.last_batch().unwrap();
    (1..=last).filter(|n| !world.op.ledger.expect_batch(*n).unwrap().payload_valid).count()
}

/// However long nothing came, the chain goes on today: with what was promised, where it fits, and not in the past.
#[tokio::test]
async fn silence_of_a_week_ends_with_a_block_of_today() {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    world.batch_all().await;
    let promised = world.op.transfer(&world.key(ALICE), world.account(BOB), U256::ONE);
    world.build(1);
    let tip = world.op.ledger.tip().unwrap();
    world.advance_time(7 * 86_400);
    world.mine_l1(2);
    world.op.sync().await;
    assert!(!world.op.batch().await, "L1 would refuse it");
    let messages = world.op.ledger.queue_length().unwrap();
    let batch = |timestamp: u64| {
        let header = BatchHeader {
            batchNumber: U256::from(tip.number + 1),
            parentBatchHash: tip.batch_hash,
            stateRoot: Default::default(),
            transactionRoot: Default::default(),
            receiptRoot: Default::default(),
            timestamp: U256::from(timestamp),
            l1BlockNumber: U256::from(world.l1_number() - 1),
            sequencer: Address::ZERO,
            signature: Bytes::new(),
        };
        let accumulator = world.op.ledger.accumulator(messages).unwrap();
        let data = BatchData { accumulator, trace: Bytes::new(), payload: Bytes::new() }.encode();
        world.send_l1(OPERATOR, world.rollup.address, U256::ZERO, signed(&world, header, data, OPERATOR))
    };
    let late = batch(world.seconds() - world.setup.fallback_window - 601);
    world.mine_l1(1);
    assert_eq!(world.l1_success(late), Some(false));
    world.op.sync().await;
    world.build(1);
    world.batch_all().await;
    assert!(world.op.receipt(promised).unwrap().success);
    let now = world.op.ledger.tip().unwrap();
    assert!(now.payload_valid && now.number == tip.number + 1, "one batch has it all");
    assert!(now.timestamp + world.setup.fallback_window > world.seconds());
    world.check_full_node().await;
}

/// More than one batch holds, from before the window: it is made again, later.
#[tokio::test]
async fn blocks_that_are_too_late_are_given_up_and_their_transactions_are_not() {
    let setup = Setup { fallback_window: 300, ..Setup::default() };
    assert!(batches_given_up_after_a_silence(setup, false).await > 0);
}

fn noise(seed: u64, bytes: usize) -> Bytes {
    let mut rng = crate::common::Rng(seed);
    (0..bytes).map(|_| rng.next() as u8).collect()
}
