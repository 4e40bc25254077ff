//! Transactions and messages signed with the keys of the funded accounts.

use crate::{Devnet, DevnetError};
use alloy_consensus::{SignableTransaction, TypedTransaction};
use alloy_primitives::{Address, B256, Signature};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use lux_chain::pool::AccountState;
use lux_protocol::EthTransaction;

/// Tip of a transaction that names no fee, wei per gas.
const DEFAULT_TIP: u128 = 1_000_000_000;

impl Devnet {
    fn signer(&self, address: Address) -> Result<&PrivateKeySigner, DevnetError> {
        let found = self.0.accounts.iter().find(|(account, _)| *account == address);
        found.map(|(_, signer)| signer).ok_or(DevnetError::UnknownAccount(address))
    }

    /// The sender of `request` with its key.
    pub(crate) fn sender(&self, request: &TransactionRequest) -> Result<(Address, &PrivateKeySigner), DevnetError> {
        let from = request.from.ok_or_else(|| DevnetError::Params("transaction: from is missing".into()))?;
        Ok((from, self.signer(from)?))
    }

    /// The transaction that `request` asks for, signed. Filled in where missing: the nonce after those in the pool,
    /// fees that hold for some blocks, and as gas limit the most that a transaction may have.
    pub fn sign_transaction(&self, mut request: TransactionRequest) -> Result<EthTransaction, DevnetError> {
        let chain = &self.0.chain;
        let (from, signer) = self.sender(&request)?;
        let chain_id = chain.rules().chain_id;
        if let Some(have) = request.chain_id.filter(|have| *have != chain_id) {
            return Err(lux_chain::pool::PoolError::InvalidChainId { have, want: chain_id }.into());
        }
        request.chain_id = Some(chain_id);
        if request.nonce.is_none() {
            let pooled = chain.pool().pending_nonce(from);
            request.nonce = Some(pooled.map_or_else(|| chain.nonce_and_balance(from).map(|(nonce, _)| nonce), Ok)?);
        }
        let config = chain.pool().config();
        request.gas = request.gas.or(Some(config.tx_gas_cap.min(config.block_gas_limit)));
        if request.gas_price.is_none() {
            let tip = *request
                .max_priority_fee_per_gas
                .get_or_insert_with(|| request.max_fee_per_gas.map_or(DEFAULT_TIP, |cap| cap.min(DEFAULT_TIP)));
            let base_fee = u128::from(chain.head().header.base_fee_per_gas.unwrap_or_default());
            request.max_fee_per_gas.get_or_insert(tip.saturating_add(2 * base_fee));
        }
        // Without a target it creates a contract.
        request.to = request.to.or(Some(alloy_primitives::TxKind::Create));
        request.normalize_input();
        let tx = request
            .build_typed_tx()
            .map_err(|_| DevnetError::Params("transaction: its fields contradict each other".into()))?;
        sign(tx, signer)
    }

    /// Signs a transaction and puts it into the pool, and into a block with [`Mining::Automine`](crate::Mining).
    pub fn send_transaction(&self, request: TransactionRequest) -> Result<B256, DevnetError> {
        let (from, _) = self.sender(&request)?;
        let tx = self.sign_transaction(request)?;
        let added = self.0.chain.pool().add(tx, from, &*self.0.chain)?;
        self.on_transaction()?;
        Ok(added.hash)
    }

    /// Signs `message` as EIP-191 has it.
    pub fn sign_message(&self, address: Address, message: &[u8]) -> Result<Signature, DevnetError> {
        Ok(self.signer(address)?.sign_message_sync(message)?)
    }
}

fn sign(tx: TypedTransaction, signer: &PrivateKeySigner) -> Result<EthTransaction, DevnetError> {
    let signature = signer.sign_hash_sync(&tx.signature_hash())?;
    Ok(match tx {
        TypedTransaction::Legacy(tx) => EthTransaction::Legacy(tx.into_signed(signature)),
        TypedTransaction::Eip2930(tx) => EthTransaction::Eip2930(tx.into_signed(signature)),
        TypedTransaction::Eip1559(tx) => EthTransaction::Eip1559(tx.into_signed(signature)),
        TypedTransaction::Eip7702(tx) => EthTransaction::Eip7702(tx.into_signed(signature)),
        TypedTransaction::Eip4844(_) => return Err(lux_chain::pool::PoolError::TypeNotSupported(3).into()),
    })
}
