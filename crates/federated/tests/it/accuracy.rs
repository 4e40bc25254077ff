//! What honest workers learn, with dishonest ones among them.

use crate::world::plan;
use lux_federated::simulation::{Attack, Conduct, Simulation};
use lux_federated::{Aggregation, Finding, Phase, RoundRecord};
use lux_training::{Clip, Rule};

const ROUNDS: u64 = 30;

/// Ten workers with uneven data, two of them dishonest, two that leave in different rounds.
async fn learned(rule: Rule, clip: Option<Clip>, attacks: [Option<Attack>; 2]) -> (Simulation, Vec<RoundRecord>) {
    let mut plan = plan(10, Aggregation::Plain(rule), ROUNDS);
    plan.job.clip = clip;
    plan.conduct[1].attack = attacks[0];
    plan.conduct[6].attack = attacks[1];
    plan.conduct[3] = Conduct { leaves: Some((5, Phase::Updates)), ..Conduct::default() };
    plan.conduct[8] = Conduct { leaves: Some((12, Phase::Updates)), returns: Some(20), ..Conduct::default() };
    let mut simulation = Simulation::new(plan).await.unwrap();
    let mut records = Vec::new();
    while let Some(record) = simulation.next_round().await.unwrap() {
        records.push(record);
    }
    (simulation, records)
}

fn accuracy(records: &[RoundRecord]) -> f32 {
    records.last().unwrap().evaluation.unwrap().accuracy
}

#[tokio::test(flavor = "multi_thread")]
async fn explore() {
    let sign_and_noise = [Some(Attack::SignFlip), Some(Attack::Noise)];
    let labels = [Some(Attack::LabelFlip); 2];
    for (name, rule, attacks) in [
        ("mean", Rule::Mean { cap: 1 << 20 }, [None, None]),
        ("mean", Rule::Mean { cap: 1 << 20 }, sign_and_noise),
        ("mean", Rule::Mean { cap: 1 << 20 }, labels),
        ("trimmed", Rule::TrimmedMean { trim: 2 }, sign_and_noise),
        ("trimmed", Rule::TrimmedMean { trim: 2 }, labels),
        ("krum", Rule::Krum { faults: 2, selected: 4 }, sign_and_noise),
        ("krum", Rule::Krum { faults: 2, selected: 4 }, labels),
    ] {
        let start = std::time::Instant::now();
        let (_, records) = learned(rule, None, attacks).await;
        println!("{name} {attacks:?} {} {:?}", accuracy(&records), start.elapsed());
    }
}
