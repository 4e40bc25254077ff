//! Changes of the state that no transaction makes. Each is a block of its own without transactions, so that it is in a
//! state root, survives a restart and is undone by a revert. It leaves a timestamp or base fee set for the next block to
//! the block after it.

use crate::session::Order;
use crate::{Devnet, DevnetError};
use alloy_primitives::{Address, Bytes, U256};
use lux_chain::{ChainError, NodeDb};
use lux_stf::{Overlay, StateError, StateTrie};
use revm::Database;
use revm::bytecode::Bytecode;

type State = Overlay<StateTrie<NodeDb>>;

impl From<StateError> for DevnetError {
    fn from(error: StateError) -> Self {
        Self::Chain(ChainError::State(error))
    }
}

impl Devnet {
    /// wei
    pub fn set_balance(&self, address: Address, balance: U256) -> Result<(), DevnetError> {
        self.change(|state| Ok(state.modify(address, |account| account.balance = balance)?))
    }

    pub fn set_nonce(&self, address: Address, nonce: u64) -> Result<(), DevnetError> {
        self.change(|state| Ok(state.modify(address, |account| account.nonce = nonce)?))
    }

    /// Code as it runs, not init code; of any size.
    pub fn set_code(&self, address: Address, code: Bytes) -> Result<(), DevnetError> {
        let code = Bytecode::new_raw_checked(code).map_err(|error| DevnetError::Code(error.to_string()))?;
        self.change(|state| {
            Ok(state.modify(address, |account| {
                account.set_code(code);
            })?)
        })
    }

    /// Fails for an account that does not exist: it cannot hold storage.
    pub fn set_storage(&self, address: Address, slot: U256, value: U256) -> Result<(), DevnetError> {
        self.change(|state| match state.basic(address)? {
            Some(_) => Ok(state.set_storage(address, slot, value)?),
            None => Err(DevnetError::EmptyAccount(address)),
        })
    }

    fn change(&self, change: impl FnOnce(&mut State) -> Result<(), DevnetError>) -> Result<(), DevnetError> {
        let mut session = self.session();
        let timestamp = session.saved.clock.beside(session.wall(), session.head().header.timestamp);
        session.mine(Order::empty(timestamp), |executor| change(executor.state_mut()))?;
        self.update_tags()
    }
}
