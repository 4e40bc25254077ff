//! Signed transactions of many accounts.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{B256, Bytes, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use eyre::WrapErr;
use lux_protocol::{EthTransaction, Transaction};

/// A deterministic key.
pub fn signer(index: u64) -> eyre::Result<PrivateKeySigner> {
    let key: B256 = keccak256([b"lux-bench".as_slice(), &index.to_be_bytes()].concat());
    PrivateKeySigner::from_bytes(&key).wrap_err("key")
}

/// What varies between the transactions of a load.
pub struct Call {
    pub chain_id: u64,
    pub nonce: u64,
    pub to: TxKind,
    pub value: U256,
    pub input: Bytes,
    pub gas_limit: u64,
}

/// Fees far above any base fee of a benchmark.
const MAX_FEE: u128 = 100_000_000_000;
const TIP: u128 = 1_000_000_000;

pub fn sign(signer: &PrivateKeySigner, call: Call) -> eyre::Result<EthTransaction> {
    let tx = TxEip1559 {
        chain_id: call.chain_id,
        nonce: call.nonce,
        gas_limit: call.gas_limit,
        max_fee_per_gas: MAX_FEE,
        max_priority_fee_per_gas: TIP,
        to: call.to,
        value: call.value,
        input: call.input,
        ..Default::default()
    };
    let signature = signer.sign_hash_sync(&tx.signature_hash())?;
    Ok(tx.into_signed(signature).into())
}

/// `per_account` transfers of one wei from each signer, to another of them.
pub fn transfers(
    signers: &[PrivateKeySigner],
    chain_id: u64,
    first_nonce: u64,
    per_account: u64,
) -> eyre::Result<Vec<EthTransaction>> {
    let mut transactions = Vec::new();
    for nonce in first_nonce..first_nonce + per_account {
        for (index, signer) in signers.iter().enumerate() {
            let to = signers[(index + 1) % signers.len()].address().into();
            let call = Call { chain_id, nonce, to, value: U256::from(1), input: Bytes::new(), gas_limit: 21_000 };
            transactions.push(sign(signer, call)?);
        }
    }
    Ok(transactions)
}

/// Wire form of a transaction.
pub fn raw(tx: &EthTransaction) -> Bytes {
    Transaction::Ethereum(tx.clone()).encoded_2718().into()
}
