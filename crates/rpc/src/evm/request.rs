//! The transaction object of `eth_call` and its kin.

use crate::error::{self, RpcResult};
use alloy_primitives::{Address, TxKind};
use alloy_rpc_types_eth::TransactionRequest;
use revm::context::TxEnv;
use revm::context::either::Either;
use serde::Deserialize;

/// A call that nobody signed.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct CallRequest(pub TransactionRequest);

impl CallRequest {
    pub fn gas(&self) -> Option<u64> {
        self.0.gas
    }

    /// As the EVM takes it. The gas limit is left to the caller.
    pub fn to_env(&self, chain_id: u64) -> RpcResult<TxEnv> {
        let request = &self.0;
        if let Some(have) = request.chain_id.filter(|id| *id != chain_id) {
            return Err(error::server(format!("chainId does not match node's (have={have}, want={chain_id})")));
        }
        if request.blob_versioned_hashes.is_some() || request.sidecar.is_some() || request.transaction_type == Some(3) {
            return Err(error::server("transaction type not supported"));
        }
        let data = match (&request.input.input, &request.input.data) {
            (Some(input), Some(data)) if input != data => {
                return Err(error::server(
                    r#"both "data" and "input" are set and not equal. Please use "input" to pass transaction call data"#,
                ));
            }
            (input, data) => input.as_ref().or(data.as_ref()).cloned().unwrap_or_default(),
        };
        let (gas_price, tip) = self.fees()?;
        let kind = request.to.unwrap_or(TxKind::Create);
        if kind.is_create() && data.is_empty() {
            return Err(error::server("contract creation without any data provided"));
        }
        let authorizations = request.authorization_list.clone().unwrap_or_default();
        if !authorizations.is_empty() && kind.is_create() {
            return Err(error::server("EIP-7702 transaction cannot be used to create contract"));
        }
        let tx_type = match (authorizations.is_empty(), tip, &request.access_list) {
            (false, ..) => 4,
            (_, Some(_), _) => 2,
            (_, _, Some(_)) => 1,
            _ => 0,
        };
        Ok(TxEnv {
            tx_type,
            caller: self.from(),
            gas_price,
            gas_priority_fee: tip,
            kind,
            value: request.value.unwrap_or_default(),
            data,
            nonce: request.nonce.unwrap_or_default(),
            chain_id: Some(chain_id),
            access_list: request.access_list.clone().unwrap_or_default(),
            authorization_list: authorizations.into_iter().map(Either::Left).collect(),
            ..Default::default()
        })
    }

    fn from(&self) -> Address {
        self.0.from.unwrap_or_default()
    }

    /// The most the call pays per gas, and of it the tip where it names one.
    fn fees(&self) -> RpcResult<(u128, Option<u128>)> {
        let TransactionRequest { gas_price, max_fee_per_gas, max_priority_fee_per_gas, .. } = self.0;
        match (gas_price, max_fee_per_gas, max_priority_fee_per_gas) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(error::server("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"))
            }
            (Some(price), None, None) => Ok((price, None)),
            (None, None, None) => Ok((0, None)),
            (None, cap, tip) => Ok((cap.unwrap_or_default(), Some(tip.unwrap_or_default()))),
        }
    }
}
