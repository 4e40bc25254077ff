//! What all methods share: the chain, a cache of decoded blocks, and turns for expensive work.

use crate::error::{self, RpcResult};
use crate::eth::Filters;
use crate::{RpcContext, RpcLimits};
use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use lux_chain::{Block, Chain, NodeDb};
use lux_protocol::Receipt;
use lux_stf::StateTrie;
use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use std::ops::Deref;
use std::sync::{Arc, atomic::AtomicUsize};
use tokio::sync::Semaphore;

#[derive(Clone)]
struct ByMemory;

impl Weighter<B256, Arc<Block>> for ByMemory {
    fn weight(&self, _: &B256, block: &Arc<Block>) -> u64 {
        1_024 + block.transactions.iter().map(|tx| 512 + tx.input().len() as u64).sum::<u64>()
    }
}

impl Weighter<B256, Arc<Vec<Receipt>>> for ByMemory {
    fn weight(&self, _: &B256, receipts: &Arc<Vec<Receipt>>) -> u64 {
        let logs = |receipt: &Receipt| receipt.logs.iter().map(|log| 256 + log.data.data.len() as u64).sum::<u64>();
        128 + receipts.iter().map(|receipt| 64 + logs(receipt)).sum::<u64>()
    }
}

/// Behind every method.
pub(crate) struct Rpc {
    pub context: Arc<RpcContext>,
    blocks: Cache<B256, Arc<Block>, ByMemory>,
    receipts: Cache<B256, Arc<Vec<Receipt>>, ByMemory>,
    pub reads: Arc<Semaphore>,
    pub executions: Arc<Semaphore>,
    pub waiting: AtomicUsize,
    pub filters: Filters,
    /// Tip suggested at a head.
    pub tip: Mutex<Option<(B256, u128)>>,
}

impl Deref for Rpc {
    type Target = RpcContext;

    fn deref(&self) -> &RpcContext {
        &self.context
    }
}

/// A header with its hash.
pub(crate) struct Located {
    pub hash: B256,
    pub header: Header,
}

impl Rpc {
    pub fn new(context: Arc<RpcContext>) -> Self {
        let RpcLimits { cache_bytes, max_concurrent_reads, max_concurrent_executions, .. } = context.limits;
        let half = cache_bytes / 2;
        Self {
            context,
            blocks: Cache::with_weighter(256, half, ByMemory),
            receipts: Cache::with_weighter(256, half, ByMemory),
            reads: Arc::new(Semaphore::new(max_concurrent_reads.max(1))),
            executions: Arc::new(Semaphore::new(max_concurrent_executions.max(1))),
            waiting: AtomicUsize::new(0),
            filters: Filters::default(),
            tip: Mutex::new(None),
        }
    }

    pub fn chain(&self) -> &Chain {
        &self.context.chain
    }

    pub fn state(&self, root: B256) -> StateTrie<NodeDb> {
        self.chain().state(root)
    }

    /// `pending` counts as the head here: who builds on it asks before.
    pub fn number(&self, tag: BlockNumberOrTag) -> u64 {
        match tag {
            BlockNumberOrTag::Latest | BlockNumberOrTag::Pending => self.chain().head().number(),
            BlockNumberOrTag::Safe => self.chain().safe_number(),
            BlockNumberOrTag::Finalized => self.chain().finalized_number(),
            BlockNumberOrTag::Earliest => 0,
            BlockNumberOrTag::Number(number) => number,
        }
    }

    fn hash(&self, id: BlockId) -> RpcResult<Option<B256>> {
        let canonical = |number| self.chain().canonical_hash(number).map_err(error::chain);
        match id {
            BlockId::Number(BlockNumberOrTag::Latest | BlockNumberOrTag::Pending) => Ok(Some(self.chain().head().hash)),
            BlockId::Number(tag) => canonical(self.number(tag)),
            BlockId::Hash(id) if id.require_canonical == Some(true) => {
                let Some(header) = self.chain().header_by_hash(id.block_hash).map_err(error::chain)? else {
                    return Ok(None);
                };
                match canonical(header.number)? {
                    Some(hash) if hash == id.block_hash => Ok(Some(hash)),
                    _ => Err(error::server("hash is not currently canonical")),
                }
            }
            BlockId::Hash(id) => Ok(Some(id.block_hash)),
        }
    }

    /// The header of a block; the head's for `pending`.
    pub fn header(&self, id: BlockId) -> RpcResult<Option<Located>> {
        let Some(hash) = self.hash(id)? else { return Ok(None) };
        let header = match self.blocks.get(&hash) {
            Some(block) => Some(block.header.clone()),
            None => self.chain().header_by_hash(hash).map_err(error::chain)?,
        };
        Ok(header.map(|header| Located { hash, header }))
    }

    /// As [`Self::header`], for calls that cannot go on without.
    pub fn require_header(&self, id: BlockId) -> RpcResult<Located> {
        self.header(id)?.ok_or_else(error::header_not_found)
    }

    pub fn block(&self, id: BlockId) -> RpcResult<Option<Arc<Block>>> {
        match self.hash(id)? {
            Some(hash) => self.block_by_hash(hash),
            None => Ok(None),
        }
    }

    pub fn block_by_hash(&self, hash: B256) -> RpcResult<Option<Arc<Block>>> {
        if let Some(block) = self.blocks.get(&hash) {
            return Ok(Some(block));
        }
        let block = self.chain().block_by_hash(hash).map_err(error::chain)?;
        Ok(block.inspect(|block| self.blocks.insert(hash, block.clone())))
    }

    pub fn receipts(&self, hash: B256) -> RpcResult<Arc<Vec<Receipt>>> {
        if let Some(receipts) = self.receipts.get(&hash) {
            return Ok(receipts);
        }
        let receipts = self.chain().receipts(hash).map_err(error::chain)?;
        let receipts = Arc::new(receipts.ok_or_else(|| error::internal("a stored block has no receipts"))?);
        self.receipts.insert(hash, receipts.clone());
        Ok(receipts)
    }

    /// A transaction on the canonical chain: its block and its index there.
    pub fn find_transaction(&self, hash: B256) -> RpcResult<Option<(Arc<Block>, usize)>> {
        let Some((number, index)) = self.chain().transaction_position(hash).map_err(error::chain)? else {
            return Ok(None);
        };
        let index = index as usize;
        // Between the two reads the head may have moved away from that block.
        let block = self.block(BlockId::number(number))?;
        Ok(block
            .filter(|block| block.transactions.get(index).is_some_and(|tx| tx.hash() == hash))
            .map(|block| (block, index)))
    }
}
