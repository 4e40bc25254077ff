//! Envelopes of transactions that were accepted, on disk until their blocks are final.

use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;

/// Order of arrival, time in seconds since 1970, envelope.
const WAITING: TableDefinition<u64, (u64, &[u8])> = TableDefinition::new("waiting");

/// The database of an [`crate::Inbox`]. It holds ciphertext alone.
pub struct InboxStore(Database);

/// An envelope on disk.
pub(crate) struct Stored {
    pub number: u64,
    pub since: u64,
    pub envelope: Vec<u8>,
}

impl InboxStore {
    /// Opens or creates the database file.
    pub fn open(path: &Path) -> Result<Self, redb::Error> {
        Self::prepare(Database::create(path)?)
    }

    /// Without a file, for tests.
    pub fn in_memory() -> Result<Self, redb::Error> {
        Self::prepare(redb::Builder::new().create_with_backend(redb::backends::InMemoryBackend::new())?)
    }

    fn prepare(database: Database) -> Result<Self, redb::Error> {
        let txn = database.begin_write()?;
        txn.open_table(WAITING)?;
        txn.commit()?;
        Ok(Self(database))
    }

    pub(crate) fn all(&self) -> Result<Vec<Stored>, redb::Error> {
        let table = self.0.begin_read()?.open_table(WAITING)?;
        let mut all = Vec::new();
        for entry in table.iter()? {
            let (number, value) = entry?;
            let (since, envelope) = value.value();
            all.push(Stored { number: number.value(), since, envelope: envelope.to_vec() });
        }
        Ok(all)
    }

    pub(crate) fn get(&self, number: u64) -> Result<Option<Vec<u8>>, redb::Error> {
        let table = self.0.begin_read()?.open_table(WAITING)?;
        Ok(table.get(number)?.map(|value| value.value().1.to_vec()))
    }

    /// On disk when it returns.
    pub(crate) fn put(&self, number: u64, since: u64, envelope: &[u8]) -> Result<(), redb::Error> {
        let txn = self.0.begin_write()?;
        txn.open_table(WAITING)?.insert(number, (since, envelope))?;
        Ok(txn.commit()?)
    }

    /// What a crash brings back is taken away again.
    pub(crate) fn remove(&self, numbers: &[u64]) -> Result<(), redb::Error> {
        let mut txn = self.0.begin_write()?;
        txn.set_durability(Durability::None).map_err(|error| redb::Error::Corrupted(error.to_string()))?;
        {
            let mut table = txn.open_table(WAITING)?;
            for number in numbers {
                table.remove(number)?;
            }
        }
        Ok(txn.commit()?)
    }
}
