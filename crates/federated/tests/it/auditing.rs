//! Coordinators that lie about a result are found out by whoever computes it again.

use crate::world::{masked, plain, small_plan};
use alloy_primitives::Address;
use lux_federated::simulation::Simulation;
use lux_federated::{Board, Entry, Finding, Move, Phase, RoundOutcome, encode_vector, mean_of_sum, run_claim};
use lux_training::Rule;
use lux_training::program::{Contribution, Round};
use std::collections::BTreeMap;

/// A job whose workers have all posted in the last phase of the first round.
async fn before_the_end(aggregation: lux_federated::Aggregation) -> Simulation {
    let mut simulation = Simulation::new(small_plan(5, aggregation, 1)).await.unwrap();
    let pen = simulation.board.pen(Address::ZERO);
    let last = if matches!(aggregation, lux_federated::Aggregation::Plain(_)) { Phase::Updates } else { Phase::Unmask };
    while pen.state().await.unwrap().phase != last {
        simulation.turn().await.unwrap();
    }
    for _ in 0..2 {
        for worker in &mut simulation.workers {
            worker.step().await.unwrap();
        }
    }
    simulation
}

async fn posted(simulation: &Simulation, phase: Phase) -> Vec<Contribution> {
    let entries = simulation.board.pen(Address::ZERO).entries(0, 0).await.unwrap();
    let of = |entry: &Entry| match entry {
        Entry::Posted { from, post, .. } if post.phase == phase => {
            Some((*from, Contribution { update: post.content, points: post.points }))
        }
        _ => None,
    };
    let of_members: BTreeMap<Address, Contribution> = entries.iter().filter_map(of).collect();
    of_members.into_values().collect()
}

/// Ends the round as somebody who runs the program over `round`, and says `change` of the outcome and the weights.
async fn finish(simulation: &Simulation, round: &Round, lie: impl FnOnce(&mut RoundOutcome, &mut Vec<i32>)) {
    let pen = simulation.board.pen(Address::ZERO);
    let state = pen.state().await.unwrap();
    let claimed = run_claim(&simulation.blobs, state.weights, round).await.unwrap();
    let (mut outcome, mut weights) =
        (RoundOutcome { round: claimed.round, output: claimed.output, sum: None }, claimed.new_weights);
    lie(&mut outcome, &mut weights);
    let content = simulation.blobs.put(outcome.encode()).await.unwrap();
    let weights = simulation.blobs.put(encode_vector(&weights)).await.unwrap();
    let step = Move::Finish { content, weights, milliseconds: 5_000 };
    pen.advance(0, state.phase, step).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_about_public_updates() {
    let simulation = before_the_end(plain(Rule::Median)).await;
    let updates = posted(&simulation, Phase::Updates).await;
    finish(&simulation, &simulation.job.claim(updates.clone()), |_, _| {}).await;
    assert_eq!(simulation.audit(0).await.unwrap(), Finding::Right { left_out: Vec::new() });

    let simulation = before_the_end(plain(Rule::Median)).await;
    finish(&simulation, &simulation.job.claim(updates.clone()), |outcome, _| outcome.output.0[9] ^= 1).await;
    assert!(matches!(simulation.audit(0).await.unwrap(), Finding::WrongClaim { .. }));

    let simulation = before_the_end(plain(Rule::Median)).await;
    finish(&simulation, &simulation.job.claim(updates.clone()), |_, weights| weights[100] += 1).await;
    assert!(matches!(simulation.audit(0).await.unwrap(), Finding::WrongClaim { .. }));

    let simulation = before_the_end(plain(Rule::Median)).await;
    finish(&simulation, &simulation.job.claim(updates[1..].to_vec()), |_, _| {}).await;
    let first = *simulation.job.members.first().unwrap();
    assert_eq!(simulation.audit(0).await.unwrap(), Finding::Right { left_out: vec![first] });

    let reordered = |by: fn(&mut Vec<Contribution>)| {
        let mut updates = updates.clone();
        by(&mut updates);
        updates
    };
    for updates in [
        reordered(|updates| updates.swap(0, 1)),
        reordered(|updates| updates[2] = updates[1]),
        reordered(|updates| updates[0].points += 1),
    ] {
        let simulation = before_the_end(plain(Rule::Median)).await;
        finish(&simulation, &simulation.job.claim(updates), |_, _| {}).await;
        assert_eq!(
            simulation.audit(0).await.unwrap(),
            Finding::WrongRound("a contribution is nobody's, or out of order")
        );
    }

    let simulation = before_the_end(plain(Rule::Median)).await;
    let other = Round { rule: Rule::Mean { cap: 1 }, ..simulation.job.claim(updates) };
    finish(&simulation, &other, |_, _| {}).await;
    assert!(matches!(simulation.audit(0).await.unwrap(), Finding::WrongRound(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_about_a_masked_sum() {
    let simulation = before_the_end(masked()).await;
    let update = simulation.blobs.put(encode_vector(&vec![1; simulation.job.length()])).await.unwrap();
    finish(&simulation, &simulation.job.claim(vec![Contribution { update, points: 1 }]), |_, _| {}).await;
    let wrong = Finding::WrongRound("it is not the mean of the unmasked sum");
    assert_eq!(simulation.audit(0).await.unwrap(), wrong);
}

#[test]
fn means_round_halves_up() {
    let words = [5i32, -5, 6, -6, 0, i32::MAX, i32::MIN].map(|x| x as u32);
    assert_eq!(mean_of_sum(&words, 2)[..5], [3, -2, 3, -3, 0]);
    assert_eq!(mean_of_sum(&words, 2)[5..], [(1 << 26) - 1, 1 - (1 << 26)]);
    assert_eq!(mean_of_sum(&words, 4)[..4], [1, -1, 2, -1]);
}
