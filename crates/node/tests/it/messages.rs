//! Messages from L2 to L1: proofs, execution once, payment once.

use crate::common::contracts;
use crate::common::world::{ALICE, CAROL, STRANGER, quick};
use crate::common::{World, ether, evm};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lux_devnet::{Mining, ReorgTransactions};
use lux_l1::{MemoryJournal, TxManager};
use lux_node::{SentMessage, message_proof, sent_in_transaction, withdrawal_calls};
use lux_protocol::constants::{FEE_VAULT, L2_MESSAGE_BRIDGE, L2_TOKEN_BRIDGE};
use lux_protocol::contracts::IL2TokenBridge::withdrawCall;
use lux_protocol::contracts::IMessageBridge::{relayMessageFromL2Call, sendMessageToL1Call};
use std::sync::Arc;

struct Scene {
    world: World,
    /// Counts its calls, on L1.
    counter: Address,
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::new().await;
        let counter = world.create_l1(ALICE, contracts::counter());
        world.deposit(ALICE, ether(100), world.account(ALICE), &[]);
        world.mine_l1(2);
        world.op.sync().await;
        world.build(1);
        world.batch_all().await;
        Self { world, counter }
    }

    fn message(&self) -> B256 {
        let call = sendMessageToL1Call { target: self.counter, data: vec![1, 2, 3].into() };
        self.world.op.call(&self.world.key(ALICE), L2_MESSAGE_BRIDGE, U256::ZERO, call.abi_encode())
    }

    fn withdrawal(&self, amount: U256) -> B256 {
        let call = withdrawCall { l1Token: Address::ZERO, amount, recipient: self.world.account(CAROL) };
        self.world.op.call(&self.world.key(ALICE), L2_TOKEN_BRIDGE, amount, call.abi_encode())
    }

    /// Everything so far becomes final.
    async fn finalize(&mut self) {
        self.world.batch_all().await;
        self.world.advance_time(self.world.setup.challenge_period);
        self.world.mine_l1(1);
        while self.world.op.ledger.finalized_batch().unwrap() < self.world.op.ledger.last_batch().unwrap() {
            self.world.op.propose().await;
            self.world.mine_l1(1);
            self.world.op.sync().await;
        }
    }

    fn sent(&self, transaction: B256) -> SentMessage {
        let mut sent = sent_in_transaction(self.world.op.chain(), transaction).unwrap().unwrap();
        assert_eq!(sent.len(), 1);
        sent.remove(0)
    }

    /// Whether L1 executes the message.
    fn relay(&self, sent: &SentMessage) -> bool {
        let (proof, _) = message_proof(self.world.op.chain(), &self.world.op.ledger, sent).unwrap().unwrap();
        let call = relayMessageFromL2Call { message: sent.message.clone(), proof };
        let hash = self.world.send_l1(ALICE, self.world.rollup.bridge, U256::ZERO, call.abi_encode());
        self.world.mine_l1(1);
        self.world.l1_success(hash).unwrap()
    }

    fn calls(&self) -> U256 {
        evm::storage(&self.world.devnet.chain(), self.counter, 0)
    }
}

#[tokio::test]
async fn every_message_of_a_batch_proves_and_executes_once() {
    let mut scene = Scene::new().await;
    let mut expected = 0u64;
    for count in [1u64, 2, 3, 7] {
        let mut sent = Vec::new();
        for n in 0..count {
            sent.push(scene.message());
            if n % 3 == 1 {
                scene.world.build(2);
            }
        }
        scene.world.build(2);
        let first = sent_in_transaction(scene.world.op.chain(), sent[0]).unwrap().unwrap();
        assert!(message_proof(scene.world.op.chain(), &scene.world.op.ledger, &first[0]).unwrap().is_none());
        scene.finalize().await;
        let batches: std::collections::BTreeSet<u64> = sent
            .iter()
            .map(|hash| {
                let sent = scene.sent(*hash);
                message_proof(scene.world.op.chain(), &scene.world.op.ledger, &sent).unwrap().unwrap().1.number
            })
            .collect();
        assert_eq!(batches.len(), 1, "all in one batch");
        for hash in sent.into_iter().rev() {
            let message = scene.sent(hash);
            assert!(scene.relay(&message));
            assert!(!scene.relay(&message), "a second time");
            expected += 1;
            assert_eq!(scene.calls(), U256::from(expected));
        }
    }
}

