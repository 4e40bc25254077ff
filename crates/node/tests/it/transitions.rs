//! LP-500's `IStateTransition` on batches of a node, with the real machine.

use crate::common::world::{ADMIN, ALICE, BOB, Setup};
use crate::common::{World, ether, evm};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError, SolValue, sol};
use lux_dispute::NextMove;
use lux_executor::encode_proof;
use lux_machine::{Machine, Status, halted_hash};
use lux_node::{dispute_module, message_proof, sent_in_transaction, stf_program, stf_program_id};
use lux_protocol::contracts::ILuxRollup::{challengeStateRootCall, proposeStateRootCall};
use lux_protocol::contracts::IMessageBridge::sendMessageToL1Call;
use lux_protocol::contracts::{BatchStatus, IRollupViews, ISequencerRegistry};
use lux_protocol::{BatchOutput, ClaimInput, ClaimTrace, constants};
use lux_stf::program::BatchWitness;
use revm::context::result::ExecutionResult;
use serde_json::Value;
use std::collections::HashMap;

sol! {
    #[derive(Debug, PartialEq, Eq)]
    struct StateTransition {
        bytes32 preStateRoot;
        bytes32 postStateRoot;
        bytes[] transactions;
        bytes[] receipts;
        bytes witness;
    }

    #[derive(Debug)]
    struct Witness {
        bytes32 stateRoot;
        bytes32 transactionRoot;
        bytes32 receiptRoot;
        bytes32 claimedTransactionRoot;
        uint256 firstChunk;
        bytes trace;
        bytes revealed;
        bytes[] chunks;
    }

    #[derive(Debug, PartialEq, Eq)]
    interface IStateTransition {
        function verifyStateTransition(StateTransition transition) external view returns (bool);
        function computeStateRoot(bytes[] transactions) external pure returns (bytes32);
        function generateFraudProof(StateTransition transition, uint256 txIndex) external view returns (bytes);
        function verifyInclusion(bytes32 root, bytes proof, bytes leaf) external pure returns (bool);
        function claimOf(StateTransition transition)
            external view returns (bytes32 program, bytes32 input, bytes32 output, bytes32 trace);

        error StateTransition_UnprovenChunk(uint256 chunk, bytes reason);
        error StateTransition_Unfinished(uint256 chunks);
        error StateTransition_WrongOutput();
        error StateTransition_ChunkIsRight(uint256 chunk);

        error ChunkVerifier_WrongStart();
    }
}
use IStateTransition::*;

/// Twice what nodes give a call by default: the batch of these tests is close to that.
const CALL_GAS: u64 = 100_000_000;
const WRONG: B256 = B256::repeat_byte(0x66);

/// A rollup with fault proofs and one batch, that of a message to L1, which nobody has claimed anything about.
async fn world() -> World {
    let mut world = World::with(Setup { fault_proofs: true, ..Setup::default() }).await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    world.batch_all().await;
    let call = sendMessageToL1Call { target: world.account(BOB), data: Bytes::from_static(b"hello") };
    world.op.call(&world.key(ALICE), constants::L2_MESSAGE_BRIDGE, U256::ZERO, call.abi_encode());
    world.build(1);
    world.batch_all().await;
    world
}

/// The one with the message.
fn batch(world: &World) -> u64 {
    world.op.ledger.last_batch().unwrap()
}

fn contract(world: &World) -> Address {
    world.deployment.state_transition.unwrap()
}

fn bytes_list(value: &Value) -> Vec<Bytes> {
    serde_json::from_value(value.clone()).unwrap()
}

/// What `rollup_stateTransition` answers.
pub async fn transition(world: &World, number: u64, chunk: Option<u64>) -> (StateTransition, Value) {
    let mut parameters = vec![format!("{number:#x}")];
    parameters.extend(chunk.map(|chunk| format!("{chunk:#x}")));
    let module = dispute_module(&world.op.node).unwrap();
    let reply: Value = module.call("rollup_stateTransition", parameters).await.unwrap();
    let fields = &reply["transition"];
    let word = |name: &str| serde_json::from_value(fields[name].clone()).unwrap();
    let transition = StateTransition {
        preStateRoot: word("preStateRoot"),
        postStateRoot: word("postStateRoot"),
        transactions: bytes_list(&fields["transactions"]),
        receipts: bytes_list(&fields["receipts"]),
        witness: serde_json::from_value(fields["witness"].clone()).unwrap(),
    };
    (transition, reply)
}

