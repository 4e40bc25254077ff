//! `lux-rollup deploy`.

use crate::config::{Config, DEFAULT_FILE, Mode, ServiceSection};
use crate::keys::KeyArgs;
use crate::opening::{norm_of, program_of};
use crate::output::{Progress, print_fields, print_json, program};
use crate::{duration, l2};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_l1::{TxConfig, TxRequest, system_clock};
use lux_node::{
    DeployRequest, OpenRequest, OwnerCall, QuorumRequest, Rollup, Service, TrustedRoots, deploy, open_quorum,
};
use lux_protocol::contracts::{ISequencerRegistry, RollupParams};
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub struct DeployArgs {
    /// Configuration file.
    #[arg(long, default_value = DEFAULT_FILE)]
    config: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// Folder for the journal of the deployment: an interrupted one continues from it.
    #[arg(long, default_value = "data/deploy")]
    data: PathBuf,
    /// Also stake the deploying key as the sequencer.
    #[arg(long)]
    stake: bool,
}

/// Part of the challenge period that an answer takes at most: two of them pass until a bond is taken.
pub const RESPONSE_PART: u64 = 3;

pub async fn run(args: DeployArgs, json: bool) -> eyre::Result<()> {
    let config = Config::load(&args.config)?;
    if let Some(address) = config.rollup.address {
        return Err(eyre!("{} names a deployed rollup, {address}; remove it to deploy another", args.config.display()));
    }
    let wallet = args.key.require()?;
    let us = wallet.address();
    let l1 = l2::connect(&config.l1.url).await?;
    std::fs::create_dir_all(&args.data).wrap_err_with(|| args.data.display().to_string())?;
    let tx_config = TxConfig { confirmations: config.l1.confirmations, ..TxConfig::default() };
    let transactions = l2::open_transactions(&l1, wallet, &args.data, tx_config, system_clock()).await?;
    let genesis_timestamp = genesis_timestamp(&args.data, &l1).await?;

    let section = &config.rollup;
    let seconds =
        |name: &str, text: &str| duration::parse_seconds(text).map_err(|error| eyre!("rollup.{name}: {error}"));
    let challenge_period = seconds("challenge_period", &section.challenge_period)?;
    let response_period = seconds("response_period", &section.response_period)?;
    if section.kind.is_disputed() && response_period > challenge_period / RESPONSE_PART {
        return Err(eyre!(
            "rollup.response_period is at most a third of rollup.challenge_period: who asks a claimant for nothing must not have \
             its bond back before the question is settled"
        ));
    }
    let guardian = section.guardian.unwrap_or(us);
    let market = opening(Service::Market, &config.market, guardian)?;
    let training = opening(Service::Training, &config.training, guardian)?;
    let request = DeployRequest {
        name: format!("{}/{genesis_timestamp}", config.l2.chain_id),
        rollup_type: section.kind.into(),
        execution_mode: section.mode.into(),
        fault_proofs: section.kind.is_disputed().then_some(response_period),
        opening: market.or(training),
        sequencer: section.sequencer.unwrap_or(us),
        proposer: section.proposer.unwrap_or_default(),
        challenger: section.challenger.unwrap_or_default(),
        challenge_period,
        min_stake: duration::parse_coins(&section.min_stake).map_err(|error| eyre!("rollup.min_stake: {error}"))?,
        params: RollupParams {
            l2ChainId: config.l2.chain_id,
            l2GasLimit: config.l2.gas_limit,
            minBaseFee: config.l2.min_base_fee,
            genesisTimestamp: genesis_timestamp,
            genesisBlockHash: Default::default(),
            inclusionWindow: section.inclusion_window,
            fallbackWindow: seconds("fallback_window", &section.fallback_window)?,
            messageGasLimit: section.message_gas_limit,
        },
        roots: TrustedRoots::Vendors,
        factory: section.factory,
        activation_block: U256::ZERO,
        admin: section.admin.unwrap_or(us),
        guardian,
        timelock_delay: seconds("timelock_delay", &section.timelock_delay)?,
    };
    let progress = Progress::new(json);
    let deployment = deploy(&transactions, &request, &mut |step, done, of| progress.step(step, done, of)).await?;
    progress.finish();
    let rollup = Rollup::load(&l1, deployment.rollup).await?;
    if args.stake {
        let data = ISequencerRegistry::joinCall {}.abi_encode();
        let call = TxRequest::call(format!("stake/{}", rollup.address), rollup.registry, data);
        transactions.send(TxRequest { value: rollup.config.minStake, ..call }).await.wrap_err("staking")?;
    }
    let mut enclaves: Option<String> = None;
    if config.rollup.mode == Mode::Confidential && section.kind.is_disputed() {
        let request = QuorumRequest { attested_period: 0, enclave_delay: None, guardian };
        let outcome = open_quorum(&transactions, rollup.address, &request, &mut |step| progress.note(step)).await;
        progress.finish();
        enclaves = Some(match outcome.wrap_err("the registry of enclave keys")? {
            OwnerCall::Done => "registry set".into(),
            OwnerCall::Waiting { until } => {
                format!(
                    "registry scheduled with the rollup's owner: `tee quorum` carries on after {until} (seconds since 1970)"
                )
            }
        });
    }
    let mut value = json!({
        "rollup": rollup.address,
        "messageBridge": rollup.bridge,
        "tokenBridge": rollup.token_bridge,
        "sequencerRegistry": rollup.registry,
        "factory": deployment.factory,
        "timelock": deployment.timelock,
        "implementation": deployment.implementation,
        "stateTransition": deployment.state_transition,
        "l1ChainId": rollup.l1_chain_id,
        "l2ChainId": rollup.params.l2ChainId,
    });
    if let Some(enclaves) = &enclaves {
        value["enclaves"] = enclaves.as_str().into();
    }
    if json {
        print_json(&value);
        return Ok(());
    }
    print_fields(&value);
    next_steps(&args, rollup.address, enclaves.is_some());
    Ok(())
}

