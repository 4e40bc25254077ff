//! The program natively and, as committed, on the machine: one answer to every question.

use crate::scene::{WORKERS, setup};
use crate::world::World;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use lux_machine::{Machine, Program, Statistics, Status};
use lux_norm_proof::{BAD, NormQuestion, Statement, run_norm};
use lux_oracle::{Preimages, Recorder};
use lux_protocol::training::{ITraining::JobConfig, Rule};
use lux_secagg::{MaskedInput, WorkerSet};
use std::collections::HashMap;
use std::sync::LazyLock;

const LENGTH: u32 = 3;
const BOUND: u32 = 10;
const WORKER: u16 = 4;
const MAX_CHUNKS: u64 = 1_000_000;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/norm.elf");
    Program::from_elf(&std::fs::read(path).unwrap()).unwrap()
});

/// All that a question about one worker's contribution is made of.
#[derive(Clone)]
struct Scene {
    config: Vec<u8>,
    round: Vec<u8>,
    roster: Vec<u8>,
    worker: Address,
    message: Vec<u8>,
    proof: Vec<u8>,
}

fn config(length: u32, norm_bound: u32) -> Vec<u8> {
    let config = JobConfig {
        coordinator: Address::repeat_byte(1),
        stake: Default::default(),
        weights: B256::repeat_byte(2),
        terms: B256::repeat_byte(3),
        rule: Rule::Mean,
        p1: 1,
        p2: 0,
        clip: 9,
        multiplier: 1,
        shift: 0,
        length,
        pointsCap: 7,
        epsilonMicros: 0,
        maxWorkers: WORKERS,
        wordBits: 32,
        keyPeriod: 1,
        collectPeriod: 2,
        aggregatePeriod: 3,
        normBound: norm_bound,
    };
    config.abi_encode()
}

/// A right one.
fn scene() -> Scene {
    scene_of(LENGTH, &[6, -8, 0])
}

fn scene_of(length: u32, update: &[i32]) -> Scene {
    let setup = setup(length, BOUND);
    let world = World::new(WORKERS, setup.terms(), 0);
    let vector = B256::repeat_byte(8);
    let statement = Statement { round: world.round.digest(), worker: WORKER, vector };
    let proof = setup.prove(&statement, update, &world.blinding(WORKER)).unwrap().encode();
    let input = MaskedInput { peers: WorkerSet::from_indices(WORKERS, [0, 1]), vector_digest: vector };
    let commitment = lux_protocol::payload_commitment(&proof);
    let message = [world.sign(WORKER, input).encode(), commitment.to_vec()].concat();
    let [round, roster] = world.round.preimages();
    assert_eq!(keccak256(&round), world.round.digest());
    let worker = world.round.roster().address(WORKER);
    Scene { config: config(length, BOUND), round, roster, worker, message, proof }
}

impl Scene {
    fn question(&self) -> (B256, Preimages) {
        let mut known = Preimages::default();
        let question = NormQuestion {
            config: &self.config,
            round: &self.round,
            roster: &self.roster,
            worker: self.worker,
            vector: B256::repeat_byte(7),
            points: 3,
            message: &self.message,
            proof: &self.proof,
        };
        let input = question.preimages(|preimage| {
            known.insert(preimage.to_vec());
        });
        (input, known)
    }

    fn natively(&self) -> B256 {
        let (input, known) = self.question();
        run_norm(input, &known).unwrap()
    }

