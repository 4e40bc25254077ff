//! `lux-rollup tee keys`.

mod fetch;
mod serve;

use alloy_primitives::{B256, keccak256};
use clap::Subcommand;

/// The methods of a holder.
const NONCE: &str = "keys_nonce";
const RELEASE: &str = "keys_release";

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Hold secrets, and give each to enclaves whose attestation a policy accepts.
    Serve(serve::ServeArgs),
    /// Get a secret from its holder, as an enclave with an attestation.
    Fetch(fetch::FetchArgs),
}

pub async fn run(command: KeysCommand, json: bool) -> eyre::Result<()> {
    match command {
        KeysCommand::Serve(args) => serve::run(args, json).await,
        KeysCommand::Fetch(args) => fetch::run(args, json).await,
    }
}

/// 32 bytes in hexadecimal digits, or the hash of a name for people.
fn name_of(text: &str) -> B256 {
    text.parse().unwrap_or_else(|_| keccak256(text))
}
