//! The program itself.

use super::ProgramError;
use super::input::{read_claim, read_parent, read_rules};
use super::payload::read_payload;
use super::queue::read_queue;
use super::source::OracleSource;
use crate::{BatchInput, StateTrie, derive_blocks, execute_plan, sent_messages};
use alloy_primitives::B256;
use core::cell::RefCell;
use lux_oracle::Oracle;
use lux_protocol::{BatchOutput, OutputBuilder};

/// Paths of the state in memory.
const MAX_LOADS: usize = 4_096;

/// Claim output of the batch with the claim input `input`; zero, which no batch has, when the parent's claim is no batch
/// of ours. The only failure is a missing preimage.
pub fn run_batch<O: Oracle>(input: B256, oracle: &O) -> Result<B256, O::Error> {
    match batch_output(input, oracle) {
        Ok(output) => Ok(output.hash()),
        Err(ProgramError::Oracle(error)) => Err(error),
        Err(ProgramError::Malformed(_) | ProgramError::Execution(_)) => Ok(B256::ZERO),
    }
}

/// The roots that [`run_batch`] hashes, or why there are none.
pub fn batch_output<O: Oracle>(input: B256, oracle: &O) -> Result<BatchOutput, ProgramError<O::Error>> {
    let claim = read_claim(oracle, input)?;
    let rules = read_rules(oracle, claim.params_hash)?;
    let parent = read_parent(oracle, &claim)?;
    let queue = read_queue(oracle, claim.parent_accumulator, claim.accumulator)?;
    let plans = {
        let payload = read_payload(oracle, &claim.commitment)?;
        let batch = BatchInput {
            payload: &payload,
            timestamp: claim.timestamp,
            l1_block_number: claim.l1_block_number,
            messages: &queue.entries,
        };
        derive_blocks(&batch, parent.header.timestamp, parent.l1_origin).0
    };

    let failure = RefCell::new(None);
    let source = OracleSource::new(oracle, &failure);
    let mut output = OutputBuilder::default();
    let (mut header, mut hash) = (parent.header, parent.hash);
    let mut state = StateTrie::bounded(source, header.state_root, MAX_LOADS, OracleSource::keep);
    let mut gas_used: u64 = 0;
    for mut plan in plans {
        plan.restrict(&rules, gas_used);
        queue.load(oracle, &mut plan.messages)?;
        let (block, after) = execute_plan(rules, &header, hash, &plan, None, state)
            .map_err(|error| failure.take().map_or(ProgramError::Execution(error), ProgramError::Oracle))?;
        output.block(block.hash, block.header.state_root, block.header.receipts_root);
        sent_messages(&block.receipts).into_iter().for_each(|message| output.message(message));
        for (hash, code) in &block.changes.code {
            oracle.provide(*hash, &code.original_bytes());
        }
        gas_used = gas_used.saturating_add(block.header.gas_used);
        (header, hash, state) = (block.header, block.hash, after);
    }
    output.finish().ok_or(ProgramError::Malformed("batch without blocks"))
}
