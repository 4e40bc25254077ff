//! `eth_subscribe` over WebSocket.
//!
//! A task per subscription turns events into messages and never waits for its client: when the connection's buffer is full,
//! the client is too slow, and its subscription ends with an error rather than with a gap.

use crate::args::Args;
use crate::error::{RpcResult, invalid_params};
use crate::eth::{check_filter, syncing};
use crate::feed::matching_logs;
use crate::rpc::Rpc;
use crate::types::{header, pending_transaction};
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, SyncStatus};
use jsonrpsee::RpcModule;
use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::server::{PendingSubscriptionSink, SubscriptionSink};
use jsonrpsee::types::Params;
use lux_chain::{BlockReceipts, ChainEvent};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// How often the state of synchronisation is looked at.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

enum Kind {
    NewHeads,
    Logs(Box<Filter>),
    PendingTransactions { full: bool },
    Syncing,
}

pub(crate) fn register(module: &mut RpcModule<Rpc>) {
    let handle = |params: Params<'static>, pending, rpc: Arc<Rpc>, _| subscribe(params, pending, rpc);
    module
        .register_subscription("eth_subscribe", "eth_subscription", "eth_unsubscribe", handle)
        .expect("method names are distinct");
}

fn parse(params: &Params<'_>) -> RpcResult<Kind> {
    let args = Args::parse(params, 2)?;
    Ok(match args.required::<String>(0)?.as_str() {
        "newHeads" => Kind::NewHeads,
        "logs" => {
            let filter = args.optional::<Filter>(1)?.unwrap_or_default();
            check_filter(&filter)?;
            Kind::Logs(Box::new(filter))
        }
        "newPendingTransactions" => Kind::PendingTransactions { full: args.optional(1)?.unwrap_or(false) },
        "syncing" => Kind::Syncing,
        other => return Err(invalid_params(format!("no {other:?} subscription in eth namespace"))),
    })
}

async fn subscribe(params: Params<'static>, pending: PendingSubscriptionSink, rpc: Arc<Rpc>) -> SubscriptionResult {
    let kind = match parse(&params) {
        Ok(kind) => kind,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    // Before the client knows that it is subscribed, so that nothing in between is missed.
    let (events, hashes) = (rpc.chain().subscribe(), rpc.chain().pool().subscribe());
    let sink = pending.accept().await?;
    match kind {
        Kind::NewHeads => {
            drop(hashes);
            follow_chain(sink, events, |event, sink| match event {
                ChainEvent::Added(BlockReceipts { block, .. }) => send(sink, &header(block)),
                ChainEvent::Removed(_) => Ok(()),
            })
            .await
        }
        Kind::Logs(filter) => {
            drop(hashes);
            follow_chain(sink, events, |event, sink| send_logs(event, &filter, sink)).await
        }
        Kind::PendingTransactions { full } => {
            drop(events);
            follow_pool(sink, hashes, &rpc, full).await
        }
        Kind::Syncing => {
            drop((events, hashes));
            follow_sync(sink, &rpc).await
        }
    }
}

/// Queues a message, or ends the subscription.
fn send(sink: &mut SubscriptionSink, message: &impl Serialize) -> SubscriptionResult {
    let message = serde_json::value::to_raw_value(message)?;
    Ok(sink.try_send(message)?)
}

async fn follow_chain(
    mut sink: SubscriptionSink,
    mut events: Receiver<ChainEvent>,
    mut tell: impl FnMut(&ChainEvent, &mut SubscriptionSink) -> SubscriptionResult,
) -> SubscriptionResult {
    loop {
        let event = tokio::select! {
            () = sink.closed() => return Ok(()),
            event = events.recv() => event,
        };
        match event {
            Ok(event) => tell(&event, &mut sink)?,
            Err(RecvError::Closed) => return Ok(()),
            Err(lagged @ RecvError::Lagged(_)) => return Err(lagged.into()),
        }
    }
}

fn send_logs(event: &ChainEvent, filter: &Filter, sink: &mut SubscriptionSink) -> SubscriptionResult {
    let (blocks, removed) = match event {
        ChainEvent::Added(added) => (std::slice::from_ref(added), false),
        ChainEvent::Removed(blocks) => (blocks.as_slice(), true),
    };
    for BlockReceipts { block, receipts } in blocks {
        if filter.matches_bloom(block.header.logs_bloom) {
            for log in matching_logs(block, receipts, filter, removed) {
                send(sink, &log)?;
            }
        }
    }
    Ok(())
}

async fn follow_pool(
    mut sink: SubscriptionSink,
    mut hashes: Receiver<B256>,
    rpc: &Rpc,
    full: bool,
) -> SubscriptionResult {
    loop {
        let hash = tokio::select! {
            () = sink.closed() => return Ok(()),
            hash = hashes.recv() => hash,
        };
        match hash {
            Ok(hash) if full => {
                if let Some(tx) = rpc.chain().pool().get(&hash) {
                    send(&mut sink, &pending_transaction(&tx))?;
                }
            }
            Ok(hash) => send(&mut sink, &hash)?,
            Err(RecvError::Closed) => return Ok(()),
            // Transactions are announced as they come; nobody relies on seeing all.
            Err(RecvError::Lagged(_)) => {}
        }
    }
}

async fn follow_sync(mut sink: SubscriptionSink, rpc: &Rpc) -> SubscriptionResult {
    let mut told = None;
    loop {
        let status = syncing(rpc);
        if told.as_ref() != Some(&status) {
            match &status {
                SyncStatus::None => send(&mut sink, &false)?,
                SyncStatus::Info(_) => send(&mut sink, &status)?,
            }
            told = Some(status);
        }
        tokio::select! {
            () = sink.closed() => return Ok(()),
            () = tokio::time::sleep(SYNC_INTERVAL) => {}
        }
    }
}
