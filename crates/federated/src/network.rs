//! Networks of fully connected layers, with their gradients.
//!
//! Every sum has one order, no multiplication is fused with an addition, and exponentials come from `libm`: the same data gives
//! the same bits on every machine, so that a gradient can be computed again by whoever doubts it.

use crate::{Dataset, FederatedError};
use chacha20::ChaCha20Rng;
use lux_training::limits::MAX_LENGTH;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// Layers that a network may have besides the last.
const MAX_HIDDEN: usize = 16;

/// Rectified hidden layers and a softmax over the classes; softmax regression without hidden layers.
///
/// The parameters are one vector: for each layer the weights, a row for each output, then the biases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    pub inputs: usize,
    pub hidden: Vec<usize>,
    pub classes: usize,
}

/// One layer's place in the vector of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    pub weights: usize,
    pub biases: usize,
}

/// How well a network does on a set of examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Mean cross entropy.
    pub loss: f32,
    /// Share of examples whose label has the largest output.
    pub accuracy: f32,
}

impl Architecture {
    /// That the sizes make a network whose parameters a round takes.
    pub fn check(&self) -> Result<(), FederatedError> {
        let sizes = [&[self.inputs], self.hidden.as_slice(), &[self.classes]].concat();
        let parameters = sizes.windows(2).try_fold(0usize, |sum, pair| {
            sum.checked_add(pair[0].checked_add(1)?.checked_mul(pair[1])?).filter(|sum| *sum <= MAX_LENGTH)
        });
        let valid = parameters.is_some() && !sizes.contains(&0) && self.hidden.len() <= MAX_HIDDEN && self.classes >= 2;
        valid.then_some(()).ok_or_else(|| FederatedError::Architecture(self.clone()))
    }

    pub fn layers(&self) -> Vec<Layer> {
        let sizes = [&[self.inputs], self.hidden.as_slice(), &[self.classes]].concat();
        let mut at = 0;
        let layer = |pair: &[usize]| {
            let (weights, biases) = (at, at + pair[0] * pair[1]);
            at = biases + pair[1];
            Layer { inputs: pair[0], outputs: pair[1], weights, biases }
        };
        sizes.windows(2).map(layer).collect()
    }

    /// Length of the vector of parameters.
    pub fn parameters(&self) -> usize {
        self.layers().last().map_or(0, |layer| layer.biases + layer.outputs)
    }

    /// Random weights as in He et al. 2015, uniform; biases are zero.
    pub fn initial(&self, seed: [u8; 32]) -> Vec<f32> {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let mut parameters = vec![0.0; self.parameters()];
        for layer in self.layers() {
            let bound = libm::sqrtf(6.0 / layer.inputs as f32);
            for weight in &mut parameters[layer.weights..layer.biases] {
                let uniform = (rng.next_u32() >> 8) as f32 / (1u32 << 24) as f32;
                *weight = bound * (2.0 * uniform - 1.0);
            }
        }
        parameters
    }

    pub fn evaluate(&self, parameters: &[f32], data: &Dataset) -> Evaluation {
        let mut pass = Pass::new(self);
        let (mut loss, mut right) = (0.0f64, 0usize);
        for (features, label) in data.iter() {
            loss += f64::from(pass.forward(parameters, features, label));
            let outputs = pass.outputs();
            let largest = (0..outputs.len()).fold(0, |best, at| if outputs[at] > outputs[best] { at } else { best });
            right += usize::from(largest == label);
        }
        let count = data.len().max(1);
        Evaluation { loss: (loss / count as f64) as f32, accuracy: right as f32 / count as f32 }
    }
}

/// Room for one example on its way through a network and back.
pub struct Pass {
    layers: Vec<Layer>,
    /// The input, then what each layer gives; of the last, the probabilities.
    activations: Vec<Vec<f32>>,
    errors: Vec<Vec<f32>>,
}

impl Pass {
    pub fn new(architecture: &Architecture) -> Self {
        let layers = architecture.layers();
        let room = |layer: &Layer| vec![0.0; layer.outputs];
        let errors: Vec<_> = layers.iter().map(room).collect();
        let activations = std::iter::once(vec![0.0; architecture.inputs]).chain(errors.iter().cloned()).collect();
        Self { layers, activations, errors }
    }

    fn outputs(&self) -> &[f32] {
        self.activations.last().map_or(&[], Vec::as_slice)
    }

