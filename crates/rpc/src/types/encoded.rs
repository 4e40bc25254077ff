//! The consensus form of a block.

use alloy_rlp::{BufMut, Encodable, Header};
use lux_chain::Block;

/// `rlp([header, transactions, uncles, withdrawals])`.
pub(crate) fn encode_block(block: &Block) -> Vec<u8> {
    let mut txs = Vec::new();
    for tx in &block.transactions {
        let bytes = tx.encoded_2718();
        // A typed transaction is a string in the list, a legacy one a list by itself.
        match bytes.first() {
            Some(first) if *first >= 0xc0 => txs.put_slice(&bytes),
            _ => bytes.as_slice().encode(&mut txs),
        }
    }
    let list = Header { list: true, payload_length: txs.len() };
    let payload_length = block.header.length() + list.length_with_payload() + 2;
    let mut out = Vec::with_capacity(payload_length + 8);
    Header { list: true, payload_length }.encode(&mut out);
    block.header.encode(&mut out);
    list.encode(&mut out);
    out.put_slice(&txs);
    out.put_slice(&[0xc0, 0xc0]);
    out
}
