//! A transaction in the pool.

use super::{PoolError, fees::Bid};
use alloy_consensus::Transaction as _;
use alloy_eips::Encodable2718 as _;
use alloy_primitives::{Address, B256, U256};
use lux_protocol::EthTransaction;

/// A transaction with what the pool looks at often. Shared as `Arc<PooledTx>`.
#[derive(Clone, Debug)]
pub struct PooledTx {
    pub tx: EthTransaction,
    pub sender: Address,
    pub hash: B256,
    /// Size in EIP-2718 form.
    pub encoded_len: usize,
    pub nonce: u64,
    pub gas_limit: u64,
    /// Most wei per gas the sender pays.
    pub max_fee: u128,
    /// Most of it that may go to the sequencer; the whole price for transactions that know no tip.
    pub max_tip: u128,
    /// Most wei the transaction can take from the sender: `gas limit * max fee + value`.
    pub cost: U256,
    /// Order of arrival in this pool.
    pub seq: u64,
    /// Shown to nobody but who builds blocks.
    pub is_private: bool,
}

impl PooledTx {
    /// `seq` is given when the transaction enters the store.
    pub(super) fn new(tx: EthTransaction, sender: Address) -> Result<Self, PoolError> {
        let (max_fee, gas_limit) = (tx.max_fee_per_gas(), tx.gas_limit());
        // 64 + 128 bits: only the value can overflow the sum.
        let cost =
            (U256::from(gas_limit) * U256::from(max_fee)).checked_add(tx.value()).ok_or(PoolError::CostOverflow)?;
        Ok(Self {
            sender,
            hash: *tx.tx_hash(),
            encoded_len: tx.encode_2718_len(),
            nonce: tx.nonce(),
            gas_limit,
            max_fee,
            max_tip: tx.max_priority_fee_per_gas().unwrap_or(max_fee),
            cost,
            seq: 0,
            is_private: false,
            tx,
        })
    }

    /// Wei per gas that the sender pays at `base_fee`; less than `base_fee` where the transaction has to wait.
    pub fn effective_price(&self, base_fee: u64) -> u128 {
        self.bid().price(base_fee)
    }

    pub(super) fn bid(&self) -> Bid {
        Bid { max_fee: self.max_fee, max_tip: self.max_tip, seq: self.seq, sender: self.sender }
    }

    /// Whether this may take the place of `old`, which has the same sender and nonce. Strictly more even where the bump
    /// rounds to nothing, or equal bids could churn for free.
    pub(super) fn outbids(&self, old: &Self, bump_percent: u8) -> bool {
        let enough = |new: u128, old: u128| {
            let needed = U256::from(old) * U256::from(100 + u64::from(bump_percent)) / U256::from(100);
            new > old && U256::from(new) >= needed
        };
        enough(self.max_fee, old.max_fee) && enough(self.max_tip, old.max_tip)
    }
}
