//! L2 -> L1 messages.

use crate::constants::{L1_ROLLUP_SENDER, L2_TOKEN_BRIDGE};
use crate::contracts::IMessageBridge::L2Message;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

/// Identity of a message: what the Merkle tree of a batch holds and both bridges key their status by.
pub fn message_hash(message: &L2Message) -> B256 {
    let fields = (message.sender, message.target, message.value, message.gasLimit, message.data.clone(), message.nonce);
    keccak256(fields.abi_encode_params())
}

/// `(token, recipient, amount)` when `message` is a withdrawal of the token bridge.
pub fn withdrawal_message(message: &L2Message) -> Option<(Address, Address, U256)> {
    (message.sender == L2_TOKEN_BRIDGE && message.target == L1_ROLLUP_SENDER)
        .then(|| <(Address, Address, U256)>::abi_decode(&message.data).ok())
        .flatten()
}
