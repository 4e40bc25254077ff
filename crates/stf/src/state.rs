//! Accounts and storage in Merkle-Patricia tries, over any source of nodes by hash.

use crate::overlay::Changes;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloy_eips::eip2935::{HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use lux_trie::{EMPTY_ROOT_HASH, NodeSource, Trie, TrieError};
use revm::Database;
use revm::bytecode::Bytecode;
use revm::database_interface::DBErrorMarker;
use revm::primitives::AddressMap;
use revm::state::AccountInfo;

/// Trie nodes and contract code by hash.
pub trait StateSource: NodeSource {
    fn code(&self, hash: &B256) -> Result<Bytes, Self::Error>;
}

impl<S: StateSource> StateSource for &S {
    fn code(&self, hash: &B256) -> Result<Bytes, Self::Error> {
        (**self).code(hash)
    }
}

/// Why the state cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("state trie: {0}")]
    Trie(String),
    #[error("code {0}: {1}")]
    Code(B256, String),
    #[error("malformed {0} in the state trie")]
    Value(&'static str),
    /// Not the state's fault: the transaction asks for more than `MAX_TRANSACTION_CODE`.
    #[error("the transaction loads more contract code than a transaction may")]
    TooMuchCode,
}

impl DBErrorMarker for StateError {}

impl<E: core::fmt::Debug + core::fmt::Display> From<TrieError<E>> for StateError {
    fn from(error: TrieError<E>) -> Self {
        Self::Trie(error.to_string())
    }
}

/// An account as the state trie holds it.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct TrieAccount {
    pub nonce: u64,
    pub balance: U256,
    pub storage_root: B256,
    pub code_hash: B256,
}

impl TrieAccount {
    pub const EMPTY: Self =
        Self { nonce: 0, balance: U256::ZERO, storage_root: EMPTY_ROOT_HASH, code_hash: KECCAK256_EMPTY };
}

/// The state at a root. Nodes it resolves stay in memory until it is dropped, or as [`StateTrie::bounded`] says.
#[derive(Debug)]
pub struct StateTrie<S> {
    source: S,
    accounts: Trie,
    storage: AddressMap<Trie>,
    bound: Option<Bound<S>>,
    /// Accounts and slots looked up since the tries were last dropped.
    loads: usize,
}

#[derive(Debug, Clone, Copy)]
struct Bound<S> {
    max_loads: usize,
    keep: fn(&S, B256, Bytes),
}

impl<S: StateSource> StateTrie<S> {
    pub fn new(source: S, root: B256) -> Self {
        Self { source, accounts: Trie::new(root), storage: AddressMap::default(), bound: None, loads: 0 }
    }

    /// As [`Self::new`], with memory for the nodes of `max_loads` paths, about 3 KB each. Then all are dropped, the new ones
    /// after a call of `keep`: from then on the source must serve them.
    pub fn bounded(source: S, root: B256, max_loads: usize, keep: fn(&S, B256, Bytes)) -> Self {
        Self { bound: Some(Bound { max_loads, keep }), ..Self::new(source, root) }
    }

    pub fn source(&self) -> &S {
        &self.source
    }

    /// How many paths were resolved; a caller that keeps a `StateTrie` drops it when this grows too large.
    pub fn loads(&self) -> usize {
        self.loads
    }

    pub fn account(&mut self, address: Address) -> Result<Option<TrieAccount>, StateError> {
        self.count_load();
        self.account_at(keccak256(address))
    }

    /// Counts a path that is about to be resolved. Tries whose changes are not in the trie of accounts yet must not be held
    /// across this.
    fn count_load(&mut self) {
        self.loads += 1;
        let Some(bound) = &self.bound else { return };
        if self.loads > bound.max_loads {
            let (source, keep) = (&self.source, bound.keep);
            let root = self.accounts.commit(&mut |hash, node| keep(source, hash, node));
            for trie in self.storage.values_mut() {
                trie.commit(&mut |hash, node| keep(source, hash, node));
            }
            self.accounts = Trie::new(root);
            self.storage.clear();
            self.loads = 0;
        }
    }

