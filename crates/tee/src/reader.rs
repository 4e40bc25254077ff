//! Fields of fixed width, little-endian, as Intel and AMD lay them out.

use crate::{Problem, TeeError};

/// What is left of one part of an attestation.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    part: &'static str,
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8], part: &'static str) -> Self {
        Self { rest: bytes, part }
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8], TeeError> {
        let short = TeeError::malformed(self.part, Problem::Truncated);
        let (head, tail) = self.rest.split_at_checked(len).ok_or(short)?;
        self.rest = tail;
        Ok(head)
    }

    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], TeeError> {
        let short = TeeError::malformed(self.part, Problem::Truncated);
        let (head, tail) = self.rest.split_first_chunk().ok_or(short)?;
        self.rest = tail;
        Ok(head)
    }

    pub fn u16(&mut self) -> Result<u16, TeeError> {
        self.array().map(|bytes| u16::from_le_bytes(*bytes))
    }

    pub fn u32(&mut self) -> Result<u32, TeeError> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub fn u64(&mut self) -> Result<u64, TeeError> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Nothing follows.
    pub const fn finish(self) -> Result<(), TeeError> {
        match self.rest.len() {
            0 => Ok(()),
            more => Err(TeeError::malformed(self.part, Problem::TrailingBytes(more))),
        }
    }
}