/// What a section of the configuration asks for.
fn opening(service: Service, section: &ServiceSection, guardian: Address) -> eyre::Result<Option<OpenRequest>> {
    let Some(program) = &section.program else { return Ok(None) };
    let challenge_period = duration::parse_seconds(&section.challenge_period)
        .map_err(|error| eyre!("{}.challenge_period: {error}", service.name()))?;
    let program = program_of(service, Some(program))?;
    let (norm, guardian) = (norm_of(service), Some(guardian));
    Ok(Some(OpenRequest { service, program, norm, challenge_period, enclave_delay: None, guardian }))
}

fn next_steps(args: &DeployArgs, rollup: Address, is_confidential: bool) {
    println!();
    println!("Next: write  address = \"{rollup}\"  under [rollup] in {}, then", args.config.display());
    let enclave = if is_confidential { " --enclave-key ENCLAVE" } else { "" };
    println!(
        "  {} node --config {} --role sequencer,batcher,proposer --key-file KEY{enclave}",
        program(),
        args.config.display()
    );
    if is_confidential {
        println!(
            "The registry has to believe the enclave's key first: `tee collateral submit`, `tee accept`, `tee register` and"
        );
        println!("`tee encryption-key`, each with --state-roots.");
    }
}

/// Fixed by the first run in this folder, or a resumed deployment would be another one.
async fn genesis_timestamp(folder: &std::path::Path, l1: &lux_l1::L1Client) -> eyre::Result<u64> {
    let file = folder.join("genesis-timestamp");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return text.trim().parse().wrap_err_with(|| format!("{}: damaged", file.display()));
    }
    let timestamp = l1.head().await?.timestamp;
    std::fs::write(&file, timestamp.to_string()).wrap_err_with(|| file.display().to_string())?;
    Ok(timestamp)
}
