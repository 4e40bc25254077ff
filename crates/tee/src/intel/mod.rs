//! Intel SGX and TDX.

mod collateral;
mod identity;
mod levels;
mod pck;
mod quote;
mod sgx;
mod tcb_info;
mod tdx;
mod verify;

pub use collateral::IntelCollateral;
pub(crate) use quote::{Quote, is_quote};
pub(crate) use verify::authenticate;
