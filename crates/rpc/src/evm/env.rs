//! The EVM of calls: what is checked of a transaction that nobody signed.

use super::overrides::{State, override_account, override_block};
use super::{CallRequest, Outcome, SharedDb, invalid};
use crate::error::{self, RpcResult};
use crate::rpc::Rpc;
use alloy_eips::BlockId;
use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::{BlockOverrides, state::StateOverride};
use lux_stf::{BlockAttributes, BlockExecutor, ChainKind, Overlay, StateError, block_env, build_evm, cfg_env};
use revm::context::result::{EVMError, InvalidTransaction, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::handler::MainnetContext;
use revm::primitives::hardfork::SpecId;
use revm::{Database, ExecuteEvm, InspectEvm, Inspector};
use std::time::Instant;

pub(crate) type CallContext = MainnetContext<SharedDb<State>>;

/// Calls on the state at one block.
pub(crate) struct Evm<'a> {
    rpc: &'a Rpc,
    pub block: BlockEnv,
    pub cfg: CfgEnv,
    /// Taken while the EVM runs.
    state: Option<SharedDb<State>>,
    pub deadline: Instant,
}

/// Attributes of the block that would come next, now.
pub(crate) fn pending_attributes(rpc: &Rpc) -> BlockAttributes {
    let (head, rules) = (rpc.chain().head(), rpc.chain().rules());
    let timestamp = (rpc.time)().max(head.header.timestamp);
    let origin = (rules.kind == ChainKind::Rollup).then(|| head.l1_origin());
    rules.next_block(&head.header, head.hash, timestamp, origin)
}

impl<'a> Evm<'a> {
    /// Stands after block `id`, and sees that block as the current one, as geth does.
    pub fn at(rpc: &'a Rpc, id: BlockId) -> RpcResult<Self> {
        let rules = *rpc.chain().rules();
        let (attributes, state) = if id.is_pending() {
            let attributes = pending_attributes(rpc);
            let parent = rpc.require_header(attributes.parent_hash.into())?;
            let state = rpc.state(parent.header.state_root);
            let executor = BlockExecutor::new(rules, attributes.clone(), state).map_err(error::replay)?;
            (attributes, executor.into_overlay())
        } else {
            let header = rpc.require_header(id)?.header;
            (rules.attributes_of(&header), Overlay::for_chain(rpc.state(header.state_root), rules.kind))
        };
        Ok(Self::on(rpc, block_env(&attributes), state))
    }

    pub fn on(rpc: &'a Rpc, block: BlockEnv, state: State) -> Self {
        let mut cfg = cfg_env(rpc.chain().rules());
        cfg.disable_nonce_check = true;
        cfg.disable_eip3607 = true;
        // As geth has it, what a call may use is for the node to say, not for the chain.
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        cfg.disable_block_gas_limit = true;
        let deadline = Instant::now() + rpc.limits.execution_timeout;
        Self { rpc, block, cfg, state: Some(SharedDb::new(state)), deadline }
    }

    pub fn with_overrides(mut self, state: Option<StateOverride>, block: Option<BlockOverrides>) -> RpcResult<Self> {
        for (address, change) in state.into_iter().flatten() {
            override_account(self.state()?, address, change)?;
        }
        if let Some(change) = block {
            override_block(&mut self.block, change)?;
        }
        Ok(self)
    }

    fn state(&mut self) -> RpcResult<&mut State> {
        self.state.as_mut().map(|state| state.0.get_mut()).ok_or_else(|| error::internal("the state is in use"))
    }

    pub fn balance(&mut self, address: Address) -> RpcResult<U256> {
        Ok(self.state()?.basic(address).map_err(error::state)?.map_or(U256::ZERO, |info| info.balance))
    }

    pub fn call_gas(&self) -> u64 {
        self.rpc.limits.call_gas
    }

    /// Most gas that one transaction in a block may ask for (EIP-7825).
    pub fn tx_gas_cap(&self) -> u64 {
        self.rpc.chain().pool().config().tx_gas_cap
    }

