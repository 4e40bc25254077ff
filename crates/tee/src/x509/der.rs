//! DER, read strictly: definite minimal lengths, nothing left over.

use crate::{Problem, TeeError};
use der::asn1::ObjectIdentifier;
use der::{AnyRef, Decode, Reader, SliceReader, Tag, Tagged};

/// What is left of the content of one value.
pub(crate) struct DerReader<'a> {
    reader: SliceReader<'a>,
    bytes: &'a [u8],
    part: &'static str,
}

impl<'a> DerReader<'a> {
    pub fn new(bytes: &'a [u8], part: &'static str) -> Result<Self, TeeError> {
        let reader = SliceReader::new(bytes).map_err(|_| too_long(part, bytes.len()))?;
        Ok(Self { reader, bytes, part })
    }

    pub const fn part(&self) -> &'static str {
        self.part
    }

    pub fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    pub fn finish(self) -> Result<(), TeeError> {
        match self.reader.is_finished() {
            true => Ok(()),
            false => {
                let left = u32::from(self.reader.remaining_len()) as usize;
                Err(TeeError::malformed(self.part, Problem::TrailingBytes(left)))
            }
        }
    }

    /// The next value and its encoding.
    fn next(&mut self) -> Result<(AnyRef<'a>, &'a [u8]), TeeError> {
        let start = u32::from(self.reader.position()) as usize;
        let value = AnyRef::decode(&mut self.reader).map_err(|_| TeeError::invalid(self.part, "DER"))?;
        let end = u32::from(self.reader.position()) as usize;
        Ok((value, &self.bytes[start..end]))
    }

    /// The tag of the next value, if there is one.
    pub fn peek(&self) -> Option<Tag> {
        self.reader.peek_header().ok().map(|header| header.tag)
    }

    /// The content of the next value, which must have this tag.
    pub fn expect(&mut self, tag: Tag, what: &'static str) -> Result<&'a [u8], TeeError> {
        self.expect_encoded(tag, what).map(|(content, _)| content)
    }

    /// The content of the next value and its encoding.
    pub fn expect_encoded(&mut self, tag: Tag, what: &'static str) -> Result<(&'a [u8], &'a [u8]), TeeError> {
        let (value, encoded) = self.next()?;
        match value.tag() == tag {
            true => Ok((value.value(), encoded)),
            false => Err(TeeError::invalid(self.part, what)),
        }
    }

    pub fn sequence(&mut self, what: &'static str) -> Result<Self, TeeError> {
        let content = self.expect(Tag::Sequence, what)?;
        Self::new(content, self.part)
    }

    /// The next value, decoded; only for values that need no more than their own bytes.
    pub fn decode<T: Decode<'a>>(&mut self, what: &'static str) -> Result<T, TeeError> {
        let (_, encoded) = self.next()?;
        T::from_der(encoded).map_err(|_| TeeError::invalid(self.part, what))
    }

    /// An OBJECT IDENTIFIER in its only encoding: no number in it begins with zeros, or has more than 28 bits.
    pub fn oid(&mut self, what: &'static str) -> Result<ObjectIdentifier, TeeError> {
        let oid = self.decode::<ObjectIdentifier>(what)?;
        let is_number = |bytes: &[u8]| bytes.len() <= 4 && bytes[0] != 0x80;
        match oid.as_bytes().split_inclusive(|byte| *byte < 0x80).all(is_number) {
            true => Ok(oid),
            false => Err(TeeError::invalid(self.part, what)),
        }
    }

    /// An INTEGER that is not negative, big-endian without leading zeros.
    pub fn unsigned(&mut self, what: &'static str) -> Result<&'a [u8], TeeError> {
        Ok(self.decode::<der::asn1::UintRef<'a>>(what)?.as_bytes())
    }

    /// A BIT STRING of whole bytes.
    pub fn bits(&mut self, what: &'static str) -> Result<&'a [u8], TeeError> {
        let bits = self.decode::<der::asn1::BitStringRef<'a>>(what)?;
        bits.as_bytes().ok_or(TeeError::invalid(self.part, what))
    }

    pub fn time(&mut self) -> Result<u64, TeeError> {
        let what = "time";
        match self.peek() {
            Some(Tag::UtcTime) => Ok(self.decode::<der::asn1::UtcTime>(what)?.to_unix_duration().as_secs()),
            _ => Ok(self.decode::<der::asn1::GeneralizedTime>(what)?.to_unix_duration().as_secs()),
        }
    }
}

/// An unsigned number of at most 64 bits.
pub(crate) fn integer_u64(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

const fn too_long(part: &'static str, len: usize) -> TeeError {
    TeeError::malformed(part, Problem::TooLong { len, max: super::MAX_CRL_BYTES })
}
