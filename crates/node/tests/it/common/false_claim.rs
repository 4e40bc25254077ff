//! A claimant who lies, and answers questions with more lies.

use super::World;
use super::dispute::WRONG;
use super::world::BOB;
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolValue;
use lux_node::BatchRecord;
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::IRollupDisputes::revealTraceCall;

/// Bob's claim about batch 1, and his states.
pub struct FalseClaim {
    pub trace: ClaimTrace,
    pub states: Vec<B256>,
    pub batch: BatchRecord,
}

impl FalseClaim {
    /// Makes the claim that the run leaves the true one after chunk `at`.
    pub async fn make(world: &mut World, stride: usize, at: usize) -> Self {
        let mut states = world.states(1).await;
        assert!(states.len() > 2 * stride && at < states.len());
        states[at..].fill(WRONG);
        let mut output = world.op.ledger.expect_batch(1).unwrap().output();
        output.state_root = WRONG;
        let trace = ClaimTrace::with_stride(&states, stride);
        world.claim(BOB, 1, output, &trace, "a false claim");
        world.op.sync().await;
        let batch = world.op.ledger.expect_batch(1).unwrap();
        assert_eq!(batch.claimed(), output);
        Self { trace, states, batch }
    }

    /// Bob's answer. Without padding behind the states: L1 takes that too.
    pub fn reveal(&self, world: &World, segment: usize) {
        let chunks = self.trace.segment(segment);
        let inside = self.states[chunks.start..chunks.end - 1].concat();
        let length = inside.len();
        let mut checkpoints = (self.trace.opening(), Bytes::from(inside)).abi_encode_params();
        checkpoints.truncate(5 * 32 + length);
        let call =
            revealTraceCall { batchNumber: U256::ONE, segment: U256::from(segment), checkpoints: checkpoints.into() };
        world.act(BOB, call, "an answer");
    }
}
