//! A part of a result.

use crate::Tensor;

/// Elements of a result that are computed together.
#[derive(Debug)]
pub(super) enum Part<'a> {
    I8(&'a mut [i8]),
    I16(&'a mut [i16]),
    I32(&'a mut [i32]),
}

/// Runs an expression with the elements, whatever their type is.
macro_rules! each_part {
    ($part:expr, $elements:ident => $body:expr) => {
        match $part {
            $crate::fast::part::Part::I8($elements) => $body,
            $crate::fast::part::Part::I16($elements) => $body,
            $crate::fast::part::Part::I32($elements) => $body,
        }
    };
}
pub(super) use each_part;

impl<'a> Part<'a> {
    /// Of `len` elements of a tensor, from `start` on.
    pub fn of(tensor: &'a mut Tensor, start: usize, len: usize) -> Self {
        match tensor {
            Tensor::I8(elements) => Self::I8(&mut elements[start..start + len]),
            Tensor::I16(elements) => Self::I16(&mut elements[start..start + len]),
            Tensor::I32(elements) => Self::I32(&mut elements[start..start + len]),
        }
    }

    pub fn len(&self) -> usize {
        each_part!(self, elements => elements.len())
    }

    /// Takes over elements of the same type from `start` on.
    pub fn copy(&mut self, source: &Tensor, start: usize) {
        match (self, source) {
            (Self::I8(part), Tensor::I8(source)) => part.copy_from_slice(&source[start..start + part.len()]),
            (Self::I16(part), Tensor::I16(source)) => part.copy_from_slice(&source[start..start + part.len()]),
            (Self::I32(part), Tensor::I32(source)) => part.copy_from_slice(&source[start..start + part.len()]),
            _ => unreachable!("parts have the type of their source"),
        }
    }
}
