//! `lux-rollup train run`, `coordinate` and `watch`.

use super::checkpoint::write_checkpoint;
use super::place::NamedJob;
use super::records;
use crate::keys::KeyArgs;
use crate::l2::{open_transactions, stop_requested, tx_config};
use crate::lines::Lines;
use crate::model::files::{read_npy, write};
use crate::output::printer;
use alloy_primitives::keccak256;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_blobs::{BlobStore, Client, ClientConfig, ServerConfig, ServerHandle, serve};
use lux_federated::{Dataset, Exchange, Job, LocalTrainer, Notebook, RoundRecord, draw_curve};
use lux_l1::{Wallet, system_clock};
use lux_training_chain::{ChainBoard, Contract, Leader, Member, Record, Role, Watcher};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How often to look at the chain.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Args)]
struct RoleArgs {
    #[command(flatten)]
    named: NamedJob,
    /// Key of this role's account, with coins for what it locks and for gas.
    #[command(flatten)]
    key: KeyArgs,
    /// Folder of what a restart needs: notes, blobs, transactions [default: data/train/ROLE]. One process and one job for each.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Serve the own blobs over HTTP at this address.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    serve: SocketAddr,
    /// URL under which others reach --serve [default: http:// and the address].
    #[arg(long, value_name = "URL")]
    location: Option<String>,
    /// Fetch blobs from this server too, besides those that others announce: the creator's, for one. May be repeated.
    #[arg(long, value_name = "URL")]
    source: Vec<String>,
    /// Fetch from private addresses too, if others announce them. Only for development.
    #[arg(long)]
    allow_private: bool,
}

/// Labelled examples in files.
#[derive(Args)]
struct DataArgs {
    /// Examples, as .npy; the first axis counts them.
    #[arg(long, value_name = "FILE", requires = "labels")]
    data: Option<PathBuf>,
    /// Their classes, as .npy: whole numbers from zero on.
    #[arg(long, value_name = "FILE", requires = "data")]
    labels: Option<PathBuf>,
    /// Every feature is divided by this.
    #[arg(long, default_value_t = 1.0)]
    divide_by: f32,
    /// Only the examples from this one on.
    #[arg(long, default_value_t = 0)]
    from: usize,
    /// So many of them, at most.
    #[arg(long)]
    count: Option<usize>,
}

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// What this worker trains on, and never gives away.
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
pub struct CoordinateArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// What rounds are tested on.
    #[command(flatten)]
    data: DataArgs,
    /// Draw loss and accuracy into this file at the end.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the weights to this .safetensors file at the end.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

#[derive(Args)]
pub struct WatchArgs {
    #[command(flatten)]
    role: RoleArgs,
}

impl DataArgs {
    fn read(&self) -> eyre::Result<Option<Dataset>> {
        let (Some(data), Some(labels)) = (&self.data, &self.labels) else { return Ok(None) };
        let (features, labels) = (read_npy(data)?, read_npy(labels)?);
        let all = Dataset::from_arrays(features, &labels, self.divide_by).wrap_err("reading the data")?;
        let end = self.count.map_or(all.len(), |count| all.len().min(self.from.saturating_add(count)));
        let part: Vec<usize> = (self.from..end).collect();
        if part.is_empty() {
            return Err(eyre!("--from {}: there are {} examples", self.from, all.len()));
        }
        Ok(Some(all.select(&part)))
    }
}

/// What every role has.
struct Scene {
    contract: Contract,
    wallet: Wallet,
    folder: PathBuf,
    blobs: Exchange,
    board: Arc<ChainBoard>,
    location: String,
    /// Serves for as long as it is there.
    _server: ServerHandle,
}

