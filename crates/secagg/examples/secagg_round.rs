//! One whole round, and the CPU time that its worker and its server take:
//! `cargo run --release -p lux-secagg --example secagg_round -- [workers] [entries] [dropouts in percent]`

use alloy_primitives::{B256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use lux_secagg::{
    Advertising, Assumptions, Client, Context, Message, Recorded, Roster, Round, Settings, Sharing, Sign, Signed,
    WordSize, WorkerSet, apply_mask, words_to_bytes,
};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CONTEXT: Context = Context { chain_id: 1, job: B256::ZERO, round: 1 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let mut next = |default| arguments.next().unwrap_or(Ok(default));
    let (workers, entries, dropouts) = (next(500)?, next(100_000)?, next(10)?);

    expansion(entries as usize);
    round(workers.try_into()?, entries, dropouts)
}

/// The fastest of many turns, so that other load on the machine counts for neither.
fn expansion(entries: usize) {
    let (mut vector, mut piece) = (vec![0u32; entries], [0u8; 8 * 1024]);
    let pieces = (4 * entries).div_ceil(piece.len());
    let (mut raw, mut mask) = (Duration::MAX, Duration::MAX);
    for key in 0..2_000u16 {
        let key = keccak256(key.to_be_bytes()).0;
        let mut stream = ChaCha20::new(&key.into(), &[0; 12].into());
        let start = Instant::now();
        (0..pieces).for_each(|_| stream.write_keystream(black_box(&mut piece)));
        raw = raw.min(start.elapsed());
        let start = Instant::now();
        apply_mask(&key, Sign::Add, black_box(&mut vector));
        mask = mask.min(start.elapsed());
    }
    let rate = |bytes: usize, time: Duration| bytes as f64 / time.as_secs_f64() / 1e9;
    let (raw, mask) = (rate(pieces * piece.len(), raw), rate(4 * entries, mask));
    println!("raw ChaCha20 {raw:.2} GB/s, masks {mask:.2} GB/s: {:.0} %", 100.0 * mask / raw);
}

/// The dropouts share their keys and send no vector: their masks are the most work to take off.
fn round(workers: u16, entries: u32, dropouts: u32) -> Result<(), Box<dyn Error>> {
    let mut accounts = (0..workers)
        .map(|number| PrivateKeySigner::from_bytes(&keccak256(number.to_be_bytes())))
        .collect::<Result<Vec<_>, _>>()?;
    accounts.sort_by_key(PrivateKeySigner::address);
    let job: BTreeSet<_> = accounts.iter().map(PrivateKeySigner::address).collect();
    let seed = |account: &PrivateKeySigner| keccak256(account.address()).0;
    let mut clients: Vec<_> =
        accounts.iter().map(|account| Client::new(CONTEXT, account.address(), seed(account))).collect();
    let sign = |index: u16, digest| accounts[usize::from(index)].sign_hash_sync(&digest);
    let mut times = Times::default();

    let mut server = Advertising::new(CONTEXT, job.clone());
    for index in 0..workers {
        let step = timed(&mut times.client[0], || clients[usize::from(index)].advertise_keys());
        let signature = sign(index, step.message.digest(CONTEXT.digest()))?;
        timed(&mut times.server[0], || server.accept(step.message.sign(signature)))?;
    }
    let advertised = server.close()?;
    let mut verified = Duration::ZERO;
    let roster = timed(&mut verified, || Roster::verify(&CONTEXT, &job, &advertised))?;
    let settings = Settings { assumptions: Assumptions::default(), entries, word: WordSize::U32 };
    let recorded = Recorded { roster: roster.digest(), beacon: B256::repeat_byte(1) };
    let round = Arc::new(timed(&mut verified, || Round::new(CONTEXT, settings, roster, recorded))?);
    let parameters = round.parameters();
    println!("{workers} workers, {entries} entries, {dropouts} % dropouts: {parameters:?}");

    let mut server = Sharing::new(round.clone());
    for index in 0..workers {
        let step = timed(&mut times.client[1], || clients[usize::from(index)].share_keys(round.clone()))?;
        let signature = sign(index, step.message.digest(round.digest()))?;
        timed(&mut times.server[1], || server.accept(step.message.sign(signature)))?;
    }
    let mut server = server.close::<u32>()?;

    let survives = |index: &u16| u32::from(*index) * dropouts / 100 == (u32::from(*index) + 1) * dropouts / 100;
    let mut plain = vec![0u32; entries as usize];
    for index in (0..workers).filter(survives) {
        let vector: Vec<_> = (0..entries).map(|entry| entry ^ u32::from(index)).collect();
        plain.iter_mut().zip(&vector).for_each(|(sum, value)| *sum = sum.wrapping_add(*value));
        let deliveries = server.delivery(index, &WorkerSet::empty(workers));
        let client = &mut clients[usize::from(index)];
        let (step, masked) = timed(&mut times.client[2], || client.mask(&deliveries, &vector))?;
        let signature = sign(index, step.message.digest(round.digest()))?;
        let (signed, bytes) = (step.message.sign(signature), words_to_bytes(&masked));
        timed(&mut times.server[2], || server.accept(&signed, &bytes))?;
    }
    let mut server = server.close()?;
    let survivors = server.survivors().clone();
    for index in survivors.iter() {
        let step = timed(&mut times.client[3], || clients[usize::from(index)].check(&survivors))?;
        let signature = sign(index, step.message.digest(round.digest()))?;
        timed(&mut times.server[3], || server.accept(&step.message.sign(signature)))?;
    }
    let (quorum, mut server) = server.close()?;
    let mut sent = Vec::new();
    for index in survivors.iter() {
        let step = timed(&mut times.client[4], || clients[usize::from(index)].unmask(&quorum))?;
        let signature = sign(index, step.message.digest(round.digest()))?;
        sent.push(step.message.sign(signature));
    }
    for signed in &sent {
        timed(&mut times.server[4], || server.accept(signed))?;
    }
    let bytes = sent.first().map_or(0, |signed: &Signed<_>| signed.encode().len());
    let aggregate = timed(&mut times.server[5], || server.finish())?;
    if aggregate.sum != plain {
        return Err("the aggregate is not the plain sum".into());
    }
    times.print(workers, survivors.len(), verified);
    println!("the aggregate is the plain sum of {} workers; {bytes} bytes of shares from one", survivors.len());
    Ok(())
}

#[derive(Default)]
struct Times {
    client: [Duration; 5],
    server: [Duration; 6],
}

impl Times {
    fn print(&self, workers: u16, survivors: usize, verified: Duration) {
        let [advertise, share, mask, check, unmask] = self.client;
        let (all, left) = (u32::from(workers), survivors as u32);
        let mean = [advertise / all, verified, share / all, mask / left, check / left, unmask / left];
        println!("one worker: {:.1?}", mean.iter().sum::<Duration>());
        for (phase, time) in ["keys", "roster", "shares", "masking", "list", "unmasking"].iter().zip(mean) {
            println!("  {phase:10} {time:.1?}");
        }
        println!("server: {:.2?}", self.server.iter().sum::<Duration>());
        for (phase, time) in ["keys", "shares", "vectors", "lists", "revealed", "sum"].iter().zip(self.server) {
            println!("  {phase:10} {time:.1?}");
        }
    }
}

/// Adds the CPU time that `work` takes: on a busy machine, the time of a clock would say little.
fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let before = cpu_time();
    let result = work();
    *total += cpu_time() - before;
    result
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
