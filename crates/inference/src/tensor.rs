//! Tensors with values.

use crate::DType;
use alloc::{vec, vec::Vec};

/// Elements of a tensor, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tensor {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
}

/// Runs an expression with a slice or a vector of the elements, whatever their type is.
macro_rules! each_dtype {
    ($tensor:expr, $elements:ident => $body:expr) => {
        match $tensor {
            $crate::Tensor::I8($elements) => $body,
            $crate::Tensor::I16($elements) => $body,
            $crate::Tensor::I32($elements) => $body,
        }
    };
}
pub(crate) use each_dtype;

/// A type that tensors have elements of.
pub trait Element: Copy + Default + Into<i64> {
    fn from_i64(v: i64) -> Self;
    fn from_le(bytes: &[u8]) -> Self;
}

macro_rules! element {
    ($type:ty) => {
        impl Element for $type {
            #[inline(always)]
            fn from_i64(v: i64) -> Self {
                v as Self
            }

            #[inline(always)]
            fn from_le(bytes: &[u8]) -> Self {
                bytes.try_into().map_or(0, Self::from_le_bytes)
            }
        }
    };
}

element!(i8);
element!(i16);
element!(i32);

impl From<Vec<i8>> for Tensor {
    fn from(elements: Vec<i8>) -> Self {
        Self::I8(elements)
    }
}

impl From<Vec<i16>> for Tensor {
    fn from(elements: Vec<i16>) -> Self {
        Self::I16(elements)
    }
}

impl From<Vec<i32>> for Tensor {
    fn from(elements: Vec<i32>) -> Self {
        Self::I32(elements)
    }
}

impl Tensor {
    pub fn zeros(dtype: DType, len: usize) -> Self {
        match dtype {
            DType::I8 => Self::I8(vec![0; len]),
            DType::I16 => Self::I16(vec![0; len]),
            DType::I32 => Self::I32(vec![0; len]),
        }
    }

    /// Of values that `dtype` holds.
    pub fn from_values(dtype: DType, values: impl Iterator<Item = i64>) -> Self {
        match dtype {
            DType::I8 => Self::I8(values.map(i8::from_i64).collect()),
            DType::I16 => Self::I16(values.map(i16::from_i64).collect()),
            DType::I32 => Self::I32(values.map(i32::from_i64).collect()),
        }
    }

    /// Of little-endian bytes, a whole number of elements.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Self {
        fn elements<E: Element>(bytes: &[u8]) -> Vec<E> {
            bytes.chunks_exact(size_of::<E>()).map(E::from_le).collect()
        }
        match dtype {
            DType::I8 => Self::I8(elements(bytes)),
            DType::I16 => Self::I16(elements(bytes)),
            DType::I32 => Self::I32(elements(bytes)),
        }
    }

    /// Overwrites all elements, from as many little-endian ones.
    #[cfg(feature = "std")]
    pub(crate) fn read_bytes(&mut self, bytes: &[u8]) {
        fn read<E: Element>(elements: &mut [E], bytes: &[u8]) {
            elements.iter_mut().zip(bytes.chunks_exact(size_of::<E>())).for_each(|(to, from)| *to = E::from_le(from));
        }
        each_dtype!(self, elements => read(elements, bytes));
    }

    /// Appends the elements, little-endian.
    pub fn write_bytes(&self, out: &mut Vec<u8>) {
        each_dtype!(self, elements => elements.iter().for_each(|element| out.extend(element.to_le_bytes())));
    }

    pub const fn dtype(&self) -> DType {
        match self {
            Self::I8(_) => DType::I8,
            Self::I16(_) => DType::I16,
            Self::I32(_) => DType::I32,
        }
    }

    pub fn len(&self) -> usize {
        each_dtype!(self, elements => elements.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> i64 {
        each_dtype!(self, elements => elements[index].into())
    }

    /// `v` is one that the type holds.
    #[inline(always)]
    pub fn set(&mut self, index: usize, v: i64) {
        each_dtype!(self, elements => elements[index] = Element::from_i64(v));
    }

    /// Puts other elements of a type no wider from `start` on.
    pub(crate) fn write(&mut self, start: usize, other: &Self) {
        other.iter().enumerate().for_each(|(index, element)| self.set(start + index, element));
    }

    pub(crate) fn slice(&self, start: usize, len: usize) -> Self {
        each_dtype!(self, elements => elements[start..start + len].to_vec().into())
    }

    pub fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.len()).map(|index| self.get(index))
    }
}
