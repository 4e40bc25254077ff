//! Far behind the head: logs of many blocks with one request, headers only where there are logs.

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use alloy_primitives::B256;
use alloy_rpc_types_eth::Log;

use super::{Fetched, L1BlockLogs, L1Stream};
use crate::{BlockId, L1Block, L1Client, L1Error};

/// Headers requested at a time.
const CONCURRENCY: usize = 16;

impl L1Stream {
    /// Fetches `position.number + 1 ..= to`. Each log must belong to the canonical block of its number, and `position`
    /// must still be canonical at the end. Should the chain have moved in between, then `to` is not canonical, and the
    /// next poll, which starts by comparing it, goes back.
    pub(super) async fn fetch_bulk(&mut self, position: BlockId, to: u64) -> Result<Fetched, L1Error> {
        let Some(boundary) = self.client.block(to).await? else {
            self.head_hint = 0;
            return Ok(Fetched::Nothing);
        };
        let logs = self.client.logs(&self.filter, position.number + 1, to).await?;
        let mut by_block = group(logs)?;
        let at_boundary = by_block.remove(&to);
        if at_boundary.as_ref().is_some_and(|(hash, _)| *hash != boundary.hash) {
            return Err(L1Error::inconsistent("log of a block that is not canonical"));
        }
        let mut blocks = Vec::with_capacity(by_block.len() + 1);
        let mut pending = by_block.into_iter().peekable();
        while pending.peek().is_some() {
            let chunk: Vec<_> = pending.by_ref().take(CONCURRENCY).collect();
            let headers = chunk.iter().map(|(number, _)| header(&self.client, *number)).collect();
            for (block, (_, (hash, logs))) in join_all(headers).await.into_iter().zip(chunk) {
                let block = block?;
                if block.hash != hash {
                    return Err(L1Error::inconsistent("log of a block that is not canonical"));
                }
                blocks.push(L1BlockLogs { block, logs });
            }
        }
        if header(&self.client, position.number).await?.id() != position {
            return Ok(Fetched::Reorg);
        }
        blocks.push(L1BlockLogs { block: boundary, logs: at_boundary.map(|(_, logs)| logs).unwrap_or_default() });
        self.queue.extend(blocks);
        Ok(Fetched::Blocks)
    }
}

async fn header(client: &L1Client, number: u64) -> Result<L1Block, L1Error> {
    client.block(number).await?.ok_or_else(|| L1Error::inconsistent("block below the head is missing"))
}

/// Logs by block; two hashes for one number mean that the chain changed during the request.
fn group(logs: Vec<Log>) -> Result<BTreeMap<u64, (B256, Vec<Log>)>, L1Error> {
    let mut blocks: BTreeMap<u64, (B256, Vec<Log>)> = BTreeMap::new();
    for log in logs {
        let (Some(number), Some(hash)) = (log.block_number, log.block_hash) else {
            return Err(L1Error::inconsistent("log without a position"));
        };
        let entry = blocks.entry(number).or_insert_with(|| (hash, Vec::new()));
        if entry.0 != hash {
            return Err(L1Error::inconsistent("logs of two blocks with one number"));
        }
        entry.1.push(log);
    }
    Ok(blocks)
}

/// Runs a few futures at once and keeps their order.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|cx| {
        let mut ready = true;
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none() {
                match future.as_mut().poll(cx) {
                    Poll::Ready(value) => *output = Some(value),
                    Poll::Pending => ready = false,
                }
            }
        }
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
