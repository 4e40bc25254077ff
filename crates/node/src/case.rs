//! A claim on L1 beside the true run of its batch.

use crate::NodeError;
use crate::ledger::BatchRecord;
use crate::rollup::{Rollup, fault_module};
use alloy_primitives::U256;
use alloy_sol_types::SolEvent;
use lux_dispute::{Dispute, Judge, NextMove};
use lux_l1::L1Client;
use lux_protocol::contracts::IRollupDisputes::TraceRevealed;

/// A batch and the dispute about the claim that L1 holds about it.
pub struct Case {
    pub record: BatchRecord,
    pub dispute: Dispute,
}

impl Case {
    /// What is next in the dispute, as L1 stands; `None` when the claim is true in all its parts.
    pub async fn next_move(&mut self, l1: &L1Client, rollup: &Rollup) -> Result<Option<NextMove>, NodeError> {
        let judge = judge(l1, rollup, self.record.number).await?;
        Ok(self.dispute.next_move(&judge).await?)
    }
}

/// The contracts that decide about the claim about a batch.
pub async fn judge(l1: &L1Client, rollup: &Rollup, batch: u64) -> Result<Judge, NodeError> {
    Ok(Judge {
        chain: l1.clone(),
        module: fault_module(l1, rollup.address).await?,
        holder: rollup.address,
        revealed_event: TraceRevealed::SIGNATURE_HASH,
        subject: U256::from(batch).into(),
        first_block: rollup.genesis_l1_block,
    })
}