    fn account_at(&mut self, key: B256) -> Result<Option<TrieAccount>, StateError> {
        let Some(rlp) = self.accounts.get(&self.source, key.as_slice())? else { return Ok(None) };
        decode_all(&rlp).map(Some).ok_or(StateError::Value("account"))
    }

    fn storage_trie(&mut self, address: Address) -> Result<(&S, &mut Trie), StateError> {
        if !self.storage.contains_key(&address) {
            let root = self.account(address)?.map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
            self.storage.insert(address, Trie::new(root));
        }
        let trie = self.storage.get_mut(&address).ok_or(StateError::Value("storage trie"))?;
        Ok((&self.source, trie))
    }

    /// Writes a block's changes into the tries.
    pub fn apply(&mut self, changes: &Changes) -> Result<(), StateError> {
        for change in &changes.accounts {
            self.count_load();
            let key = keccak256(change.address);
            let Some(info) = &change.info else {
                self.accounts.remove(&self.source, key.as_slice())?;
                self.storage.remove(&change.address);
                continue;
            };
            if change.storage_wiped {
                self.storage.insert(change.address, Trie::empty());
            }
            let storage_root = if change.storage_wiped || !change.storage.is_empty() {
                self.write_slots(change.address, &change.storage)?
            } else {
                self.account_at(key)?.map_or(EMPTY_ROOT_HASH, |account| account.storage_root)
            };
            let account =
                TrieAccount { nonce: info.nonce, balance: info.balance, storage_root, code_hash: info.code_hash };
            self.accounts.insert(&self.source, key.as_slice(), encode(&account))?;
        }
        Ok(())
    }

    /// Writes slots of an account, and returns the root of its storage.
    fn write_slots(&mut self, address: Address, slots: &[(U256, U256)]) -> Result<B256, StateError> {
        let bound = self.bound.as_ref().map(|bound| (bound.max_loads, bound.keep));
        let (source, trie) = self.storage_trie(address)?;
        let mut loads = 0;
        for (slot, value) in slots {
            let key = keccak256(B256::from(*slot));
            if value.is_zero() {
                trie.remove(source, key.as_slice())?;
            } else {
                trie.insert(source, key.as_slice(), encode(value))?;
            }
            loads += 1;
            if let Some((max_loads, keep)) = bound
                && loads % max_loads == 0
            {
                *trie = Trie::new(trie.commit(&mut |hash, node| keep(source, hash, node)));
            }
        }
        let root = trie.root();
        self.loads += loads;
        Ok(root)
    }

    pub fn root(&mut self) -> B256 {
        self.accounts.root()
    }

    /// Hands every new trie node to `sink` and returns the root.
    pub fn commit(&mut self, sink: &mut impl FnMut(B256, Bytes)) -> B256 {
        for trie in self.storage.values_mut() {
            trie.commit(sink);
        }
        self.accounts.commit(sink)
    }
}

impl<S: StateSource> Database for StateTrie<S> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.account(address)?.map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            account_id: None,
            code: None,
        }))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, StateError> {
        if code_hash == KECCAK256_EMPTY || code_hash.is_zero() {
            return Ok(Bytecode::default());
        }
        let code = self.source.code(&code_hash).map_err(|error| StateError::Code(code_hash, error.to_string()))?;
        Bytecode::new_raw_checked(code).map_err(|error| StateError::Code(code_hash, error.to_string()))
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, StateError> {
        self.count_load();
        let key = keccak256(B256::from(index));
        let (source, trie) = self.storage_trie(address)?;
        match trie.get(source, key.as_slice())? {
            Some(rlp) => decode_all(&rlp).ok_or(StateError::Value("storage value")),
            None => Ok(U256::ZERO),
        }
    }

    /// From the EIP-2935 contract, so that the state root commits to every hash the BLOCKHASH opcode can see.
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        let slot = U256::from(number % HISTORY_SERVE_WINDOW as u64);
        self.storage(HISTORY_STORAGE_ADDRESS, slot).map(B256::from)
    }
}

fn encode(value: &impl Encodable) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.length());
    value.encode(&mut out);
    out
}

fn decode_all<T: Decodable>(mut rlp: &[u8]) -> Option<T> {
    let value = T::decode(&mut rlp).ok()?;
    rlp.is_empty().then_some(value)
}
