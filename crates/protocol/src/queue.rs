//! The L1 -> L2 queue and its hash accumulator.

use crate::Deposit;
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use alloy_sol_types::SolValue;

/// Entry of the L1 queue, as emitted by `MessageEnqueued`.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct QueueEntry {
    pub sender: Address,
    pub target: Address,
    /// Wei created on `sender`.
    pub mint: U256,
    /// Wei that the call carries, from the balance of `sender`.
    pub value: U256,
    pub gas_limit: u64,
    pub data: Bytes,
    /// Position in the queue.
    pub index: u64,
    pub l1_block_number: u64,
}

impl QueueEntry {
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// What the queue hash is of.
    pub fn encode(&self) -> alloc::vec::Vec<u8> {
        let fields = (
            self.sender,
            self.target,
            self.mint,
            self.value,
            U256::from(self.gas_limit),
            keccak256(&self.data),
            U256::from(self.index),
            U256::from(self.l1_block_number),
        );
        fields.abi_encode()
    }

    /// The transaction this entry becomes on L2.
    pub fn to_deposit(&self) -> Deposit {
        Deposit {
            source_hash: self.hash(),
            from: self.sender,
            to: self.target,
            mint: self.mint,
            value: self.value,
            gas_limit: self.gas_limit,
            data: self.data.clone(),
        }
    }
}

/// Accumulator after an entry.
pub fn accumulate(accumulator: B256, queue_hash: B256) -> B256 {
    keccak256([accumulator.0, queue_hash.0].concat())
}

/// Sender on L2 of a call made by a contract on L1, so that the owner of an address on one layer only gains no power
/// over the same address on the other.
pub fn alias(l1_contract: Address) -> Address {
    const OFFSET: Address = address!("1111000000000000000000000000000000001111");
    let sum = U256::from_be_slice(l1_contract.as_slice()) + U256::from_be_slice(OFFSET.as_slice());
    Address::from_slice(&sum.to_be_bytes::<32>()[12..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alias_wraps_at_160_bits() {
        assert_eq!(alias(Address::ZERO), address!("1111000000000000000000000000000000001111"));
        assert_eq!(alias(Address::repeat_byte(0xff)), address!("1111000000000000000000000000000000001110"));
    }

    #[test]
    fn hash_covers_every_field() {
        let entry = QueueEntry {
            sender: Address::repeat_byte(1),
            target: Address::repeat_byte(2),
            mint: U256::from(8),
            value: U256::from(3),
            gas_limit: 4,
            data: Bytes::from_static(b"5"),
            index: 6,
            l1_block_number: 7,
        };
        let changes: [fn(&mut QueueEntry); 8] = [
            |e| e.sender = Address::ZERO,
            |e| e.target = Address::ZERO,
            |e| e.mint = U256::ZERO,
            |e| e.value = U256::ZERO,
            |e| e.gas_limit = 0,
            |e| e.data = Bytes::new(),
            |e| e.index = 0,
            |e| e.l1_block_number = 0,
        ];
        for change in changes {
            let mut other = entry.clone();
            change(&mut other);
            assert_ne!(other.hash(), entry.hash());
        }
    }
}
