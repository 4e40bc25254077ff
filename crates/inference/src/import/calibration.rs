//! What values a network meets.

use super::evaluate::evaluate;
use super::graph::{FloatId, FloatOp, Graph};
use super::histogram::Histogram;
use super::{Array, ImportError};
use crate::DType;

/// Shape and sizes of every value of a graph, over some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub shapes: Vec<Vec<usize>>,
    sizes: Vec<Histogram>,
}

impl Calibration {
    /// Runs the network on each sample: an array for each input, of the same shapes always.
    pub fn new(graph: &Graph, samples: impl IntoIterator<Item = impl AsRef<[Array]>>) -> Result<Self, ImportError> {
        let mut calibration: Option<Self> = None;
        for (sample, inputs) in samples.into_iter().enumerate() {
            let values = evaluate(graph, inputs.as_ref()).map_err(|problem| ImportError::Sample { sample, problem })?;
            let shapes: Vec<Vec<usize>> = values.iter().map(|value| value.shape.clone()).collect();
            let known = calibration.get_or_insert_with(|| Self {
                sizes: vec![Histogram::default(); values.len()],
                shapes: shapes.clone(),
            });
            if known.shapes != shapes {
                let problem = "its shapes differ from the first sample's".to_owned();
                return Err(ImportError::Sample { sample, problem });
            }
            for ((sizes, value), node) in known.sizes.iter_mut().zip(&values).zip(&graph.values) {
                // What never changes needs no statistics.
                if !matches!(node.op, FloatOp::Constant(_)) {
                    value.data.iter().for_each(|x| sizes.add(x.abs()));
                }
            }
        }
        calibration.ok_or(ImportError::NoSamples)
    }

    /// What a value that is no constant should reach to as this type: all that it was where there are many steps, and with few, as far as
    /// keeps the mean square error least.
    pub(super) fn range(&self, id: FloatId, dtype: DType) -> f32 {
        match dtype {
            DType::I8 => self.sizes[id].best_range(DType::I8.max() as f64),
            _ => self.sizes[id].largest(),
        }
    }
}
