//! The text as the interpreter wants it.

use crate::{Instruction, Op, decode, params::*};

/// Cells per code page: its words, and one that is reached by running past its end.
const STRIDE: usize = CODE_PAGE_WORDS + 1;

/// Where writes to `x0` go: a register that no instruction reads.
pub(crate) const SINK: u8 = 32;

/// Decoded text. Each code page is followed by an illegal cell, so that a straight line cannot enter the next page
/// unnoticed. In cells, `rd` is [`SINK`] for `x0`, and the immediate of `JAL` and branches is the index of the target. What a
/// taken jump weighs more than 1 is in a field that it does not have: `rs2` of `JAL`, `rd` of branches.
#[derive(Debug)]
pub(crate) struct Code {
    cells: Box<[Instruction]>,
}

impl Code {
    pub(crate) fn new(text: &[u32]) -> Self {
        let mut cells = Vec::with_capacity(text.len().div_ceil(CODE_PAGE_WORDS) * STRIDE);
        for (page, words) in text.chunks(CODE_PAGE_WORDS).enumerate() {
            let first = page * CODE_PAGE_WORDS;
            cells.extend(words.iter().enumerate().map(|(offset, &word)| lower(first + offset, decode(word))));
            cells.resize((page + 1) * STRIDE, decode(0));
        }
        Self { cells: cells.into() }
    }

    pub(crate) fn cells(&self) -> &[Instruction] {
        &self.cells
    }
}

/// Cell of the word at a text index. Beyond the text there may be none.
#[inline(always)]
pub(crate) const fn cell_of(index: u32) -> usize {
    (index + (index >> 8)) as usize
}

/// Text index of a cell; of the cell after a page, that of the next page's first word.
#[inline(always)]
pub(crate) const fn index_of(cell: usize) -> u32 {
    (cell - cell / STRIDE) as u32
}

/// Whether the cell is the one after a page.
#[inline(always)]
pub(crate) const fn is_page_end(cell: usize) -> bool {
    cell % STRIDE == CODE_PAGE_WORDS
}

fn lower(index: usize, instruction: Instruction) -> Instruction {
    let Instruction { op, rd, imm, .. } = instruction;
    let target = (index as i32 + (imm >> 2)) & (TEXT_INDICES - 1) as i32;
    let is_far = target as usize / CODE_PAGE_WORDS != index / CODE_PAGE_WORDS;
    let to = if rd == 0 { SINK } else { rd };
    match op {
        Op::Jal => Instruction { rd: to, rs2: (is_far || rd != 0).into(), imm: target, ..instruction },
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
            Instruction { rd: is_far.into(), imm: target, ..instruction }
        }
        _ => Instruction { rd: to, ..instruction },
    }
}
