//! Fault proofs: what runs and their disputes cost, off chain and on L1.

pub mod chunks;
mod fraud;
mod speed;

use crate::batches::Rollup;
use crate::mixes::{self, ACCOUNTS, Token};
use crate::report::Report;
use chunks::Subject;
use lux_node::stf_program;
use lux_stf::program::BatchWitness;
use std::collections::HashMap;

const TRANSACTIONS: usize = 200;
const LARGE: usize = 1_000;
/// Asked of a batch of 200.
const TRANSFER_LIMIT: f64 = 80_000.0;
const TOKEN_TRANSFER_LIMIT: f64 = 120_000.0;

pub fn run(report: &mut Report) -> eyre::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut rollup = Rollup::open(folder.path(), ACCOUNTS)?;
    let token = Token::launch(&mut rollup)?;

    // First, while the process is small: its peak memory is part of the result.
    let large = mixes::token_transfers(&mut rollup, &token, LARGE)?;
    fraud::run(report, &rollup, &large)?;

    let empty = rollup.batch(vec![vec![]])?;
    let empty = speed::instructions(&rollup.witness(&empty)?)?;
    let each = |total: u64| (total - empty) as f64 / TRANSACTIONS as f64;
    let transfers = mixes::transfers(&mut rollup, TRANSACTIONS)?;
    let transfers = each(speed::instructions(&rollup.witness(&transfers)?)?);
    report.size("instructions per transfer, in a batch of 200", transfers, Some(TRANSFER_LIMIT));
    let tokens = mixes::token_transfers(&mut rollup, &token, TRANSACTIONS)?;
    let tokens = rollup.witness(&tokens)?;
    let each_token = each(speed::instructions(&tokens)?);
    report.size("instructions per ERC-20 transfer, in a batch of 200", each_token, Some(TOKEN_TRANSFER_LIMIT));
    speed::run(report, &mut rollup, &tokens)?;

    let contracts = mixes::contracts(&mut rollup)?;
    let contracts = rollup.witness(&contracts)?;
    let everything = mixes::everything(&mut rollup, &token)?;
    let everything = rollup.witness(&everything)?;
    for (name, witness) in [
        ("200 ERC-20 transfers", &tokens),
        ("contracts and precompiles", &contracts),
        ("a mix the executor was not tuned on", &everything),
    ] {
        let subject = Subject {
            program: stf_program(),
            input: witness.input,
            output: witness.output.hash(),
            preimages: host(witness),
        };
        chunks::run(report, name, subject)?;
    }
    Ok(())
}

/// What the machine asks for preimages.
fn host(witness: &BatchWitness) -> HashMap<alloy_primitives::B256, alloy_primitives::Bytes> {
    witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect()
}
