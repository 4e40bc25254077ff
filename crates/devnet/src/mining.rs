//! When blocks are mined, and mining them.

use crate::clock::check_span;
use crate::session::{Order, Session, Take};
use crate::{Devnet, DevnetError, Mining};
use alloy_primitives::Bytes;
use lux_chain::Block;
use std::sync::Arc;

/// Most blocks in one call: a few seconds' work.
const MAX_BLOCKS: u64 = 100_000;

impl Devnet {
    pub fn mining(&self) -> Mining {
        self.0.saved.read().mining
    }

    /// Changes when blocks are mined. [`Mining::Automine`] begins with what waits in the pool.
    pub fn set_mining(&self, mode: Mining) -> Result<(), DevnetError> {
        let mut session = self.session();
        session.saved.mining = mode.check()?;
        session.save()?;
        self.0.mining.send_if_modified(|mining| std::mem::replace(mining, mode) != mode);
        self.on_transaction()
    }

    /// Mines `count` blocks, `interval` seconds apart (by default as the clock says). The first takes what fits from the
    /// pool, and so on. Durable when it returns. Returns the new head.
    pub fn mine(&self, count: u64, interval: Option<u64>) -> Result<Arc<Block>, DevnetError> {
        self.mine_from(None, count, interval)
    }

    /// As [`Self::mine`], with the timestamp of the first block.
    pub fn mine_from(
        &self,
        timestamp: Option<u64>,
        count: u64,
        interval: Option<u64>,
    ) -> Result<Arc<Block>, DevnetError> {
        if count > MAX_BLOCKS {
            return Err(DevnetError::TooManyBlocks { given: count, most: MAX_BLOCKS });
        }
        let mut session = self.session();
        let mut head = session.head();
        if let Some(timestamp) = timestamp {
            session.saved.clock.set_next(timestamp, head.header.timestamp)?;
        }
        let step = interval.unwrap_or(1);
        check_span(session.saved.clock.peek(session.wall(), head.header.timestamp), count, step)?;
        for index in 0..count {
            let wall = session.wall();
            let timestamp = match interval {
                Some(seconds) if index > 0 => {
                    let timestamp = head.header.timestamp + seconds.max(1);
                    session.saved.clock.go_on_from(timestamp, wall);
                    timestamp
                }
                _ => session.saved.clock.take(wall, head.header.timestamp),
            };
            if let Some(block) = session.mine_at(timestamp, Take::All, index + 1 == count)? {
                head = block;
            }
        }
        self.update_tags()?;
        Ok(head)
    }

    /// Mines every transaction that can be executed, one block each. Returns how many.
    pub fn mine_pending(&self) -> Result<u64, DevnetError> {
        let mut session = self.session();
        let mut count = 0;
        loop {
            let before = session.saved.clone();
            let timestamp = session.saved.clock.take(session.wall(), session.head().header.timestamp);
            if session.mine_at(timestamp, Take::One, true)?.is_none() {
                session.saved = before;
                break;
            }
            count += 1;
        }
        if count > 0 {
            self.update_tags()?;
        }
        Ok(count)
    }

    /// To be called after the pool accepted a transaction, before its sender is told: with [`Mining::Automine`] it is in
    /// a durable block when this returns.
    pub fn on_transaction(&self) -> Result<(), DevnetError> {
        if self.mining() == Mining::Automine {
            self.mine_pending()?;
        }
        Ok(())
    }

    /// Sets the base fee of the next block, wei per gas.
    pub fn set_next_base_fee(&self, base_fee: u64) -> Result<(), DevnetError> {
        let mut session = self.session();
        session.saved.next_base_fee = Some(base_fee);
        session.save()
    }
}

impl Session<'_> {
    fn mine_at(&mut self, timestamp: u64, take: Take, durable: bool) -> Result<Option<Arc<Block>>, DevnetError> {
        let base_fee = self.saved.next_base_fee.take();
        self.mine(Order { timestamp, base_fee, extra_data: Bytes::new(), take, durable }, |_| Ok(()))
    }
}
