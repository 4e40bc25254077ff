//! What programs for the machine of `docs/machine.md` have in common: the first instructions, the memory functions, the
//! heap and the panic handler.
#![no_std]

mod heap;

use core::arch::global_asm;
use core::panic::PanicInfo;

#[doc(hidden)]
pub use lux_oracle::guest;

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

/// The program that a function from an input hash and an oracle to an output hash is.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn main(a: u64, b: u64, c: u64, d: u64) -> ! {
            let Ok(output) = $run($crate::guest::input([a, b, c, d]), &$crate::guest::GuestOracle);
            $crate::guest::halt(&output)
        }
    };
}

#[panic_handler]
fn on_panic(_: &PanicInfo<'_>) -> ! {
    guest::fault()
}
