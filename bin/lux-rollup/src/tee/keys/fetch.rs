//! `lux-rollup tee keys fetch`.

use super::{NONCE, RELEASE, name_of};
use crate::model::files::write_secret;
use crate::output::printer;
use crate::tee::attestation;
use crate::tee::inputs::read_collateral_of;
use alloy_primitives::{B256, Bytes, hex};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_confidential::{ContentKey, DecryptionKey, KeyRequest, accept_key};
use lux_l1::{Transport, Wallet};
use serde_json::json;
use std::path::PathBuf;
use zeroize::Zeroizing;

#[derive(Args)]
pub struct FetchArgs {
    /// Where the holder serves, over HTTP or HTTPS.
    #[arg(long, value_name = "URL")]
    from: String,
    /// Name of the secret.
    #[arg(long)]
    name: String,
    /// Attestation whose report data binds the enclave's key: bytes, hexadecimal digits or Base64.
    #[arg(long, value_name = "FILE")]
    attestation: PathBuf,
    /// What the vendor publishes, as for `tee verify`.
    #[arg(long, value_name = "FILE")]
    collateral: Option<PathBuf>,
    /// File with the private key in hex of the enclave, which the attestation binds.
    #[arg(long, value_name = "FILE")]
    enclave_key: PathBuf,
    /// Time that the report data binds with the key, in seconds since 1970.
    #[arg(long, value_name = "TIME")]
    timestamp: u64,
    /// New file for the secret, in hexadecimal digits. It has to be in memory of the enclave.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub async fn run(args: FetchArgs, json: bool) -> eyre::Result<()> {
    let name = name_of(&args.name);
    let (attestation, collateral) = (attestation(&args.attestation)?, read_collateral_of(args.collateral.as_deref())?);
    let enclave = Wallet::from_file(&args.enclave_key)?;
    let holder = Transport::http(&args.from)?;
    // For this answer alone: who finds the enclave's key later opens nothing.
    let own = ContentKey::random();
    let own = DecryptionKey::derive(own.as_slice().try_into()?);

    let none: [(); 0] = [];
    let nonce: B256 = holder.request(NONCE, none).await.wrap_err("no holder of keys answers there")?;
    let signature = enclave.sign_hash(&KeyRequest::digest(name, nonce, &own.public()))?;
    let request = KeyRequest {
        name,
        nonce,
        encryption_key: own.public(),
        timestamp: args.timestamp,
        public_key: enclave.public_key().0,
        signature: signature.as_bytes(),
        attestation: attestation.into(),
    };
    let request = (Bytes::from(request.encode()), Bytes::from(collateral.encode()));
    let released: Bytes = holder.request(RELEASE, request).await.map_err(|error| match error.as_rpc() {
        Some(rpc) => eyre!("the holder says: {}", rpc.message),
        None => error.into(),
    })?;
    let released = released.as_ref().try_into().wrap_err("the holder's answer is no key")?;
    let key = accept_key(released, &own, name, nonce).wrap_err("the holder's answer")?;
    write_secret(&args.out, &Zeroizing::new(hex::encode(key.as_slice())))?;
    let print = printer(json);
    print(&json!({ "name": name, "secret": args.out }));
    Ok(())
}
