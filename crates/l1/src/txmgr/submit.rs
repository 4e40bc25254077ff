//! From a request to a journal entry with a nonce.

use super::{
    Gate, JournalEntry, Tracked, TxError, TxFailure, TxManager, TxRequest, TxStatus,
    config::MAX_TX_DATA,
    reply::{Reply, classify},
};
use crate::{BlockTag, CallError, CallRequest, L1Block, L1Error};
use alloy_primitives::{Address, Bytes};

impl TxManager {
    /// Assigns a nonce, writes the journal and broadcasts. With an id that exists, reports its status and does nothing.
    /// Does not wait for anything to be mined.
    ///
    /// An error means that the request left no trace. Dropping the future leaves either no trace or a transaction that
    /// the next step broadcasts.
    pub async fn submit(&self, request: TxRequest) -> Result<TxStatus, TxError> {
        let mut gate = self.gate.lock().await;
        let digest = request.digest();
        let waiting = {
            let entries = self.entries.lock();
            if let Some(tracked) = entries.get(&request.id) {
                if tracked.entry.digest != digest {
                    return Err(TxError::IdConflict(request.id));
                }
                let status = tracked.status();
                if !matches!(status, TxStatus::Failed(TxFailure::NonceTaken { .. })) {
                    return Ok(status);
                }
            }
            entries.values().filter(|t| t.entry.end.is_none()).count()
        };
        if request.data.len() > MAX_TX_DATA {
            return Err(TxError::TooMuchData { size: request.data.len(), limit: MAX_TX_DATA });
        }
        if waiting >= self.config.max_pending {
            return Err(TxError::TooManyPending(waiting));
        }
        let gas_limit = self.gas_limit(&request, waiting > 0).await?;
        let fees = self.market_fees(&gate).await?;
        let nonce = self.next_nonce().await?;

        let now = self.now();
        let mut entry = JournalEntry {
            id: request.id.clone(),
            nonce,
            to: request.to,
            value: request.value,
            data: request.data,
            digest,
            gas_limit,
            versions: Vec::new(),
            raw: Default::default(),
            created_at_ms: now,
            cancelling: None,
            end: None,
        };
        self.add_version(&mut entry, fees)?;
        self.begin(&mut gate, entry).await?;
        Ok(self.status(&request.id).ok_or_else(|| L1Error::inconsistent("entry vanished"))?)
    }

    /// Journal first, network second. Whatever the network says, the entry exists from here on.
    pub(super) async fn begin(&self, gate: &mut Gate, entry: JournalEntry) -> Result<(), L1Error> {
        let (id, nonce) = (entry.id.clone(), entry.nonce);
        self.journal.put(&self.scope, &entry)?;
        self.entries.lock().insert(id.clone(), Tracked::new(entry, self.now()));
        if let Err(e) = self.broadcast(gate, &id).await {
            tracing::warn!(id, nonce, error = %e, "L1 transaction not broadcast yet");
        }
        Ok(())
    }

    /// Gas that a call would take now, before any margin.
    pub async fn gas_of(&self, to: Address, data: impl Into<Bytes>) -> Result<u64, TxError> {
        let others_pending = !self.unfinished().is_empty();
        self.estimate(&TxRequest::call(String::new(), to, data), others_pending).await
    }

    /// Most gas that a call may take to be sent with the usual margin, into blocks such as this one.
    pub fn room(&self, block: &L1Block) -> u64 {
        let limit = u128::from(self.config.max_gas.min(block.gas_limit)) * 100;
        u64::try_from(limit / u128::from(self.config.gas_margin_percent.max(100))).unwrap_or(u64::MAX)
    }

    async fn gas_limit(&self, request: &TxRequest, others_pending: bool) -> Result<u64, TxError> {
        let limit = self.config.max_gas;
        let gas = match request.gas_limit {
            Some(gas) => gas,
            None => {
                let gas = self.estimate(request, others_pending).await?;
                let with_margin = u128::from(gas) * u128::from(self.config.gas_margin_percent) / 100;
                // An estimate that fits may lose its margin, not its chance.
                gas.max(u64::try_from(with_margin).unwrap_or(u64::MAX).min(limit))
            }
        };
        if gas > limit {
            return Err(TxError::TooMuchGas { gas, limit });
        }
        Ok(gas)
    }

    async fn estimate(&self, request: &TxRequest, others_pending: bool) -> Result<u64, TxError> {
        let call = CallRequest {
            from: Some(self.address()),
            to: request.to,
            value: request.value,
            data: request.data.clone(),
        };
        let mut result = Err(CallError::L1(L1Error::inconsistent("no estimate")));
        if others_pending {
            result = self.client.estimate_gas(&call, BlockTag::Pending).await;
        }
        // The first attempt, or an endpoint without a pending state.
        if matches!(&result, Err(CallError::L1(_))) {
            result = self.client.estimate_gas(&call, BlockTag::Latest).await;
        }
        result.map_err(|e| match e {
            CallError::Reverted(revert) => TxError::Reverted(revert),
            CallError::L1(e) if classify(&e) == Reply::NoFunds => TxError::InsufficientFunds(e.to_string()),
            CallError::L1(e) => TxError::L1(e),
        })
    }

    /// The journal counts too: an endpoint that lost its mempool or lags behind reports a nonce that we used already.
    async fn next_nonce(&self) -> Result<u64, L1Error> {
        let chain = self.client.nonce(self.address(), BlockTag::Pending).await?;
        let used = self.entries.lock().values().map(|t| t.entry.nonce).max();
        Ok(used.map_or(chain, |n| chain.max(n.saturating_add(1))))
    }
}
