//! Layer normalisation, softmax and tables.

use super::{Lowered, Lowering};
use crate::import::ImportError;
use crate::import::graph::{FloatId, Function};
use crate::ops::{LayerNorm, Lookup, Softmax};
use crate::{DType, Requantize, Tensor};

/// Distances beyond this many natural units add nothing to a sum of 16-bit exponentials.
const FARTHEST: f64 = 14.0;

impl Lowering<'_> {
    pub(super) fn layer_norm(
        &mut self,
        id: FloatId,
        x: FloatId,
        gamma: &[f32],
        beta: &[f32],
        epsilon: f32,
    ) -> Result<Lowered, ImportError> {
        let (x, dtype) = (self.get(x)?, self.wanted(id));
        let scale = self.scale(id, dtype);
        let n = gamma.len() as f64;
        let epsilon = (f64::from(epsilon) * n * n / (x.scale * x.scale)).round().clamp(1.0, 1e18) as u64;
        let root_bits = gamma.len().next_power_of_two().trailing_zeros().div_ceil(2) as u8;
        let largest =
            |values: &[f32]| f64::from(values.iter().fold(0.0, |largest: f32, v| largest.max(v.abs()))) / scale;
        let gamma_shift = bits_left(largest(gamma), 15);
        let beta_bits = bits_left(largest(beta), 31);
        // The sum is at `precision + gamma_shift` bits below a step; beta reaches there by its own bits and a shift.
        let precision = (46 - i32::from(root_bits)).min(40).min(beta_bits + 30 - gamma_shift).min(61 - gamma_shift);
        let shift = precision + gamma_shift;
        if precision < 8 || shift < 0 {
            return Err(self.no_factor(id, scale));
        }
        let beta_shift = (shift - beta_bits).max(0);
        let steps = |values: &[f32], bits: i32, limit: f64| {
            let steps =
                values.iter().map(|v| (f64::from(*v) / scale * 2f64.powi(bits)).round().clamp(-limit, limit) as i64);
            steps.collect::<Vec<_>>()
        };
        let gamma = steps(gamma, gamma_shift, 32_767.0);
        let beta = steps(beta, shift - beta_shift, 2_147_483_647.0);
        let gamma = self.vector(&Tensor::from_values(DType::I16, gamma.into_iter()))?;
        let beta = self.vector(&Tensor::from_values(DType::I32, beta.into_iter()))?;
        let output = Requantize::full(dtype, shift as u8);
        let (precision, beta_shift) = (precision as u8, beta_shift as u8);
        let value = self.node(id, LayerNorm { x: x.value, gamma, beta, epsilon, precision, beta_shift, output })?;
        Ok(Lowered { value, scale, dtype })
    }

    pub(super) fn softmax(&mut self, id: FloatId, x: FloatId) -> Result<Lowered, ImportError> {
        let x = self.get(x)?;
        let exponential = |distance: f64| ((-distance * x.scale).exp() * 65_535.0).round() as u16;
        let count = ((FARTHEST / x.scale / 256.0).ceil() as usize).clamp(1, 255);
        let coarse = (0..count).map(|index| exponential(256.0 * index as f64)).collect();
        let fine = Box::new(core::array::from_fn(|index| exponential(index as f64)));
        let (one, dtype) = (i16::MAX, DType::I16);
        let value = self.node(id, Softmax { x: x.value, coarse, fine, one, dtype })?;
        Ok(Lowered { value, scale: 1.0 / f64::from(one), dtype })
    }

    pub(super) fn apply(&mut self, id: FloatId, x: FloatId, function: Function) -> Result<Lowered, ImportError> {
        let (x, dtype) = (self.narrow(x)?, self.wanted(id));
        let scale = self.scale(id, dtype);
        let limit = dtype.max() as f64;
        let entry = |index: usize| {
            let y = function.apply((index as f64 - 128.0) * x.scale);
            (y / scale).round().clamp(-limit, limit) as i16
        };
        let value = self.node(id, Lookup { x: x.value, table: Box::new(core::array::from_fn(entry)), dtype })?;
        Ok(Lowered { value, scale, dtype })
    }
}

/// Bits that a number of this size leaves of `bits`.
fn bits_left(largest: f64, bits: i32) -> i32 {
    if largest > 0.0 { bits - 1 - largest.log2().floor() as i32 } else { bits }
}
