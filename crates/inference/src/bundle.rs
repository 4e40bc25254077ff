//! A model together with its weights.

use crate::blob;
use crate::codec::Field as _;
use crate::model::{Constant, Definition, Input, Model, Output};
use crate::ops::{Operation, ValueId, Values};
use crate::run::Blobs;
use crate::{DType, ModelError, Scale, Shape, Tensor, TensorType};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::B256;

/// A model and the blobs that its constants name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    pub model: Model,
    pub blobs: BTreeMap<B256, Vec<u8>>,
}

impl Bundle {
    /// A model and the blobs of its weights by their commitments, which are those of the blobs.
    pub fn new(model: Model, blobs: BTreeMap<B256, Vec<u8>>) -> Result<Self, BundleError> {
        for (value, &Constant { commitment, .. }) in model.constants() {
            let found = blobs.get(&commitment).ok_or(BundleError::Missing { value, commitment })?.len();
            let expected = model.types()[value].bytes();
            if found != expected {
                return Err(BundleError::Length { value, found, expected });
            }
        }
        Ok(Self { model, blobs })
    }

    /// The weights by the position of their constants, for a run.
    pub fn weights(&self) -> Blobs {
        let blob = |constant: &Constant| self.blobs.get(&constant.commitment).cloned();
        Blobs(self.model.constants().filter_map(|(index, constant)| Some((index, blob(constant)?))).collect())
    }
}

/// Why blobs are not the weights of a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("the weights {commitment} of value {value} are missing")]
    Missing { value: usize, commitment: B256 },
    #[error("the weights of value {value} have {found} bytes; its type takes {expected}")]
    Length { value: usize, found: usize, expected: usize },
}

/// Makes a model value by value.
#[derive(Clone, Debug, Default)]
pub struct ModelBuilder {
    definitions: Vec<Definition>,
    types: Vec<TensorType>,
    blobs: BTreeMap<B256, Vec<u8>>,
    /// Constants by their encoding, which makes equal ones one.
    known: BTreeMap<Vec<u8>, ValueId>,
}

impl ModelBuilder {
    fn push(&mut self, definition: Definition, of: TensorType) -> ValueId {
        self.definitions.push(definition);
        self.types.push(of);
        // `finish` refuses more values than fit.
        (self.definitions.len() - 1) as ValueId
    }

    pub fn input(&mut self, dtype: DType, shape: Shape, scale: Scale) -> ValueId {
        let of = TensorType { dtype, shape: shape.clone() };
        self.push(Definition::Input(Input { dtype, shape, scale }), of)
    }

    pub fn constant(&mut self, shape: Shape, tensor: &Tensor) -> ValueId {
        let mut blob = Vec::new();
        tensor.write_bytes(&mut blob);
        let constant = Constant { dtype: tensor.dtype(), shape, commitment: blob::commitment(&blob) };
        let mut key = Vec::new();
        constant.write(&mut key);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        self.blobs.insert(constant.commitment, blob);
        let of = TensorType { dtype: constant.dtype, shape: constant.shape.clone() };
        let value = self.push(Definition::Constant(constant), of);
        self.known.insert(key, value);
        value
    }

    /// # Errors
    ///
    /// If the operation does not take its operands.
    pub fn node(&mut self, operation: impl Into<Operation>) -> Result<ValueId, ModelError> {
        let (operation, node) = (operation.into(), self.definitions.len());
        let of = operation.check(&Values { types: &self.types, definitions: &self.definitions });
        let problem = |problem| ModelError::Node { node, operation: operation.name(), problem };
        let of = of.map_err(problem)?;
        Ok(self.push(Definition::Node(operation), of))
    }

    /// # Panics
    ///
    /// If this builder made no such value.
    pub fn type_of(&self, value: ValueId) -> &TensorType {
        &self.types[usize::from(value)]
    }

    /// # Errors
    ///
    /// As [`Model::new`].
    pub fn finish(self, outputs: Vec<Output>) -> Result<Bundle, ModelError> {
        Ok(Bundle { model: Model::new(self.definitions, outputs)?, blobs: self.blobs })
    }
}
