//! The one way to make an EVM, so that blocks, calls, traces and programs agree.

use crate::{ChainKind, Precompiles};
use revm::context::{Cfg, ContextTr, Evm};
use revm::handler::EthFrame;
use revm::handler::instructions::EthInstructions;
use revm::interpreter::interpreter::EthInterpreter;
use revm::primitives::hardfork::SpecId;

/// An EVM with the precompiles of a chain.
pub type ChainEvm<CTX, INSP = ()> =
    Evm<CTX, INSP, EthInstructions<EthInterpreter, CTX>, Precompiles, EthFrame<EthInterpreter>>;

/// An EVM under the rules of `kind`. `inspector` watches it; `()` for none.
pub fn build_evm<CTX, INSP>(context: CTX, kind: ChainKind, inspector: INSP) -> ChainEvm<CTX, INSP>
where
    CTX: ContextTr<Cfg: Cfg<Spec = SpecId>> + revm::interpreter::Host,
{
    let instructions = EthInstructions::new_mainnet_with_spec(context.cfg().spec());
    Evm::new_with_inspector(context, inspector, instructions, Precompiles::new(kind))
}
