//! What a worker computed and has to deliver, on disk: a crash costs no work, and leads to no second result.

use crate::ComputeError;
use alloy_primitives::{B256, Bytes};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const TABLE: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("results");

/// A result that is ready to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Claim input of the task that it was computed for.
    pub input: B256,
    pub output: B256,
    pub gas_used: u64,
    /// The output, where it goes along.
    pub inline: Bytes,
    /// An encoded `ClaimTrace`.
    pub trace: Bytes,
}

/// Records by their task.
pub struct Records {
    database: Database,
    known: BTreeMap<B256, Record>,
}

fn failed(error: impl std::fmt::Display) -> ComputeError {
    ComputeError::Records(error.to_string())
}

impl Records {
    pub fn open(file: &Path) -> Result<Self, ComputeError> {
        let database = Database::create(file).map_err(|error| {
            ComputeError::Records(format!("{}: {error}; is another worker using it?", file.display()))
        })?;
        let write = database.begin_write().map_err(failed)?;
        write.open_table(TABLE).map_err(failed)?;
        write.commit().map_err(failed)?;
        let mut known = BTreeMap::new();
        let table = database.begin_read().map_err(failed)?.open_table(TABLE).map_err(failed)?;
        for entry in table.iter().map_err(failed)? {
            let (task, bytes) = entry.map_err(failed)?;
            let record = serde_json::from_slice(bytes.value()).map_err(failed)?;
            known.insert(B256::from(task.value()), record);
        }
        Ok(Self { database, known })
    }

    pub fn get(&self, task: &B256) -> Option<&Record> {
        self.known.get(task)
    }

    pub fn tasks(&self) -> impl Iterator<Item = &B256> {
        self.known.keys()
    }

    /// Keeps a record; it is on disk when this returns.
    pub fn put(&mut self, task: B256, record: Record) -> Result<(), ComputeError> {
        let bytes = serde_json::to_vec(&record).map_err(failed)?;
        let write = self.database.begin_write().map_err(failed)?;
        write.open_table(TABLE).map_err(failed)?.insert(task.0, bytes.as_slice()).map_err(failed)?;
        write.commit().map_err(failed)?;
        self.known.insert(task, record);
        Ok(())
    }

    /// Forgets all but these.
    pub fn retain(&mut self, is_kept: impl Fn(&B256) -> bool) -> Result<(), ComputeError> {
        let gone: Vec<B256> = self.known.keys().filter(|task| !is_kept(task)).copied().collect();
        if gone.is_empty() {
            return Ok(());
        }
        let write = self.database.begin_write().map_err(failed)?;
        {
            let mut table = write.open_table(TABLE).map_err(failed)?;
            for task in &gone {
                table.remove(task.0).map_err(failed)?;
            }
        }
        write.commit().map_err(failed)?;
        gone.iter().for_each(|task| drop(self.known.remove(task)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_and_go() -> Result<(), ComputeError> {
        let folder = tempfile::tempdir().map_err(failed)?;
        let file = folder.path().join("results.redb");
        let record = |byte| Record {
            input: B256::repeat_byte(byte),
            output: B256::ZERO,
            gas_used: 7,
            inline: Bytes::from(vec![byte]),
            trace: Bytes::new(),
        };
        let [a, b] = [1, 2].map(B256::repeat_byte);
        {
            let mut records = Records::open(&file)?;
            records.put(a, record(1))?;
            records.put(b, record(2))?;
            assert!(matches!(Records::open(&file), Err(ComputeError::Records(_))), "a second worker is refused");
            records.retain(|task| *task == b)?;
        }
        let records = Records::open(&file)?;
        assert_eq!(records.get(&a), None);
        assert_eq!(records.get(&b), Some(&record(2)));
        assert_eq!(records.tasks().count(), 1);
        Ok(())
    }
}
