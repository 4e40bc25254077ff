//! Batch headers: what they claim and what the claim is about.

use crate::contracts::BatchHeader;
use crate::merkle_root;
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::SolValue;

/// The three roots a batch claims (`docs/protocol.md`, "Header and claim").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchOutput {
    pub state_root: B256,
    pub transaction_root: B256,
    pub receipt_root: B256,
}

impl BatchOutput {
    /// Roots of a batch from its blocks: `(block hash, receipts root)` in order, and the message hashes in log order.
    /// `None` without blocks: every batch has one.
    pub fn new(state_root: B256, blocks: &[(B256, B256)], messages: &[B256]) -> Option<Self> {
        let hashes: alloc::vec::Vec<B256> = blocks.iter().map(|block| block.0).collect();
        let receipts: alloc::vec::Vec<B256> = blocks.iter().map(|block| block.1).collect();
        let last = hashes.last()?;
        Some(Self {
            state_root,
            transaction_root: keccak256([last.0, merkle_root(&hashes).0].concat()),
            receipt_root: keccak256([merkle_root(&receipts).0, merkle_root(messages).0].concat()),
        })
    }

    /// What `header` claims.
    pub fn claimed(header: &BatchHeader) -> Self {
        Self {
            state_root: header.stateRoot,
            transaction_root: header.transactionRoot,
            receipt_root: header.receiptRoot,
        }
    }

    /// Claim output.
    pub fn hash(&self) -> B256 {
        keccak256([self.state_root.0, self.transaction_root.0, self.receipt_root.0].concat())
    }
}

/// Claim input: everything that determines a batch's output.
#[allow(clippy::too_many_arguments, reason = "the list is the protocol's, in its order")]
pub fn claim_input(
    parent: &BatchOutput,
    commitment: B256,
    parent_accumulator: B256,
    accumulator: B256,
    timestamp: u64,
    l1_block_number: u64,
    params_hash: B256,
) -> B256 {
    let fields = (
        parent.state_root,
        parent.transaction_root,
        commitment,
        parent_accumulator,
        accumulator,
        U256::from(timestamp),
        U256::from(l1_block_number),
        params_hash,
    );
    keccak256(fields.abi_encode())
}

/// Hash of `RollupConfig.initCode`.
pub fn params_hash(init_code: &[u8]) -> B256 {
    keccak256(init_code)
}
