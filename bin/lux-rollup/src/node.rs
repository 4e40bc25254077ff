//! `lux-rollup node`.

use crate::config::{Config, DEFAULT_FILE, NodeSection};
use crate::encrypted::{PlainArgs, look_after, open_inbox};
use crate::keys::KeyArgs;
use crate::l2::Taken;
use crate::output::print_json;
use crate::{duration, l2};
use alloy_primitives::Address;
use clap::{Args, ValueEnum};
use eyre::{WrapErr, eyre};
use lux_l1::{TxConfig, Wallet, system_clock};
use lux_node::{BatcherConfig, Node, NodeConfig, Role, Rollup, SequencerConfig};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
pub struct NodeArgs {
    /// Configuration file [default: lux-rollup.toml if --l1 and --rollup are not given].
    #[arg(long)]
    config: Option<PathBuf>,
    /// JSON-RPC endpoint of L1.
    #[arg(long, value_name = "URL")]
    l1: Option<String>,
    /// Address of the rollup on L1.
    #[arg(long)]
    rollup: Option<Address>,
    /// What the node does; several with commas. Every node derives the chain from L1.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "full")]
    role: Vec<RoleArg>,
    #[command(flatten)]
    key: KeyArgs,
    /// File with the private key in hex of an enclave that this node runs in, for the role attester, and for a sequencer to take
    /// encrypted transactions; several of several vendors.
    #[arg(long, value_name = "FILE")]
    enclave_key: Vec<PathBuf>,
    /// Data folder.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Port of the JSON-RPC; 0 for any.
    #[arg(long)]
    rpc_port: Option<u16>,
    /// Address of the JSON-RPC.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    rpc_address: IpAddr,
    /// Time between L2 blocks.
    #[arg(long, value_parser = clap::value_parser!(u64).range(250..))]
    block_time_ms: Option<u64>,
    /// A block waits at most this long for its batch.
    #[arg(long)]
    max_batch_delay: Option<String>,
    /// How many L1 blocks deposits wait before the sequencer takes them.
    #[arg(long, default_value_t = 2)]
    l1_confirmations: u64,
    /// Whether a watcher runs every batch in the machine to see that claimed traces are right too; without, it looks at
    /// outputs only.
    #[arg(long, value_name = "BOOL")]
    audit_traces: Option<bool>,
    /// Pass transactions on to this endpoint.
    #[arg(long, value_name = "URL")]
    sequencer_url: Option<String>,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    /// Derive the chain from L1 and serve it.
    Full,
    Sequencer,
    Batcher,
    Proposer,
    Watcher,
    Relayer,
    /// Sign claims that this node ran itself with --enclave-key, so that they can be final sooner.
    Attester,
}

impl RoleArg {
    fn role(self) -> Option<Role> {
        match self {
            Self::Full => None,
            Self::Sequencer => Some(Role::Sequencer),
            Self::Batcher => Some(Role::Batcher),
            Self::Proposer => Some(Role::Proposer),
            Self::Watcher => Some(Role::Watcher),
            Self::Relayer => Some(Role::Relayer),
            Self::Attester => Some(Role::Attester),
        }
    }
}

