//! The blocks of a text: words that run one after the other, and what jumps where.

use super::elf::Elf;
use eyre::{OptionExt, bail, ensure};
use std::collections::BTreeSet;

pub const HI20: u32 = 26;
pub const LO12_I: u32 = 27;
const LO12_S: u32 = 28;
/// Relocations of words that say themselves where they go: branches, jumps, calls.
const PLAIN: [u32; 4] = [16, 17, 18, 19];
/// Addresses in data, 32 and 64 bits wide.
pub const IN_DATA: [u32; 2] = [1, 2];

/// What of a word depends on where code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    None,
    Branch(usize),
    Jump(usize),
    /// `AUIPC` and the `JALR` behind it.
    Call(usize),
    /// Upper part of an address, and lower parts in the two kinds of words.
    High(usize),
    Low(usize),
    LowOfStore(usize),
}

#[derive(Debug)]
pub struct Blocks {
    pub text: Vec<u32>,
    pub uses: Vec<Use>,
    /// Where blocks start, and the end of the text.
    pub starts: Vec<usize>,
}

impl Blocks {
    pub fn find(elf: &Elf) -> eyre::Result<Self> {
        let text = elf.text.clone();
        let mut uses = vec![Use::None; text.len()];
        let mut starts = BTreeSet::from([0, text.len()]);
        starts.extend(elf.functions.iter().map(|(index, _)| *index));
        for &(index, kind, address) in &elf.in_text {
            let target = elf.index(address);
            uses[index] = match (kind, target) {
                (kind, _) if PLAIN.contains(&kind) => continue,
                (HI20 | LO12_I | LO12_S, None) => continue,
                (HI20, Some(target)) => Use::High(target),
                (LO12_I, Some(target)) => Use::Low(target),
                (LO12_S, Some(target)) => Use::LowOfStore(target),
                _ => bail!("relocation {kind} in code is not known"),
            };
            starts.extend(target);
        }
        for &(_, kind, address) in &elf.in_data {
            ensure!(IN_DATA.contains(&kind), "relocation {kind} in data is not known");
            starts.extend(elf.index(address));
        }
        for (index, &word) in text.iter().enumerate() {
            let target = |offset: i64| {
                let target = usize::try_from(index as i64 + offset / 4).ok().filter(|&target| target < text.len());
                target.ok_or_eyre("a jump out of the text")
            };
            match word & 0x7f {
                0x63 => uses[index] = Use::Branch(target(branch_offset(word))?),
                0x6f => uses[index] = Use::Jump(target(jump_offset(word))?),
                0x17 => {
                    let next = *text.get(index + 1).ok_or_eyre("AUIPC at the end")?;
                    ensure!(next & 0xf_f07f == (word >> 7 & 31) << 15 | 0x67, "an AUIPC that is no call");
                    let offset = i64::from(word as i32 & !0xfff) + i64::from(next as i32 >> 20);
                    uses[index] = Use::Call(target(offset)?);
                }
                _ => {}
            }
            if let Use::Branch(target) | Use::Jump(target) | Use::Call(target) = uses[index] {
                starts.insert(target);
            }
            if is_branch(word) || is_end(word) {
                starts.insert(index + 1);
            }
        }
        Ok(Self { text, uses, starts: starts.into_iter().collect() })
    }

    /// The blocks, in order.
    pub fn iter(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.starts.windows(2).map(|pair| pair[0]..pair[1])
    }
}

pub const fn is_branch(word: u32) -> bool {
    word & 0x7f == 0x63
}

/// Whether the word behind never runs next: jumps without link, and words that are no instructions.
pub const fn is_end(word: u32) -> bool {
    match word & 0x7f {
        0x6f | 0x67 => word >> 7 & 31 == 0,
        // `unimp`, and everything in this opcode but `ECALL`.
        0x73 => word != 0x73,
        0 => true,
        _ => false,
    }
}

pub const fn branch_offset(word: u32) -> i64 {
    ((word as i32 >> 31 << 12) as i64) | (word << 4 & 0x800 | word >> 20 & 0x7e0 | word >> 7 & 0x1e) as i64
}

pub const fn jump_offset(word: u32) -> i64 {
    ((word as i32 >> 31 << 20) as i64) | (word & 0xff000 | word >> 9 & 0x800 | word >> 20 & 0x7fe) as i64
}
