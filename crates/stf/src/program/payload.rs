//! The payload from its commitment.

use super::ProgramError;
use super::input::read_pair;
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use lux_oracle::Oracle;
use lux_protocol::constants::{MAX_PAYLOAD_BYTES, PIECE_BYTES};

/// Reads every piece of the payload that `commitment` stands for.
pub(super) fn read_payload<O: Oracle>(oracle: &O, commitment: &B256) -> Result<Vec<u8>, ProgramError<O::Error>> {
    let (length, root) = read_pair(oracle, commitment)?;
    // L1 accepts no more.
    let length = usize::try_from(U256::from_be_bytes(length.0)).ok().filter(|length| *length <= MAX_PAYLOAD_BYTES);
    let length = length.ok_or(ProgramError::Malformed("payload length"))?;
    let mut payload = Vec::with_capacity(length);
    if length > 0 {
        let height = length.div_ceil(PIECE_BYTES).next_power_of_two().trailing_zeros();
        read_subtree(oracle, &root, height, length, &mut payload)?;
    }
    Ok(payload)
}

/// Appends the pieces below a node; what lies past `length` is padding. Recursion is as deep as the tree: five levels.
fn read_subtree<O: Oracle>(
    oracle: &O,
    hash: &B256,
    height: u32,
    length: usize,
    payload: &mut Vec<u8>,
) -> Result<(), ProgramError<O::Error>> {
    let left = length.saturating_sub(payload.len());
    if left == 0 {
        return Ok(());
    }
    if height == 0 {
        let piece = oracle.preimage(hash, left.min(PIECE_BYTES)).map_err(ProgramError::Oracle)?;
        if piece.len() != left.min(PIECE_BYTES) {
            return Err(ProgramError::Malformed("payload piece"));
        }
        payload.extend_from_slice(&piece);
        return Ok(());
    }
    let (first, second) = read_pair(oracle, hash)?;
    read_subtree(oracle, &first, height - 1, length, payload)?;
    read_subtree(oracle, &second, height - 1, length, payload)
}
