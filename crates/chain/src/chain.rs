//! The chain: what is canonical, who may change it, who is told.

use crate::pool::{AccountState, Pool};
use crate::writer::ChainWriter;
use crate::{Block, ChainError, Genesis, NodeDb, Store};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, U256};
use lux_protocol::Receipt;
use lux_stf::{Rules, StateTrie};
use parking_lot::{Mutex, RwLock};
use quick_cache::{Weighter, sync::Cache};
use std::sync::Arc;
use tokio::sync::broadcast;

/// A block with its receipts, as told to subscribers.
#[derive(Clone, Debug)]
pub struct BlockReceipts {
    pub block: Arc<Block>,
    pub receipts: Arc<Vec<Receipt>>,
}

/// A change of the canonical chain.
#[derive(Clone, Debug)]
pub enum ChainEvent {
    /// A block was added on top.
    Added(BlockReceipts),
    /// Blocks were taken off, newest first.
    Removed(Vec<BlockReceipts>),
}

/// How many events a slow subscriber may lag before it loses the oldest.
const EVENT_BACKLOG: usize = 1024;

const META_HEAD: &str = "head";
const META_SAFE: &str = "safe";
const META_FINALIZED: &str = "finalized";

#[derive(Clone, Debug)]
pub(crate) struct Tip {
    pub head: Arc<Block>,
    pub safe: u64,
    pub finalized: u64,
}

/// An EVM chain on disk. Reads are concurrent; writes go through [`Chain::writer`], one at a time.
pub struct Chain {
    rules: Rules,
    genesis_hash: B256,
    pub(crate) store: Store,
    pub(crate) nodes: NodeDb,
    pub(crate) tip: RwLock<Tip>,
    /// State after the head, kept warm between blocks; taken by the writer while it works.
    pub(crate) warm_state: Mutex<Option<(B256, StateTrie<NodeDb>)>>,
    pub(crate) events: broadcast::Sender<ChainEvent>,
    /// Blocks read or made lately: batcher and deriver look at each several times.
    pub(crate) blocks: Cache<B256, Arc<Block>, BySize>,
    pool: Arc<Pool>,
}

/// Bytes of decoded blocks kept in memory, roughly.
const BLOCK_CACHE_BYTES: u64 = 32 * 1024 * 1024;

#[derive(Clone)]
pub(crate) struct BySize;

impl Weighter<B256, Arc<Block>> for BySize {
    fn weight(&self, _: &B256, block: &Arc<Block>) -> u64 {
        let inputs: usize = block.transactions.iter().map(|tx| tx.input().len()).sum();
        (1_024 + block.transactions.len() * 512 + inputs) as u64
    }
}

