//! The verification of an attestation on the machine of `docs/machine.md`. Everything it does is in `lux-verify-quote`.
#![no_std]
#![no_main]

lux_program_runtime::program!(lux_verify_quote::verify_quote);
