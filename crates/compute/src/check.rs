//! Whether a delivered result is true.

use crate::board::{Delivery, Offer};
use crate::run::{claimed_output, infer_program_id, run_natively, run_on_machine};
use crate::{ComputeError, Shop};
use alloy_primitives::B256;
use lux_dispute::{ClaimedRun, Dispute};
use lux_models::infer_program;
use lux_protocol::ClaimTrace;
use lux_protocol::market::{EvidenceKind, ResultProof};
use std::sync::Arc;

/// What a check came to.
pub enum Verdict {
    True,
    /// Everything that a challenge needs.
    False(Box<Dispute>),
}

/// The trace of a result with fault-proof evidence.
fn trace_of(proof: &ResultProof) -> Result<ClaimTrace, ComputeError> {
    ClaimTrace::decode(&proof.evidence).map_err(|error| ComputeError::Config(format!("a result's trace: {error}")))
}

/// Computes a task again. With `audit`, a result with the right output is checked for its trace too.
pub async fn check(
    shop: &Shop,
    task: B256,
    offer: &Offer,
    delivery: &Delivery,
    audit: bool,
) -> Result<Verdict, ComputeError> {
    let Some(proof) = delivery.proof.as_ref().filter(|proof| proof.kind == EvidenceKind::Fault) else {
        return Err(ComputeError::Config("a result with evidence that this version does not know".into()));
    };
    let trace = trace_of(proof)?;
    let (model, input) = shop.data(offer).await?;
    let output = run_natively(model.clone(), input.clone()).await?;
    let output = claimed_output(output.as_deref());
    if output == delivery.output && !audit {
        return Ok(Verdict::True);
    }
    let claim = shop.market.claim(task, proof.input, trace.commitment()).await?;
    if claim.program != infer_program_id() {
        return Err(ComputeError::Config(format!(
            "the result is about the program {}; this version has {}",
            claim.program,
            infer_program_id()
        )));
    }
    let (witness, run) = run_on_machine(model, input, output).await?;
    let claimed = ClaimedRun::new(trace, delivery.output);
    let dispute = Dispute::new(infer_program(), claim, claimed, run.checkpoints, Arc::new(witness.preimages));
    Ok(if dispute.fault().is_some() { Verdict::False(Box::new(dispute)) } else { Verdict::True })
}
