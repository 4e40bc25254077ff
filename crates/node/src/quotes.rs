//! Attestations that come to L1 as claims of the program `verify-quote` (`docs/tee.md`, "Claims").

use crate::error::run_failed;
use crate::genesis::trusted_roots;
use crate::program::quote_program;
use crate::{NodeError, to_u64};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use lux_confidential::state_root_registry;
use lux_l1::{L1Client, Log, LogFilter, TxManager, TxRequest};
use lux_machine::{Status, Trace, trace};
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::contracts::{IQuoteClaims, IRollupViews};
use lux_protocol::market::enclaves::IEnclaveKeys;
use lux_protocol::{ClaimTrace, payload_commitment};
use lux_tee::{Collateral, Roots, TeeError, authenticate};
use lux_verify_quote::Question;
use std::collections::HashMap;

/// Chunks after which a run is given up: attestations take far less.
const MAX_CHUNKS: u64 = 1 << 16;

/// What is asked about an attestation.
#[derive(Clone, Debug)]
pub struct QuoteQuestion {
    /// Seconds since 1970.
    pub time: u64,
    pub attestation: Bytes,
    /// An encoding of [`Collateral`].
    pub collateral: Bytes,
    pub roots: Roots,
}

/// A run of the program on a question.
pub struct QuoteRun {
    pub input: B256,
    pub trace: Trace,
    pub preimages: HashMap<B256, Bytes>,
}

impl QuoteQuestion {
    /// What contracts take the attestation for, where it is authentic.
    pub fn answer(&self) -> Result<Bytes, TeeError> {
        let collateral = Collateral::decode(&self.collateral)?;
        Ok(authenticate(&self.attestation, &collateral, self.time, &self.roots)?.abi_encode().into())
    }

    /// Output of the true claim.
    pub fn output(&self) -> B256 {
        self.answer().map_or(B256::ZERO, keccak256)
    }

    pub fn run(&self) -> Result<QuoteRun, NodeError> {
        let roots = self.roots.encode();
        let question =
            Question { now: self.time, roots: &roots, attestation: &self.attestation, collateral: &self.collateral };
        let mut preimages = HashMap::new();
        let input = question.preimages(|bytes| {
            preimages.insert(keccak256(bytes), Bytes::copy_from_slice(bytes));
        });
        let trace = trace(quote_program(), input, &mut preimages, MAX_CHUNKS).map_err(run_failed)?;
        Ok(QuoteRun { input, trace, preimages })
    }
}

/// The contract of a rollup that takes such claims; `None` where it has none.
pub async fn quote_claims(l1: &L1Client, rollup: Address) -> Result<Option<Address>, NodeError> {
    let Some(keys) = state_root_registry(l1, rollup).await? else { return Ok(None) };
    let verifier = l1.view(keys, IEnclaveKeys::verifierCall {}).await?;
    Ok(l1.view(verifier, IQuoteClaims::claimCountCall {}).await.is_ok().then_some(verifier))
}

/// The roots that claims are about, if they are ones that this version knows.
pub(crate) async fn roots_of(l1: &L1Client, rollup: Address, contract: Address) -> Result<Roots, NodeError> {
    let params = l1.view(rollup, IRollupViews::paramsCall {}).await?;
    let roots = trusted_roots(&params)?.all();
    if payload_commitment(&roots.encode()) == l1.view(contract, IQuoteClaims::rootsCall {}).await? {
        return Ok(roots);
    }
    Err(NodeError::Config(format!(
        "claims about attestations of {contract} are under roots that this version does not know"
    )))
}

/// What L1 would be told about an attestation now.
pub async fn quote_question(
    l1: &L1Client,
    rollup: Address,
    attestation: Bytes,
    collateral: &Collateral,
) -> Result<(Address, QuoteQuestion), NodeError> {
    let contract = required(l1, rollup).await?;
    let roots = roots_of(l1, rollup, contract).await?;
    let time = l1.head().await?.timestamp;
    Ok((contract, QuoteQuestion { time, attestation, collateral: collateral.encode().into(), roots }))
}

async fn required(l1: &L1Client, rollup: Address) -> Result<Address, NodeError> {
    quote_claims(l1, rollup).await?.ok_or_else(|| {
        NodeError::Config(format!("{rollup} takes no claims about attestations: its owner gives `tee quorum` first"))
    })
}

/// What was published with a claim. `first_block`: nothing about it is in blocks before.
pub async fn quote_claimed(
    l1: &L1Client,
    rollup: Address,
    first_block: u64,
    id: u64,
) -> Result<IQuoteClaims::QuoteClaimed, NodeError> {
    let contract = required(l1, rollup).await?;
    let filter = LogFilter { addresses: vec![contract], topics: vec![IQuoteClaims::QuoteClaimed::SIGNATURE_HASH] };
    let meant = |log: &Log| {
        let event = IQuoteClaims::QuoteClaimed::decode_log_data(log.data()).ok()?;
        (event.id == U256::from(id)).then_some(event)
    };
    let event = l1.find_last_log(&filter, first_block, meant).await?;
    event.ok_or_else(|| NodeError::Untrusted(format!("no event of claim {id} of {contract}")))
}

/// Claims on L1 that an attestation is authentic now; the number of the claim, and what it says.
pub async fn submit_quote_claim(
    transactions: &TxManager,
    rollup: Address,
    attestation: Bytes,
    collateral: &Collateral,
) -> Result<(u64, Bytes), NodeError> {
    let l1 = transactions.client();
    let (contract, question) = quote_question(l1, rollup, attestation, collateral).await?;
    let answer = question.answer().map_err(|error| NodeError::Config(format!("the attestation: {error}")))?;
    let run = question.run()?;
    if run.trace.outcome != Status::Halted(question.output()) {
        return Err(NodeError::Unprovable(format!("the machine ends as {:?}: please report this", run.trace.outcome)));
    }
    let call = IQuoteClaims::claimCall {
        time: U256::from(question.time),
        attestation: question.attestation,
        collateral: question.collateral,
        answer: answer.clone(),
        trace: ClaimTrace::of_run(&run.trace.checkpoints, MAX_CHECKPOINTS).encode(),
    };
    let bond = l1.view(contract, IQuoteClaims::bondCall {}).await?;
    let id = format!("quote/{contract}/{}", run.input);
    let request = TxRequest { value: bond, ..TxRequest::call(id, contract, call.abi_encode()) };
    let outcome = transactions.send(request).await?;
    let receipt = l1.receipt(outcome.hash).await?;
    let logs = receipt.map(|receipt| receipt.logs).unwrap_or_default();
    let mut events = logs.iter().filter_map(|log| IQuoteClaims::QuoteClaimed::decode_log_data(log.data()).ok());
    let event = events.next().ok_or_else(|| NodeError::Untrusted(format!("{} made no claim", outcome.hash)))?;
    Ok((to_u64(event.id)?, answer))
}

/// `quote` of LP-500's `TEEAttestation` for a claim that stood.
pub fn registration_quote(claim: u64, answer: &Bytes) -> Bytes {
    let collateral = Bytes::from((U256::from(claim), answer.clone()).abi_encode_params());
    (Bytes::new(), collateral).abi_encode_params().into()
}
