//! numpy and Flower, in a process of its own that runs when it is told to.

use eyre::{WrapErr, ensure, eyre};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Whether it has Flower.
    pub flower: bool,
}

impl Peer {
    pub fn start(python: &Path, workers: usize, length: usize) -> eyre::Result<Self> {
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/training/peer.py"))
            .args([workers.to_string(), length.to_string()])
            // One thread, as the rest of numpy has.
            .env("OPENBLAS_NUM_THREADS", "1")
            .env("FLWR_TELEMETRY_ENABLED", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .wrap_err_with(|| python.display().to_string())?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else { return Err(eyre!("no pipes")) };
        let mut peer = Self { child, input, output: BufReader::new(output), flower: false };
        let line = peer.line()?;
        ensure!(line.starts_with("ready"), "peer.py failed");
        peer.flower = line.ends_with("Flower");
        Ok(peer)
    }

    /// Seconds of the processor that it takes for this rule.
    pub fn seconds(&mut self, rule: &str) -> eyre::Result<f64> {
        writeln!(self.input, "{rule}")?;
        self.input.flush()?;
        self.line()?.parse().wrap_err("peer.py")
    }

    fn line(&mut self) -> eyre::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "it ended");
        Ok(line.trim().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
