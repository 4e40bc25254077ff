//! Synthetic rounds: honest updates around a true one, and workers that do not want it.

use crate::noise::Noise;
use crate::scene::{in_threads, run};
use lux_training::{Clip, Rule, Score};

const HONEST: usize = 8;
const FAULTS: usize = 3;
const LENGTH: usize = 3_000;
const TRUE_MOST: i32 = 10_000;
const SPREAD: i32 = 3_000;

#[derive(Clone, Copy, Debug)]
enum Attack {
    SignFlip,
    ScaledNoise,
    /// All the same, a little off in one direction and far in a few coordinates.
    Collusion,
    /// The largest numbers there are.
    Extreme,
}

const ATTACKS: [Attack; 4] = [Attack::SignFlip, Attack::ScaledNoise, Attack::Collusion, Attack::Extreme];

/// The true update, and the round; the attackers' places are 1, 4 and 7 and so on.
fn round(attack: Attack, honest: usize, faults: usize) -> (Vec<i32>, Vec<Vec<i32>>, Vec<usize>) {
    let mut noise = Noise(7);
    let truth = noise.vector(LENGTH, TRUE_MOST);
    let mut updates: Vec<Vec<i32>> =
        (0..honest).map(|_| truth.iter().map(|x| x + noise.within(SPREAD)).collect()).collect();
    let attackers: Vec<usize> = (0..faults).map(|index| 1 + 3 * index).collect();
    for at in &attackers {
        let update = match attack {
            Attack::SignFlip => truth.iter().map(|x| -4 * (x + noise.within(SPREAD))).collect(),
            Attack::ScaledNoise => noise.vector(LENGTH, 50 * TRUE_MOST),
            Attack::Collusion => {
                truth.iter().enumerate().map(|(i, x)| x + if i % 50 == 0 { 1 << 24 } else { SPREAD / 2 }).collect()
            }
            Attack::Extreme => vec![if at % 2 == 0 { 1 } else { -1 } * lux_training::limits::MAX_COORDINATE; LENGTH],
        };
        updates.insert(*at, update);
    }
    (truth, updates, attackers)
}

fn distance(one: &[i32], other: &[i32]) -> f64 {
    one.iter().zip(other).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn robust_rules_stay_near_the_truth_and_the_mean_does_not() {
    for attack in ATTACKS {
        let (truth, updates, attackers) = round(attack, HONEST, FAULTS);
        let points = vec![100; updates.len()];
        let honest_radius = distance(&truth, &updates[0]);
        let (mean, _) = run(Rule::Mean { cap: 100 }, &updates, &points).unwrap();
        assert!(distance(&truth, &mean) > 3.0 * honest_radius, "{attack:?}");
        let faults = FAULTS as u32;
        let rules = [
            Rule::Median,
            Rule::TrimmedMean { trim: faults },
            Rule::Krum { faults, selected: 1 },
            Rule::Krum { faults, selected: 6 },
        ];
        for rule in rules {
            let (aggregate, outcome) = run(rule, &updates, &points).unwrap();
            assert!(distance(&truth, &aggregate) < 1.1 * honest_radius, "{attack:?} {rule:?}");
            if matches!(rule, Rule::Krum { .. }) {
                assert!(outcome.accepted.iter().all(|worker| !attackers.contains(worker)), "{attack:?} {rule:?}");
            }
        }
    }
}

#[test]
fn bulyan_stays_near_the_truth_in_every_coordinate() {
    for attack in ATTACKS {
        let (truth, updates, _) = round(attack, 12, FAULTS);
        let (aggregate, outcome) = run(Rule::Bulyan { faults: 3 }, &updates, &[1; 15]).unwrap();
        assert_eq!(outcome.accepted.len(), 9);
        assert!(truth.iter().zip(&aggregate).all(|(x, y)| x.abs_diff(*y) <= SPREAD as u32), "{attack:?}");
    }
}

/// The weakness of Krum that Bulyan is for: one coordinate far off, not far enough to be seen in the distance.
#[test]
fn bulyan_withstands_what_krum_does_not() {
    let (truth, mut updates, attackers) = round(Attack::Collusion, 12, FAULTS);
    for at in attackers {
        updates[at].copy_from_slice(&truth);
        updates[at][0] += 50_000;
    }
    let (krum, _) = run(Rule::Krum { faults: 3, selected: 1 }, &updates, &[1; 15]).unwrap();
    assert_eq!(krum[0] - truth[0], 50_000, "the attackers are nearer to all than anyone honest");
    let (bulyan, _) = run(Rule::Bulyan { faults: 3 }, &updates, &[1; 15]).unwrap();
    assert!(bulyan[0].abs_diff(truth[0]) <= SPREAD as u32);
}

#[test]
fn scores_tell_attackers_from_the_honest() {
    for attack in [Attack::SignFlip, Attack::ScaledNoise, Attack::Extreme] {
        let (_, updates, attackers) = round(attack, HONEST, FAULTS);
        let (_, outcome) = run(Rule::Median, &updates, &[1; 11]).unwrap();
        for (worker, Score { distance, cosine }) in outcome.scores.into_iter().enumerate() {
            assert_eq!(distance > 3 << 16, attackers.contains(&worker), "{attack:?} {worker} {distance}");
            assert_eq!(cosine < 1 << 12, attackers.contains(&worker), "{attack:?} {worker} {cosine}");
        }
    }
}

#[test]
fn clipping_bounds_what_one_can_do() {
    let (truth, updates, _) = round(Attack::Extreme, HONEST, 1);
    let norm = truth.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let clip = Clip::new(norm as u64);
    let (mean, _) = in_threads(Rule::Mean { cap: 1 }, clip, &updates, &[1; 9], 2).unwrap();
    // Of nine, one is worth twice the norm at most.
    assert!(distance(&truth, &mean) < 0.35 * norm);
    for threads in [1, 3] {
        assert_eq!(in_threads(Rule::Mean { cap: 1 }, clip, &updates, &[1; 9], threads).unwrap().0, mean);
    }
}
