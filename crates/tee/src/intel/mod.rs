//! Intel SGX and TDX.

mod collateral;
mod identity;
mod levels;
mod pck;
mod quote;
mod sgx;
#[cfg(feature = "std")]
mod submissions;
mod tcb_info;
mod tdx;
mod verify;

pub use collateral::IntelCollateral;
pub(crate) use quote::{Quote, is_quote};
#[cfg(feature = "std")]
pub use submissions::{IntelFiles, IntelSubmission, SignedText};
pub(crate) use verify::authenticate;
