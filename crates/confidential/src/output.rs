//! Outputs for whoever sealed the input.
//!
//! The same output for the same input gives the same bytes: enclaves that agree sign one commitment, and those that do not
//! contradict each other.

use crate::content::Part;
use crate::padding::{pad, padded_bytes, unpad};
use crate::{ConfidentialError, ContentKey, Context};
use alloy_primitives::B256;
use zeroize::Zeroizing;

const MAGIC: [u8; 8] = *b"LUXSOUT\x01";
const TAG_BYTES: usize = 16;

/// Bytes of a sealed output, by the length of the output.
pub const fn sealed_output_bytes(output: usize) -> usize {
    MAGIC.len() + padded_bytes(output) + TAG_BYTES
}

/// Seals the output for an input: `input` is the blob commitment of its envelope, `key` the content key of that.
pub fn seal_output(output: &[u8], key: &ContentKey, context: &Context, input: &B256) -> Vec<u8> {
    let sealed = key.seal(Part::Output(input), context, &pad(output), &MAGIC);
    [MAGIC.as_slice(), &sealed].concat()
}

/// The output in what [`seal_output`] gave.
pub fn open_output(
    sealed: &[u8],
    key: &ContentKey,
    context: &Context,
    input: &B256,
) -> Result<Zeroizing<Vec<u8>>, ConfidentialError> {
    let ciphertext = sealed.strip_prefix(&MAGIC).ok_or(ConfidentialError::Version)?;
    let padded = key.open(Part::Output(input), context, ciphertext, &MAGIC)?;
    Ok(Zeroizing::new(unpad(&padded)?.to_vec()))
}
