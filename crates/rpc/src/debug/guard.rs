//! Stops a trace that takes too long or too much.

use crate::RpcLimits;
use alloy_primitives::Log;
use alloy_rpc_types_trace::geth::GethDefaultTracingOptions;
use revm::Inspector;
use revm::context::ContextTr;
use revm::context_interface::context::ContextError;
use revm::interpreter::interpreter_types::MemoryTr;
use revm::interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter};
use std::time::Instant;

/// How many opcodes run between two looks at the clock.
const CLOCK_STEPS: u64 = 4_096;
/// Memory of a recorded opcode besides the words it snapshots, bytes.
const STEP_BYTES: usize = 256;
/// Memory of a recorded call besides its input, bytes.
const CALL_BYTES: usize = 768;

/// What of each opcode the tracer keeps.
#[derive(Clone, Copy)]
pub(super) struct Recorded {
    steps: u64,
    stack: bool,
    memory: bool,
}

impl Recorded {
    pub const CALLS: Self = Self { steps: 0, stack: false, memory: false };

    /// Of the struct logger, which stops recording after `limit` opcodes.
    pub fn structs(options: &GethDefaultTracingOptions) -> Self {
        Self {
            steps: options.limit.filter(|limit| *limit > 0).unwrap_or(u64::MAX),
            stack: !options.disable_stack.unwrap_or_default(),
            memory: options.is_memory_enabled(),
        }
    }
}

/// Runs before the tracer. Counts what that is going to keep, over all transactions of one request.
pub(super) struct Guard {
    deadline: Instant,
    steps_left: u64,
    bytes_left: usize,
    steps: u64,
    recorded: Recorded,
    /// Once set, nothing goes on.
    failed: Option<&'static str>,
}

impl Guard {
    pub fn new(limits: &RpcLimits, deadline: Instant, recorded: Recorded) -> Self {
        Self {
            deadline,
            steps_left: limits.max_trace_steps,
            bytes_left: limits.max_trace_bytes,
            steps: 0,
            recorded,
            failed: None,
        }
    }

    /// The struct logger's `limit` counts per transaction.
    pub fn next_transaction(&mut self) {
        self.steps = 0;
    }

    fn take(&mut self, bytes: usize) {
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => self.bytes_left = left,
            None => self.failed = Some("trace is too large"),
        }
    }

    fn count_step(&mut self, interp: &Interpreter) {
        self.steps += 1;
        if self.steps.is_multiple_of(CLOCK_STEPS) && Instant::now() >= self.deadline {
            self.failed = Some("execution aborted (timeout)");
        }
        if self.steps > self.recorded.steps {
            return;
        }
        match self.steps_left.checked_sub(1) {
            Some(left) => self.steps_left = left,
            None => self.failed = Some("trace has too many steps"),
        }
        let stack = if self.recorded.stack { 32 * interp.stack.len() } else { 0 };
        let memory = if self.recorded.memory { interp.memory.size() } else { 0 };
        self.take(STEP_BYTES + stack + memory);
    }
}

impl<C: ContextTr> Inspector<C> for Guard {
    fn step(&mut self, interp: &mut Interpreter, context: &mut C) {
        self.count_step(interp);
        if let Some(reason) = self.failed {
            *context.error() = Err(ContextError::Custom(reason.into()));
            interp.halt_fatal();
        }
    }

    // A call without code has no step of its own: the caller's next one stops.
    fn call(&mut self, _: &mut C, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.take(CALL_BYTES + inputs.input.len());
        None
    }

    fn create(&mut self, _: &mut C, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.take(CALL_BYTES + inputs.init_code().len());
        None
    }

    fn log(&mut self, _: &mut C, log: Log) {
        self.take(CALL_BYTES + log.data.data.len());
    }
}
