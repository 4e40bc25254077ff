//! `lux-rollup blobs`.

use crate::l2::stop_requested;
use crate::model::store::{StoreArgs, client};
use crate::output::{Progress, printer};
use alloy_primitives::B256;
use clap::{Args, Subcommand};
use eyre::{WrapErr, eyre};
use lux_blobs::{BlobError, BlobIndex, BlobStore, MAX_BLOB_BYTES, ServerConfig, serve};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum BlobsCommand {
    /// Serve a store over HTTP.
    Serve(ServeArgs),
    /// Keep a file, and print its commitment.
    Put(PutArgs),
    /// Write a blob into a file.
    Get(GetArgs),
}

#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    place: StoreArgs,
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9570")]
    listen: SocketAddr,
    /// Take blobs too: from whoever shows the token of --token-file, and without one from anyone.
    #[arg(long)]
    writable: bool,
    /// File with the token that a writer has to show.
    #[arg(long, value_name = "FILE", requires = "writable")]
    token_file: Option<PathBuf>,
    /// With --writable: blobs that would let the store hold more than this are refused. In GiB.
    #[arg(long, value_name = "GIB", default_value_t = 64)]
    max_store: u64,
}

#[derive(Args)]
pub struct PutArgs {
    file: PathBuf,
    #[command(flatten)]
    place: StoreArgs,
}

#[derive(Args)]
pub struct GetArgs {
    commitment: B256,
    #[command(flatten)]
    place: StoreArgs,
    /// Fetch it from this server of blobs where the store lacks it.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// File for the blob.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub async fn run(command: BlobsCommand, json: bool) -> eyre::Result<()> {
    let print = printer(json);
    match command {
        BlobsCommand::Serve(args) => serve_until_stopped(args, print).await?,
        BlobsCommand::Put(args) => print(&put(args).await?),
        BlobsCommand::Get(args) => print(&get(args, &Progress::new(json)).await?),
    }
    Ok(())
}

async fn serve_until_stopped(args: ServeArgs, print: fn(&Value)) -> eyre::Result<()> {
    let token = args.token_file.as_ref().map(|file| {
        let text = std::fs::read_to_string(file).wrap_err_with(|| file.display().to_string())?;
        let token = text.trim().to_owned();
        if token.is_empty() { Err(eyre!("{} holds no token", file.display())) } else { Ok(token) }
    });
    let config = ServerConfig { writable: args.writable, token: token.transpose()?, ..ServerConfig::default() };
    let protected = config.token.is_some();
    let store = match args.writable {
        true => args.place.create()?.limited(args.max_store.saturating_mul(1 << 30)).await?,
        false => args.place.create()?,
    };
    let server = serve(args.listen, store, config)
        .await
        .map_err(|error| eyre!("cannot listen on {}: {error}; choose another with --listen", args.listen))?;
    print(&json!({
        "location": format!("http://{}", server.local_addr),
        "store": args.place.store.to_string(),
        "writable": match (args.writable, protected) {
            (false, _) => "no",
            (true, false) => "by anyone",
            (true, true) => "with the token",
        },
    }));
    stop_requested().await;
    server.stop().await;
    Ok(())
}

async fn put(args: PutArgs) -> eyre::Result<Value> {
    let store = args.place.create()?;
    let commitment = store.put_file(&args.file).await.wrap_err_with(|| args.file.display().to_string())?;
    let length = store.index(commitment).await?.length();
    Ok(json!({ "commitment": commitment, "bytes": length, "store": args.place.store.to_string() }))
}

async fn get(args: GetArgs, progress: &Progress) -> eyre::Result<Value> {
    let GetArgs { commitment, place, from, out } = args;
    let store = if from.is_some() { place.create()? } else { place.open()? };
    if let Some(url) = from
        && !store.has(commitment).await?
    {
        let client = client()?;
        let fetch = client.fetch_into(&store, &url, commitment, MAX_BLOB_BYTES);
        progress.while_waiting("fetching", fetch).await.wrap_err_with(|| url.clone())?;
    }
    let index = store.index(commitment).await.map_err(|error| match error {
        BlobError::NotFound(_) => {
            eyre!("no blob {commitment} in {}: --from names a server to fetch from", place.store)
        }
        other => other.into(),
    })?;
    if let Err(error) = copy(&store, &index, &out).await {
        // No part of a blob under the name that was asked for.
        let _ = std::fs::remove_file(&out);
        return Err(error);
    }
    Ok(json!({ "commitment": commitment, "bytes": index.length(), "file": out }))
}

/// Copies a blob to a file, each part checked before it is written.
async fn copy(store: &BlobStore, index: &BlobIndex, out: &Path) -> eyre::Result<()> {
    let name = || out.display().to_string();
    let mut file = File::create(out).wrap_err_with(name)?;
    for start in (0..index.length()).step_by(PART_BYTES) {
        let end = index.length().min(start + PART_BYTES as u64);
        let part = store.range(index.commitment(), start..end).await?;
        file.write_all(&part).wrap_err_with(name)?;
    }
    Ok(())
}

/// A multiple of the piece size.
const PART_BYTES: usize = 1 << 20;
