use alloy_primitives::{B256, U256, keccak256};

/// Which round of which job on which chain: nothing made for one round means anything in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    pub chain_id: u64,
    pub job: B256,
    pub round: u64,
}

impl Context {
    /// Domain of what is said before the roster is known.
    pub fn digest(&self) -> B256 {
        let words = [U256::from(self.chain_id).to_be_bytes(), self.job.0, U256::from(self.round).to_be_bytes()];
        tagged("context", &[words.as_flattened()])
    }
}

/// Keccak-256 of the tag's own hash and the parts. Only the last part may have a length that the others do not fix.
pub(crate) fn tagged(tag: &str, parts: &[&[u8]]) -> B256 {
    keccak256(tagged_bytes(tag, parts))
}

pub(crate) fn tagged_bytes(tag: &str, parts: &[&[u8]]) -> Vec<u8> {
    let tag = keccak256([b"lux-secagg/1 ", tag.as_bytes()].concat());
    let mut bytes = tag.to_vec();
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}
