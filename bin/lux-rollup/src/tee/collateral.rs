//! `lux-rollup tee collateral`.

use super::MAX_FILE_BYTES;
use super::registry::{Registry, RegistryArgs};
use crate::keys::KeyArgs;
use crate::l2::{Endpoints, one_off};
use crate::model::files::read_bounded;
use crate::output::{Progress, print_fields, print_json};
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolCall, SolError, sol};
use clap::{Args, Subcommand};
use eyre::{WrapErr, eyre};
use lux_l1::{L1Client, TxError, TxManager, TxRequest};
use lux_protocol::contracts::IQuoteClaims;
use lux_protocol::errors::ContractErrors::Tee_NotNewer;
use lux_protocol::market::enclaves::IEnclaveKeys::verifierCall;
use lux_tee::{IntelFiles, IntelSubmission, SignedText};
use serde_json::{Value, json};
use std::path::PathBuf;

sol! {
    /// The contracts that keep what Intel publishes.
    interface IIntel {
        struct PckChain {
            bytes32 x;
            bytes32 y;
            bytes32 issuer;
            bytes32 root;
            uint160 serial;
            bytes6 fmspc;
            bytes2 pceId;
            uint16 pceSvn;
            uint160 issuerSerial;
            bytes16 components;
            uint64 validFrom;
            uint64 validUntil;
        }

        function TCB() external view returns (address tcb);
        function CERTIFICATES() external view returns (address certificates);
        function pckChain(bytes32 chain) external view returns (PckChain memory found);
        function submitPckChain(bytes calldata text) external;
        function submitRevocationList(bytes calldata list, bytes[] calldata issuers) external;
        function submitTcbInfo(
            bytes calldata text, bytes calldata signature, bytes calldata signer, bytes calldata root
        ) external;
        function submitQeIdentity(
            bytes calldata text, bytes calldata signature, bytes calldata signer, bytes calldata root
        ) external;
    }
}

#[derive(Subcommand)]
pub enum CollateralCommand {
    /// Bring Intel's certificates, revocation lists, TCB infos and QE identities on L1 up to date. What L1 has, or has newer, is
    /// passed over.
    Submit(SubmitArgs),
}

#[derive(Args)]
pub struct SubmitArgs {
    /// Quotes, for the certificates in them; collateral as `tee verify` takes it; answers of Intel's service: TCB infos and QE
    /// identities in JSON, certificates and revocation lists in PEM or DER. In any order.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    endpoints: Endpoints,
    /// Address of the market on L1 [default: the rollup].
    #[arg(long)]
    market: Option<Address>,
    /// For the registry that attestations of state roots go by, instead of a market's.
    #[arg(long, conflicts_with = "market")]
    state_roots: bool,
    /// For the registry that training on L1 goes by, instead of a market's.
    #[arg(long, conflicts_with_all = ["market", "state_roots"])]
    training: bool,
    /// Key of whoever pays the transactions.
    #[command(flatten)]
    key: KeyArgs,
}

pub async fn run(command: CollateralCommand, json: bool) -> eyre::Result<()> {
    let CollateralCommand::Submit(args) = command;
    let wallet = args.key.require()?;
    let mut files = IntelFiles::default();
    for path in &args.files {
        files.add(&read_bounded(path, MAX_FILE_BYTES)?).wrap_err_with(|| path.display().to_string())?;
    }
    let parts = files.submissions()?;
    let which = RegistryArgs::on_l1(args.endpoints, args.market, args.state_roots, args.training);
    let registry = Registry::of(&which).await?;
    let transactions = one_off(&registry.chain, wallet).await?;
    let progress = Progress::new(json);
    let (outcomes, refused) = submit_parts(&registry, &transactions, &parts, &progress).await?;
    progress.finish();
    print(&outcomes, json);
    match refused.is_empty() {
        true => Ok(()),
        false => Err(eyre!("L1 refuses:\n{}", refused.join("\n"))),
    }
}

/// Brings parts to L1: those that it took or had, and why it refuses others.
pub async fn submit_parts(
    registry: &Registry,
    transactions: &TxManager,
    parts: &[IntelSubmission],
    progress: &Progress,
) -> eyre::Result<(Vec<(String, Option<B256>)>, Vec<String>)> {
    let contracts = Contracts::of(registry).await?;
    let (mut outcomes, mut refused) = (Vec::new(), Vec::new());
    for part in parts {
        let name = name(part);
        progress.note(&format!("submitting {name}"));
        match contracts.submit(&registry.chain, transactions, part).await {
            Ok(transaction) => outcomes.push((name, transaction)),
            Err(error) => refused.push(format!("{name}: {error:#}")),
        }
    }
    Ok((outcomes, refused))
}

