//! Claims about aggregates of public updates: how they are made, and how they are checked.

use crate::ChainError;
use crate::board::ChainBoard;
use crate::contract::FAULT;
use crate::error::board_error;
use crate::run::{Proof, RunView};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use lux_dispute::run_blocking;
use lux_federated::{BoardError, Claimed, Exchange, Phase, RoundOutcome, aggregate_program, run_claim};
use lux_inference::blob;
use lux_machine::{Program, Status, Trace, trace};
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::training::ITraining::aggregateGradientsCall;
use lux_protocol::training::{FederatedUpdate, WorkerContribution};
use lux_protocol::{ClaimTrace, payload_commitment};
use lux_training::program::{MAX_ROUND_BYTES, Round};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// Chunks after which a run is given up.
const MAX_CHUNKS: u64 = 1 << 31;

/// Identity of the program of aggregates on the chains.
pub fn aggregate_program_id() -> B256 {
    static ID: LazyLock<B256> = LazyLock::new(|| lux_executor::program_id(aggregate_program()));
    *ID
}

/// What the machine made of a claim's input.
pub(crate) struct MachineRun {
    pub preimages: Arc<HashMap<B256, Bytes>>,
    pub trace: Trace,
}

/// Makes sure that all of a round is in the store.
pub(crate) async fn fetch(blobs: &Exchange, weights: B256, round: &Round) -> Result<(), ChainError> {
    let limit = round.update_bytes();
    let all = || round.contributions.iter().map(|contribution| contribution.update).chain([weights]);
    blobs.prefetch(all().map(|blob| (blob, limit)));
    for blob in all() {
        blobs.get(blob, limit).await?;
    }
    Ok(())
}

/// The round natively; its blobs are in the store.
pub(crate) async fn run_natively(blobs: &Exchange, weights: B256, round: &Round) -> Result<Claimed, ChainError> {
    Ok(run_claim(blobs, weights, round).await?)
}

/// The round on the machine. Takes as much memory as all of its updates.
pub(crate) async fn run_on_machine(blobs: &Exchange, weights: B256, round: &Round) -> Result<MachineRun, ChainError> {
    let mut preimages: HashMap<B256, Bytes> = HashMap::new();
    let mut add = |bytes: &[u8]| {
        preimages.insert(keccak256(bytes), Bytes::copy_from_slice(bytes));
    };
    let limit = round.update_bytes();
    let description = round.encode();
    blob::preimages(&description, &mut add);
    for commitment in round.contributions.iter().map(|contribution| contribution.update).chain([weights]) {
        blob::preimages(&blobs.get(commitment, limit).await?, &mut add);
    }
    let pair = [weights, payload_commitment(&description)].concat();
    add(&pair);
    run_program(aggregate_program(), keccak256(&pair), preimages).await
}

/// A program on the machine.
pub(crate) async fn run_program(
    program: &'static Program,
    input: B256,
    mut preimages: HashMap<B256, Bytes>,
) -> Result<MachineRun, ChainError> {
    run_blocking::<_, ChainError>(move || {
        let run = trace(program, input, &mut preimages, MAX_CHUNKS);
        let trace = run.map_err(lux_dispute::DisputeError::from)?;
        Ok(MachineRun { preimages: Arc::new(preimages), trace })
    })
    .await
}

impl ChainBoard {
    /// Ends a round of public updates: `content` is its outcome, which is in the store.
    pub(crate) async fn claim_aggregate(&self, run: &RunView, content: B256, until: u64) -> Result<(), BoardError> {
        self.try_claim(run, content, until).await.map_err(board_error)
    }

    async fn try_claim(&self, run: &RunView, content: B256, until: u64) -> Result<(), ChainError> {
        let outcome = RoundOutcome::decode(&self.blobs.get(content, RoundOutcome::MAX_BYTES).await?)?;
        let round = self.blobs.get(outcome.round, MAX_ROUND_BYTES).await?;
        let round = Round::decode(&round).map_err(|_| ChainError::Config("its own round is none".into()))?;
        let claimed = run_natively(&self.blobs, run.weights, &round).await?;
        let machine = run_on_machine(&self.blobs, run.weights, &round).await?;
        if machine.trace.outcome != Status::Halted(claimed.output) {
            return Err(ChainError::Config(format!(
                "the machine ends as {:?} on the round {}, not with the native output {}: please report this",
                machine.trace.outcome, claimed.round, claimed.output
            )));
        }
        let trace = ClaimTrace::of_run(&machine.trace.checkpoints, MAX_CHECKPOINTS);
        let proof = Proof {
            kind: FAULT,
            length: round.length,
            weights: claimed.result.weights,
            report: claimed.result.report().into(),
            evidence: trace.encode(),
        };
        let mut contributions = Vec::new();
        let mut left = round.contributions.iter().peekable();
        for (_, worker) in &run.members {
            let Some(post) = run.posted(*worker, Phase::Updates) else { continue };
            if left.next_if(|one| one.update == post.content && one.points == post.points).is_some() {
                contributions.push(WorkerContribution {
                    worker: *worker,
                    gradientHash: post.content,
                    dataPointsProcessed: U256::from(post.points),
                    ..WorkerContribution::default()
                });
            }
        }
        let update = FederatedUpdate {
            jobId: self.id,
            round: U256::from(run.round),
            contributions,
            aggregatedGradientHash: claimed.result.aggregate,
            convergenceProof: proof.encode().into(),
        };
        let data = aggregateGradientsCall { jobId: self.id, update }.abi_encode();
        Ok(self.act(&format!("{}/aggregate", run.attempt), data, None, until).await?)
    }
}
