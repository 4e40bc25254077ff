//! `lux-rollup dev`: everything on one machine.

use crate::config::Preset;
use crate::deploy::RESPONSE_PART;
use crate::encrypted::{INBOX_FILE, PlainArgs, look_after, open_inbox};
use crate::keys::KeyArgs;
use crate::l2::Taken;
use crate::opening::{norm_of, program_of};
use crate::output::{Progress, print_json};
use crate::{dev_enclave, duration, l2, screen};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_devnet::{Devnet, DevnetConfig, Mining};
use lux_l1::{Clock, L1Client, Transport, TxConfig, TxManager, TxRequest, Wallet, system_clock};
use lux_node::{
    BatcherConfig, BridgeClient, DeployRequest, Deployment, DepositRequest, Node, NodeConfig, OpenRequest, Role,
    Rollup, SequencerConfig, Service, TrustedRoots, deploy, open_l2_service, open_service,
};
use lux_protocol::constants;
use lux_protocol::contracts::{ExecutionMode, ISequencerRegistry, RollupParams, RollupType};
use lux_rpc::{RpcLimits, RpcServer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

#[derive(Args)]
pub struct DevArgs {
    /// Data folder; a restart continues from it.
    #[arg(long, default_value = "data/dev")]
    data: PathBuf,
    /// Delete the data folder first.
    #[arg(long)]
    fresh: bool,
    /// Settle on this L1 instead of the embedded one.
    #[arg(long, value_name = "URL")]
    l1: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
    /// Port of the embedded L1; 0 for any.
    #[arg(long, default_value_t = 8545)]
    l1_port: u16,
    /// Port of the L2; 0 for any.
    #[arg(long, default_value_t = 9545)]
    l2_port: u16,
    /// Time between blocks of the embedded L1.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(100..))]
    l1_block_time_ms: u64,
    /// Time between L2 blocks.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(250..))]
    block_time_ms: u64,
    /// A block waits at most this long for its batch.
    #[arg(long, default_value = "5s", value_parser = duration::parse_seconds)]
    max_batch_delay: u64,
    /// How long a state root can be challenged.
    #[arg(long, default_value = "60s", value_parser = duration::parse_seconds)]
    challenge_period: u64,
    /// Without a batch for this long, anyone with a bond may submit one.
    #[arg(long, default_value = "10m", value_parser = duration::parse_seconds)]
    fallback_window: u64,
    /// What the rollup is for [default: general, or what the data folder has].
    #[arg(long, value_enum)]
    preset: Option<Preset>,
    /// With the preset hip: open the compute market for tasks of this program, a static RV64IM executable [default: inference].
    #[arg(long, value_name = "FILE")]
    infer: Option<PathBuf>,
    /// With the preset hip: leave the compute market closed.
    #[arg(long, conflicts_with = "infer")]
    no_market: bool,
    /// Relay messages and pay withdrawals of all users automatically.
    #[arg(long)]
    relay: bool,
    #[command(flatten)]
    plain: PlainArgs,
}

/// Stake of the development sequencer, in coins.
const DEV_STAKE: u64 = 100;
/// What market and training take as their challenge period, in seconds.
const MIN_SERVICE_PERIOD: u64 = 60;
const MAX_SERVICE_PERIOD: u64 = 30 * 86_400;
/// Seconds to answer a challenge, at most.
const DEV_RESPONSE_PERIOD: u64 = 300;
/// What each development account gets on L2, in coins.
const DEV_DEPOSIT: u64 = 500;
const COIN: u64 = 1_000_000_000_000_000_000;
/// The last of the ten development accounts runs the roles, so that the nonces of the others are the user's own.
const OPERATOR_INDEX: usize = 9;

/// What a started folder remembers, so that a restart deploys nothing twice.
#[derive(Serialize, Deserialize)]
struct Plan {
    l1_chain_id: u64,
    genesis_timestamp: u64,
    deployment: Option<Deployment>,
}

pub async fn run(args: DevArgs, json: bool) -> eyre::Result<()> {
    if args.fresh && args.data.exists() {
        remove_data(&args.data)?;
    }
    std::fs::create_dir_all(&args.data).wrap_err_with(|| args.data.display().to_string())?;
    let clock = system_clock();
    let progress = Progress::new(json);

    let devnet = match &args.l1 {
        Some(_) => None,
        None => Some(open_devnet(&args.data)?),
    };
    let l1 = match (&args.l1, &devnet) {
        (Some(url), _) => l2::connect(url).await?,
        (None, Some(devnet)) => l2::client(Transport::InProcess(devnet.methods(RpcLimits::default())?)),
        (None, None) => return Err(eyre!("no L1")),
    };
    let l1_server = match &devnet {
        Some(devnet) => {
            Some(l2::listen(local(args.l1_port), devnet.methods(RpcLimits::default())?, &RpcLimits::default()).await?)
        }
        None => None,
    };
    let accounts = development_accounts()?;
    let operator = match args.key.load()? {
        Some(wallet) => wallet,
        None => Wallet::from_hex(&accounts[OPERATOR_INDEX].1)?,
    };
    if l1.balance(operator.address()).await?.is_zero() {
        return Err(eyre!(
            "the account {} has no coins on this L1; give a funded key with --key-file",
            operator.address()
        ));
    }
    let tx_config = TxConfig { confirmations: 1, poll_interval: Duration::from_millis(100), ..TxConfig::default() };
    let transactions = l2::open_transactions(&l1, operator.clone(), &args.data, tx_config, clock.clone()).await?;
    let deployment = deploy_once(&args, &l1, &transactions, &progress).await?;
    let rollup = Rollup::load(&l1, deployment.rollup).await?;
    require_preset(&args, &rollup)?;
    let opening = open_request(&args, &rollup)?;
    if let Some(request) = &opening {
        let mut report = |step: &str| progress.note(step);
        let opened = open_service(&transactions, rollup.address, request, &mut report).await;
        opened.wrap_err_with(|| format!("the {} on L1", request.service.name()))?;
    }
    prepare_accounts(&l1, &rollup, &transactions, &accounts, &progress).await?;
    let enclave = match rollup.config.executionMode {
        ExecutionMode::Confidential => Some(dev_enclave::prepare(&transactions, &rollup, &args.data, &progress).await?),
        _ => None,
    };
    progress.finish();
    if let Some(devnet) = &devnet {
        devnet.set_mining(Mining::Interval(Duration::from_millis(args.l1_block_time_ms)))?;
        devnet.spawn_mining();
    }

    let node = open_node(&args, l1, rollup, clock.clone())?;
    let encrypted = match &enclave {
        Some(enclave) => Some(open_inbox(&node, std::slice::from_ref(enclave), &args.data, clock.clone()).await?),
        None => None,
    };
    let taken = Taken { in_plain: args.plain.are_taken(&node.rollup), encrypted: encrypted.clone() };
    let l2_server = l2::serve_node(&node, local(args.l2_port), clock, None, taken).await?;
    announce(&args, json, &node, &deployment, &accounts, l1_server.as_ref(), &l2_server);
    let url = format!("http://{}", l2_server.local_addr);
    let opening = keep_open(opening, transactions.clone(), deployment.rollup, &args.data, url, operator.clone());
    tokio::select! {
        result = node.run(Some((transactions, operator))) => result.wrap_err("the node stopped"),
        () = opening => Ok(()),
        () = look_after(encrypted) => Ok(()),
        () = l2::stop_requested() => Ok(()),
    }
}

fn require_preset(args: &DevArgs, rollup: &Rollup) -> eyre::Result<()> {
    match args.preset {
        Some(preset) if ExecutionMode::from(preset.mode()) != rollup.config.executionMode => {
            Err(eyre!("{} has a rollup with another preset; use another --data, or --fresh", args.data.display()))
        }
        _ => Ok(()),
    }
}

fn open_request(args: &DevArgs, rollup: &Rollup) -> eyre::Result<Option<OpenRequest>> {
    let service = Service::of(rollup.config.executionMode);
    if args.infer.is_some() && service != Some(Service::Market) {
        return Err(eyre!("--infer needs a rollup with a compute market: --preset hip"));
    }
    let service = service.filter(|service| !(args.no_market && *service == Service::Market));
    let Some(service) = service else { return Ok(None) };
    let challenge_period = args.challenge_period.clamp(MIN_SERVICE_PERIOD, MAX_SERVICE_PERIOD);
    let program = program_of(service, args.infer.as_deref())?;
    let norm = norm_of(service);
    Ok(Some(OpenRequest { service, program, norm, challenge_period, enclave_delay: Some(0), guardian: None }))
}

/// Opens the service on L2, which takes blocks of the running chain, and never returns.
async fn keep_open(
    request: Option<OpenRequest>,
    l1: Arc<TxManager>,
    rollup: Address,
    data: &Path,
    l2_url: String,
    operator: Wallet,
) {
    if let Some(request) = request
        && let Err(error) = open_on_l2(&request, &l1, rollup, data, &l2_url, operator).await
    {
        let (service, error) = (request.service.name(), format!("{error:#}"));
        tracing::error!(service, error, "not open on L2; a restart tries again");
    }
    std::future::pending().await
}

async fn open_on_l2(
    request: &OpenRequest,
    l1: &TxManager,
    rollup: Address,
    data: &Path,
    l2_url: &str,
    operator: Wallet,
) -> eyre::Result<()> {
    let l2 = l2::connect(l2_url).await?;
    while l2.balance(operator.address()).await?.is_zero() {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    // A folder of its own: the other journal is open.
    let folder = data.join(request.service.name());
    let config = TxConfig { confirmations: 1, poll_interval: Duration::from_millis(100), ..TxConfig::default() };
    let transactions = l2::open_transactions(&l2, operator, &folder, config, system_clock()).await?;
    open_l2_service(l1, &transactions, rollup, request, &mut |_| {}).await?;
    Ok(())
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// Files this command makes. A folder with anything else in it is not ours to delete.
const OWN_FILES: [&str; 8] = [
    "l1.redb",
    "l2.redb",
    "transactions.redb",
    "dev.json",
    dev_enclave::KEY_FILE,
    INBOX_FILE,
    Service::Market.name(),
    Service::Training.name(),
];

fn remove_data(folder: &Path) -> eyre::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !OWN_FILES.iter().any(|own| name == *own) {
            return Err(eyre!(
                "--fresh would delete {}, which this command did not make; remove it or choose another --data",
                folder.join(name).display()
            ));
        }
    }
    std::fs::remove_dir_all(folder).wrap_err_with(|| folder.display().to_string())
}

fn open_devnet(data: &Path) -> eyre::Result<Devnet> {
    let config = DevnetConfig { data: Some(data.to_owned()), mining: Mining::Automine, ..DevnetConfig::default() };
    let devnet = Devnet::open(config).wrap_err("embedded L1")?;
    // Deployment must not wait for blocks.
    devnet.set_mining(Mining::Automine)?;
    Ok(devnet)
}

/// Addresses and keys of the ten well-known development accounts.
fn development_accounts() -> eyre::Result<Vec<(Address, String)>> {
    let accounts = DevnetConfig::default().keys()?;
    Ok(accounts.into_iter().map(|(address, signer)| (address, signer.to_bytes().to_string())).collect())
}

async fn deploy_once(
    args: &DevArgs,
    l1: &L1Client,
    transactions: &TxManager,
    progress: &Progress,
) -> eyre::Result<Deployment> {
    let file = args.data.join("dev.json");
    let l1_chain_id = l1.chain_id().await?;
    let mut plan = match std::fs::read(&file) {
        Ok(bytes) => serde_json::from_slice::<Plan>(&bytes)
            .wrap_err_with(|| format!("{}: damaged; start over with --fresh", file.display()))?,
        Err(_) => Plan { l1_chain_id, genesis_timestamp: l1.head().await?.timestamp, deployment: None },
    };
    if plan.l1_chain_id != l1_chain_id {
        return Err(eyre!(
            "this data folder belongs to an L1 with chain id {}, not {l1_chain_id}; use another --data, or --fresh",
            plan.l1_chain_id
        ));
    }
    if let Some(deployment) = plan.deployment {
        return Ok(deployment);
    }
    // Before the first transaction: an interrupted deployment continues with the same parameters.
    write_plan(&file, &plan)?;
    let operator = transactions.address();
    let request = DeployRequest {
        name: format!("dev/{}", plan.genesis_timestamp),
        rollup_type: RollupType::Optimistic,
        execution_mode: args.preset.unwrap_or(Preset::General).mode().into(),
        fault_proofs: Some((args.challenge_period / RESPONSE_PART).clamp(1, DEV_RESPONSE_PERIOD)),
        opening: None,
        sequencer: operator,
        proposer: Address::ZERO,
        challenger: Address::ZERO,
        challenge_period: args.challenge_period,
        min_stake: U256::from(DEV_STAKE) * U256::from(COIN),
        params: RollupParams {
            l2ChainId: constants::DEFAULT_L2_CHAIN_ID,
            l2GasLimit: constants::DEFAULT_L2_GAS_LIMIT,
            minBaseFee: constants::DEFAULT_MIN_BASE_FEE,
            genesisTimestamp: plan.genesis_timestamp,
            genesisBlockHash: Default::default(),
            inclusionWindow: constants::DEFAULT_INCLUSION_WINDOW,
            fallbackWindow: args.fallback_window,
            messageGasLimit: constants::DEFAULT_MESSAGE_GAS_LIMIT,
        },
        roots: TrustedRoots::Development,
        factory: None,
        activation_block: U256::ZERO,
        admin: operator,
        guardian: operator,
        timelock_delay: 0,
    };
    let deployment = deploy(transactions, &request, &mut |step, done, of| progress.step(step, done, of))
        .await
        .wrap_err("deploying the rollup")?;
    plan.deployment = Some(deployment.clone());
    write_plan(&file, &plan)?;
    Ok(deployment)
}

fn write_plan(file: &Path, plan: &Plan) -> eyre::Result<()> {
    // Replaced as a whole: a crash leaves the old file or the new one.
    let temporary = file.with_extension("json.tmp");
    std::fs::write(&temporary, serde_json::to_vec_pretty(plan)?)?;
    std::fs::rename(&temporary, file).wrap_err_with(|| file.display().to_string())
}

/// Stakes the sequencer and funds the development accounts on L2, once.
async fn prepare_accounts(
    l1: &L1Client,
    rollup: &Rollup,
    transactions: &TxManager,
    accounts: &[(Address, String)],
    progress: &Progress,
) -> eyre::Result<()> {
    let operator = transactions.address();
    let eligible = ISequencerRegistry::isEligibleCall { account: operator };
    if !l1.view(rollup.registry, eligible).await? {
        progress.step("stake", 1, 2);
        let data = ISequencerRegistry::joinCall {}.abi_encode();
        let call = TxRequest::call(format!("stake/{}", rollup.address), rollup.registry, data);
        transactions.send(TxRequest { value: rollup.config.minStake, ..call }).await.wrap_err("staking")?;
    }
    progress.step("deposits", 2, 2);
    let client = BridgeClient { rollup, transactions };
    // The operator last: when it has coins on L2, all deposits are there, each of which has taken a nonce of it.
    let others = accounts.iter().map(|(address, _)| *address).filter(|address| *address != operator);
    for (index, recipient) in others.chain([operator]).enumerate() {
        // The journal knows the ids: a restart deposits nothing twice.
        let request = DepositRequest {
            token: Address::ZERO,
            amount: U256::from(DEV_DEPOSIT) * U256::from(COIN),
            recipient,
            data: Default::default(),
        };
        client.deposit(&format!("fund/{}/{index}", rollup.address), &request).await.wrap_err("funding L2 accounts")?;
    }
    Ok(())
}

fn open_node(args: &DevArgs, l1: L1Client, rollup: Rollup, clock: Clock) -> eyre::Result<Node> {
    let mut roles = vec![Role::Sequencer, Role::Batcher, Role::Proposer, Role::Watcher];
    if args.relay {
        roles.push(Role::Relayer);
    }
    let config = NodeConfig {
        roles,
        sequencer: SequencerConfig { block_time: Duration::from_millis(args.block_time_ms), l1_confirmations: 0 },
        batcher: BatcherConfig { max_delay: Duration::from_secs(args.max_batch_delay), ..BatcherConfig::default() },
        audit_traces: true,
        enclave_keys: Vec::new(),
        poll_interval: Duration::from_millis(250),
    };
    Ok(Node::open(l2::open_store(&args.data)?, l1, rollup, config, clock)?)
}

fn announce(
    args: &DevArgs,
    json: bool,
    node: &Node,
    deployment: &Deployment,
    accounts: &[(Address, String)],
    l1_server: Option<&RpcServer>,
    l2_server: &RpcServer,
) {
    let l1_rpc = match l1_server {
        Some(server) => format!("http://{}", server.local_addr),
        None => args.l1.clone().unwrap_or_default(),
    };
    let rollup: &Arc<Rollup> = &node.rollup;
    let value = json!({
        "l1Rpc": l1_rpc,
        "l2Rpc": format!("http://{}", l2_server.local_addr),
        "l1ChainId": rollup.l1_chain_id,
        "l2ChainId": rollup.params.l2ChainId,
        "rollup": rollup.address,
        "messageBridge": rollup.bridge,
        "tokenBridge": rollup.token_bridge,
        "sequencerRegistry": rollup.registry,
        "factory": deployment.factory,
        "timelock": deployment.timelock,
        "stateTransition": deployment.state_transition,
        "accounts": accounts
            .iter()
            .map(|(address, key)| json!({"address": address, "privateKey": key}))
            .collect::<Vec<_>>(),
    });
    if json { print_json(&value) } else { screen::print(&value, &args.data, rollup) }
}
