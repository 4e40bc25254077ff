//! One case of a state test, as the program reads it.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use revm::context::{BlockEnv, CfgEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::primitives::eip4844::MAX_BLOB_NUMBER_PER_BLOCK_CANCUN;
use revm::primitives::hardfork::SpecId;

/// Rules a case is run under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    Shanghai,
    Cancun,
}

impl Fork {
    pub(crate) const fn spec(self) -> SpecId {
        match self {
            Self::Shanghai => SpecId::SHANGHAI,
            Self::Cancun => SpecId::CANCUN,
        }
    }

    /// The precompiles are those from 1 to this one.
    pub(crate) const fn last_precompile(self) -> u64 {
        match self {
            Self::Shanghai => 9,
            Self::Cancun => 10,
        }
    }
}

impl Encodable for Fork {
    fn encode(&self, out: &mut dyn alloy_rlp::BufMut) {
        (*self as u8).encode(out);
    }

    fn length(&self) -> usize {
        (*self as u8).length()
    }
}

impl Decodable for Fork {
    fn decode(rlp: &mut &[u8]) -> alloy_rlp::Result<Self> {
        match u8::decode(rlp)? {
            0 => Ok(Self::Shanghai),
            1 => Ok(Self::Cancun),
            _ => Err(alloy_rlp::Error::Custom("unknown fork")),
        }
    }
}

/// A transaction, the block it is in, and the state before it. Its RLP's hash is the input of the program.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Case {
    pub fork: Fork,
    pub number: u64,
    pub timestamp: u64,
    pub beneficiary: Address,
    pub gas_limit: u64,
    pub base_fee: u64,
    pub prev_randao: B256,
    pub excess_blob_gas: u64,
    /// Root of the state before; its nodes and code are preimages.
    pub state_root: B256,
    /// Hashes of the transaction's pieces, none longer than a preimage can be.
    pub transaction: Vec<B256>,
}

impl Case {
    pub(crate) fn cfg_env(&self) -> CfgEnv {
        // The chain id is Ethereum's in every test, as it is by default.
        let mut cfg = CfgEnv::new_with_spec(self.fork.spec());
        cfg.max_blobs_per_tx = Some(MAX_BLOB_NUMBER_PER_BLOCK_CANCUN);
        cfg
    }

    pub(crate) fn block_env(&self, cfg: &CfgEnv) -> BlockEnv {
        let blob = BlobExcessGasAndPrice::new(self.excess_blob_gas, cfg.blob_base_fee_update_fraction());
        BlockEnv {
            number: U256::from(self.number),
            beneficiary: self.beneficiary,
            timestamp: U256::from(self.timestamp),
            gas_limit: self.gas_limit,
            basefee: self.base_fee,
            difficulty: U256::ZERO,
            prevrandao: Some(self.prev_randao),
            blob_excess_gas_and_price: Some(blob),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_case_is_what_it_was_before_encoding(
            (cancun, numbers, word, address, pieces) in
                (any::<bool>(), any::<[u64; 5]>(), any::<[u8; 32]>(), any::<[u8; 20]>(), any::<Vec<[u8; 32]>>()),
            end in any::<prop::sample::Index>(),
        ) {
            let case = Case {
                fork: if cancun { Fork::Cancun } else { Fork::Shanghai },
                number: numbers[0],
                timestamp: numbers[1],
                beneficiary: address.into(),
                gas_limit: numbers[2],
                base_fee: numbers[3],
                prev_randao: word.into(),
                excess_blob_gas: numbers[4],
                state_root: word.into(),
                transaction: pieces.into_iter().map(B256::from).collect(),
            };
            let rlp = alloy_rlp::encode(&case);
            prop_assert_eq!(alloy_rlp::decode_exact(&rlp), Ok(case));
            prop_assert!(alloy_rlp::decode_exact::<Case>(&rlp[..end.index(rlp.len())]).is_err());
        }
    }
}
