//! Two hundred workers in one process.

use crate::world::{Sums, all_rounds, masked, plain, small_plan};
use lux_federated::Phase;
use lux_federated::simulation::{Conduct, Simulation};
use lux_training::{Clip, Rule};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_workers_with_public_updates() {
    let mut plan = small_plan(200, plain(Rule::TrimmedMean { trim: 20 }), 2);
    for worker in 0..20 {
        plan.conduct[9 * worker] = Conduct { leaves: Some((1, Phase::Updates)), ..Conduct::default() };
    }
    let mut simulation = Simulation::new(plan).await.unwrap();
    let records = all_rounds(&mut simulation).await;
    let counts: Vec<usize> = records.iter().map(|record| record.contributors.len()).collect();
    assert_eq!(counts, [200, 180]);
}

/// On the sparse graph; some leave in each phase.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_masked_workers() {
    let mut plan = small_plan(200, masked(), 1);
    plan.job.clip = Clip::new(1 << 20);
    for (number, phase) in
        [Phase::Keys, Phase::Shares, Phase::Masked, Phase::Survivors, Phase::Unmask].into_iter().enumerate()
    {
        for worker in 0..3 {
            plan.conduct[40 * number + 11 * worker] = Conduct { leaves: Some((0, phase)), ..Conduct::default() };
        }
    }
    let mut simulation = Simulation::new(plan).await.unwrap();
    let record = simulation.next_round().await.unwrap().unwrap();
    assert_eq!((record.abandoned.clone(), record.contributors.len(), record.dropped.len()), (None, 191, 15));
    let sums = Sums::of(&mut simulation, 0, &record.contributors).await;
    assert_eq!(sums.unmasked, sums.plain);
}
