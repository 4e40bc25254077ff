//! The chain's precompiles under the rules of a test.

use crate::Fork;
use alloc::string::String;
use alloy_primitives::Address;
use lux_stf::{ChainKind, Precompiles};
use revm::context::{Cfg, ContextTr};
use revm::handler::PrecompileProvider;
use revm::interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult};
use revm::precompile::{modexp::berlin_run, u64_to_address};
use revm::primitives::AddressSet;
use revm::primitives::hardfork::SpecId;

/// The chain has Osaka's precompiles. Of those, a fork has the first, and modexp at another price and without bounds.
pub(crate) struct ForkPrecompiles {
    chain: Precompiles,
    addresses: AddressSet,
}

impl ForkPrecompiles {
    pub fn new(fork: Fork) -> Self {
        let addresses = (1..=fork.last_precompile()).map(u64_to_address).collect();
        Self { chain: Precompiles::new(ChainKind::Ethereum), addresses }
    }

    /// The price is EIP-2565's. The result is the chain's, where its bounds allow that.
    fn modexp<CTX>(&mut self, context: &mut CTX, inputs: &CallInputs) -> Result<InterpreterResult, String>
    where
        CTX: ContextTr<Cfg: Cfg<Spec = SpecId>>,
    {
        let mut gas = Gas::new(inputs.gas_limit);
        let expected = berlin_run(&inputs.input.as_bytes(context), inputs.gas_limit);
        let Ok(expected) = expected.map_err(|_| gas.spend_all()) else {
            return Ok(InterpreterResult::new(InstructionResult::PrecompileOOG, Default::default(), gas));
        };
        if !gas.record_regular_cost(expected.gas_used) {
            return Err("modexp costs more than it was given".into());
        }
        let unpriced = CallInputs { gas_limit: u64::MAX, ..inputs.clone() };
        let output = match self.chain.run(context, &unpriced)? {
            Some(result) if result.result.is_ok() => result.output,
            _ => expected.bytes,
        };
        Ok(InterpreterResult::new(InstructionResult::Return, output, gas))
    }
}

impl<CTX: ContextTr<Cfg: Cfg<Spec = SpecId>>> PrecompileProvider<CTX> for ForkPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(&mut self, context: &mut CTX, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        if !self.addresses.contains(&inputs.bytecode_address) {
            Ok(None)
        } else if inputs.bytecode_address == u64_to_address(5) {
            self.modexp(context, inputs).map(Some)
        } else {
            self.chain.run(context, inputs)
        }
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.addresses
    }

    fn contains(&self, address: &Address) -> bool {
        self.addresses.contains(address)
    }
}
