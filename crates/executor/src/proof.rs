//! The bytes of a chunk's proof, see `docs/machine.md`.

use crate::layout::{CALL_ROOM, CODE_PAGE_ROOM, CODE_PAGE_TAIL, ZERO_FLAG};
use alloy_primitives::Bytes;
use lux_machine::{ChunkProof, PAGE_BYTES};

/// Proof of a chunk as `ChunkVerifier.run` reads it.
///
/// # Panics
///
/// If the proof holds more than a chunk can, or a touched page is not among its pages: `Machine::prove_chunk` makes none
/// such.
pub fn encode_proof(proof: &ChunkProof) -> Bytes {
    let count = |n: usize| u8::try_from(n).expect("a chunk touches at most 124 pages");
    let mut bytes = proof.pc.to_be_bytes()[1..].to_vec();
    bytes.extend(proof.registers.iter().flat_map(|register| register.to_be_bytes()));
    // Without pages there is nothing to compute the root from.
    let root = [proof.memory_root];
    let siblings = if proof.pages.is_empty() { &root[..] } else { &proof.siblings };
    bytes.extend(u16::try_from(siblings.len()).expect("at most 124 paths of 18").to_be_bytes());
    bytes.extend(siblings.iter().flat_map(|hash| hash.0));

    bytes.extend([count(proof.pages.len()), count(proof.touch_order.len())]);
    bytes.extend(room(proof).to_be_bytes());
    let is_zero = |page: &[u8; PAGE_BYTES]| page.iter().all(|&byte| byte == 0);
    for (index, page) in &proof.pages {
        let flag = if is_zero(page) { ZERO_FLAG } else { 0 };
        bytes.extend(&(index | flag).to_be_bytes()[1..]);
    }
    for touched in &proof.touch_order {
        let position = proof.pages.binary_search_by_key(touched, |(index, _)| *index);
        bytes.push(count(position.expect("touched pages are in the proof")));
    }
    for (_, page) in proof.pages.iter().filter(|(_, page)| !is_zero(page)) {
        bytes.extend(page.iter().rev());
    }
    for preimage in &proof.preimages {
        bytes.extend(u16::try_from(preimage.len()).expect("preimages have at most 24,576 bytes").to_be_bytes());
        bytes.extend_from_slice(preimage);
    }
    bytes.into()
}

/// Words of 32 bytes that the executor needs for code pages and for the buffer of the longest call.
fn room(proof: &ChunkProof) -> u16 {
    let bytes = proof.code_pages.len() as u64 * CODE_PAGE_ROOM + CODE_PAGE_TAIL + CALL_ROOM + proof.longest_call;
    u16::try_from(bytes.div_ceil(32)).expect("a chunk's code pages take less than 2 MiB")
}
