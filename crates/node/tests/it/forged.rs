//! Challenges of true claims, by forged proofs and by proofs against others: L1 takes none.

use crate::common::judge::{TrueRun, Verdict, verdict};
use crate::common::{Rng, Setup, World};
use alloy_primitives::{B256, U256};
use lux_dispute::fraud_proof;
use lux_machine::halted_hash;
use lux_protocol::contracts::Disproof;

/// Forgeries of a chunk's proof.
const FORGERIES: u64 = 60;
const WRONG: B256 = crate::common::dispute::WRONG;

/// Changes bytes at a generated place. Small numbers and lengths sit in the heads of the encodings, so half of the places do.
fn forge(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let range = if rng.below(2) == 0 { bytes.len().min(640) } else { bytes.len() };
    let at = rng.below(range as u64) as usize;
    match rng.below(7) {
        0 => bytes[at] ^= 1 << rng.below(8),
        1 => bytes[at] = rng.next() as u8,
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, bytes[at]),
        4 => bytes.truncate(at),
        5 => {
            let word = at / 32 * 32;
            let end = (word + 32).min(bytes.len());
            bytes[word..end].fill(0);
        }
        _ => {
            let length = (1 + rng.below(600) as usize).min(bytes.len() - at);
            let copy = bytes[at..at + length].to_vec();
            bytes.splice(at..at, copy);
        }
    }
    bytes
}

