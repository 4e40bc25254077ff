//! One whole round, and the processor time that its workers and its server take.

use alloy_primitives::{B256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use eyre::ensure;
use lux_secagg::{
    Advertising, Assumptions, Client, Context, Message, Parameters, Recorded, Roster, Round, Settings, Sharing,
    WordSize, WorkerSet, words_to_bytes,
};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const CONTEXT: Context = Context { chain_id: 1, job: B256::ZERO, round: 1 };

/// What a round took.
pub struct Took {
    pub parameters: Parameters,
    /// Of a worker, in the mean.
    pub worker: Duration,
    pub server: Duration,
}

/// The dropouts share their keys and send no vector: their masks are the most work to take off. `dropouts` in percent.
pub fn run(workers: u16, entries: u32, dropouts: u32) -> eyre::Result<Took> {
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
        timed(&mut times.server, || server.accept(step.message.sign(signature)))?;
    }
    let advertised = server.close()?;
    let mut verified = Duration::ZERO;
    let roster = timed(&mut verified, || Roster::verify(&CONTEXT, &job, &advertised))?;
    let settings = Settings { assumptions: Assumptions::default(), entries, word: WordSize::U32 };
    let recorded = Recorded { roster: roster.digest(), beacon: B256::repeat_byte(1) };
    let round = Arc::new(timed(&mut verified, || Round::new(CONTEXT, settings, roster, recorded))?);
    let parameters = round.parameters();

    let mut server = Sharing::new(round.clone());
    for index in 0..workers {
        let step = timed(&mut times.client[1], || clients[usize::from(index)].share_keys(round.clone()))?;
        let signature = sign(index, step.message.digest(round.digest()))?;
        timed(&mut times.server, || server.accept(step.message.sign(signature)))?;
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
        timed(&mut times.server, || server.accept(&signed, &bytes))?;
    }
    let mut server = server.close()?;
    let survivors = server.survivors().clone();
    for index in survivors.iter() {
        let step = timed(&mut times.client[3], || clients[usize::from(index)].check(&survivors))?;
        let signature = sign(index, step.message.digest(round.digest()))?;
        timed(&mut times.server, || server.accept(&step.message.sign(signature)))?;
    }
    let (quorum, mut server) = server.close()?;
    let mut sent = Vec::new();
    for index in survivors.iter() {
        let step = timed(&mut times.client[4], || clients[usize::from(index)].unmask(&quorum))?;
        let signature = sign(index, step.message.digest(round.digest()))?;
        sent.push(step.message.sign(signature));
    }
    for signed in &sent {
        timed(&mut times.server, || server.accept(signed))?;
    }
    let aggregate = timed(&mut times.server, || server.finish())?;
    ensure!(aggregate.sum == plain, "the aggregate is not the plain sum");
    let [advertise, share, mask, check, unmask] = times.client;
    let (all, left) = (u32::from(workers), survivors.len() as u32);
    let worker = advertise / all + verified + share / all + mask / left + check / left + unmask / left;
    Ok(Took { parameters, worker, server: times.server })
}

#[derive(Default)]
struct Times {
    /// Of all workers, by phase.
    client: [Duration; 5],
    server: Duration,
}

/// Adds the CPU time that `work` takes: on a busy machine, the time of a clock would say little.
fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let before = cpu_time();
    let result = work();
    *total += cpu_time() - before;
    result
}

pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
