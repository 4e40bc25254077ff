//! Small contracts.

use alloy_primitives::{Bytes, hex};

/// Creation code that returns `code`.
pub fn creation(code: &[u8]) -> Bytes {
    // PUSH2 length, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN
    let mut out = vec![0x61];
    out.extend((code.len() as u16).to_be_bytes());
    out.extend(hex!("80600a5f395ff3"));
    out.extend(code);
    out.into()
}

/// Calls the address in the first word with the rest of the data, and logs what came back, with the success as topic.
pub const CALLER: [u8; 36] = hex!("36602090038060206000376000600091600060006000355af13d600060003e3d6000a100");

/// Stores the second word at the slot in the first, for all pairs in the data.
pub const STORE: [u8; 25] = hex!("5f5b3681101560175780602001358135556040016001565b00");

/// Sends everything it has to the caller.
pub const DESTRUCT: [u8; 2] = hex!("33ff");

/// Creation code that stores and then destroys itself.
pub const DESTRUCT_AT_ONCE: [u8; 7] = hex!("600160005533ff");