    /// The cross entropy of one example.
    fn forward(&mut self, parameters: &[f32], features: &[f32], label: usize) -> f32 {
        self.activations[0].copy_from_slice(features);
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, after) = self.activations.split_at_mut(index + 1);
            let (input, output) = (&before[index], &mut after[0]);
            let rows = parameters[layer.weights..layer.biases].chunks_exact(layer.inputs);
            let biases = &parameters[layer.biases..][..layer.outputs];
            let last = index + 1 == self.layers.len();
            for ((out, row), bias) in output.iter_mut().zip(rows).zip(biases) {
                let sum = row.iter().zip(input).fold(*bias, |sum, (weight, x)| sum + weight * x);
                *out = if last { sum } else { sum.max(0.0) };
            }
        }
        let logits = self.activations.last_mut().expect("a network has a last layer");
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let shifted = logits[label] - largest;
        logits.iter_mut().for_each(|logit| *logit = libm::expf(*logit - largest));
        let sum: f32 = logits.iter().sum();
        logits.iter_mut().for_each(|logit| *logit /= sum);
        libm::logf(sum) - shifted
    }

    /// Adds an example's gradient, and returns its cross entropy.
    pub fn add_gradient(&mut self, parameters: &[f32], features: &[f32], label: usize, gradient: &mut [f32]) -> f32 {
        let loss = self.forward(parameters, features, label);
        let top = self.layers.len() - 1;
        self.errors[top].copy_from_slice(&self.activations[top + 1]);
        self.errors[top][label] -= 1.0;
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (below, errors) = self.errors.split_at_mut(index);
            let (error, input) = (&errors[0], &self.activations[index]);
            let rows = gradient[layer.weights..layer.biases].chunks_exact_mut(layer.inputs);
            for (row, error) in rows.zip(error) {
                row.iter_mut().zip(input).for_each(|(weight, x)| *weight += error * x);
            }
            gradient[layer.biases..][..layer.outputs].iter_mut().zip(error).for_each(|(bias, error)| *bias += error);
            let Some(below) = below.last_mut() else { continue };
            below.fill(0.0);
            for (row, error) in parameters[layer.weights..layer.biases].chunks_exact(layer.inputs).zip(error) {
                below.iter_mut().zip(row).for_each(|(sum, weight)| *sum += error * weight);
            }
            below.iter_mut().zip(input).filter(|(_, x)| **x <= 0.0).for_each(|(error, _)| *error = 0.0);
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// In double precision, written from the definition: no part of the code above.
    fn loss(architecture: &Architecture, parameters: &[f64], features: &[f32], label: usize) -> f64 {
        let mut values: Vec<f64> = features.iter().map(|x| f64::from(*x)).collect();
        let mut at = 0;
        let sizes: Vec<usize> = architecture.hidden.iter().copied().chain([architecture.classes]).collect();
        for (index, outputs) in sizes.iter().enumerate() {
            let biases = at + values.len() * outputs;
            let sum = |row: usize| {
                let weights = &parameters[at + row * values.len()..];
                parameters[biases + row] + values.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>()
            };
            let next: Vec<f64> = (0..*outputs).map(sum).collect();
            at = biases + outputs;
            values = if index + 1 == sizes.len() { next } else { next.into_iter().map(|x| x.max(0.0)).collect() };
        }
        values.iter().map(|x| x.exp()).sum::<f64>().ln() - values[label]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn gradients_are_those_of_finite_differences(
            seed: [u8; 32],
            hidden in proptest::collection::vec(1usize..6, 0..3),
            features in proptest::collection::vec(-1.0f32..1.0, 4),
            label in 0usize..3,
        ) {
            let architecture = Architecture { inputs: 4, hidden, classes: 3 };
            let parameters = architecture.initial(seed);
            let mut gradient = vec![0.0; parameters.len()];
            let found = Pass::new(&architecture).add_gradient(&parameters, &features, label, &mut gradient);
            let exact: Vec<f64> = parameters.iter().map(|x| f64::from(*x)).collect();
            prop_assert!((f64::from(found) - loss(&architecture, &exact, &features, label)).abs() < 1e-4);
            const STEP: f64 = 1e-6;
            for index in 0..exact.len() {
                let at = |change: f64| {
                    let mut moved = exact.clone();
                    moved[index] += change;
                    loss(&architecture, &moved, &features, label)
                };
                let (below, above) = ((at(0.0) - at(-STEP)) / STEP, (at(STEP) - at(0.0)) / STEP);
                // A corner of a rectifier lies between: there is no gradient to compare with.
                if (below - above).abs() < 1e-4 {
                    prop_assert!((f64::from(gradient[index]) - (below + above) / 2.0).abs() < 1e-3, "{index}");
                }
            }
        }
    }

    #[test]
    fn layout() {
        let architecture = Architecture { inputs: 64, hidden: vec![32], classes: 10 };
        assert_eq!(architecture.parameters(), 64 * 32 + 32 + 32 * 10 + 10);
        assert_eq!(architecture.layers()[1], Layer { inputs: 32, outputs: 10, weights: 2_080, biases: 2_400 });
        assert!(architecture.check().is_ok());
        for (inputs, hidden, classes) in [(0, vec![], 2), (4, vec![0], 2), (4, vec![], 1), (1 << 20, vec![1 << 20], 2)]
        {
            assert!(Architecture { inputs, hidden, classes }.check().is_err());
        }
        assert!(Architecture { inputs: usize::MAX, hidden: vec![usize::MAX], classes: 2 }.check().is_err());
    }
}
