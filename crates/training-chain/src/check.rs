//! Whether a claim about public updates is true.

use crate::ChainError;
use crate::board::ChainBoard;
use crate::claims::{aggregate_program_id, fetch, run_natively, run_on_machine};
use crate::run::{Proof, RunView};
use lux_dispute::{ClaimedRun, Dispute};
use lux_federated::aggregate_program;
use lux_protocol::ClaimTrace;
use lux_training::program::{Round, claim_input};

/// A claim that can be read.
pub(crate) struct Suspect {
    pub round: Round,
    pub outcome: lux_federated::RoundOutcome,
    trace: ClaimTrace,
}

impl Suspect {
    pub fn read(run: &RunView) -> Option<Self> {
        let claim = run.claim.as_ref()?;
        let proof = Proof::decode(&claim.proof)?;
        let round = Round::decode(&claim.description).ok()?;
        Some(Self { round, outcome: claim.outcome()?, trace: ClaimTrace::decode(&proof.evidence).ok()? })
    }
}

impl ChainBoard {
    /// Whether the output is what the program gives, natively.
    pub(crate) async fn is_true(&self, run: &RunView, suspect: &Suspect) -> Result<bool, ChainError> {
        fetch(&self.blobs, run.weights, &suspect.round).await?;
        let found = run_natively(&self.blobs, run.weights, &suspect.round).await;
        match found {
            Ok(claimed) => Ok(claimed.output == suspect.outcome.output),
            // The program gives zero, and no claim has that.
            Err(ChainError::Federated(lux_federated::FederatedError::Claim(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The claim beside the true run of the machine.
    pub(crate) async fn dispute_of(&self, run: &RunView, suspect: &Suspect) -> Result<Dispute, ChainError> {
        fetch(&self.blobs, run.weights, &suspect.round).await?;
        let machine = run_on_machine(&self.blobs, run.weights, &suspect.round).await?;
        let input = claim_input(run.weights, suspect.outcome.round);
        let words = [aggregate_program_id(), input, suspect.outcome.output, suspect.trace.commitment()];
        let claim = self.contract.claim(self.id, run.attempt, words);
        let claimed = ClaimedRun::new(suspect.trace.clone(), suspect.outcome.output);
        Ok(Dispute::new(aggregate_program(), claim, claimed, machine.trace.checkpoints, machine.preimages))
    }
}
