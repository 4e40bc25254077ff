//! The chains under load, as processes of their own.

use eyre::{WrapErr, eyre};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running chain; killed when dropped.
pub struct Process {
    pub url: String,
    pub chain_id: u64,
    /// Key of an account with coins.
    pub funder: String,
    child: Child,
}

/// The first well-known development key.
const DEV_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// Of Linux towards programs, on every processor.
const TICKS_PER_SECOND: f64 = 100.0;

impl Process {
    pub async fn lux_rollup(binary: &Path, data: &Path) -> eyre::Result<Self> {
        let mut child = Command::new(binary)
            .args(["dev", "--json", "--l1-port", "0", "--l2-port", "0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .wrap_err_with(|| format!("{}: build it with `cargo build --release`", binary.display()))?;
        let line = first_line(&mut child).await?;
        let ready: Value = serde_json::from_str(&line)?;
        let url = ready["l2Rpc"].as_str().ok_or_else(|| eyre!("no l2Rpc in {line}"))?.to_owned();
        let chain_id = ready["l2ChainId"].as_u64().ok_or_else(|| eyre!("no l2ChainId in {line}"))?;
        Ok(Self { url, chain_id, funder: DEV_KEY.into(), child })
    }

    pub async fn anvil(binary: &Path, arguments: &[&str]) -> eyre::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(binary)
            .args(["--port", &port.to_string(), "--gas-limit", "400000000"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .wrap_err_with(|| format!("{}: install it with `npm ci`", binary.display()))?;
        Ok(Self { url: format!("http://127.0.0.1:{port}"), chain_id: 31_337, funder: DEV_KEY.into(), child })
    }

    /// Resident memory, MiB.
    pub fn resident_mib(&self) -> Option<f64> {
        memory_mib(&self.child.id()?.to_string(), "VmRSS:")
    }
}

/// Forgets the peak of this process's memory so far.
pub fn reset_peak_memory() -> eyre::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").wrap_err("/proc/self/clear_refs: needs Linux")
}

/// Most resident memory of this process since the peak was forgotten, MiB.
pub fn peak_memory_mib() -> eyre::Result<f64> {
    memory_mib("self", "VmHWM:").ok_or_else(|| eyre!("/proc/self/status: needs Linux"))
}

/// Processor time of this process so far, seconds: what else runs on the machine takes nothing of it.
pub fn processor_seconds() -> eyre::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").wrap_err("/proc/self/stat: needs Linux")?;
    // The name of the process may have spaces, but no text follows it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>().wrap_err("/proc/self/stat")?;
    Ok(ticks / TICKS_PER_SECOND)
}

fn memory_mib(process: &str, field: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

async fn first_line(child: &mut Child) -> eyre::Result<String> {
    let stdout = child.stdout.take().ok_or_else(|| eyre!("no standard output"))?;
    BufReader::new(stdout).lines().next_line().await?.ok_or_else(|| eyre!("lux-rollup ended before it was ready"))
}
