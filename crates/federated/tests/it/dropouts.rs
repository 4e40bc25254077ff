//! Who leaves, comes late, or posts what is not there.

use crate::world::{Sums, all_rounds, masked, plain, small_plan};
use alloy_primitives::B256;
use lux_federated::simulation::{Conduct, Simulation, account};
use lux_federated::{Board, BoardError, Entry, FederatedError, Finding, Notebook, Phase, Post, Progress};
use lux_training::Rule;
use std::path::Path;

const MASKED_PHASES: [Phase; 5] = [Phase::Keys, Phase::Shares, Phase::Masked, Phase::Survivors, Phase::Unmask];

/// Two of ten leave, in every pair of different phases: the sum is that of the survivors' updates, bit for bit.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_sum_is_the_plain_sum() {
    let pairs = MASKED_PHASES.iter().flat_map(|one| MASKED_PHASES.map(|other| (*one, other)));
    for (first, second) in pairs.filter(|(first, second)| first < second) {
        let mut plan = small_plan(10, masked(), 1);
        plan.conduct[2] = Conduct { leaves: Some((0, first)), ..Conduct::default() };
        plan.conduct[7] = Conduct { leaves: Some((0, second)), ..Conduct::default() };
        let mut simulation = Simulation::new(plan).await.unwrap();
        let record = simulation.next_round().await.unwrap().unwrap();
        assert_eq!(record.abandoned, None, "{first:?} {second:?}");
        // Whose masked vector is there is in the sum, also if it leaves then.
        let gone = [(2, first), (7, second)].into_iter().filter(|(_, phase)| *phase <= Phase::Masked);
        let gone: Vec<_> = gone.map(|(worker, _)| account(worker).address()).collect();
        assert_eq!(record.contributors.len(), 10 - gone.len());
        assert!(gone.iter().all(|worker| !record.contributors.contains(worker)));
        assert!(record.dropped.iter().all(|dropped| dropped.reason == "silent until the deadline"));
        assert_eq!(record.dropped.len(), 2);
        let sums = Sums::of(&mut simulation, 0, &record.contributors).await;
        assert_eq!(sums.unmasked, sums.plain, "{first:?} {second:?}");
        assert_eq!(simulation.audit(0).await.unwrap(), Finding::Right { left_out: Vec::new() });
    }
}

/// With too few, a round comes to nothing, says why, and costs nothing but time.
#[tokio::test(flavor = "multi_thread")]
async fn too_few_end_a_round_and_not_the_job() {
    let mut plan = small_plan(10, masked(), 1);
    for worker in 0..4 {
        plan.conduct[worker] = Conduct { leaves: Some((0, Phase::Masked)), returns: Some(1), ..Conduct::default() };
    }
    let mut simulation = Simulation::new(plan).await.unwrap();
    let records = all_rounds(&mut simulation).await;
    assert!(records[0].abandoned.as_ref().unwrap().contains("masked vectors: 6 workers; 7 are needed"));
    assert_eq!((records[0].done, records[0].dropped.len()), (0, 4));
    assert_eq!((records[1].done, records[1].contributors.len(), records.len()), (1, 10, 2));
}

/// Four of ten leave when six have revealed their shares.
async fn failed_after_shares(returning: std::ops::Range<usize>, folder: &Path) -> Simulation {
    let mut plan = small_plan(10, masked(), 1);
    for worker in 0..4 {
        let returns = returning.contains(&worker).then_some(1);
        plan.conduct[worker] = Conduct { leaves: Some((0, Phase::Unmask)), returns, ..Conduct::default() };
    }
    let mut simulation = Simulation::new(plan).await.unwrap();
    for number in 0..10 {
        let notebook = Notebook::folder(&folder.join(number.to_string())).unwrap();
        simulation.workers[number] = simulation.worker(number, notebook).unwrap();
    }
    let record = simulation.next_round().await.unwrap().unwrap();
    assert!(record.abandoned.is_some());
    let entries = simulation.board.pen(account(0).address()).entries(0, 0).await.unwrap();
    let prolonged =
        entries.iter().filter(|entry| matches!(entry, Entry::Moved { step: lux_federated::Move::Prolong { .. }, .. }));
    assert_eq!(prolonged.count(), 3);
    simulation
}

/// When all are back, a new round with fresh masks comes to the sum that the first one would have come to, and to no other.
#[tokio::test(flavor = "multi_thread")]
async fn after_shares_were_revealed_the_same_updates_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let updates = || (0..10).map(|number| std::fs::read(folder.path().join(format!("{number}/update"))).unwrap());
    let mut simulation = failed_after_shares(0..4, folder.path()).await;
    let failed: Vec<_> = updates().collect();
    let record = simulation.next_round().await.unwrap().unwrap();
    assert_eq!((record.abandoned, record.contributors.len(), record.done), (None, 10, 1));
    let sums = Sums::of(&mut simulation, 1, &record.contributors).await;
    assert_eq!(sums.unmasked, sums.plain);
    assert_eq!(updates().collect::<Vec<_>>(), failed, "the same updates");
    assert_eq!(simulation.audit(1).await.unwrap(), Finding::Right { left_out: Vec::new() });
}

