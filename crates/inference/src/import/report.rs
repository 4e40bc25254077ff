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

/// What both gave for a sample: a vector for each output.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub float: Vec<Vec<f32>>,
    pub integer: Vec<Vec<f32>>,
}

/// Runs both on each sample.
pub fn compare(
    graph: &Graph,
    bundle: &Bundle,
    samples: impl IntoIterator<Item = impl AsRef<[Array]>>,
) -> Result<Report, ImportError> {
    let mut comparison = Comparison::new(graph, bundle);
    for sample in samples {
        comparison.add(sample.as_ref())?;
    }
    comparison.report()
}

/// A comparison, sample by sample.
#[derive(Debug)]
pub struct Comparison<'a> {
    graph: &'a Graph,
    engine: Engine,
    cosines: Vec<f64>,
    /// Largest element of the float outputs.
    largest: f64,
    error: f64,
    agree: usize,
}

impl<'a> Comparison<'a> {
    pub fn new(graph: &'a Graph, bundle: &Bundle) -> Self {
        let engine = Engine::new(bundle, 2);
        Self { graph, engine, cosines: Vec::new(), largest: 0.0, error: 0.0, agree: 0 }
    }

    /// Runs both on a sample.
    pub fn add(&mut self, inputs: &[Array]) -> Result<Compared, ImportError> {
        let (sample, model) = (self.cosines.len(), self.engine.model());
        let problem = |problem: String| ImportError::Sample { sample, problem };
        let float: Vec<_> = outputs(self.graph, inputs).map_err(problem)?.into_iter().map(|array| array.data).collect();
        let slices: Vec<&[f32]> = inputs.iter().map(|array| &array.data[..]).collect();
        let input = model.quantize_input(&slices).ok_or_else(|| problem("it does not fit the model".to_owned()))?;
        let output = self.engine.run(&input).map_err(|error| problem(error.to_string()))?;
        let integer = model.dequantize_output(&output);

        let (expected, found) = (float.concat(), integer.concat());
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let norms = (dot(&expected, &expected) * dot(&found, &found)).sqrt();
        let cosine = if norms > 0.0 { dot(&expected, &found) / norms } else { f64::from(u8::from(expected == found)) };
        self.cosines.push(cosine);
        for (a, b) in expected.iter().zip(&found) {
            self.error = self.error.max(f64::from((a - b).abs()));
            self.largest = self.largest.max(a.abs().into());
        }
        let best = |x: &[f32]| (0..x.len()).fold(0, |best, index| if x[index] > x[best] { index } else { best });
        self.agree += usize::from(best(&expected) == best(&found));
        Ok(Compared { float, integer })
    }

    /// On the samples so far.
    pub fn report(&self) -> Result<Report, ImportError> {
        let samples = self.cosines.len();
        if samples == 0 {
            return Err(ImportError::NoSamples);
        }
        Ok(Report {
            samples,
            cosine: self.cosines.iter().sum::<f64>() / samples as f64,
            worst_cosine: self.cosines.iter().copied().fold(1.0, f64::min),
            error: if self.largest > 0.0 { self.error / self.largest } else { self.error },
            agreement: self.agree as f64 / samples as f64,
        })
    }
}
