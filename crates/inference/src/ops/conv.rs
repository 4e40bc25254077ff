//! Two-dimensional convolution.

use super::gemm::{check_accumulator, weight_buffers};
use super::values::{NARROW, result_shape, shape_problem};
use super::{Cost, Define, ValueId, Values, Window};
use crate::codec::fields;
use crate::run::{Backend, Matrix, Product, Run, RunError};
use crate::tensor::{Element, each_dtype};
use crate::{DType, Problem, Requantize, Shape, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y[b, o, i, j] = requantize((sum_{c, u, v} x[b, c', i', j'] * weights[o, c, u, v] + bias[o]) * multipliers[o])` with
    /// `c' = (o / (O / groups)) * C + c`, `i' = i * stride + u * dilation - padding`, and zeros outside of `x`.
    Conv2d {
        /// `[batch, groups * C, height, width]`
        x: ValueId,
        /// Constant, `[O, C, kernel height, kernel width]`
        weights: ValueId,
        /// Constant, int32, `[O]`
        bias: ValueId,
        /// Constant, int16, `[O]`
        multipliers: ValueId,
        /// Its kernel is that of the weights.
        window: Window,
        groups: u32,
        output: Requantize,
    }
}

impl Define for Conv2d {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x, self.weights, self.bias, self.multipliers]
    }

    fn streamed(&self) -> Option<ValueId> {
        Some(self.weights)
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let (x, weights) = (values.get(self.x, NARROW)?, values.constant(self.weights, NARROW)?);
        let [height, width] = self.window.results(self.x, x)?;
        let (channels, groups) = (x.shape.dim(1), self.groups as usize);
        if groups == 0 || !channels.is_multiple_of(groups) {
            return Err(Problem::Parameter("groups: they do not divide the channels"));
        }
        let outputs = weights.shape.dim(0);
        let expected = [outputs, channels / groups, self.window.kernel[0] as usize, self.window.kernel[1] as usize];
        if !weights.shape.dims().iter().map(|dim| *dim as usize).eq(expected) || !outputs.is_multiple_of(groups) {
            return Err(shape_problem(self.weights, weights, "not [outputs, channels / groups, kernel]"));
        }
        values.vector(self.bias, DType::I32, outputs, "not [outputs]")?;
        values.vector(self.multipliers, DType::I16, outputs, "not [outputs]")?;
        check_accumulator(weights.shape.elements() / outputs, x.dtype, weights.dtype)?;
        self.output.check()?;
        let shape = result_shape(vec![x.shape.dims()[0], outputs as u32, height, width])?;
        Ok(TensorType { dtype: self.output.dtype, shape })
    }

    fn cost(&self, values: &Values<'_>, result: &TensorType) -> Cost {
        let [x, weights] = [self.x, self.weights].map(|value| &values.types[usize::from(value)]);
        let depth = (weights.shape.elements() / weights.shape.dim(0)) as u64;
        let patches = (result.shape.dim(2) * result.shape.dim(3) * x.dtype.bytes()) as u64 * depth;
        Cost { macs: result.shape.elements() as u64 * depth, scratch: patches + weight_buffers(weights) }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let (bias, multipliers) = (run.i32s(self.bias)?, run.i16s(self.multipliers)?);
        let (shape, groups) = (run.type_of(self.x).shape.clone(), self.groups as usize);
        let (outputs, positions) = (bias.len() / groups, result.shape.dim(2) * result.shape.dim(3));
        let channels = shape.dim(1) / groups;
        let depth = channels * (self.window.kernel[0] * self.window.kernel[1]) as usize;
        let mut y = Tensor::zeros(result.dtype, result.shape.elements());
        for batch in 0..shape.dim(0) {
            for group in 0..groups {
                let first = (batch * groups + group) * channels;
                let patches = each_dtype!(&*x, elements => patches(&self.window, elements, &shape, first..first + channels, result).into());
                let own = group * outputs..(group + 1) * outputs;
                let product = Product {
                    left: Matrix { tensor: &patches, start: 0 },
                    right: run.weights(self.weights, own.start),
                    rows: positions,
                    columns: outputs,
                    depth,
                    bias: &bias[own.clone()],
                    multipliers: &multipliers[own.clone()],
                    output: self.output,
                    start: (batch * groups * outputs + own.start) * positions,
                    row_stride: 1,
                    column_stride: positions,
                };
                run.multiply(&product, &mut y)?;
            }
        }
        Ok(y)
    }
}

/// What each position of the result sees, a row each: for every channel, the kernel's elements.
fn patches<E: Element>(
    window: &Window,
    x: &[E],
    shape: &Shape,
    channels: core::ops::Range<usize>,
    result: &TensorType,
) -> Vec<E> {
    let (height, width) = (shape.dim(2), shape.dim(3));
    let [kernel_height, kernel_width] = window.kernel.map(|size| size as usize);
    let mut out =
        Vec::with_capacity(result.shape.dim(2) * result.shape.dim(3) * channels.len() * kernel_height * kernel_width);
    for i in 0..result.shape.dim(2) {
        for j in 0..result.shape.dim(3) {
            for channel in channels.clone() {
                for u in 0..kernel_height {
                    match window.source(0, i, u, height) {
                        Some(row) => push_row(window, &x[(channel * height + row) * width..][..width], j, &mut out),
                        None => out.resize(out.len() + kernel_width, E::default()),
                    }
                }
            }
        }
    }
    out
}

/// What position `j` sees of a row of the image.
fn push_row<E: Element>(window: &Window, row: &[E], j: usize, out: &mut Vec<E>) {
    let kernel = window.kernel[1] as usize;
    if window.dilation[1] > 1 {
        let element = |v: usize| window.source(1, j, v, row.len()).map_or(E::default(), |column| row[column]);
        out.extend((0..kernel).map(element));
        return;
    }
    let (start, padding) = (j * window.stride[1] as usize, window.padding[1] as usize);
    // Paddings are smaller than the kernel, so that every window sees a part of the row.
    let (from, to) = (start.saturating_sub(padding), (start + kernel - padding).min(row.len()));
    let whole = out.len() + kernel;
    out.resize(out.len() + padding.saturating_sub(start), E::default());
    out.extend_from_slice(&row[from..to]);
    out.resize(whole, E::default());
}
