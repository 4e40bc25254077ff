//! Giving a content key to an enclave: its holder verifies the attestation itself, and believes no chain about it.
//!
//! The enclave's key of secp256k1 is the one that its attestation binds; that key signs the key to encrypt to, together with a number
//! that the holder has just chosen.

use crate::hybrid::{WRAPPED_BYTES, unwrap, wrap};
use crate::{ConfidentialError, ContentKey, Context, DecryptionKey, EncryptionKey};
use alloy_primitives::{Address, B256, Bytes, Keccak256, Signature};
use lux_tee::{Attestation, Collateral, Policy, Roots, TeeError, report_data_of_key, verify};

const MAGIC: [u8; 8] = *b"LUXKREQ\x01";
const HEAD_BYTES: usize = 8 + 32 + 32 + 32 + 8 + 64 + 65;
/// As long as quotes and tokens can be (`docs/tee.md`, "Kinds").
const MAX_ATTESTATION_BYTES: usize = 32 << 10;
/// Of a request, with its attestation.
pub const MAX_REQUEST_BYTES: usize = HEAD_BYTES + MAX_ATTESTATION_BYTES;
/// Clocks of enclaves may be so far ahead.
const MAX_LEAD_SECONDS: u64 = 300;

/// What an enclave sends to the holder of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequest {
    /// What is asked for.
    pub name: B256,
    /// From the holder, for this request alone.
    pub nonce: B256,
    pub encryption_key: EncryptionKey,
    /// That the report data binds, in seconds since 1970.
    pub timestamp: u64,
    /// Key of secp256k1 that the report data binds: `x ‖ y`.
    pub public_key: [u8; 64],
    /// By that key, of [`KeyRequest::digest`]: R ‖ S ‖ v.
    pub signature: [u8; 65],
    pub attestation: Bytes,
}

/// A content key for one enclave, as the answer to one request.
pub type Released = [u8; WRAPPED_BYTES];

/// To whom a holder gives its key.
#[derive(Clone, Debug)]
pub struct ReleaseTerms<'a> {
    pub name: B256,
    /// Given out once, and used up by the first request, whatever comes of it.
    pub nonce: B256,
    pub now: u64,
    /// Attestations that were made longer ago are refused, in seconds.
    pub max_age: u64,
    pub roots: &'a Roots,
    pub policy: &'a Policy,
}

/// Why a key is not given.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    #[error("not a request for a key of this version")]
    Malformed,
    #[error("it asks for {0}, which this is not")]
    OtherName(B256),
    #[error("it answers another nonce: a request that was seen before counts for nothing")]
    OtherNonce,
    #[error("it is not signed by the key that it names")]
    Signature,
    #[error("the attestation was made at {made}, {now} now")]
    Stale { made: u64, now: u64 },
    #[error("attestation: {0}")]
    Attestation(#[from] TeeError),
    #[error(transparent)]
    Sealing(#[from] ConfidentialError),
}

impl KeyRequest {
    /// What the enclave signs.
    pub fn digest(name: B256, nonce: B256, key: &EncryptionKey) -> B256 {
        let mut hasher = Keccak256::new();
        for part in [b"LUX_KEY_REQUEST_V1".as_slice(), name.as_slice(), nonce.as_slice(), key.0.as_slice()] {
            hasher.update(part);
        }
        hasher.finalize()
    }

    pub fn encode(&self) -> Vec<u8> {
        let timestamp = self.timestamp.to_be_bytes();
        let parts: [&[u8]; 8] = [
            &MAGIC,
            self.name.as_slice(),
            self.nonce.as_slice(),
            self.encryption_key.0.as_slice(),
            &timestamp,
            &self.public_key,
            &self.signature,
            &self.attestation,
        ];
        parts.concat()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, ReleaseError> {
        let mut rest = bytes;
        let head = take::<8>(&mut rest)?;
        if head != MAGIC || bytes.len() > MAX_REQUEST_BYTES {
            return Err(ReleaseError::Malformed);
        }
        Ok(Self {
            name: take::<32>(&mut rest)?.into(),
            nonce: take::<32>(&mut rest)?.into(),
            encryption_key: EncryptionKey(take::<32>(&mut rest)?.into()),
            timestamp: u64::from_be_bytes(take(&mut rest)?),
            public_key: take(&mut rest)?,
            signature: take(&mut rest)?,
            attestation: Bytes::copy_from_slice(rest),
        })
    }

    /// Whether this enclave holds the key that the report data binds.
    fn is_signed(&self) -> bool {
        let digest = Self::digest(self.name, self.nonce, &self.encryption_key);
        let signer = Signature::from_raw(&self.signature).and_then(|signature| {
            // A signature has one form.
            if signature.normalize_s().is_some() {
                return Ok(None);
            }
            signature.recover_address_from_prehash(&digest).map(Some)
        });
        matches!(signer, Ok(Some(signer)) if signer == Address::from_raw_public_key(&self.public_key))
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ReleaseError> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(ReleaseError::Malformed)?;
    *rest = after;
    Ok(*taken)
}

/// Gives the key to the enclave that asks, if the terms allow it; and says to whom it was given.
pub fn release_key(
    key: &ContentKey,
    request: &KeyRequest,
    collateral: &Collateral,
    terms: &ReleaseTerms<'_>,
) -> Result<(Released, Attestation), ReleaseError> {
    if request.name != terms.name {
        return Err(ReleaseError::OtherName(request.name));
    }
    if request.nonce != terms.nonce {
        return Err(ReleaseError::OtherNonce);
    }
    if !request.is_signed() {
        return Err(ReleaseError::Signature);
    }
    let (made, now) = (request.timestamp, terms.now);
    if made > now.saturating_add(MAX_LEAD_SECONDS) || made.saturating_add(terms.max_age) < now {
        return Err(ReleaseError::Stale { made, now });
    }
    let bound = report_data_of_key(&request.public_key, made);
    let found = verify(&request.attestation, collateral, now, terms.roots, terms.policy, &bound)?;
    let context = Context::release(terms.name, terms.nonce);
    Ok((wrap(key, &request.encryption_key, &context, &[])?, found))
}

/// The key in an answer, as the enclave that asked.
pub fn accept_key(
    released: &Released,
    key: &DecryptionKey,
    name: B256,
    nonce: B256,
) -> Result<ContentKey, ConfidentialError> {
    unwrap(released, key, &Context::release(name, nonce), &[])
}
