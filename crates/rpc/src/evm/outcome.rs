//! Results of the EVM in geth's words.

use crate::error::{self, RpcResult};
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{Panic, PanicKind, Revert, SolError};
use jsonrpsee::types::ErrorObjectOwned;
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, HaltReason, InvalidTransaction};

/// JSON-RPC code of a revert.
const REVERTED: i32 = 3;

/// What a call did.
#[derive(Debug)]
pub(crate) struct Outcome(pub ExecutionResult);

impl Outcome {
    pub fn success(&self) -> bool {
        self.0.is_success()
    }

    pub fn out_of_gas(&self) -> bool {
        matches!(self.0, ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. })
    }

    /// After refunds.
    pub fn gas_used(&self) -> u64 {
        self.0.tx_gas_used()
    }

    /// Before refunds: what the limit had to cover.
    pub fn peak_gas(&self) -> u64 {
        let gas = self.0.gas();
        gas.total_gas_spent().max(gas.floor_gas())
    }

    pub fn into_output(self) -> RpcResult<Bytes> {
        match self.0 {
            ExecutionResult::Success { output, .. } => Ok(output.into_data()),
            _ => Err(self.into_error()),
        }
    }

    /// Why it failed.
    pub fn into_error(self) -> ErrorObjectOwned {
        match self.0 {
            ExecutionResult::Revert { output, .. } => {
                let message = match revert_reason(&output) {
                    Some(reason) => format!("execution reverted: {reason}"),
                    None => "execution reverted".into(),
                };
                ErrorObjectOwned::owned(REVERTED, message, Some(output))
            }
            ExecutionResult::Halt { reason, .. } => error::server(halt_reason(&reason)),
            ExecutionResult::Success { .. } => error::internal("a successful call is no error"),
        }
    }
}

/// `Error(string)` or `Panic(uint256)`.
fn revert_reason(output: &[u8]) -> Option<String> {
    if let Ok(Revert { reason }) = Revert::abi_decode(output) {
        return Some(reason);
    }
    let Panic { code } = Panic::abi_decode(output).ok()?;
    let reason = match PanicKind::from_number(code.try_into().ok()?) {
        Some(PanicKind::Generic) => "generic panic",
        Some(PanicKind::Assert) => "assert(false)",
        Some(PanicKind::UnderOverflow) => "arithmetic underflow or overflow",
        Some(PanicKind::DivisionByZero) => "division or modulo by zero",
        Some(PanicKind::EnumConversionError) => "enum overflow",
        Some(PanicKind::StorageEncodingError) => "invalid encoded storage byte array accessed",
        Some(PanicKind::EmptyArrayPop) => "out-of-bounds array access; popping on an empty array",
        Some(PanicKind::ArrayOutOfBounds) => "out-of-bounds access of an array or bytesN",
        Some(PanicKind::ResourceError) => "out of memory",
        Some(PanicKind::InvalidInternalFunction) => "uninitialized function",
        _ => return Some(format!("unknown panic code: {code:#x}")),
    };
    Some(reason.into())
}

fn halt_reason(reason: &HaltReason) -> &'static str {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas",
        HaltReason::OpcodeNotFound | HaltReason::NotActivated => "invalid opcode",
        HaltReason::InvalidFEOpcode => "invalid opcode: INVALID",
        HaltReason::InvalidJump => "invalid jump destination",
        HaltReason::StackUnderflow => "stack underflow",
        HaltReason::StackOverflow => "stack limit reached 1024 (1023)",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CreateCollision => "contract address collision",
        HaltReason::PrecompileError | HaltReason::PrecompileErrorWithContext(_) => "precompile failed",
        HaltReason::NonceOverflow => "nonce uint64 overflow",
        HaltReason::CreateContractSizeLimit => "max code size exceeded",
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => "write protection",
        HaltReason::OutOfFunds | HaltReason::OverflowPayment => "insufficient balance for transfer",
        HaltReason::CallTooDeep => "max call depth exceeded",
    }
}

/// A call that cannot start.
pub(crate) fn invalid(reason: &InvalidTransaction, tx: &TxEnv, base_fee: u64) -> ErrorObjectOwned {
    use InvalidTransaction as Reason;
    let from: Address = tx.caller;
    error::server(match reason {
        Reason::LackOfFundForMaxFee { fee, balance } => {
            format!("insufficient funds for gas * price + value: address {from} have {balance} want {fee}")
        }
        Reason::OverflowPaymentInTransaction => {
            format!("insufficient funds for gas * price + value: address {from}, required balance exceeds 256 bits")
        }
        Reason::GasPriceLessThanBasefee => {
            let cap = tx.gas_price;
            format!(
                "max fee per gas less than block base fee: address {from}, maxFeePerGas: {cap}, baseFee: {base_fee}"
            )
        }
        Reason::PriorityFeeGreaterThanMaxFee => {
            let (tip, cap) = (tx.gas_priority_fee.unwrap_or_default(), tx.gas_price);
            format!(
                "max priority fee per gas higher than max fee per gas: address {from}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}"
            )
        }
        Reason::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
            format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}")
        }
        Reason::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => {
            format!("insufficient gas for floor data gas cost: have {gas_limit}, want {gas_floor}")
        }
        Reason::NonceOverflowInTransaction => format!("nonce has max value: address {from}, nonce: {}", u64::MAX),
        Reason::CreateInitCodeSizeLimit => {
            format!("max initcode size exceeded: code size {}", tx.data.len())
        }
        Reason::CallerGasLimitMoreThanBlock => "exceeds block gas limit".into(),
        other => other.to_string(),
    })
}