    /// With nothing but what the native run read.
    fn both(&self) -> (B256, Statistics) {
        let (input, known) = self.question();
        let recorder = Recorder::new(&known);
        let output = run_norm(input, &recorder).unwrap();
        let mut host: HashMap<_, _> =
            recorder.into_preimages().iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
        let mut machine = Machine::new(&PROGRAM, input);
        assert_eq!(machine.run(&mut host, MAX_CHUNKS).unwrap(), Status::Halted(output));
        (output, *machine.statistics())
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    /// With these bytes as the proof that the worker named.
    fn with_proof(&self, proof: Vec<u8>) -> Self {
        self.with(|scene| {
            let end = scene.message.len();
            scene.message[end - 32..].copy_from_slice(lux_protocol::payload_commitment(&proof).as_slice());
            scene.proof = proof;
        })
    }
}

#[test]
fn right_and_wrong_proofs_on_the_machine() {
    let right = scene();
    assert_eq!(right.both().0, B256::ZERO);
    let mut forged = right.proof.clone();
    forged[1_000] ^= 1;
    for wrong in [
        right.with_proof(forged),
        right.with_proof(right.proof[1..].to_vec()),
        right.with_proof([right.proof.as_slice(), &[0]].concat()),
        right.with_proof(Vec::new()),
        // Of another vector, and of a bound that is another job's.
        right.with(|scene| scene.message[20] ^= 1),
        right.with(|scene| scene.config = config(LENGTH, BOUND - 1)),
        // No proof is named.
        right.with(|scene| scene.message.truncate(scene.message.len() - 32)),
    ] {
        assert_eq!(wrong.both().0, BAD);
    }
}

/// The contract asks nothing of this kind; whoever it is about has done nothing wrong.
#[test]
fn questions_that_are_none() {
    let right = scene();
    for none in [
        right.with(|scene| scene.config = config(LENGTH, 0)),
        right.with(|scene| scene.config = config(0, BOUND)),
        right.with(|scene| scene.config.truncate(32 * 18)),
        right.with(|scene| scene.worker = Address::ZERO),
        right.with(|scene| scene.round[0] ^= 1),
        right.with(|scene| scene.round.truncate(100)),
    ] {
        let (input, mut known) = none.question();
        // The roster stays known under the digest that the round names.
        known.insert(right.roster.clone());
        assert_eq!(run_norm(input, &known).unwrap(), B256::ZERO);
    }
    let (_, known) = right.question();
    assert_eq!(run_norm(keccak256(b"nobody knows it"), &known).ok(), None);
    let mut known = Preimages::default();
    let short = known.insert(vec![1; 100]);
    assert_eq!(run_norm(short, &known).unwrap(), B256::ZERO);
}

/// Another worker's contribution, under the place that it left.
#[test]
fn a_contribution_is_its_authors() {
    let (right, other) = (scene(), Address::repeat_byte(5));
    let (_, mut known) = right.question();
    let contribution =
        [right.worker.into_word(), B256::repeat_byte(7), U256::from(3).into(), keccak256(&right.message)];
    let contribution = keccak256(contribution.map(|word| word.0).concat());
    let question = [keccak256(&right.config), keccak256(&right.round), other.into_word(), contribution];
    let input = known.insert(question.map(|word| word.0).concat());
    assert_eq!(run_norm(input, &known).unwrap(), B256::ZERO);
}

/// A changed byte anywhere is a wrong proof, or no question, and never more.
#[test]
fn changed_bytes() {
    let right = scene();
    let (mut bad, mut none) = (0, 0);
    let mut count = |scene: Scene| {
        let (input, mut known) = scene.question();
        known.insert(right.roster.clone());
        match run_norm(input, &known) {
            Ok(output) if output == BAD => bad += 1,
            Ok(_) => none += 1,
            // What the changed hash is of is not known.
            Err(_) => none += 1,
        }
    };
    for place in (0..right.config.len()).step_by(13) {
        count(right.with(|scene| scene.config[place] ^= 0x40));
    }
    for place in (0..right.round.len()).step_by(5) {
        count(right.with(|scene| scene.round[place] ^= 1));
    }
    for place in 0..right.message.len() {
        count(right.with(|scene| scene.message[place] ^= 1));
        count(right.with(|scene| scene.message.truncate(place)));
    }
    assert!(bad > 100 && none > 10, "{bad} and {none}");
    for place in (0..right.proof.len()).step_by(211) {
        let mut proof = right.proof.clone();
        proof[place] ^= 1;
        assert_eq!(right.with_proof(proof).natively(), BAD, "{place}");
    }
}
