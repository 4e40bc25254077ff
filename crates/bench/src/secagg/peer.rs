//! Flower's SecAgg+, function by function.

use eyre::{WrapErr, ensure};
use lux_secagg::Parameters;
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

/// Seconds of processors.
#[derive(Deserialize)]
pub struct Peer {
    pub worker: f64,
    pub server: f64,
}

pub fn measure(python: &Path, workers: u16, entries: u32, dropouts: u32, of: Parameters) -> eyre::Result<Peer> {
    let numbers = [workers.into(), entries, dropouts, of.degree.into(), of.threshold.into()];
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/secagg/flower.py"))
        .args(numbers.map(|number| number.to_string()))
        .env("FLWR_TELEMETRY_ENABLED", "0")
        .output()
        .wrap_err_with(|| python.display().to_string())?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", errors.lines().last().unwrap_or("flower.py failed"));
    serde_json::from_slice(&output.stdout).wrap_err("flower.py")
}
