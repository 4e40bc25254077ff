//! Why the pool refuses a transaction.

use alloy_primitives::{ChainId, U256};

/// Displays as geth words it; JSON-RPC reports all of them with code -32000.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    #[error("already known")]
    AlreadyKnown,
    #[error("transaction type not supported: tx type {0} not supported by this pool")]
    TypeNotSupported(u8),
    #[error("oversized data: transaction size {size}, limit {limit}")]
    OversizedData { size: usize, limit: usize },
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    MaxInitCodeSize { size: usize, limit: usize },
    #[error("transaction gas limit too high (cap: {cap}, tx: {gas})")]
    GasLimitTooHigh { cap: u64, gas: u64 },
    #[error("exceeds block gas limit")]
    ExceedsBlockGasLimit,
    #[error("max priority fee per gas higher than max fee per gas")]
    TipAboveFeeCap,
    #[error("invalid chain id for signer: have {have} want {want}")]
    InvalidChainId { have: ChainId, want: ChainId },
    #[error("nonce has max value")]
    NonceMax,
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas { gas: u64, needed: u64 },
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {needed}")]
    FloorDataGas { gas: u64, needed: u64 },
    #[error("transaction underpriced: gas tip cap {tip}, minimum needed {needed}")]
    TipTooLow { tip: u128, needed: u128 },
    #[error("transaction underpriced: gas fee cap {fee_cap}, minimum needed {needed}")]
    FeeCapTooLow { fee_cap: u128, needed: u128 },
    #[error("set code tx must have at least one authorization tuple")]
    EmptyAuthorizationList,
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow { next: u64, nonce: u64 },
    #[error("insufficient funds for gas * price + value: tx cost exceeds 2^256-1")]
    CostOverflow,
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {}", over(.balance, &U256::ZERO, .cost))]
    InsufficientFunds { balance: U256, cost: U256 },
    /// The balance covers the transaction, but not after the account's other pending ones.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, tx cost {cost}, overshot {}",
        over(.balance, .queued, .cost)
    )]
    InsufficientFundsQueued { balance: U256, queued: U256, cost: U256 },
    /// The balance does not cover what a replacement costs more than the transaction it replaces.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, tx bumped {bump}, overshot {}",
        over(.balance, .queued, .bump)
    )]
    InsufficientFundsBump { balance: U256, queued: U256, bump: U256 },
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    #[error("account limit exceeded: pooled {pooled} txs")]
    AccountLimitExceeded { pooled: usize },
    #[error("txpool is full")]
    Full,
    /// The head state could not be read; nothing is wrong with the transaction.
    #[error("state unavailable: {0}")]
    State(String),
}

/// How far the costs exceed the balance.
fn over(balance: &U256, queued: &U256, cost: &U256) -> U256 {
    queued.saturating_add(*cost).saturating_sub(*balance)
}
