//! Deploys a rollup to L1, step by step, so that an interrupted run continues.

mod disputes;
mod precompiles;

use crate::rollup::view;
use crate::{NodeError, artifacts, l2_genesis};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use disputes::{Disputes, deploy_disputes, deploy_state_transition, dispute_steps};
use lux_l1::{DeployError, Deployer, TxManager};
use lux_protocol::contracts::IRollupFactory::{Implementation, RollupDeployed, TimelockDeployed};
use lux_protocol::contracts::{ExecutionMode, IRollupFactory, RollupConfig, RollupParams, RollupType};
use precompiles::require_precompiles;
use serde::{Deserialize, Serialize};

/// Name under which this version's `RollupCore` is registered at the factory.
const IMPLEMENTATION: &str = concat!("lux-rollup/", env!("CARGO_PKG_VERSION"));
/// The same without fault proofs.
const TRUSTED_IMPLEMENTATION: &str = concat!("lux-rollup/", env!("CARGO_PKG_VERSION"), "/trusted");

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
    let steps = 8 + if request.fault_proofs.is_some() { dispute_steps() } else { 0 };
    let mut deployer = Deployer::new(transactions, format!("deploy/{}", request.name));
    let mut done = 0;
    let mut report = |step: &str| {
        done += 1;
        progress(step, done, steps);
    };

    let id = keccak256(if request.fault_proofs.is_some() { IMPLEMENTATION } else { TRUSTED_IMPLEMENTATION });
    let registered = match request.factory {
        Some(factory) => {
            view(transactions.client(), factory, IRollupFactory::implementationsCall { implementationId: id }).await?
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
        let code = with_arguments(artifacts::rollup_core().bytecode, settings.abi_encode());
        let core = create(&mut deployer, "RollupCore", code).await?;
        report("RollupCore");
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
            Some(seconds) => deploy_disputes(&mut deployer, U256::from(seconds), &mut report).await?,
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

    let call = IRollupFactory::deployRollupCall {
        implementationId: id,
        config: rollup_config(request)?,
        admin: request.admin,
        guardian: request.guardian,
        delaySeconds: U256::from(request.timelock_delay),
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
    Ok(Deployment { rollup: deployed.rollup, timelock: timelock.timelock, factory, implementation, state_transition })
}

async fn create(deployer: &mut Deployer<'_>, step: &str, code: Bytes) -> Result<Address, NodeError> {
    deployer.create(step, code).await.map_err(deploy_error)
}

/// The configuration that `initialize` receives, genesis commitments included.
fn rollup_config(request: &DeployRequest) -> Result<RollupConfig, NodeError> {
    let (genesis_hash, genesis_state_root) = l2_genesis(&request.params).commitment()?;
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
