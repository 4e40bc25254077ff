//! Element types.

use core::fmt;

/// Type of a tensor's elements: two's complement integers, little-endian in blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DType {
    I8 = 1,
    I16 = 2,
    I32 = 4,
}

impl DType {
    /// The type whose code in the encoding is `code`: its size in bytes.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::I8),
            2 => Some(Self::I16),
            4 => Some(Self::I32),
            _ => None,
        }
    }

    pub const fn bytes(self) -> usize {
        self as usize
    }

    pub const fn min(self) -> i64 {
        -self.magnitude()
    }

    pub const fn max(self) -> i64 {
        self.magnitude() - 1
    }

    /// Largest absolute value.
    pub const fn magnitude(self) -> i64 {
        1 << (8 * self.bytes() - 1)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "int{}", 8 * self.bytes())
    }
}
