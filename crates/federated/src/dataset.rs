//! Labelled examples that a worker holds, and never gives away.

use crate::FederatedError;
use lux_models::NpyArray;

/// Examples with as many features each, and the class of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    inputs: usize,
    features: Vec<f32>,
    labels: Vec<usize>,
}

impl Dataset {
    /// From an array whose first axis counts the examples, and one of their labels. Features are divided by `divisor`.
    pub fn from_arrays(features: NpyArray, labels: &NpyArray, divisor: f32) -> Result<Self, FederatedError> {
        let count = labels.data.len();
        let inputs = features.data.len().checked_div(count).unwrap_or(0);
        if inputs == 0 || features.shape.first() != Some(&count) || labels.shape != [count] {
            return Err(FederatedError::Data("one label for each example, and at least one of both, are needed"));
        }
        if !(divisor.is_finite() && divisor > 0.0) {
            return Err(FederatedError::Data("features are divided by a positive number"));
        }
        let class = |label: &f32| (*label >= 0.0 && label.fract() == 0.0).then_some(*label as usize);
        let labels: Option<Vec<_>> = labels.data.iter().map(class).collect();
        let labels = labels.ok_or(FederatedError::Data("labels are whole numbers from zero on"))?;
        let features: Vec<f32> = features.data.into_iter().map(|x| x / divisor).collect();
        if !features.iter().all(|x| x.is_finite()) {
            return Err(FederatedError::Data("features are finite numbers"));
        }
        Ok(Self { inputs, features, labels })
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Features of each example.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// One more than the largest label.
    pub fn classes(&self) -> usize {
        self.labels.iter().max().map_or(0, |label| label + 1)
    }

    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    pub fn example(&self, index: usize) -> (&[f32], usize) {
        (&self.features[index * self.inputs..][..self.inputs], self.labels[index])
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[f32], usize)> {
        self.features.chunks_exact(self.inputs).zip(self.labels.iter().copied())
    }

    /// The examples with these indices.
    pub fn select(&self, indices: &[usize]) -> Self {
        let features = indices.iter().flat_map(|index| self.example(*index).0).copied().collect();
        Self { inputs: self.inputs, features, labels: indices.iter().map(|index| self.labels[*index]).collect() }
    }

    /// The same features under other labels.
    pub fn relabelled(&self, change: impl Fn(usize) -> usize) -> Self {
        Self { labels: self.labels.iter().map(|label| change(*label)).collect(), ..self.clone() }
    }

    /// All but the last examples, and the last ones: to train with and to test on.
    pub fn hold_out(&self, tested: usize) -> (Self, Self) {
        let kept = self.len().saturating_sub(tested);
        let part = |range: std::ops::Range<usize>| self.select(&range.collect::<Vec<_>>());
        (part(0..kept), part(kept..self.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], data: &[f32]) -> NpyArray {
        NpyArray { shape: shape.to_vec(), data: data.to_vec() }
    }

    #[test]
    fn what_fits_is_taken() {
        let data =
            Dataset::from_arrays(array(&[2, 1, 2], &[2.0, 4.0, 6.0, 8.0]), &array(&[2], &[0.0, 3.0]), 2.0).unwrap();
        assert_eq!((data.len(), data.inputs(), data.classes()), (2, 2, 4));
        assert_eq!(data.example(1), (&[3.0, 4.0][..], 3));
        let (one, other) = data.hold_out(1);
        assert_eq!((one.labels(), other.labels()), (&[0][..], &[3][..]));
    }

    #[test]
    fn what_does_not_is_refused() {
        let labels = array(&[2], &[0.0, 1.0]);
        assert!(Dataset::from_arrays(array(&[4], &[0.0; 4]), &labels, 1.0).is_err());
        assert!(Dataset::from_arrays(array(&[0], &[]), &array(&[0], &[]), 1.0).is_err());
        let features = array(&[2, 2], &[1.0; 4]);
        for label in [-1.0, 0.5] {
            assert!(Dataset::from_arrays(features.clone(), &array(&[2], &[0.0, label]), 1.0).is_err());
        }
        for divisor in [0.0, -1.0, f32::NAN, 1e-45] {
            assert!(Dataset::from_arrays(features.clone(), &labels, divisor).is_err());
        }
    }
}
