//! Arm: PSA tokens of TrustZone devices, CCA tokens of realms.

mod cca;
mod components;
mod psa;
mod verify;

pub(crate) use cca::{CcaToken, is_cca};
pub(crate) use psa::PsaToken;
pub(crate) use verify::{authenticate_cca, authenticate_psa};
