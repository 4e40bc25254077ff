//! The one place that changes the canonical chain.

use crate::chain::put_head;
use crate::pool::AccountUpdate;
use crate::{Block, BlockReceipts, Chain, ChainError, ChainEvent, NodeDb, StoreWriter};
use alloy_primitives::{Address, B256};
use lux_protocol::{EthTransaction, Transaction, UnsignedTx};
use lux_stf::{BlockAttributes, BlockExecutor, BlockPlan, ExecutedBlock, StateTrie, execute_plan, prepare};
use parking_lot::MutexGuard;
use std::sync::Arc;

/// Paths a warm state may hold before it is dropped: about 3 KB each, so about 200 MB at most under load.
const MAX_WARM_LOADS: usize = 60_000;

/// Exclusive access to the chain.
pub struct ChainWriter<'a> {
    chain: &'a Chain,
    warm: MutexGuard<'a, Option<(B256, StateTrie<NodeDb>)>>,
}

impl<'a> ChainWriter<'a> {
    pub(crate) fn new(chain: &'a Chain) -> Self {
        Self { chain, warm: chain.warm_state.lock() }
    }

    pub fn chain(&self) -> &'a Chain {
        self.chain
    }

    fn take_state(&mut self, root: B256) -> StateTrie<NodeDb> {
        match self.warm.take() {
            Some((warm_root, state)) if warm_root == root && state.loads() < MAX_WARM_LOADS => state,
            _ => self.chain.state(root),
        }
    }

    /// Opens the block after the head.
    pub fn open_block(&mut self, attributes: BlockAttributes) -> Result<BlockExecutor<NodeDb>, ChainError> {
        let state = self.take_state(self.chain.head().header.state_root);
        Ok(BlockExecutor::new(*self.chain.rules(), attributes, state)?)
    }

    /// Executes a derived block on top of the head and appends it.
    pub fn import(
        &mut self,
        plan: &BlockPlan,
        prepared: Option<Vec<Option<(EthTransaction, Address)>>>,
        durable: bool,
        extra: impl FnOnce(&StoreWriter, &Block) -> Result<(), ChainError>,
    ) -> Result<Arc<Block>, ChainError> {
        let parent = self.chain.head();
        let state = self.take_state(parent.header.state_root);
        let (executed, state) = execute_plan(*self.chain.rules(), &parent.header, parent.hash, plan, prepared, state)?;
        self.append(executed, state, durable, extra)
    }

    /// Appends an executed block; `extra` commits with it.
    pub fn append(
        &mut self,
        executed: ExecutedBlock,
        mut state: StateTrie<NodeDb>,
        durable: bool,
        extra: impl FnOnce(&StoreWriter, &Block) -> Result<(), ChainError>,
    ) -> Result<Arc<Block>, ChainError> {
        let ExecutedBlock { header, hash, transactions, senders, receipts, changes } = executed;
        let mut nodes = Vec::new();
        let root = state.commit(&mut |hash, node| nodes.push((hash, node)));
        debug_assert_eq!(root, header.state_root);
        let block = Arc::new(Block { header, hash, transactions, senders });
        self.chain.store.write(durable, |writer| {
            writer.put_nodes(&nodes)?;
            for (hash, code) in &changes.code {
                writer.put_code(*hash, &code.original_bytes())?;
            }
            writer.put_block(&block, &receipts)?;
            put_head(writer, block.hash)?;
            extra(writer, &block)
        })?;
        self.chain.nodes.remember(nodes);
        *self.warm = Some((root, state));
        self.chain.blocks.insert(block.hash, block.clone());
        self.chain.tip.write().head = block.clone();

        let accounts = changes.accounts.iter().map(|change| {
            let (nonce, balance) =
                change.info.as_ref().map_or_else(Default::default, |info| (info.nonce, info.balance));
            AccountUpdate { address: change.address, nonce, balance }
        });
        self.chain.pool().on_new_block(accounts, self.next_base_fee(&block));
        let added = BlockReceipts { block: block.clone(), receipts: Arc::new(receipts) };
        // Nobody listening is fine.
        let _ = self.chain.events.send(ChainEvent::Added(added));
        Ok(block)
    }

    fn next_base_fee(&self, block: &Block) -> u64 {
        self.chain.rules().next_block(&block.header, block.hash, block.header.timestamp, None).base_fee
    }

    /// Makes block `number` the head again. User transactions of the removed blocks return to the pool.
    pub fn rewind(
        &mut self,
        number: u64,
        extra: impl FnOnce(&StoreWriter) -> Result<(), ChainError>,
    ) -> Result<(), ChainError> {
        let chain = self.chain;
        let target = chain.expect_block(number)?;
        let mut removed = Vec::new();
        for height in (number + 1..=chain.head().number()).rev() {
            let block = chain.expect_block(height)?;
            let receipts = Arc::new(chain.receipts(block.hash)?.ok_or(ChainError::Corrupt("receipts"))?);
            removed.push(BlockReceipts { block, receipts });
        }
        *self.warm = None;
        chain.store.write(true, |writer| {
            for BlockReceipts { block, .. } in &removed {
                writer.detach_block(block)?;
            }
            put_head(writer, target.hash)?;
            extra(writer)
        })?;
        {
            let mut tip = chain.tip.write();
            tip.head = target.clone();
            tip.safe = tip.safe.min(number);
            tip.finalized = tip.finalized.min(number);
        }
        self.return_to_pool(&removed, &target);
        if !removed.is_empty() {
            let _ = chain.events.send(ChainEvent::Removed(removed));
        }
        Ok(())
    }

    fn return_to_pool(&self, removed: &[BlockReceipts], target: &Block) {
        let mut returned: Vec<(EthTransaction, Address)> = Vec::new();
        for BlockReceipts { block, .. } in removed.iter().rev() {
            for (tx, sender) in block.transactions.iter().zip(&block.senders) {
                if let Transaction::Ethereum(tx) = tx {
                    returned.push((tx.clone(), *sender));
                }
            }
        }
        let pool = self.chain.pool();
        if let Err(error) = pool.on_reorg(returned, self.chain, self.next_base_fee(target)) {
            // The head has moved; an empty pool agrees with any head.
            tracing::error!(%error, "state unreadable after a rewind: transactions left the pool");
            pool.clear();
        }
    }
}

/// Recovers the senders of a block's transactions on all cores.
pub fn prepare_all(transactions: &[UnsignedTx]) -> Vec<Option<(EthTransaction, Address)>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let chunk = transactions.len().div_ceil(threads).max(64);
    if transactions.len() <= chunk {
        return transactions.iter().map(prepare).collect();
    }
    std::thread::scope(|scope| {
        let workers: Vec<_> = transactions
            .chunks(chunk)
            .map(|chunk| scope.spawn(move || chunk.iter().map(prepare).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("signature recovery does not panic")).collect()
    })
}
