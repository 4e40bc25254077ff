//! What was trained, as other programs read it.

use crate::world::{all_rounds, plain, small_plan};
use lux_federated::Checkpoint;
use lux_federated::simulation::Simulation;
use lux_inference::import::{Array, Calibration, Comparison, quantize, read_onnx};
use lux_training::Rule;

/// Trained, saved, read again, exported as ONNX, imported, and made a model of integers: the same answers.
#[tokio::test(flavor = "multi_thread")]
async fn from_training_to_a_model_of_integers() {
    let plan = small_plan(5, plain(Rule::Median), 8);
    let (data, tested) = (plan.data.clone(), plan.tested.clone());
    let mut simulation = Simulation::new(plan).await.unwrap();
    let records = all_rounds(&mut simulation).await;
    let architecture = simulation.job.architecture.clone();
    let parameters = simulation.weights().await.unwrap();
    let checkpoint = Checkpoint { architecture, parameters, round: records.len() as u64 };
    let read = Checkpoint::decode(&checkpoint.encode().unwrap()).unwrap();
    assert_eq!(read, checkpoint);

    let graph = read_onnx(&read.to_onnx()).unwrap();
    let sample = |features: &[f32]| vec![Array { shape: vec![1, features.len()], data: features.to_vec() }];
    let seen: Vec<_> = data.iter().take(100).map(|(features, _)| sample(features)).collect();
    let bundle = quantize(&graph, &Calibration::new(&graph, &seen).unwrap()).unwrap();
    let mut comparison = Comparison::new(&graph, &bundle);
    let largest = |outputs: &[f32]| (0..outputs.len()).max_by(|a, b| outputs[*a].total_cmp(&outputs[*b])).unwrap();
    let (mut by_network, mut by_model) = (0, 0);
    for (features, label) in tested.iter() {
        let outputs = comparison.add(&sample(features)).unwrap();
        by_network += usize::from(largest(&outputs.float[0]) == label);
        by_model += usize::from(largest(&outputs.integer[0]) == label);
    }
    let accuracy = records.last().unwrap().evaluation.unwrap().accuracy;
    assert_eq!(by_network as f32 / tested.len() as f32, accuracy);
    assert!((by_model as f32 / tested.len() as f32 - accuracy).abs() < 0.02);
}
