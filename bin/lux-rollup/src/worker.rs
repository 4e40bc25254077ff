//! `lux-rollup worker`.

use crate::duration::parse_coins;
use crate::keys::KeyArgs;
use crate::l2::{one_off, open_transactions, stop_requested, tx_config};
use crate::market_args::MarketArgs;
use crate::model::store::StoreArgs;
use crate::output::printer;
use alloy_primitives::utils::format_ether;
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolCall;
use clap::{Args, Subcommand};
use eyre::{WrapErr, eyre};
use lux_blobs::{BlobError, BlobStore, ServerConfig, ServerHandle, serve};
use lux_compute::{
    ComputeError, Library, LibraryConfig, Market, Records, Role, Shop, Watcher, WatcherConfig, Worker, WorkerConfig,
};
use lux_l1::{TxRequest, Wallet, system_clock};
use lux_protocol::market::contract::IComputeMarket::{requestExitCall, withdrawCall, withdrawStakeCall};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

#[derive(Subcommand)]
pub enum WorkerCommand {
    /// Serve tasks: claim them, compute, deliver, defend, be paid.
    Run(RunArgs),
    /// Compute results of others again, and have false ones rejected.
    Watch(WatchArgs),
    /// Pay a balance out of the market.
    Withdraw(WithdrawArgs),
    /// Stop working: the first time asks for the stake, the second time, after the exit period, gets it.
    Exit(ExitArgs),
}

#[derive(Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    market: MarketArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Whole coins [default: all].
    #[arg(long, value_parser = parse_coins)]
    amount: Option<U256>,
}

#[derive(Args)]
pub struct ExitArgs {
    #[command(flatten)]
    market: MarketArgs,
    #[command(flatten)]
    key: KeyArgs,
}

/// Where models and inputs come from.
#[derive(Args, Clone)]
pub struct DataArgs {
    #[command(flatten)]
    place: StoreArgs,
    /// Fetch from this server of blobs first, before the places that owners and requesters name. May be repeated.
    #[arg(long, value_name = "URL")]
    source: Vec<String>,
    /// Fetch from private addresses too, if owners or requesters name them. Only for development.
    #[arg(long)]
    allow_private: bool,
    /// Weights of one model, in MiB at most.
    #[arg(long, default_value_t = 1_024)]
    max_weights: u64,
    /// What is fetched and computed is kept in the folder `cache` below --folder, in GiB at most: what was used longest ago goes.
    #[arg(long, value_name = "GIB", default_value_t = 16)]
    cache: u64,
    /// Threads of one run [default: one for each processor].
    #[arg(long)]
    threads: Option<usize>,
}

impl DataArgs {
    /// The store is read only; `folder` is that of the process.
    pub async fn shop(&self, market: Market, folder: &Path) -> eyre::Result<Shop> {
        let default = LibraryConfig::default();
        let config = LibraryConfig {
            sources: self.source.clone(),
            allow_private: self.allow_private,
            max_weight_bytes: self.max_weights << 20,
            threads: self.threads.unwrap_or(default.threads),
            ..default
        };
        let (cache, limit) = (folder.join("cache"), self.cache.saturating_mul(1 << 30));
        let store = BlobStore::cache(&cache, limit, self.place.create()?).await;
        let store = store.map_err(|error| match error {
            BlobError::InUse(_) => eyre!("{error} (--folder)"),
            other => eyre!(other).wrap_err(cache.display().to_string()),
        })?;
        Ok(Shop::new(market, Library::new(store, config)?))
    }
}

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    market: MarketArgs,
    /// Key of the worker, with coins for stake, bonds and gas.
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Folder of what a restart needs: results and transactions.
    #[arg(long, value_name = "FOLDER", default_value = "data/worker")]
    folder: PathBuf,
    /// Serve only this model. May be repeated [default: any].
    #[arg(long, value_name = "HASH")]
    model: Vec<B256>,
    /// Take no task that pays less, in wei per gas of the market.
    #[arg(long, default_value_t = WorkerConfig::default().min_gas_price)]
    min_gas_price: u64,
    /// Take tasks that pay less than the gas of claim, result and payment costs on this chain now.
    #[arg(long)]
    allow_loss: bool,
    /// Take no task whose model takes more, in FLOPs.
    #[arg(long, default_value_t = WorkerConfig::default().max_flops)]
    max_flops: u64,
    /// Tasks claimed at a time.
    #[arg(long, default_value_t = WorkerConfig::default().max_claims)]
    max_claims: usize,
    /// Tasks computed at a time.
    #[arg(long, default_value_t = 1)]
    parallel: usize,
    /// Balance in the market that claims take their bonds from: what is missing is deposited at the start. Whole coins.
    #[arg(long, default_value = "0.1", value_parser = parse_coins)]
    balance: U256,
    /// File with the private key in hex of an enclave that this worker runs in: it signs results for models that ask for that.
    /// May be repeated, for several vendors.
    #[arg(long, value_name = "FILE")]
    enclave_key: Vec<PathBuf>,
    /// Serve store and cache over HTTP at this address, so that requesters get large outputs.
    #[arg(long, value_name = "ADDRESS")]
    serve: Option<SocketAddr>,
}

#[derive(Args)]
pub struct WatchArgs {
    #[command(flatten)]
    market: MarketArgs,
    /// Key that challenges, with coins for a bond and gas. Without one, false results are only reported.
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Folder of the transactions.
    #[arg(long, value_name = "FOLDER", default_value = "data/watcher")]
    folder: PathBuf,
    /// Check the traces of results with the right output too. Each takes a run on the machine.
    #[arg(long)]
    audit_traces: bool,
    /// Results checked at a time.
    #[arg(long, default_value_t = 1)]
    parallel: usize,
}

