//! Jobs of public updates.

use crate::world::{CREATOR, FIRST, World, ether, step};
use alloy_primitives::U256;
use lux_federated::Aggregation;
use lux_training::Rule;
use lux_training_chain::Record;

const WORKERS: usize = 5;

fn trimmed_mean() -> Aggregation {
    Aggregation::Plain(Rule::TrimmedMean { trim: 1 })
}

/// Five workers, a coordinator, and a watcher that has nothing to say; everybody is paid at the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_to_its_end() {
    let world = World::new(WORKERS, trimmed_mean(), 2).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    let mut watcher = world.watcher().await;
    let (mut claimed, mut paid) = (Vec::new(), 0);
    let mut is_over = false;
    for turn in 0..60 {
        for member in &mut members {
            step(member).await;
        }
        for record in step(&mut leader).await {
            match record {
                Record::Claimed { contributors, evaluation, .. } => claimed.push((contributors.len(), evaluation)),
                Record::Paid { workers, .. } => paid += workers.len(),
                Record::JobOver => is_over = true,
                Record::Challenged { .. } | Record::Disproved { .. } | Record::Abandoned { .. } => panic!("{record:?}"),
                _ => {}
            }
        }
        step(&mut watcher).await;
        if is_over {
            break;
        }
        // Nobody has anything to do until the claims are final.
        world.advance(if turn > 10 { 600 } else { 1 });
    }
    assert!(is_over);
    assert_eq!(claimed.iter().map(|(contributors, _)| *contributors).collect::<Vec<_>>(), [WORKERS; 2]);
    let accuracy: Vec<f32> = claimed.iter().map(|(_, evaluation)| evaluation.unwrap().accuracy).collect();
    assert!(accuracy[1] > accuracy[0], "{accuracy:?}");
    assert_eq!(paid, 2 * WORKERS);
    let mut total = U256::ZERO;
    for number in 0..WORKERS {
        total += world.balance(FIRST + number).await;
    }
    // All data counts alike: 95 % of the pool, but for what does not divide.
    assert_eq!(total, ether(95));
}
