//! Every chunk of a real batch runs on L1 as in the machine.

use crate::common::world::{ALICE, BOB, Setup};
use crate::common::{World, contracts, ether, evm};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use lux_executor::encode_proof;
use lux_machine::{Machine, Status};
use lux_node::{dispute_module, stf_program, stf_program_id};
use lux_protocol::contracts::{IERC20, IFaultProof, IRollupSettings, IRollupViews};

sol! {
    interface IChunkVerifier {
        function initialState(bytes32 program, bytes32 input) external view returns (bytes32);
        function run(bytes32 program, bytes32 start, bytes proof) external view returns (bytes32 end, uint8 status);
    }
}

/// Limits of a chunk on L1: gas of the whole transaction, and its calldata.
const MAX_GAS: u64 = 8_000_000;
const MAX_BYTES: usize = 110 * 1024;

/// A batch with transfers, a deployment and token transfers.
async fn world() -> World {
    let mut world = World::with(Setup { fault_proofs: true, ..Setup::default() }).await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    let (key, bob) = (world.key(ALICE), world.account(BOB));
    let token = world.account(ALICE).create(world.op.nonce(world.account(ALICE)));
    world.op.submit(world.op.sign(&key, None, U256::ZERO, contracts::dev_token()));
    let mint = contracts::DevToken::mintCall { to: world.account(ALICE), amount: ether(1) };
    world.op.call(&key, token, U256::ZERO, mint.abi_encode());
    for amount in 1..=20u64 {
        world.op.transfer(&key, bob, U256::from(amount));
        let call = IERC20::transferCall { to: bob, amount: U256::from(amount) };
        world.op.call(&key, token, U256::ZERO, call.abi_encode());
    }
    world.build(1);
    assert_eq!(world.op.block(world.op.head()).transactions.len(), 42);
    world.batch_all().await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn every_chunk_of_a_batch_runs_on_l1_as_in_the_machine() {
    let world = world().await;
    let number = world.op.ledger.last_batch().unwrap();
    let batch = world.op.node.prover().batch(number).await.unwrap();
    let l1 = world.devnet.chain();
    let settings = evm::view(&l1, world.rollup.address, IRollupViews::settingsCall {});
    let module = evm::view(&l1, settings, IRollupSettings::evidenceCall { kind: 0 });
    let verifier = evm::view(&l1, module, IFaultProof::verifierCall {});

    let input = batch.witness.input;
    let mut host: std::collections::HashMap<B256, Bytes> =
        batch.witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let mut machine = Machine::new(stf_program(), input);
    let start = IChunkVerifier::initialStateCall { program: stf_program_id(), input };
    assert_eq!(evm::view(&l1, verifier, start), machine.state_hash());

    let (mut gas, mut bytes) = (Vec::new(), Vec::new());
    while machine.status() == Status::Running {
        let proof = encode_proof(&machine.prove_chunk(&mut host).unwrap());
        let start = machine.state_hash();
        let call = IChunkVerifier::runCall { program: stf_program_id(), start, proof };
        let call = evm::Call { to: Some(verifier), data: call.abi_encode().into(), ..Default::default() };
        let status = machine.run_chunk(&mut host).unwrap();
        let result = evm::run(&l1, &call, 16_000_000);
        let end = IChunkVerifier::runCall::abi_decode_returns(result.output().unwrap()).unwrap();
        assert!(result.is_success());
        assert_eq!(end.end, machine.state_hash(), "chunk {}", gas.len());
        assert_eq!(end.status, if status == Status::Running { 0 } else { 1 });
        gas.push(result.tx_gas_used());
        bytes.push(call.data.len());
    }
    assert_eq!(machine.status(), Status::Halted(batch.record.output().hash()));
    let instructions = machine.statistics().instructions;
    let total: u64 = gas.iter().sum();
    let (most_gas, most_bytes) = (*gas.iter().max().unwrap(), *bytes.iter().max().unwrap());
    println!(
        "{} chunks, {instructions} instructions: {} gas per instruction with everything, {} gas and {} bytes on average, \
         at most {most_gas} gas and {most_bytes} bytes",
        gas.len(),
        total / instructions,
        total / gas.len() as u64,
        bytes.iter().sum::<usize>() / bytes.len(),
    );
    assert!(most_gas <= MAX_GAS && most_bytes <= MAX_BYTES);

    // Too many for one call.
    let refused = dispute_module(&world.op.node).unwrap();
    let refused = refused.call::<_, serde_json::Value>("rollup_stateTransition", [format!("{number:#x}")]).await;
    assert!(refused.unwrap_err().to_string().contains("more than 32 chunks"));
}
