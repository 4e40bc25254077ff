//! Going back to an earlier state.

use crate::{Devnet, DevnetError, clock::Clock};
use alloy_primitives::B256;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Snapshot {
    number: u64,
    hash: B256,
    clock: Clock,
    next_base_fee: Option<u64>,
}

/// By id. They live as long as the process.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    last_id: u64,
    by_id: BTreeMap<u64, Snapshot>,
}

impl Devnet {
    /// Remembers the head and the clock. Ids count from one.
    pub fn snapshot(&self) -> u64 {
        let session = self.session();
        let (head, saved) = (session.head(), &session.saved);
        let mut snapshots = self.0.snapshots.lock();
        snapshots.last_id += 1;
        let id = snapshots.last_id;
        let snapshot =
            Snapshot { number: head.number(), hash: head.hash, clock: saved.clock, next_base_fee: saved.next_base_fee };
        snapshots.by_id.insert(id, snapshot);
        id
    }

    /// Goes back to a snapshot; it and later ones are used up. Transactions of blocks since are forgotten, and so is
    /// everything else that these did; the pool keeps the rest. False where there is no such snapshot, or none any more:
    /// a reorganisation or another revert may have taken its block away.
    pub fn revert(&self, id: u64) -> Result<bool, DevnetError> {
        let mut session = self.session();
        let Some(snapshot) = ({
            let mut snapshots = self.0.snapshots.lock();
            if !snapshots.by_id.contains_key(&id) {
                return Ok(false);
            }
            snapshots.by_id.split_off(&id).remove(&id)
        }) else {
            return Ok(false);
        };
        if self.0.chain.block(snapshot.number)?.is_none_or(|block| block.hash != snapshot.hash) {
            return Ok(false);
        }
        session.saved.clock = snapshot.clock;
        session.saved.next_base_fee = snapshot.next_base_fee;
        session.rewind(snapshot.number, true)?;
        self.update_tags()?;
        Ok(true)
    }
}
