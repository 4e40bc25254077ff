#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod abi;
mod amd;
mod arm;
mod attestation;
mod cbor;
mod collateral;
mod cose;
mod crypto;
#[cfg(feature = "dev-pki")]
pub mod dev;
mod error;
#[cfg(feature = "std")]
mod files;
mod intel;
mod nitro;
mod policy;
mod reader;
mod report;
mod roots;
mod time;
mod verify;
mod x509;

pub use abi::AbiAttestation;
pub use amd::AmdCollateral;
pub use attestation::{Attestation, Claims, Kind, Register, Svn, Tcb, TcbStatus, Weakness};
pub use collateral::Collateral;
pub use error::{CertificateProblem, Problem, TeeError};
#[cfg(feature = "std")]
pub use files::{read_attestation, read_collateral};
pub use intel::IntelCollateral;
#[cfg(feature = "std")]
pub use intel::{IntelFiles, IntelSubmission, SignedText};
pub use policy::{Identity, Policy, PolicyError, check_report_data};
pub use roots::{DeviceKey, MAX_ANCHORS, Roots};
pub use time::{Window, parse_time};
pub use verify::{authenticate, certificates_within, inspect, kind_of, report_data_of_key, verify};
pub use x509::{Block, PublicKey, blocks};
