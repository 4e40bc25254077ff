//! Consensus encodings.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::eth::raw_by_hash;
use crate::register::Registrar;
use crate::rpc::Rpc;
use crate::types::encode_block;
use alloy_eips::BlockId;
use alloy_primitives::Bytes;
use lux_chain::Block;
use std::sync::Arc;

pub(crate) fn register(methods: &mut Registrar) {
    methods.read("debug_getRawHeader", 1, |rpc, args| {
        let header = rpc.require_header(args.required::<BlockId>(0)?)?.header;
        Ok(Bytes::from(alloy_rlp::encode(header)))
    });
    methods.read("debug_getRawBlock", 1, |rpc, args| Ok(Bytes::from(encode_block(&*find(rpc, args)?))));
    methods.read("debug_getRawReceipts", 1, receipts);
    methods.read("debug_getRawTransaction", 1, raw_by_hash);
}

fn find(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Arc<Block>> {
    rpc.block(args.required::<BlockId>(0)?)?.ok_or_else(|| error::server("block not found"))
}

fn receipts(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Vec<Bytes>> {
    let block = find(rpc, args)?;
    let receipts = rpc.receipts(block.hash)?;
    let encode = |receipt: &lux_protocol::Receipt| {
        let mut out = Vec::with_capacity(300);
        receipt.encode_2718(&mut out);
        out.into()
    };
    Ok(receipts.iter().map(encode).collect())
}