/// What a call returns, or why it reverts, and its gas.
fn call<C: SolCall>(world: &World, call: C) -> (Result<C::Return, Bytes>, u64) {
    let call = evm::Call { to: Some(contract(world)), data: call.abi_encode().into(), ..Default::default() };
    let result = evm::run(&world.devnet.chain(), &call, CALL_GAS);
    let gas = result.tx_gas_used();
    match result {
        ExecutionResult::Success { output, .. } => (Ok(C::abi_decode_returns(output.data()).unwrap()), gas),
        ExecutionResult::Revert { output, .. } => (Err(output), gas),
        halted @ ExecutionResult::Halt { .. } => panic!("{}: {halted:?}", C::SIGNATURE),
    }
}

fn verify(world: &World, transition: &StateTransition) -> Result<bool, Bytes> {
    call(world, verifyStateTransitionCall { transition: transition.clone() }).0
}

pub fn generate(world: &World, transition: &StateTransition, chunk: usize) -> Result<Bytes, Bytes> {
    call(world, generateFraudProofCall { transition: transition.clone(), txIndex: U256::from(chunk) }).0
}

fn compute(world: &World, transition: &StateTransition) -> Result<B256, Bytes> {
    let first = (transition.preStateRoot, transition.witness.clone()).abi_encode_params();
    let transactions = [vec![first.into()], transition.transactions.clone()].concat();
    call(world, computeStateRootCall { transactions }).0
}

fn witness(transition: &StateTransition) -> Witness {
    Witness::abi_decode_params(&transition.witness).unwrap()
}

/// The transition with another witness.
fn with(transition: &StateTransition, change: impl FnOnce(&mut Witness)) -> StateTransition {
    let mut witness = witness(transition);
    change(&mut witness);
    StateTransition { witness: witness.abi_encode_params().into(), ..transition.clone() }
}

fn unproven(chunk: u64, reason: impl SolError) -> Bytes {
    StateTransition_UnprovenChunk { chunk: U256::from(chunk), reason: reason.abi_encode().into() }.abi_encode().into()
}

/// `bytes` with one bit changed.
fn flipped(bytes: &Bytes, at: usize) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn true_transition_is_shown_and_everything_else_is_not() {
    let mut world = world().await;
    let number = batch(&world);
    let record = world.op.ledger.expect_batch(number).unwrap();
    let (honest, reply) = transition(&world, number, None).await;
    assert_eq!((&reply["claimed"], honest.postStateRoot), (&Value::Bool(false), record.state_root));
    let (shown, gas) = call(&world, verifyStateTransitionCall { transition: honest.clone() });
    assert_eq!(shown, Ok(true));
    let count = witness(&honest).chunks.len() as u64;
    println!(
        "{count} chunks, {gas} gas, {} bytes",
        verifyStateTransitionCall { transition: honest.clone() }.abi_encoded_size()
    );
    assert_eq!(compute(&world, &honest), Ok(record.state_root));

    // Results that the run does not have.
    let post = StateTransition { postStateRoot: WRONG, ..honest.clone() };
    assert_eq!(verify(&world, &post), Ok(false));
    for at in 0..honest.receipts.len() {
        let mut other = honest.clone();
        other.receipts[at] = flipped(&other.receipts[at], 0);
        assert_eq!(verify(&world, &other), Ok(false), "receipts {at}");
    }
    let root = StateTransition { receipts: vec![record.receipt_root.into()], ..honest.clone() };
    assert_eq!(verify(&world, &root), Ok(true));

    // Inputs that the run is not of.
    let elsewhere = Err(unproven(0, ChunkVerifier_WrongStart {}));
    let pre = StateTransition { preStateRoot: WRONG, ..honest.clone() };
    assert_eq!(verify(&world, &pre), elsewhere);
    assert_eq!(compute(&world, &pre).map(|_| true), elsewhere);
    let mut positions: Vec<(usize, usize)> = (0..6).map(|word| (0, 32 * word)).collect();
    positions.push((1, honest.transactions[1].len() - 1));
    for (element, at) in positions {
        let mut other = honest.clone();
        other.transactions[element] = flipped(&other.transactions[element], at);
        assert_eq!(verify(&world, &other), elsewhere, "transactions {element}, {at}");
    }

    // Runs that show nothing.
    let short = with(&honest, |witness| drop(witness.chunks.pop()));
    let unfinished = StateTransition_Unfinished { chunks: U256::from(count - 1) };
    assert_eq!(verify(&world, &short), Err(unfinished.abi_encode().into()));
    let gap = with(&honest, |witness| drop(witness.chunks.remove(1)));
    assert_eq!(verify(&world, &gap), Err(unproven(1, ChunkVerifier_WrongStart {})));
    let output = with(&honest, |witness| witness.stateRoot = WRONG);
    assert_eq!(verify(&world, &output), Err(StateTransition_WrongOutput {}.abi_encode().into()));
    let length = witness(&honest).chunks[0].len();
    for at in [0, 100, length / 2, length - 1] {
        let broken = with(&honest, |witness| witness.chunks[0] = flipped(&witness.chunks[0], at));
        let error = StateTransition_UnprovenChunk::abi_decode(&verify(&world, &broken).unwrap_err()).unwrap();
        assert_eq!(error.chunk, U256::ZERO, "byte {at}");
    }

    // Once it is claimed it is what L1 holds.
    for _ in 1..=number {
        assert!(world.op.propose().await);
        world.mine_l1(1);
        world.op.sync().await;
    }
    let (claimed, reply) = transition(&world, number, None).await;
    assert_eq!((&reply["claimed"], verify(&world, &claimed)), (&Value::Bool(true), Ok(true)));
    let on_l1 = IRollupViews::claimOfCall { batchNumber: U256::from(number) };
    let on_l1 = evm::view(&world.devnet.chain(), world.rollup.address, on_l1);
    let said = call(&world, claimOfCall { transition: claimed.clone() }).0.unwrap();
    assert_eq!(
        (said.program, said.input, said.output, said.trace),
        (on_l1.program, on_l1.input, on_l1.output, on_l1.trace)
    );
}

