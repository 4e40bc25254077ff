//! The user's side of the bridge: deposits, withdrawals and their steps, against any L1 and any node's RPC.

use crate::rollup::Rollup;
use crate::rollup::view;
use crate::{NodeError, SentMessage};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_l1::{TxManager, TxOutcome, TxRequest};
use lux_protocol::contracts::IMessageBridge::MessageProof;
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

    async fn approve(&self, id: &str, request: &DepositRequest) -> Result<(), NodeError> {
        let allowance = IERC20::allowanceCall { owner: self.transactions.address(), spender: self.rollup.address };
        if view(self.transactions.client(), request.token, allowance).await? < request.amount {
            let call = IERC20::approveCall { spender: self.rollup.address, amount: request.amount };
            self.send(format!("{id}/approve"), request.token, U256::ZERO, call.abi_encode()).await?;
        }
        Ok(())
    }

    pub async fn send(&self, id: String, to: Address, value: U256, data: Vec<u8>) -> Result<TxOutcome, NodeError> {
        Ok(self.transactions.send(TxRequest { value, ..TxRequest::call(id, to, data) }).await?)
    }
}
