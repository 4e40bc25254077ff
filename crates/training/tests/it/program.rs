//! The program natively, against the rules, and the committed one on the machine.

use crate::noise::Noise;
use crate::scene::in_threads;
use alloy_primitives::{B256, keccak256};
use lux_inference::blob;
use lux_machine::{Machine, Program, RunError, Status as MachineStatus};
use lux_oracle::{MissingPreimage, Preimages, Recorder};
use lux_training::limits::MAX_COORDINATE;
use lux_training::program::{
    Contribution, Output, Round, Status, Step, Verdict, claim_input, claim_result, run_aggregate,
};
use lux_training::{Clip, Rule};
use std::collections::HashMap;
use std::sync::LazyLock;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/aggregate.elf");
    Program::from_elf(&std::fs::read(path).unwrap()).unwrap()
});

const STEP: Step = Step { multiplier: -3, shift: 2 };

#[derive(Default)]
struct Scene {
    known: Preimages,
}

impl Scene {
    fn blob(&mut self, bytes: &[u8]) -> B256 {
        blob::preimages(bytes, |preimage| {
            self.known.insert(preimage.to_vec());
        })
    }

    fn vector(&mut self, coordinates: &[i32]) -> B256 {
        let bytes: Vec<u8> = coordinates.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.blob(&bytes)
    }

    fn claim(&mut self, weights: B256, round: &Round) -> B256 {
        let round = self.blob(&round.encode());
        self.known.insert([weights.0, round.0].concat());
        claim_input(weights, round)
    }

    /// Natively, and on the machine with nothing but what the native run read.
    fn run(&self, claim: B256) -> B256 {
        let recorder = Recorder::new(&self.known);
        let output = run_aggregate(claim, &recorder).unwrap();
        let read = recorder.into_preimages();
        let mut host: HashMap<_, _> = read.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
        let mut machine = Machine::new(&PROGRAM, claim);
        assert_eq!(machine.run(&mut host, 1_000_000).unwrap(), MachineStatus::Halted(output));
        output
    }
}

/// A round of `workers`, the third of which has no update: as it would be without it.
fn check(rule: Rule, clip: Option<Clip>, workers: usize, length: usize) {
    let mut noise = Noise(workers as u64);
    let (mut scene, mut updates, mut points) = (Scene::default(), Vec::new(), Vec::new());
    let mut contributions = Vec::new();
    for worker in 0..workers {
        let mut update = noise.vector(length, 1 << 20);
        if worker == 2 {
            update[length / 2] = MAX_COORDINATE + 1;
        }
        contributions.push(Contribution { update: scene.vector(&update), points: worker as u32 });
        if worker != 2 {
            updates.push(update);
            points.push(worker as u32);
        }
    }
    let old = noise.vector(length, MAX_COORDINATE);
    let old_commitment = scene.vector(&old);
    let mut round = Round { rule, clip, output: Output::Summary, step: STEP, length: length as u32, contributions };
    let claim = scene.claim(old_commitment, &round);
    let (mut aggregate, mut weights) = (Vec::new(), Vec::new());
    let (_, result) = claim_result(claim, &scene.known, |part, new| {
        aggregate.extend_from_slice(part);
        weights.extend_from_slice(new);
    })
    .unwrap();
    let (expected, outcome) = in_threads(rule, clip, &updates, &points, 2).unwrap();
    assert_eq!(aggregate, expected);
    let step = |(weight, x): (&i32, &i32)| {
        let change = (-3.0 * f64::from(*x) / 4.0 + 0.5).floor();
        (f64::from(*weight) + change).clamp(-f64::from(MAX_COORDINATE), f64::from(MAX_COORDINATE)) as i32
    };
    assert_eq!(weights, old.iter().zip(&expected).map(step).collect::<Vec<i32>>());
    assert_eq!((result.aggregate, result.weights), (scene.vector(&aggregate), scene.vector(&weights)));
    assert_eq!(result.verdicts[2].status, Status::Invalid);
    let verdicts: Vec<&Verdict> = result.verdicts.iter().filter(|verdict| verdict.status != Status::Invalid).collect();
    for (worker, verdict) in verdicts.into_iter().enumerate() {
        assert_eq!(verdict.status == Status::Accepted, outcome.accepted.contains(&worker));
        assert_eq!(verdict.score, outcome.scores[worker]);
        assert_eq!(Verdict::decode(verdict.encode()), Some(*verdict));
    }
    let summary = [result.aggregate.0, result.weights.0, keccak256(result.report()).0].concat();
    assert_eq!(scene.run(claim), keccak256(summary));
    round.output = Output::Weights;
    let claim = scene.claim(old_commitment, &round);
    assert_eq!(scene.run(claim), result.weights);
}

