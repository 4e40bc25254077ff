//! Opening a node's L2, serving it, and talking to one that runs elsewhere.

use crate::output::plain;
use alloy_primitives::{Address, B256, Bytes};
use clap::Args;
use eyre::{WrapErr, eyre};
use jsonrpsee::types::ErrorObjectOwned;
use lux_chain::Store;
use lux_l1::{
    Clock, ErrorDecoder, Journal, L1Client, L1Error, MAX_RESPONSE_BYTES, MemoryJournal, RedbJournal, Transport,
    TxConfig, TxManager, Wallet, system_clock,
};
use lux_node::{Node, Rollup, RollupContext, dispute_module, rollup_module};
use lux_protocol::errors::ContractErrorsErrors;
use lux_rpc::{BoxFuture, RpcContext, RpcLimits, RpcServer, TxForward, eth_module, serve};
use lux_sealed::{Inbox, forwarding_module, refuse_plain, sealed_module};
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where `dev` and `node` serve.
pub const DEFAULT_L2: &str = "http://127.0.0.1:9545";

/// The chains that a command talks to.
#[derive(Args, Clone)]
pub struct Endpoints {
    /// JSON-RPC endpoint of L1.
    #[arg(long, default_value = "http://127.0.0.1:8545")]
    pub l1: String,
    /// JSON-RPC endpoint of a node.
    #[arg(long, default_value = DEFAULT_L2)]
    pub l2: String,
}

/// Opens the L2 database in a data folder.
pub fn open_store(folder: &Path) -> eyre::Result<Store> {
    std::fs::create_dir_all(folder).wrap_err_with(|| folder.display().to_string())?;
    let file = folder.join("l2.redb");
    Store::open(&file).wrap_err_with(|| format!("{}: is another lux-rollup using this folder?", file.display()))
}

/// A transaction manager whose journal lives in the data folder.
pub async fn open_transactions(
    l1: &L1Client,
    wallet: Wallet,
    folder: &Path,
    config: TxConfig,
    clock: Clock,
) -> eyre::Result<Arc<TxManager>> {
    std::fs::create_dir_all(folder).wrap_err_with(|| folder.display().to_string())?;
    let file = folder.join("transactions.redb");
    let database = redb::Database::create(&file)
        .wrap_err_with(|| format!("{}: is another lux-rollup using this folder?", file.display()))?;
    let journal: Arc<dyn Journal> = Arc::new(RedbJournal::new(Arc::new(database))?);
    Ok(Arc::new(TxManager::open(l1.clone(), wallet, journal, config, clock).await?))
}

/// How a command sends to a chain of the rollup.
pub fn tx_config() -> TxConfig {
    TxConfig { confirmations: 1, poll_interval: Duration::from_millis(250), ..TxConfig::default() }
}

/// For commands of which nothing is repeated by a later one: the journal ends with them.
pub async fn one_off(chain: &L1Client, wallet: Wallet) -> eyre::Result<TxManager> {
    one_off_with(chain, wallet, tx_config()).await
}

pub async fn one_off_with(chain: &L1Client, wallet: Wallet, config: TxConfig) -> eyre::Result<TxManager> {
    let journal = Arc::new(MemoryJournal::default());
    Ok(TxManager::open(chain.clone(), wallet, journal, config, system_clock()).await?)
}

/// A client that names the errors of our contracts.
pub fn client(transport: Transport) -> L1Client {
    L1Client::new(transport).with_errors(ErrorDecoder::default().with::<ContractErrorsErrors>())
}

/// Client of any chain's JSON-RPC.
pub async fn connect(url: &str) -> eyre::Result<L1Client> {
    let transport = Transport::http(url)
        .wrap_err_with(|| format!("{url} is no endpoint: --l1 and --l2 take URLs such as {DEFAULT_L2}"))?;
    reach(client(transport), url).await
}

/// How long a node may take to run a batch in the machine.
const PROOF_TIMEOUT: Duration = Duration::from_secs(3_600);

/// Client of a node that is asked for proofs: those take longer than any other reply.
pub async fn connect_prover(url: &str) -> eyre::Result<L1Client> {
    reach(client(Transport::http_with(url, PROOF_TIMEOUT, MAX_RESPONSE_BYTES)?), url).await
}

