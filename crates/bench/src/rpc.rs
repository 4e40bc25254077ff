//! Signed transfers over JSON-RPC: the same load on our `dev` and on anvil.

use crate::load::{self, Call};
use crate::process::Process;
use crate::report::Report;
use alloy_primitives::{Address, Bytes, U256};
use alloy_signer_local::PrivateKeySigner;
use eyre::eyre;
use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::rpc_params;
use std::path::Path;
use std::time::{Duration, Instant};

const ACCOUNTS: u64 = 500;
const PER_ACCOUNT: u64 = 80;
/// Clients that send at the same time, each one batch after another.
const CLIENTS: usize = 8;
const BATCH: usize = 50;
/// Idle memory asked for, MiB.
const IDLE_LIMIT_MIB: f64 = 300.0;

pub async fn run(report: &mut Report, binary: &Path, anvil: &Path) -> eyre::Result<()> {
    let data = tempfile::tempdir()?;
    let ours = Process::lux_rollup(binary, &data.path().join("dev")).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    if let Some(mib) = ours.resident_mib() {
        report.size("idle `dev`, L1 and L2 in one process, resident MiB", mib, Some(IDLE_LIMIT_MIB));
    }
    let our_rate = measure(&ours).await?;
    if let Some(mib) = ours.resident_mib() {
        report.size("`dev` after the load, resident MiB", mib, None);
    }
    drop(ours);
    // Blocks at intervals: with one block for each transaction it is many times slower.
    let peer = Process::anvil(anvil, &["--block-time", "1"]).await?;
    let rate = measure(&peer).await?;
    report.versus("signed transfers over JSON-RPC, sent to mined", our_rate, "anvil --block-time 1", rate);
    let bound = recoveries()?;
    report.rate("their signatures recovered on all cores, nothing else", bound, None);
    Ok(())
}

/// Signatures that this machine recovers in a second when it does nothing else: no chain takes more.
fn recoveries() -> eyre::Result<f64> {
    let signers = (0..ACCOUNTS).map(load::signer).collect::<eyre::Result<Vec<_>>>()?;
    let transactions = load::transfers(&signers, 1, 0, 20)?;
    let threads = std::thread::available_parallelism()?.get();
    let started = Instant::now();
    let all_valid = std::thread::scope(|scope| {
        let share = transactions.len().div_ceil(threads);
        let workers: Vec<_> = transactions
            .chunks(share)
            .map(|part| scope.spawn(|| part.iter().all(|tx| lux_stf::recover_sender(tx).is_some())))
            .collect();
        workers.into_iter().all(|worker| worker.join().is_ok_and(|valid| valid))
    });
    let elapsed = started.elapsed().as_secs_f64();
    if !all_valid {
        return Err(eyre!("a transfer of the load has no valid signature"));
    }
    Ok(transactions.len() as f64 / elapsed)
}

async fn connect(url: &str) -> eyre::Result<HttpClient> {
    let client = HttpClientBuilder::default().request_timeout(Duration::from_secs(120)).build(url)?;
    for _ in 0..100 {
        if client.request::<String, _>("eth_chainId", rpc_params![]).await.is_ok() {
            return Ok(client);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(eyre!("{url} does not answer"))
}

/// Transfers per second from the first request until the last one is in a block.
async fn measure(process: &Process) -> eyre::Result<f64> {
    let client = connect(&process.url).await?;
    let signers = (0..ACCOUNTS).map(load::signer).collect::<eyre::Result<Vec<_>>>()?;
    fund(&client, process, &signers).await?;
    let transactions = load::transfers(&signers, process.chain_id, 0, PER_ACCOUNT)?;
    let raw: Vec<Bytes> = transactions.iter().map(load::raw).collect();
    // An account's transactions stay with one client, or they would arrive out of order.
    let mut queues: Vec<Vec<Bytes>> = vec![Vec::new(); CLIENTS];
    for (index, bytes) in raw.into_iter().enumerate() {
        queues[index % ACCOUNTS as usize % CLIENTS].push(bytes);
    }
    let started = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for queue in queues {
        let url = process.url.clone();
        senders.spawn(async move { send_all(&connect(&url).await?, &queue).await });
    }
    while let Some(sender) = senders.join_next().await {
        sender??;
    }
    for signer in &signers {
        wait_for_nonce(&client, signer.address(), PER_ACCOUNT).await?;
    }
    Ok((ACCOUNTS * PER_ACCOUNT) as f64 / started.elapsed().as_secs_f64())
}

async fn send_all(client: &HttpClient, queue: &[Bytes]) -> eyre::Result<()> {
    for chunk in queue.chunks(BATCH) {
        let mut batch = BatchRequestBuilder::new();
        for bytes in chunk {
            batch.insert("eth_sendRawTransaction", rpc_params![bytes])?;
        }
        let replies = client.batch_request::<String>(batch).await?;
        if let Some(Err(error)) = replies.into_iter().find(Result::is_err) {
            return Err(eyre!("transaction refused: {error}"));
        }
    }
    Ok(())
}

async fn fund(client: &HttpClient, process: &Process, signers: &[PrivateKeySigner]) -> eyre::Result<()> {
    let funder: PrivateKeySigner = process.funder.parse()?;
    let value = U256::from(500_000_000_000_000_000u64);
    let mut raw = Vec::new();
    for (nonce, signer) in signers.iter().enumerate() {
        let call = Call {
            chain_id: process.chain_id,
            nonce: nonce as u64,
            to: signer.address().into(),
            value,
            input: Bytes::new(),
            gas_limit: 21_000,
        };
        raw.push(load::raw(&load::sign(&funder, call)?));
    }
    send_all(client, &raw).await?;
    wait_for_nonce(client, funder.address(), signers.len() as u64).await
}

async fn wait_for_nonce(client: &HttpClient, account: Address, nonce: u64) -> eyre::Result<()> {
    loop {
        let reply: U256 = client.request("eth_getTransactionCount", rpc_params![account, "latest"]).await?;
        if reply >= U256::from(nonce) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
