//! What the owner of a rollup sets before its market takes tasks, or its training aggregates: a program and what disproves claims
//! about it.

use super::disputes::{Disputes, deploy_disputes};
use super::enclaves::{attestation_steps, deploy_intel, deploy_registry, guardian_call, is_guarded_by, settings_call};
use super::program::register_program;
use super::service::Service;
use super::timelock::{Call, OwnerCall, carry_out};
use crate::NodeError;
use crate::rollup::fault_module;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_executor::program_id;
use lux_l1::{Deployer, L1Client, TxManager};
use lux_machine::Program;
use lux_protocol::constants::ENCLAVE_KEYS;
use lux_protocol::contracts::{IChunkVerifier, IFaultProof, IRollupViews};
use lux_protocol::market::contract::IAIComputeRollup::callEnclaveKeysL2Call;
use lux_protocol::market::enclaves::IEnclaveKeys;

/// How a service is opened.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    pub service: Service,
    /// What claims are about: tasks, or aggregates.
    pub program: Program,
    /// What accusations of a violated norm bound are about; training takes none without it, and a market has none.
    pub norm: Option<Program>,
    /// How long a result can be challenged, seconds.
    pub challenge_period: u64,
    /// Until a policy about enclaves and a key of one is usable, seconds; `None` leaves it as it is.
    pub enclave_delay: Option<u32>,
    /// Who may end policies and keys of enclaves at once, while the rollup's owner has to wait; with `None`, and where there is
    /// nobody, who opens the service.
    pub guardian: Option<Address>,
}

/// What L1 mines at the slowest, in seconds; as long as no slot is missed.
const L1_BLOCK_SECONDS: u64 = 12;
/// For whoever checks a result, and for what L1 and its clock take.
const CHECK_SECONDS: u64 = 86_400;

/// Puts the program onto L1, to what judges the rollup's own claims, and what checks attestations, and has the rollup's owner
/// open the service with them. `then` are further calls of the same operation.
pub(super) async fn open_with(
    transactions: &TxManager,
    rollup: Address,
    request: &OpenRequest,
    then: Vec<Call>,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    let (l1, service) = (transactions.client(), request.service);
    let keys = service.keys(l1, rollup).await?;
    if keys.is_some() && is_open(l1, rollup, request).await? {
        return Ok(OwnerCall::Done);
    }
    let fault_proof = rollup_fault_proof(l1, rollup).await?;
    let verifier = l1.view(fault_proof, IFaultProof::verifierCall {}).await?;
    let registry = l1.view(verifier, IChunkVerifier::PROGRAM_ROMCall {}).await?;
    let id = program_id(&request.program);
    // The journal knows the steps of one program apart from those of another.
    let mut deployer = Deployer::new(transactions, format!("{}/{registry}/{id}", service.name()));
    let program = register_program(&mut deployer, l1, registry, &request.program, "program/", report).await?;
    if let Some(norm) = &request.norm {
        register_program(&mut deployer, l1, registry, norm, &norm_steps(norm), report).await?;
    }
    let calls = request.calls(l1, rollup, &Disputes { fault_proof, program }).await?;
    let mut all: Vec<Call> = Vec::new();
    let keys = match keys {
        Some(keys) => keys,
        None => {
            let deployer = &mut attestation_steps(transactions, rollup);
            let intel = deploy_intel(deployer, transactions, rollup, report).await?;
            let keys = deploy_registry(deployer, rollup, intel, report).await?;
            let taken = service.use_keys(transactions, rollup, keys, report).await?;
            // Who takes a quorum sets the shorter period (`open_quorum`).
            let settings = settings_call(l1, keys, request.enclave_delay, 0).await?;
            all.extend(settings.map(|data| (keys, data)));
            all.push((rollup, taken));
            keys
        }
    };
    all.extend(guardian_call(transactions, keys, request.guardian).await?.map(|data| (keys, data)));
    all.extend(calls.into_iter().map(|data| (rollup, data)));
    all.extend(then);
    by_owner(transactions, rollup, all, request, service.program(l1, rollup).await?.0, report).await
}

/// Opens the service of a deployed rollup on L1. Nothing happens if it is open with this program.
pub async fn open_service(
    transactions: &TxManager,
    rollup: Address,
    request: &OpenRequest,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    let service = request.service;
    if service_of(transactions.client(), rollup).await? != Some(service) {
        return Err(NodeError::Config(format!("the contract {rollup} has no {} on L1", service.name())));
    }
    open_with(transactions, rollup, request, Vec::new(), report).await
}

