//! Opening what a rollup offers: the compute market, or training.

use crate::duration;
use crate::keys::KeyArgs;
use crate::l2::{self, Endpoints};
use crate::machine::load_program;
use crate::output::{Progress, printer};
use alloy_primitives::Address;
use clap::Args;
use eyre::WrapErr;
use lux_federated::{aggregate_program, norm_program};
use lux_l1::system_clock;
use lux_machine::Program;
use lux_models::infer_program;
use lux_node::{OpenRequest, OwnerCall, Service, is_open, open_l2_service, open_service, service_of};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct OpenArgs {
    #[command(flatten)]
    endpoints: Endpoints,
    /// Key of the rollup's admin, with coins on both layers.
    #[command(flatten)]
    key: KeyArgs,
    /// Program that claims are about, a static RV64IM executable [default: the one of this version].
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// How long a result can be challenged, longer than a sequencer of L2 can keep a challenge out.
    #[arg(long, default_value = "7d", value_parser = duration::parse_seconds)]
    challenge_period: u64,
    /// Who may end policies and keys of enclaves at once, on both layers [default: who is it now, or else the admin's key].
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<Address>,
    /// Folder for the journals: an interrupted command continues from it [default: data/market or data/training].
    #[arg(long)]
    data: Option<PathBuf>,
}

pub async fn run(service: Service, args: OpenArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let request = OpenRequest {
        service,
        program: program_of(service, args.program.as_deref())?,
        norm: norm_of(service),
        challenge_period: args.challenge_period,
        enclave_delay: None,
        guardian: args.guardian,
    };
    let (l1, l2) = (l2::connect(&args.endpoints.l1).await?, l2::connect(&args.endpoints.l2).await?);
    let rollup = l2::rollup(&l2, &l1).await?.address;
    let config = l2::tx_config();
    let data = args.data.unwrap_or_else(|| Path::new("data").join(service.name()));
    let open = |chain, folder| {
        let (wallet, config, folder) = (wallet.clone(), config.clone(), data.join(folder));
        async move { l2::open_transactions(chain, wallet, &folder, config, system_clock()).await }
    };
    // A journal each: the chains may have the same id.
    let (on_l1, on_l2) = (open(&l1, "l1").await?, open(&l2, "l2").await?);

    let progress = Progress::new(json);
    let mut report = |step: &str| progress.note(step);
    let first = if service_of(&l1, rollup).await? == Some(service) {
        let opened = open_service(&on_l1, rollup, &request, &mut report).await;
        describe(opened.wrap_err_with(|| format!("the {} on L1", service.name()))?)
    } else {
        format!("this rollup's contract has no {}", service.name()).into()
    };
    let opened = open_l2_service(&on_l1, &on_l2, rollup, &request, &mut report).await;
    let second = opened.wrap_err_with(|| format!("the {} on L2", service.name()))?;
    progress.finish();
    let arrived = is_open(&l2, service.predeploy(), &request).await?;
    let value = json!({
        "l1": first,
        "l2": if second == OwnerCall::Done && !arrived { "opens when L2 has the owner's messages".into() } else { describe(second) },
    });
    printer(json)(&value);
    Ok(())
}

/// What claims are about: a program of the user's, or the one that this binary brings along, by its name.
pub fn program_of(service: Service, file: Option<&Path>) -> eyre::Result<Program> {
    let (name, own) = match service {
        Service::Market => ("inference", infer_program()),
        Service::Training => ("aggregate", aggregate_program()),
    };
    let other = file.filter(|file| *file != Path::new(name));
    other.map_or_else(|| Ok(own.clone()), load_program)
}

/// What accusations are about: no others than this binary makes.
pub fn norm_of(service: Service) -> Option<Program> {
    (service == Service::Training).then(|| norm_program().clone())
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
