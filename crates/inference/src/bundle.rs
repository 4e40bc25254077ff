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
    /// The weights by the position of their constants, for a run.
    pub fn weights(&self) -> Blobs {
        let blob = |constant: &Constant| self.blobs.get(&constant.commitment).cloned();
        Blobs(self.model.constants().filter_map(|(index, constant)| Some((index, blob(constant)?))).collect())
    }

    /// Keeps the model and its weights; returns the model's hash.
    #[cfg(feature = "std")]
    pub fn save(&self, store: &impl blob::BlobStore) -> Result<B256, blob::StoreError> {
        self.blobs.values().try_for_each(|blob| store.put(blob).map(drop))?;
        store.put(&self.model.encode())
    }

    /// The model with this hash and its weights.
    #[cfg(feature = "std")]
    pub fn load(store: &impl blob::BlobStore, model: &B256) -> Result<Self, LoadError> {
        let model = Model::decode(&store.get(model)?)?;
        let mut blobs = BTreeMap::new();
        for (index, constant) in model.constants() {
            let blob = store.get(&constant.commitment)?;
            let (found, expected) = (blob.len(), model.types()[index].bytes());
            if found != expected {
                return Err(LoadError::Length { value: index, found, expected });
            }
            blobs.insert(constant.commitment, blob);
        }
        Ok(Self { model, blobs })
    }
}

/// Why a model cannot be loaded.
#[cfg(feature = "std")]
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Store(#[from] blob::StoreError),
    #[error(transparent)]
    Model(#[from] ModelError),
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
