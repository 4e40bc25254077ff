//! From a false claim to the signed transaction that ends it.

use super::host;
use crate::batches::{Batch, Rollup};
use crate::load;
use crate::process;
use crate::report::Report;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use eyre::{bail, ensure};
use lux_dispute::{ClaimedRun, Fault, fraud_proof, segment_move};
use lux_machine::{Status, trace};
use lux_node::stf_program;
use lux_protocol::ClaimTrace;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use lux_protocol::contracts::Move;
use std::time::Instant;

/// Asked of a challenger on two cores.
const SECONDS: f64 = 10.0;
const PEAK_MIB: f64 = 1024.0;
const MAX_CHUNKS: u64 = 1 << 22;

/// Does what a challenger does between reading a claim from L1 and sending its transaction. The claim is false in its
/// last chunk, the most expensive place. A claim of so many chunks that L1 does not have all their states takes a question first;
/// then the time includes both transactions.
pub fn run(report: &mut Report, rollup: &Rollup, batch: &Batch) -> eyre::Result<()> {
    let mut claimed = claimed_run(rollup, batch)?;
    process::reset_peak_memory()?;
    let started = Instant::now();
    let witness = rollup.witness(batch)?;
    let collected = started.elapsed();
    let run = trace(stf_program(), witness.input, &mut host(&witness), MAX_CHUNKS)?;
    ensure!(run.outcome == Status::Halted(batch.output.hash()), "the machine gives another output");
    let traced = started.elapsed();
    let mut transactions = 1;
    let chunk = match claimed.fault(&run.checkpoints) {
        Some(Fault::Chunk(chunk)) => chunk,
        Some(Fault::Segment(index)) => {
            challenge(segment_move(Move::RequestSegment, &claimed.trace, index))?;
            transactions += 1;
            let segment = claimed.trace.segment(index);
            claimed.revealed.insert(index, run.checkpoints[segment.start..segment.end - 1].to_vec());
            segment.end - 1
        }
        None => bail!("the claim is not found to be false"),
    };
    let disproof = claimed.disprove(stf_program(), witness.input, &mut host(&witness), chunk)?;
    let bytes = challenge(fraud_proof(&disproof))?;
    let elapsed = started.elapsed();
    println!(
        "false claim about {} ERC-20 transfers, {} chunks, {transactions} transactions: witness {:.2} s, run {:.2} s, proof and signature {:.2} s",
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

/// Bytes of a signed challenge.
fn challenge(proof: Bytes) -> eyre::Result<usize> {
    let call = challengeStateRootCall { batchNumber: U256::from(1), fraudProof: proof };
    let transaction = load::sign(
        &load::signer(0)?,
        load::Call {
            chain_id: 1,
            nonce: 0,
            to: Address::ZERO.into(),
            value: U256::ZERO,
            input: call.abi_encode().into(),
            gas_limit: 1 << 24,
        },
    )?;
    Ok(load::raw(&transaction).len())
}

/// A true trace with a false end.
fn claimed_run(rollup: &Rollup, batch: &Batch) -> eyre::Result<ClaimedRun> {
    let witness = rollup.witness(batch)?;
    let states = trace(stf_program(), witness.input, &mut host(&witness), MAX_CHUNKS)?.checkpoints;
    Ok(ClaimedRun::new(ClaimTrace::of_run(&states, MAX_CHECKPOINTS), B256::repeat_byte(0xbb)))
}
