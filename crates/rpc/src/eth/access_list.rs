//! `eth_createAccessList`.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::evm::{CallRequest, Evm};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::BlockId;
use alloy_primitives::U256;
use alloy_rpc_types_eth::{AccessListResult, state::StateOverride};
use revm_inspectors::access_list::AccessListInspector;

/// A list changes what is cold, and with it what the code does: mostly it settles after two rounds.
const MAX_ROUNDS: usize = 16;

pub(crate) fn register(methods: &mut Registrar) {
    methods.execute("eth_createAccessList", 3, create);
}

fn create(rpc: &Rpc, args: &Args<'_>) -> RpcResult<AccessListResult> {
    let request = args.required::<CallRequest>(0)?;
    let id = args.optional::<BlockId>(1)?.unwrap_or_default();
    let mut evm = Evm::at(rpc, id)?.with_overrides(args.optional::<StateOverride>(2)?, None)?;
    let mut tx = evm.call_env(&request)?;
    for _ in 0..MAX_ROUNDS {
        let (outcome, inspector) = evm.inspect(tx.clone(), AccessListInspector::new(tx.access_list.clone()))?;
        let access_list = inspector.into_access_list();
        if access_list == tx.access_list {
            let gas_used = U256::from(outcome.gas_used());
            let error = (!outcome.success()).then(|| outcome.into_error().message().to_string());
            return Ok(AccessListResult { access_list, gas_used, error });
        }
        tx.access_list = access_list;
        tx.tx_type = tx.tx_type.max(1);
    }
    Err(error::server("access list does not settle"))
}
