#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod blocks;
mod elf;
mod encode;
mod order;
mod place;
#[cfg(test)]
mod tests;

pub use elf::Elf;
pub use order::{Order, write_order};

use blocks::Blocks;
use eyre::ensure;

/// The executable, linked with `--emit-relocs`, with its code in another order and nothing behind its text.
///
/// # Errors
///
/// If something in it refers to code in a way that compilers do not, or the order does not read.
pub fn apply(file: Vec<u8>, order: &str) -> eyre::Result<Vec<u8>> {
    let mut elf = Elf::parse(file)?;
    let blocks = Blocks::find(&elf)?;
    let order = Order::parse(order, &elf)?;
    let placed = place::place(&blocks, &order)?;
    let text = encode::encode(&blocks, &placed)?;
    ensure!(encode::is_same_program(&blocks, &placed, &text), "the moved code is another program");
    encode::move_addresses(&mut elf, &placed)?;
    let entry = placed.new_index(elf.entry()?)?;
    elf.replace_text(&text, entry)
}