impl RoleArgs {
    async fn open(&self, role: &str) -> eyre::Result<Scene> {
        let wallet = self.key.require()?;
        let (contract, _) = self.named.find().await?;
        let folder = self.folder.clone().unwrap_or_else(|| PathBuf::from("data/train").join(role));
        // Also the lock of the folder.
        let transactions =
            open_transactions(&contract.chain, wallet.clone(), &folder, tx_config(), system_clock()).await?;
        let store = BlobStore::folder(&folder.join("blobs")).wrap_err_with(|| folder.display().to_string())?;
        let server = serve(self.serve, store.clone(), ServerConfig::default())
            .await
            .wrap_err_with(|| format!("cannot listen on {}; choose another with --serve", self.serve))?;
        let location = self.location.clone().unwrap_or_else(|| format!("http://{}", server.local_addr));
        let client = Client::new(ClientConfig { allow_private: self.allow_private, ..ClientConfig::default() })?;
        let blobs = Exchange::new(store).with_sources(client, Vec::new());
        let (id, sources) = (self.named.job, self.source.clone());
        let board = ChainBoard::open(contract.clone(), id, transactions, blobs.clone(), sources).await;
        let board = board.wrap_err_with(|| format!("job {id}: --source names who has its terms"))?;
        Ok(Scene { contract, wallet, folder, blobs, board, location, _server: server })
    }
}

pub async fn run(args: RunArgs, json: bool) -> eyre::Result<()> {
    let data = args.data.read()?.ok_or_else(|| eyre!("a worker trains on data: --data and --labels"))?;
    let scene = args.role.open("worker").await?;
    let account = scene.wallet.clone();
    let trainer = LocalTrainer::new(&scene.board.job(), data, keccak256(account.address()))?;
    let notebook = Notebook::folder(&scene.folder.join("notes"))?;
    announce(&scene, "worker", json);
    let server = Some(scene.location.clone());
    let mut member = Member::open(scene.board.clone(), account.into(), Box::new(trainer), notebook, server)?;
    follow(&mut member, &scene, json).await.map(drop)
}

pub async fn coordinate(args: CoordinateArgs, json: bool) -> eyre::Result<()> {
    let data = args.data.read()?;
    let scene = args.role.open("coordinator").await?;
    announce(&scene, "coordinator", json);
    let mut leader = Leader::open(scene.board.clone(), data, Some(scene.location.clone()));
    let rounds = follow(&mut leader, &scene, json).await?;
    if let Some(path) = &args.svg {
        write(path, draw_curve(&rounds).as_bytes())?;
    }
    if let Some(path) = &args.checkpoint {
        write_checkpoint(&scene.contract, args.role.named.job, &scene.blobs, path).await?;
    }
    Ok(())
}

pub async fn watch(args: WatchArgs, json: bool) -> eyre::Result<()> {
    let scene = args.role.open("watcher").await?;
    announce(&scene, "watcher", json);
    let mut watcher = Watcher::open(scene.board.clone());
    follow(&mut watcher, &scene, json).await.map(drop)
}

fn announce(scene: &Scene, role: &str, json: bool) {
    let value = json!({ role: scene.wallet.address(), "contract": scene.contract.address, "location": scene.location });
    printer(json)(&value)
}

/// Works until the job is over or somebody stops it; how good the network was after each round.
async fn follow(role: &mut impl Role, scene: &Scene, json: bool) -> eyre::Result<Vec<RoundRecord>> {
    let (job, mut rounds) = (scene.board.job(), Vec::new());
    let ended = lux_training_chain::run(role, PAUSE, stop_requested(), |record| {
        // Whether anybody reads is nothing that work depends on.
        let _ = say(&job, &record, json);
        if let Record::Claimed { round, run, contributors, evaluation, .. } = record {
            // A round that was disproved is done again.
            rounds.truncate(round as usize - 1);
            rounds.push(RoundRecord {
                round: run,
                done: round,
                evaluation,
                epsilon: None,
                contributors,
                dropped: Vec::new(),
                abandoned: None,
                milliseconds: 0,
            });
        }
    });
    ended.await?;
    Ok(rounds)
}

fn say(job: &Job, record: &Record, json: bool) -> eyre::Result<()> {
    let mut lines = Lines::new();
    if json {
        let mut value = serde_json::to_value(record)?;
        if let Record::Claimed { run, .. } = record {
            value["epsilon"] = job.epsilon(*run).ok().flatten().into();
        }
        lines.line(value)?;
    } else {
        records::of_chain(job, record).into_iter().try_for_each(|line| lines.line(line).map(drop))?;
    }
    lines.finish()?;
    Ok(())
}
