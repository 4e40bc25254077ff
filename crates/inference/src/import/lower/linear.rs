//! Weights: a scale for each output. Products with matrices take activations of 8 bits, which are twice as fast as those of 16; convolutions keep what
//! they are given.

use super::{Lowered, Lowering};
use crate::import::graph::FloatId;
use crate::import::numbers::{factor_of, multiplier_for, shift_for};
use crate::import::{Array, ImportError};
use crate::ops::{Conv2d, Gemm, ValueId, Window};
use crate::{DType, Requantize, Shape, Tensor};

/// Constants of an operation with weights.
struct Linear {
    weights: ValueId,
    bias: ValueId,
    multipliers: ValueId,
    output: Requantize,
    scale: f64,
}

impl Lowering<'_> {
    pub(super) fn gemm(
        &mut self,
        id: FloatId,
        x: FloatId,
        weights: &Array,
        bias: &[f32],
    ) -> Result<Lowered, ImportError> {
        let x = self.narrow(x)?;
        let Linear { weights, bias, multipliers, output, scale } = self.linear(id, x, weights, bias)?;
        let value = self.node(id, Gemm { x: x.value, weights, bias, multipliers, output })?;
        Ok(self.made(id, value, scale))
    }

    pub(super) fn conv(
        &mut self,
        id: FloatId,
        x: FloatId,
        weights: &Array,
        bias: &[f32],
        window: &Window,
        groups: usize,
    ) -> Result<Lowered, ImportError> {
        let x = self.get(x)?;
        let Linear { weights, bias, multipliers, output, scale } = self.linear(id, x, weights, bias)?;
        let (window, groups) = (window.clone(), groups as u32);
        let value = self.node(id, Conv2d { x: x.value, weights, bias, multipliers, window, groups, output })?;
        Ok(self.made(id, value, scale))
    }

    /// Multipliers come first, and the scale of each output's weights is what its multiplier stands for, so that multipliers
    /// of few bits add no error.
    fn linear(&mut self, id: FloatId, x: Lowered, weights: &Array, bias: &[f32]) -> Result<Linear, ImportError> {
        let (_, dtype, scale) = self.result(id);
        let row = weights.data.len() / bias.len();
        let largest = |row: &[f32]| f64::from(row.iter().fold(0.0, |largest: f32, w| largest.max(w.abs())));
        let factor = |row: &[f32]| x.scale * largest(row) / DType::I8.max() as f64 / scale;
        let factors: Vec<f64> = weights.data.chunks_exact(row).map(factor).collect();
        let top = factors.iter().copied().fold(0.0, f64::max);
        let top = if top > 0.0 { top } else { 1.0 };
        let shift = shift_for(top).ok_or_else(|| self.no_factor(id, top))?;
        let multipliers: Vec<i16> = factors.iter().map(|factor| multiplier_for(*factor, shift)).collect();
        // What a step of the accumulator is, for each output.
        let units: Vec<f64> = multipliers.iter().map(|multiplier| scale * factor_of(*multiplier, shift)).collect();
        let rows = weights.data.chunks_exact(row).zip(&units);
        let steps = |(row, unit): (&[f32], &f64)| {
            let step = unit / x.scale;
            row.iter().map(|w| (f64::from(*w) / step).round().clamp(-127.0, 127.0) as i8).collect::<Vec<_>>()
        };
        let quantized: Vec<i8> = rows.flat_map(steps).collect();
        let bias = bias.iter().zip(&units).map(|(b, unit)| (f64::from(*b) / unit).round() as i32).collect();
        let dims: Vec<u32> = weights.shape.iter().map(|dim| *dim as u32).collect();
        let error = crate::ModelError::Field("shape of the weights");
        let shape = Shape::new(dims).ok_or_else(|| ImportError::Model { name: self.name(id), error })?;
        Ok(Linear {
            weights: self.builder.constant(shape, &Tensor::I8(quantized)),
            bias: self.vector(&Tensor::I32(bias))?,
            multipliers: self.vector(&Tensor::I16(multipliers))?,
            output: self.requantize(id, dtype, scale, shift),
            scale,
        })
    }
}
