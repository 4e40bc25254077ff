//! L1 reorganises, shallow and deep, at every phase of a batch.

use crate::common::world::same_chain;
use crate::common::world::{ALICE, BOB, CAROL};
use crate::common::{FullNode, Rng, Setup, World, ether, evm};
use alloy_primitives::{B256, U256};
use lux_devnet::ReorgTransactions;
use lux_protocol::contracts::IRollupViews::lastFinalizedCall;

const KINDS: [ReorgTransactions; 3] =
    [ReorgTransactions::Return, ReorgTransactions::Reinclude, ReorgTransactions::Forget];

struct Run {
    world: World,
    rng: Rng,
    promised: Vec<B256>,
    /// Looks at L1 now and then.
    follower: FullNode,
}

impl Run {
    async fn new(setup: Setup, seed: u64) -> Self {
        let mut world = World::with(setup).await;
        world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
        world.mine_l1(2);
        world.op.sync().await;
        world.build(1);
        world.batch_all().await;
        world.mine_l1(66);
        world.op.sync().await;
        let follower = world.full_node().await;
        Self { world, rng: Rng(seed), promised: Vec::new(), follower }
    }

    fn transact(&mut self) {
        let world = &self.world;
        for _ in 0..self.rng.below(4) {
            self.promised.push(world.op.transfer(&world.key(ALICE), world.account(BOB), U256::ONE));
        }
    }

    /// Goes through the life of a batch up to `phase`.
    async fn advance_to(&mut self, phase: u64) {
        for step in 0..=phase {
            match step {
                0 => drop(self.world.deposit(BOB, ether(1), self.world.account(CAROL), &[])),
                1 => self.world.mine_l1(1 + self.rng.below(3)),
                2 => self.world.op.sync().await,
                3 => {
                    self.transact();
                    self.world.build(2);
                    self.world.mine_l1(1);
                    self.world.op.sync().await;
                    self.transact();
                    self.world.build(3);
                }
                4 => {
                    self.world.advance_time(30);
                    while self.world.op.batch().await {}
                }
                5 => self.world.mine_l1(1),
                6 => {
                    self.world.op.sync().await;
                    self.world.build(1);
                }
                7 => {
                    self.world.mine_l1(2);
                    self.world.op.sync().await;
                    self.world.op.batch().await;
                }
                _ => {
                    self.world.mine_l1(self.rng.below(70));
                    self.world.op.sync().await;
                    self.world.op.propose().await;
                    self.world.mine_l1(1);
                    self.world.op.sync().await;
                }
            }
        }
    }

    async fn settle(&mut self, context: &str) {
        self.world.op.sync().await;
        self.world.build(1);
        self.world.op.sync().await;
        self.world.build(1);
        self.world.batch_all().await;
        for hash in &self.promised {
            let receipt = self.world.op.receipt(*hash);
            assert!(receipt.is_some_and(|receipt| receipt.success), "{context}: transaction {hash} is lost");
        }
        let last = self.world.op.ledger.last_batch().unwrap();
        for number in 1..=last {
            let batch = self.world.op.ledger.expect_batch(number).unwrap();
            assert!(batch.payload_valid && !batch.is_claim_false(), "{context}: {batch:?}");
        }
        let finalized = evm::view(&self.world.devnet.chain(), self.world.rollup.address, lastFinalizedCall {});
        assert_eq!(U256::from(self.world.op.ledger.finalized_batch().unwrap()), finalized, "{context}");
        if self.rng.below(2) == 0 {
            self.follower.sync().await;
            same_chain(&self.world.op.l2, &self.follower.l2);
        }
    }
}

#[tokio::test]
async fn every_phase_survives_reorgs_of_every_depth() {
    depths(Setup::default(), 1, 1).await;
}

#[tokio::test]
async fn with_one_batch_at_a_time_and_no_distance_to_the_head() {
    depths(Setup { max_in_flight: 1, l1_confirmations: 0, ..Setup::default() }, 2, 4).await;
}

