//! `lux-rollup tee quorum`.

use crate::duration;
use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints};
use crate::output::{Progress, printer};
use alloy_primitives::Address;
use clap::Args;
use lux_l1::system_clock;
use lux_node::{OwnerCall, QuorumRequest, open_quorum};
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub struct QuorumArgs {
    /// How long a claim stands at least, and how long a quorum has to stand [default: a quorum makes nothing final sooner, and there is
    /// only a registry of enclave keys].
    #[arg(long, value_name = "TIME", value_parser = duration::parse_seconds)]
    attested_period: Option<u64>,
    /// Who may end policies and keys of enclaves at once [default: the admin's key].
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<Address>,
    #[command(flatten)]
    endpoints: Endpoints,
    /// Key of the rollup's admin.
    #[command(flatten)]
    key: KeyArgs,
    /// Folder for the journal: an interrupted command continues from it.
    #[arg(long, default_value = "data/quorum")]
    data: PathBuf,
}

pub async fn run(args: QuorumArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let guardian = args.guardian.unwrap_or(wallet.address());
    let request = QuorumRequest { attested_period: args.attested_period.unwrap_or(0), enclave_delay: None, guardian };
    let l1 = l2::connect(&args.endpoints.l1).await?;
    let rollup = l2::rollup(&l2::connect(&args.endpoints.l2).await?, &l1).await?.address;
    let transactions = l2::open_transactions(&l1, wallet, &args.data, l2::tx_config(), system_clock()).await?;
    let progress = Progress::new(json);
    let outcome = open_quorum(&transactions, rollup, &request, &mut |step| progress.note(step)).await?;
    progress.finish();
    let outcome = match outcome {
        OwnerCall::Done => "taken".into(),
        OwnerCall::Waiting { until } => {
            format!("scheduled with the rollup's owner: give this command again after {until} (seconds since 1970)")
        }
    };
    let print = printer(json);
    print(&json!({ "quorum": outcome, "attestedPeriod": args.attested_period }));
    Ok(())
}