/// How often to look at the chain.
const POLL: Duration = Duration::from_millis(500);

pub async fn run(command: WorkerCommand, json: bool) -> eyre::Result<()> {
    match command {
        WorkerCommand::Run(args) => work(args, json).await,
        WorkerCommand::Watch(args) => watch(args, json).await,
        WorkerCommand::Withdraw(args) => withdraw(args, json).await,
        WorkerCommand::Exit(args) => exit(args, json).await,
    }
}

fn announce(json: bool, value: &Value) {
    printer(json)(value)
}

async fn work(args: RunArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    // Also a market that was closed meanwhile: what was delivered has to be defended.
    let (market, _) = args.market.place().await?;
    let transactions = open_transactions(&market.chain, wallet, &args.folder, tx_config(), system_clock()).await?;
    let records = Records::open(&args.folder.join("results.redb"))?;
    let config = WorkerConfig {
        models: args.model.into_iter().collect(),
        min_gas_price: args.min_gas_price,
        max_flops: args.max_flops,
        max_claims: args.max_claims,
        parallel: args.parallel.max(1),
        allow_loss: args.allow_loss,
        enclave_keys: args.enclave_key.iter().map(|file| Wallet::from_file(file)).collect::<Result<_, _>>()?,
    };
    let (account, address) = (transactions.address(), market.address);
    let shop = args.data.shop(market, &args.folder).await?;
    let server = match args.serve {
        Some(address) => Some(serve_store(address, shop.library.store()).await?),
        None => None,
    };
    let worker = Worker::open(shop, transactions, records, config).await?;
    worker.join(args.balance).await.wrap_err("joining the market")?;
    announce(
        json,
        &json!({
            "worker": account,
            "market": address,
            "location": server.as_ref().map(|server| format!("http://{}", server.local_addr)),
        }),
    );
    until_stopped(worker).await
}

async fn watch(args: WatchArgs, json: bool) -> eyre::Result<()> {
    let (market, _) = args.market.find().await?;
    let transactions = match args.key.load()? {
        Some(wallet) => {
            Some(open_transactions(&market.chain, wallet, &args.folder, tx_config(), system_clock()).await?)
        }
        None => None,
    };
    let config = WatcherConfig { audit_traces: args.audit_traces, parallel: args.parallel.max(1), only: None };
    let challenger = transactions.as_ref().map(|transactions| transactions.address());
    let value = json!({ "market": market.address, "challenger": challenger });
    let watcher = Watcher::open(args.data.shop(market, &args.folder).await?, transactions, config).await?;
    announce(json, &value);
    until_stopped(watcher).await
}

async fn until_stopped(mut role: impl Role) -> eyre::Result<()> {
    let stop = stop_requested();
    tokio::pin!(stop);
    let mut polls = tokio::time::interval(POLL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = polls.tick() => carry_on(role.step().await)?,
            ended = role.run_ends(), if role.is_computing() => carry_on(ended)?,
        }
    }
}

async fn withdraw(args: WithdrawArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let (market, _) = args.market.place().await?;
    let balance = U256::from(market.account(wallet.address()).await?.balance);
    let amount = args.amount.unwrap_or(balance);
    if amount.is_zero() || amount > balance {
        return Err(eyre!("the balance in the market is {} coins", format_ether(balance)));
    }
    let transactions = one_off(&market.chain, wallet).await?;
    let call = TxRequest::call("cli/withdraw", market.address, withdrawCall { amount }.abi_encode());
    let outcome = transactions.send(call).await?;
    announce(json, &json!({ "withdrawn": format!("{} coins", format_ether(amount)), "transaction": outcome.hash }));
    Ok(())
}

async fn exit(args: ExitArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let (market, _) = args.market.place().await?;
    let account = market.account(wallet.address()).await?;
    let now = market.chain.head().await?.timestamp;
    let (exit_at, stake) = (account.exitAt.to::<u64>(), U256::from(account.stake));
    if stake.is_zero() {
        return Err(eyre!("{} has no stake in the market", wallet.address()));
    }
    if exit_at > now {
        return Err(eyre!("the stake is free at {exit_at} (seconds since 1970), {} seconds from now", exit_at - now));
    }
    let transactions = one_off(&market.chain, wallet).await?;
    let (what, data) = match exit_at {
        0 => ("the exit began: give this command again when it is over", requestExitCall {}.abi_encode()),
        _ => ("the stake is in the balance: `worker withdraw` pays it out", withdrawStakeCall {}.abi_encode()),
    };
    let outcome = transactions.send(TxRequest::call("cli/exit", market.address, data)).await?;
    announce(json, &json!({ "outcome": what, "transaction": outcome.hash }));
    Ok(())
}

/// What may pass by itself is logged.
pub fn carry_on(step: Result<(), ComputeError>) -> eyre::Result<()> {
    match step {
        Err(error) if error.is_temporary() => {
            tracing::warn!(%error, "trying again");
            Ok(())
        }
        step => Ok(step?),
    }
}

async fn serve_store(address: SocketAddr, store: &BlobStore) -> eyre::Result<ServerHandle> {
    serve(address, store.clone(), ServerConfig::default())
        .await
        .wrap_err_with(|| format!("cannot listen on {address}; choose another with --serve"))
}
