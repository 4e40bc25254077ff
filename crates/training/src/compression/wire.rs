//! Fields of compressed updates: fixed widths, little-endian.

use super::Seed;

/// Bytes that are no update of this kind and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("{got} bytes, and such an update has {expected}")]
    Length { got: usize, expected: usize },
    #[error("an update of {got} coordinates where {expected} are expected")]
    Coordinates { got: usize, expected: usize },
    #[error("field {0} is out of its range")]
    Field(&'static str),
    #[error("number {0} is not finite")]
    NotFinite(usize),
}

/// What is left of the bytes.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    total: usize,
}

impl<'a> Fields<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, total: bytes.len() }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some((head, rest)) = self.rest.split_first_chunk() else {
            return Err(DecodeError::Length { got: self.total, expected: self.total - self.rest.len() + N });
        };
        self.rest = rest;
        Ok(*head)
    }

    pub fn seed(&mut self) -> Result<Seed, DecodeError> {
        self.array()
    }

    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(|[byte]| byte)
    }

    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    /// A count of coordinates, which must be the expected one.
    pub fn coordinates(&mut self, expected: usize) -> Result<(), DecodeError> {
        let got = self.u32()? as usize;
        if got == expected { Ok(()) } else { Err(DecodeError::Coordinates { got, expected }) }
    }

    pub fn finite(&mut self) -> Result<f32, DecodeError> {
        let number = f32::from_bits(self.u32()?);
        if number.is_finite() { Ok(number) } else { Err(DecodeError::Field("number")) }
    }

    /// All that is left, which must have this length.
    pub fn rest(self, length: usize) -> Result<&'a [u8], DecodeError> {
        if self.rest.len() == length {
            return Ok(self.rest);
        }
        let before = self.total - self.rest.len();
        Err(DecodeError::Length { got: self.total, expected: before.saturating_add(length) })
    }
}

pub(super) fn put_floats(out: &mut Vec<u8>, numbers: &[f32]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

pub(super) fn floats(bytes: &[u8]) -> Result<Vec<f32>, DecodeError> {
    finite(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// Numbers that are all finite, as products of finite ones need not be.
pub(super) fn finite(numbers: Vec<f32>) -> Result<Vec<f32>, DecodeError> {
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(at) => Err(DecodeError::NotFinite(at)),
        None => Ok(numbers),
    }
}
