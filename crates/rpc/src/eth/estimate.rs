//! `eth_estimateGas`, by geth's search.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::evm::{CallRequest, Evm, Outcome};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::BlockId;
use alloy_primitives::{U64, U256};
use alloy_rpc_types_eth::{BlockOverrides, state::StateOverride};
use revm::context::TxEnv;

/// What a transfer costs that runs no code.
const TRANSFER_GAS: u64 = 21_000;
const CALL_STIPEND: u64 = 2_300;
/// The search stops when the bounds are this close, as a share of the upper one: geth's 1.5 %.
const ERROR_PER_MILLE: u64 = 15;

pub(crate) fn register(methods: &mut Registrar) {
    methods.execute("eth_estimateGas", 4, estimate);
}

fn estimate(rpc: &Rpc, args: &Args<'_>) -> RpcResult<U64> {
    let request = args.required::<CallRequest>(0)?;
    let id = args.optional::<BlockId>(1)?.unwrap_or_default();
    let state = args.optional::<StateOverride>(2)?;
    let block = args.optional::<BlockOverrides>(3)?;
    let mut evm = Evm::at(rpc, id)?.with_overrides(state, block)?;
    let mut tx = evm.call_env(&request)?;
    tx.gas_limit = upper_bound(&mut evm, &request, &tx)?;
    search(&mut evm, tx).map(U64::from)
}

/// The most gas that the request, the block, the protocol and the sender's balance allow.
fn upper_bound(evm: &mut Evm<'_>, request: &CallRequest, tx: &TxEnv) -> RpcResult<u64> {
    let asked = request.gas().filter(|gas| *gas >= TRANSFER_GAS).unwrap_or(u64::MAX);
    let most = asked.min(evm.block.gas_limit).min(evm.tx_gas_cap()).min(evm.call_gas());
    if tx.gas_price == 0 {
        return Ok(most);
    }
    let balance = evm.balance(tx.caller)?;
    let Some(left) = balance.checked_sub(tx.value).filter(|left| !left.is_zero() || tx.value.is_zero()) else {
        return Err(error::server("insufficient funds for transfer"));
    };
    let affordable = left / U256::from(tx.gas_price);
    Ok(most.min(affordable.saturating_to()))
}

fn search(evm: &mut Evm<'_>, tx: TxEnv) -> RpcResult<u64> {
    let mut high = tx.gas_limit;
    let mut run = |gas: u64| evm.run_or_out_of_gas(TxEnv { gas_limit: gas, ..tx.clone() });
    if tx.data.is_empty() && tx.kind.is_call() && high >= TRANSFER_GAS {
        // Sufficient for whatever runs no code; code may need less than its own search finds, but not less than this.
        if run(TRANSFER_GAS)?.is_some_and(|outcome| outcome.success()) {
            return Ok(TRANSFER_GAS);
        }
    }
    let outcome = match run(high)? {
        Some(outcome) if outcome.success() => outcome,
        Some(outcome) if !outcome.out_of_gas() => return Err(outcome.into_error()),
        _ => return Err(error::server(format!("gas required exceeds allowance ({high})"))),
    };
    let enough = |outcome: Option<Outcome>| outcome.is_some_and(|outcome| outcome.success());
    let mut low = outcome.gas_used().saturating_sub(1);
    // Calls get 63/64 of what is left, so this often is enough, and nearly exact.
    let optimistic = (outcome.peak_gas() + CALL_STIPEND).saturating_mul(64) / 63;
    if optimistic < high {
        if enough(run(optimistic)?) { high = optimistic } else { low = optimistic }
    }
    while low + 1 < high && (high - low) * 1_000 >= high * ERROR_PER_MILLE {
        // Most transactions need not much more than they use: stay near the lower end.
        let middle = (low + (high - low) / 2).min(low.saturating_mul(2));
        if enough(run(middle)?) { high = middle } else { low = middle }
    }
    Ok(high)
}
