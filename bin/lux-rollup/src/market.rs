//! `lux-rollup market`.

use crate::duration;
use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints};
use crate::machine::load_program;
use crate::output::{Progress, print_fields, print_json};
use alloy_primitives::Address;
use clap::{Args, Subcommand};
use eyre::WrapErr;
use lux_l1::system_clock;
use lux_machine::Program;
use lux_models::infer_program;
use lux_node::{MarketRequest, OwnerCall, is_open, open_l2_market, open_market};
use lux_protocol::constants::COMPUTE_MARKET;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum MarketCommand {
    /// Set the program of the compute tasks, and what disproves their results, on L1 and on L2. Where the owner has a delay, the
    /// same command again carries on after it.
    Open(OpenArgs),
}

#[derive(Args)]
pub struct OpenArgs {
    #[command(flatten)]
    endpoints: Endpoints,
    /// Key of the rollup's admin, with coins on both layers.
    #[command(flatten)]
    key: KeyArgs,
    /// Program of the tasks, a static RV64IM executable [default: inference].
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// How long a result can be challenged, longer than a sequencer of L2 can keep a challenge out.
    #[arg(long, default_value = "7d", value_parser = duration::parse_seconds)]
    challenge_period: u64,
    #[arg(long, value_name = "ADDRESS")]
    /// Who may end policies and keys of enclaves at once, on both layers [default: who is it now, or else the admin's key].
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<Address>,
    /// Folder for the journals: an interrupted command continues from it.
    #[arg(long, default_value = "data/market")]
    data: PathBuf,
}

pub async fn run(command: MarketCommand, json: bool) -> eyre::Result<()> {
    let MarketCommand::Open(args) = command;
    let wallet = args.key.require()?;
    let request = MarketRequest {
        program: task_program(args.program.as_deref())?,
        challenge_period: args.challenge_period,
        enclave_delay: None,
        guardian: args.guardian,
    };
    let (l1, l2) = (l2::connect(&args.endpoints.l1).await?, l2::connect(&args.endpoints.l2).await?);
    let rollup = l2::rollup(&l2, &l1).await?.address;
    let config = l2::tx_config();
    let open = |chain, folder| {
        let (wallet, config, folder) = (wallet.clone(), config.clone(), args.data.join(folder));
        async move { l2::open_transactions(chain, wallet, &folder, config, system_clock()).await }
    };
    // A journal each: the chains may have the same id.
    let (on_l1, on_l2) = (open(&l1, "l1").await?, open(&l2, "l2").await?);

    let progress = Progress::new(json);
    let mut report = |step: &str| progress.note(step);
    let first = open_market(&on_l1, rollup, &request, &mut report).await.wrap_err("the market on L1")?;
    let second = open_l2_market(&on_l1, &on_l2, rollup, &request, &mut report).await.wrap_err("the market on L2")?;
    progress.finish();
    let arrived = is_open(&l2, COMPUTE_MARKET, &request).await?;
    let value = json!({
        "l1": describe(first),
        "l2": if second == OwnerCall::Done && !arrived { "opens when L2 has the owner's messages".into() } else { describe(second) },
    });
    if json {
        print_json(&value)
    } else {
        print_fields(&value)
    }
    Ok(())
}

/// The program that this binary brings along, by its name.
const INFERENCE: &str = "inference";

/// What tasks run: a program of the user's, or inference.
pub fn task_program(file: Option<&Path>) -> eyre::Result<Program> {
    let own = file.filter(|file| *file != Path::new(INFERENCE));
    own.map_or_else(|| Ok(infer_program().clone()), load_program)
}

fn describe(outcome: OwnerCall) -> Value {
    match outcome {
        OwnerCall::Done => "open".into(),
        OwnerCall::Waiting { until } => {
            format!("scheduled with the rollup's owner: give this command again after {until} (seconds since 1970)")
                .into()
        }
    }
}
