//! Jobs whose noise has a price.

use crate::world::{all_rounds, masked, plain, small_plan};
use lux_federated::simulation::{Simulation, account};
use lux_federated::{Board, Job, MemoryBoard, MemoryClock, Noise, Notebook, Phase, Privacy, Standing, Worker};
use lux_training::{Clip, Rule};
use std::sync::Arc;

const EXAMPLES: Noise = Noise::Examples { noise_multiplier: 2.0, sampling_rate: 0.05, steps: 10, clip: 1 << 16 };

#[tokio::test(flavor = "multi_thread")]
async fn private_training_stops_at_its_budget() {
    let members = Noise::Members { deviation: 3_000.0, honest: 4 };
    for (aggregation, noise, epsilon) in [(plain(Rule::Mean { cap: 1 }), EXAMPLES, 1.0), (masked(), members, 8.0)] {
        let mut plan = small_plan(10, aggregation, 1_000);
        plan.job.clip = Clip::new(1 << 12);
        plan.job.privacy = Some(Privacy { noise, epsilon, delta: 1e-3 });
        plan.job.attempts = 1_000;
        let mut simulation = Simulation::new(plan).await.unwrap();
        let records = all_rounds(&mut simulation).await;
        let spent: Vec<f64> = records.iter().map(|record| record.epsilon.unwrap()).collect();
        assert!(spent.len() >= 2 && spent.len() < 100, "{}", spent.len());
        assert!(spent.is_sorted() && *spent.last().unwrap() < epsilon);
        // The next round would have been one too many.
        let mut budget = simulation.job.privacy.unwrap().budget().unwrap();
        for expected in &spent {
            assert_eq!(simulation.job.spend(&mut budget).unwrap(), *expected);
        }
        assert!(simulation.job.spend(&mut budget).is_err());
        assert!(simulation.workers.iter().all(|worker| worker.epsilon() == Some(*spent.last().unwrap())));
    }
}

/// A worker refuses by itself, whatever the board allows, and its restart does not make it forget.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_counts_for_itself() {
    let mut plan = small_plan(3, plain(Rule::Median), 1);
    plan.job.privacy = Some(Privacy { noise: EXAMPLES, epsilon: 1.0, delta: 1e-3 });
    plan.job.attempts = 1_000;
    let simulation = Simulation::new(plan).await.unwrap();
    let affordable = simulation.job.attempts;
    let weights = simulation.board.pen(account(0).address()).state().await.unwrap().weights;
    // A board that goes on for ever.
    let endless = Arc::new(Job { rounds: u64::MAX, attempts: u64::MAX, ..(*simulation.job).clone() });
    let clock = MemoryClock::default();
    let board = MemoryBoard::new(endless.clone(), weights, clock.clone(), 1..=10, Default::default());
    let folder = tempfile::tempdir().unwrap();
    let pen = board.pen(account(0).address());
    let mut answered = 0;
    loop {
        let trainer = lux_federated::LocalTrainer::new(&endless, simulation.shares()[0].clone(), Default::default());
        let notebook = Notebook::folder(folder.path()).unwrap();
        let (board, blobs) = (Arc::new(pen.clone()), simulation.blobs.clone());
        let mut worker =
            Worker::open(endless.clone(), board, blobs, account(0), Box::new(trainer.unwrap()), notebook).unwrap();
        match worker.step().await.unwrap() {
            Standing::Posted(phase) => assert_eq!(phase, Phase::Updates),
            Standing::Over => break,
            other => panic!("{other:?}"),
        }
        answered += 1;
        let state = pen.state().await.unwrap();
        clock.advance_to(state.deadline + 1);
        pen.advance(state.round, state.phase, lux_federated::Move::Abandon { milliseconds: 10 }).await.unwrap();
    }
    assert_eq!(answered, affordable);
}

#[test]
fn what_cannot_be_private_is_refused() {
    let job = |aggregation, noise, epsilon| {
        let mut plan = small_plan(10, aggregation, 5);
        plan.job.privacy = Some(Privacy { noise, epsilon, delta: 1e-3 });
        plan.job
    };
    let members = Noise::Members { deviation: 6_000.0, honest: 4 };
    assert!(job(plain(Rule::Median), members, 1.0).checked().is_err(), "public updates");
    let unclipped = Job { clip: None, ..job(masked(), members, 8.0) };
    assert!(unclipped.checked().is_err());
    assert!(job(plain(Rule::Median), EXAMPLES, 1e-6).checked().is_err(), "not one round");
    assert!(job(plain(Rule::Median), EXAMPLES, f64::NAN).checked().is_err());
}
