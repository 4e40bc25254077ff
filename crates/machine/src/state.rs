//! State hashes.

use crate::{Status, ecall::Registers};
use alloy_primitives::{B256, keccak256};

/// Hash of a running state: the program counter as an index, `x1 … x31`, and the root of the memory.
pub fn running_hash(pc: u32, registers: &[u64; 31], memory_root: &B256) -> B256 {
    let mut bytes = [0; 33 * 32];
    let (words, _) = bytes.as_chunks_mut::<32>();
    words[0][28..].copy_from_slice(&pc.to_be_bytes());
    for (word, &register) in words[1..].iter_mut().zip(registers) {
        word[..24].fill(if register >> 63 == 1 { 0xff } else { 0 });
        word[24..].copy_from_slice(&register.to_be_bytes());
    }
    words[32] = memory_root.0;
    keccak256(bytes)
}

/// Hash of the halted state with this output.
pub fn halted_hash(output: &B256) -> B256 {
    let mut bytes = [0; 64];
    let name = b"lux-machine halted";
    bytes[..name.len()].copy_from_slice(name);
    bytes[32..].copy_from_slice(output.as_slice());
    keccak256(bytes)
}

/// Hash of the faulted state.
pub fn faulted_hash() -> B256 {
    keccak256(b"lux-machine faulted")
}

/// Hash of a state that has no successor.
pub(crate) fn final_hash(status: &Status) -> Option<B256> {
    match status {
        Status::Running => None,
        Status::Halted(output) => Some(halted_hash(output)),
        Status::Faulted => Some(faulted_hash()),
    }
}

/// The hash in `x10 … x13`.
pub(crate) fn hash_in_registers(x: &Registers) -> B256 {
    let mut hash = B256::ZERO;
    let (words, _) = hash.as_mut_slice().as_chunks_mut::<8>();
    for (word, register) in words.iter_mut().zip(&x[10..]) {
        *word = register.to_le_bytes();
    }
    hash
}

/// Puts a hash into `x10 … x13`.
pub(crate) fn hash_to_registers(hash: &B256, x: &mut Registers) {
    let (words, _) = hash.as_slice().as_chunks::<8>();
    for (word, register) in words.iter().zip(&mut x[10..]) {
        *register = u64::from_le_bytes(*word);
    }
}
