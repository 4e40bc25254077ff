//! One database for running and for looking at it afterwards.

use alloy_primitives::{Address, B256, U256};
use revm::bytecode::Bytecode;
use revm::state::AccountInfo;
use revm::{Database, DatabaseRef};
use std::cell::RefCell;

/// Reads of a trie fill it, so they need `&mut`; tracers read through `&`.
#[derive(Debug)]
pub(crate) struct SharedDb<D>(pub RefCell<D>);

impl<D> SharedDb<D> {
    pub fn new(db: D) -> Self {
        Self(RefCell::new(db))
    }
}

impl<D: Database> Database for SharedDb<D> {
    type Error = D::Error;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, D::Error> {
        self.0.get_mut().basic(address)
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, D::Error> {
        self.0.get_mut().code_by_hash(hash)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, D::Error> {
        self.0.get_mut().storage(address, slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, D::Error> {
        self.0.get_mut().block_hash(number)
    }
}

impl<D: Database> DatabaseRef for SharedDb<D> {
    type Error = D::Error;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, D::Error> {
        self.0.borrow_mut().basic(address)
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, D::Error> {
        self.0.borrow_mut().code_by_hash(hash)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, D::Error> {
        self.0.borrow_mut().storage(address, slot)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, D::Error> {
        self.0.borrow_mut().block_hash(number)
    }
}
