//! `debug_trace*`: transactions run again, on the state that they ran on.

use super::guard::{Guard, Recorded};
use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::evm::{CallRequest, Evm};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use alloy_rpc_types_trace::geth::{GethDebugTracingCallOptions, GethDebugTracingOptions, GethTrace, TraceResult};
use lux_chain::Block;
use lux_protocol::Transaction;
use lux_stf::{BlockExecutor, block_env, prepare_deposit, set_deposit_checks, tx_env};
use revm::DatabaseCommit;
use revm::context::TxEnv;
use revm::context::result::ResultAndState;
use revm::state::AccountInfo;
use revm_inspectors::tracing::{DebugInspector, TransactionContext};

pub(crate) fn register(methods: &mut Registrar) {
    methods.execute("debug_traceTransaction", 2, transaction);
    methods.execute("debug_traceCall", 3, call);
    methods.execute("debug_traceBlockByNumber", 2, |rpc, args| {
        block(rpc, args.required::<BlockNumberOrTag>(0)?.into(), args)
    });
    methods.execute("debug_traceBlockByHash", 2, |rpc, args| block(rpc, args.required::<B256>(0)?.into(), args));
}

fn transaction(rpc: &Rpc, args: &Args<'_>) -> RpcResult<GethTrace> {
    let found = rpc.find_transaction(args.required(0)?)?;
    let (block, index) = found.ok_or_else(|| error::server("transaction not found"))?;
    let mut evm = before(rpc, &block, index)?;
    let mut tracer = Tracer::new(rpc, &evm, args.optional(1)?.unwrap_or_default())?;
    Ok(trace(rpc, &mut evm, &mut tracer, &block, index)??.0)
}

fn block(rpc: &Rpc, id: BlockId, args: &Args<'_>) -> RpcResult<Vec<TraceResult>> {
    let block = rpc.block(id)?.ok_or_else(|| error::server("block not found"))?;
    let mut evm = before(rpc, &block, 0)?;
    let mut tracer = Tracer::new(rpc, &evm, args.optional(1)?.unwrap_or_default())?;
    let mut traces = Vec::with_capacity(block.transactions.len());
    for index in 0..block.transactions.len() {
        let tx = &block.transactions[index];
        let tx_hash = Some(tx.hash());
        let traced = trace(rpc, &mut evm, &mut tracer, &block, index)?;
        let state = evm.database()?.0.get_mut();
        match (traced, tx) {
            (Ok((result, outcome)), _) => {
                state.commit(outcome.state);
                traces.push(TraceResult::Success { result, tx_hash });
            }
            (Err(reason), Transaction::Deposit(deposit)) => {
                // In the block all the same, with only its value and its nonce.
                let rise = |account: &mut AccountInfo| account.nonce = account.nonce.saturating_add(1);
                state.modify(deposit.from, rise).map_err(error::state)?;
                traces.push(TraceResult::Error { error: reason.message().to_string(), tx_hash });
            }
            (Err(reason), Transaction::Ethereum(_)) => return Err(error::internal(reason)),
        }
    }
    Ok(traces)
}

fn call(rpc: &Rpc, args: &Args<'_>) -> RpcResult<GethTrace> {
    let request = args.required::<CallRequest>(0)?;
    let id = args.optional::<BlockId>(1)?.unwrap_or_default();
    let options = args.optional::<GethDebugTracingCallOptions>(2)?.unwrap_or_default();
    if options.tx_index.is_some() {
        return Err(error::server("txIndex is not supported"));
    }
    let mut evm = Evm::at(rpc, id)?.with_overrides(options.state_overrides, options.block_overrides)?;
    let mut tracer = Tracer::new(rpc, &evm, options.tracing_options)?;
    let tx = evm.call_env(&request)?;
    Ok(tracer.run(&mut evm, tx, TransactionContext::default())??.0)
}

/// The EVM as it stood before transaction `index` of `block`.
fn before<'a>(rpc: &'a Rpc, block: &Block, index: usize) -> RpcResult<Evm<'a>> {
    let rules = *rpc.chain().rules();
    if block.number() == 0 {
        return Err(error::server("genesis is not traceable"));
    }
    let parent = rpc.require_header(block.header.parent_hash.into())?;
    let attributes = rules.attributes_of(&block.header);
    let env = block_env(&attributes);
    let state = rpc.state(parent.header.state_root);
    let mut executor = BlockExecutor::new(rules, attributes, state).map_err(error::replay)?;
    let deadline = std::time::Instant::now() + rpc.limits.execution_timeout;
    for (tx, sender) in block.transactions.iter().zip(&block.senders).take(index) {
        if std::time::Instant::now() >= deadline {
            return Err(error::timeout());
        }
        match tx {
            Transaction::Deposit(deposit) => executor.deposit(deposit.clone()).map_err(error::replay)?,
            Transaction::Ethereum(tx) => drop(executor.transact(tx.clone(), *sender).map_err(error::replay)?),
        }
    }
    Ok(Evm::on(rpc, env, executor.into_overlay()))
}

/// Traces transaction `index` of `block` on an EVM that stands before it. Does not commit its changes.
fn trace(rpc: &Rpc, evm: &mut Evm<'_>, tracer: &mut Tracer, block: &Block, index: usize) -> RpcResult<Traced> {
    let (Some(tx), Some(sender)) = (block.transactions.get(index), block.senders.get(index)) else {
        return Err(error::internal("a block has no such transaction"));
    };
    let context = TransactionContext { block_hash: Some(block.hash), tx_index: Some(index), tx_hash: Some(tx.hash()) };
    match tx {
        Transaction::Ethereum(tx) => tracer.run(evm, tx_env(tx, *sender), context),
        Transaction::Deposit(deposit) => {
            let state = evm.database()?.0.get_mut();
            let tx = prepare_deposit(state, deposit, rpc.chain().rules().chain_id).map_err(error::state)?;
            let checks = evm.cfg.clone();
            set_deposit_checks(&mut evm.cfg, true);
            let result = tracer.run(evm, tx, context);
            evm.cfg = checks;
            result
        }
    }
}

/// A trace with the changes, or why the transaction could not start.
type Traced = RpcResult<(GethTrace, ResultAndState)>;

/// A tracer with its bounds.
struct Tracer {
    options: GethDebugTracingOptions,
    /// Taken while the EVM runs.
    guard: Option<Guard>,
}

impl Tracer {
    fn new(rpc: &Rpc, evm: &Evm<'_>, options: GethDebugTracingOptions) -> RpcResult<Self> {
        // An unknown tracer, before anything runs.
        DebugInspector::new(options.clone()).map_err(error::server)?;
        let guard = Guard::new(&rpc.limits, evm.deadline, Recorded::by(&options));
        Ok(Self { options, guard: Some(guard) })
    }

    fn run(&mut self, evm: &mut Evm<'_>, tx: TxEnv, context: TransactionContext) -> RpcResult<Traced> {
        let mut guard = self.guard.take().ok_or_else(|| error::internal("the tracer has failed before"))?;
        guard.next_transaction();
        let inspector = DebugInspector::new(self.options.clone()).map_err(error::server)?;
        let (result, (guard, mut inspector)) = evm.inspect_full(tx.clone(), (guard, inspector))?;
        self.guard = Some(guard);
        let result = match result {
            Ok(result) => result,
            Err(reason) => return Ok(Err(reason)),
        };
        let block = evm.block.clone();
        let trace =
            inspector.get_result(Some(context), &tx, &block, &result, evm.database()?).map_err(error::internal)?;
        Ok(Ok((trace, result)))
    }
}
