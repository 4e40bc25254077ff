//! The quantiser: from a float network and what it met in calibration to an integer model.
//!
//! Activations are int8, and int16 where sums, normalisations and softmax need it. The scale of a result with one multiplier
//! follows from the multiplier, so that it adds no error.

mod linear;
mod normal;

use super::graph::{FloatId, FloatOp, Graph};
use super::numbers::{factor_of, finest_shift_for, multiplier_for, shift_for};
use super::{Array, Calibration, ImportError, evaluate::whole};
use crate::ops::{
    Add, ArgMax, AveragePool, Gather, MatMul, MaxPool, Mul, Operation, Rescale, Reshape, Transpose, ValueId,
};
use crate::{Bundle, DType, ModelBuilder, ModelError, Output, Requantize, Scale, Shape, Tensor};
use std::collections::HashMap;

/// A value of the model that stands for one of the network: its numbers are `scale` each step.
#[derive(Clone, Copy, Debug)]
struct Lowered {
    value: ValueId,
    scale: f64,
    dtype: DType,
}

struct Lowering<'a> {
    graph: &'a Graph,
    calibration: &'a Calibration,
    uses: Vec<Vec<FloatId>>,
    /// Values whose users make use of more than 8 bits.
    wide: Vec<bool>,
    builder: ModelBuilder,
    values: HashMap<FloatId, Lowered>,
    /// The same as int8.
    narrowed: HashMap<FloatId, Lowered>,
}

/// Quantises `graph` after what it met in `calibration`. Outputs are int16.
///
/// # Errors
///
/// If the model would break a limit, or a scale cannot be expressed; the error names the node.
pub fn quantize(graph: &Graph, calibration: &Calibration) -> Result<Bundle, ImportError> {
    let (builder, uses) = (ModelBuilder::default(), graph.uses());
    let wide = wide_values(graph, &uses);
    let mut lowering =
        Lowering { graph, calibration, uses, wide, builder, values: HashMap::new(), narrowed: HashMap::new() };
    for id in 0..graph.values.len() {
        let used = !lowering.uses[id].is_empty();
        if used && !matches!(graph.values[id].op, FloatOp::Constant(_)) && !lowering.is_fused(id) {
            let lowered = lowering.lower(id)?;
            lowering.values.insert(id, lowered);
        }
    }
    let outputs = graph.outputs.iter().map(|output| {
        let lowered = lowering.get(*output)?;
        let factor = lowered.scale;
        let scale = Scale::new(factor as f32).ok_or_else(|| lowering.no_factor(*output, factor))?;
        Ok(Output { value: lowered.value, scale })
    });
    let outputs = outputs.collect::<Result<Vec<_>, ImportError>>()?;
    lowering.builder.finish(outputs).map_err(|error| ImportError::Model { name: "the model".to_owned(), error })
}

