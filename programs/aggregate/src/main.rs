//! The aggregate of a round of training on the machine of `docs/machine.md`. Everything it does is in `lux-training`.
#![no_std]
#![no_main]

lux_program_runtime::program!(lux_training::program::run_aggregate);
