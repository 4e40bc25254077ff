//! `eth_sendRawTransaction`: the hot path.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_primitives::{B256, Bytes};
use jsonrpsee::types::Params;
use lux_chain::pool::PoolError;
use lux_protocol::{DecodeError, EthTransaction, Transaction};
use lux_stf::recover_sender;
use std::sync::Arc;

const NAME: &str = "eth_sendRawTransaction";

pub(crate) fn register(methods: &mut Registrar) {
    // Without anything to wait for, a call needs no future of its own.
    let waits = methods.context.forward.is_some() || methods.context.on_transaction.is_some();
    if !waits {
        return methods.light(NAME, 1, |rpc, args| add(rpc, &args.required::<Bytes>(0)?));
    }
    let handle = |params: Params<'static>, rpc: Arc<Rpc>, _| send(params, rpc);
    methods.module.register_async_method(NAME, handle).expect("method names are distinct");
}

async fn send(params: Params<'static>, rpc: Arc<Rpc>) -> RpcResult<B256> {
    let raw = Args::parse(&params, 1)?.required::<Bytes>(0)?;
    if let Some(forward) = &rpc.forward {
        decode_transaction(&raw)?;
        return forward.send_raw(raw).await;
    }
    let hash = add(&rpc, &raw)?;
    if let Some(on_transaction) = &rpc.on_transaction {
        on_transaction(hash).await;
    }
    Ok(hash)
}

fn add(rpc: &Rpc, raw: &Bytes) -> RpcResult<B256> {
    let tx = decode_transaction(raw)?;
    // Recovery is nearly all of the work: not for what is sent again.
    if rpc.chain().pool().contains(tx.tx_hash()) {
        return Err(error::server(PoolError::AlreadyKnown));
    }
    let sender = recover_sender(&tx).ok_or_else(|| error::server("invalid sender"))?;
    let added = rpc.chain().pool().add(tx, sender, rpc.chain()).map_err(error::server)?;
    Ok(added.hash)
}

/// A transaction in EIP-2718 form. Refuses in geth's words where tools match on them.
pub fn decode_transaction(raw: &[u8]) -> RpcResult<EthTransaction> {
    if raw.is_empty() {
        return Err(error::server("typed transaction too short"));
    }
    Transaction::decode_ethereum(raw).map_err(|error| match error {
        DecodeError::Blob => error::server("transaction type not supported"),
        DecodeError::Malformed(reason) => error::server(format!("rlp: {reason}")),
        other => error::server(other),
    })
}