impl Chain {
    /// Opens the chain in `store`, creating it from `genesis` when the store is empty.
    pub fn open(store: Store, genesis: &Genesis, pool: Pool) -> Result<Self, ChainError> {
        let first = genesis.block()?;
        let nodes = NodeDb::new(store.clone());
        match store.canonical_hash(0)? {
            Some(found) if found != first.block.hash => {
                return Err(ChainError::GenesisMismatch { found, expected: first.block.hash });
            }
            Some(_) => {}
            None => store.write(true, |writer| {
                writer.put_nodes(&first.nodes)?;
                for (hash, code) in &first.code {
                    writer.put_code(*hash, code)?;
                }
                writer.put_block(&first.block, &Vec::new())?;
                writer.put_meta(META_HEAD, first.block.hash.as_slice())
            })?,
        }
        let head = store.meta(META_HEAD)?.ok_or(ChainError::Corrupt("head"))?;
        let head = B256::try_from(head.as_slice()).map_err(|_| ChainError::Corrupt("head"))?;
        let head = store.block(&head)?.ok_or(ChainError::Corrupt("head block"))?;
        let tag = |key| -> Result<u64, ChainError> {
            let bytes = store.meta(key)?.unwrap_or_else(|| vec![0; 8]);
            let number = u64::from_be_bytes(bytes.try_into().map_err(|_| ChainError::Corrupt("tag"))?);
            // A rewind moves the head, and the tags only in memory.
            Ok(number.min(head.number()))
        };
        let safe = tag(META_SAFE)?.min(head.header.number);
        let tip = Tip { safe, finalized: tag(META_FINALIZED)?.min(safe), head: Arc::new(head) };
        Ok(Self {
            rules: genesis.rules,
            genesis_hash: first.block.hash,
            store,
            nodes,
            tip: RwLock::new(tip),
            warm_state: Mutex::new(None),
            events: broadcast::channel(EVENT_BACKLOG).0,
            blocks: Cache::with_weighter(1_024, BLOCK_CACHE_BYTES, BySize),
            pool: Arc::new(pool),
        })
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn genesis_hash(&self) -> B256 {
        self.genesis_hash
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub fn head(&self) -> Arc<Block> {
        self.tip.read().head.clone()
    }

    /// Number of the last block that L1 carries.
    pub fn safe_number(&self) -> u64 {
        self.tip.read().safe
    }

    /// Number of the last block that L1 carries finally.
    pub fn finalized_number(&self) -> u64 {
        self.tip.read().finalized
    }

    /// Block on the canonical chain.
    pub fn block(&self, number: u64) -> Result<Option<Arc<Block>>, ChainError> {
        let head = self.head();
        if number == head.number() {
            return Ok(Some(head));
        }
        match self.store.canonical_hash(number)? {
            Some(hash) => self.block_by_hash(hash),
            None => Ok(None),
        }
    }

    /// Block on the canonical chain that has to be there.
    pub fn expect_block(&self, number: u64) -> Result<Arc<Block>, ChainError> {
        self.block(number)?.ok_or(ChainError::UnknownBlock(number))
    }

    /// Any stored block, canonical or not.
    pub fn block_by_hash(&self, hash: B256) -> Result<Option<Arc<Block>>, ChainError> {
        let head = self.head();
        if hash == head.hash {
            return Ok(Some(head));
        }
        if let Some(block) = self.blocks.get(&hash) {
            return Ok(Some(block));
        }
        let block = self.store.block(&hash)?.map(Arc::new);
        if let Some(block) = &block {
            self.blocks.insert(hash, block.clone());
        }
        Ok(block)
    }

    /// Header of any stored block, canonical or not; much cheaper than the block.
    pub fn header_by_hash(&self, hash: B256) -> Result<Option<Header>, ChainError> {
        let head = self.head();
        if hash == head.hash {
            return Ok(Some(head.header.clone()));
        }
        self.store.header(&hash)
    }

    /// Hash of the block on the canonical chain.
    pub fn canonical_hash(&self, number: u64) -> Result<Option<B256>, ChainError> {
        let head = self.head();
        if number == head.number() {
            return Ok(Some(head.hash));
        }
        self.store.canonical_hash(number)
    }

    pub fn receipts(&self, block_hash: B256) -> Result<Option<Vec<Receipt>>, ChainError> {
        self.store.receipts(&block_hash)
    }

    /// Block number and index of a transaction on the canonical chain.
    pub fn transaction_position(&self, hash: B256) -> Result<Option<(u64, u32)>, ChainError> {
        self.store.transaction_position(&hash)
    }

    /// The state at a root that some block committed to.
    pub fn state(&self, root: B256) -> StateTrie<NodeDb> {
        StateTrie::new(self.nodes.clone(), root)
    }

    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }

    /// The right to change the chain. Waits while another holds it.
    pub fn writer(&self) -> ChainWriter<'_> {
        ChainWriter::new(self)
    }

    /// Sets the tags that L1 decides; never beyond the head.
    pub fn set_tags(&self, safe: u64, finalized: u64) -> Result<(), ChainError> {
        {
            let mut tip = self.tip.write();
            let safe = safe.min(tip.head.number());
            let finalized = finalized.min(safe);
            if (safe, finalized) == (tip.safe, tip.finalized) {
                return Ok(());
            }
            (tip.safe, tip.finalized) = (safe, finalized);
        }
        // Not under the lock: readers must not wait for the disk. What a crash loses here, L1 tells again.
        self.store.write(false, |writer| {
            writer.put_meta(META_SAFE, &safe.to_be_bytes())?;
            writer.put_meta(META_FINALIZED, &finalized.to_be_bytes())
        })
    }
}

impl AccountState for Chain {
    type Error = ChainError;

    /// After the head.
    fn nonce_and_balance(&self, address: Address) -> Result<(u64, U256), ChainError> {
        let account = self.state(self.head().header.state_root).account(address)?;
        Ok(account.map_or((0, U256::ZERO), |account| (account.nonce, account.balance)))
    }
}

pub(crate) fn put_head(writer: &crate::store::StoreWriter, hash: B256) -> Result<(), ChainError> {
    writer.put_meta(META_HEAD, hash.as_slice())
}
