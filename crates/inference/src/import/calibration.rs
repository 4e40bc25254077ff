//! What values a network meets.

use super::evaluate::evaluate;
use super::graph::Graph;
use super::{Array, ImportError};

/// Shape and largest absolute value of every value of a graph, over some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub shapes: Vec<Vec<usize>>,
    pub magnitudes: Vec<f32>,
}

impl Calibration {
    /// Runs the network on each sample: an array for each input, of the same shapes always.
    pub fn new(graph: &Graph, samples: &[Vec<Array>]) -> Result<Self, ImportError> {
        let mut calibration: Option<Self> = None;
        for (sample, inputs) in samples.iter().enumerate() {
            let values = evaluate(graph, inputs).map_err(|problem| ImportError::Sample { sample, problem })?;
            let shapes: Vec<Vec<usize>> = values.iter().map(|value| value.shape.clone()).collect();
            let known =
                calibration.get_or_insert_with(|| Self { magnitudes: vec![0.0; values.len()], shapes: shapes.clone() });
            if known.shapes != shapes {
                return Err(ImportError::Sample {
                    sample,
                    problem: "its shapes differ from the first sample's".to_owned(),
                });
            }
            for (largest, value) in known.magnitudes.iter_mut().zip(&values) {
                *largest = largest.max(value.magnitude());
            }
        }
        calibration.ok_or(ImportError::NoSamples)
    }
}
