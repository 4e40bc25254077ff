//! The compute market of a rollup: what its owner sets before it takes tasks (`docs/ai-compute.md`).

use super::disputes::{Disputes, deploy_disputes};
use super::enclaves::{Attestations, deploy_attestations};
use super::program::register_program;
use super::timelock::{Call, OwnerCall, carry_out};
use crate::NodeError;
use crate::rollup::fault_module;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_executor::program_id;
use lux_l1::{Deployer, L1Client, TxManager};
use lux_machine::Program;
use lux_protocol::constants::{ATTESTATION_EVIDENCE, COMPUTE_MARKET, ENCLAVE_KEYS};
use lux_protocol::contracts::{ExecutionMode, IChunkVerifier, IFaultProof, IRollupViews};
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::contract::IAIComputeRollup::{callComputeMarketL2Call, callEnclaveKeysL2Call};
use lux_protocol::market::contract::{IComputeMarket, Purpose};
use lux_protocol::market::enclaves::{IAttestationEvidence, IEnclaveKeys};

/// How a market is opened.
#[derive(Clone, Debug)]
pub struct MarketRequest {
    /// What tasks run.
    pub program: Program,
    /// How long a result can be challenged, seconds.
    pub challenge_period: u64,
    /// Until a policy about enclaves and a key of one is usable, seconds; `None` leaves it as it is.
    pub enclave_delay: Option<u32>,
    /// Who may end policies and keys of enclaves at once, while the rollup's owner has to wait; with `None`, and where there is
    /// nobody, who opens the market.
    pub guardian: Option<Address>,
}

/// What L1 mines at the slowest, in seconds; as long as no slot is missed.
const L1_BLOCK_SECONDS: u64 = 12;
/// For whoever checks a result, and for what L1 and its clock take.
const CHECK_SECONDS: u64 = 86_400;

/// Puts the program onto L1, to what judges the rollup's own claims, and what checks attestations, and has the rollup's owner
/// open the market with them. `then` are further calls of the same operation.
pub(super) async fn open_with(
    transactions: &TxManager,
    rollup: Address,
    request: &MarketRequest,
    then: Vec<Call>,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    let l1 = transactions.client();
    let keys = keys_of(l1, rollup).await?;
    if keys.is_some() && is_open(l1, rollup, request).await? {
        return Ok(OwnerCall::Done);
    }
    let fault_proof = rollup_fault_proof(l1, rollup).await?;
    let verifier = l1.view(fault_proof, IFaultProof::verifierCall {}).await?;
    let registry = l1.view(verifier, IChunkVerifier::PROGRAM_ROMCall {}).await?;
    let id = program_id(&request.program);
    // The journal knows the steps of one program apart from those of another.
    let mut deployer = Deployer::new(transactions, format!("market/{registry}/{id}"));
    let program = register_program(&mut deployer, l1, registry, &request.program, "infer/", report).await?;
    let calls = opening_calls(l1, rollup, &Disputes { fault_proof, program }, request.challenge_period).await?;
    let mut all: Vec<Call> = Vec::new();
    let keys = match keys {
        Some(keys) => keys,
        None => {
            let Attestations { keys, module } = deploy_attestations(transactions, rollup, report).await?;
            // On L1 there is one vendor, and one alone never shortens a period.
            let settings = settings_call(l1, keys, request.enclave_delay, 0).await?;
            all.extend(settings.map(|data| (keys, data)));
            all.push((rollup, attestation_call(module)));
            keys
        }
    };
    all.extend(guardian_call(transactions, keys, request).await?.map(|data| (keys, data)));
    all.extend(calls.map(|data| (rollup, data)));
    all.extend(then);
    by_owner(transactions, rollup, all, version(l1, rollup).await?, report).await
}

/// Opens the market of a deployed rollup on L1. Nothing happens if it is open with this program.
pub async fn open_market(
    transactions: &TxManager,
    rollup: Address,
    request: &MarketRequest,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    require_market(transactions.client(), rollup).await?;
    open_with(transactions, rollup, request, Vec::new(), report).await
}

