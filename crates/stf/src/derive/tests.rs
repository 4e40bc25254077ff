use super::*;
use alloc::vec;
use alloy_primitives::{Address, Bytes, U256};
use lux_protocol::encode_payload;

const PARENT: L1Origin = L1Origin { block_number: 10, message_count: 3 };

fn message(index: u64, l1_block_number: u64, gas_limit: u64) -> QueueEntry {
    QueueEntry {
        sender: Address::repeat_byte(1),
        target: Address::repeat_byte(2),
        mint: U256::from(index),
        value: U256::from(index),
        gas_limit,
        data: Bytes::new(),
        index,
        l1_block_number,
    }
}

fn block(timestamp: u64, l1: u64, message_count: u64) -> PayloadBlock {
    PayloadBlock { timestamp, l1_block_number: l1, message_count, transactions: vec![] }
}

fn derive(blocks: &[PayloadBlock], messages: &[QueueEntry]) -> (Vec<BlockPlan>, bool) {
    let payload = encode_payload(blocks, 100, PARENT.block_number).unwrap();
    let batch = BatchInput { payload: &payload, timestamp: 105, l1_block_number: 15, messages };
    derive_blocks(&batch, 100, PARENT)
}

#[test]
fn blocks_consume_messages_in_order() {
    let messages = [message(3, 11, 10), message(4, 11, 10), message(5, 14, 10)];
    let (plans, valid) = derive(&[block(100, 11, 1), block(103, 14, 2), block(105, 14, 0)], &messages);
    assert!(valid);
    let counts: Vec<_> = plans.iter().map(|plan| (plan.l1_origin.message_count, plan.messages.len())).collect();
    assert_eq!(counts, [(4, 1), (6, 2), (6, 0)]);
    assert_eq!(plans[1].messages, messages[1..]);
}

#[test]
fn every_broken_rule_leaves_deposits_only() {
    let messages = [message(3, 12, 18_000_000), message(4, 12, 18_000_000)];
    let broken: [&[PayloadBlock]; 6] = [
        &[block(104, 12, 1), block(104, 12, 1)], // ends before the header's timestamp
        &[block(105, 16, 1), block(105, 16, 1)], // reads past the header's L1 block
        &[block(105, 12, 1)],                    // leaves a message behind
        &[block(105, 12, 1), block(105, 12, 2)], // consumes one too many
        &[block(105, 11, 1), block(105, 12, 1)], // consumes a message before its L1 block
        &[block(105, 12, 2)],                    // deposits over the gas limit
    ];
    for blocks in broken {
        let (plans, valid) = derive(blocks, &messages);
        assert!(!valid);
        assert_eq!(plans.len(), 2, "each deposit fills more than half a block");
        assert!(plans.iter().all(|plan| plan.timestamp == 105 && plan.l1_origin.block_number == 15));
        assert_eq!(plans[1].l1_origin.message_count, 5);
    }
    assert!(derive(&[block(105, 12, 1), block(105, 12, 1)], &messages).1);
}

#[test]
fn garbage_without_messages_is_one_empty_block() {
    let batch = BatchInput { payload: b"garbage", timestamp: 105, l1_block_number: 15, messages: &[] };
    let (plans, valid) = derive_blocks(&batch, 100, PARENT);
    assert!(!valid);
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0].l1_origin, L1Origin { block_number: 15, message_count: 3 });
}
