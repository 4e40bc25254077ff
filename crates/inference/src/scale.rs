//! What a step of an integer stands for.

use crate::ModelError;
use crate::codec::{Field, Reader};
use alloc::vec::Vec;

/// The real number that 1 stands for in an input or output: a positive, normal binary32. Runs do not use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale(u32);

impl Scale {
    pub const ONE: Self = Self(0x3f80_0000);

    pub fn new(value: f32) -> Option<Self> {
        (value.is_normal() && value > 0.0).then_some(Self(value.to_bits()))
    }

    pub const fn get(self) -> f32 {
        f32::from_bits(self.0)
    }
}

impl Field for Scale {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, ModelError> {
        Self::new(f32::from_bits(u32::read(reader, what)?)).ok_or(ModelError::Field(what))
    }
}