/// A call without the gas for its chunks shows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn lack_of_gas_is_no_answer() {
    let world = world().await;
    let (honest, _) = transition(&world, batch(&world), None).await;
    let data: Bytes = verifyStateTransitionCall { transition: honest }.abi_encode().into();
    let (mut answers, mut reverts) = (0, 0);
    for gas in (12_000_000..=60_000_000).step_by(6_000_000) {
        let call = evm::Call { to: Some(contract(&world)), data: data.clone(), ..Default::default() };
        match evm::run(&world.devnet.chain(), &call, gas) {
            ExecutionResult::Success { output, .. } => {
                assert!(verifyStateTransitionCall::abi_decode_returns(output.data()).unwrap(), "{gas} gas");
                answers += 1;
            }
            ExecutionResult::Revert { output, .. } => {
                assert!(StateTransition_UnprovenChunk::abi_decode(&output).is_ok(), "{gas} gas: {output}");
                reverts += 1;
            }
            ExecutionResult::Halt { .. } => reverts += 1,
        }
    }
    assert!(answers > 0 && reverts > 0, "{answers} answers, {reverts} reverts");
}

/// The run from a state that is not the parent's shows that no transition starts there.
#[tokio::test(flavor = "multi_thread")]
async fn transition_from_a_false_state_is_false() {
    let world = world().await;
    let number = batch(&world);
    let (honest, _) = transition(&world, number, None).await;
    let batch = world.op.node.prover().batch(number).await.unwrap();
    let input = ClaimInput { parent_state_root: WRONG, ..batch.claim_input };
    let chunks = run(&batch.witness, &input);
    let forged = with(&honest, |witness| witness.chunks = chunks);
    let forged = StateTransition { preStateRoot: WRONG, ..forged };
    assert_eq!(verify(&world, &forged), Ok(false));
    assert!(compute(&world, &forged).is_err());
}

/// Proofs of the run on another input, which has no output.
fn run(witness: &BatchWitness, input: &ClaimInput) -> Vec<Bytes> {
    let mut host: HashMap<B256, Bytes> = witness.preimages.iter().map(|(hash, data)| (*hash, data.clone())).collect();
    host.insert(input.hash(), input.encode().into());
    let mut machine = Machine::new(stf_program(), input.hash());
    let mut proofs = Vec::new();
    while machine.status() == Status::Running {
        proofs.push(encode_proof(&machine.prove_chunk(&mut host).unwrap()));
        machine.run_chunk(&mut host).unwrap();
    }
    assert_eq!(machine.state_hash(), halted_hash(&B256::ZERO));
    proofs
}

