//! What a block's fees and header fields are.

use crate::common::contracts::{self, L1Block};
use crate::common::world::{ALICE, BOB, CAROL};
use crate::common::{World, ether, evm};
use alloy_eips::eip2935::HISTORY_STORAGE_ADDRESS;
use alloy_primitives::{B256, U256, keccak256};
use lux_protocol::constants::{FEE_VAULT, L1_BLOCK};

async fn world() -> World {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    world
}

#[tokio::test]
async fn vault_receives_base_fee_and_tip_to_the_wei() {
    let world = world().await;
    let before = world.op.balance(world.account(ALICE));
    assert_eq!((before, world.op.balance(FEE_VAULT)), (ether(10), U256::ZERO), "a deposit costs nothing");
    world.op.transfer(&world.key(ALICE), world.account(BOB), U256::from(5));
    world.op.transfer(&world.key(ALICE), world.account(BOB), U256::from(5));
    world.build(1);
    let base_fee = world.op.chain().head().header.base_fee_per_gas.unwrap();
    let fees = U256::from(2 * 21_000) * U256::from(base_fee + 1);
    assert_eq!(world.op.balance(FEE_VAULT), fees);
    assert_eq!(world.op.balance(world.account(ALICE)), before - fees - U256::from(10));
    assert_eq!(world.op.balance(world.account(BOB)), U256::from(10));
}

#[tokio::test]
async fn header_and_l1_block_tell_the_origin() {
    let mut world = world().await;
    world.deposit(BOB, ether(1), world.account(CAROL), &[]);
    world.mine_l1(3);
    world.op.sync().await;
    let parent = world.op.chain().head();
    world.build(1);
    let block = world.op.chain().head();
    let origin = block.l1_origin();
    assert_eq!((origin.block_number, origin.message_count), (world.l1_number() - 1, 2));
    assert_eq!(evm::view(world.op.chain(), L1_BLOCK, L1Block::numberCall {}), U256::from(origin.block_number));
    assert_eq!(evm::view(world.op.chain(), L1_BLOCK, L1Block::messageCountCall {}), U256::from(2));
    assert_eq!(block.header.extra_data.len(), 16);
    assert_eq!(block.header.mix_hash, keccak256(parent.hash));
    assert_eq!((block.header.beneficiary, block.header.gas_limit), (FEE_VAULT, 400_000_000));
}

#[tokio::test]
async fn old_block_hashes_are_readable_and_the_base_fee_has_a_floor() {
    let world = world().await;
    let keeper = world.account(ALICE).create(world.op.nonce(world.account(ALICE)));
    let tx = world.op.sign(&world.key(ALICE), None, U256::ZERO, contracts::block_hash_keeper());
    world.op.submit(tx);
    world.build(400);
    let head = world.op.head();
    assert_eq!(world.op.chain().head().header.base_fee_per_gas, Some(1_000_000));
    for (back, known) in [(0u64, true), (255, true), (256, false)] {
        let data = U256::from(world.op.head() - back).to_be_bytes::<32>();
        let expected = if known { world.op.block(world.op.head() - back).hash } else { B256::ZERO };
        world.op.call(&world.key(ALICE), keeper, U256::ZERO, data);
        world.build(1);
        assert_eq!(
            evm::storage(world.op.chain(), keeper, 0),
            U256::from_be_bytes(expected.0),
            "{back} blocks before the parent"
        );
    }
    let call = evm::Call {
        to: Some(HISTORY_STORAGE_ADDRESS),
        data: U256::from(head - 390).to_be_bytes::<32>().into(),
        ..Default::default()
    };
    let answer = evm::run(world.op.chain(), &call, 1_000_000);
    assert_eq!(answer.output().unwrap(), world.op.block(head - 390).hash.as_slice());
}