/// Without one of them the sum would be another one, and both together would tell its update: nobody opens it, and nobody ends such a job
/// by force.
#[tokio::test(flavor = "multi_thread")]
async fn after_shares_were_revealed_no_other_sum_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut simulation = failed_after_shares(0..3, folder.path()).await;
    let error = loop {
        match simulation.next_round().await {
            Ok(Some(record)) => assert!(record.abandoned.is_some()),
            Ok(None) => panic!("no round may have a result"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, FederatedError::GivenUp(3, _)), "{error}");
    let shares = |entries: &[Entry]| {
        let of = |entry: &&Entry| matches!(entry, Entry::Posted { post, .. } if post.phase == Phase::Unmask);
        entries.iter().filter(of).count()
    };
    for round in 1..3 {
        let entries = simulation.board.pen(account(0).address()).entries(round, 0).await.unwrap();
        assert!(shares(&entries) <= 3, "of those who had revealed none");
    }
}

/// A worker that takes long finds later deadlines once it was seen to be late, and is in from then on.
#[tokio::test(flavor = "multi_thread")]
async fn deadlines_wait_for_slow_workers() {
    let plan = small_plan(5, plain(Rule::Median), 70);
    let mut simulation = Simulation::new(plan).await.unwrap();
    for _ in 0..2 {
        assert_eq!(simulation.next_round().await.unwrap().unwrap().contributors.len(), 5);
    }
    simulation.conduct[4].delay = 20_000;
    let records = all_rounds(&mut simulation).await;
    let slow = account(4).address();
    assert!(!records[0].contributors.contains(&slow));
    assert!(
        records.iter().any(|record| record
            .dropped
            .iter()
            .any(|dropped| { dropped.worker == slow && dropped.reason.contains("too late: it took 2") })),
        "{records:#?}"
    );
    assert!(records.last().unwrap().contributors.contains(&slow));
}

/// A message whose blob nobody has, and one with a number of examples that nobody can have.
#[tokio::test(flavor = "multi_thread")]
async fn missing_blobs_and_absurd_numbers() {
    for aggregation in [plain(Rule::Median), masked()] {
        let mut plan = small_plan(10, aggregation, 1);
        for worker in [0, 1] {
            plan.conduct[worker] = Conduct { leaves: Some((0, Phase::Updates)), ..Conduct::default() };
        }
        let mut simulation = Simulation::new(plan).await.unwrap();
        let there = simulation.blobs.put(vec![0; 4 * simulation.job.length()]).await.unwrap();
        let [first, second] = [0, 1].map(|worker| simulation.board.pen(account(worker).address()));
        let phase = first.state().await.unwrap().phase;
        let post = Post { round: 0, phase, content: B256::repeat_byte(9), points: 1 };
        first.post(post).await.unwrap();
        assert!(matches!(first.post(Post { points: 2, ..post }).await, Err(BoardError::PostedBefore(_))));
        second.post(Post { content: there, points: u32::MAX, ..post }).await.unwrap();
        let record = simulation.next_round().await.unwrap().unwrap();
        assert_eq!((record.contributors.len(), record.dropped.len()), (8, 2));
        let reason = |worker: usize| {
            let of = |dropped: &&lux_federated::Dropped| dropped.worker == account(worker).address();
            record.dropped.iter().find(of).unwrap().reason.clone()
        };
        assert_eq!(reason(0), "the blob of its message is missing");
        assert!(reason(1).contains("number of examples") || reason(1).contains("more than the limit"), "{}", reason(1));
    }
}

/// The board takes nothing after a deadline, from strangers, or twice, and no phase ends before its time.
#[tokio::test(flavor = "multi_thread")]
async fn the_board_holds_to_its_rules() {
    let mut simulation = Simulation::new(small_plan(5, plain(Rule::Median), 2)).await.unwrap();
    let pen = simulation.board.pen(account(0).address());
    let state = pen.state().await.unwrap();
    let post = Post { round: 0, phase: Phase::Updates, content: B256::ZERO, points: 1 };
    let stranger = simulation.board.pen(account(9).address());
    assert!(matches!(stranger.post(post).await, Err(BoardError::NotMember(_))));
    let finish = |milliseconds| lux_federated::Move::Finish { content: B256::ZERO, weights: B256::ZERO, milliseconds };
    assert!(matches!(stranger.advance(0, Phase::Updates, finish(5_000)).await, Err(BoardError::StillOpen(_))));
    assert!(matches!(stranger.advance(0, Phase::Updates, finish(0)).await, Err(BoardError::Duration { .. })));
    let abandon = lux_federated::Move::Abandon { milliseconds: 5_000 };
    assert!(matches!(stranger.advance(0, Phase::Updates, abandon).await, Err(BoardError::StillOpen(_))));
    assert!(matches!(stranger.advance(0, Phase::Masked, abandon).await, Err(BoardError::Late { .. })));
    simulation.clock.advance_to(state.deadline + 1);
    assert!(matches!(pen.post(post).await, Err(BoardError::Late { .. })));
    let close = lux_federated::Move::Close { content: B256::ZERO, milliseconds: 5_000 };
    assert!(matches!(stranger.advance(0, Phase::Updates, close).await, Err(BoardError::WrongMove(_))));
    assert!(
        matches!(simulation.coordinator.step().await.unwrap(), Progress::Round(record) if record.abandoned.is_some())
    );
}
