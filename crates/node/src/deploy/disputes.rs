//! The contracts that disprove claims, and the program they know.

use super::{create, deploy_error, with_arguments};
use crate::program::{stf_program, stf_program_id};
use crate::rollup::view;
use crate::{NodeError, artifacts};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_executor::{executor_code, init_code, rom_contracts};
use lux_l1::{Deployer, L1Client};
use lux_protocol::contracts::{IFaultProof, IProgramRom};

/// ROM contracts under way at a time: nodes hold few large transactions of one account.
const GROUP: usize = 8;

/// What judges claims on L1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Disputes {
    pub fault_proof: Address,
    pub program: B256,
}

/// Deploys the executor, the text of the program, and what checks chunks and claims with them.
pub(super) async fn deploy_disputes(
    deployer: &mut Deployer<'_>,
    response_period: U256,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Disputes, NodeError> {
    let program = stf_program();
    let executor = create(deployer, "executor", init_code(&executor_code())).await?;
    report("executor");
    let code = with_arguments(artifacts::program_rom().bytecode, executor.abi_encode());
    let registry = create(deployer, "ProgramRom", code).await?;
    report("ProgramRom");
    let steps: Vec<(String, Bytes)> = rom_contracts(program)
        .iter()
        .enumerate()
        .map(|(index, code)| (format!("rom/{index}"), init_code(code)))
        .collect();
    let mut roms = Vec::new();
    for group in steps.chunks(GROUP) {
        roms.extend(deployer.create_all(group).await.map_err(deploy_error)?);
        group.iter().for_each(|(step, _)| report(step));
    }
    let call = IProgramRom::registerCall {
        entry: U256::from(program.entry()),
        memoryRoot: program.memory_root(),
        textWords: U256::from(program.text().len()),
        romContracts: roms,
    };
    deployer.call("program", registry, U256::ZERO, call.abi_encode()).await.map_err(deploy_error)?;
    report("program");
    let code = with_arguments(artifacts::chunk_verifier().bytecode, registry.abi_encode());
    let verifier = create(deployer, "ChunkVerifier", code).await?;
    report("ChunkVerifier");
    let code = with_arguments(artifacts::fault_proof().bytecode, (verifier, response_period).abi_encode_params());
    let fault_proof = create(deployer, "FaultProof", code).await?;
    report("FaultProof");
    Ok(Disputes { fault_proof, program: stf_program_id() })
}

/// Deploys what shows state transitions by the program and the verifier that judge claims.
pub(super) async fn deploy_state_transition(
    deployer: &mut Deployer<'_>,
    l1: &L1Client,
    disputes: &Disputes,
) -> Result<Address, NodeError> {
    let verifier = view(l1, disputes.fault_proof, IFaultProof::verifierCall {}).await?;
    let arguments = (verifier, disputes.program).abi_encode_params();
    create(deployer, "StateTransition", with_arguments(artifacts::state_transition().bytecode, arguments)).await
}

/// Steps that the two report.
pub(super) fn dispute_steps() -> usize {
    6 + rom_contracts(stf_program()).len()
}
