//! `lux-rollup tee register`.

use super::attestation;
use super::inputs::read_collateral_of;
use super::registry::{Registry, RegistryArgs};
use crate::keys::KeyArgs;
use crate::l2::{self, one_off};
use crate::output::{Progress, printer};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;
use clap::Args;
use lux_l1::TxRequest;
use lux_node::{quote_claimed, registration_quote};
use lux_protocol::market::enclaves::IEnclaveKeys::{judgeCall, registerCall, statusOfCall};
use lux_protocol::market::enclaves::TEEAttestation;
use lux_tee::inspect;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub struct RegisterArgs {
    /// Attestation whose report data binds the key: bytes, hexadecimal digits or Base64.
    file: PathBuf,
    /// What the vendor publishes, as for `tee verify`.
    #[arg(long, value_name = "FILE")]
    collateral: Option<PathBuf>,
    /// Key that the enclave holds: 64 bytes of secp256k1, or 65 that begin with 04, in hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    public_key: Bytes,
    /// Time that the report data binds with the key, in seconds since 1970 or in milliseconds.
    #[arg(long, value_name = "TIME")]
    timestamp: u64,
    #[command(flatten)]
    registry: RegistryArgs,
    /// Number of the claim by which the attestation came to L1 (`tee claim`), for vendors that L1 cannot check itself.
    #[arg(long, value_name = "NUMBER", conflicts_with = "collateral")]
    claim: Option<u64>,
    /// Key of whoever pays the transaction.
    #[command(flatten)]
    key: KeyArgs,
}

pub async fn run(args: RegisterArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let (bytes, collateral) = (attestation(&args.file)?, read_collateral_of(args.collateral.as_deref())?);
    let claims = inspect(&bytes)?;
    let registry = Registry::of(&args.registry).await?;
    let quote = match args.claim {
        Some(claim) => {
            let (l1, l2) = args.registry.market.chains().await?;
            let rollup = l2::rollup(&l2, &l1).await?;
            let claimed = quote_claimed(&l1, rollup.address, rollup.genesis_l1_block, claim).await?;
            registration_quote(claim, &claimed.answer)
        }
        None => registry.quote(bytes, &collateral),
    };
    let attestation = TEEAttestation {
        mrEnclave: claims.mr_enclave(),
        mrSigner: claims.mr_signer(),
        publicKey: args.public_key,
        quote,
        timestamp: U256::from(args.timestamp),
    };
    // Says why, where it would be refused.
    let key = registry.chain.view(registry.address, judgeCall { attestation: attestation.clone() }).await?.key;
    let transactions = one_off(&registry.chain, wallet).await?;
    let request = TxRequest::call("cli/register-key", registry.address, registerCall { attestation }.abi_encode());
    let sent = Progress::new(json).while_waiting("registering", transactions.send(request)).await?;
    let status = registry.chain.view(registry.address, statusOfCall { key }).await?;
    let value = json!({
        "key": key,
        "registry": registry.address,
        "transaction": sent.hash,
        "status": format!("{:?}", status.status),
    });
    let print = printer(json);
    print(&value);
    Ok(())
}
