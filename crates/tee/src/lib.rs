#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod amd;
mod arm;
mod attestation;
mod cbor;
mod collateral;
mod cose;
mod error;
mod intel;
mod nitro;
mod policy;
mod reader;
mod roots;
mod time;
mod verify;
mod x509;

pub use amd::AmdCollateral;
pub use attestation::{Attestation, Claims, Kind, Register, Svn, Tcb, TcbStatus, Weakness};
pub use collateral::Collateral;
pub use error::{CertificateProblem, Problem, TeeError};
pub use intel::IntelCollateral;
pub use policy::{Identity, Policy, PolicyError};
pub use roots::{DeviceKey, Roots};
pub use time::Window;
pub use verify::{authenticate, inspect, verify};
pub use x509::{Block, PublicKey, blocks};
