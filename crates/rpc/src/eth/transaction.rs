//! Transactions and receipts.

use crate::args::Args;
use crate::error::RpcResult;
use crate::register::Registrar;
use crate::rpc::Rpc;
use crate::types::{RpcReceipt, RpcTransaction, pending_transaction, receipts, transaction};
use alloy_eips::{BlockId, BlockNumberOrTag, Encodable2718};
use alloy_primitives::{B256, Bytes, U64};

pub(crate) fn register(methods: &mut Registrar) {
    methods.read("eth_getTransactionByHash", 1, by_hash);
    methods.read("eth_getTransactionByBlockNumberAndIndex", 2, |rpc, args| {
        by_index(rpc, args.required::<BlockNumberOrTag>(0)?.into(), args)
    });
    methods.read("eth_getTransactionByBlockHashAndIndex", 2, |rpc, args| {
        by_index(rpc, args.required::<B256>(0)?.into(), args)
    });
    methods.read("eth_getRawTransactionByHash", 1, raw_by_hash);
    methods.read("eth_getTransactionReceipt", 1, receipt);
}

fn by_hash(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Option<RpcTransaction>> {
    let hash = args.required::<B256>(0)?;
    // The chain last: a transaction that a block takes meanwhile is found there.
    if let Some(tx) = rpc.chain().pool().get(&hash) {
        return Ok(Some(pending_transaction(&tx)));
    }
    Ok(rpc.find_transaction(hash)?.and_then(|(block, index)| transaction(&block, index)))
}

fn by_index(rpc: &Rpc, id: BlockId, args: &Args<'_>) -> RpcResult<Option<RpcTransaction>> {
    let index = args.required::<U64>(1)?;
    if id.is_pending() {
        return Ok(None);
    }
    Ok(rpc.block(id)?.and_then(|block| transaction(&block, usize::try_from(index).ok()?)))
}

/// The transaction in EIP-2718 form, from the pool or the chain.
pub(crate) fn raw_by_hash(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Option<Bytes>> {
    let hash = args.required::<B256>(0)?;
    if let Some(tx) = rpc.chain().pool().get(&hash) {
        return Ok(Some(tx.tx.encoded_2718().into()));
    }
    Ok(rpc.find_transaction(hash)?.map(|(block, index)| block.transactions[index].encoded_2718().into()))
}

fn receipt(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Option<RpcReceipt>> {
    let Some((block, index)) = rpc.find_transaction(args.required(0)?)? else { return Ok(None) };
    let stored = rpc.receipts(block.hash)?;
    Ok(receipts(&block, &stored, index..index + 1).pop())
}
