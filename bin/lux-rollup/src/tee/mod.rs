//! `lux-rollup tee`.

pub mod accept;
mod claim;
pub mod collateral;
mod dev_quote;
pub mod encryption_key;
mod inputs;
mod keys;
mod policy;
mod quorum;
mod register;
pub mod registry;
mod verify;

use crate::model::files::read_bounded;
use crate::output::print_json;
use clap::Subcommand;
use eyre::WrapErr;
use lux_tee::{inspect, read_attestation};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Attestations have up to 32 KB, collateral up to 2 MB.
const MAX_FILE_BYTES: u64 = 4 << 20;

#[derive(Subcommand)]
pub enum TeeCommand {
    /// Show what an attestation claims, without believing it.
    Inspect {
        /// SGX or TDX quote, SEV-SNP report, Nitro document, PSA or CCA token: bytes, hexadecimal digits or Base64.
        file: PathBuf,
    },
    /// Check an attestation against the vendor's roots, and whether a policy accepts it.
    Verify(verify::VerifyArgs),
    /// Write policies, and try them on attestations.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Make an attestation under a root that everyone can sign for, for development.
    DevQuote(dev_quote::DevQuoteArgs),
    /// Have the rollup's owner accept the software of an attestation, for the keys of its enclaves to be registered. Where the
    /// owner has a delay, the same command again carries on after it.
    Accept(accept::AcceptArgs),
    /// Register the key that an attestation binds, by which an enclave signs results for the compute market.
    Register(register::RegisterArgs),
    /// Have the rollup's owner take a quorum of enclaves for state roots: claims that several vendors attest, and nobody disputes, are
    /// final sooner. Where the owner has a delay, the same command again carries on after it.
    Quorum(quorum::QuorumArgs),
    /// Claim on L1 that an attestation is authentic, for vendors that L1 cannot check itself. Registers a key with it after the
    /// challenge period, when the bond comes back.
    Claim(claim::ClaimArgs),
    /// Name the key that others encrypt to for an enclave whose key is registered.
    EncryptionKey(encryption_key::EncryptionKeyArgs),
    /// Hold secrets for enclaves, and get them.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Keep what vendors publish where contracts need it.
    #[command(subcommand)]
    Collateral(collateral::CollateralCommand),
}

pub async fn run(command: TeeCommand, json: bool) -> eyre::Result<()> {
    match command {
        TeeCommand::Inspect { file } => show(&file, json),
        TeeCommand::Verify(args) => verify::run(&args, json),
        TeeCommand::Policy(command) => policy::run(command, json),
        TeeCommand::DevQuote(args) => dev_quote::run(&args, json),
        TeeCommand::Accept(args) => accept::run(args, json).await,
        TeeCommand::Register(args) => register::run(args, json).await,
        TeeCommand::Quorum(args) => quorum::run(args, json).await,
        TeeCommand::Claim(args) => claim::run(args, json).await,
        TeeCommand::EncryptionKey(args) => encryption_key::run(args, json).await,
        TeeCommand::Keys(command) => keys::run(command, json).await,
        TeeCommand::Collateral(command) => collateral::run(command, json).await,
    }
}

fn show(file: &Path, json: bool) -> eyre::Result<()> {
    let claims = inspect(&attestation(file)?).wrap_err_with(|| file.display().to_string())?;
    if json {
        print_json(&json!({ "authentic": false, "claims": claims }));
        return Ok(());
    }
    print!("{claims}");
    println!("\nNothing of this is verified: `tee verify` does that.");
    Ok(())
}

fn attestation(file: &Path) -> eyre::Result<Vec<u8>> {
    Ok(read_attestation(&read_bounded(file, MAX_FILE_BYTES)?))
}
