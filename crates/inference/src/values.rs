//! Real numbers in and out of a model.

use crate::{Model, Tensor};

impl Model {
    /// The input that stands for these numbers, a slice for each input; `None` when their counts differ. Rounds to the
    /// nearest step and saturates.
    pub fn quantize_input(&self, inputs: &[&[f32]]) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.input_bytes());
        if inputs.len() != self.inputs().count() {
            return None;
        }
        for ((_, input), values) in self.inputs().zip(inputs) {
            if input.shape.elements() != values.len() {
                return None;
            }
            // At the ends of the range, casts saturate.
            let step = |x: &f32| (f64::from(*x) / f64::from(input.scale.get())).round() as i64;
            let bounds = |v: i64| v.clamp(input.dtype.min(), input.dtype.max());
            Tensor::from_values(input.dtype, values.iter().map(step).map(bounds)).write_bytes(&mut bytes);
        }
        Some(bytes)
    }

    /// The numbers that an output stands for, a vector for each output.
    pub fn dequantize_output(&self, output: &[u8]) -> Vec<Vec<f32>> {
        let mut rest = output;
        let mut numbers = Vec::new();
        for output in self.outputs() {
            let kind = &self.types()[usize::from(output.value)];
            let (data, tail) = rest.split_at(kind.bytes().min(rest.len()));
            rest = tail;
            let scale = f64::from(output.scale.get());
            numbers.push(Tensor::from_bytes(kind.dtype, data).iter().map(|v| (v as f64 * scale) as f32).collect());
        }
        numbers
    }
}