/// Bob's claim about the batch.
fn claim(world: &World, number: u64, output: BatchOutput, trace: &ClaimTrace) {
    let bond = evm::view(&world.devnet.chain(), world.rollup.registry, ISequencerRegistry::requiredBondCall {});
    world.send_l1(BOB, world.rollup.registry, bond, ISequencerRegistry::postBondCall {}.abi_encode());
    world.mine_l1(1);
    let proof = (output.transaction_root, output.receipt_root, trace.encode()).abi_encode_params();
    let call =
        proposeStateRootCall { batchNumber: U256::from(number), stateRoot: output.state_root, proof: proof.into() };
    let hash = world.send_l1(BOB, world.rollup.address, U256::ZERO, call.abi_encode());
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn fraud_proof_of_the_contract_ends_the_claim() {
    type Lie = fn(&mut BatchOutput, &mut ClaimTrace);
    let lies: [(Lie, bool); 4] = [
        (|output, _| output.state_root = WRONG, false),
        (|output, _| output.receipt_root = WRONG, false),
        // The result is right, and so is the transition; what is claimed about its run is not.
        (|_, trace| trace.checkpoints[2] = WRONG, true),
        (|output, _| output.transaction_root = WRONG, true),
    ];
    for (index, (lie, is_true)) in lies.into_iter().enumerate() {
        let mut world = world().await;
        assert!(world.op.propose().await, "batch 1 is claimed first");
        world.mine_l1(1);
        world.op.sync().await;
        let number = batch(&world);
        let mut output = world.op.ledger.expect_batch(number).unwrap().output();
        let mut trace = ClaimTrace::decode(&world.op.node.prover().evidence(number).await.unwrap()).unwrap();
        lie(&mut output, &mut trace);
        claim(&world, number, output, &trace);
        world.op.sync().await;
        let (stated, _) = transition(&world, number, None).await;
        assert_eq!(verify(&world, &stated), Ok(is_true), "lie {index}");

        let Some(NextMove::Disprove { chunk, proof: disproof }) = world.next_move(number).await else {
            panic!("lie {index}")
        };
        let proof = generate(&world, &stated, chunk).unwrap();
        assert_eq!(proof, disproof, "lie {index}");
        // The proof of that chunk alone will do, for claims about runs of any length.
        let (alone, reply) = transition(&world, number, Some(chunk as u64)).await;
        assert_eq!(reply["firstChunk"], format!("{chunk:#x}"));
        assert_eq!(generate(&world, &alone, chunk), Ok(proof.clone()));
        let right = StateTransition_ChunkIsRight { chunk: U256::ZERO }.abi_encode();
        assert_eq!(generate(&world, &stated, 0), Err(right.into()), "lie {index}");

        let call = challengeStateRootCall { batchNumber: U256::from(number), fraudProof: proof };
        let hash = world.send_l1(ADMIN, world.rollup.address, U256::ZERO, call.abi_encode());
        world.mine_l1(1);
        assert_eq!(world.l1_success(hash), Some(true), "lie {index}");
        let status = IRollupViews::getBatchStatusCall { batchNumber: U256::from(number) };
        assert_eq!(evm::view(&world.devnet.chain(), world.rollup.address, status), BatchStatus::Rejected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_is_bound_to_the_program() {
    let world = world().await;
    let (honest, _) = transition(&world, batch(&world), None).await;
    let said = call(&world, claimOfCall { transition: honest }).0.unwrap();
    assert_eq!(said.program, stf_program_id());
}

/// The node's proof of a message is one of inclusion under the receipt root, a level below it on the right.
#[tokio::test(flavor = "multi_thread")]
async fn message_is_included_under_the_receipt_root() {
    let mut world = world().await;
    for _ in 0..2 {
        assert!(world.op.propose().await);
        world.mine_l1(1);
        world.op.sync().await;
    }
    let record = world.op.ledger.expect_batch(batch(&world)).unwrap();
    let transaction = world.op.block(record.last_block).transactions.last().unwrap().hash();
    let sent = sent_in_transaction(world.op.chain(), transaction).unwrap().unwrap();
    let (proof, _) = message_proof(world.op.chain(), &world.op.ledger, &sent[0]).unwrap().unwrap();
    let depth = proof.merkleProof.len() / 32 - 1;
    let index = proof.messageIndex + (U256::ONE << depth);
    let message = sent[0].message.clone();
    let leaf: Bytes = (message.sender, message.target, message.value, message.gasLimit, message.data, message.nonce)
        .abi_encode_params()
        .into();
    let proof: Bytes = [&index.to_be_bytes::<32>(), &proof.merkleProof[..]].concat().into();
    let included = |leaf: Bytes| {
        let question = verifyInclusionCall { root: record.receipt_root, proof: proof.clone(), leaf };
        call(&world, question).0.unwrap()
    };
    assert!(included(leaf.clone()));
    assert!(!included(flipped(&leaf, leaf.len() - 1)));
}
