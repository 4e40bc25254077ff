//! Finding the last common block.

use super::{L1Event, L1Stream};
use crate::{BlockId, L1Block, L1Error, ResetError};

impl L1Stream {
    /// Goes back to the newest remembered block that is still canonical.
    pub(super) async fn rewind(&mut self) -> Result<L1Event, L1Error> {
        let Some(position) = self.ring.last() else {
            return Err(L1Error::inconsistent("nothing to rewind"));
        };
        let head = self.client.head().await?;
        let candidates = self.ring.count_up_to(head.number);

        // Most reorgs are shallow: look 1, 2, 4, ... entries back, then halve the interval between the last entry
        // that is gone and the first that is not. Being canonical is monotonic along one chain.
        let (mut gone, mut step) = (candidates, 1);
        let mut common: Option<(usize, L1Block)> = None;
        while gone > 0 {
            let index = gone.saturating_sub(step);
            match self.if_canonical(self.ring.get(index)).await? {
                Some(block) => {
                    common = Some((index, block));
                    break;
                }
                None => {
                    gone = index;
                    step *= 2;
                }
            }
        }
        let Some((mut kept, mut to)) = common else {
            return self.too_deep().await;
        };
        while kept + 1 < gone {
            let index = kept + (gone - kept) / 2;
            match self.if_canonical(self.ring.get(index)).await? {
                Some(block) => (kept, to) = (index, block),
                None => gone = index,
            }
        }
        if to.number == position.number {
            return Err(L1Error::inconsistent("reorg that did not happen"));
        }
        self.queue.clear();
        self.head_hint = 0;
        self.ring.truncate_after(to.number);
        let depth = position.number - to.number;
        tracing::warn!(depth, to = to.number, "L1 reorganised");
        Ok(L1Event::Reorg { to, depth })
    }

    async fn if_canonical(&self, id: BlockId) -> Result<Option<L1Block>, L1Error> {
        match self.client.block(id.number).await? {
            Some(block) => Ok((block.hash == id.hash).then_some(block)),
            None => Err(L1Error::inconsistent("block below the head is missing")),
        }
    }

    async fn too_deep(&self) -> Result<L1Event, L1Error> {
        let Some(oldest) = self.ring.first() else {
            return Err(L1Error::inconsistent("nothing to rewind"));
        };
        // A head below everything that is remembered says nothing about those blocks.
        let canonical = match self.client.block(oldest.number).await? {
            Some(block) => block.hash,
            None => return Err(L1Error::inconsistent("block below the head is missing")),
        };
        if canonical == oldest.hash {
            return Err(L1Error::inconsistent("reorg that did not happen"));
        }
        Err(ResetError::ReorgTooDeep { oldest, canonical }.into())
    }
}
