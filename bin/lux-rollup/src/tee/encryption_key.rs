//! `lux-rollup tee encryption-key`.

use super::registry::{Registry, RegistryArgs};
use crate::keys::KeyArgs;
use crate::l2::one_off;
use crate::output::{Progress, printer};
use alloy_primitives::U256;
use alloy_primitives::aliases::U40;
use alloy_sol_types::SolCall;
use clap::Args;
use eyre::eyre;
use lux_confidential::encryption_key_of;
use lux_l1::{TxRequest, Wallet};
use lux_protocol::market::EncryptionKey;
use lux_protocol::market::enclaves::IEnclaveKeys::{self, setEncryptionKeyCall, statusOfCall};
use lux_protocol::market::enclaves::KeyStatus;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub struct EncryptionKeyArgs {
    /// File with the private key in hex of the enclave, which is registered.
    #[arg(long, value_name = "FILE")]
    enclave_key: PathBuf,
    /// Days that others may encrypt to it.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=365))]
    days: u64,
    #[command(flatten)]
    registry: RegistryArgs,
    /// Key of whoever pays the transaction.
    #[command(flatten)]
    key: KeyArgs,
}

pub async fn run(args: EncryptionKeyArgs, json: bool) -> eyre::Result<()> {
    let wallet = args.key.require()?;
    let enclave = Wallet::from_file(&args.enclave_key)?;
    let registry = Registry::of(&args.registry).await?;
    let key = enclave.address();
    let status = registry.chain.view(registry.address, statusOfCall { key }).await?.status;
    if !matches!(status, KeyStatus::Usable | KeyStatus::Waiting) {
        return Err(eyre!(
            "the registry does not believe the key {key}: {status:?}; `tee register` registers and renews it"
        ));
    }
    let public = encryption_key_of(&enclave).public();
    let not_after = registry.chain.head().await?.timestamp + args.days * 86_400;
    let transactions = one_off(&registry.chain, wallet).await?;
    let request = naming(&registry, &enclave, not_after).await?;
    let sent = Progress::new(json).while_waiting("naming the key", transactions.send(request)).await?;
    let print = printer(json);
    print(&json!({ "key": key, "encryptionKey": public.0, "notAfter": not_after, "transaction": sent.hash }));
    Ok(())
}

/// Names the key to encrypt to that goes with an enclave's key.
pub async fn naming(registry: &Registry, enclave: &Wallet, not_after: u64) -> eyre::Result<TxRequest> {
    let (key, public) = (enclave.address(), encryption_key_of(enclave).public());
    let named = EncryptionKey { key, publicKey: public.0, notAfter: U256::from(not_after) };
    let signature = enclave.sign_hash(&named.digest(registry.chain.chain_id().await?, registry.address))?;
    let call = setEncryptionKeyCall {
        key,
        encryption: IEnclaveKeys::EncryptionKey { publicKey: public.0, notAfter: U40::from(not_after) },
        signature: signature.as_bytes().into(),
    };
    Ok(TxRequest::call(format!("encryption-key/{key}/{not_after}"), registry.address, call.abi_encode()))
}
