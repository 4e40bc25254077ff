//! What L1 sends: deposits, forced transactions, messages, tokens.

use crate::common::contracts::{self, DevToken, L2TokenBridge};
use crate::common::world::{ALICE, BOB, CAROL};
use crate::common::{World, ether, evm};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_protocol::constants::{FEE_VAULT, L2_MESSAGE_BRIDGE, L2_TOKEN_BRIDGE};
use lux_protocol::contracts::ILuxRollup::depositToL2Call;
use lux_protocol::contracts::IMessageBridge::{L2Message, getMessageStatusCall, relayMessageToL2Call};
use lux_protocol::{Transaction, alias, message_hash};

/// Mines, and brings what L1 queued to L2. Returns the number of that block.
async fn deliver(world: &mut World) -> u64 {
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    world.op.head()
}

/// Contract on L2 at the next nonce of `who`.
async fn create(world: &mut World, who: usize, code: Bytes) -> Address {
    let address = world.account(who).create(world.op.nonce(world.account(who)));
    let tx = world.op.sign(&world.key(who), None, U256::ZERO, code);
    let hash = world.op.submit(tx);
    world.build(1);
    assert!(world.op.receipt(hash).unwrap().success);
    address
}

async fn funded() -> World {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    deliver(&mut world).await;
    world
}

fn deposits(world: &World, block: u64) -> Vec<(Address, Address, U256, bool)> {
    let receipts = world.op.receipts(block);
    let block = world.op.block(block);
    let pairs = block.transactions.iter().zip(receipts);
    pairs
        .filter_map(|(tx, receipt)| match tx {
            Transaction::Deposit(tx) => Some((tx.from, tx.to, tx.value, receipt.success)),
            Transaction::Ethereum(_) => None,
        })
        .collect()
}

#[tokio::test]
async fn deposit_credits_its_exact_amount() {
    let mut world = World::new().await;
    let (alice, carol) = (world.account(ALICE), world.account(CAROL));
    world.deposit(ALICE, U256::from(12_345), carol, &[]);
    let block = deliver(&mut world).await;
    assert_eq!(deposits(&world, block), [(alice, carol, U256::from(12_345), true)]);
    assert_eq!(world.op.balance(carol), U256::from(12_345));
    assert_eq!(world.op.balance(alice), U256::ZERO);
    assert_eq!(world.op.nonce(alice), 1);
    assert_eq!(world.op.balance(FEE_VAULT), U256::ZERO);
}

#[tokio::test]
async fn contract_on_l1_arrives_as_its_alias() {
    let mut world = World::new().await;
    let forwarder = world.create_l1(BOB, contracts::forwarder());
    let carol = world.account(CAROL);
    let call = depositToL2Call { token: Address::ZERO, amount: ether(1), userData: carol.to_vec().into() };
    let data = [world.rollup.address.into_word().as_slice(), &call.abi_encode()].concat();
    world.send_l1(BOB, forwarder, ether(1), data);
    let block = deliver(&mut world).await;
    assert_eq!(deposits(&world, block), [(alias(forwarder), carol, ether(1), true)]);
    assert_eq!(world.op.balance(carol), ether(1));
}

#[tokio::test]
async fn forced_transaction_runs_as_its_account() {
    let mut world = funded().await;
    let door = create(&mut world, ALICE, contracts::door()).await;
    let nonce = world.op.nonce(world.account(BOB));
    world.deposit(BOB, U256::ZERO, door, &[]);
    world.deposit(BOB, U256::ZERO, door, U256::from(7).to_be_bytes::<32>().as_slice());
    let block = deliver(&mut world).await;
    let bob = world.account(BOB);
    assert_eq!(deposits(&world, block), [(bob, door, U256::ZERO, true), (bob, door, U256::ZERO, true)]);
    assert_eq!(evm::storage(world.op.chain(), door, 1), U256::from(7));
    assert_eq!(world.op.nonce(bob), nonce + 2);
}

#[tokio::test]
async fn forced_transaction_spends_what_its_account_holds_and_no_more() {
    let mut world = funded().await;
    let (alice, carol) = (world.account(ALICE), world.account(CAROL));
    let nonce = world.op.nonce(alice);
    world.force(ALICE, ether(1), carol, ether(11), &[]);
    world.force(ALICE, ether(1), carol, ether(2), &[]);
    let block = deliver(&mut world).await;
    assert_eq!(deposits(&world, block), [(alice, carol, ether(11), true), (alice, carol, ether(2), false)]);
    assert_eq!(world.op.balance(carol), ether(11));
    assert_eq!(world.op.balance(alice), ether(1), "what came from L1 stays");
    assert_eq!(world.op.nonce(alice), nonce + 2);
}

