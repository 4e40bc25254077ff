//! Whether a delivered result is true.

use crate::board::{Delivery, Offer};
use crate::library::flops_of;
use crate::run::{claimed_output, infer_program_id, run_natively, run_on_machine};
use crate::{ComputeError, Shop};
use alloy_primitives::B256;
use lux_dispute::{ClaimedRun, Dispute};
use lux_models::infer_program;
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::Claim;
use lux_protocol::market::EvidenceKind;
use std::sync::Arc;

/// What a native run says about a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The output is right.
    True,
    /// The machine has to say where the claim is wrong, or whether the trace is right too.
    Suspect(Box<Suspect>),
    /// Its worker was slashed for another result: nothing is paid for this one.
    Void,
}

/// A result to run on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    pub claim: Claim,
    trace: ClaimTrace,
    /// What the program gives.
    output: B256,
    pub flops: u64,
    /// The output is another one than the worker says.
    pub is_wrong: bool,
}

/// Computes a task again, natively. With `audit`, a result with the right output is suspect too.
pub async fn check(
    shop: &Shop,
    task: B256,
    offer: &Offer,
    delivery: &Delivery,
    audit: bool,
) -> Result<Finding, ComputeError> {
    if shop.market.account(delivery.worker).await?.isSlashed {
        return Ok(Finding::Void);
    }
    let Some(proof) = delivery.proof.as_ref().filter(|proof| proof.kind == EvidenceKind::Fault) else {
        return Err(ComputeError::Config("a result with evidence that this version does not know".into()));
    };
    let trace = ClaimTrace::decode(&proof.evidence);
    let trace = trace.map_err(|error| ComputeError::Config(format!("a result's trace: {error}")))?;
    let claim = shop.market.claim(task, proof.input, trace.commitment()).await?;
    if claim.program != infer_program_id() {
        return Err(ComputeError::Config(format!(
            "the result is about the program {}; this version has {}",
            claim.program,
            infer_program_id()
        )));
    }
    shop.fetch(offer, None).await?.map_err(|refusal| match refusal {
        crate::Refusal::Data(error) => ComputeError::Data(error),
        other => ComputeError::Config(other.to_string()),
    })?;
    let (model, input) = shop.library.load(offer).await?;
    let flops = flops_of(&model.bundle.model);
    let output = run_natively(model, input).await?;
    let output = claimed_output(output.as_deref());
    let is_wrong = output != delivery.output;
    if !is_wrong && !audit {
        return Ok(Finding::True);
    }
    Ok(Finding::Suspect(Box::new(Suspect { claim, trace, output, flops, is_wrong })))
}

/// Runs a suspect on the machine: everything that a challenge needs, or nothing if the result is true.
pub async fn prove(shop: &Shop, offer: &Offer, suspect: Suspect) -> Result<Option<Dispute>, ComputeError> {
    let (model, input) = shop.library.load(offer).await?;
    let (witness, run) = run_on_machine(model, input, suspect.output).await?;
    let claimed = ClaimedRun::new(suspect.trace, suspect.claim.output);
    let preimages = Arc::new(witness.preimages);
    let dispute = Dispute::new(infer_program(), suspect.claim, claimed, run.checkpoints, preimages);
    Ok(dispute.fault().is_some().then_some(dispute))
}
