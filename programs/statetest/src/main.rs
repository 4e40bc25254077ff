//! One case of Ethereum's state tests on the machine of `docs/machine.md`. Everything it does is in `lux-statetest`.
#![no_std]
#![no_main]

lux_program_runtime::program!(lux_statetest::run_case);
