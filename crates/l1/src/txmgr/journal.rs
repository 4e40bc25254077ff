//! What must survive a crash: which nonce an id has, and what was broadcast for it.

use std::{collections::BTreeMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256};
use parking_lot::Mutex;
use redb::{Database, ReadableDatabase, TableDefinition};
use serde::{Deserialize, Serialize};

use super::{TxFailure, TxOutcome, fees::Fees};
use crate::CriticalError;

/// One broadcast version of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub hash: B256,
    pub fees: Fees,
    pub signed_at_ms: u64,
    /// An empty transaction to ourselves that only uses up the nonce.
    pub cancels: bool,
}

/// One transaction. Written before its first broadcast; the nonce never changes afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    pub id: String,
    pub nonce: u64,
    pub to: Option<Address>,
    pub value: U256,
    /// Emptied long after the end.
    pub data: Bytes,
    pub digest: B256,
    pub gas_limit: u64,
    pub versions: Vec<Version>,
    /// Signed bytes of the newest version; emptied long after the end.
    pub raw: Bytes,
    pub created_at_ms: u64,
    /// Why the nonce is being used up by an empty transaction.
    pub cancelling: Option<String>,
    pub end: Option<End>,
}

/// How and when it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub at_ms: u64,
    pub result: Result<TxOutcome, TxFailure>,
}

/// Durable storage of the entries. `scope` separates keys and chains that share one storage. `put` returns once the
/// entry survives a crash.
pub trait Journal: Send + Sync {
    fn load(&self, scope: &str) -> Result<Vec<JournalEntry>, CriticalError>;
    fn put(&self, scope: &str, entry: &JournalEntry) -> Result<(), CriticalError>;
    fn remove(&self, scope: &str, ids: &[String]) -> Result<(), CriticalError>;
}

/// For tests and throw-away chains. Clones share the entries, which is how a test restarts a manager.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal(Arc<Mutex<BTreeMap<(String, String), JournalEntry>>>);

impl Journal for MemoryJournal {
    fn load(&self, scope: &str) -> Result<Vec<JournalEntry>, CriticalError> {
        let entries = self.0.lock();
        Ok(entries.iter().filter(|((s, _), _)| s == scope).map(|(_, e)| e.clone()).collect())
    }

    fn put(&self, scope: &str, entry: &JournalEntry) -> Result<(), CriticalError> {
        self.0.lock().insert((scope.into(), entry.id.clone()), entry.clone());
        Ok(())
    }

    fn remove(&self, scope: &str, ids: &[String]) -> Result<(), CriticalError> {
        let mut entries = self.0.lock();
        for id in ids {
            entries.remove(&(scope.to_owned(), id.clone()));
        }
        Ok(())
    }
}

const TABLE: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("l1_transactions");

/// In table `l1_transactions` of a redb database that may hold other tables too.
#[derive(Debug, Clone)]
pub struct RedbJournal(Arc<Database>);

impl RedbJournal {
    pub fn new(database: Arc<Database>) -> Result<Self, CriticalError> {
        let tx = database.begin_write().map_err(failed)?;
        // Reading a table that was never written is an error.
        tx.open_table(TABLE).map_err(failed)?;
        tx.commit().map_err(failed)?;
        Ok(Self(database))
    }
}

impl Journal for RedbJournal {
    fn load(&self, scope: &str) -> Result<Vec<JournalEntry>, CriticalError> {
        let tx = self.0.begin_read().map_err(failed)?;
        let table = tx.open_table(TABLE).map_err(failed)?;
        let mut entries = Vec::new();
        for row in table.range((scope, "")..).map_err(failed)? {
            let (key, value) = row.map_err(failed)?;
            if key.value().0 != scope {
                break;
            }
            entries.push(serde_json::from_slice(value.value()).map_err(failed)?);
        }
        Ok(entries)
    }

    fn put(&self, scope: &str, entry: &JournalEntry) -> Result<(), CriticalError> {
        let value = serde_json::to_vec(entry).map_err(failed)?;
        let tx = self.0.begin_write().map_err(failed)?;
        tx.open_table(TABLE).map_err(failed)?.insert((scope, entry.id.as_str()), value.as_slice()).map_err(failed)?;
        tx.commit().map_err(failed)
    }

    fn remove(&self, scope: &str, ids: &[String]) -> Result<(), CriticalError> {
        let tx = self.0.begin_write().map_err(failed)?;
        {
            let mut table = tx.open_table(TABLE).map_err(failed)?;
            for id in ids {
                table.remove((scope, id.as_str())).map_err(failed)?;
            }
        }
        tx.commit().map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> CriticalError {
    CriticalError::Journal(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entry(id: &str, nonce: u64) -> JournalEntry {
        let fees = Fees { max_fee: u128::MAX, priority_fee: 2, legacy: false };
        JournalEntry {
            id: id.into(),
            nonce,
            to: None,
            value: U256::MAX,
            data: vec![1, 2, 3].into(),
            digest: B256::repeat_byte(1),
            gas_limit: 21_000,
            versions: vec![Version { hash: B256::ZERO, fees, signed_at_ms: 5, cancels: false }],
            raw: vec![0xff; 10].into(),
            created_at_ms: 1,
            cancelling: None,
            end: Some(End { at_ms: 9, result: Err(TxFailure::NonceTaken { nonce }) }),
        }
    }

    #[test]
    fn keeps_scopes_apart_and_survives_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let check = |journal: &dyn Journal| {
            assert_eq!(journal.load("a").unwrap(), [entry("x", 1)]);
            assert_eq!(journal.load("b").unwrap(), [entry("x", 7)]);
            assert!(journal.load("c").unwrap().is_empty());
        };
        let fill = |journal: &dyn Journal| {
            for (scope, id, nonce) in [("a", "x", 0), ("a", "x", 1), ("a", "y", 2), ("b", "x", 7)] {
                journal.put(scope, &entry(id, nonce)).unwrap();
            }
            journal.remove("a", &["y".into(), "none".into()]).unwrap();
        };
        let memory = MemoryJournal::default();
        fill(&memory);
        check(&memory);
        fill(&RedbJournal::new(Arc::new(Database::create(&path).unwrap())).unwrap());
        check(&RedbJournal::new(Arc::new(Database::create(&path).unwrap())).unwrap());
    }
}
