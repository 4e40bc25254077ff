//! A claim on L1 beside the true run of its batch.

use crate::NodeError;
use crate::disproof::{ClaimedRun, Fault};
use crate::ledger::BatchRecord;
use crate::program::stf_program;
use crate::prover::{blocking, preimages, run_failed};
use crate::rollup::Rollup;
use crate::segments::revealed_states;
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolValue;
use lux_l1::L1Client;
use lux_protocol::contracts::{Claim, Disproof};
use lux_stf::program::BatchWitness;
use std::sync::Arc;

/// Everything that a dispute about a claim needs. It took a run to make: keep it while the dispute lasts.
pub struct Case {
    pub record: BatchRecord,
    /// As L1 holds it.
    pub claim: Claim,
    pub claimed: ClaimedRun,
    /// State after each chunk of the true run.
    states: Vec<B256>,
    witness: Arc<BatchWitness>,
}

impl Case {
    pub fn new(
        record: BatchRecord,
        claim: Claim,
        claimed: ClaimedRun,
        states: Vec<B256>,
        witness: BatchWitness,
    ) -> Self {
        Self { record, claim, claimed, states, witness: Arc::new(witness) }
    }

    /// What is wrong with the claim.
    pub fn fault(&self) -> Option<Fault> {
        self.claimed.fault(&self.states)
    }

    /// Reads what the claimant revealed about a segment that is the fault, and tells which of its chunks is wrong.
    pub async fn learn(
        &mut self,
        l1: &L1Client,
        rollup: &Rollup,
        index: usize,
        root: B256,
    ) -> Result<Option<usize>, NodeError> {
        let number = self.record.number;
        let states = revealed_states(l1, rollup, number, index, root).await?;
        self.claimed.revealed.insert(index, states);
        match self.fault() {
            Some(Fault::Chunk(chunk)) => Ok(Some(chunk)),
            Some(Fault::Segment(_)) => Err(NodeError::Untrusted(format!("revealed states of batch {number}"))),
            None => Ok(None),
        }
    }

    /// Runs a chunk that is the fault.
    pub async fn disprove(&self, chunk: usize) -> Result<Disproof, NodeError> {
        let (claimed, witness) = (self.claimed.clone(), self.witness.clone());
        blocking(move || {
            let mut host = preimages(&witness);
            claimed.disprove(stf_program(), witness.input, &mut host, chunk).map_err(run_failed)
        })
        .await
    }

    /// Argument of `revealTrace`: the true states inside a segment.
    pub fn answer(&self, segment: usize) -> Bytes {
        let chunks = self.claimed.trace.segment(segment);
        let inside = self.states.get(chunks.start..chunks.end.saturating_sub(1)).unwrap_or_default();
        (self.claimed.trace.opening(), Bytes::from(inside.concat())).abi_encode_params().into()
    }
}
