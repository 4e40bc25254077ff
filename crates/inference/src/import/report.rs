//! What quantisation cost.

use super::evaluate::outputs;
use super::graph::Graph;
use super::{Array, ImportError};
use crate::Bundle;
use crate::fast::Engine;
use core::fmt;

/// A quantised model against its float network, over samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub samples: usize,
    /// Of the outputs, mean over the samples.
    pub cosine: f64,
    /// Smallest of any sample.
    pub worst_cosine: f64,
    /// Largest difference of an element, relative to the largest element of the float outputs.
    pub error: f64,
    /// Share of the samples whose largest output is the same one.
    pub agreement: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { samples, cosine, worst_cosine, error, agreement } = self;
        let [error, agreement] = [error, agreement].map(|share| 100.0 * share);
        write!(
            f,
            "{samples} samples: cosine {cosine:.5} (worst {worst_cosine:.5}), largest error {error:.2} % of the largest \
             output, same largest output {agreement:.1} %"
        )
    }
}

/// Runs both on each sample.
pub fn compare(graph: &Graph, bundle: &Bundle, samples: &[Vec<Array>]) -> Result<Report, ImportError> {
    let engine = Engine::new(bundle, 2);
    let (mut cosines, mut largest, mut error, mut agree) = (Vec::new(), 0.0, 0.0f64, 0);
    for (sample, inputs) in samples.iter().enumerate() {
        let problem = |problem: String| ImportError::Sample { sample, problem };
        let flat = |arrays: Vec<Vec<f32>>| arrays.concat();
        let expected = outputs(graph, inputs).map_err(problem)?;
        let expected = flat(expected.into_iter().map(|array| array.data).collect());
        let slices: Vec<&[f32]> = inputs.iter().map(|array| &array.data[..]).collect();
        let input =
            bundle.model.quantize_input(&slices).ok_or_else(|| problem("it does not fit the model".to_owned()))?;
        let found = engine.run(&input).map_err(|error| problem(error.to_string()))?;
        let found = flat(bundle.model.dequantize_output(&found));
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let norms = (dot(&expected, &expected) * dot(&found, &found)).sqrt();
        cosines.push(if norms > 0.0 { dot(&expected, &found) / norms } else { f64::from(u8::from(expected == found)) });
        for (a, b) in expected.iter().zip(&found) {
            error = error.max(f64::from((a - b).abs()));
            largest = f64::max(largest, a.abs().into());
        }
        let best = |x: &[f32]| (0..x.len()).fold(0, |best, index| if x[index] > x[best] { index } else { best });
        agree += usize::from(best(&expected) == best(&found));
    }
    let samples = cosines.len();
    if samples == 0 {
        return Err(ImportError::NoSamples);
    }
    Ok(Report {
        samples,
        cosine: cosines.iter().sum::<f64>() / samples as f64,
        worst_cosine: cosines.iter().copied().fold(1.0, f64::min),
        error: if largest > 0.0 { error / largest } else { error },
        agreement: agree as f64 / samples as f64,
    })
}
