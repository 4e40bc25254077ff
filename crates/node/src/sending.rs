//! What a role asks before it sends a step that others may have made, or that a reorganisation may have undone.

use crate::NodeError;
use crate::rollup::view;
use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use lux_l1::{BlockTag, CallError, CallRequest, Revert, TxManager, TxRequest, TxStatus};
use lux_protocol::contracts::ISequencerRegistry;

/// Why L1 would refuse the call now; `None` when it would take it.
pub(crate) async fn refusal(transactions: &TxManager, to: Address, data: &[u8]) -> Result<Option<Revert>, NodeError> {
    let probe = CallRequest {
        from: Some(transactions.address()),
        to: Some(to),
        data: data.to_vec().into(),
        ..Default::default()
    };
    match transactions.client().call(&probe, BlockTag::Latest).await {
        Ok(_) => Ok(None),
        Err(CallError::Reverted(reason)) => Ok(Some(reason)),
        Err(error) => Err(error.into()),
    }
}

/// The id under which to send a step that L1 says is still to be made: a successor if `id` ended before, because then a
/// reorganisation undid it.
pub(crate) async fn unused_id(transactions: &TxManager, id: String) -> Result<String, NodeError> {
    match transactions.status(&id).as_ref().is_some_and(TxStatus::is_final) {
        true => Ok(format!("{id}@{}", transactions.client().block_number().await?)),
        false => Ok(id),
    }
}

/// What became of a step that was due.
#[derive(Debug)]
pub(crate) enum Sent {
    Now,
    /// It was sent before, and its end is not known yet.
    UnderWay,
    /// Not sent: it would revert now.
    Refused(Revert),
}

/// Sends the call unless it is under way or would revert now.
pub(crate) async fn send(transactions: &TxManager, to: Address, id: String, data: Vec<u8>) -> Result<Sent, NodeError> {
    if transactions.status(&id).is_some_and(|status| !status.is_final()) {
        return Ok(Sent::UnderWay);
    }
    if let Some(reason) = refusal(transactions, to, &data).await? {
        return Ok(Sent::Refused(reason));
    }
    let id = unused_id(transactions, id).await?;
    transactions.submit(TxRequest::call(id, to, data)).await?;
    Ok(Sent::Now)
}

/// Posts the bond that the registry asks for. It counts once L1 has it.
pub(crate) async fn post_bond(transactions: &TxManager, registry: Address, id: String) -> Result<(), NodeError> {
    let value = view(transactions.client(), registry, ISequencerRegistry::requiredBondCall {}).await?;
    tracing::info!(bond = %value, "posting a bond");
    let call = ISequencerRegistry::postBondCall {}.abi_encode();
    transactions.submit(TxRequest { value, ..TxRequest::call(id, registry, call) }).await?;
    Ok(())
}
