//! `eth_call`.

use crate::args::Args;
use crate::error::RpcResult;
use crate::evm::{CallRequest, Evm};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::BlockId;
use alloy_primitives::Bytes;
use alloy_rpc_types_eth::{BlockOverrides, state::StateOverride};

pub(crate) fn register(methods: &mut Registrar) {
    methods.execute("eth_call", 4, call);
}

fn call(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Bytes> {
    let request = args.required::<CallRequest>(0)?;
    let id = args.optional::<BlockId>(1)?.unwrap_or_default();
    let state = args.optional::<StateOverride>(2)?;
    let block = args.optional::<BlockOverrides>(3)?;
    let mut evm = Evm::at(rpc, id)?.with_overrides(state, block)?;
    let tx = evm.call_env(&request)?;
    evm.run(tx)?.into_output()
}
