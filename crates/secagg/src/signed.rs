use crate::{DecodeError, SignatureError};
use alloy_primitives::{Address, B256, Signature, keccak256};

use crate::context::tagged;

/// Something that a worker's account signs.
pub trait Message {
    /// Name of the kind, part of what is signed.
    const KIND: &'static str;

    fn encode(&self) -> Vec<u8>;

    /// What the account signs: the message in its domain, which is the digest of the context for the keys and of the round after.
    fn digest(&self, domain: B256) -> B256 {
        tagged(Self::KIND, &[domain.as_slice(), keccak256(self.encode()).as_slice()])
    }

    fn sign(self, signature: Signature) -> Signed<Self>
    where
        Self: Sized,
    {
        Signed { message: self, signature }
    }
}

/// A message and the signature of the account that sends it, which need not be stated: the signature recovers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<M> {
    pub message: M,
    pub signature: Signature,
}

impl<M: Message> Signed<M> {
    pub fn signer(&self, domain: B256) -> Result<Address, SignatureError> {
        recover(M::KIND, self.message.digest(domain), &self.signature)
    }

    /// The message, then 65 bytes of signature.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.message.encode();
        bytes.extend(self.signature.as_bytes());
        bytes
    }

    /// Decodes the message in front of the signature with `message`.
    pub fn decode(bytes: &[u8], message: impl FnOnce(&[u8]) -> Result<M, DecodeError>) -> Result<Self, DecodeError> {
        let (front, signature) = bytes.split_last_chunk().ok_or(DecodeError::Truncated(M::KIND))?;
        Ok(Self { message: message(front)?, signature: decode_signature(signature, M::KIND)? })
    }
}

pub(crate) fn decode_signature(bytes: &[u8; 65], what: &'static str) -> Result<Signature, DecodeError> {
    Signature::from_raw_array(bytes).map_err(|_| DecodeError::Invalid { what, field: "signature" })
}

/// Contracts refuse the second form of a signature, so it is refused here.
pub(crate) fn recover(what: &'static str, digest: B256, signature: &Signature) -> Result<Address, SignatureError> {
    let invalid = SignatureError::Invalid(what);
    if signature.normalize_s().is_some() {
        return Err(invalid);
    }
    signature.recover_address_from_prehash(&digest).map_err(|_| invalid)
}
