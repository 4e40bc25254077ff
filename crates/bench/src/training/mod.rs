//! Robust aggregation of updates beside numpy, and its distances beside the rate of a matrix product. All by processor time, so
//! that what else runs on the machine takes little of it.

mod peer;

use crate::process::processor_seconds;
use crate::report::Report;
use eyre::eyre;
use lux_training::{Rule, RuleError, Slices, aggregate_in_threads, distances_in_threads};
use ndarray::Array2;
use peer::Peer;
use std::num::NonZero;
use std::path::Path;

const WORKERS: usize = 100;
const LENGTH: usize = 1_000_000;
const KRUM: Rule = Rule::Krum { faults: 20, selected: 1 };
/// Medians are over so many.
const ROUNDS: usize = 3;
/// Rows, columns and depth of the matrix product.
const SIDE: usize = 2_048;

pub fn run(report: &mut Report, python: &Path) -> eyre::Result<()> {
    let mut peer = Peer::start(python, WORKERS, LENGTH);
    if let Err(reason) = &peer {
        println!(
            "skipped: numpy ({reason}). To have it, make a virtual environment, there `pip install numpy`, and set"
        );
        println!("  PYTHON to its python; with `flwr` there, Flower's Krum is measured too");
    }
    let theirs = peer.as_mut().ok().map(Theirs::measure).transpose()?;
    drop(peer);
    for (name, most) in [("of 21 bits", 1 << 20), ("of 14 bits", (1 << 13) - 1)] {
        let updates = updates(most);
        let rows: Vec<&[i32]> = updates.iter().map(Vec::as_slice).collect();
        let slices = Slices::new(&rows).ok_or_else(|| eyre!("updates out of range"))?;
        for threads in [NonZero::<usize>::MIN, NonZero::<usize>::MIN.saturating_add(1)] {
            measure(report, &format!("{name}, {threads} thread(s)"), slices, threads, theirs.as_ref())?;
        }
    }
    Ok(())
}

/// The peers' seconds of processors. Bits and threads make no difference to them.
struct Theirs {
    krum: f64,
    median: f64,
    flower: Option<f64>,
}

impl Theirs {
    fn measure(peer: &mut Peer) -> eyre::Result<Self> {
        let mut of = |rule: &str| (0..ROUNDS).map(|_| peer.seconds(rule)).collect::<eyre::Result<Vec<_>>>();
        let (krum, median) = (middle(&mut of("krum")?), middle(&mut of("median")?));
        let flower = if peer.flower { Some(peer.seconds("flower")?) } else { None };
        Ok(Self { krum, median, flower })
    }
}

fn measure(
    report: &mut Report,
    name: &str,
    updates: Slices<'_>,
    threads: NonZero<usize>,
    theirs: Option<&Theirs>,
) -> eyre::Result<()> {
    let points = vec![1; WORKERS];
    let (mut product, mut distances) = (Vec::new(), Vec::new());
    let (mut krum, mut median) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        product.push(matrix_product(threads.get())?);
        distances.push(seconds(|| Ok(distances_in_threads(None, updates, threads)))?);
        krum.push(seconds(|| aggregate_in_threads(KRUM, None, updates, &points, threads))?);
        median.push(seconds(|| aggregate_in_threads(Rule::Median, None, updates, &points, threads))?);
    }
    let pairs = (WORKERS * (WORKERS - 1) / 2 * LENGTH) as f64;
    let ours = pairs / middle(&mut distances);
    let limit = (SIDE * SIDE * SIDE * threads.get()) as f64 / middle(&mut product);
    let title = format!("million squared differences per core, {name}");
    report.versus(&title, ours / 1e6, "sgemm's multiply-adds", limit / 1e6);
    if let Some(theirs) = theirs {
        let rate = |seconds: f64| 60.0 / seconds;
        let (krum, median) = (rate(middle(&mut krum)), rate(middle(&mut median)));
        let title = format!("Krum per minute and core, 100 x 1M {name}");
        report.versus(&title, krum, "numpy float32", rate(theirs.krum));
        if let Some(flower) = theirs.flower {
            report.versus(&title, krum, "Flower float32", rate(flower));
        }
        let title = format!("median per minute and core, 100 x 1M {name}");
        report.versus(&title, median, "numpy float32", rate(theirs.median));
    }
    Ok(())
}

/// Updates whose coordinates are as likely as each other.
fn updates(most: i32) -> Vec<Vec<i32>> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i32 % (2 * most + 1) - most
    };
    (0..WORKERS).map(|_| (0..LENGTH).map(|_| next()).collect()).collect()
}

/// Processor seconds of a product by each thread.
fn matrix_product(threads: usize) -> eyre::Result<f64> {
    seconds(|| {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(one_product))));
        Ok(())
    })
}

fn one_product() {
    let (left, right) = (Array2::from_elem((SIDE, SIDE), 0.5f32), Array2::from_elem((SIDE, SIDE), 2f32));
    assert_eq!(left.dot(&right)[[1, 1]], SIDE as f32, "a wrong matrix product");
}

/// Of the processor, all threads together.
fn seconds<T>(work: impl FnOnce() -> Result<T, RuleError>) -> eyre::Result<f64> {
    let start = processor_seconds()?;
    work()?;
    Ok(processor_seconds()? - start)
}

fn middle(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
