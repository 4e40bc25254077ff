//! The contracts that disprove claims.

use super::program::{program_steps, register_program};
use super::{create, with_arguments};
use crate::{NodeError, artifacts};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use lux_executor::{executor_code, init_code};
use lux_l1::{Deployer, L1Client};
use lux_machine::Program;
use lux_protocol::contracts::IFaultProof;

/// What judges claims on a chain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Disputes {
    pub fault_proof: Address,
    pub program: B256,
}

/// Deploys the executor, the text of the program, and what checks chunks and claims with them.
pub(super) async fn deploy_disputes(
    deployer: &mut Deployer<'_>,
    chain: &L1Client,
    program: &Program,
    response_period: U256,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Disputes, NodeError> {
    let executor = create(deployer, "executor", init_code(&executor_code())).await?;
    report("executor");
    let code = with_arguments(artifacts::program_rom().bytecode, executor.abi_encode());
    let registry = create(deployer, "ProgramRom", code).await?;
    report("ProgramRom");
    let program = register_program(deployer, chain, registry, program, "", report).await?;
    let code = with_arguments(artifacts::chunk_verifier().bytecode, registry.abi_encode());
    let verifier = create(deployer, "ChunkVerifier", code).await?;
    report("ChunkVerifier");
    let code = with_arguments(artifacts::fault_proof().bytecode, (verifier, response_period).abi_encode_params());
    let fault_proof = create(deployer, "FaultProof", code).await?;
    report("FaultProof");
    Ok(Disputes { fault_proof, program })
}

/// Deploys what shows state transitions by the program and the verifier that judge claims.
pub(super) async fn deploy_state_transition(
    deployer: &mut Deployer<'_>,
    l1: &L1Client,
    disputes: &Disputes,
) -> Result<Address, NodeError> {
    let verifier = l1.view(disputes.fault_proof, IFaultProof::verifierCall {}).await?;
    let arguments = (verifier, disputes.program).abi_encode_params();
    create(deployer, "StateTransition", with_arguments(artifacts::state_transition().bytecode, arguments)).await
}

/// Steps that `deploy_disputes` reports.
pub(super) fn dispute_steps(program: &Program) -> usize {
    4 + program_steps(program)
}
