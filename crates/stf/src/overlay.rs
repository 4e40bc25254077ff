//! State changes of a block, kept over a database until the block is done.

use crate::limits::{ACCOUNT_FOOTPRINT, MAX_BLOCK_FOOTPRINT, MAX_TRANSACTION_CODE, SLOT_FOOTPRINT};
use crate::{ChainKind, StateError};
use alloc::vec::Vec;
use alloy_eips::eip2935::{HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS};
use alloy_primitives::{Address, B256, U256};
use revm::bytecode::Bytecode;
use revm::primitives::{AddressMap, HashMap};
use revm::state::{Account, AccountInfo};
use revm::{Database, DatabaseCommit};

/// What a block did to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    pub address: Address,
    /// `None`: the account is gone, or empty (EIP-161).
    pub info: Option<AccountInfo>,
    /// Storage before the block no longer counts.
    pub storage_wiped: bool,
    /// Written slots; zero deletes.
    pub storage: Vec<(U256, U256)>,
}

/// What a block did to the state.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub accounts: Vec<AccountChange>,
    pub code: Vec<(B256, Bytecode)>,
}

#[derive(Debug)]
struct OverlayAccount {
    info: Option<AccountInfo>,
    changed: bool,
    storage_wiped: bool,
    storage: HashMap<U256, Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    value: U256,
    written: bool,
}

/// A database with uncommitted changes on top. Also caches what was read.
#[derive(Debug)]
pub struct Overlay<D> {
    db: D,
    accounts: AddressMap<OverlayAccount>,
    code: HashMap<B256, Code>,
    /// See `docs/protocol.md`, "Limits".
    footprint: usize,
    /// Code that the transaction under way may still load, bytes.
    code_left: usize,
    code_limit: usize,
}

#[derive(Debug)]
struct Code {
    bytecode: Bytecode,
    /// The block made it; otherwise the database has it.
    new: bool,
}

impl<D: Database<Error = StateError>> Overlay<D> {
    pub fn new(db: D) -> Self {
        Self {
            db,
            accounts: AddressMap::default(),
            code: HashMap::default(),
            footprint: 0,
            code_left: usize::MAX,
            code_limit: usize::MAX,
        }
    }

    /// With the limits of a chain of this kind.
    pub fn for_chain(db: D, kind: ChainKind) -> Self {
        let code_limit = if kind == ChainKind::Rollup { MAX_TRANSACTION_CODE } else { usize::MAX };
        Self { code_left: code_limit, code_limit, ..Self::new(db) }
    }

    /// What one transaction may load, the next one may again.
    pub fn begin_transaction(&mut self) {
        self.code_left = self.code_limit;
    }

    /// Memory that the block takes, as the limits count it.
    pub fn footprint(&self) -> usize {
        self.footprint
    }

    /// Adds what the block holds outside of the state.
    pub(crate) fn add_footprint(&mut self, bytes: usize) {
        self.footprint = self.footprint.saturating_add(bytes);
    }

    pub fn inner(&self) -> &D {
        &self.db
    }

    /// Every account that was read or changed, with the slots of it.
    pub fn touched(&self) -> impl Iterator<Item = (Address, impl Iterator<Item = U256> + '_)> + '_ {
        self.accounts.iter().map(|(address, account)| (*address, account.storage.keys().copied()))
    }

    fn load(&mut self, address: Address) -> Result<&mut OverlayAccount, D::Error> {
        Ok(match self.accounts.entry(address) {
            revm::primitives::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            revm::primitives::hash_map::Entry::Vacant(entry) => {
                let info = self.db.basic(address)?;
                self.footprint += ACCOUNT_FOOTPRINT;
                entry.insert(OverlayAccount { info, changed: false, storage_wiped: false, storage: HashMap::default() })
            }
        })
    }

    /// Changes an account outside the EVM.
    pub fn modify(&mut self, address: Address, change: impl FnOnce(&mut AccountInfo)) -> Result<(), D::Error> {
        let account = self.load(address)?;
        let mut info = account.info.take().unwrap_or_default();
        change(&mut info);
        let code = info.code.take().filter(|code| !code.is_empty()).map(|code| (info.code_hash, code));
        account.info = (!info.is_empty()).then_some(info);
        account.changed = true;
        if let Some((hash, code)) = code {
            self.add_code(hash, code);
        }
        Ok(())
    }

    fn add_code(&mut self, hash: B256, bytecode: Bytecode) {
        self.code.entry(hash).or_insert_with(|| {
            self.footprint += bytecode.len();
            Code { bytecode, new: true }
        });
    }

    /// Sets a storage slot outside the EVM.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) -> Result<(), D::Error> {
        let account = self.load(address)?;
        account.changed = true;
        account.storage.insert(slot, Slot { value, written: true });
        Ok(())
    }

