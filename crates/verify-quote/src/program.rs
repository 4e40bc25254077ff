//! The program.

use crate::MAX_BLOB_BYTES;
use alloc::vec::Vec;
use alloy_primitives::{B256, U256, keccak256};
use core::fmt::{Debug, Display};
use lux_inference::blob::{BlobError, BlobReader};
use lux_oracle::Oracle;
use lux_tee::{Collateral, Roots, TeeError, authenticate};

/// Length of the claim's input before it is hashed.
const QUESTION_BYTES: usize = 128;

/// Failure of a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError<E: Debug + Display> {
    #[error("{0}")]
    Oracle(E),
    #[error("the claim's input {0} is that of no question about an attestation of at most {MAX_BLOB_BYTES} bytes")]
    Malformed(B256),
    #[error(transparent)]
    Tee(#[from] TeeError),
}

/// Hash of the attestation, encoded as contracts have it, that the claim with this input is about; zero when it is not
/// authentic. The only failure is a missing preimage.
pub fn verify_quote<O: Oracle>(input: B256, oracle: &O) -> Result<B256, O::Error> {
    match claim_output(input, oracle) {
        Ok(attestation) => Ok(keccak256(attestation)),
        Err(ClaimError::Oracle(error)) => Err(error),
        Err(ClaimError::Malformed(_) | ClaimError::Tee(_)) => Ok(B256::ZERO),
    }
}

/// The bytes that [`verify_quote`] hashes, or why there are none.
pub fn claim_output<O: Oracle>(input: B256, oracle: &O) -> Result<Vec<u8>, ClaimError<O::Error>> {
    let question = oracle.preimage(&input, QUESTION_BYTES).map_err(ClaimError::Oracle)?;
    let ([now, roots, attestation, collateral], []) = question.as_chunks::<32>() else {
        return Err(ClaimError::Malformed(input));
    };
    let now = u64::try_from(U256::from_be_bytes(*now)).map_err(|_| ClaimError::Malformed(input))?;
    let read = |commitment: &[u8; 32]| {
        let reader = BlobReader::open(oracle, commitment.into(), MAX_BLOB_BYTES);
        reader.and_then(|mut reader| reader.read_all()).map_err(|error| match error {
            BlobError::Oracle(error) => ClaimError::Oracle(error),
            BlobError::Malformed(_) => ClaimError::Malformed(input),
        })
    };
    let roots = Roots::decode(&read(roots)?)?;
    let (attestation, collateral) = (read(attestation)?, Collateral::decode(&read(collateral)?)?);
    Ok(authenticate(&attestation, &collateral, now, &roots)?.abi_encode())
}
