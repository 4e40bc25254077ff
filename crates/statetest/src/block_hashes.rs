//! Block hashes as the tests have them.

use alloy_primitives::{Address, B256, U256, keccak256};
use revm::bytecode::Bytecode;
use revm::primitives::AddressMap;
use revm::state::{Account, AccountInfo};
use revm::{Database, DatabaseCommit};

/// A database whose block hashes are not in its state: the rules of the tests are older than EIP-2935.
pub(crate) struct BlockHashes<D>(pub D);

impl<D: Database> Database for BlockHashes<D> {
    type Error = D::Error;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, D::Error> {
        self.0.basic(address)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, D::Error> {
        self.0.code_by_hash(code_hash)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, D::Error> {
        self.0.storage(address, index)
    }

    /// By convention of the tests, the hash of the number in decimal digits.
    fn block_hash(&mut self, number: u64) -> Result<B256, D::Error> {
        Ok(keccak256(alloc::format!("{number}")))
    }
}

impl<D: DatabaseCommit> DatabaseCommit for BlockHashes<D> {
    fn commit(&mut self, changes: AddressMap<Account>) {
        self.0.commit(changes);
    }
}
