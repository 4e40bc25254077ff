//! What distinguishes our L2 from plain Ethereum, and what both put into a header.

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use lux_protocol::constants::FEE_VAULT;
use lux_protocol::contracts::RollupParams;
use lux_protocol::{BaseFeeParams, next_base_fee};

/// Which rules a chain follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainKind {
    /// Ethereum's, with nothing added.
    Ethereum,
    /// `docs/protocol.md`, "L2 block".
    Rollup,
}

/// Constants of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub kind: ChainKind,
    pub chain_id: u64,
    pub gas_limit: u64,
    pub base_fee: BaseFeeParams,
}

/// How far a rollup block has read L1; the extra data of its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct L1Origin {
    pub block_number: u64,
    /// Queue entries consumed up to and including the block.
    pub message_count: u64,
}

impl L1Origin {
    pub fn to_extra_data(self) -> Bytes {
        [self.block_number.to_be_bytes(), self.message_count.to_be_bytes()].concat().into()
    }

    /// `None` when the header is not a rollup block's.
    pub fn from_header(header: &Header) -> Option<Self> {
        let bytes: [u8; 16] = header.extra_data.as_ref().try_into().ok()?;
        let number = |half: &[u8]| half.iter().fold(0u64, |n, &byte| n << 8 | u64::from(byte));
        Some(Self { block_number: number(&bytes[..8]), message_count: number(&bytes[8..]) })
    }
}

/// What is fixed about a block before its transactions run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockAttributes {
    pub parent_hash: B256,
    pub number: u64,
    pub timestamp: u64,
    pub beneficiary: Address,
    pub gas_limit: u64,
    pub base_fee: u64,
    pub prev_randao: B256,
    pub extra_data: Bytes,
    /// Present on a rollup.
    pub l1_origin: Option<L1Origin>,
}

impl Rules {
    /// Those of a rollup with these parameters.
    pub fn rollup(params: &RollupParams) -> Self {
        Self {
            kind: ChainKind::Rollup,
            chain_id: params.l2ChainId,
            gas_limit: params.l2GasLimit,
            base_fee: BaseFeeParams::l2(params.minBaseFee),
        }
    }

    /// Attributes of the block after `parent`.
    pub fn next_block(
        &self,
        parent: &Header,
        parent_hash: B256,
        timestamp: u64,
        l1_origin: Option<L1Origin>,
    ) -> BlockAttributes {
        let base_fee = next_base_fee(
            self.base_fee,
            parent.gas_used,
            parent.gas_limit,
            parent.base_fee_per_gas.unwrap_or_default(),
        );
        BlockAttributes {
            parent_hash,
            number: parent.number + 1,
            timestamp,
            beneficiary: if self.kind == ChainKind::Rollup { FEE_VAULT } else { Address::ZERO },
            gas_limit: self.gas_limit,
            base_fee,
            prev_randao: keccak256(parent_hash),
            extra_data: l1_origin.map(L1Origin::to_extra_data).unwrap_or_default(),
            l1_origin,
        }
    }

    /// Attributes that an existing block was made with: what executing it again starts from.
    pub fn attributes_of(&self, header: &Header) -> BlockAttributes {
        BlockAttributes {
            parent_hash: header.parent_hash,
            number: header.number,
            timestamp: header.timestamp,
            beneficiary: header.beneficiary,
            gas_limit: header.gas_limit,
            base_fee: header.base_fee_per_gas.unwrap_or_default(),
            prev_randao: header.mix_hash,
            extra_data: header.extra_data.clone(),
            l1_origin: (self.kind == ChainKind::Rollup).then(|| L1Origin::from_header(header)).flatten(),
        }
    }
}
