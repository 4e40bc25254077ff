//! Stops a trace that takes too long or too much.

use crate::RpcLimits;
use alloy_primitives::{Address, Log, U256};
use alloy_rpc_types_trace::geth::{GethDebugBuiltInTracerType, GethDebugTracerType, GethDebugTracingOptions};
use revm::Inspector;
use revm::bytecode::opcode;
use revm::context::ContextTr;
use revm::context_interface::context::ContextError;
use revm::interpreter::interpreter_types::{InputsTr, Jumps, MemoryTr};
use revm::interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter};
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// How many opcodes run between two looks at the clock.
const CLOCK_STEPS: u64 = 4_096;
/// Memory of a recorded opcode besides the words it snapshots, bytes.
const STEP_BYTES: usize = 256;
/// A trace holds the stack as it was recorded and as it is replied.
const STACK_FACTOR: usize = 2;
/// Memory is replied as hex strings, one per word.
const MEMORY_FACTOR: usize = 4;
/// Memory of a slot repeated at an access, bytes.
const SLOT_BYTES: usize = 96;
/// Memory of a recorded call besides its input, bytes.
const CALL_BYTES: usize = 768;

/// What of each opcode the tracer keeps.
#[derive(Clone, Copy)]
pub(super) struct Recorded {
    steps: u64,
    stack: bool,
    memory: bool,
    storage: bool,
}

impl Recorded {
    const CALLS: Self = Self { steps: 0, stack: false, memory: false, storage: false };
    const ALL: Self = Self { steps: u64::MAX, stack: true, memory: true, storage: true };

    pub fn by(options: &GethDebugTracingOptions) -> Self {
        use GethDebugBuiltInTracerType as Tracer;
        let config = &options.config;
        match &options.tracer {
            Some(GethDebugTracerType::BuiltInTracer(
                Tracer::CallTracer
                | Tracer::FlatCallTracer
                | Tracer::FourByteTracer
                | Tracer::NoopTracer
                | Tracer::PreStateTracer,
            )) => Self::CALLS,
            Some(tracer) if !tracer.as_str().is_empty() => Self::ALL,
            _ => Self {
                steps: config.limit.filter(|limit| *limit > 0).unwrap_or(u64::MAX),
                stack: !config.disable_stack.unwrap_or_default(),
                memory: config.is_memory_enabled(),
                storage: config.is_storage_enabled(),
            },
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
    /// Slots seen of each contract: the struct logger repeats them all at every access.
    slots: HashMap<Address, HashSet<U256>>,
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
            slots: HashMap::new(),
            failed: None,
        }
    }

    /// The struct logger's `limit` counts per transaction.
    pub fn next_transaction(&mut self) {
        self.steps = 0;
        self.slots.clear();
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
        let stack = if self.recorded.stack { STACK_FACTOR * 32 * interp.stack.len() } else { 0 };
        let memory = if self.recorded.memory { MEMORY_FACTOR * interp.memory.size() } else { 0 };
        let storage = if self.recorded.storage { self.slots_repeated(interp) * SLOT_BYTES } else { 0 };
        self.take(STEP_BYTES + stack + memory + storage);
    }

    fn slots_repeated(&mut self, interp: &Interpreter) -> usize {
        let (opcode::SLOAD | opcode::SSTORE) = interp.bytecode.opcode() else { return 0 };
        let Ok(slot) = interp.stack.peek(0) else { return 0 };
        let slots = self.slots.entry(interp.input.target_address()).or_default();
        slots.insert(slot);
        slots.len()
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