/// Opens the market on L2: deploys there what judges claims about the program, and has the rollup's owner set it from L1. The
/// market opens when L2 has the owner's messages. `l2` is the chain, with the same key.
pub async fn open_l2_market(
    l1: &TxManager,
    l2: &TxManager,
    rollup: Address,
    request: &MarketRequest,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    require_market(l1.client(), rollup).await?;
    if is_open(l2.client(), COMPUTE_MARKET, request).await? {
        return Ok(OwnerCall::Done);
    }
    let fault_proof = rollup_fault_proof(l1.client(), rollup).await?;
    let response_period = l1.client().view(fault_proof, IFaultProof::responsePeriodCall {}).await?;
    let mut deployer = Deployer::new(l2, format!("market/{rollup}/{}", program_id(&request.program)));
    let disputes = deploy_disputes(&mut deployer, l2.client(), &request.program, response_period, report).await?;
    let calls = opening_calls(l2.client(), COMPUTE_MARKET, &disputes, request.challenge_period).await?;
    let through_l1 = |data| (rollup, callComputeMarketL2Call { data }.abi_encode().into());
    let calls = [attestation_call(ATTESTATION_EVIDENCE)].into_iter().chain(calls).map(through_l1);
    let params = l1.client().view(rollup, IRollupViews::paramsCall {}).await?;
    let censored = censored_for(params.inclusionWindow, params.fallbackWindow);
    let settings = settings_call(l2.client(), ENCLAVE_KEYS, request.enclave_delay, censored).await?;
    let about_keys = guardian_call(l2, ENCLAVE_KEYS, request).await?.into_iter().chain(settings);
    let about_keys = about_keys.map(|data| (rollup, callEnclaveKeysL2Call { data }.abi_encode().into()));
    let calls = about_keys.chain(calls).collect();
    by_owner(l1, rollup, calls, version(l2.client(), COMPUTE_MARKET).await?, report).await
}

/// Whether a market takes tasks for the program, as it is asked for.
pub async fn is_open(chain: &L1Client, market: Address, request: &MarketRequest) -> Result<bool, NodeError> {
    let set = chain.view(market, IComputeMarket::computeProgramCall { purpose: Purpose::Infer }).await?;
    let params = chain.view(market, IComputeMarket::marketParamsCall {}).await?;
    let is_guarded = match keys_of(chain, market).await? {
        Some(keys) => request.is_guarded_by(chain.view(keys, IEnclaveKeys::guardianCall {}).await?),
        None => true,
    };
    let has_period = u64::from(params.challengePeriod) == request.challenge_period;
    Ok(set.program == program_id(&request.program) && has_period && is_guarded)
}

/// What the governor of a market calls.
async fn opening_calls(
    chain: &L1Client,
    market: Address,
    disputes: &Disputes,
    challenge_period: u64,
) -> Result<[Bytes; 3], NodeError> {
    let mut params = chain.view(market, IComputeMarket::marketParamsCall {}).await?;
    params.challengePeriod = u32::try_from(challenge_period)
        .map_err(|_| NodeError::Config(format!("{challenge_period} s is no challenge period: at most 30 days")))?;
    let params = IComputeMarket::setParamsCall { params };
    let evidence = IComputeMarket::setEvidenceCall { kind: EvidenceKind::Fault as u8, module: disputes.fault_proof };
    let program = IComputeMarket::setProgramCall { purpose: Purpose::Infer, program: disputes.program };
    // The program last: without it there are no tasks.
    Ok([params.abi_encode().into(), evidence.abi_encode().into(), program.abi_encode().into()])
}

/// Has a market take attestations, by the policies of the registry that the module goes by.
fn attestation_call(module: Address) -> Bytes {
    let kind = EvidenceKind::Attestation as u8;
    IComputeMarket::setEvidenceCall { kind, module }.abi_encode().into()
}

/// The registry that the attestations of a market go by.
pub(super) async fn keys_of(chain: &L1Client, market: Address) -> Result<Option<Address>, NodeError> {
    let kind = EvidenceKind::Attestation as u8;
    let module = chain.view(market, IComputeMarket::computeEvidenceCall { kind }).await?;
    if module.is_zero() {
        return Ok(None);
    }
    Ok(Some(chain.view(module, IAttestationEvidence::keysCall {}).await?))
}

