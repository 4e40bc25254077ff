//! Shapes and types of tensors.

use crate::{DType, limits};
use alloc::vec::Vec;
use core::fmt;

/// Dimensions, outermost first; data is row-major. At least one dimension, none of them zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape(Vec<u32>);

impl Shape {
    /// `None` when there is no dimension or too many, one of them is zero or too large, or they hold too many elements.
    pub fn new(dims: impl Into<Vec<u32>>) -> Option<Self> {
        let dims = dims.into();
        let elements = dims.iter().try_fold(1u64, |product, dim| product.checked_mul(u64::from(*dim)))?;
        let sound = (1..=limits::MAX_RANK).contains(&dims.len()) && (1..=limits::MAX_ELEMENTS).contains(&elements);
        sound.then_some(Self(dims))
    }

    pub fn dims(&self) -> &[u32] {
        &self.0
    }

    pub fn rank(&self) -> usize {
        self.0.len()
    }

    pub fn dim(&self, axis: usize) -> usize {
        self.0[axis] as usize
    }

    /// Innermost dimension.
    pub fn last(&self) -> usize {
        self.dim(self.rank() - 1)
    }

    pub fn elements(&self) -> usize {
        self.0.iter().map(|dim| *dim as usize).product()
    }

    /// Steps between neighbours along each axis, in elements.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides: Vec<usize> = self.0.iter().map(|dim| *dim as usize).collect();
        let mut step = 1;
        for stride in strides.iter_mut().rev() {
            step *= core::mem::replace(stride, step);
        }
        strides
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (axis, dim) in self.0.iter().enumerate() {
            write!(f, "{}{dim}", if axis == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}

/// What is known of a tensor before it has values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorType {
    pub dtype: DType,
    pub shape: Shape,
}

impl TensorType {
    /// Length of its data.
    pub fn bytes(&self) -> usize {
        self.shape.elements() * self.dtype.bytes()
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.dtype, self.shape)
    }
}