#[test]
fn every_rule() {
    let rules = [
        Rule::Mean { cap: 4 },
        Rule::Median,
        Rule::TrimmedMean { trim: 2 },
        Rule::Krum { faults: 2, selected: 1 },
        Rule::Krum { faults: 2, selected: 3 },
        Rule::Bulyan { faults: 1 },
    ];
    for rule in rules {
        for (clip, length) in [(None, 1), (Clip::new(1 << 22), 1_024), (None, 2_500)] {
            check(rule, clip, 9, length);
        }
    }
}

#[test]
fn contributions_that_are_none_take_no_part() {
    let mut scene = Scene::default();
    let good = scene.vector(&[1, 2, 3]);
    let cut = scene.blob(&[1; 11]);
    let long = scene.vector(&[1, 2, 3, 4]);
    let hash = scene.known.insert(vec![7; 64]);
    let piece = scene.known.insert(vec![1; 11]);
    let lying = scene.known.insert([B256::with_last_byte(12).0, piece.0].concat());
    let contributions = [good, cut, long, hash, lying].map(|update| Contribution { update, points: 1 });
    let mut round = Round {
        rule: Rule::Median,
        clip: None,
        output: Output::Summary,
        step: STEP,
        length: 3,
        contributions: contributions.to_vec(),
    };
    let claim = scene.claim(B256::ZERO, &round);
    let (_, result) = claim_result(claim, &scene.known, |_, _| {}).unwrap();
    assert_eq!((result.aggregate, result.weights), (good, B256::ZERO));
    let statuses: Vec<Status> = result.verdicts.iter().map(|verdict| verdict.status).collect();
    assert_eq!(statuses, [Status::Accepted, Status::Invalid, Status::Invalid, Status::Invalid, Status::Invalid]);
    assert_ne!(scene.run(claim), B256::ZERO);
    // Two are not enough where one of three may lie.
    round.rule = Rule::TrimmedMean { trim: 1 };
    let claim = scene.claim(B256::ZERO, &round);
    assert_eq!(scene.run(claim), B256::ZERO);
}

/// What no machine can read ends the native run too: as if nobody had it, not as an invalid contribution.
#[test]
fn a_preimage_that_the_machine_does_not_serve() {
    let mut scene = Scene::default();
    let good = scene.vector(&[1, 2, 3]);
    let huge = scene.known.insert(vec![7; 24_577]);
    let piece = scene.known.insert([B256::with_last_byte(12).0, huge.0].concat());
    for update in [huge, piece] {
        let contributions = [good, update].map(|update| Contribution { update, points: 1 }).to_vec();
        let round =
            Round { rule: Rule::Median, clip: None, output: Output::Summary, step: STEP, length: 3, contributions };
        let claim = scene.claim(B256::ZERO, &round);
        assert_eq!(run_aggregate(claim, &scene.known), Err(MissingPreimage(huge)));
        let mut host: HashMap<_, _> = scene.known.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
        let refused = Machine::new(&PROGRAM, claim).run(&mut host, 1_000_000);
        assert!(matches!(refused, Err(RunError::PreimageTooLong { hash, length: 24_577 }) if hash == huge));
    }
}

#[test]
fn what_is_no_round_is_zero() {
    let mut scene = Scene::default();
    let good = scene.vector(&[5]);
    let contribution = Contribution { update: good, points: 1 };
    let mut round = Round {
        rule: Rule::Median,
        clip: None,
        output: Output::Weights,
        step: STEP,
        length: 1,
        contributions: vec![contribution],
    };
    let no_weights = scene.claim(B256::ZERO, &round);
    let pair = scene.vector(&[5, 6]);
    let other_weights = scene.claim(pair, &round);
    let out_of_range = scene.vector(&[i32::MIN]);
    let wild_weights = scene.claim(out_of_range, &round);
    round.contributions.clear();
    let nobody = scene.claim(good, &round);
    let text = scene.blob(b"no round");
    scene.known.insert([good.0, text.0].concat());
    for claim in [no_weights, other_weights, wild_weights, nobody, claim_input(good, text)] {
        assert_eq!(scene.run(claim), B256::ZERO);
    }
    let unknown = B256::repeat_byte(9);
    assert_eq!(run_aggregate(unknown, &scene.known), Err(MissingPreimage(unknown)));
}
