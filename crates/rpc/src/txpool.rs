//! `txpool_*`.

use crate::args::Args;
use crate::error::RpcResult;
use crate::register::Registrar;
use crate::rpc::Rpc;
use crate::types::{RpcTransaction, pending_transaction};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, U64};
use lux_chain::pool::{AccountContent, PooledTx};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Per nonce, in decimal, as geth names them.
type ByNonce<T> = BTreeMap<Nonce, T>;

/// A nonce as a key: decimal, but in order of the numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Nonce(u64);

impl Serialize for Nonce {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Clone, Serialize)]
struct Status {
    pending: U64,
    queued: U64,
}

#[derive(Serialize)]
struct Content<T> {
    pending: T,
    queued: T,
}

type Accounts<T> = BTreeMap<Address, ByNonce<T>>;

pub(crate) fn register(methods: &mut Registrar) {
    methods.light("txpool_status", 0, |rpc, _| {
        let status = rpc.chain().pool().status();
        Ok(Status { pending: U64::from(status.pending), queued: U64::from(status.queued) })
    });
    methods.read("txpool_content", 0, |rpc, _| Ok(accounts(rpc, pending_transaction)));
    methods.read("txpool_inspect", 0, |rpc, _| Ok(accounts(rpc, summary)));
    methods.read("txpool_contentFrom", 1, content_from);
}

fn content_from(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Content<ByNonce<RpcTransaction>>> {
    let AccountContent { pending, queued } = rpc.chain().pool().content_from(args.required(0)?);
    Ok(Content { pending: by_nonce(&pending, pending_transaction), queued: by_nonce(&queued, pending_transaction) })
}

fn accounts<T>(rpc: &Rpc, show: fn(&PooledTx) -> T) -> Content<Accounts<T>> {
    let mut content = Content { pending: BTreeMap::new(), queued: BTreeMap::new() };
    for (address, account) in rpc.chain().pool().content() {
        for (part, txs) in [(&mut content.pending, account.pending), (&mut content.queued, account.queued)] {
            if !txs.is_empty() {
                part.insert(address, by_nonce(&txs, show));
            }
        }
    }
    content
}

fn by_nonce<T>(txs: &[Arc<PooledTx>], show: fn(&PooledTx) -> T) -> ByNonce<T> {
    txs.iter().map(|tx| (Nonce(tx.nonce), show(tx))).collect()
}

fn summary(tx: &PooledTx) -> String {
    let to = tx.tx.to().map_or_else(|| "contract creation".into(), |to| to.to_string());
    format!("{to}: {} wei + {} gas × {} wei", tx.tx.value(), tx.gas_limit, tx.max_fee)
}
