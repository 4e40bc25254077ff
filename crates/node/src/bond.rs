//! Bonds.

use crate::NodeError;
use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use lux_l1::{TxManager, TxRequest};
use lux_protocol::contracts::ISequencerRegistry;

/// Posts the bond that the registry asks for. It counts once L1 has it.
pub(crate) async fn post_bond(transactions: &TxManager, registry: Address, id: String) -> Result<(), NodeError> {
    let value = transactions.client().view(registry, ISequencerRegistry::requiredBondCall {}).await?;
    tracing::info!(bond = %value, "posting a bond");
    let call = ISequencerRegistry::postBondCall {}.abi_encode();
    transactions.submit(TxRequest { value, ..TxRequest::call(id, registry, call) }).await?;
    Ok(())
}
