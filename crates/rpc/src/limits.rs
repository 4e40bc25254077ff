//! What one client may ask for.

use std::time::Duration;

/// Bounds of the RPC. Every one of them bounds memory or time; there is no unbounded request.
#[derive(Clone, Debug)]
pub struct RpcLimits {
    /// Largest HTTP body or WebSocket message, bytes.
    pub max_request_bytes: u32,
    /// Largest reply to a call or to a batch, bytes.
    pub max_response_bytes: u32,
    pub max_connections: u32,
    /// Calls in one batch.
    pub max_batch: u32,
    pub max_subscriptions_per_connection: u32,
    /// Messages that wait for a slow WebSocket client before its subscriptions are dropped.
    pub subscription_buffer: u32,
    /// Calls at a time that read blocks.
    pub max_concurrent_reads: usize,
    /// Calls at a time that run the EVM.
    pub max_concurrent_executions: usize,
    /// Calls that may wait for their turn; more are refused.
    pub max_waiting: usize,
    /// Longest a call, a trace or a query runs.
    pub execution_timeout: Duration,
    /// Gas of `eth_call` and `eth_estimateGas`.
    pub call_gas: u64,
    /// Blocks that one log query or `eth_feeHistory` may span.
    pub max_log_blocks: u64,
    /// Logs in one reply.
    pub max_logs: usize,
    /// Bytes of data and topics of the logs in one reply.
    pub max_log_bytes: usize,
    /// Filters alive at a time, over all clients.
    pub max_filters: usize,
    /// How long a filter lives that nobody polls.
    pub filter_lifetime: Duration,
    /// Storage keys of one `eth_getProof`.
    pub max_proof_keys: usize,
    /// Opcodes that one trace records.
    pub max_trace_steps: u64,
    /// Words of stack, storage and memory and bytes of input that one trace records, bytes.
    pub max_trace_bytes: usize,
    /// Decoded blocks and receipts kept for the next reader, bytes, roughly.
    pub cache_bytes: u64,
}

impl Default for RpcLimits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            max_request_bytes: 10 * 1024 * 1024,
            max_response_bytes: 64 * 1024 * 1024,
            max_connections: 1_000,
            max_batch: 1_000,
            max_subscriptions_per_connection: 128,
            subscription_buffer: 512,
            max_concurrent_reads: 2 * cores,
            max_concurrent_executions: cores,
            max_waiting: 4_096,
            execution_timeout: Duration::from_secs(10),
            call_gas: 50_000_000,
            max_log_blocks: 10_000,
            max_logs: 10_000,
            max_log_bytes: 24 * 1024 * 1024,
            max_filters: 10_000,
            filter_lifetime: Duration::from_secs(300),
            max_proof_keys: 1_024,
            max_trace_steps: 1_000_000,
            max_trace_bytes: 128 * 1024 * 1024,
            cache_bytes: 48 * 1024 * 1024,
        }
    }
}
