//! Blocks.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::evm::pending_attributes;
use crate::register::Registrar;
use crate::rpc::Rpc;
use crate::types::{RpcBlock, RpcReceipt, block, pending_block, receipts};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};

pub(crate) fn register(methods: &mut Registrar) {
    methods.read("eth_getBlockByNumber", 2, |rpc, args| {
        let tag = args.required::<BlockNumberOrTag>(0)?;
        by_id(rpc, tag.into(), args.optional(1)?)
    });
    methods.read("eth_getBlockByHash", 2, |rpc, args| by_id(rpc, args.required::<B256>(0)?.into(), args.optional(1)?));
    methods.read("eth_getBlockTransactionCountByNumber", 1, |rpc, args| count(rpc, number_arg(args)?));
    methods.read("eth_getBlockTransactionCountByHash", 1, |rpc, args| count(rpc, hash_arg(args)?));
    methods.light("eth_getUncleCountByBlockNumber", 1, |rpc, args| uncles(rpc, number_arg(args)?));
    methods.light("eth_getUncleCountByBlockHash", 1, |rpc, args| uncles(rpc, hash_arg(args)?));
    methods.light("eth_getUncleByBlockNumberAndIndex", 2, |_, args| no_uncle(number_arg(args)?, args));
    methods.light("eth_getUncleByBlockHashAndIndex", 2, |_, args| no_uncle(hash_arg(args)?, args));
    methods.read("eth_getBlockReceipts", 1, block_receipts);
}

fn number_arg(args: &Args<'_>) -> RpcResult<BlockId> {
    Ok(args.required::<BlockNumberOrTag>(0)?.into())
}

fn hash_arg(args: &Args<'_>) -> RpcResult<BlockId> {
    Ok(args.required::<B256>(0)?.into())
}

fn by_id(rpc: &Rpc, id: BlockId, full: Option<bool>) -> RpcResult<Option<RpcBlock>> {
    if id.is_pending() {
        return Ok(Some(pending_block(&pending_attributes(rpc))));
    }
    Ok(rpc.block(id)?.map(|found| block(&found, full.unwrap_or(false))))
}

fn count(rpc: &Rpc, id: BlockId) -> RpcResult<Option<U64>> {
    if id.is_pending() {
        return Ok(Some(U64::ZERO));
    }
    Ok(rpc.block(id)?.map(|block| U64::from(block.transactions.len())))
}

fn uncles(rpc: &Rpc, id: BlockId) -> RpcResult<Option<U64>> {
    Ok(rpc.header(id)?.map(|_| U64::ZERO))
}

fn no_uncle(_: BlockId, args: &Args<'_>) -> RpcResult<()> {
    args.required::<U64>(1).map(drop)
}

fn block_receipts(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Option<Vec<RpcReceipt>>> {
    let id = args.required::<BlockId>(0)?;
    if id.is_pending() {
        return Ok(None);
    }
    let Some(block) = rpc.block(id)? else { return Ok(None) };
    let stored = rpc.receipts(block.hash)?;
    if stored.len() != block.transactions.len() {
        return Err(error::internal("a stored block and its receipts differ in number"));
    }
    Ok(Some(receipts(&block, &stored, 0..stored.len())))
}
