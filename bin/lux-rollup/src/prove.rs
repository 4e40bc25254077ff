//! `lux-rollup prove`.

use crate::l2::{self, DEFAULT_L2};
use crate::output::{Progress, plain, print_fields, print_json};
use alloy_primitives::Bytes;
use clap::Args;
use eyre::{WrapErr, eyre};
use serde_json::{Map, Value, json};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct ProveArgs {
    /// Number of the batch.
    #[arg(long)]
    batch: u64,
    /// Chunk of its run, from 0.
    #[arg(long)]
    chunk: u64,
    /// File for the proof.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
    /// JSON-RPC endpoint of a node: it makes the proof.
    #[arg(long, default_value = DEFAULT_L2)]
    l2: String,
}

pub async fn run(args: ProveArgs, json: bool) -> eyre::Result<()> {
    // Before the node works for minutes.
    if !args.force && args.out.exists() {
        return Err(exists(&args.out));
    }
    let node = l2::connect_prover(&args.l2).await?;
    let progress = Progress::new(json);
    let request = node.request("rollup_chunkProof", (args.batch, args.chunk));
    let reply = progress.while_waiting("the node runs the batch in the machine", request).await;
    let mut reply: Map<String, Value> = reply.map_err(l2::no_proof)?;
    let proof: Bytes = serde_json::from_value(reply.remove("proof").unwrap_or_default())
        .wrap_err("the node's reply holds no proof; is it of this version?")?;
    write(&args.out, &proof, args.force)?;
    let field = |name: &str| reply.get(name).map(plain).unwrap_or_default();
    if json {
        reply.insert("file".into(), json!(args.out));
        print_json(&Value::Object(reply));
    } else {
        print_fields(&json!({
            "batch": field("batchNumber"),
            "chunk": field("chunk"),
            "stateFrom": field("pre"),
            "stateTo": field("post"),
            "pages": field("pages"),
            "preimages": field("preimages"),
            "bytes": field("bytes"),
            "file": args.out,
        }));
    }
    Ok(())
}

fn exists(path: &Path) -> eyre::Report {
    eyre!("{} exists; --force replaces it", path.display())
}

fn write(path: &Path, bytes: &[u8], force: bool) -> eyre::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let file = options.open(path);
    let mut file = file.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => eyre!("{}: {error}", path.display()),
    })?;
    file.write_all(bytes).wrap_err_with(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_force_replaces_a_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("proof");
        write(&path, b"first", false).expect("a new file");
        let error = write(&path, b"second", false).expect_err("the file exists");
        assert!(error.to_string().contains("--force"), "{error}");
        write(&path, b"2nd", true).expect("forced");
        assert_eq!(std::fs::read(&path).expect("written"), b"2nd");
    }
}
