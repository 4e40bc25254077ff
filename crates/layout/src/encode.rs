//! The moved words, with what depends on their places.

use super::blocks::{Blocks, IN_DATA, Use, branch_offset, is_end, jump_offset};
use super::elf::{Elf, TEXT_BASE};
use super::place::{Placed, Word};
use eyre::ensure;

const JUMP: u32 = 0x6f;
/// The bit of a branch that turns its condition into the opposite.
const OPPOSITE: u32 = 1 << 12;
const BRANCH_FIELDS: u32 = 0x01ff_f07f;

pub fn encode(blocks: &Blocks, placed: &Placed) -> eyre::Result<Vec<u32>> {
    let mut text = Vec::with_capacity(placed.words.len());
    for (at, &word) in placed.words.iter().enumerate() {
        let distance = |place: usize| 4 * (place as i64 - at as i64);
        text.push(match word {
            Word::Jump(target) => jump(JUMP, distance(placed.new_index(target)?))?,
            Word::Old(old) => {
                let word = blocks.text[old];
                match blocks.uses[old] {
                    Use::None => match old.checked_sub(1).map(|before| blocks.uses[before]) {
                        Some(Use::Call(target)) => low(word, distance(placed.new_index(target)?) + 4),
                        _ => word,
                    },
                    Use::Branch(target) => {
                        let opposite = placed.opposite.get(&old).copied();
                        let place = placed.by_jump.get(&old).copied();
                        let place = place.map_or_else(|| placed.new_index(opposite.unwrap_or(target)), Ok)?;
                        branch(word ^ if opposite.is_some() { OPPOSITE } else { 0 }, distance(place))?
                    }
                    Use::Jump(target) => jump(word, distance(placed.new_index(target)?))?,
                    Use::Call(target) => high(word, distance(placed.new_index(target)?)),
                    Use::High(target) => high(word, address(placed.new_index(target)?)),
                    Use::Low(target) => low(word, address(placed.new_index(target)?)),
                    Use::LowOfStore(target) => {
                        let bits = low(0, address(placed.new_index(target)?)) >> 20;
                        word & BRANCH_FIELDS & !0xf80 | bits >> 5 << 25 | (bits & 31) << 7
                    }
                }
            }
        });
    }
    Ok(text)
}

/// Changes addresses of code in data.
pub fn move_addresses(elf: &mut Elf, placed: &Placed) -> eyre::Result<()> {
    for (at, kind, value) in elf.in_data.clone() {
        let Some(index) = elf.index(value) else { continue };
        let address = address(placed.new_index(index)?).to_le_bytes();
        elf.write(at, if kind == IN_DATA[0] { &address[..4] } else { &address })?;
    }
    Ok(())
}

/// Whether every old word does in the new text what it did in the old one, by decoding that.
pub fn is_same_program(blocks: &Blocks, placed: &Placed, text: &[u32]) -> bool {
    // The old word that runs at a place, behind jumps that were put in.
    let old_at = |mut place: usize| loop {
        match placed.words.get(place)? {
            Word::Old(old) => return Some(*old),
            Word::Jump(_) if text[place] & 0xfff != JUMP => return None,
            Word::Jump(_) => place = place.checked_add_signed(jump_offset(text[place]) as isize / 4)?,
        }
    };
    let is_same = |old: usize| {
        let place = placed.new_index(old).ok()?;
        let (before, after) = (blocks.text[old], text[place]);
        let to = |offset: i64| old_at(place.checked_add_signed(offset as isize / 4)?);
        let goes_on = || is_end(before) || to(4) == Some(old + 1);
        Some(match blocks.uses[old] {
            Use::Branch(target) => {
                let ways = (to(branch_offset(after)), to(4));
                match (before ^ after) & BRANCH_FIELDS & !0xf80 {
                    0 => ways == (Some(target), Some(old + 1)),
                    OPPOSITE => ways == (Some(old + 1), Some(target)),
                    _ => false,
                }
            }
            Use::Jump(target) => (before ^ after) & 0xfff == 0 && to(jump_offset(after)) == Some(target) && goes_on(),
            Use::Call(target) => {
                let next = *text.get(place + 1)?;
                let offset = i64::from(after as i32 & !0xfff) + i64::from(next as i32 >> 20);
                (before ^ after) & 0xfff == 0
                    && (blocks.text[old + 1] ^ next) & 0xf_ffff == 0
                    && to(offset) == Some(target)
                    && goes_on()
            }
            Use::High(target) => {
                let address = address(placed.new_index(target).ok()?);
                (before ^ after) & 0xfff == 0 && i64::from(after >> 12) == (address + 0x800) >> 12 && goes_on()
            }
            Use::Low(target) => {
                let address = address(placed.new_index(target).ok()?);
                (before ^ after) & 0xf_ffff == 0 && (i64::from(after as i32 >> 20) - address) % 4096 == 0 && goes_on()
            }
            Use::LowOfStore(target) => {
                let address = address(placed.new_index(target).ok()?);
                let low = i64::from(after as i32 >> 25 << 5 | (after >> 7 & 31) as i32);
                (before ^ after) & BRANCH_FIELDS & !0xf80 == 0 && (low - address) % 4096 == 0 && goes_on()
            }
            Use::None => {
                let is_called = old > 0 && matches!(blocks.uses[old - 1], Use::Call(_));
                (before == after || is_called) && goes_on()
            }
        })
    };
    (0..blocks.text.len()).all(|old| is_same(old) == Some(true))
}

const fn address(index: usize) -> i64 {
    TEXT_BASE as i64 + 4 * index as i64
}

/// With the upper part of a value, so that the lower part is signed.
const fn high(word: u32, value: i64) -> u32 {
    word & 0xfff | ((value + 0x800) >> 12 << 12) as u32
}

const fn low(word: u32, value: i64) -> u32 {
    word & 0xf_ffff | (value as u32) << 20
}

fn branch(word: u32, offset: i64) -> eyre::Result<u32> {
    ensure!((-4096..4096).contains(&offset), "a branch of {offset} bytes");
    let bits = offset as u32;
    let fields = (bits >> 12 & 1) << 31 | (bits >> 5 & 63) << 25 | (bits >> 1 & 15) << 8 | (bits >> 11 & 1) << 7;
    Ok(word & BRANCH_FIELDS & !0xf80 | fields)
}

fn jump(word: u32, offset: i64) -> eyre::Result<u32> {
    ensure!((-(1 << 20)..1 << 20).contains(&offset), "a jump of {offset} bytes");
    let bits = offset as u32;
    let fields =
        (bits >> 20 & 1) << 31 | (bits >> 1 & 0x3ff) << 21 | (bits >> 11 & 1) << 20 | (bits >> 12 & 0xff) << 12;
    Ok(word & 0xfff | fields)
}
