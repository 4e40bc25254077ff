//! ONNX Runtime, in a process of its own that runs when it is told to.

use eyre::{WrapErr, ensure, eyre};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Peer {
    /// Makes the networks and quantises them as ONNX Runtime's documentation says.
    pub fn start(python: &Path) -> eyre::Result<Self> {
        let (root, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir()?);
        let minilm = root.join("../inference/models/minilm.py");
        let made = Command::new(python).arg(minilm).arg(folder.path()).stderr(Stdio::piped()).output();
        let made = made.wrap_err_with(|| python.display().to_string())?;
        let errors = String::from_utf8_lossy(&made.stderr);
        ensure!(made.status.success(), "{}", errors.lines().last().unwrap_or("minilm.py failed"));
        let mut child = Command::new(python)
            .arg(root.join("src/inference/peer.py"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else { return Err(eyre!("no pipes")) };
        let mut peer = Self { child, input, output: BufReader::new(output), folder };
        ensure!(peer.line()? == "ready", "peer.py failed");
        Ok(peer)
    }

    /// Where the networks are.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Median seconds of a run, over `seconds`.
    pub fn batch(&mut self, network: &str, threads: usize, seconds: f64) -> eyre::Result<f64> {
        self.ask(&format!("run {network} {threads} {seconds}"))?.parse().wrap_err("peer.py")
    }

    /// The kind of quantisation that is the fastest.
    pub fn kind(&mut self, network: &str, threads: usize) -> eyre::Result<String> {
        self.ask(&format!("kind {network} {threads} 0"))
    }

    fn ask(&mut self, question: &str) -> eyre::Result<String> {
        writeln!(self.input, "{question}")?;
        self.input.flush()?;
        self.line()
    }

    fn line(&mut self) -> eyre::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "peer.py ended");
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
