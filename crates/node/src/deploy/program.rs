//! Programs of the machine on a chain.

use super::deploy_error;
use crate::NodeError;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_executor::{init_code, program_id, rom_contracts};
use lux_l1::{Deployer, L1Client};
use lux_machine::Program;
use lux_protocol::contracts::IProgramRom;

/// ROM contracts under way at a time: nodes hold few large transactions of one account.
const GROUP: usize = 8;

/// Deploys the text of a program and registers it, unless `registry` has it. `steps` begins the names of the steps.
pub(super) async fn register_program(
    deployer: &mut Deployer<'_>,
    chain: &L1Client,
    registry: Address,
    program: &Program,
    steps: &str,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<B256, NodeError> {
    let id = program_id(program);
    if is_registered(chain, registry, id).await? {
        return Ok(id);
    }
    let codes: Vec<(String, Bytes)> = rom_contracts(program)
        .iter()
        .enumerate()
        .map(|(index, code)| (format!("{steps}rom/{index}"), init_code(code)))
        .collect();
    let mut roms = Vec::new();
    for group in codes.chunks(GROUP) {
        roms.extend(deployer.create_all(group).await.map_err(deploy_error)?);
        group.iter().for_each(|(step, _)| report(step));
    }
    let call = IProgramRom::registerCall {
        entry: U256::from(program.entry()),
        memoryRoot: program.memory_root(),
        textWords: U256::from(program.text().len()),
        romContracts: roms,
    };
    let step = format!("{steps}program");
    deployer.call(&step, registry, U256::ZERO, call.abi_encode()).await.map_err(deploy_error)?;
    // The identity is a hash over all of the code: with it the chain says that it holds what we meant.
    if !is_registered(chain, registry, id).await? {
        return Err(NodeError::Config(format!(
            "{registry} did not register the program {id}: its executor is not the one of this version of lux-rollup"
        )));
    }
    report(&step);
    Ok(id)
}

/// Steps that registering reports.
pub(super) fn program_steps(program: &Program) -> usize {
    1 + rom_contracts(program).len()
}

async fn is_registered(chain: &L1Client, registry: Address, program: B256) -> Result<bool, NodeError> {
    let contracts = IProgramRom::programOfCall { program };
    Ok(!chain.view(registry, contracts).await?.roms.is_zero())
}