    /// The request as the EVM takes it: gas as asked for, bounded by what calls may use here.
    pub fn call_env(&mut self, request: &CallRequest) -> RpcResult<TxEnv> {
        let mut tx = request.to_env(self.rpc.chain().rules().chain_id)?;
        tx.gas_limit = request.gas().unwrap_or(u64::MAX).min(self.call_gas());
        if tx.gas_price == 0 {
            // Who names no price is not asked for one.
            self.block.basefee = 0;
        } else if request.gas().is_none() {
            let left = self.balance(tx.caller)?.saturating_sub(tx.value);
            tx.gas_limit = tx.gas_limit.min((left / U256::from(tx.gas_price)).saturating_to());
        }
        Ok(tx)
    }

    pub fn run(&mut self, tx: TxEnv) -> RpcResult<Outcome> {
        let base_fee = self.block.basefee;
        self.execute(tx.clone())?.map_err(|error| failed(error, &tx, base_fee))
    }

    /// `None` where the limit does not even let the call start.
    pub fn run_or_out_of_gas(&mut self, tx: TxEnv) -> RpcResult<Option<Outcome>> {
        if Instant::now() >= self.deadline {
            return Err(error::timeout());
        }
        let base_fee = self.block.basefee;
        match self.execute(tx.clone())? {
            Ok(outcome) => Ok(Some(outcome)),
            Err(EVMError::Transaction(
                InvalidTransaction::CallGasCostMoreThanGasLimit { .. }
                | InvalidTransaction::GasFloorMoreThanGasLimit { .. },
            )) => Ok(None),
            Err(error) => Err(failed(error, &tx, base_fee)),
        }
    }

    /// Without an inspector, which makes it faster.
    fn execute(&mut self, tx: TxEnv) -> RpcResult<Result<Outcome, EVMError<StateError>>> {
        let kind = self.rpc.chain().rules().kind;
        let (result, ()) = self.transact(tx, |context, tx| {
            let mut evm = build_evm(context, kind, ());
            let result = evm.transact(tx);
            (result, (), evm.ctx.journaled_state.database)
        })?;
        Ok(result.map(|result| Outcome(result.result)))
    }

    /// Runs a call, whose changes are dropped.
    pub fn inspect<I>(&mut self, tx: TxEnv, inspector: I) -> RpcResult<(Outcome, I)>
    where
        I: Inspector<CallContext>,
    {
        let (result, inspector) = self.inspect_full(tx, inspector)?;
        Ok((Outcome(result?.result), inspector))
    }

    /// As [`Self::inspect`], with the changes. The inner error is that the transaction cannot start.
    pub fn inspect_full<I>(&mut self, tx: TxEnv, inspector: I) -> RpcResult<(RpcResult<ResultAndState>, I)>
    where
        I: Inspector<CallContext>,
    {
        let base_fee = self.block.basefee;
        let kind = self.rpc.chain().rules().kind;
        let (result, inspector) = self.transact(tx.clone(), |context, tx| {
            let mut evm = build_evm(context, kind, inspector);
            let result = evm.inspect_tx(tx);
            (result, evm.inspector, evm.ctx.journaled_state.database)
        })?;
        let result = match result {
            Ok(result) => Ok(result),
            Err(EVMError::Transaction(reason)) => Err(invalid(&reason, &tx, base_fee)),
            Err(error) => return Err(failed(error, &tx, base_fee)),
        };
        Ok((result, inspector))
    }

    fn transact<R, I>(
        &mut self,
        tx: TxEnv,
        run: impl FnOnce(CallContext, TxEnv) -> (R, I, SharedDb<State>),
    ) -> RpcResult<(R, I)> {
        let mut state = self.state.take().ok_or_else(|| error::internal("the state is in use"))?;
        state.0.get_mut().begin_transaction();
        let context: CallContext = Context::new(state, SpecId::OSAKA);
        let context = context.with_block(self.block.clone()).with_cfg(self.cfg.clone());
        let (result, inspector, state) = run(context, tx);
        self.state = Some(state);
        Ok((result, inspector))
    }

    /// For what looks at the state between runs.
    pub fn database(&mut self) -> RpcResult<&mut SharedDb<State>> {
        self.state.as_mut().ok_or_else(|| error::internal("the state is in use"))
    }
}

fn failed(error: EVMError<StateError>, tx: &TxEnv, base_fee: u64) -> jsonrpsee::types::ErrorObjectOwned {
    match error {
        EVMError::Transaction(reason) => invalid(&reason, tx, base_fee),
        EVMError::Database(reason) => error::state(reason),
        // Inspectors stop a run this way.
        EVMError::Custom(reason) => error::server(reason),
        other => error::internal(other),
    }
}
