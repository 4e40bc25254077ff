//! Deploys a rollup to L1, step by step, so that an interrupted run continues.

mod disputes;
mod enclaves;
mod opening;
mod precompiles;
mod program;
mod quorum;
mod service;
mod timelock;

pub use enclaves::{accept_software, narrowest};
pub use opening::{OpenRequest, is_open, open_l2_service, open_service, service_of};
pub use quorum::{QuorumRequest, open_quorum};
pub use service::Service;
pub use timelock::OwnerCall;

use crate::program::stf_program;
use crate::{NodeError, TrustedRoots, artifacts, l2_genesis};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use disputes::{Disputes, deploy_disputes, deploy_state_transition, dispute_steps};
use enclaves::REGISTRY_STEPS;
use lux_l1::{DeployError, Deployer, TxManager};
use lux_protocol::contracts::IRollupFactory::{Implementation, RollupDeployed, TimelockDeployed};
use lux_protocol::contracts::{ExecutionMode, IRollupFactory, RollupConfig, RollupParams, RollupType};
use precompiles::require_precompiles;
use program::program_steps;
use serde::{Deserialize, Serialize};
use timelock::hand_over;

/// Name under which this version's `RollupCore` is registered at the factory.
const IMPLEMENTATION: &str = concat!("lux-rollup/", env!("CARGO_PKG_VERSION"));

/// A rollup to deploy. The same request on the same L1 and key resumes.
#[derive(Clone, Debug)]
pub struct DeployRequest {
    /// Tells deployments by one key apart.
    pub name: String,
    pub rollup_type: RollupType,
    pub execution_mode: ExecutionMode,
    /// Deploy what disproves false claims about state roots, with this many seconds to answer a challenge that takes an
    /// answer. `None`: claims are trusted.
    pub fault_proofs: Option<u64>,
    /// Open what the mode offers on L1; needs fault proofs.
    pub opening: Option<OpenRequest>,
    pub sequencer: Address,
    /// Zero: anyone with a bond.
    pub proposer: Address,
    /// Challenges without a bond.
    pub challenger: Address,
    /// Seconds.
    pub challenge_period: u64,
    /// wei
    pub min_stake: U256,
    /// `genesisBlockHash` is filled in.
    pub params: RollupParams,
    /// Whose attestations the L2 believes.
    pub roots: TrustedRoots,
    /// An existing factory, or `None` to deploy one that is active from `activation_block`.
    pub factory: Option<Address>,
    pub activation_block: U256,
    /// Proposes to and executes through the timelock that owns the rollup.
    pub admin: Address,
    /// May pause, with automatic expiry.
    pub guardian: Address,
    /// Seconds.
    pub timelock_delay: u64,
}

/// Where a rollup was deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    pub rollup: Address,
    pub timelock: Address,
    pub factory: Address,
    pub implementation: Address,
    /// `IStateTransition` for the rollup's program; none without fault proofs.
    #[serde(default)]
    pub state_transition: Option<Address>,
}

fn deploy_error(error: DeployError) -> NodeError {
    match error {
        DeployError::Step { source, step } => {
            tracing::debug!(step, "deployment step failed");
            NodeError::Tx(source)
        }
        other => NodeError::Config(other.to_string()),
    }
}

fn with_arguments(code: Bytes, arguments: Vec<u8>) -> Bytes {
    [code.as_ref(), &arguments].concat().into()
}

