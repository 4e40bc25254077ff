//! The precompiles as the EVM calls them.

use super::attestation;
use super::price::price;
use crate::{ChainKind, crypto};
use alloc::string::{String, ToString};
use alloy_primitives::Address;
use lux_protocol::constants::ATTESTATION_PRECOMPILE;
use revm::context::{Block, Cfg, ContextTr, JournalTr, LocalContextTr};
use revm::handler::{PrecompileProvider, precompile_output_to_interpreter_result};
use revm::interpreter::{CallInputs, InterpreterResult};
use revm::precompile::{PrecompileHalt, PrecompileOutput, u64_to_address};
use revm::primitives::AddressSet;
use revm::primitives::hardfork::SpecId;

/// Longest input on the L2 of a precompile other than SHA-256, RIPEMD-160 and the identity, bytes.
pub const MAX_PRECOMPILE_INPUT: usize = 24_576;
/// Most gas that a call to a precompile may cost on the L2.
pub const MAX_PRECOMPILE_PRICE: u64 = 4_000_000;

/// Osaka's precompiles; on a rollup with the bounds of `docs/protocol.md`, "Precompiles", and the one for attestations.
#[derive(Clone, Debug)]
pub struct Precompiles {
    kind: ChainKind,
    addresses: AddressSet,
}

impl Precompiles {
    pub fn new(kind: ChainKind) -> Self {
        let own = (kind == ChainKind::Rollup).then_some(ATTESTATION_PRECOMPILE);
        Self { kind, addresses: (1..=17).chain([256]).map(u64_to_address).chain(own).collect() }
    }

    fn attests(&self, address: &Address) -> bool {
        self.kind == ChainKind::Rollup && *address == ATTESTATION_PRECOMPILE
    }

    fn execute(&self, number: u64, input: &[u8], gas_limit: u64) -> Result<PrecompileOutput, String> {
        let price = price(number, input);
        let bounded = self.kind == ChainKind::Rollup;
        if bounded
            && (price.is_some_and(|price| price > MAX_PRECOMPILE_PRICE)
                || input.len() > MAX_PRECOMPILE_INPUT && !matches!(number, 2..=4))
        {
            return Ok(PrecompileOutput::halt(PrecompileHalt::OutOfGas, 0));
        }
        crypto::precompile(number, input, gas_limit, price)
    }
}

/// Number of the precompile at `address`.
fn number_of(address: &Address) -> Option<u64> {
    let (zeros, number) = address.split_at(18);
    match (u16::from_be_bytes([number[0], number[1]]), zeros.iter().all(|byte| *byte == 0)) {
        (number @ (1..=17 | 256), true) => Some(number.into()),
        _ => None,
    }
}

impl<CTX: ContextTr<Cfg: Cfg<Spec = SpecId>>> PrecompileProvider<CTX> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(&mut self, context: &mut CTX, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let mut output = if let Some(number) = number_of(&inputs.bytecode_address) {
            self.execute(number, &inputs.input.as_bytes(context), inputs.gas_limit)?
        } else if self.attests(&inputs.bytecode_address) {
            let now = context.block().timestamp().saturating_to();
            attestation::run(&inputs.input.as_bytes(context), now, inputs.gas_limit)
        } else {
            return Ok(None);
        };
        output.reservoir = inputs.reservoir;
        if let Some(reason) = output.halt_reason()
            && !reason.is_oog()
            && context.journal().depth() == 1
        {
            context.local_mut().set_precompile_error_context(reason.to_string());
        }
        Ok(Some(precompile_output_to_interpreter_result(output, inputs.gas_limit)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.addresses
    }

    fn contains(&self, address: &Address) -> bool {
        number_of(address).is_some() || self.attests(address)
    }
}