/// "Limit exceeded" of EIP-1474.
const BUSY: i32 = -32005;

/// Whether a node makes another proof at the moment.
pub fn is_busy(error: &L1Error) -> bool {
    error.as_rpc().is_some_and(|rpc| rpc.code == BUSY)
}

/// Why a node made no proof. It says so in full sentences.
pub fn no_proof(error: L1Error) -> eyre::Report {
    const REASONS: [i32; 2] = [-32000, BUSY];
    match error.as_rpc() {
        Some(rpc) if REASONS.contains(&rpc.code) => eyre!(rpc.message.clone()),
        _ => error.into(),
    }
}

async fn reach(client: L1Client, url: &str) -> eyre::Result<L1Client> {
    let unreachable = || format!("no chain answers at {url}: start it, or name another with --l1 or --l2");
    client.chain_id().await.wrap_err_with(unreachable)?;
    Ok(client)
}

/// The rollup that a node runs, as L1 has it.
pub async fn rollup(node: &L1Client, l1: &L1Client) -> eyre::Result<Rollup> {
    let config: Map<String, Value> =
        node.request("rollup_config", ()).await.wrap_err("the L2 endpoint is not a lux-rollup node")?;
    let address: Address = plain(config.get("rollup").unwrap_or(&Value::Null)).parse()?;
    Ok(Rollup::load(l1, address).await?)
}

/// Passes transactions on to the sequencer.
struct Forward(Transport);

impl TxForward for Forward {
    fn send_raw(&self, raw: Bytes) -> BoxFuture<Result<B256, ErrorObjectOwned>> {
        let transport = self.0.clone();
        Box::pin(async move {
            transport.request("eth_sendRawTransaction", (raw,)).await.map_err(|error| match error.as_rpc() {
                Some(rpc) => ErrorObjectOwned::owned(rpc.code, rpc.message.clone(), None::<()>),
                None => {
                    ErrorObjectOwned::owned(-32000, format!("the sequencer cannot be reached: {error}"), None::<()>)
                }
            })
        })
    }
}

/// How a node takes transactions.
pub struct Taken {
    pub in_plain: bool,
    /// By what opens them.
    pub encrypted: Option<Arc<Inbox>>,
}

/// Serves the JSON-RPC of a node.
pub async fn serve_node(
    node: &Node,
    address: SocketAddr,
    clock: Clock,
    sequencer_url: Option<&str>,
    transactions: Taken,
) -> eyre::Result<RpcServer> {
    let forward = match sequencer_url {
        Some(url) => Some(Arc::new(Forward(Transport::http(url)?)) as Arc<dyn TxForward>),
        None => None,
    };
    let limits = RpcLimits::default();
    let context = RpcContext {
        chain: node.chain.clone(),
        limits: limits.clone(),
        client_version: client_version(),
        time: Arc::new(move || clock() / 1000),
        forward,
        on_transaction: None,
        sync_status: None,
    };
    let eth = eth_module(Arc::new(context));
    let mut methods = eth.clone();
    if !transactions.in_plain {
        refuse_plain(&mut methods)?;
    }
    match (transactions.encrypted, sequencer_url) {
        (Some(inbox), _) => methods.merge(sealed_module(inbox, eth.into())?)?,
        (None, Some(url)) => methods.merge(forwarding_module(Transport::http(url)?)?)?,
        (None, None) => {}
    }
    let rollup =
        RollupContext { chain: node.chain.clone(), rollup: node.rollup.clone(), l1_position: node.l1_position.clone() };
    methods.merge(rollup_module(rollup)?)?;
    methods.merge(dispute_module(node)?)?;
    listen(address, methods, &limits).await
}

/// Serves methods on an address.
pub async fn listen(
    address: SocketAddr,
    methods: impl Into<jsonrpsee::Methods>,
    limits: &RpcLimits,
) -> eyre::Result<RpcServer> {
    serve(address, methods.into(), limits)
        .await
        .map_err(|error| eyre!("cannot listen on {address}: {error}; choose another port"))
}

pub fn client_version() -> String {
    format!("lux-rollup/{}", env!("CARGO_PKG_VERSION"))
}

/// Waits for Ctrl-C or a request to terminate.
pub async fn stop_requested() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
