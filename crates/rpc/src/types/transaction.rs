//! `eth_getTransactionBy*`.

use alloy_consensus::Transaction as _;
use alloy_eips::eip2930::AccessList;
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use lux_chain::Block;
use lux_chain::pool::PooledTx;
use lux_protocol::{Deposit, EthTransaction, Transaction};
use serde::Serialize;

/// Where a transaction stands on the chain.
#[derive(Clone, Copy)]
struct Place {
    block_hash: B256,
    block_number: u64,
    index: usize,
    base_fee: u64,
}

impl Place {
    fn of(block: &Block, index: usize) -> Self {
        Self {
            block_hash: block.hash,
            block_number: block.number(),
            index,
            base_fee: block.header.base_fee_per_gas.unwrap_or_default(),
        }
    }
}

/// A transaction, with nulls for its place while it has none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RpcTransaction {
    block_hash: Option<B256>,
    block_number: Option<U64>,
    transaction_index: Option<U64>,
    hash: B256,
    #[serde(rename = "type")]
    tx_type: U64,
    from: Address,
    to: Option<Address>,
    nonce: U64,
    value: U256,
    gas: U64,
    /// What was paid, once that is known.
    gas_price: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_fee_per_gas: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_priority_fee_per_gas: Option<U256>,
    input: Bytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain_id: Option<U64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_list: Option<AccessList>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_list: Option<Vec<SignedAuthorization>>,
    v: U256,
    r: U256,
    s: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    y_parity: Option<U64>,
    #[serde(flatten)]
    deposit: Option<DepositFields>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DepositFields {
    source_hash: B256,
    /// Wei created on the sender.
    mint: U256,
    is_system_tx: bool,
}

/// The transaction at `index` of `block`, which must have one.
pub(crate) fn transaction(block: &Block, index: usize) -> Option<RpcTransaction> {
    let (tx, from) = (block.transactions.get(index)?, *block.senders.get(index)?);
    let place = Place::of(block, index);
    Some(match tx {
        Transaction::Ethereum(tx) => ethereum(tx, from, Some(place)),
        Transaction::Deposit(tx) => deposit(tx, place),
    })
}

pub(crate) fn pending_transaction(tx: &PooledTx) -> RpcTransaction {
    ethereum(&tx.tx, tx.sender, None)
}

fn ethereum(tx: &EthTransaction, from: Address, place: Option<Place>) -> RpcTransaction {
    let signature = tx.signature();
    let parity = u64::from(signature.v());
    let legacy = matches!(tx, EthTransaction::Legacy(_));
    let v = match (legacy, tx.chain_id()) {
        (true, Some(id)) => U256::from(id) * U256::from(2) + U256::from(35 + parity),
        (true, None) => U256::from(27 + parity),
        (false, _) => U256::from(parity),
    };
    let price = match place {
        Some(place) => tx.effective_gas_price(Some(place.base_fee)),
        None => tx.max_fee_per_gas(),
    };
    let dynamic = tx.max_priority_fee_per_gas().is_some();
    RpcTransaction {
        block_hash: place.map(|place| place.block_hash),
        block_number: place.map(|place| U64::from(place.block_number)),
        transaction_index: place.map(|place| U64::from(place.index)),
        hash: *tx.tx_hash(),
        tx_type: U64::from(tx.tx_type() as u8),
        from,
        to: tx.to(),
        nonce: U64::from(tx.nonce()),
        value: tx.value(),
        gas: U64::from(tx.gas_limit()),
        gas_price: U256::from(price),
        max_fee_per_gas: dynamic.then(|| U256::from(tx.max_fee_per_gas())),
        max_priority_fee_per_gas: tx.max_priority_fee_per_gas().map(U256::from),
        input: tx.input().clone(),
        chain_id: tx.chain_id().map(U64::from),
        access_list: tx.access_list().cloned(),
        authorization_list: tx.authorization_list().map(<[_]>::to_vec),
        v,
        r: signature.r(),
        s: signature.s(),
        y_parity: (!legacy).then(|| U64::from(parity)),
        deposit: None,
    }
}

/// A deposit has neither signature nor price nor nonce of its own; zeros keep clients able to read it.
fn deposit(tx: &Deposit, place: Place) -> RpcTransaction {
    RpcTransaction {
        block_hash: Some(place.block_hash),
        block_number: Some(U64::from(place.block_number)),
        transaction_index: Some(U64::from(place.index)),
        hash: tx.hash(),
        tx_type: U64::from(Deposit::TYPE),
        from: tx.from,
        to: Some(tx.to),
        nonce: U64::ZERO,
        value: tx.value,
        gas: U64::from(tx.gas_limit),
        gas_price: U256::ZERO,
        max_fee_per_gas: None,
        max_priority_fee_per_gas: None,
        input: tx.data.clone(),
        chain_id: None,
        access_list: None,
        authorization_list: None,
        v: U256::ZERO,
        r: U256::ZERO,
        s: U256::ZERO,
        y_parity: Some(U64::ZERO),
        deposit: Some(DepositFields { source_hash: tx.source_hash, mint: tx.mint, is_system_tx: false }),
    }
}
