//! What a worker and the server take: `speed [length] [workers] [threads]`. By the clock, and of processors: the second is the same on a
//! machine with other work.

use alloy_primitives::B256;
use lux_norm_proof::{Blinding, Proof, Setup, Statement, Terms};
use rustix::time::{ClockId, clock_gettime};
use std::num::NonZero;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = |number| std::env::args().nth(number).map(|argument| argument.parse::<u32>()).transpose();
    let length = argument(1)?.unwrap_or(10_000);
    let workers = argument(2)?.unwrap_or(10) as u16;
    let threads = NonZero::new(argument(3)?.unwrap_or(2) as usize).ok_or("no threads")?;
    let terms = Terms::new::<u32>(length, 1 << 24, workers)?;

    let setup = timed("generators", 1, || Setup::new(terms, threads));
    let update: Vec<i32> = (0..length as i32).map(|index| index % 2_001 - 1_000).collect();
    let statement = |worker| Statement { round: B256::ZERO, worker, vector: B256::ZERO };
    let prove = |worker: u16| {
        let blinding = Blinding::derive(&[worker as u8; 32], B256::ZERO);
        let proof = setup.prove(&statement(worker), &update, &blinding).expect("the update is short enough");
        (proof, blinding.entries::<u32>(&update))
    };
    let made: Vec<_> = timed("proof, of each worker", workers, || (0..workers).map(prove).collect());
    let bytes: Vec<_> = made.iter().map(|(proof, _)| proof.encode()).collect();
    println!("{} bytes each", Proof::size(&terms));

    let decode = || bytes.iter().map(|bytes| Proof::decode(bytes, &terms)).collect::<Result<Vec<_>, _>>();
    let proofs = timed("decoding", workers, decode)?;
    timed("verification alone", 1, || setup.verify(&statement(0), &proofs[0]))?;
    let claims: Vec<_> = (0..).map(statement).zip(&proofs).collect();
    timed("verification in a batch, of each", workers, || setup.verify_batch(&claims))?;

    let mut sum = vec![0u32; terms.entries() as usize];
    for (_, entries) in &made {
        sum.iter_mut().zip(entries).for_each(|(sum, entry)| *sum = sum.wrapping_add(*entry));
    }
    timed("opening of the sum", 1, || setup.open(proofs.iter().map(Proof::commitment), &sum))?;
    Ok(())
}

fn timed<T>(what: &str, times: u16, work: impl FnOnce() -> T) -> T {
    let (start, processor) = (Instant::now(), processor_time());
    let result = work();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3 / f64::from(times);
    let (time, processor) = (milliseconds(start.elapsed()), milliseconds(processor_time() - processor));
    println!("{what}: {time:.1} ms, {processor:.1} ms of processors");
    result
}

/// Of all threads.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
