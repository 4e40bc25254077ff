//! Signed transactions.

use crate::world::{World, signer};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip7702};
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use lux_protocol::{EthTransaction, UnsignedTx};

/// Nonces of the signers, as transactions are made.
#[derive(Default)]
pub struct Wallets(std::collections::HashMap<u64, u64>);

impl Wallets {
    fn nonce(&mut self, from: u64) -> u64 {
        let nonce = self.0.entry(from).or_default();
        *nonce += 1;
        *nonce - 1
    }

    pub fn send(&mut self, world: &World, from: u64, to: TxKind, value: u64, data: Bytes, gas: u64) -> UnsignedTx {
        let tx = TxEip1559 {
            chain_id: world.chain.rules().chain_id,
            nonce: self.nonce(from),
            gas_limit: gas,
            max_fee_per_gas: 2_000_000_000,
            max_priority_fee_per_gas: 1,
            to,
            value: U256::from(value),
            input: data,
            ..Default::default()
        };
        sign(tx, &signer(from))
    }

    pub fn call(&mut self, world: &World, from: u64, to: Address, data: impl Into<Bytes>) -> UnsignedTx {
        self.send(world, from, TxKind::Call(to), 0, data.into(), 5_000_000)
    }

    pub fn pay(&mut self, world: &World, from: u64, to: Address, value: u64) -> UnsignedTx {
        self.send(world, from, TxKind::Call(to), value, Bytes::new(), 21_000)
    }

    /// The address a deployment of `from` gets, and the transaction.
    pub fn deploy(&mut self, world: &World, from: u64, code: Bytes) -> (Address, UnsignedTx) {
        let address = signer(from).address().create(self.0.get(&from).copied().unwrap_or(0));
        (address, self.send(world, from, TxKind::Create, 0, code, 10_000_000))
    }

    /// `authority` delegates to `delegate`; `from` pays, and calls `authority` with `data`.
    pub fn delegate(&mut self, world: &World, from: u64, authority: u64, delegate: Address, data: Bytes) -> UnsignedTx {
        let chain_id = world.chain.rules().chain_id;
        let authorization =
            Authorization { chain_id: U256::from(chain_id), address: delegate, nonce: self.nonce(authority) };
        let wallet = signer(authority);
        let signature = wallet.sign_hash_sync(&authorization.signature_hash()).unwrap();
        let tx = TxEip7702 {
            chain_id,
            nonce: self.nonce(from),
            gas_limit: 1_000_000,
            max_fee_per_gas: 2_000_000_000,
            max_priority_fee_per_gas: 1,
            to: wallet.address(),
            input: data,
            authorization_list: vec![authorization.into_signed(signature)],
            ..Default::default()
        };
        sign(tx, &signer(from))
    }
}

fn sign<T>(tx: T, signer: &PrivateKeySigner) -> UnsignedTx
where
    T: SignableTransaction<alloy_primitives::Signature>,
    EthTransaction: From<alloy_consensus::Signed<T>>,
{
    let signature = signer.sign_hash_sync(&tx.signature_hash()).unwrap();
    UnsignedTx::new(&tx.into_signed(signature).into()).unwrap()
}
