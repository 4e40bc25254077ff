//! Norm proofs of updates: what a worker takes by the clock, and how much cheaper verification is in a batch.

use crate::process::processor_seconds;
use crate::report::Report;
use alloy_primitives::B256;
use eyre::eyre;
use lux_norm_proof::{Blinding, Proof, Setup, Statement, Terms};
use std::num::NonZero;
use std::time::Instant;

const LENGTH: u32 = 10_000;
const BOUND: u32 = 1 << 24;
const WORKERS: u16 = 20;
const THREADS: NonZero<usize> = NonZero::<usize>::MIN.saturating_add(1);
/// The most that a proof may take.
const TARGET_SECONDS: f64 = 10.0;

pub fn run(report: &mut Report) -> eyre::Result<()> {
    let terms = Terms::new::<u32>(LENGTH, BOUND, WORKERS)?;
    let setup = Setup::new(terms, THREADS);
    let update: Vec<i32> = (0..LENGTH as i32).map(|index| index.wrapping_mul(7_919) % 200_000 - 100_000).collect();
    let statement = |worker| Statement { round: B256::ZERO, worker, vector: B256::ZERO };
    let prove = |worker: u16| {
        let blinding = Blinding::derive(&[worker as u8; 32], B256::ZERO);
        Ok(setup.prove(&statement(worker), &update, &blinding)?)
    };

    let (start, processor) = (Instant::now(), processor_seconds()?);
    let proofs: Vec<Proof> = (0..WORKERS).map(prove).collect::<eyre::Result<_>>()?;
    let each = |seconds: f64| seconds / f64::from(WORKERS);
    let (seconds, processor) = (each(start.elapsed().as_secs_f64()), each(processor_seconds()? - processor));
    report.size("seconds of a norm proof, 10,000 coordinates, 2 threads", seconds, Some(TARGET_SECONDS));
    report.size("the same, seconds of processors", processor, Some(TARGET_SECONDS * THREADS.get() as f64));
    report.size("bytes of a norm proof, 10,000 coordinates", Proof::size(&terms) as f64, None);

    let claims: Vec<_> = (0..).map(statement).zip(&proofs).collect();
    let start = processor_seconds()?;
    claims.iter().try_for_each(|(statement, proof)| setup.verify(statement, proof))?;
    let alone = processor_seconds()? - start;
    let start = processor_seconds()?;
    setup.verify_batch(&claims)?;
    let batch = processor_seconds()? - start;
    if batch <= 0.0 {
        return Err(eyre!("verification took no time that this machine can measure"));
    }
    let rate = |seconds: f64| f64::from(WORKERS) / seconds;
    report.versus("norm proofs verified per core, in a batch of 20", rate(batch), "one by one", rate(alone));
    Ok(())
}
