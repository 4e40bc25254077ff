//! Code around the instructions: start and end, first touches, code pages, `ECALL`.

mod bytes;
mod code_pages;
mod copy;
mod ecall;
mod finish;
mod keccak;
mod precompile;
mod preimage;
mod start;
mod touch;
