//! Claims on L1, true and false, and what a watcher does about them.

use super::world::{OPERATOR, World};
use super::{Setup, ether, evm};
use crate::common::world::{ALICE, BOB};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_chain::pool::AccountState;
use lux_dispute::{NextMove, segment_move};
use lux_node::{BatchRecord, Disputes};
use lux_protocol::contracts::ILuxRollup::{challengeStateRootCall, proposeStateRootCall};
use lux_protocol::contracts::{BatchStatus, IRollupSettings, IRollupViews, ISequencerRegistry, Move};
use lux_protocol::{BatchOutput, ClaimTrace};

/// No state and no root is this.
pub const WRONG: B256 = B256::repeat_byte(0x66);

impl World {
    /// A rollup with fault proofs and batches of a few transfers that nobody has claimed anything about.
    pub async fn with_unclaimed_batches(setup: Setup, batches: u64) -> Self {
        let mut world = Self::with(Setup { fault_proofs: true, ..setup }).await;
        world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
        // Deployment is ahead of the clock by a second a transaction.
        world.mine_l1(10);
        world.op.sync().await;
        for _ in 0..batches {
            for _ in 0..2 {
                world.op.transfer_if_funded(&world.key(ALICE), world.account(BOB));
                world.build(1);
            }
            world.batch_all().await;
        }
        world
    }

    pub fn post_bond(&self, who: usize) {
        let bond = evm::view(&self.devnet.chain(), self.rollup.registry, ISequencerRegistry::requiredBondCall {});
        self.send_l1(who, self.rollup.registry, bond, ISequencerRegistry::postBondCall {}.abi_encode());
        self.mine_l1(1);
    }

    pub fn has_bond(&self, who: usize) -> bool {
        let call = ISequencerRegistry::hasBondCall { account: self.account(who) };
        evm::view(&self.devnet.chain(), self.rollup.registry, call)
    }

    pub fn status(&self, batch: u64) -> BatchStatus {
        let call = IRollupViews::getBatchStatusCall { batchNumber: U256::from(batch) };
        evm::view(&self.devnet.chain(), self.rollup.address, call)
    }

    /// What judges challenges.
    pub fn fault_module(&self) -> Address {
        let l1 = self.devnet.chain();
        let settings = evm::view(&l1, self.rollup.address, IRollupViews::settingsCall {});
        evm::view(&l1, settings, IRollupSettings::evidenceCall { kind: 0 })
    }

    /// Sends a call to the rollup that succeeds.
    pub fn act(&self, from: usize, call: impl SolCall, what: &str) {
        let hash = self.send_l1(from, self.rollup.address, U256::ZERO, call.abi_encode());
        self.mine_l1(1);
        assert_eq!(self.l1_success(hash), Some(true), "{what}");
    }

    /// A claim by somebody with a bond.
    pub fn claim(&self, who: usize, batch: u64, output: BatchOutput, trace: &ClaimTrace, what: &str) {
        let proof = (output.transaction_root, output.receipt_root, trace.encode()).abi_encode_params().into();
        let call = proposeStateRootCall { batchNumber: U256::from(batch), stateRoot: output.state_root, proof };
        self.act(who, call, what);
    }

    pub fn challenge_call(&self, batch: u64, proof: Bytes) -> challengeStateRootCall {
        challengeStateRootCall { batchNumber: U256::from(batch), fraudProof: proof }
    }

    pub fn ask(&self, who: usize, batch: u64, trace: &ClaimTrace, segment: usize) {
        let proof = segment_move(Move::RequestSegment, trace, segment);
        self.act(who, self.challenge_call(batch, proof), "a question");
        assert_eq!(self.status(batch), BatchStatus::Challenged);
    }

    /// The true states after the chunks of a batch.
    pub async fn states(&self, batch: u64) -> Vec<B256> {
        let prover = self.op.node.prover();
        prover.trace(&prover.batch(batch).await.unwrap()).await.unwrap().checkpoints
    }

    /// What a challenger of the claim that L1 holds does next.
    pub async fn next_move(&self, batch: u64) -> Option<NextMove> {
        let prover = self.op.node.prover();
        prover.next_move(&mut prover.case(batch).await.unwrap()).await.unwrap()
    }

    pub async fn disproof(&self, batch: u64) -> Bytes {
        match self.next_move(batch).await {
            Some(NextMove::Disprove { proof, .. }) => proof,
            other => panic!("{other:?}"),
        }
    }

    /// The operator's watcher.
    pub fn disputes(&self) -> Disputes {
        self.op.node.disputes(Some(self.op.transactions.clone()))
    }

    /// The watcher does all it can before L1 has another block.
    pub async fn watch(&mut self, disputes: &mut Disputes) {
        self.op.sync().await;
        disputes.step().await.unwrap();
        while disputes.is_running() {
            disputes.run_ends().await;
            disputes.step().await.unwrap();
        }
    }

    /// Lets the watcher and L1 go on until a batch is rejected.
    pub async fn watch_until_rejected(&mut self, disputes: &mut Disputes, batch: u64, what: &str) {
        for _ in 0..8 {
            self.watch(disputes).await;
            self.mine_l1(1);
            if self.status(batch) == BatchStatus::Rejected {
                return;
            }
        }
        panic!("{what}: batch {batch} was not rejected");
    }

    /// Number of L1 transactions of the operator.
    pub fn operator_nonce(&self) -> u64 {
        self.devnet.chain().nonce_and_balance(self.account(OPERATOR)).unwrap().0
    }

    /// The operator submits again what was rejected, and its claim about it stands.
    pub async fn honest_claim_follows(&mut self, disputes: &mut Disputes, batch: u64) -> BatchRecord {
        self.op.sync().await;
        self.build(1);
        self.batch_all().await;
        assert!(self.op.propose().await);
        self.mine_l1(1);
        self.watch(disputes).await;
        assert_eq!(disputes.open().count(), 0);
        assert_eq!(self.status(batch), BatchStatus::Proposed);
        self.op.ledger.expect_batch(batch).unwrap()
    }
}
