//! The mempool of [`FakeL1`](super::FakeL1): nonces and replacement as in geth.

use std::collections::BTreeMap;

use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use jsonrpsee::types::ErrorObjectOwned;

use super::FakeState;
use crate::{BlockId, L1Receipt};

/// A transaction as the pool sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolTx {
    pub hash: B256,
    pub from: Address,
    pub to: Option<Address>,
    pub nonce: u64,
    pub value: U256,
    pub data: Bytes,
    pub gas_limit: u64,
    pub max_fee: u128,
    pub priority_fee: u128,
    pub tx_type: u8,
}

impl PoolTx {
    fn decode(raw: &[u8]) -> Option<Self> {
        let tx = TxEnvelope::decode_2718_exact(raw).ok()?;
        let from = tx.signature().recover_address_from_prehash(&tx.signature_hash()).ok()?;
        Some(Self {
            hash: *tx.tx_hash(),
            from,
            to: tx.to(),
            nonce: tx.nonce(),
            value: tx.value(),
            data: tx.input().clone(),
            gas_limit: tx.gas_limit(),
            max_fee: tx.max_fee_per_gas(),
            priority_fee: tx.max_priority_fee_per_gas().unwrap_or(tx.max_fee_per_gas()),
            tx_type: tx.tx_type() as u8,
        })
    }
}

pub(super) fn error(code: i32, message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned::<()>(code, message, None)
}

impl FakeState {
    pub(super) fn add_raw(&mut self, raw: &[u8]) -> Result<B256, ErrorObjectOwned> {
        let tx = PoolTx::decode(raw).ok_or_else(|| error(-32602, "invalid transaction"))?;
        if self.base_fee.is_none() && tx.tx_type != 0 {
            return Err(error(-32000, "transaction type not supported"));
        }
        let next = self.mined_nonce(tx.from);
        if self.pool.iter().any(|t| t.hash == tx.hash) {
            return Err(error(-32000, "already known"));
        }
        if tx.nonce < next {
            return Err(error(-32000, format!("nonce too low: next nonce {next}, tx nonce {}", tx.nonce)));
        }
        if tx.priority_fee < self.min_tip {
            return Err(error(-32000, "transaction underpriced"));
        }
        if let Some(old) = self.pool.iter().find(|t| (t.from, t.nonce) == (tx.from, tx.nonce)) {
            let enough = |new: u128, old: u128| new * 100 >= old * 110;
            if !enough(tx.max_fee, old.max_fee) || !enough(tx.priority_fee, old.priority_fee) {
                return Err(error(-32000, "replacement transaction underpriced"));
            }
        }
        self.pool.retain(|t| (t.from, t.nonce) != (tx.from, tx.nonce));
        let hash = tx.hash;
        self.accepted.push(tx.clone());
        self.pool.push(tx);
        if self.automine {
            self.mine();
        }
        Ok(hash)
    }

    pub(super) fn pending_nonce(&self, address: Address) -> u64 {
        let mut nonce = self.mined_nonce(address);
        while self.pool.iter().any(|t| (t.from, t.nonce) == (address, nonce)) {
            nonce += 1;
        }
        nonce
    }

    pub(super) fn take_executable(
        &mut self,
        nonces: &mut BTreeMap<Address, u64>,
        block: BlockId,
    ) -> (Vec<PoolTx>, Vec<L1Receipt>) {
        let base_fee = self.base_fee.unwrap_or_default();
        let (mut txs, mut receipts) = (Vec::new(), Vec::new());
        while let Some(index) = self
            .pool
            .iter()
            .position(|t| t.max_fee >= base_fee && nonces.get(&t.from).copied().unwrap_or_default() == t.nonce)
        {
            let tx = self.pool.remove(index);
            nonces.insert(tx.from, tx.nonce + 1);
            let reverts = self.reverting.as_ref().is_some_and(|(a, _)| tx.to == Some(*a));
            receipts.push(L1Receipt {
                transaction_hash: tx.hash,
                block,
                success: !reverts,
                gas_used: 21_000,
                effective_gas_price: base_fee,
                contract_address: tx.to.is_none().then(|| tx.from.create(tx.nonce)),
                logs: Vec::new(),
            });
            txs.push(tx);
        }
        // Whatever can never be mined any more leaves the pool.
        self.pool.retain(|t| t.nonce >= nonces.get(&t.from).copied().unwrap_or_default());
        (txs, receipts)
    }
}