impl MarketRequest {
    fn is_guarded_by(&self, guardian: Address) -> bool {
        self.guardian.map_or(!guardian.is_zero(), |wanted| guardian == wanted)
    }
}

/// Sets the guardian of a registry, where it is not the one that is asked for.
async fn guardian_call(
    transactions: &TxManager,
    keys: Address,
    request: &MarketRequest,
) -> Result<Option<Bytes>, NodeError> {
    if request.is_guarded_by(transactions.client().view(keys, IEnclaveKeys::guardianCall {}).await?) {
        return Ok(None);
    }
    let guardian = request.guardian.unwrap_or(transactions.address());
    Ok(Some(IEnclaveKeys::setGuardianCall { guardian }.abi_encode().into()))
}

/// Sets the delays of a registry where they are to be other ones, and a shorter period for attested results than there has to be.
async fn settings_call(
    chain: &L1Client,
    registry: Address,
    delay: Option<u32>,
    attested_period: u64,
) -> Result<Option<Bytes>, NodeError> {
    let old = chain.view(registry, IEnclaveKeys::settingsCall {}).await?;
    let mut settings = old.clone();
    if let Some(delay) = delay {
        (settings.policyDelay, settings.keyDelay) = (delay, delay);
    }
    settings.attestedPeriod = settings.attestedPeriod.max(u32::try_from(attested_period).unwrap_or(u32::MAX));
    Ok((settings != old).then(|| IEnclaveKeys::setSettingsCall { settings }.abi_encode().into()))
}

/// Seconds of L2 for which a sequencer can keep a challenge of a result out of it: its clock lags as far as L1 lets it, it
/// publishes the result late, takes no message as long as L1 lets it, and then no batch comes until others may submit one.
const fn censored_for(inclusion_window: u64, fallback_window: u64) -> u64 {
    let inclusion = inclusion_window.saturating_mul(L1_BLOCK_SECONDS);
    inclusion.saturating_add(fallback_window.saturating_mul(3)).saturating_add(CHECK_SECONDS)
}

/// How many times a market's program was set: operations that set the same one again are different.
async fn version(chain: &L1Client, market: Address) -> Result<u8, NodeError> {
    Ok(chain.view(market, IComputeMarket::computeProgramCall { purpose: Purpose::Infer }).await?.version)
}

async fn by_owner(
    transactions: &TxManager,
    rollup: Address,
    calls: Vec<Call>,
    version: u8,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    let timelock = transactions.client().view(rollup, IRollupViews::ownerCall {}).await?;
    let outcome = carry_out(transactions, timelock, &calls, B256::from(U256::from(version))).await?;
    report("market");
    Ok(outcome)
}

pub(super) async fn rollup_fault_proof(l1: &L1Client, rollup: Address) -> Result<Address, NodeError> {
    let module = fault_module(l1, rollup).await?;
    if module.is_zero() {
        return Err(NodeError::Config(format!(
            "{rollup} has no fault proofs, which the market needs for its tasks: deploy an optimistic or hybrid rollup"
        )));
    }
    Ok(module)
}

async fn require_market(l1: &L1Client, rollup: Address) -> Result<(), NodeError> {
    let config = l1.view(rollup, IRollupViews::configCall {}).await?;
    if config.executionMode == ExecutionMode::AICompute {
        return Ok(());
    }
    Err(NodeError::Config(format!("{rollup} has no compute market: it was not deployed with the preset hip")))
}

#[cfg(test)]
mod tests {
    use super::censored_for;
    use lux_protocol::constants::{DEFAULT_FALLBACK_WINDOW, DEFAULT_INCLUSION_WINDOW};

    /// The default of the contract (`Policies.settings`) is enough for the default of a rollup, and not for longer windows.
    #[test]
    fn default_period_outlasts_censorship() {
        const DEFAULT: u64 = 5 * 86_400;
        assert_eq!(censored_for(DEFAULT_INCLUSION_WINDOW, DEFAULT_FALLBACK_WINDOW), DEFAULT);
        assert!(censored_for(2 * DEFAULT_INCLUSION_WINDOW, DEFAULT_FALLBACK_WINDOW) > DEFAULT);
        assert_eq!(censored_for(u64::MAX, u64::MAX), u64::MAX);
    }
}
