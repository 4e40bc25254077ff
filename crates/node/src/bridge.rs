//! The user's side of the bridge: deposits, withdrawals and their steps, against any L1 and any node's RPC.

use crate::deriver::queue_entry;
use crate::rollup::Rollup;
use crate::{NodeError, SentMessage};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use lux_l1::{TxManager, TxOutcome, TxRequest};
use lux_protocol::contracts::IMessageBridge::{MessageEnqueued, MessageProof};
use lux_protocol::contracts::{IERC20, ILuxRollup};

/// A deposit to make.
#[derive(Clone, Debug)]
pub struct DepositRequest {
    /// Zero for ETH.
    pub token: Address,
    pub amount: U256,
    /// On L2.
    pub recipient: Address,
    /// Calldata of the call to the recipient; ETH only.
    pub data: Bytes,
}

/// `initiateWithdrawal` and `finalizeWithdrawal` of a withdrawal message.
pub fn withdrawal_calls(sent: &SentMessage, proof: MessageProof, token: Address, amount: U256) -> (Vec<u8>, Vec<u8>) {
    let proof = (sent.message.clone(), proof).abi_encode_params();
    let prove = ILuxRollup::initiateWithdrawalCall { token, amount, proof: proof.into() };
    let pay = ILuxRollup::finalizeWithdrawalCall { withdrawalId: sent.hash.into(), proof: Bytes::new() };
    (prove.abi_encode(), pay.abi_encode())
}

/// Sends a user's bridge transactions on L1. `id` makes a repeated request the same request.
pub struct BridgeClient<'a> {
    pub rollup: &'a Rollup,
    pub transactions: &'a TxManager,
}

impl BridgeClient<'_> {
    /// Deposits, approving the token first when needed.
    pub async fn deposit(&self, id: &str, request: &DepositRequest) -> Result<TxOutcome, NodeError> {
        let mut user_data = request.recipient.to_vec();
        let mut value = request.amount;
        if request.token.is_zero() {
            user_data.extend_from_slice(&request.data);
        } else {
            value = U256::ZERO;
            self.approve(id, request).await?;
        }
        let call =
            ILuxRollup::depositToL2Call { token: request.token, amount: request.amount, userData: user_data.into() };
        self.send(format!("{id}/deposit"), self.rollup.address, value, call.abi_encode()).await
    }

    /// Makes L2 run a call from this account's address there, with `value` of its balance there. Returns the L2
    /// transaction's hash with the L1 outcome.
    pub async fn force(
        &self,
        id: &str,
        target: Address,
        value: U256,
        data: Vec<u8>,
    ) -> Result<(TxOutcome, B256), NodeError> {
        let call = ILuxRollup::forceTransactionCall { target, value, data: data.into() };
        let outcome = self.send(format!("{id}/force"), self.rollup.address, U256::ZERO, call.abi_encode()).await?;
        let receipt = self.transactions.client().receipt(outcome.hash).await?;
        let log = receipt
            .iter()
            .flat_map(|receipt| &receipt.logs)
            .find(|log| log.address() == self.rollup.bridge && log.topic0() == Some(&MessageEnqueued::SIGNATURE_HASH));
        let log =
            log.ok_or_else(|| NodeError::Untrusted("L1 shows no queue entry of the forced transaction".into()))?;
        let (entry, _) = queue_entry(log, outcome.block.number)?;
        Ok((outcome, entry.to_deposit().hash()))
    }

    async fn approve(&self, id: &str, request: &DepositRequest) -> Result<(), NodeError> {
        let allowance = IERC20::allowanceCall { owner: self.transactions.address(), spender: self.rollup.address };
        if self.transactions.client().view(request.token, allowance).await? < request.amount {
            let call = IERC20::approveCall { spender: self.rollup.address, amount: request.amount };
            self.send(format!("{id}/approve"), request.token, U256::ZERO, call.abi_encode()).await?;
        }
        Ok(())
    }

    pub async fn send(&self, id: String, to: Address, value: U256, data: Vec<u8>) -> Result<TxOutcome, NodeError> {
        Ok(self.transactions.send(TxRequest { value, ..TxRequest::call(id, to, data) }).await?)
    }
}