/// A part, and the transaction that stored it; none where L1 had it.
fn print(outcomes: &[(String, Option<B256>)], json: bool) {
    if json {
        let parts: Vec<Value> =
            outcomes.iter().map(|(part, transaction)| json!({ "part": part, "transaction": transaction })).collect();
        print_json(&json!({ "parts": parts }));
        return;
    }
    for (part, transaction) in outcomes {
        let outcome = transaction.map_or("is there".into(), |hash| format!("stored, {hash}"));
        print_fields(&json!({ part: outcome }));
    }
}

/// Names parts for people. Which TCB info it is stands in its text.
fn name(part: &IntelSubmission) -> String {
    match part {
        IntelSubmission::PckChain(text) => format!("PCK chain {}", keccak256(text)),
        IntelSubmission::RevocationList { issuers, .. } if issuers.len() == 1 => "revocation list of the root".into(),
        IntelSubmission::RevocationList { .. } => "revocation list of a PCK authority".into(),
        IntelSubmission::TcbInfo(signed) => format!("TCB info {}", field(signed, "fmspc")),
        IntelSubmission::QeIdentity(signed) => format!("identity {}", field(signed, "id")),
    }
}

fn field(signed: &SignedText, name: &str) -> String {
    let text: Value = serde_json::from_slice(&signed.text).unwrap_or_default();
    text.get(name).and_then(Value::as_str).unwrap_or("unknown").into()
}

/// What keeps collateral on L1.
struct Contracts {
    certificates: Address,
    tcb: Address,
}

impl Contracts {
    async fn of(registry: &Registry) -> eyre::Result<Self> {
        let chain = &registry.chain;
        let mut verifier = chain.view(registry.address, verifierCall {}).await?;
        // What takes claims about attestations has Intel's verifier behind it.
        if let Ok(behind) = chain.view(verifier, IQuoteClaims::verifierCall {}).await {
            verifier = behind;
        }
        let tcb = chain.view(verifier, IIntel::TCBCall {}).await;
        let tcb = tcb.wrap_err_with(|| format!("the verifier {verifier} keeps no collateral of Intel"))?;
        Ok(Self { certificates: chain.view(verifier, IIntel::CERTIFICATESCall {}).await?, tcb })
    }

    /// `None` where it is there already.
    async fn submit(
        &self,
        chain: &L1Client,
        transactions: &TxManager,
        part: &IntelSubmission,
    ) -> eyre::Result<Option<B256>> {
        let (to, data) = match part {
            IntelSubmission::PckChain(text) => {
                // Zero where it is not stored. What is stored is not refused.
                let call = IIntel::pckChainCall { chain: keccak256(text) };
                if !chain.view(self.certificates, call).await?.root.is_zero() {
                    return Ok(None);
                }
                (self.certificates, IIntel::submitPckChainCall { text: text.clone() }.abi_encode())
            }
            IntelSubmission::RevocationList { list, issuers } => {
                let call = IIntel::submitRevocationListCall { list: list.clone(), issuers: issuers.clone() };
                (self.certificates, call.abi_encode())
            }
            IntelSubmission::TcbInfo(SignedText { text, signature, signer, root }) => {
                let (text, signature) = (text.clone(), (*signature).into());
                let call = IIntel::submitTcbInfoCall { text, signature, signer: signer.clone(), root: root.clone() };
                (self.tcb, call.abi_encode())
            }
            IntelSubmission::QeIdentity(SignedText { text, signature, signer, root }) => {
                let (text, signature) = (text.clone(), (*signature).into());
                let call = IIntel::submitQeIdentityCall { text, signature, signer: signer.clone(), root: root.clone() };
                (self.tcb, call.abi_encode())
            }
        };
        let id = format!("cli/collateral/{}", keccak256(&data));
        match transactions.send(TxRequest::call(id, to, data)).await {
            Ok(sent) => Ok(Some(sent.hash)),
            Err(TxError::Reverted(reason)) if reason.data.starts_with(&Tee_NotNewer::SELECTOR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
