//! A model ready to run many times.

use super::pack::Packed;
use super::product::multiply_packed;
use super::simd::Level;
use super::workers::Workers;
use crate::ops::Operation;
use crate::run::{Backend, NoWeights, Product, Right, RunError, execute, multiply};
use crate::{Bundle, DType, Definition, Model, Tensor};
use std::collections::HashMap;

/// Failure of a run.
pub type EngineError = RunError<NoWeights>;

/// A model with its weights in the layout that products are computed from. Runs give the same bytes as
/// [`execute`], on every processor.
#[derive(Debug)]
pub struct Engine {
    model: Model,
    weights: crate::run::Blobs,
    packed: HashMap<(usize, usize), Packed>,
    level: Level,
    workers: Workers,
}

impl Engine {
    /// Packs the weights for this processor, to run with `threads` threads.
    pub fn new(bundle: &Bundle, threads: usize) -> Self {
        let mut engine = Self {
            model: bundle.model.clone(),
            weights: bundle.weights(),
            packed: HashMap::new(),
            level: Level::detect(),
            workers: Workers::new(threads),
        };
        for definition in bundle.model.definitions() {
            if let Definition::Node(operation) = definition {
                engine.pack(operation);
            }
        }
        engine
    }

    /// Packs what the operation multiplies by, a part for each group.
    fn pack(&mut self, operation: &Operation) {
        let (x, value, groups) = match operation {
            Operation::Gemm(gemm) => (gemm.x, usize::from(gemm.weights), 1),
            Operation::Conv2d(conv) => (conv.x, usize::from(conv.weights), conv.groups as usize),
            _ => return,
        };
        let level = self.level_for(self.model.types()[usize::from(x)].dtype);
        let (kind, Some(bytes)) = (&self.model.types()[value], self.weights.0.get(&value)) else { return };
        let tensor = Tensor::from_bytes(kind.dtype, bytes);
        let (rows, depth) = (kind.shape.dim(0), tensor.len() / kind.shape.dim(0));
        let group = rows / groups;
        for first in (0..rows).step_by(group) {
            if let Some(packed) = Packed::new(level, &tensor, first * depth, group, depth) {
                self.packed.insert((value, first), packed);
            }
        }
    }

    fn level_for(&self, left: DType) -> Level {
        if left == DType::I8 { self.level } else { self.level.wide() }
    }

    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Output for `input`: the data of all outputs in order.
    ///
    /// # Errors
    ///
    /// If the input is none for this model, or weights are missing.
    pub fn run(&self, input: &[u8]) -> Result<Vec<u8>, EngineError> {
        execute(&self.model, input, &mut &*self)
    }
}

impl Backend for &Engine {
    type Error = NoWeights;

    fn read(&mut self, constant: usize, offset: usize, out: &mut [u8]) -> Result<(), NoWeights> {
        self.weights.copy(constant, offset, out)
    }

    fn multiply(&mut self, product: &Product<'_>, y: &mut Tensor) -> Result<(), NoWeights> {
        let own;
        let packed = match product.right {
            Right::Weights { constant, first_row, .. } => self.packed.get(&(constant, first_row)),
            Right::Activations(right) => {
                own = Packed::new(
                    self.level_for(product.left.tensor.dtype()),
                    right.tensor,
                    right.start,
                    product.columns,
                    product.depth,
                );
                own.as_ref()
            }
        };
        match packed.filter(|packed| packed.takes(product.left.tensor.dtype())) {
            Some(packed) => {
                multiply_packed(&self.workers, packed, product, y);
                Ok(())
            }
            None => multiply(self, product, y),
        }
    }
}
