//! The L2 state transition of one batch on the machine of `docs/machine.md`. Everything it does is in `lux-stf`; here are
//! only the first instructions, the heap and the panic handler.
#![no_std]
#![no_main]

mod heap;

use core::arch::global_asm;
use core::panic::PanicInfo;
use lux_oracle::guest::{GuestOracle, fault, halt, input};

// The machine starts with memory as the image has it, and the input hash in a0-a3.
global_asm!(include_str!("memory.s"));
global_asm!(
    ".section .text._start",
    ".globl _start",
    "_start:",
    "lui sp, %hi(STACK_TOP)",
    "addi sp, sp, %lo(STACK_TOP)",
    "j main",
    ".text"
);

#[unsafe(no_mangle)]
extern "C" fn main(a: u64, b: u64, c: u64, d: u64) -> ! {
    let Ok(output) = lux_stf::program::run_batch(input([a, b, c, d]), &GuestOracle);
    halt(&output)
}

#[panic_handler]
fn on_panic(_: &PanicInfo<'_>) -> ! {
    fault()
}
