//! Whether a delivered result is true.

use crate::board::{Delivery, Offer};
use crate::library::flops_of;
use crate::malformed::Malformed;
use crate::run::{claimed_output, infer_program_id, run_natively, run_on_machine};
use crate::{ComputeError, DataError, Refusal, Shop};
use alloy_primitives::B256;
use lux_dispute::{ClaimedRun, Dispute, DisputeError, run_blocking};
use lux_machine::{RunError, Status};
use lux_models::{Witness, infer_program};
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::Claim;
use lux_protocol::market::EvidenceKind;
use std::sync::Arc;

/// What is found out about a result without the machine.
#[derive(Clone, Debug)]
pub enum Finding {
    /// The output is right.
    True,
    /// The machine has to say where the claim is wrong, or whether the trace is right too.
    Suspect(Box<Suspect>),
    /// Its worker was slashed for another result: nothing is paid for this one.
    Void,
}

/// A result to run on the machine.
#[derive(Clone, Debug)]
pub struct Suspect {
    pub claim: Claim,
    trace: ClaimTrace,
    data: Data,
    pub flops: u64,
    /// The output is another one than the worker says.
    pub is_wrong: bool,
}

#[derive(Clone, Debug)]
enum Data {
    /// With the output that the native run gave, if there was one.
    Sound(Option<B256>),
    Malformed(Malformed),
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
    let Some(proof) = delivery.proof.as_ref().filter(|proof| proof.kind != EvidenceKind::Validity) else {
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
    let loaded = match shop.fetch(offer, None).await? {
        Ok(()) => shop.library.load(offer).await,
        Err(Refusal::Data(error)) => Err(error),
        Err(other) => return Err(ComputeError::Config(other.to_string())),
    };
    let output = match loaded {
        Ok((model, input)) => run_natively(model, input).await.map(|output| claimed_output(output.as_deref())),
        // No native run takes such data. The program does.
        Err(error) if error.is_malformed() => {
            let Some(malformed) = shop.malformed(offer).await? else { return Err(error.into()) };
            tracing::info!(%task, reason = %error, "a result about data that have no output");
            let flops = malformed.flops;
            let data = Data::Malformed(malformed);
            return Ok(Finding::Suspect(Box::new(Suspect { claim, trace, data, flops, is_wrong: true })));
        }
        Err(error @ DataError::Unusable(_)) => Err(error.into()),
        Err(error) => return Err(error.into()),
    };
    // A model that native code fails on must not be one about which everything can be claimed.
    let output = output.inspect_err(|error| tracing::error!(%task, %error, "only the machine can judge this result"));
    let is_wrong = output.as_ref().map_or(true, |output| *output != delivery.output);
    if !is_wrong && !audit {
        return Ok(Finding::True);
    }
    let flops = flops_of(&shop.library.graph(offer.model).await?);
    let data = Data::Sound(output.ok());
    Ok(Finding::Suspect(Box::new(Suspect { claim, trace, data, flops, is_wrong })))
}

/// Runs a suspect on the machine, whose word counts: everything that a challenge needs, or nothing if the result is true.
pub async fn prove(shop: &Shop, offer: &Offer, suspect: Suspect) -> Result<Option<Dispute>, ComputeError> {
    let Suspect { claim, trace, data, .. } = suspect;
    let witness = match &data {
        Data::Sound(_) => {
            let (model, input) = shop.library.data(offer).await?;
            run_blocking::<_, ComputeError>(move || Ok(Witness::new(&model, &input))).await?
        }
        Data::Malformed(malformed) => shop.library.witness(malformed).await?,
    };
    let ran = run_on_machine(witness).await;
    let missing = matches!(&ran, Err(ComputeError::Dispute(DisputeError::Run(RunError::MissingPreimage(_)))));
    let (witness, run) = match &data {
        Data::Malformed(Malformed { lacks: Some(error), .. }) if missing => return Err(error.clone().into()),
        _ => ran?,
    };
    if let Data::Sound(Some(output)) = data
        && run.outcome != Status::Halted(output)
    {
        tracing::error!(claim = %witness.input, machine = ?run.outcome, native = %output, "please report this");
    }
    let claimed = ClaimedRun::new(trace, claim.output);
    let preimages = Arc::new(witness.preimages);
    let dispute = Dispute::new(infer_program(), claim, claimed, run.checkpoints, preimages);
    Ok(dispute.fault().is_some().then_some(dispute))
}