#[tokio::test]
async fn failing_deposit_keeps_the_value_with_its_sender() {
    let mut world = funded().await;
    let door = create(&mut world, ALICE, contracts::door()).await;
    let bob = world.account(BOB);
    world.deposit(BOB, ether(3), door, &[1]);
    let block = deliver(&mut world).await;
    assert_eq!(deposits(&world, block), [(bob, door, ether(3), false)]);
    assert_eq!((world.op.balance(bob), world.op.nonce(bob)), (ether(3), 1));
    assert_eq!(world.op.balance(door), U256::ZERO);
}

#[tokio::test]
async fn message_that_fails_can_be_repeated() {
    let mut world = funded().await;
    let door = create(&mut world, ALICE, contracts::door()).await;
    let word = Bytes::from(U256::from(9).to_be_bytes::<32>());
    let index = world.op.ledger.queue_length().unwrap();
    world.send_message(BOB, ether(1), door, word.clone());
    deliver(&mut world).await;
    let message = L2Message {
        sender: world.account(BOB),
        target: door,
        value: ether(1),
        gasLimit: U256::from(500_000),
        data: word,
        nonce: U256::from(index),
    };
    let status = |world: &World| {
        let call = getMessageStatusCall { messageHash: message_hash(&message) };
        evm::view(world.op.chain(), L2_MESSAGE_BRIDGE, call)
    };
    assert_eq!(status(&world), 3);
    assert_eq!(world.op.balance(L2_MESSAGE_BRIDGE), ether(1), "the value waits for the next attempt");

    let retry = relayMessageToL2Call { message: message.clone(), signature: Bytes::new() }.abi_encode();
    let too_early = world.op.call(&world.key(ALICE), L2_MESSAGE_BRIDGE, U256::ZERO, retry.clone());
    let open = world.op.call(&world.key(ALICE), door, U256::ZERO, Bytes::new());
    let again = world.op.call(&world.key(ALICE), L2_MESSAGE_BRIDGE, U256::ZERO, retry.clone());
    let twice = world.op.call(&world.key(ALICE), L2_MESSAGE_BRIDGE, U256::ZERO, retry);
    world.build(1);
    let success = |hash: B256| world.op.receipt(hash).unwrap().success;
    assert_eq!([too_early, open, again, twice].map(success), [false, true, true, false]);
    assert_eq!(status(&world), 2);
    assert_eq!(evm::storage(world.op.chain(), door, 1), U256::from(9));
    assert_eq!(world.op.balance(door), ether(1));
}

#[tokio::test]
async fn message_is_delivered() {
    let mut world = funded().await;
    let counter = create(&mut world, ALICE, contracts::counter()).await;
    world.send_message(BOB, ether(2), counter, Bytes::from_static(b"hello"));
    let block = deliver(&mut world).await;
    assert!(deposits(&world, block)[0].3);
    assert_eq!(evm::storage(world.op.chain(), counter, 0), U256::ONE);
    assert_eq!(world.op.balance(counter), ether(2));
}

#[tokio::test]
async fn token_deposit_mints_a_token_of_its_own() {
    let mut world = World::new().await;
    let token = world.dev_token(BOB, ether(5)).await;
    for _ in 0..2 {
        world.deposit_token(BOB, token, ether(2), world.account(CAROL));
        let block = deliver(&mut world).await;
        assert!(deposits(&world, block)[0].3);
    }
    let l2_token = evm::view(world.op.chain(), L2_TOKEN_BRIDGE, L2TokenBridge::l2TokenOfCall { l1Token: token });
    let balance = DevToken::balanceOfCall { account: world.account(CAROL) };
    assert_eq!(evm::view(world.op.chain(), l2_token, balance), ether(4));
    world.batch_all().await;
    world.check_full_node().await;
}

#[tokio::test]
async fn flood_of_messages_is_spread_over_blocks_in_order() {
    let mut world = World::new().await;
    for n in 0..60u64 {
        world.deposit(ALICE, U256::from(n), world.account(CAROL), &[7; 2_000]);
        if n % 20 == 19 {
            world.mine_l1(1);
        }
    }
    world.mine_l1(1);
    world.op.sync().await;
    world.build(3);
    assert_eq!(world.op.chain().head().l1_origin().message_count, 60);
    world.batch_all().await;
    world.check_full_node().await;
}
