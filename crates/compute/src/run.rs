//! Runs of a task: the output natively, the trace on the machine.

use crate::{ComputeError, LoadedModel};
use alloy_primitives::B256;
use lux_dispute::{DisputeError, run_blocking};
use lux_machine::{Status, Trace, trace};
use lux_models::{Witness, infer_program};
use lux_protocol::payload_commitment;
use std::sync::{Arc, LazyLock};

/// Chunks after which a run is given up: 2^40 multiply-accumulates, the most that a model may take, need fewer.
const MAX_CHUNKS: u64 = 1 << 31;

/// Identity of the program of inference tasks on the chains.
pub fn infer_program_id() -> B256 {
    static ID: LazyLock<B256> = LazyLock::new(|| lux_executor::program_id(infer_program()));
    *ID
}

/// Output of a model for an input of its length; `None` when it has none.
pub async fn run_natively(model: Arc<LoadedModel>, input: bytes::Bytes) -> Result<Option<Vec<u8>>, ComputeError> {
    run_blocking(move || Ok(model.engine.run(&input).ok())).await
}

/// What the program gives as output, as a claim has it: a commitment, or zero where there is no output.
pub fn claimed_output(output: Option<&[u8]>) -> B256 {
    output.map_or(B256::ZERO, payload_commitment)
}

/// Runs the program on what a witness has.
pub async fn run_on_machine(mut witness: Witness) -> Result<(Witness, Trace), ComputeError> {
    run_blocking(move || {
        let run =
            trace(infer_program(), witness.input, &mut witness.preimages, MAX_CHUNKS).map_err(DisputeError::from)?;
        Ok((witness, run))
    })
    .await
}

/// The run behind a result of this worker. `output` is what the native run gave.
pub async fn run_own(model: Arc<LoadedModel>, input: bytes::Bytes, output: B256) -> Result<Trace, ComputeError> {
    let witness = run_blocking::<_, ComputeError>(move || Ok(Witness::new(&model.bundle, &input))).await?;
    let (witness, run) = run_on_machine(witness).await?;
    if run.outcome != Status::Halted(output) {
        return Err(ComputeError::Config(format!(
            "the machine ends as {:?} on the claim {}, not with the native output {output}: please report this",
            run.outcome, witness.input
        )));
    }
    Ok(run)
}
