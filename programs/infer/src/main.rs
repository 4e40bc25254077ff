//! One run of an integer neural network on the machine of `docs/machine.md`. Everything it does is in `lux-inference`.
#![no_std]
#![no_main]

lux_program_runtime::program!(lux_inference::program::run_inference);
