//! What a node may refer to.

use crate::model::Definition;
use crate::{DType, Problem, Shape, TensorType};

/// Position of a value among those of the model: inputs, constants and results of nodes, in the order they are defined.
pub type ValueId = u16;

/// Elements of weights and activations.
pub(crate) const NARROW: &[DType] = &[DType::I8, DType::I16];
pub(crate) const ANY: &[DType] = &[DType::I8, DType::I16, DType::I32];

/// The values of a model; of them, a node may refer to those with a type already.
pub(crate) struct Values<'a> {
    pub types: &'a [TensorType],
    pub definitions: &'a [Definition],
}

impl Values<'_> {
    pub fn get(&self, value: ValueId, dtypes: &[DType]) -> Result<&TensorType, Problem> {
        let found = self.types.get(usize::from(value)).ok_or(Problem::NotBefore(value))?;
        if !dtypes.contains(&found.dtype) {
            return Err(Problem::DType { value, found: found.dtype });
        }
        Ok(found)
    }

    pub fn is_constant(&self, value: ValueId) -> bool {
        matches!(self.definitions.get(usize::from(value)), Some(Definition::Constant(_)))
    }

    pub fn constant(&self, value: ValueId, dtypes: &[DType]) -> Result<&TensorType, Problem> {
        let found = self.get(value, dtypes)?;
        if self.is_constant(value) { Ok(found) } else { Err(Problem::NotConstant(value)) }
    }

    /// A constant of one dimension and `len` elements.
    pub fn vector(&self, value: ValueId, dtype: DType, len: usize, expected: &'static str) -> Result<(), Problem> {
        let found = self.constant(value, &[dtype])?;
        if found.shape.dims() != [len as u32] {
            return Err(shape_problem(value, found, expected));
        }
        Ok(())
    }
}

pub(crate) fn shape_problem(value: ValueId, found: &TensorType, expected: &'static str) -> Problem {
    Problem::Shape { value, found: found.shape.clone(), expected }
}

/// The shape of a result.
pub(crate) fn result_shape(dims: impl Into<alloc::vec::Vec<u32>>) -> Result<Shape, Problem> {
    Shape::new(dims).ok_or(Problem::ResultShape)
}
