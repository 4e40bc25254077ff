//! Calls against a chain's state, without a transaction.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_chain::{Chain, NodeDb};
use lux_stf::{Overlay, StateTrie, TrieAccount, block_env, build_evm, cfg_env};
use revm::context::TxEnv;
use revm::context::result::ExecutionResult;
use revm::handler::MainnetContext;
use revm::primitives::TxKind;
use revm::primitives::hardfork::SpecId;
use revm::{Context, ExecuteEvm};

#[derive(Clone, Debug, Default)]
pub struct Call {
    pub from: Address,
    pub to: Option<Address>,
    pub value: U256,
    pub data: Bytes,
}

/// Runs `call` after the head, as a node answers `eth_call` on `latest`.
pub fn run(chain: &Chain, call: &Call, gas: u64) -> ExecutionResult {
    let head = chain.head();
    let attributes = chain.rules().attributes_of(&head.header);
    let mut cfg = cfg_env(chain.rules());
    cfg.disable_nonce_check = true;
    cfg.disable_base_fee = true;
    cfg.disable_eip3607 = true;
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg.disable_block_gas_limit = true;
    let state = Overlay::new(chain.state(head.header.state_root));
    let context: MainnetContext<Overlay<StateTrie<NodeDb>>> = Context::new(state, SpecId::OSAKA);
    let mut evm = build_evm(context.with_block(block_env(&attributes)).with_cfg(cfg), chain.rules().kind, ());
    let tx = TxEnv {
        caller: call.from,
        gas_limit: gas,
        kind: call.to.map_or(TxKind::Create, TxKind::Call),
        value: call.value,
        data: call.data.clone(),
        chain_id: Some(chain.rules().chain_id),
        ..Default::default()
    };
    evm.transact(tx).unwrap().result
}

/// What a view returns at the head.
pub fn view<C: SolCall>(chain: &Chain, to: Address, call: C) -> C::Return {
    let call = Call { to: Some(to), data: call.abi_encode().into(), ..Default::default() };
    match run(chain, &call, 10_000_000) {
        ExecutionResult::Success { output, .. } => C::abi_decode_returns(output.data()).unwrap(),
        other => panic!("{}: {other:?}", C::SIGNATURE),
    }
}

pub fn account(chain: &Chain, address: Address) -> TrieAccount {
    chain.state(chain.head().header.state_root).account(address).unwrap().unwrap_or(TrieAccount::EMPTY)
}

pub fn balance(chain: &Chain, address: Address) -> U256 {
    account(chain, address).balance
}

pub fn storage(chain: &Chain, address: Address, slot: u64) -> U256 {
    let mut state = chain.state(chain.head().header.state_root);
    revm::Database::storage(&mut state, address, U256::from(slot)).unwrap()
}
