//! Workers that are killed between any two messages, and coordinators that are replaced.

use crate::world::{Sums, masked, plain, small_plan};
use lux_federated::simulation::{Conduct, Simulation, account};
use lux_federated::{Aggregation, Board, Entry, Notebook, Phase, Progress, RoundRecord};
use lux_training::Rule;
use std::path::Path;

/// Runs a job; before every turn, each worker is dropped and comes back from what is on disk.
async fn with_restarts(aggregation: Aggregation, folder: &Path, rounds: u64) -> (Simulation, Vec<RoundRecord>) {
    let mut simulation = Simulation::new(small_plan(7, aggregation, rounds)).await.unwrap();
    let mut records = Vec::new();
    loop {
        simulation.workers.clear();
        for number in 0..7 {
            let notebook = Notebook::folder(&folder.join(number.to_string())).unwrap();
            let worker = simulation.worker(number, notebook).unwrap();
            simulation.workers.push(worker);
        }
        simulation.replace_coordinator();
        match simulation.turn().await.unwrap() {
            Progress::Round(record) => records.push(record),
            Progress::Over => return (simulation, records),
            Progress::Moved | Progress::Waiting => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_any_two_messages_everybody_stays_in() {
    for aggregation in [masked(), plain(Rule::Median)] {
        let folder = tempfile::tempdir().unwrap();
        let (mut simulation, records) = with_restarts(aggregation, folder.path(), 2).await;
        assert_eq!(records.len(), 2);
        assert!(records.iter().all(|record| record.contributors.len() == 7 && record.dropped.is_empty()));
        if matches!(aggregation, Aggregation::Secure(_)) {
            let sums = Sums::of(&mut simulation, 1, &records[1].contributors).await;
            assert_eq!(sums.unmasked, sums.plain);
        }
        // The same as without any restart: weights depend on data and seeds alone.
        let mut calm = Simulation::new(small_plan(7, aggregation, 2)).await.unwrap();
        while calm.next_round().await.unwrap().is_some() {}
        assert_eq!(calm.weights().await.unwrap(), simulation.weights().await.unwrap());
    }
}

/// No phase has two messages of a worker, however often it is asked: the board would have refused the second, and the worker sat out.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_notes_sits_the_round_out() {
    let mut simulation = Simulation::new(small_plan(7, masked(), 1)).await.unwrap();
    while simulation.board.pen(account(0).address()).state().await.unwrap().phase != Phase::Masked {
        simulation.turn().await.unwrap();
    }
    simulation.workers[3] = simulation.worker(3, Notebook::memory()).unwrap();
    let record = simulation.next_round().await.unwrap().unwrap();
    assert_eq!(record.contributors.len(), 6);
    assert_eq!(record.dropped[0].worker, account(3).address());
    let entries = simulation.board.pen(account(0).address()).entries(0, 0).await.unwrap();
    let posts =
        entries.iter().filter(|entry| matches!(entry, Entry::Posted { from, .. } if *from == account(3).address()));
    assert_eq!(posts.count(), 2, "keys and shares, from before");
}

/// Who was away for some rounds is back in the next one.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_in_again() {
    let mut plan = small_plan(7, masked(), 3);
    plan.conduct[5] = Conduct { leaves: Some((0, Phase::Masked)), returns: Some(2), ..Conduct::default() };
    let mut simulation = Simulation::new(plan).await.unwrap();
    let mut counts = Vec::new();
    while let Some(record) = simulation.next_round().await.unwrap() {
        counts.push(record.contributors.len());
    }
    assert_eq!(counts, [6, 6, 7]);
}
