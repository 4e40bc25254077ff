use crate::DecodeError;
use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;

/// An element of ristretto255 and its encoding, so that neither is computed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    pub(crate) point: RistrettoPoint,
    bytes: [u8; 32],
}

impl Element {
    pub fn decode(bytes: [u8; 32]) -> Result<Self, DecodeError> {
        Self::named(bytes, "commitment")
    }

    pub(crate) fn named(bytes: [u8; 32], field: &'static str) -> Result<Self, DecodeError> {
        let point = CompressedRistretto(bytes).decompress().ok_or(DecodeError::Element(field))?;
        Ok(Self { point, bytes })
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl From<RistrettoPoint> for Element {
    fn from(point: RistrettoPoint) -> Self {
        Self { point, bytes: point.compress().to_bytes() }
    }
}