/// Opens the service on L2: deploys there what judges claims about the program, and has the rollup's owner set it from L1. The
/// service opens when L2 has the owner's messages. `l2` is the chain, with the same key.
pub async fn open_l2_service(
    l1: &TxManager,
    l2: &TxManager,
    rollup: Address,
    request: &OpenRequest,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    let (service, at) = (request.service, request.service.predeploy());
    if service_of(l1.client(), rollup).await?.is_none() {
        return Err(NodeError::Config(format!(
            "{rollup} cannot open the {} of its L2: it was deployed with neither of the presets hip and zip",
            service.name()
        )));
    }
    if is_open(l2.client(), at, request).await? {
        return Ok(OwnerCall::Done);
    }
    let fault_proof = rollup_fault_proof(l1.client(), rollup).await?;
    let response_period = l1.client().view(fault_proof, IFaultProof::responsePeriodCall {}).await?;
    let steps = format!("{}/{rollup}/{}", service.name(), program_id(&request.program));
    let mut deployer = Deployer::new(l2, steps);
    let disputes = deploy_disputes(&mut deployer, l2.client(), &request.program, response_period, report).await?;
    if let Some(norm) = &request.norm {
        let verifier = l2.client().view(disputes.fault_proof, IFaultProof::verifierCall {}).await?;
        let registry = l2.client().view(verifier, IChunkVerifier::PROGRAM_ROMCall {}).await?;
        register_program(&mut deployer, l2.client(), registry, norm, &norm_steps(norm), report).await?;
    }
    let calls = request.calls(l2.client(), at, &disputes).await?;
    let through_l1 = |data| (rollup, service.through_l1(data));
    let calls = service.use_l2_keys().into_iter().chain(calls).map(through_l1);
    let params = l1.client().view(rollup, IRollupViews::paramsCall {}).await?;
    let censored = censored_for(params.inclusionWindow, params.fallbackWindow);
    let settings = settings_call(l2.client(), ENCLAVE_KEYS, request.enclave_delay, censored).await?;
    let about_keys = guardian_call(l2, ENCLAVE_KEYS, request.guardian).await?.into_iter().chain(settings);
    let about_keys = about_keys.map(|data| (rollup, callEnclaveKeysL2Call { data }.abi_encode().into()));
    let calls = about_keys.chain(calls).collect();
    by_owner(l1, rollup, calls, request, service.program(l2.client(), at).await?.0, report).await
}

/// Whether a service takes work for the program, as it is asked for.
pub async fn is_open(chain: &L1Client, at: Address, request: &OpenRequest) -> Result<bool, NodeError> {
    let service = request.service;
    let is_guarded = match service.keys(chain, at).await? {
        Some(keys) => is_guarded_by(request.guardian, chain.view(keys, IEnclaveKeys::guardianCall {}).await?),
        None => true,
    };
    let (_, program) = service.program(chain, at).await?;
    let has_period = service.challenge_period(chain, at).await? == request.challenge_period;
    let has_norm = match &request.norm {
        Some(norm) => service.norm_program(chain, at).await? == program_id(norm),
        None => true,
    };
    Ok(program == program_id(&request.program) && has_norm && has_period && is_guarded)
}

/// What the contract of a rollup has on L1.
pub async fn service_of(l1: &L1Client, rollup: Address) -> Result<Option<Service>, NodeError> {
    Ok(Service::of(l1.view(rollup, IRollupViews::configCall {}).await?.executionMode))
}

impl OpenRequest {
    async fn calls(&self, chain: &L1Client, at: Address, disputes: &Disputes) -> Result<Vec<Bytes>, NodeError> {
        let seconds = self.challenge_period;
        let period = u32::try_from(seconds)
            .map_err(|_| NodeError::Config(format!("{seconds} s is no challenge period: at most 30 days")))?;
        let norm = self.norm.as_ref().map(program_id);
        self.service.opening_calls(chain, at, disputes, norm, period).await
    }
}

/// A second program beside the one that the other steps are of.
fn norm_steps(norm: &Program) -> String {
    format!("norm/{}/", program_id(norm))
}

/// Seconds of L2 for which a sequencer can keep a challenge of a result out of it: its clock lags as far as L1 lets it, it
/// publishes the result late, takes no message as long as L1 lets it, and then no batch comes until others may submit one.
const fn censored_for(inclusion_window: u64, fallback_window: u64) -> u64 {
    let inclusion = inclusion_window.saturating_mul(L1_BLOCK_SECONDS);
    inclusion.saturating_add(fallback_window.saturating_mul(3)).saturating_add(CHECK_SECONDS)
}

/// `version` counts how many times the program was set: operations that set the same one again are different.
async fn by_owner(
    transactions: &TxManager,
    rollup: Address,
    calls: Vec<Call>,
    request: &OpenRequest,
    version: u8,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    let timelock = transactions.client().view(rollup, IRollupViews::ownerCall {}).await?;
    let outcome = carry_out(transactions, timelock, &calls, B256::from(U256::from(version))).await?;
    report(request.service.name());
    Ok(outcome)
}

pub(super) async fn rollup_fault_proof(l1: &L1Client, rollup: Address) -> Result<Address, NodeError> {
    let module = fault_module(l1, rollup).await?;
    if module.is_zero() {
        return Err(NodeError::Config(format!(
            "{rollup} has no fault proofs, by which false results fall: deploy an optimistic or hybrid rollup"
        )));
    }
    Ok(module)
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