    /// The database below and everything that changed, in an order that follows from the changes alone: which nodes a
    /// removal reads depends on what came before, and every run must read the same.
    pub fn into_changes(self) -> (D, Changes) {
        let mut accounts: Vec<_> = self
            .accounts
            .into_iter()
            .filter(|(_, account)| account.changed)
            .map(|(address, account)| {
                let slots = account.storage.into_iter();
                let mut storage: Vec<_> =
                    slots.filter_map(|(key, slot)| slot.written.then_some((key, slot.value))).collect();
                storage.sort_unstable_by_key(|(key, _)| *key);
                AccountChange { address, info: account.info, storage_wiped: account.storage_wiped, storage }
            })
            .collect();
        accounts.sort_unstable_by_key(|change| change.address);
        let made = self.code.into_iter().filter(|(_, code)| code.new);
        (self.db, Changes { accounts, code: made.map(|(hash, code)| (hash, code.bytecode)).collect() })
    }
}

impl<D: Database<Error = StateError>> Database for Overlay<D> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, D::Error> {
        Ok(self.load(address)?.info.clone())
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, D::Error> {
        let known = self.code.get(&code_hash).map(|code| code.bytecode.clone());
        let bytecode = known.map_or_else(|| self.db.code_by_hash(code_hash), Ok)?;
        let size = bytecode.len();
        self.code_left = self.code_left.checked_sub(size).ok_or(StateError::TooMuchCode)?;
        if self.footprint + size <= MAX_BLOCK_FOOTPRINT / 2 && !self.code.contains_key(&code_hash) {
            self.footprint += size;
            self.code.insert(code_hash, Code { bytecode: bytecode.clone(), new: false });
        }
        Ok(bytecode)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, D::Error> {
        let account = self.load(address)?;
        if let Some(slot) = account.storage.get(&index) {
            return Ok(slot.value);
        }
        let value = if account.storage_wiped { U256::ZERO } else { self.db.storage(address, index)? };
        // `load` borrowed all of self; look the account up again now that the database was read.
        self.load(address)?.storage.insert(index, Slot { value, written: false });
        self.footprint += SLOT_FOOTPRINT;
        Ok(value)
    }

    /// As [`crate::StateTrie`] has it, with the parent's hash, which the block has just written.
    fn block_hash(&mut self, number: u64) -> Result<B256, D::Error> {
        let slot = U256::from(number % HISTORY_SERVE_WINDOW as u64);
        self.storage(HISTORY_STORAGE_ADDRESS, slot).map(B256::from)
    }
}

impl<D: Database<Error = StateError>> DatabaseCommit for Overlay<D> {
    fn commit(&mut self, changes: AddressMap<Account>) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            let entry = self.accounts.entry(address).or_insert_with(|| OverlayAccount {
                info: None,
                changed: false,
                storage_wiped: false,
                storage: HashMap::default(),
            });
            entry.changed = true;
            if account.is_selfdestructed() || account.is_created() {
                entry.storage_wiped = true;
                entry.storage.clear();
            }
            if account.is_selfdestructed() {
                entry.info = None;
                continue;
            }
            for (slot, value) in account.storage {
                if value.is_changed() {
                    let slot = entry.storage.insert(slot, Slot { value: value.present_value, written: true });
                    self.footprint += if slot.is_none() { SLOT_FOOTPRINT } else { 0 };
                }
            }
            let mut info = account.info;
            let (hash, code) = (info.code_hash, info.code.take());
            entry.info = (!info.is_empty()).then_some(info);
            if let Some(code) = code.filter(|code| !code.is_empty()) {
                self.add_code(hash, code);
            }
        }
    }
}
