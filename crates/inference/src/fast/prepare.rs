//! Everything about a model that does not depend on its input.

use super::segments::{Segment, segments};
use super::simd::Level;
use super::steps::{
    ArgMax, Broadcast, Combine, Conv, Fold, Gather, Gemm, LayerNorm, Lookup, MatMul, Pool, Softmax, Step, Transpose,
};
use crate::ops::{Operation, ValueId};
use crate::run::{Blobs, NoWeights};
use crate::{Bundle, DType, Definition, Model, Requantize, Tensor, TensorType};
use std::sync::Arc;

/// A model with its weights in the layout that products are computed from.
#[derive(Debug)]
pub(super) struct Prepared {
    pub model: Model,
    pub nodes: Vec<Node>,
    pub segments: Vec<Segment>,
    /// Constants that are taken as they are, by their position among the values.
    pub constants: Vec<Option<Arc<Tensor>>>,
    /// The values that outputs have the elements of.
    pub outputs: Vec<usize>,
}

/// A node that computes something.
#[derive(Debug)]
pub(super) struct Node {
    pub value: usize,
    pub dtype: DType,
    pub len: usize,
    pub operands: Vec<usize>,
    pub step: Box<dyn Step>,
}

impl Node {
    /// Parts that the result can be cut into.
    pub fn units(&self) -> usize {
        self.len.div_ceil(self.step.granule())
    }

    /// Whether they are all of the same size.
    pub fn is_even(&self) -> bool {
        self.len.is_multiple_of(self.step.granule())
    }

    /// Where one of `units` parts begins, which divide those that there are.
    pub fn start(&self, unit: usize, units: usize) -> usize {
        (self.units() / units * unit * self.step.granule()).min(self.len)
    }
}

/// The weights of a model while it is prepared.
struct Weights<'a> {
    level: Level,
    model: &'a Model,
    blobs: Blobs,
}

impl Prepared {
    pub fn new(bundle: &Bundle, level: Level) -> Result<Self, NoWeights> {
        let (model, weights) = (&bundle.model, Weights { level, model: &bundle.model, blobs: bundle.weights() });
        let (types, mut nodes) = (model.types(), Vec::new());
        let mut constants = vec![None; types.len()];
        // Of each value, the one that it is under another shape.
        let mut same: Vec<usize> = (0..types.len()).collect();
        for (value, definition) in model.definitions().iter().enumerate() {
            let Definition::Node(operation) = definition else { continue };
            let (operands, step) = weights.step(operation, &types[value])?;
            let operands: Vec<usize> = operands.into_iter().map(|operand| same[operand]).collect();
            for operand in operands.iter().copied().filter(|operand| model.constant(*operand).is_some()) {
                if constants[operand].is_none() {
                    constants[operand] = Some(Arc::new(weights.tensor(operand)?));
                }
            }
            let TensorType { dtype, shape } = &types[value];
            match step {
                Some(step) => nodes.push(Node { value, dtype: *dtype, len: shape.elements(), operands, step }),
                None => same[value] = operands[0],
            }
        }
        let outputs: Vec<usize> = model.outputs().iter().map(|output| same[usize::from(output.value)]).collect();
        let segments = segments(&nodes, types.len(), &outputs, 2 * model.plan().peak_bytes);
        Ok(Self { model: model.clone(), nodes, segments, constants, outputs })
    }
}