impl Lowering<'_> {
    fn name(&self, id: FloatId) -> String {
        self.graph.values[id].name.clone()
    }

    fn no_factor(&self, id: FloatId, factor: f64) -> ImportError {
        ImportError::Factor { name: self.name(id), factor }
    }

    fn node(&mut self, id: FloatId, operation: impl Into<Operation>) -> Result<ValueId, ImportError> {
        self.builder.node(operation).map_err(|error| ImportError::Model { name: self.name(id), error })
    }

    fn shape(&self, id: FloatId) -> Result<Shape, ImportError> {
        let dims: Vec<u32> = self.calibration.shapes[id].iter().map(|dim| *dim as u32).collect();
        // A number without dimensions has one element.
        let dims = if dims.is_empty() { vec![1] } else { dims };
        let error = ModelError::Field("shape");
        Shape::new(dims).ok_or_else(|| ImportError::Model { name: self.name(id), error })
    }

    fn vector(&mut self, tensor: &Tensor) -> Result<ValueId, ImportError> {
        let error = ModelError::Field("shape");
        let shape =
            Shape::new([tensor.len() as u32]).ok_or(ImportError::Model { name: "weights".to_owned(), error })?;
        Ok(self.builder.constant(shape, tensor))
    }

    /// Scale with which `dtype` holds what this value was in calibration.
    fn scale(&self, id: FloatId, dtype: DType) -> f64 {
        scale_of(self.calibration.range(id, dtype), dtype)
    }

    /// The type a value should have.
    fn wanted(&self, id: FloatId) -> DType {
        if self.wide[id] { DType::I16 } else { DType::I8 }
    }

    /// A `Clip` that the node before it does with its saturation.
    fn clip_after(&self, id: FloatId) -> Option<(FloatId, f32, f32)> {
        match self.uses[id][..] {
            [user] => match self.graph.values.get(user)?.op {
                FloatOp::Clip { low, high, .. } => Some((user, low, high)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this value is made by the node before it.
    fn is_fused(&self, id: FloatId) -> bool {
        self.values.contains_key(&id)
    }

    /// The result of node `id`, or of the clip after it: which it is, its type and its scale.
    fn result(&self, id: FloatId) -> (FloatId, DType, f64) {
        let made = self.clip_after(id).map_or(id, |(clip, ..)| clip);
        let dtype = self.wanted(made);
        (made, dtype, self.scale(made, dtype))
    }

    /// How node `id` ends, with the clip after it, at this scale.
    fn requantize(&self, id: FloatId, dtype: DType, scale: f64, shift: u8) -> Requantize {
        let (low, high) = self.clip_after(id).map_or((-f32::MAX, f32::MAX), |(_, low, high)| (low, high));
        clipped(dtype, scale, shift, low, high)
    }

    /// Notes what was made, under the clip's name too when that was fused.
    fn made(&mut self, id: FloatId, value: ValueId, scale: f64) -> Lowered {
        let lowered = Lowered { value, scale, dtype: self.builder.type_of(value).dtype };
        if let Some((clip, ..)) = self.clip_after(id) {
            self.values.insert(clip, lowered);
        }
        lowered
    }

    /// A value as the model has it; constants become constants of int16.
    fn get(&mut self, id: FloatId) -> Result<Lowered, ImportError> {
        if let Some(lowered) = self.values.get(&id) {
            return Ok(*lowered);
        }
        let FloatOp::Constant(array) = &self.graph.values[id].op else { return self.lower(id) };
        let lowered = self.constant(id, array, DType::I16)?;
        self.values.insert(id, lowered);
        Ok(lowered)
    }

    fn constant(&mut self, id: FloatId, array: &Array, dtype: DType) -> Result<Lowered, ImportError> {
        let (shape, scale) = (self.shape(id)?, scale_of(array.magnitude(), dtype));
        let steps = array.data.iter().map(|x| (f64::from(*x) / scale).round() as i64);
        let value = self.builder.constant(shape, &Tensor::from_values(dtype, steps));
        Ok(Lowered { value, scale, dtype })
    }

    /// A value as int8.
    fn narrow(&mut self, id: FloatId) -> Result<Lowered, ImportError> {
        let wide = self.get(id)?;
        if wide.dtype == DType::I8 {
            return Ok(wide);
        }
        if let Some(narrow) = self.narrowed.get(&id) {
            return Ok(*narrow);
        }
        let narrow = match &self.graph.values[id].op {
            FloatOp::Constant(array) => self.constant(id, array, DType::I8)?,
            _ => {
                let scale = self.scale(id, DType::I8);
                self.rescale(id, wide, wide.scale / scale, DType::I8, (-f32::MAX, f32::MAX))?
            }
        };
        self.narrowed.insert(id, narrow);
        Ok(narrow)
    }

    fn rescale(
        &mut self,
        id: FloatId,
        x: Lowered,
        factor: f64,
        dtype: DType,
        (low, high): (f32, f32),
    ) -> Result<Lowered, ImportError> {
        let shift = shift_for(factor).ok_or_else(|| self.no_factor(id, factor))?;
        let multiplier = multiplier_for(factor, shift);
        let scale = x.scale / factor_of(multiplier, shift);
        let output = clipped(dtype, scale, shift, low, high);
        let value = self.node(id, Rescale { x: x.value, multiplier, output })?;
        Ok(Lowered { value, scale, dtype })
    }

    fn lower(&mut self, id: FloatId) -> Result<Lowered, ImportError> {
        let graph = self.graph;
        match &graph.values[id].op {
            FloatOp::Input { indices: true, .. } => {
                let value = self.builder.input(DType::I32, self.shape(id)?, Scale::ONE);
                Ok(Lowered { value, scale: 1.0, dtype: DType::I32 })
            }
            FloatOp::Input { indices: false, .. } => {
                let scale = Scale::new(self.scale(id, DType::I8) as f32).ok_or_else(|| self.no_factor(id, 0.0))?;
                let value = self.builder.input(DType::I8, self.shape(id)?, scale);
                Ok(Lowered { value, scale: scale.get().into(), dtype: DType::I8 })
            }
            FloatOp::Constant(_) => self.get(id),
            FloatOp::Gemm { x, weights, bias } => self.gemm(id, *x, weights, bias),
            FloatOp::Conv { x, weights, bias, window, groups } => self.conv(id, *x, weights, bias, window, *groups),
            FloatOp::Scale { x, factor } => self.scaled(id, *x, (*factor).into()),
            FloatOp::MatMul { a, b } => self.matmul(id, *a, *b),
            FloatOp::Add { a, b } => self.add(id, *a, *b),
            FloatOp::Mul { a, b } => self.mul(id, *a, *b),
            FloatOp::Clip { x, low, high } => {
                let (x, dtype) = (self.get(*x)?, self.wanted(id));
                self.rescale(id, x, x.scale / self.scale(id, dtype), dtype, (*low, *high))
            }
            FloatOp::Apply { x, function } => self.apply(id, *x, *function),
            FloatOp::MaxPool { x, window } => {
                let x = self.get(*x)?;
                let value = self.node(id, MaxPool { x: x.value, window: window.clone() })?;
                Ok(Lowered { value, ..x })
            }
            FloatOp::AveragePool { x, window } => {
                let window = whole(window, &self.calibration.shapes[*x]).unwrap_or_else(|| window.clone());
                let (x, (_, dtype, scale)) = (self.get(*x)?, self.result(id));
                let unit = x.scale / window.area() as f64;
                let shift = shift_for(unit / scale).ok_or_else(|| self.no_factor(id, unit / scale))?;
                let multiplier = multiplier_for(unit / scale, shift);
                let scale = unit / factor_of(multiplier, shift);
                let output = self.requantize(id, dtype, scale, shift);
                let value = self.node(id, AveragePool { x: x.value, window, multiplier, output })?;
                Ok(self.made(id, value, scale))
            }
            FloatOp::Reshape { x, .. } | FloatOp::Flatten { x, .. } => {
                let (x, shape) = (self.get(*x)?, self.shape(id)?);
                let value = self.node(id, Reshape { x: x.value, shape })?;
                Ok(Lowered { value, ..x })
            }
            FloatOp::Transpose { x, permutation } => {
                let (x, permutation) = (self.get(*x)?, permutation.iter().map(|axis| *axis as u8).collect());
                let value = self.node(id, Transpose { x: x.value, permutation })?;
                Ok(Lowered { value, ..x })
            }
            FloatOp::Gather { data, indices } => {
                let (table, indices) = (self.get(*data)?, self.get(*indices)?);
                let value = self.node(id, Gather { data: table.value, indices: indices.value })?;
                Ok(Lowered { value, ..table })
            }
            FloatOp::LayerNorm { x, gamma, beta, epsilon } => self.layer_norm(id, *x, gamma, beta, *epsilon),
            FloatOp::Softmax { x } => self.softmax(id, *x),
            FloatOp::ArgMax { x } => {
                let x = self.get(*x)?;
                let value = self.node(id, ArgMax { x: x.value })?;
                Ok(Lowered { value, scale: 1.0, dtype: DType::I32 })
            }
        }
    }

    /// Another scale for the same steps; a negative factor turns them.
    fn scaled(&mut self, id: FloatId, x: FloatId, factor: f64) -> Result<Lowered, ImportError> {
        let x = self.get(x)?;
        if factor > 0.0 && self.uses[id].iter().all(|user| *user < self.graph.values.len()) {
            return Ok(Lowered { scale: x.scale * factor, ..x });
        }
        let multiplier = if factor < 0.0 { -1 } else { i16::from(factor > 0.0) };
        let value = self.node(id, Rescale { x: x.value, multiplier, output: Requantize::full(x.dtype, 0) })?;
        Ok(Lowered { value, scale: x.scale * if factor == 0.0 { 1.0 } else { factor.abs() }, dtype: x.dtype })
    }

    fn matmul(&mut self, id: FloatId, a: FloatId, b: FloatId) -> Result<Lowered, ImportError> {
        // Probabilities keep their bits: int8 has only a step or two for one of many.
        let left = if let FloatOp::Softmax { .. } = self.graph.values[a].op { self.get(a)? } else { self.narrow(a)? };
        let right = self.narrow(b)?;
        let (_, dtype, scale) = self.result(id);
        let unit = left.scale * right.scale;
        let shift = shift_for(unit / scale).ok_or_else(|| self.no_factor(id, unit / scale))?;
        let multiplier = multiplier_for(unit / scale, shift);
        let scale = unit / factor_of(multiplier, shift);
        let output = self.requantize(id, dtype, scale, shift);
        let (a, b) = (left.value, right.value);
        let value = self.node(id, MatMul { a, b, transposed: false, multiplier, output })?;
        Ok(self.made(id, value, scale))
    }

    fn add(&mut self, id: FloatId, a: FloatId, b: FloatId) -> Result<Lowered, ImportError> {
        let (a, b) = (self.get(a)?, self.get(b)?);
        let (_, dtype, scale) = self.result(id);
        let factors = [a.scale / scale, b.scale / scale];
        let largest = factors[0].max(factors[1]);
        let shift = finest_shift_for(largest).ok_or_else(|| self.no_factor(id, largest))?;
        let multipliers = factors.map(|factor| (factor * 2f64.powi(shift.into())).round() as i16);
        let output = self.requantize(id, dtype, scale, shift);
        let value = self.node(id, Add { a: a.value, b: b.value, multipliers, output })?;
        Ok(self.made(id, value, scale))
    }

    fn mul(&mut self, id: FloatId, a: FloatId, b: FloatId) -> Result<Lowered, ImportError> {
        let (a, b) = (self.get(a)?, self.get(b)?);
        let (_, dtype, scale) = self.result(id);
        let unit = a.scale * b.scale;
        let shift = shift_for(unit / scale).ok_or_else(|| self.no_factor(id, unit / scale))?;
        let multiplier = multiplier_for(unit / scale, shift);
        let scale = unit / factor_of(multiplier, shift);
        let output = self.requantize(id, dtype, scale, shift);
        let value = self.node(id, Mul { a: a.value, b: b.value, multiplier, output })?;
        Ok(self.made(id, value, scale))
    }
}

/// Which values have 16 bits: outputs, and what is summed, normalised or compared. From the last to the first, because
/// another view of a value is as wide as its users want it.
fn wide_values(graph: &Graph, uses: &[Vec<FloatId>]) -> Vec<bool> {
    let mut wide = vec![false; graph.values.len()];
    for id in (0..wide.len()).rev() {
        wide[id] = uses[id].iter().any(|user| match graph.values.get(*user).map(|value| &value.op) {
            None | Some(FloatOp::Add { .. } | FloatOp::LayerNorm { .. } | FloatOp::Softmax { .. }) => true,
            Some(
                FloatOp::Scale { .. }
                | FloatOp::Reshape { .. }
                | FloatOp::Flatten { .. }
                | FloatOp::Transpose { .. }
                | FloatOp::MaxPool { .. },
            ) => wide[*user],
            Some(_) => false,
        });
    }
    wide
}

fn scale_of(magnitude: f32, dtype: DType) -> f64 {
    // A value that was always zero has any scale.
    let magnitude = if magnitude > 0.0 { f64::from(magnitude) } else { 1.0 };
    magnitude / dtype.max() as f64
}

fn clipped(dtype: DType, scale: f64, shift: u8, low: f32, high: f32) -> Requantize {
    // The most negative number is left out: steps are as many above zero as below.
    let step = |bound: f32| (f64::from(bound) / scale).round().clamp(-dtype.max() as f64, dtype.max() as f64) as i32;
    Requantize { dtype, shift, low: step(low), high: step(high) }
}
