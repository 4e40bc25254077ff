//! `net_*` and `web3_*`.

use crate::args::Args;
use crate::error::RpcResult;
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_primitives::{B256, Bytes, U64, keccak256};

pub(crate) fn register(methods: &mut Registrar) {
    methods.light("net_version", 0, |rpc, _| Ok(rpc.chain().rules().chain_id.to_string()));
    methods.light("net_listening", 0, |_, _| Ok(true));
    methods.light("net_peerCount", 0, |_, _| Ok(U64::ZERO));
    methods.light("web3_clientVersion", 0, |rpc, _| Ok(rpc.client_version.clone()));
    methods.light("web3_sha3", 1, sha3);
}

fn sha3(_: &Rpc, args: &Args<'_>) -> RpcResult<B256> {
    Ok(keccak256(args.required::<Bytes>(0)?))
}
