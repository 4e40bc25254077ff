//! Carries L2 -> L1 messages out: relays calls, proves and pays withdrawals, for whoever sent them.

use crate::bridge::withdrawal_calls;
use crate::ledger::Ledger;
use crate::proofs::{message_proof, sent_in_batch};
use crate::rollup::Rollup;

use crate::{NodeError, SentMessage};
use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use lux_chain::Chain;
use lux_l1::{TxManager, TxRequest};
use lux_protocol::contracts::{IL1TokenBridge, IMessageBridge};
use lux_protocol::withdrawal_message;
use std::sync::Arc;

const NEXT_BATCH: &str = "relayer/next";

/// Relays the messages of final batches, once each.
pub struct Relayer {
    chain: Arc<Chain>,
    ledger: Ledger,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
}

impl Relayer {
    pub fn new(chain: Arc<Chain>, rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        let ledger = Ledger::new(chain.store().clone());
        Self { chain, ledger, rollup, transactions }
    }

    /// Works on the next batch that became final; `true` when there was one.
    pub async fn step(&self) -> Result<bool, NodeError> {
        self.transactions.step().await?;
        let stored = self.chain.store().meta(NEXT_BATCH)?;
        let next = stored.and_then(|bytes| bytes.try_into().ok()).map_or(1, u64::from_be_bytes);
        if next > self.ledger.finalized_batch()? {
            return Ok(false);
        }
        let Some(batch) = self.ledger.batch(next)? else { return Ok(false) };
        for message in sent_in_batch(&self.chain, &batch)? {
            self.relay(&message).await?;
        }
        self.chain.store().write(true, |writer| writer.put_meta(NEXT_BATCH, &(next + 1).to_be_bytes()))?;
        Ok(true)
    }

    async fn relay(&self, sent: &SentMessage) -> Result<(), NodeError> {
        let Some((proof, _)) = message_proof(&self.chain, &self.ledger, sent)? else { return Ok(()) };
        let l1 = self.transactions.client();
        if let Some((token, _, amount)) = withdrawal_message(&sent.message) {
            let call = IL1TokenBridge::withdrawalsCall { withdrawalId: sent.hash.into() };
            let state = l1.view(self.rollup.token_bridge, call).await?;
            let (prove, pay) = withdrawal_calls(sent, proof, token, amount);
            if state.batchNumber == 0 {
                self.send(format!("prove/{}", sent.hash), self.rollup.address, prove).await?;
            }
            if !state.paid {
                self.send(format!("pay/{}", sent.hash), self.rollup.address, pay).await?;
            }
            return Ok(());
        }
        let executed = IMessageBridge::isMessageExecutedCall { messageHash: sent.hash };
        if !l1.view(self.rollup.bridge, executed).await? {
            let call = IMessageBridge::relayMessageFromL2Call { message: sent.message.clone(), proof };
            self.send(format!("relay/{}", sent.hash), self.rollup.bridge, call.abi_encode()).await?;
        }
        Ok(())
    }

    /// Sends and waits. What L1 refuses is skipped: its sender may retry by hand, and others must not wait for it.
    async fn send(&self, id: String, to: Address, data: Vec<u8>) -> Result<(), NodeError> {
        if let Some(reason) = self.transactions.refusal(to, &data).await? {
            tracing::warn!(id, %reason, "message cannot be relayed");
            return Ok(());
        }
        let id = self.transactions.unused_id(id).await?;
        match self.transactions.send(TxRequest::call(id.clone(), to, data)).await {
            Ok(_) => tracing::info!(id, "message relayed"),
            Err(error) if error.is_temporary() => return Err(error.into()),
            Err(error) => tracing::warn!(id, %error, "message not relayed"),
        }
        Ok(())
    }
}
