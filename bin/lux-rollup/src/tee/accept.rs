//! `lux-rollup tee accept`.

use super::attestation;
use super::inputs::read_collateral_of;
use super::registry::{Registry, RegistryArgs};
use crate::keys::KeyArgs;
use crate::l2::{self, one_off};
use crate::output::printer;
use alloy_sol_types::SolValue;
use clap::Args;
use eyre::eyre;
use lux_node::{OwnerCall, accept_software, narrowest, quote_question};
use lux_protocol::market::enclaves::IAttestationVerifier::authenticateCall;
use lux_protocol::market::enclaves::IEnclaveKeys::verifierCall;
use lux_protocol::market::enclaves::VerifiedAttestation;
use lux_tee::{Kind, inspect};
use serde_json::json;
use std::path::PathBuf;

/// `TcbStatus.UpToDate` and `TcbStatus.Unrated` of `IAttestationVerifier`.
const IN_ORDER: [u8; 2] = [0, 7];

#[derive(Args)]
pub struct AcceptArgs {
    /// An attestation of the software to accept, on a platform that is good enough. Make it yourself.
    file: PathBuf,
    /// What the vendor publishes, as for `tee verify`.
    #[arg(long, value_name = "FILE")]
    collateral: Option<PathBuf>,
    /// Number of a register that cannot be known in advance; may be given several times.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(..32))]
    unpinned: Vec<u8>,
    /// Accept the weaknesses, advisories and state of the platform that this attestation has, such as debug.
    #[arg(long)]
    tolerate: bool,
    /// Of two policies whose keys contradict each other, the weaker one ends.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    strength: u8,
    /// Tells apart the times that the same policy is added again.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    time: u64,
    #[command(flatten)]
    registry: RegistryArgs,
    /// Key of the rollup's admin.
    #[command(flatten)]
    key: KeyArgs,
}

pub async fn run(args: AcceptArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let (bytes, collateral) = (attestation(&args.file)?, read_collateral_of(args.collateral.as_deref())?);
    let registry = Registry::of(&args.registry).await?;
    let (l1, l2) = args.registry.market.chains().await?;
    let rollup = l2::rollup(&l2, &l1).await?.address;
    let found = if args.registry.state_roots && !matches!(inspect(&bytes)?.kind, Kind::Sgx | Kind::Tdx) {
        // L1 itself cannot say.
        let (_, question) = quote_question(&l1, rollup, bytes.into(), &collateral).await?;
        VerifiedAttestation::abi_decode(&question.answer()?)?
    } else {
        let verifier = registry.chain.view(registry.address, verifierCall {}).await?;
        let call = authenticateCall { quote: bytes.into(), collateral: registry.collateral(&collateral) };
        registry.chain.view(verifier, call).await?
    };
    let is_fine = found.weaknesses == 0 && found.advisories.is_empty() && IN_ORDER.contains(&found.status);
    if !is_fine && !args.tolerate {
        return Err(eyre!(
            "the attestation is of a platform or an enclave that is not in order, which `tee verify` shows; --tolerate accepts that"
        ));
    }
    let policy = narrowest(found, &args.unpinned, args.strength);

    let transactions = one_off(&l1, wallet).await?;
    let outcome = accept_software(&transactions, rollup, registry.address, policy, args.time).await?;
    let outcome = match outcome {
        OwnerCall::Done => "added; usable after the registry's delay".into(),
        OwnerCall::Waiting { until } => {
            format!("scheduled with the rollup's owner: give this command again after {until} (seconds since 1970)")
        }
    };
    let print = printer(json);
    print(&json!({ "registry": registry.address, "policy": outcome }));
    Ok(())
}
