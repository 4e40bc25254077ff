//! Signing a version and handing it to the endpoint.

use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};

use super::{
    Fees, Gate, JournalEntry, TxManager, Version,
    reply::{Reply, classify},
};
use crate::{FeeEstimate, L1Error};

/// Gas of an empty transaction.
const EMPTY_TX_GAS: u64 = 21_000;

impl TxManager {
    /// Adds a signed version to `entry`; the caller writes it to the journal before it is broadcast.
    pub(super) fn add_version(&self, entry: &mut JournalEntry, fees: Fees) -> Result<(), L1Error> {
        let cancels = entry.cancelling.is_some();
        let (hash, raw) = if cancels {
            self.sign(entry.nonce, Some(self.address()), U256::ZERO, &Bytes::new(), EMPTY_TX_GAS, fees)?
        } else {
            self.sign(entry.nonce, entry.to, entry.value, &entry.data, entry.gas_limit, fees)?
        };
        entry.raw = raw;
        entry.versions.push(Version { hash, fees, signed_at_ms: self.now(), cancels });
        Ok(())
    }

    fn sign(
        &self,
        nonce: u64,
        to: Option<Address>,
        value: U256,
        data: &Bytes,
        gas_limit: u64,
        fees: Fees,
    ) -> Result<(B256, Bytes), L1Error> {
        let to = to.map_or(TxKind::Create, TxKind::Call);
        let input = data.clone();
        let signed = if fees.legacy {
            self.wallet.sign_transaction(TxLegacy {
                chain_id: Some(self.chain_id),
                nonce,
                gas_price: fees.max_fee,
                gas_limit,
                to,
                value,
                input,
            })?
        } else {
            self.wallet.sign_transaction(TxEip1559 {
                chain_id: self.chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: fees.max_fee,
                max_priority_fee_per_gas: fees.priority_fee,
                to,
                value,
                access_list: Default::default(),
                input,
            })?
        };
        Ok((*signed.tx_hash(), signed.encoded_2718().into()))
    }

    /// What the market asks, within the cap.
    pub(super) async fn market_fees(&self, gate: &Gate) -> Result<Fees, L1Error> {
        let estimate = match self.client.fees().await? {
            FeeEstimate::Eip1559 { base_fee, priority_fee } if gate.legacy => {
                FeeEstimate::Legacy { gas_price: base_fee.saturating_add(base_fee / 4).saturating_add(priority_fee) }
            }
            estimate => estimate,
        };
        Ok(Fees::first(estimate, self.config.min_priority_fee, self.config.max_fee_per_gas))
    }

    /// Hands the newest version to the mempool. A refusal is noted for the next step; only an unclear one is an error.
    pub(super) async fn broadcast(&self, gate: &mut Gate, id: &str) -> Result<(), L1Error> {
        let Some((raw, hash)) = self.newest(id) else {
            return Ok(());
        };
        let now = self.now();
        let error = self.client.send_raw_transaction(&raw).await.err();
        let reply = error.as_ref().map(classify);
        self.touch(id, |t| {
            // Unclear: it may never have arrived, so the next step tries again.
            t.broadcast_at_ms = (reply != Some(Reply::Unclear)).then_some(now);
            t.last_error = match reply {
                None | Some(Reply::Known) => None,
                _ => error.as_ref().map(ToString::to_string),
            };
            t.bump_now = matches!(reply, Some(Reply::Underpriced | Reply::NeedsLegacy));
        });
        match (reply, error) {
            (None | Some(Reply::Known), _) => tracing::debug!(id, %hash, "L1 transaction broadcast"),
            (Some(Reply::NeedsLegacy), _) => gate.legacy = true,
            (Some(Reply::Never), Some(e)) => {
                tracing::error!(id, error = %e, "L1 refuses the transaction, cancelling it");
                self.update(id, |t| {
                    t.entry.cancelling.get_or_insert_with(|| e.to_string());
                })?;
            }
            (Some(Reply::Unclear), Some(e)) => return Err(e),
            (_, Some(e)) => tracing::warn!(id, error = %e, "L1 refused the transaction for now"),
            (_, None) => {}
        }
        Ok(())
    }

    fn newest(&self, id: &str) -> Option<(Bytes, B256)> {
        let entries = self.entries.lock();
        let entry = &entries.get(id)?.entry;
        Some((entry.raw.clone(), entry.versions.last()?.hash))
    }
}