#[tokio::test]
async fn with_more_confirmations() {
    depths(Setup { tx_confirmations: 3, l1_confirmations: 3, ..Setup::default() }, 3, 4).await;
}

/// Every `stride`-th depth up to 64, in random order.
async fn depths(setup: Setup, seed: u64, stride: usize) {
    let seed = std::env::var("LUX_TEST_SEED").map_or(seed, |seed| seed.parse().unwrap());
    let mut run = Run::new(Setup { inclusion_window: 1_000, ..setup }, seed).await;
    let mut depths: Vec<u64> = (1..=64).rev().step_by(stride).collect();
    for index in (1..depths.len()).rev() {
        depths.swap(index, run.rng.below(index as u64 + 1) as usize);
    }
    for (round, depth) in depths.into_iter().enumerate() {
        let phase = round as u64 % 9;
        if run.rng.below(2) == 0 {
            run.follower.sync().await;
        }
        let kind = KINDS[run.rng.below(3) as usize];
        let context = format!("round {round}: depth {depth} at phase {phase}, {kind:?}");
        run.advance_to(phase).await;
        let finalized = run.world.op.chain().finalized_number();
        run.world.reorg_l1(depth, kind);
        match run.rng.below(3) {
            0 => run.world.mine_l1(1),
            1 => run.world.build(1),
            // With a view of L1 that is out of date.
            _ => {
                run.world.advance_time(30);
                run.world.op.batch().await;
                run.world.op.propose().await;
            }
        }
        run.settle(&context).await;
        assert!(run.world.op.chain().finalized_number() >= finalized, "{context}: finality went back");
        if round % 8 == 7 {
            run.world.check_full_node().await;
        }
    }
    run.world.check_full_node().await;
    run.world.check_journal();
}

#[tokio::test]
async fn deeper_than_remembered_derives_from_the_start() {
    let mut run = Run::new(Setup::default(), 4).await;
    for round in 0..300 {
        run.world.mine_l1(1);
        run.world.op.sync().await;
        run.follower.sync().await;
        if round % 50 == 20 {
            run.world.deposit(BOB, ether(1), run.world.account(CAROL), &[]);
            run.transact();
            run.world.build(2);
            run.world.batch_all().await;
        }
    }
    run.world.reorg_l1(300, ReorgTransactions::Return);
    run.settle("deep").await;
    run.follower.sync().await;
    same_chain(&run.world.op.l2, &run.follower.l2);
    run.world.check_full_node().await;
}

#[tokio::test]
async fn transaction_survives_the_reorganisation_of_the_deposit_that_paid_for_it() {
    for kind in [ReorgTransactions::Return, ReorgTransactions::Reinclude] {
        let mut world = World::new().await;
        world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
        world.mine_l1(2);
        world.op.sync().await;
        world.build(1);
        let sent: Vec<B256> =
            (0..80).map(|_| world.op.transfer(&world.key(ALICE), world.account(BOB), U256::ONE)).collect();
        world.build(1);
        world.reorg_l1(3, kind);
        world.op.sync().await;
        assert_eq!(world.op.head(), 0);
        world.mine_l1(2);
        world.op.sync().await;
        world.build(1);
        world.op.sync().await;
        world.build(1);
        assert!(sent.iter().all(|hash| world.op.receipt(*hash).is_some_and(|receipt| receipt.success)));
        world.batch_all().await;
        world.check_full_node().await;
    }
}

#[tokio::test]
async fn batch_that_was_confirmed_and_is_gone_is_made_again() {
    let mut world = World::with(Setup { max_in_flight: 1, ..Setup::default() }).await;
    world.mine_l1(2);
    world.op.sync().await;
    world.build(2);
    world.advance_time(30);
    assert!(world.op.batch().await);
    world.mine_l1(1);
    world.op.batch().await;
    assert!(world.op.transactions.unfinished().is_empty(), "the batch is confirmed");
    world.reorg_l1(1, ReorgTransactions::Forget);
    world.batch_all().await;
    world.check_full_node().await;
    world.check_journal();
}
