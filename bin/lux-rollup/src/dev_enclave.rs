//! The enclave of the sequencer of `dev`: simulated, its key is in a file, and only rollups of `dev` believe its attestations.

use crate::output::Progress;
use crate::tee::collateral::submit_parts;
use crate::tee::encryption_key::naming;
use crate::tee::registry::Registry;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use eyre::{WrapErr, eyre};
use lux_confidential::judge_recipient;
use lux_l1::{TxManager, TxRequest, Wallet};
use lux_node::{OwnerCall, QuorumRequest, Rollup, accept_software, narrowest, open_quorum};
use lux_protocol::market::enclaves::IAttestationVerifier::authenticateCall;
use lux_protocol::market::enclaves::IEnclaveKeys::{getKeyCall, policiesOfCall, registerCall, verifierCall};
use lux_protocol::market::enclaves::TEEAttestation;
use lux_tee::dev::{Request, attest};
use lux_tee::{IntelFiles, Kind, report_data_of_key};
use std::path::Path;

/// Name of the file in the data folder.
pub const KEY_FILE: &str = "enclave.key";
const SOFTWARE: &[u8] = b"lux-rollup";
/// A key that ends sooner is renewed at a start, seconds.
const RENEW_WITHIN: u64 = 86_400;

/// Has the registry on L1 believe the sequencer's enclave, and name the key to encrypt to.
pub async fn prepare(
    transactions: &TxManager,
    rollup: &Rollup,
    data: &Path,
    progress: &Progress,
) -> eyre::Result<Wallet> {
    let l1 = transactions.client();
    let guardian = transactions.address();
    let request = QuorumRequest { attested_period: 0, enclave_delay: Some(0), guardian };
    open_quorum(transactions, rollup.address, &request, &mut |step| progress.note(step)).await?;
    let registry = Registry::of_rollup(l1.clone(), rollup.address).await?;
    let file = data.join(KEY_FILE);
    let wallet = if file.exists() { Wallet::from_file(&file)? } else { Wallet::create_file(&file)? };
    let now = l1.head().await?.timestamp;
    let judged = judge_recipient(l1, registry.address, wallet.address(), &[], now + RENEW_WITHIN).await?;
    if judged.is_err() {
        register(transactions, &registry, rollup, &wallet, now, progress).await.wrap_err("the sequencer's enclave")?;
    }
    Ok(wallet)
}

async fn register(
    transactions: &TxManager,
    registry: &Registry,
    rollup: &Rollup,
    wallet: &Wallet,
    now: u64,
    progress: &Progress,
) -> eyre::Result<()> {
    let (l1, key) = (&registry.chain, wallet.public_key());
    let bound = report_data_of_key(key.as_slice(), now);
    let (attestation, collateral) = attest(&Request::new(Kind::Sgx, SOFTWARE, bound, now));
    let mut files = IntelFiles::default();
    files.add(&attestation)?;
    files.add(&collateral.encode())?;
    let (_, refused) = submit_parts(registry, transactions, &files.submissions()?, progress).await?;
    if !refused.is_empty() {
        return Err(eyre!("L1 refuses:\n{}", refused.join("\n")));
    }
    let verifier = l1.view(registry.address, verifierCall {}).await?;
    let quote = registry.quote(attestation.clone(), &collateral);
    let call = authenticateCall { quote: quote.clone(), collateral: registry.collateral(&collateral) };
    let found = l1.view(verifier, call).await?;
    let (measurement, signer, kind) = (found.measurement, found.signer, found.kind);
    if l1.view(registry.address, policiesOfCall { kind, measurement, signer }).await?.is_empty() {
        let policy = narrowest(found, &[], 1);
        let outcome = accept_software(transactions, rollup.address, registry.address, policy, 0).await?;
        if outcome != OwnerCall::Done {
            return Err(eyre!("the rollup's owner has a delay: `tee accept --state-roots` accepts the software"));
        }
    }
    let attestation = TEEAttestation {
        mrEnclave: measurement,
        mrSigner: signer,
        publicKey: key.to_vec().into(),
        quote,
        timestamp: U256::from(now),
    };
    progress.note("registering the enclave");
    let data = registerCall { attestation }.abi_encode();
    transactions.send(TxRequest::call(format!("enclave/{now}"), registry.address, data)).await?;
    let facts = l1.view(registry.address, getKeyCall { key: wallet.address() }).await?;
    transactions.send(naming(registry, wallet, facts.validUntil.to()).await?).await?;
    Ok(())
}