#[tokio::test]
async fn proof_of_one_message_proves_no_other() {
    let mut scene = Scene::new().await;
    let (one, two) = (scene.message(), scene.message());
    scene.world.build(1);
    scene.finalize().await;
    let (one, two) = (scene.sent(one), scene.sent(two));
    let (proof, _) = message_proof(scene.world.op.chain(), &scene.world.op.ledger, &one).unwrap().unwrap();
    let call = relayMessageFromL2Call { message: two.message.clone(), proof };
    let hash = scene.world.send_l1(ALICE, scene.world.rollup.bridge, U256::ZERO, call.abi_encode());
    scene.world.mine_l1(1);
    assert_eq!(scene.world.l1_success(hash), Some(false));
    assert!(scene.relay(&two));
}

#[tokio::test]
async fn withdrawal_is_paid_once_and_not_before_it_is_final() {
    let mut scene = Scene::new().await;
    let withdrawn = scene.withdrawal(ether(7));
    scene.world.build(1);
    scene.world.batch_all().await;
    let sent = scene.sent(withdrawn);
    let (proof, _) = message_proof(scene.world.op.chain(), &scene.world.op.ledger, &sent).unwrap().unwrap();
    let (prove, pay) = withdrawal_calls(&sent, proof.clone(), Address::ZERO, ether(7));
    let (more, _) = withdrawal_calls(&sent, proof, Address::ZERO, ether(8));
    let send = |call: &[u8]| {
        let hash = scene.world.send_l1(ALICE, scene.world.rollup.address, U256::ZERO, call.to_vec());
        scene.world.mine_l1(1);
        scene.world.l1_success(hash).unwrap()
    };
    let carol = || evm::balance(&scene.world.devnet.chain(), scene.world.account(CAROL));
    let before = carol();
    assert!(!send(&more), "another amount");
    assert!(send(&prove));
    assert!(!send(&prove), "twice");
    assert!(!send(&pay), "before it is final");
    scene.finalize().await;
    let send = |call: &[u8]| {
        let hash = scene.world.send_l1(ALICE, scene.world.rollup.address, U256::ZERO, call.to_vec());
        scene.world.mine_l1(1);
        scene.world.l1_success(hash).unwrap()
    };
    assert!(send(&pay));
    assert!(!send(&pay), "a second payment");
    assert_eq!(evm::balance(&scene.world.devnet.chain(), scene.world.account(CAROL)), before + ether(7));
}

#[tokio::test]
async fn relayer_carries_everything_out_once() {
    let mut scene = Scene::new().await;
    for n in 1..=3 {
        scene.message();
        scene.withdrawal(ether(n));
        scene.world.build(1);
    }
    // Goes to the treasury.
    let fees = scene.world.op.balance(FEE_VAULT);
    assert!(!fees.is_zero());
    let collect = alloy_primitives::keccak256("withdraw()")[..4].to_vec();
    let collected = scene.world.op.call(&scene.world.key(ALICE), FEE_VAULT, U256::ZERO, collect);
    scene.world.build(1);
    assert!(scene.world.op.receipt(collected).unwrap().success);
    scene.finalize().await;
    let before = evm::balance(&scene.world.devnet.chain(), scene.world.account(CAROL));
    scene.world.devnet.set_mining(Mining::Automine).unwrap();
    let journal = Arc::new(MemoryJournal::default());
    for _ in 0..2 {
        let (client, wallet) = (scene.world.client.clone(), scene.world.wallet(STRANGER));
        let manager = TxManager::open(client, wallet, journal.clone(), quick(1), scene.world.clock()).await.unwrap();
        let relayer = scene.world.op.node.relayer(Arc::new(manager));
        while relayer.step().await.unwrap() {}
        assert_eq!(scene.calls(), U256::from(3));
        assert_eq!(evm::balance(&scene.world.devnet.chain(), scene.world.account(CAROL)), before + ether(6));
    }
}

#[tokio::test]
async fn relayer_waits_when_l1_takes_a_finalisation_back() {
    let mut scene = Scene::new().await;
    scene.message();
    scene.world.build(1);
    scene.finalize().await;
    let last = scene.world.op.ledger.finalized_batch().unwrap();
    scene.world.reorg_l1(1, ReorgTransactions::Forget);
    scene.world.op.sync().await;
    assert_eq!(scene.world.op.ledger.finalized_batch().unwrap(), last - 1);
    let (client, wallet) = (scene.world.client.clone(), scene.world.wallet(STRANGER));
    let journal = Arc::new(MemoryJournal::default());
    let manager = TxManager::open(client, wallet, journal, quick(1), scene.world.clock()).await.unwrap();
    let relayer = scene.world.op.node.relayer(Arc::new(manager));
    while relayer.step().await.unwrap() {}
    scene.finalize().await;
    scene.world.devnet.set_mining(Mining::Automine).unwrap();
    while relayer.step().await.unwrap() {}
    assert_eq!(scene.calls(), U256::ONE);
}
