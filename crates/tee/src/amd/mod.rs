//! AMD SEV-SNP.

mod collateral;
mod endorsement;
mod report;
mod tcb;
mod verify;

pub use collateral::AmdCollateral;
pub(crate) use report::{Report, is_report};
pub(crate) use verify::authenticate;
