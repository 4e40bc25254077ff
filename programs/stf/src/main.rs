//! The L2 state transition of one batch on the machine of `docs/machine.md`. Everything it does is in `lux-stf`.
#![no_std]
#![no_main]

lux_program_runtime::program!(lux_stf::program::run_batch);
