//! Numbers and addresses of the protocol (`docs/protocol.md`, "Constants").

use alloy_primitives::{Address, address};

/// First byte of a payload.
pub const PAYLOAD_VERSION: u8 = 1;
/// Largest payload, compressed. Keeps `submitBatch` under 10M gas at 64 gas per byte and under 128 KB.
pub const MAX_PAYLOAD_BYTES: usize = 120_000;
/// Most bytes of the trace behind a claim.
pub const MAX_TRACE_BYTES: usize = 65_544;
/// Most checkpoints in a trace.
pub const MAX_CHECKPOINTS: usize = 2_048;
/// Largest content, decompressed: bounds what a hostile payload can make a node allocate.
pub const MAX_CONTENT_BYTES: usize = 2 * 1024 * 1024;
/// Most L2 blocks in one payload.
pub const MAX_PAYLOAD_BLOCKS: usize = 8_192;
/// Size of the pieces that the payload commitment is built over.
pub const PIECE_BYTES: usize = 4_096;
/// L2 gas that the queue entries of one batch may ask for together.
pub const MAX_BATCH_MESSAGE_GAS: u64 = 500_000_000;
/// Largest data of one queue entry, bytes.
pub const MAX_QUEUE_DATA_BYTES: usize = 64 * 1024;

pub const L2_MESSAGE_BRIDGE: Address = address!("0500000000000000000000000000000000000001");
pub const L2_TOKEN_BRIDGE: Address = address!("0500000000000000000000000000000000000002");
pub const L1_BLOCK: Address = address!("0500000000000000000000000000000000000003");
pub const FEE_VAULT: Address = address!("0500000000000000000000000000000000000004");
/// Code behind the clone that the token bridge makes for each L1 token.
pub const BRIDGED_ERC20: Address = address!("0500000000000000000000000000000000000005");
/// The market of `docs/ai-compute.md` on L2.
pub const COMPUTE_MARKET: Address = address!("0500000000000000000000000000000000000006");
/// `IAttestationVerifier` of `docs/tee.md` on L2.
pub const ATTESTATION_VERIFIER: Address = address!("0500000000000000000000000000000000000007");
/// Registry of the keys of enclaves on L2 (`docs/tee.md`).
pub const ENCLAVE_KEYS: Address = address!("0500000000000000000000000000000000000008");
/// Module of the L2 market that takes attestations of results.
pub const ATTESTATION_EVIDENCE: Address = address!("0500000000000000000000000000000000000009");
/// Distributed training of `docs/distributed-training.md` on L2.
pub const TRAINING: Address = address!("050000000000000000000000000000000000000a");
/// Its second part, behind [`TRAINING`].
pub const TRAINING_DISPUTES: Address = address!("050000000000000000000000000000000000000b");
/// Stands for the L1 `MessageBridge` as a sender on L2.
pub const L1_BRIDGE_SENDER: Address = address!("0500000000000000000000000000000000000011");
/// Stands for the L1 `RollupCore` as a sender on L2 and as the target of withdrawals.
pub const L1_ROLLUP_SENDER: Address = address!("0500000000000000000000000000000000000012");
/// Precompiled contract that checks attestations, behind [`ATTESTATION_VERIFIER`].
pub const ATTESTATION_PRECOMPILE: Address = address!("0500000000000000000000000000000000000100");

/// Default of `RollupParams.l2ChainId`.
pub const DEFAULT_L2_CHAIN_ID: u64 = 0x4c_5832;
/// Default of `RollupParams.l2GasLimit`.
pub const DEFAULT_L2_GAS_LIMIT: u64 = 400_000_000;
/// Default of `RollupParams.minBaseFee`, wei.
pub const DEFAULT_MIN_BASE_FEE: u64 = 1_000_000;
/// Default of `RollupParams.inclusionWindow`, L1 blocks.
pub const DEFAULT_INCLUSION_WINDOW: u64 = 7_200;
/// Default of `RollupParams.fallbackWindow`, seconds.
pub const DEFAULT_FALLBACK_WINDOW: u64 = 86_400;
/// Default of `RollupParams.messageGasLimit`, L2 gas.
pub const DEFAULT_MESSAGE_GAS_LIMIT: u64 = 500_000;
/// How far a header's timestamp may run ahead of the L1 block that carries it, seconds.
pub const MAX_CLOCK_DRIFT: u64 = 600;
