//! Batch headers: what they claim and what the claim is about.

use crate::MerkleBuilder;
use crate::constants::{
    DEFAULT_FALLBACK_WINDOW, DEFAULT_INCLUSION_WINDOW, DEFAULT_L2_CHAIN_ID, DEFAULT_L2_GAS_LIMIT,
    DEFAULT_MESSAGE_GAS_LIMIT, DEFAULT_MIN_BASE_FEE,
};
use crate::contracts::{BatchHeader, RollupParams};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256, keccak256};

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
        let mut builder = OutputBuilder::default();
        blocks.iter().for_each(|(hash, receipts_root)| builder.block(*hash, state_root, *receipts_root));
        messages.iter().for_each(|message| builder.message(*message));
        builder.finish()
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

/// The roots of a batch from its blocks as they come.
#[derive(Clone, Debug, Default)]
pub struct OutputBuilder {
    last: Option<(B256, B256)>,
    hashes: MerkleBuilder,
    receipts: MerkleBuilder,
    messages: MerkleBuilder,
}

impl OutputBuilder {
    /// The next block.
    pub fn block(&mut self, hash: B256, state_root: B256, receipts_root: B256) {
        self.last = Some((hash, state_root));
        self.hashes.push(hash);
        self.receipts.push(receipts_root);
    }

    /// The next L2 -> L1 message, by its hash.
    pub fn message(&mut self, hash: B256) {
        self.messages.push(hash);
    }

    /// `None` without blocks.
    pub fn finish(&self) -> Option<BatchOutput> {
        let (last, state_root) = self.last?;
        Some(BatchOutput {
            state_root,
            transaction_root: keccak256([last.0, self.hashes.root().0].concat()),
            receipt_root: keccak256([self.receipts.root().0, self.messages.root().0].concat()),
        })
    }
}

/// Everything that determines a batch's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimInput {
    pub parent_state_root: B256,
    pub parent_transaction_root: B256,
    pub commitment: B256,
    pub parent_accumulator: B256,
    pub accumulator: B256,
    /// Of the header.
    pub timestamp: u64,
    /// Of the header.
    pub l1_block_number: u64,
    pub params_hash: B256,
}

impl ClaimInput {
    /// The ABI encoding whose hash is the claim input.
    pub fn encode(&self) -> Vec<u8> {
        let (timestamp, l1_block_number) = (U256::from(self.timestamp), U256::from(self.l1_block_number));
        let words = [
            self.parent_state_root,
            self.parent_transaction_root,
            self.commitment,
            self.parent_accumulator,
            self.accumulator,
            timestamp.into(),
            l1_block_number.into(),
            self.params_hash,
        ];
        words.iter().flat_map(|word| word.0).collect()
    }

    /// Inverse of [`Self::encode`]; `None` when the bytes are none that L1 makes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<32>();
        let [parent_state_root, parent_transaction_root, commitment, parent_accumulator, accumulator, time, l1, params] =
            *<&[[u8; 32]; 8]>::try_from(words).ok()?;
        rest.is_empty().then_some(())?;
        Some(Self {
            parent_state_root: parent_state_root.into(),
            parent_transaction_root: parent_transaction_root.into(),
            commitment: commitment.into(),
            parent_accumulator: parent_accumulator.into(),
            accumulator: accumulator.into(),
            timestamp: U256::from_be_bytes(time).try_into().ok()?,
            l1_block_number: U256::from_be_bytes(l1).try_into().ok()?,
            params_hash: params.into(),
        })
    }

    /// Claim input.
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }
}

/// Hash of `RollupConfig.initCode`.
pub fn params_hash(init_code: &[u8]) -> B256 {
    keccak256(init_code)
}

/// Parameters that `RollupConfig.initCode` holds, read as L1 does. `None` when L1 would have refused it.
pub fn decode_params(init_code: &[u8]) -> Option<RollupParams> {
    if init_code.is_empty() {
        return Some(RollupParams {
            l2ChainId: DEFAULT_L2_CHAIN_ID,
            l2GasLimit: DEFAULT_L2_GAS_LIMIT,
            minBaseFee: DEFAULT_MIN_BASE_FEE,
            genesisTimestamp: 0,
            genesisBlockHash: B256::ZERO,
            inclusionWindow: DEFAULT_INCLUSION_WINDOW,
            fallbackWindow: DEFAULT_FALLBACK_WINDOW,
            messageGasLimit: DEFAULT_MESSAGE_GAS_LIMIT,
        });
    }
    // Solidity's decoder takes more bytes than it needs.
    let words = init_code.as_chunks::<32>().0.first_chunk::<8>()?;
    let number = |index: usize| u64::try_from(U256::from_be_bytes(words[index])).ok();
    Some(RollupParams {
        l2ChainId: number(0)?,
        l2GasLimit: number(1)?,
        minBaseFee: number(2)?,
        genesisTimestamp: number(3)?,
        genesisBlockHash: words[4].into(),
        inclusionWindow: number(5)?,
        fallbackWindow: number(6)?,
        messageGasLimit: number(7)?,
    })
}