/// Deploys everything that is not there yet. `progress` hears of each finished step.
pub async fn deploy(
    transactions: &TxManager,
    request: &DeployRequest,
    progress: &mut (dyn FnMut(&str, usize, usize) + Send),
) -> Result<Deployment, NodeError> {
    check_opening(request)?;
    let service = Service::of(request.execution_mode);
    let mut steps = 8 + service.map_or(0, extension_steps);
    if request.fault_proofs.is_some() {
        steps += 1 + dispute_steps(stf_program());
    }
    if let Some(opening) = &request.opening {
        let evidence = usize::from(opening.service == Service::Market);
        let norm = opening.norm.as_ref().map_or(0, program_steps);
        steps += 1 + program_steps(&opening.program) + norm + REGISTRY_STEPS + evidence;
    }
    let mut deployer = Deployer::new(transactions, format!("deploy/{}", request.name));
    let mut done = 0;
    let mut report = |step: &str| {
        done += 1;
        progress(step, done, steps);
    };

    let id = implementation_id(request);
    let registered = match request.factory {
        Some(factory) => {
            transactions.client().view(factory, IRollupFactory::implementationsCall { implementationId: id }).await?
        }
        None => Implementation { rollup: Address::ZERO, faultProof: Address::ZERO, program: B256::ZERO },
    };
    if request.fault_proofs.is_some() {
        require_precompiles(transactions.client()).await?;
    }
    let (factory, implementation, disputes) = if registered.rollup.is_zero() {
        let bridge = create(&mut deployer, "MessageBridge", artifacts::message_bridge().bytecode).await?;
        report("MessageBridge");
        let token_bridge = create(&mut deployer, "L1TokenBridge", artifacts::l1_token_bridge().bytecode).await?;
        report("L1TokenBridge");
        let registry = create(&mut deployer, "SequencerRegistry", artifacts::sequencer_registry().bytecode).await?;
        report("SequencerRegistry");
        let arguments = (bridge, token_bridge, registry).abi_encode_params();
        let code = with_arguments(artifacts::rollup_settings().bytecode, arguments);
        let settings = create(&mut deployer, "RollupSettings", code).await?;
        report("RollupSettings");
        let core = create_core(&mut deployer, settings, service, &mut report).await?;
        let factory = match request.factory {
            Some(factory) => factory,
            None => {
                let arguments = (transactions.address(), request.activation_block).abi_encode_params();
                let code = with_arguments(artifacts::rollup_factory().bytecode, arguments);
                create(&mut deployer, "RollupFactory", code).await?
            }
        };
        report("RollupFactory");
        let disputes = match request.fault_proofs {
            Some(seconds) => {
                let (l1, seconds) = (transactions.client(), U256::from(seconds));
                deploy_disputes(&mut deployer, l1, stf_program(), seconds, &mut report).await?
            }
            None => Disputes::default(),
        };
        let call = IRollupFactory::registerImplementationCall {
            implementationId: id,
            implementation: core,
            faultProof: disputes.fault_proof,
            program: disputes.program,
        };
        deployer.call("register", factory, U256::ZERO, call.abi_encode()).await.map_err(deploy_error)?;
        report("registration");
        (factory, core, disputes)
    } else {
        let disputes = Disputes { fault_proof: registered.faultProof, program: registered.program };
        (request.factory.unwrap_or_default(), registered.rollup, disputes)
    };
    let mut state_transition = None;
    if request.fault_proofs.is_some() {
        let address = deploy_state_transition(&mut deployer, transactions.client(), &disputes).await?;
        state_transition = Some(address);
        report("StateTransition");
    }

    // To open a service is a matter of the owner, who must not have to wait for it: until then that is us, without a delay.
    let (admin, delay) = match &request.opening {
        Some(_) => (transactions.address(), 0),
        None => (request.admin, request.timelock_delay),
    };
    let call = IRollupFactory::deployRollupCall {
        implementationId: id,
        config: rollup_config(request)?,
        admin,
        guardian: request.guardian,
        delaySeconds: U256::from(delay),
    };
    let outcome = deployer.call("rollup", factory, U256::ZERO, call.abi_encode()).await.map_err(deploy_error)?;
    let receipt = transactions.client().receipt(outcome.hash).await?;
    let logs = receipt.map(|receipt| receipt.logs).unwrap_or_default();
    let from_factory = || logs.iter().filter(|log| log.address() == factory).map(|log| log.data());
    let deployed = from_factory().find_map(|data| RollupDeployed::decode_log_data(data).ok());
    let timelock = from_factory().find_map(|data| TimelockDeployed::decode_log_data(data).ok());
    let (Some(deployed), Some(timelock)) = (deployed, timelock) else {
        return Err(NodeError::Untrusted(format!("transaction {} did not deploy a rollup", outcome.hash)));
    };
    report("rollup");
    let (rollup, timelock) = (deployed.rollup, timelock.timelock);
    if let Some(opening) = &request.opening {
        let then = hand_over(timelock, admin, request.admin, request.timelock_delay);
        opening::open_with(transactions, rollup, opening, then, &mut report).await?;
    }
    Ok(Deployment { rollup, timelock, factory, implementation, state_transition })
}

