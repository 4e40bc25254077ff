//! Names.

pub(crate) const ENCRYPTION_KEY: &str = "rollup_encryptionKey";
pub(crate) const SEND: &str = "rollup_sendEncryptedTransaction";
pub(crate) const CALL: &str = "rollup_encryptedCall";

/// What a sequencer answers in secret: methods whose parameters or results tell of transactions that are not in a block yet.
pub const ENCRYPTED_CALLS: [&str; 9] = [
    "eth_call",
    "eth_estimateGas",
    "eth_createAccessList",
    "eth_getTransactionReceipt",
    "eth_getTransactionByHash",
    "eth_getTransactionCount",
    "eth_getBalance",
    "eth_getCode",
    "debug_traceCall",
];