/// The fields of a disproof with one of them forged.
fn forge_field(rng: &mut Rng, honest: &Disproof, run: &TrueRun) -> Disproof {
    let mut forged = honest.clone();
    let state = run.states[rng.below(run.states.len() as u64) as usize];
    match rng.below(8) {
        0 => forged.execution = forge(rng, &honest.execution).into(),
        1 => forged.before = state,
        2 => forged.after_ = state,
        3 => forged.beforePath = forge(rng, &[&honest.beforePath[..], &[0; 32]].concat()).into(),
        4 => forged.afterPath = forge(rng, &[&honest.afterPath[..], &[0; 32]].concat()).into(),
        5 => forged.chunk = U256::from(rng.below(run.states.len() as u64 + 2)),
        6 => forged.trace.chunks = U256::from(rng.below(run.states.len() as u64 + 2)),
        _ => forged.trace.stride = U256::from(rng.below(4)),
    }
    forged
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_proof_ends_a_true_claim() {
    let world = World::with_unclaimed_batches(Setup::default(), 1).await;
    let run = TrueRun::of(&world, 1).await;
    let claimed = run.true_claim();
    let claim = run.on_l1(&claimed);
    let mut rng = Rng(7);
    let (mut refused, mut stood) = (0, 0);
    for chunk in [0, run.states.len() / 2, run.states.len() - 1] {
        let disproof = run.disproof(&claimed, chunk);
        let honest = fraud_proof(&disproof);
        assert_eq!(verdict(&world, &claim, &honest), Some(Verdict::Stands), "chunk {chunk}");
        for number in 0..FORGERIES {
            let forged = match number % 3 {
                0 => forge(&mut rng, &honest).into(),
                1 => fraud_proof(&Disproof {
                    execution: forge(&mut rng, &disproof.execution).into(),
                    ..disproof.clone()
                }),
                _ => fraud_proof(&forge_field(&mut rng, &disproof, &run)),
            };
            match verdict(&world, &claim, &forged) {
                None => refused += 1,
                // What nothing reads may be changed: padding, the state that the claim fixes itself.
                Some(Verdict::Stands) => stood += 1,
                other => panic!("forgery {number} of chunk {chunk} was judged {other:?}: {forged}"),
            }
        }
    }
    println!("{refused} forgeries were refused, {stood} changed nothing");
    assert!(refused > stood && stood > 0);
}

/// Disproofs that L1 takes against the false claims that they were made for.
#[tokio::test(flavor = "multi_thread")]
async fn disproofs_do_not_carry_over() {
    let world = World::with_unclaimed_batches(Setup::default(), 2).await;
    // Another rollup, with other parameters, where the same happened.
    let other_setup = Setup { inclusion_window: 77, ..Setup::default() };
    let other_world = World::with_unclaimed_batches(other_setup, 1).await;
    let (run, second) = (TrueRun::of(&world, 1).await, TrueRun::of(&world, 2).await);
    let elsewhere = TrueRun::of(&other_world, 1).await;
    assert!(run.witness.input != second.witness.input && run.witness.input != elsewhere.witness.input);
    let last = run.states.len() - 1;
    for at in [0, last / 2, last] {
        let mut states = run.states.clone();
        states[at..].fill(WRONG);
        let lie = run.claim(&states, if at == last { WRONG } else { run.output });
        let proof = run.proof(&lie, at);
        let false_claim = run.on_l1(&lie);
        assert_eq!(verdict(&world, &false_claim, &proof), Some(Verdict::Disproved), "chunk {at}");

        // Against the true claims about the same batch, about the next, and on another rollup, with its trace and with theirs.
        for (where_, l1, truth) in
            [("same batch", &world, &run), ("next batch", &world, &second), ("other rollup", &other_world, &elsewhere)]
        {
            let claim = truth.on_l1(&truth.true_claim());
            assert_ne!(verdict(l1, &claim, &proof), Some(Verdict::Disproved), "{where_}, chunk {at}");
            let theirs = truth.true_claim();
            let chunk = at.min(truth.states.len() - 1);
            let execution = run.disproof(&lie, at).execution;
            let moved = fraud_proof(&Disproof { execution, ..truth.disproof(&theirs, chunk) });
            assert_ne!(verdict(l1, &claim, &moved), Some(Verdict::Disproved), "{where_}, chunk {at}, moved");
        }
        // The same lie about another program: nobody can run that.
        let mut claim = run.on_l1(&lie);
        claim.program = B256::repeat_byte(1);
        assert_eq!(verdict(&world, &claim, &proof), None, "other program, chunk {at}");
        // As a proof of another chunk.
        for chunk in [at.wrapping_sub(1), at + 1, 0, last, states.len()] {
            let moved = Disproof { chunk: U256::from(chunk), ..run.disproof(&lie, at) };
            if chunk != at {
                assert_eq!(verdict(&world, &false_claim, &fraud_proof(&moved)), None, "{at} as {chunk}");
            }
        }
    }
    // Execution from a state that is not in the trace, though it is one of the run.
    let claimed = run.true_claim();
    let mut moved = run.disproof(&claimed, 2);
    moved.execution = run.disproof(&claimed, 3).execution;
    assert_eq!(verdict(&world, &run.on_l1(&claimed), &fraud_proof(&moved)), None);
}

/// A claim with any one checkpoint wrong, and one of any number of chunks, falls to one chunk.
#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_checkpoint_and_length_is_disproved() {
    let world = World::with_unclaimed_batches(Setup::default(), 1).await;
    let run = TrueRun::of(&world, 1).await;
    let chunks = run.states.len();
    let refuted = |states: &[B256], output: B256, what: &str| {
        let lie = run.claim(states, output);
        let Some(lux_dispute::Fault::Chunk(chunk)) = lie.fault(&run.states) else { panic!("{what}") };
        assert_eq!(verdict(&world, &run.on_l1(&lie), &run.proof(&lie, chunk)), Some(Verdict::Disproved), "{what}");
        chunk
    };
    for at in 0..chunks - 1 {
        let mut states = run.states.clone();
        states[at] = WRONG;
        assert_eq!(refuted(&states, run.output, &format!("checkpoint {at}")), at);
    }
    assert_eq!(refuted(&run.states, WRONG, "output"), chunks - 1);
    for length in [1, 2, chunks / 2, chunks - 1, chunks + 1, chunks + 2, 2 * chunks, 2_049] {
        let mut states = run.states.clone();
        states.resize(length, halted_hash(&run.output));
        assert_eq!(refuted(&states, run.output, &format!("{length} of {chunks} chunks")), length.min(chunks) - 1);
    }
}