fn check_opening(request: &DeployRequest) -> Result<(), NodeError> {
    let Some(opening) = &request.opening else { return Ok(()) };
    if Service::of(request.execution_mode) == Some(opening.service) && request.fault_proofs.is_some() {
        return Ok(());
    }
    let reason = match opening.service {
        Service::Market => "a compute market needs the mode ai-compute",
        Service::Training => "training needs the mode distributed-training",
    };
    Err(NodeError::Config(format!("{reason} and a rollup type with fault proofs, optimistic or hybrid")))
}

/// Under what the factory knows the code of such a rollup.
fn implementation_id(request: &DeployRequest) -> B256 {
    let mut name = String::from(IMPLEMENTATION);
    match Service::of(request.execution_mode) {
        Some(Service::Market) => name.push_str("/ai-compute"),
        Some(Service::Training) => name.push_str("/distributed-training"),
        None => {}
    }
    if request.fault_proofs.is_none() {
        name.push_str("/trusted");
    }
    keccak256(name)
}

/// The code of the rollup itself, with what it runs by delegate call.
async fn create_core(
    deployer: &mut Deployer<'_>,
    settings: Address,
    service: Option<Service>,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Address, NodeError> {
    let (name, code) = match service {
        Some(Service::Market) => {
            let market = create(deployer, "ComputeMarketL1", artifacts::compute_market_l1().bytecode).await?;
            report("ComputeMarketL1");
            let arguments = (settings, market).abi_encode_params();
            ("AIComputeRollup", with_arguments(artifacts::ai_compute_rollup().bytecode, arguments))
        }
        Some(Service::Training) => {
            let disputes = create(deployer, "TrainingDisputesL1", artifacts::training_disputes_l1().bytecode).await?;
            report("TrainingDisputesL1");
            let code = with_arguments(artifacts::training_l1().bytecode, disputes.abi_encode());
            let training = create(deployer, "TrainingL1", code).await?;
            report("TrainingL1");
            let arguments = (settings, training).abi_encode_params();
            let code = artifacts::distributed_training_rollup().bytecode;
            ("DistributedTrainingRollup", with_arguments(code, arguments))
        }
        None => ("RollupCore", with_arguments(artifacts::rollup_core().bytecode, settings.abi_encode())),
    };
    let core = create(deployer, name, code).await?;
    report(name);
    Ok(core)
}

/// Steps of `create_core` besides the rollup itself.
const fn extension_steps(service: Service) -> usize {
    match service {
        Service::Market => 1,
        Service::Training => 2,
    }
}

async fn create(deployer: &mut Deployer<'_>, step: &str, code: Bytes) -> Result<Address, NodeError> {
    deployer.create(step, code).await.map_err(deploy_error)
}

/// The configuration that `initialize` receives, genesis commitments included.
fn rollup_config(request: &DeployRequest) -> Result<RollupConfig, NodeError> {
    let (genesis_hash, genesis_state_root) = l2_genesis(&request.params, request.roots).commitment()?;
    let params = RollupParams { genesisBlockHash: genesis_hash, ..request.params.clone() };
    Ok(RollupConfig {
        rollupType: request.rollup_type,
        executionMode: request.execution_mode,
        sequencer: request.sequencer,
        proposer: request.proposer,
        challenger: request.challenger,
        challengePeriod: U256::from(request.challenge_period),
        minStake: request.min_stake,
        genesisStateRoot: B256::from(genesis_state_root),
        initCode: params.abi_encode().into(),
    })
}
