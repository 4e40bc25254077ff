//! From a false claim to the signed transaction that ends it.

use super::host;
use crate::batches::{Batch, Rollup};
use crate::load;
use crate::process;
use crate::report::Report;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use eyre::{bail, ensure};
use lux_dispute::{ClaimedRun, Fault, fraud_proof};
use lux_machine::{Status, trace};
use lux_node::stf_program;
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use std::time::Instant;

/// Asked of a challenger on two cores.
const SECONDS: f64 = 10.0;
const PEAK_MIB: f64 = 1024.0;
const MAX_CHUNKS: u64 = 1 << 22;

/// Does what a challenger does between reading a claim from L1 and sending its transaction. The claim is false in its
/// last chunk, the most expensive place.
pub fn run(report: &mut Report, rollup: &Rollup, batch: &Batch) -> eyre::Result<()> {
    let claimed = claimed_run(rollup, batch)?;
    process::reset_peak_memory()?;
    let started = Instant::now();
    let witness = rollup.witness(batch)?;
    let collected = started.elapsed();
    let run = trace(stf_program(), witness.input, &mut host(&witness), MAX_CHUNKS)?;
    ensure!(run.outcome == Status::Halted(batch.output.hash()), "the machine gives another output");
    let traced = started.elapsed();
    let Some(Fault::Chunk(chunk)) = claimed.fault(&run.checkpoints) else { bail!("no chunk to prove wrong") };
    let disproof = claimed.disprove(stf_program(), witness.input, &mut host(&witness), chunk)?;
    let challenge = challengeStateRootCall { batchNumber: U256::from(1), fraudProof: fraud_proof(&disproof) };
    let transaction = load::sign(
        &load::signer(0)?,
        load::Call {
            chain_id: 1,
            nonce: 0,
            to: Address::ZERO.into(),
            value: U256::ZERO,
            input: challenge.abi_encode().into(),
            gas_limit: 1 << 24,
        },
    )?;
    let bytes = load::raw(&transaction).len();
    let elapsed = started.elapsed();
    println!(
        "false claim about {} ERC-20 transfers, {} chunks: witness {:.2} s, run {:.2} s, proof and signature {:.2} s",
        batch.transactions,
        run.checkpoints.len(),
        collected.as_secs_f64(),
        (traced - collected).as_secs_f64(),
        (elapsed - traced).as_secs_f64(),
    );
    report.size("  seconds from false claim to signed fraud proof", elapsed.as_secs_f64(), Some(SECONDS));
    report.size("  peak memory of the process meanwhile, MiB", process::peak_memory_mib()?, Some(PEAK_MIB));
    report.size("  bytes of the transaction", bytes as f64, None);
    Ok(())
}

/// A true trace with a false end.
fn claimed_run(rollup: &Rollup, batch: &Batch) -> eyre::Result<ClaimedRun> {
    let witness = rollup.witness(batch)?;
    let states = trace(stf_program(), witness.input, &mut host(&witness), MAX_CHUNKS)?.checkpoints;
    Ok(ClaimedRun::new(ClaimTrace::of_run(&states, MAX_CHECKPOINTS), B256::repeat_byte(0xbb)))
}
