//! Batches of a sequencer that puts into a payload what it likes.

use super::World;
use super::world::OPERATOR;
use alloy_primitives::{Bytes, U256};
use alloy_signer::SignerSync;
use alloy_sol_types::SolCall;
use lux_protocol::contracts::BatchHeader;
use lux_protocol::contracts::ILuxRollup::submitBatchCall;
use lux_protocol::{BatchData, BatchOutput};

/// The call that submits the batch, signed by the sequencer.
pub fn sign(world: &World, mut header: BatchHeader, data: Bytes) -> Vec<u8> {
    let digest = header.signing_digest(&data, world.rollup.l1_chain_id, world.rollup.address);
    header.signature = world.key(OPERATOR).sign_hash_sync(&digest).unwrap().as_bytes().into();
    submitBatchCall { header, transactions: data }.abi_encode()
}

/// Puts a payload on L1 that takes all messages up to the L1 block `l1_origin`. Returns the number of its batch.
pub fn submit(world: &World, claim: BatchOutput, payload: Bytes, l1_origin: u64) -> u64 {
    let tip = world.op.ledger.tip().unwrap();
    let due = world.op.ledger.due(l1_origin).unwrap();
    let data =
        BatchData { accumulator: world.op.ledger.accumulator(due).unwrap(), trace: Bytes::new(), payload }.encode();
    let header = BatchHeader {
        batchNumber: U256::from(tip.number + 1),
        parentBatchHash: tip.batch_hash,
        stateRoot: claim.state_root,
        transactionRoot: claim.transaction_root,
        receiptRoot: claim.receipt_root,
        timestamp: U256::from(world.seconds()),
        l1BlockNumber: U256::from(l1_origin),
        sequencer: world.account(OPERATOR),
        signature: Bytes::new(),
    };
    let hash = world.send_l1(OPERATOR, world.rollup.address, U256::ZERO, sign(world, header, data));
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true), "L1 refused the batch");
    tip.number + 1
}

/// The same without a claim, up to the last L1 block; and the operator reads it.
pub async fn submit_payload(world: &mut World, payload: Vec<u8>) {
    submit(world, BatchOutput::default(), payload.into(), world.l1_number() - 1);
    world.op.sync().await;
}
