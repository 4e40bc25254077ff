//! The verification of a norm proof on the machine of `docs/machine.md`. Everything it does is in `lux-norm-proof`.
#![no_std]
#![no_main]

lux_program_runtime::program!(lux_norm_proof::run_norm);
