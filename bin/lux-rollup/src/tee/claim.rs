//! `lux-rollup tee claim`.

use super::attestation;
use super::inputs::read_collateral_of;
use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints, one_off};
use crate::output::{Progress, printer};
use alloy_primitives::U256;
use clap::Args;
use lux_node::{quote_claims, submit_quote_claim};
use lux_protocol::contracts::IQuoteClaims;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub struct ClaimArgs {
    /// Attestation whose report data binds the key: bytes, hexadecimal digits or Base64.
    file: PathBuf,
    /// What the vendor publishes, as for `tee verify`.
    #[arg(long, value_name = "FILE")]
    collateral: Option<PathBuf>,
    #[command(flatten)]
    endpoints: Endpoints,
    /// Key of whoever stands for the claim with a bond.
    #[command(flatten)]
    key: KeyArgs,
}

pub async fn run(args: ClaimArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let (bytes, collateral) = (attestation(&args.file)?, read_collateral_of(args.collateral.as_deref())?);
    let l1 = l2::connect(&args.endpoints.l1).await?;
    let rollup = l2::rollup(&l2::connect(&args.endpoints.l2).await?, &l1).await?.address;
    let transactions = one_off(&l1, wallet).await?;
    let claiming = submit_quote_claim(&transactions, rollup, bytes.into(), &collateral);
    let (claim, _) = Progress::new(json).while_waiting("claiming", claiming).await?;
    let mut until = None;
    if let Some(contract) = quote_claims(&l1, rollup).await? {
        let open = l1.view(contract, IQuoteClaims::openUntilCall { id: U256::from(claim) }).await?;
        until = u64::try_from(open).ok();
    }
    let print = printer(json);
    print(
        &json!({ "claim": claim, "openUntil": until, "next": format!("tee register --state-roots --claim {claim}") }),
    );
    Ok(())
}
