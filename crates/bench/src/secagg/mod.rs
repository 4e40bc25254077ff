//! Secure aggregation: a round beside Flower's SecAgg+ on the same graph, and masks beside bare ChaCha20. By processor time.

mod peer;
mod round;

use crate::report::Report;
use alloy_primitives::keccak256;
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use lux_secagg::{Sign, apply_mask};
use round::cpu_time;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

const WORKERS: u16 = 500;
const ENTRIES: u32 = 100_000;
/// Percent.
const DROPOUTS: u32 = 10;
/// Masks of which the fastest counts.
const TURNS: u16 = 1_000;
const PIECE_BYTES: usize = 8 << 10;

pub fn run(report: &mut Report, python: &Path) -> eyre::Result<()> {
    expansion(report);
    let ours = round::run(WORKERS, ENTRIES, DROPOUTS)?;
    let (worker, server) = (ours.worker.as_secs_f64(), ours.server.as_secs_f64());
    println!(
        "{WORKERS} workers, {ENTRIES} entries, {DROPOUTS} % dropouts: the aggregate is the plain sum; {:?}",
        ours.parameters
    );
    report.size("  milliseconds of a worker", 1e3 * worker, None);
    report.size("  milliseconds of the server", 1e3 * server, None);
    match peer::measure(python, WORKERS, ENTRIES, DROPOUTS, ours.parameters) {
        Ok(theirs) => {
            let rate = |seconds: f64| 3_600.0 / seconds;
            report.versus(
                "  workers' parts of rounds per core and hour",
                rate(worker),
                "Flower's SecAgg+",
                rate(theirs.worker),
            );
            report.versus(
                "  servers' parts of rounds per core and hour",
                rate(server),
                "Flower's SecAgg+",
                rate(theirs.server),
            );
        }
        Err(reason) => {
            println!(
                "skipped: Flower ({reason:#}). To have it, make a virtual environment, there `pip install flwr`, and set"
            );
            println!("  PYTHON to its python");
        }
    }
    Ok(())
}

/// The fastest of many turns, so that other load on the machine counts for neither.
fn expansion(report: &mut Report) {
    let (mut vector, mut piece) = (vec![0u32; ENTRIES as usize], [0u8; PIECE_BYTES]);
    let pieces = (4 * ENTRIES as usize).div_ceil(piece.len());
    let (mut raw, mut mask) = (Duration::MAX, Duration::MAX);
    for key in 0..TURNS {
        let key = keccak256(key.to_be_bytes()).0;
        let mut stream = ChaCha20::new(&key.into(), &[0; 12].into());
        let start = cpu_time();
        (0..pieces).for_each(|_| stream.write_keystream(black_box(&mut piece)));
        raw = raw.min(cpu_time() - start);
        let start = cpu_time();
        apply_mask(&key, Sign::Add, black_box(&mut vector));
        mask = mask.min(cpu_time() - start);
    }
    let megabytes = |bytes: usize, time: Duration| bytes as f64 / time.as_secs_f64() / 1e6;
    let raw = megabytes(pieces * piece.len(), raw);
    report.versus("megabytes of masks per core", megabytes(4 * ENTRIES as usize, mask), "bare ChaCha20", raw);
}
