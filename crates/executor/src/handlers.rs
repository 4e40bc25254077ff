//! Code of the instructions, by kind.

mod arithmetic;
mod division;
mod jump;
mod memory;
