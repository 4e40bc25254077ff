//! The database: everything durable, in one redb file, so that a block and what follows from it commit together.

use crate::{Block, ChainError};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Decodable, Encodable};
use lux_protocol::Receipt;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use std::path::Path;
use std::sync::Arc;

type Hash = [u8; 32];

const NODES: TableDefinition<Hash, &[u8]> = TableDefinition::new("trie_nodes");
const CODE: TableDefinition<Hash, &[u8]> = TableDefinition::new("code");
const BLOCKS: TableDefinition<Hash, &[u8]> = TableDefinition::new("blocks");
const RECEIPTS: TableDefinition<Hash, &[u8]> = TableDefinition::new("receipts");
const CANONICAL: TableDefinition<u64, Hash> = TableDefinition::new("canonical");
const TRANSACTIONS: TableDefinition<Hash, (u64, u32)> = TableDefinition::new("transactions");
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");

/// Page cache of the database, bytes. With the node cache it bounds what the engine keeps of the state in memory.
const PAGE_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// The database. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Database>);

/// Changes that become durable together.
pub struct StoreWriter(WriteTransaction);

impl Store {
    /// Opens or creates the database file.
    pub fn open(path: &Path) -> Result<Self, ChainError> {
        Self::prepare(redb::Builder::new().set_cache_size(PAGE_CACHE_BYTES).create(path)?)
    }

    /// A database without a file, for tests and throw-away chains.
    pub fn in_memory() -> Result<Self, ChainError> {
        Self::prepare(redb::Builder::new().create_with_backend(redb::backends::InMemoryBackend::new())?)
    }

    fn prepare(database: Database) -> Result<Self, ChainError> {
        let txn = database.begin_write()?;
        txn.open_table(NODES)?;
        txn.open_table(CODE)?;
        txn.open_table(BLOCKS)?;
        txn.open_table(RECEIPTS)?;
        txn.open_table(CANONICAL)?;
        txn.open_table(TRANSACTIONS)?;
        txn.open_table(META)?;
        txn.commit()?;
        Ok(Self(Arc::new(database)))
    }

    pub fn node(&self, hash: &B256) -> Result<Option<Bytes>, ChainError> {
        Ok(self.0.begin_read()?.open_table(NODES)?.get(hash.0)?.map(|value| Bytes::copy_from_slice(value.value())))
    }

    pub fn code(&self, hash: &B256) -> Result<Option<Bytes>, ChainError> {
        Ok(self.0.begin_read()?.open_table(CODE)?.get(hash.0)?.map(|value| Bytes::copy_from_slice(value.value())))
    }

    pub fn block(&self, hash: &B256) -> Result<Option<Block>, ChainError> {
        let table = self.0.begin_read()?.open_table(BLOCKS)?;
        table.get(hash.0)?.map(|value| Block::decode(value.value())).transpose()
    }

    pub fn header(&self, hash: &B256) -> Result<Option<Header>, ChainError> {
        let table = self.0.begin_read()?.open_table(BLOCKS)?;
        table.get(hash.0)?.map(|value| Block::decode_header(value.value())).transpose()
    }

    pub fn receipts(&self, hash: &B256) -> Result<Option<Vec<Receipt>>, ChainError> {
        let table = self.0.begin_read()?.open_table(RECEIPTS)?;
        table
            .get(hash.0)?
            .map(|value| Vec::<Receipt>::decode(&mut value.value()).map_err(|_| ChainError::Corrupt("receipts")))
            .transpose()
    }

    pub fn canonical_hash(&self, number: u64) -> Result<Option<B256>, ChainError> {
        Ok(self.0.begin_read()?.open_table(CANONICAL)?.get(number)?.map(|value| B256::from(value.value())))
    }

    /// Block number and index of a transaction on the canonical chain.
    pub fn transaction_position(&self, hash: &B256) -> Result<Option<(u64, u32)>, ChainError> {
        Ok(self.0.begin_read()?.open_table(TRANSACTIONS)?.get(hash.0)?.map(|value| value.value()))
    }

    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, ChainError> {
        Ok(self.0.begin_read()?.open_table(META)?.get(key)?.map(|value| value.value().to_vec()))
    }

    /// Applies `change` as one atomic step. Durable when it returns, unless `durable` is false: then with the next
    /// durable write.
    pub fn write<T>(
        &self,
        durable: bool,
        change: impl FnOnce(&StoreWriter) -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        let mut txn = self.0.begin_write()?;
        txn.set_durability(if durable { Durability::Immediate } else { Durability::None })?;
        let writer = StoreWriter(txn);
        let value = change(&writer)?;
        writer.0.commit()?;
        Ok(value)
    }
}

impl StoreWriter {
    pub fn put_nodes(&self, nodes: &[(B256, Bytes)]) -> Result<(), ChainError> {
        let mut table = self.0.open_table(NODES)?;
        for (hash, node) in nodes {
            table.insert(hash.0, node.as_ref())?;
        }
        Ok(())
    }

    pub fn put_code(&self, hash: B256, code: &[u8]) -> Result<(), ChainError> {
        self.0.open_table(CODE)?.insert(hash.0, code)?;
        Ok(())
    }

    /// Stores a block and makes it the canonical one at its number.
    pub fn put_block(&self, block: &Block, receipts: &Vec<Receipt>) -> Result<(), ChainError> {
        let mut encoded = Vec::with_capacity(receipts.length());
        receipts.encode(&mut encoded);
        self.0.open_table(BLOCKS)?.insert(block.hash.0, block.encode().as_slice())?;
        self.0.open_table(RECEIPTS)?.insert(block.hash.0, encoded.as_slice())?;
        self.0.open_table(CANONICAL)?.insert(block.number(), block.hash.0)?;
        let mut transactions = self.0.open_table(TRANSACTIONS)?;
        for (index, tx) in block.transactions.iter().enumerate() {
            transactions.insert(tx.hash().0, (block.number(), index as u32))?;
        }
        Ok(())
    }

    /// Takes a block off the canonical chain; its data stays readable by hash.
    pub fn detach_block(&self, block: &Block) -> Result<(), ChainError> {
        self.0.open_table(CANONICAL)?.remove(block.number())?;
        let mut transactions = self.0.open_table(TRANSACTIONS)?;
        for tx in &block.transactions {
            transactions.remove(tx.hash().0)?;
        }
        Ok(())
    }

    pub fn put_meta(&self, key: &str, value: &[u8]) -> Result<(), ChainError> {
        self.0.open_table(META)?.insert(key, value)?;
        Ok(())
    }

    pub fn remove_meta(&self, key: &str) -> Result<(), ChainError> {
        self.0.open_table(META)?.remove(key)?;
        Ok(())
    }

    /// Value inside this transaction: sees what it wrote itself.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, ChainError> {
        Ok(self.0.open_table(META)?.get(key)?.map(|value| value.value().to_vec()))
    }
}