pub async fn run(args: NodeArgs, json: bool) -> eyre::Result<()> {
    let config = match (&args.config, &args.l1, &args.rollup) {
        (None, Some(_), Some(_)) => None,
        (path, _, _) => Some(Config::load(path.as_deref().unwrap_or(DEFAULT_FILE.as_ref()))?),
    };
    let l1_url = args.l1.clone().or_else(|| config.as_ref().map(|config| config.l1.url.clone()));
    let address = args.rollup.or_else(|| config.as_ref().and_then(|config| config.rollup.address));
    let (Some(l1_url), Some(address)) = (l1_url, address) else {
        return Err(eyre!("which rollup? Give --l1 and --rollup, or set address under [rollup] in the configuration"));
    };
    let confirmations = config.as_ref().map_or(1, |config| config.l1.confirmations);
    let section = config.map_or_else(NodeSection::default, |config| config.node);
    let roles: Vec<Role> = args.role.iter().filter_map(|role| role.role()).collect();
    let is_sequencer = roles.contains(&Role::Sequencer);
    match args.enclave_key.is_empty() {
        true if roles.contains(&Role::Attester) => return Err(eyre!("the role attester needs --enclave-key")),
        false if !roles.contains(&Role::Attester) && !is_sequencer => {
            return Err(eyre!("--enclave-key is for the roles attester and sequencer"));
        }
        _ => {}
    }
    let delay = args.max_batch_delay.as_deref().unwrap_or(&section.max_batch_delay);
    let max_delay = duration::parse_seconds(delay).map_err(|error| eyre!("max_batch_delay: {error}"))?;
    let data = args.data.unwrap_or(section.data);
    let block_time_ms = args.block_time_ms.unwrap_or(section.block_time_ms);
    if block_time_ms < 250 {
        return Err(eyre!("block_time_ms is {block_time_ms}; the shortest block time is 250 ms"));
    }

    let clock = system_clock();
    let l1 = l2::connect(&l1_url).await?;
    let rollup = Rollup::load(&l1, address).await?;
    let in_plain = args.plain.are_taken(&rollup);
    if is_sequencer && !in_plain && args.enclave_key.is_empty() {
        return Err(eyre!(
            "the rollup is confidential: its sequencer needs --enclave-key, or --plain-transactions to take transactions that everybody reads"
        ));
    }
    let enclave_keys: Vec<Wallet> =
        args.enclave_key.iter().map(|file| Wallet::from_file(file)).collect::<Result<_, _>>()?;
    let node_config = NodeConfig {
        roles: roles.clone(),
        sequencer: SequencerConfig {
            block_time: Duration::from_millis(block_time_ms),
            l1_confirmations: args.l1_confirmations,
        },
        batcher: BatcherConfig { max_delay: Duration::from_secs(max_delay), ..BatcherConfig::default() },
        audit_traces: args.audit_traces.unwrap_or(section.audit_traces),
        enclave_keys: enclave_keys.clone(),
        poll_interval: Duration::from_secs(1),
    };
    let store = l2::open_store(&data)?;
    let needs_key =
        roles.iter().any(|role| matches!(role, Role::Batcher | Role::Proposer | Role::Relayer | Role::Attester));
    let wallet = match needs_key {
        true => Some(args.key.require()?),
        // A watcher that has one challenges what it finds.
        false if roles.contains(&Role::Watcher) => args.key.load()?,
        false => None,
    };
    let keys = if let Some(wallet) = wallet {
        let tx_config = TxConfig { confirmations, ..TxConfig::default() };
        let transactions = l2::open_transactions(&l1, wallet.clone(), &data, tx_config, clock.clone()).await?;
        Some((transactions, wallet))
    } else {
        None
    };
    let node = Node::open(store, l1, rollup, node_config, clock.clone())?;
    let encrypted = match is_sequencer && !enclave_keys.is_empty() {
        true => Some(open_inbox(&node, &enclave_keys, &data, clock.clone()).await?),
        false => None,
    };
    let forward = args.sequencer_url.or(section.sequencer_url).filter(|_| !is_sequencer);
    let address = SocketAddr::new(args.rpc_address, args.rpc_port.unwrap_or(section.rpc_port));
    let server =
        l2::serve_node(&node, address, clock, forward.as_deref(), Taken { in_plain, encrypted: encrypted.clone() })
            .await?;
    let url = format!("http://{}", server.local_addr);
    if json {
        let roles: Vec<String> = roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
        print_json(&json!({
            "l2Rpc": url,
            "rollup": node.rollup.address,
            "l2ChainId": node.rollup.params.l2ChainId,
            "roles": roles,
        }));
    } else {
        println!("lux-rollup node of {} serves {url}; roles: full {roles:?}", node.rollup.address);
    }
    tokio::select! {
        result = node.run(keys) => result.wrap_err("the node stopped"),
        () = look_after(encrypted) => Ok(()),
        () = l2::stop_requested() => Ok(()),
    }
}