impl Weights<'_> {
    fn type_of(&self, value: ValueId) -> &TensorType {
        &self.model.types()[usize::from(value)]
    }

    fn tensor(&self, constant: usize) -> Result<Tensor, NoWeights> {
        let kind = &self.model.types()[constant];
        let blob = self.blobs.0.get(&constant).and_then(|blob| blob.get(..kind.bytes())).ok_or(NoWeights(constant))?;
        Ok(Tensor::from_bytes(kind.dtype, blob))
    }

    fn i32s(&self, value: ValueId) -> Result<Vec<i32>, NoWeights> {
        match self.tensor(value.into())? {
            Tensor::I32(elements) => Ok(elements),
            _ => unreachable!("checked: {}", DType::I32),
        }
    }

    fn i16s(&self, value: ValueId) -> Result<Vec<i16>, NoWeights> {
        match self.tensor(value.into())? {
            Tensor::I16(elements) => Ok(elements),
            _ => unreachable!("checked: {}", DType::I16),
        }
    }

    fn broadcast(&self, combine: Combine, output: Requantize, [a, b]: [ValueId; 2], result: &TensorType) -> Broadcast {
        let (a, b) = (self.type_of(a), self.type_of(b));
        Broadcast::new(self.level, combine, output, [a.dtype, b.dtype], [&a.shape, &b.shape], &result.shape)
    }

    /// What computes an operation, and the values it takes.
    #[allow(clippy::type_complexity)]
    fn step(
        &self,
        operation: &Operation,
        result: &TensorType,
    ) -> Result<(Vec<usize>, Option<Box<dyn Step>>), NoWeights> {
        let (level, shape) = (self.level, &result.shape);
        let (last, elements) = (shape.last(), shape.elements());
        let (operands, step): (Vec<ValueId>, Option<Box<dyn Step>>) = match operation {
            Operation::Gemm(op) => {
                let (weights, bias) = (self.tensor(op.weights.into())?, self.i32s(op.bias)?);
                let (multipliers, left) = (self.i16s(op.multipliers)?, self.type_of(op.x).dtype);
                let step = Gemm::new(level, (left, elements / last), &weights, &bias, &multipliers, op.output);
                (vec![op.x], Some(Box::new(step)))
            }
            Operation::MatMul(op) => {
                let rows = shape.dim(shape.rank() - 2);
                let (sizes, depth) = ([elements / rows / last, rows, last], self.type_of(op.a).shape.last());
                let step = MatMul::new(level, sizes, depth, op.transposed, op.multiplier, op.output);
                (vec![op.a, op.b], Some(Box::new(step)))
            }
            Operation::Conv2d(op) => {
                let (weights, bias) = (self.tensor(op.weights.into())?, self.i32s(op.bias)?);
                let multipliers = self.i16s(op.multipliers)?;
                let (types, window) = ((self.type_of(op.x), result), (&op.window, op.groups as usize));
                let step = Conv::new(level, types, window, &weights, (&bias, &multipliers), op.output);
                (vec![op.x], Some(Box::new(step)))
            }
            Operation::Add(op) => {
                let step = self.broadcast(Combine::Add(op.multipliers), op.output, [op.a, op.b], result);
                (vec![op.a, op.b], Some(Box::new(step)))
            }
            Operation::Mul(op) => {
                let step = self.broadcast(Combine::Mul(op.multiplier), op.output, [op.a, op.b], result);
                (vec![op.a, op.b], Some(Box::new(step)))
            }
            Operation::Rescale(op) => {
                let step = self.broadcast(Combine::Scale(op.multiplier), op.output, [op.x, op.x], result);
                (vec![op.x], Some(Box::new(step)))
            }
            Operation::MaxPool(op) => {
                (vec![op.x], Some(Box::new(Pool::new(Fold::Largest, &op.window, self.type_of(op.x), result))))
            }
            Operation::AveragePool(op) => {
                let fold = Fold::Mean(op.multiplier, op.output);
                (vec![op.x], Some(Box::new(Pool::new(fold, &op.window, self.type_of(op.x), result))))
            }
            Operation::Reshape(op) => (vec![op.x], None),
            Operation::Transpose(op) => {
                (vec![op.x], Some(Box::new(Transpose::new(&op.permutation, self.type_of(op.x)))))
            }
            Operation::Gather(op) => {
                let row = elements / self.type_of(op.indices).shape.elements();
                let step = Gather { row, table: self.type_of(op.data).shape.dim(0) };
                (vec![op.data, op.indices], Some(Box::new(step)))
            }
            Operation::LayerNorm(op) => {
                let beta = self.i32s(op.beta)?.into_iter().map(|beta| i64::from(beta) << op.beta_shift).collect();
                let (rows, gamma, epsilon, precision) =
                    (elements / last, self.i16s(op.gamma)?, op.epsilon, op.precision);
                let step = LayerNorm { level, rows, gamma, beta, epsilon, precision, output: op.output };
                (vec![op.x], Some(Box::new(step)))
            }
            Operation::Softmax(op) => {
                let (coarse, fine, one) = (op.coarse.clone(), op.fine.clone(), op.one);
                let step = Softmax { level, rows: elements / last, columns: last, coarse, fine, one };
                (vec![op.x], Some(Box::new(step)))
            }
            Operation::Lookup(op) => (vec![op.x], Some(Box::new(Lookup { level, elements, table: op.table.clone() }))),
            Operation::ArgMax(op) => {
                let step = ArgMax { row: self.type_of(op.x).shape.last(), rows: elements };
                (vec![op.x], Some(Box::new(step)))
            }
        };
        Ok((operands.into_iter().map(usize::from).collect(), step))
    }
}
