//! What honest workers learn, with dishonest ones among them.

use crate::world::{TESTED, plan};
use lux_federated::simulation::{Attack, Conduct, Simulation};
use lux_federated::{Aggregation, Phase};
use lux_training::Rule;

const ROUNDS: u64 = 30;
const ROBUST: [Rule; 2] = [Rule::TrimmedMean { trim: 2 }, Rule::Krum { faults: 2, selected: 4 }];
const MEAN: Rule = Rule::Mean { cap: 1 << 20 };

/// Share of the tested images that are told right at the end: ten workers with uneven data, two of them dishonest, two that leave in
/// different rounds, one of whom comes back.
async fn accuracy(rule: Rule, attacks: [Option<Attack>; 2]) -> f32 {
    let mut plan = plan(10, Aggregation::Plain(rule), ROUNDS);
    assert_eq!(plan.tested.len(), TESTED);
    plan.conduct[1].attack = attacks[0];
    plan.conduct[6].attack = attacks[1];
    plan.conduct[3] = Conduct { leaves: Some((5, Phase::Updates)), ..Conduct::default() };
    plan.conduct[8] = Conduct { leaves: Some((12, Phase::Updates)), returns: Some(20), ..Conduct::default() };
    let mut simulation = Simulation::new(plan).await.unwrap();
    let mut last = None;
    while let Some(record) = simulation.next_round().await.unwrap() {
        assert_eq!(record.abandoned, None);
        last = record.evaluation;
    }
    let found = last.unwrap().accuracy;
    println!("{rule:?} {attacks:?}: {found}");
    found
}

/// Robust rules withstand two of ten, also when only eight are there; the mean does not.
async fn robust_and_not(attacks: [Attack; 2]) {
    for rule in ROBUST {
        assert!(accuracy(rule, attacks.map(Some)).await >= 0.93, "{rule:?}");
    }
    assert!(accuracy(MEAN, attacks.map(Some)).await < 0.85);
}

#[tokio::test(flavor = "multi_thread")]
async fn turned_updates_and_noise() {
    robust_and_not([Attack::SignFlip, Attack::Noise]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn false_labels() {
    robust_and_not([Attack::LabelFlip; 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_attacks_the_mean_is_as_good() {
    assert!(accuracy(MEAN, [None; 2]).await >= 0.93);
}
