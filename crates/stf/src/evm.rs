//! The one way to make an EVM, so that blocks, calls, traces and programs agree.

use crate::{ChainKind, MAX_TRANSACTION_WRITES, Precompiles};
use revm::bytecode::opcode;
use revm::context::{Cfg, ContextTr, Evm, Journal};
use revm::context_interface::journaled_state::entry::JournalEntryTr;
use revm::handler::EthFrame;
use revm::handler::instructions::EthInstructions;
use revm::interpreter::instructions::host::{sstore, tstore};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::{Host, Instruction, InstructionContext, InstructionResult};
use revm::primitives::hardfork::SpecId;

/// An EVM with the precompiles of a chain.
pub type ChainEvm<CTX, INSP = ()> =
    Evm<CTX, INSP, EthInstructions<EthInterpreter, CTX>, Precompiles, EthFrame<EthInterpreter>>;

/// An EVM under the rules of `kind`. `inspector` watches it; `()` for none.
pub fn build_evm<CTX, INSP>(context: CTX, kind: ChainKind, inspector: INSP) -> ChainEvm<CTX, INSP>
where
    CTX: ContextTr<Cfg: Cfg<Spec = SpecId>, Journal: Undo> + Host,
{
    let mut instructions = EthInstructions::new_mainnet_with_spec(context.cfg().spec());
    if kind == ChainKind::Rollup {
        let gas = |code: u8| instructions.gas_table()[code as usize];
        let (sstore_gas, tstore_gas) = (gas(opcode::SSTORE), gas(opcode::TSTORE));
        instructions.insert_instruction(opcode::SSTORE, Instruction::new(bounded_sstore), sstore_gas);
        instructions.insert_instruction(opcode::TSTORE, Instruction::new(bounded_tstore), tstore_gas);
    }
    Evm::new_with_inspector(context, inspector, instructions, Precompiles::new(kind))
}

/// What a transaction keeps to be able to revert.
pub trait Undo {
    /// Entries in the journal. A write that costs 100 gas adds one.
    fn undo_entries(&self) -> usize;
}

impl<DB, ENTRY: JournalEntryTr> Undo for Journal<DB, ENTRY> {
    fn undo_entries(&self) -> usize {
        self.journal.len()
    }
}

type Execution = Result<(), InstructionResult>;

fn bounded_sstore<CTX: ContextTr<Journal: Undo> + Host>(
    context: InstructionContext<'_, CTX, EthInterpreter>,
) -> Execution {
    require_room(context.host)?;
    sstore(context)
}

fn bounded_tstore<CTX: ContextTr<Journal: Undo> + Host>(
    context: InstructionContext<'_, CTX, EthInterpreter>,
) -> Execution {
    require_room(context.host)?;
    tstore(context)
}

fn require_room(context: &impl ContextTr<Journal: Undo>) -> Execution {
    if context.journal().undo_entries() < MAX_TRANSACTION_WRITES { Ok(()) } else { Err(InstructionResult::OutOfGas) }
}
