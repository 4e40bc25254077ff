//! The deposit transaction, type `0x7e`: an entry of the L1 queue as it runs on L2.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{BufMut, Decodable, Encodable, RlpDecodable, RlpEncodable};

/// A transaction that L1 put into the queue. Its sender paid on L1: it has no signature, nonce or gas price.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Deposit {
    /// `queueHash` of the entry: makes two equal deposits two transactions.
    pub source_hash: B256,
    pub from: Address,
    pub to: Address,
    /// Wei created on `from`.
    pub mint: U256,
    /// Wei passed from `from` to `to`.
    pub value: U256,
    pub gas_limit: u64,
    pub data: Bytes,
}

impl Deposit {
    /// EIP-2718 type.
    pub const TYPE: u8 = 0x7e;

    /// Length of the EIP-2718 form.
    pub fn encode_2718_len(&self) -> usize {
        1 + self.length()
    }

    pub fn encode_2718(&self, out: &mut dyn BufMut) {
        out.put_u8(Self::TYPE);
        self.encode(out);
    }

    /// Decodes the bytes after the type byte; all of them must be used.
    pub fn decode_body(mut body: &[u8]) -> alloy_rlp::Result<Self> {
        let deposit = Self::decode(&mut body)?;
        if body.is_empty() { Ok(deposit) } else { Err(alloy_rlp::Error::UnexpectedLength) }
    }

    pub fn hash(&self) -> B256 {
        let mut out = Vec::with_capacity(160 + self.data.len());
        self.encode_2718(&mut out);
        keccak256(out)
    }
}
