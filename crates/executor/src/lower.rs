//! RISC-V words to what the handlers are made for, and the fields of ROM words.

use crate::layout::*;
use lux_machine::{Op, decode};

/// What a word does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// As the operation says, and `x0` is not written except by loads.
    Op(Op),
    /// Nothing.
    Nop,
    /// A constant: `LUI`, `AUIPC`, `ADDI` from `x0`.
    Li,
    /// A constant that takes two words.
    Li2,
    /// `JAL` and `JALR` that do not link.
    J,
    Jr,
    /// A branch to another code page; one within its page is an [`Op`](Self::Op).
    Far(Op),
    /// A `J` to another code page.
    FarJ,
    Fault,
}

/// A word as the translator sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lowered {
    pub(crate) kind: Kind,
    pub(crate) rd: u8,
    pub(crate) rs1: u8,
    pub(crate) rs2: u8,
    pub(crate) imm: i64,
    /// Index of the word.
    index: u32,
}

impl Kind {
    /// Words that it takes.
    pub(crate) const fn span(self) -> usize {
        if matches!(self, Self::Li2) { 2 } else { 1 }
    }

    /// Whether the next word is never reached from here.
    pub(crate) const fn is_terminal(self) -> bool {
        matches!(self, Self::J | Self::FarJ | Self::Jr | Self::Fault | Self::Op(Op::Jal | Op::Jalr))
    }

    pub(crate) const fn is_branch(self) -> bool {
        matches!(self, Self::Far(_) | Self::Op(Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu))
    }

    pub(crate) const fn is_store(self) -> bool {
        matches!(self, Self::Op(Op::Sb | Op::Sh | Op::Sw | Op::Sd))
    }

    pub(crate) const fn is_load(self) -> bool {
        matches!(self, Self::Op(Op::Lb | Op::Lh | Op::Lw | Op::Ld | Op::Lbu | Op::Lhu | Op::Lwu))
    }

    /// Whether it leaves its result in a register and goes on with the next word.
    pub(crate) const fn is_value(self) -> bool {
        !(self.is_terminal() || self.is_branch() || self.is_store() || matches!(self, Self::Nop | Self::Op(Op::Ecall)))
    }

    /// Which of `rs1` and `rs2` it reads.
    pub(crate) const fn reads(self) -> (bool, bool) {
        match self {
            Self::Nop | Self::Li | Self::Li2 | Self::J | Self::FarJ | Self::Fault => (false, false),
            Self::Jr => (true, false),
            Self::Far(_) => (true, true),
            Self::Op(op) => match op {
                Op::Jal | Op::Ecall => (false, false),
                Op::Jalr | Op::Lb | Op::Lh | Op::Lw | Op::Ld | Op::Lbu | Op::Lhu | Op::Lwu => (true, false),
                Op::Addi | Op::Slti | Op::Sltiu | Op::Xori | Op::Ori | Op::Andi => (true, false),
                Op::Slli | Op::Srli | Op::Srai => (true, false),
                Op::Addiw | Op::Slliw | Op::Srliw | Op::Sraiw => (true, false),
                _ => (true, true),
            },
        }
    }
}

/// Lowers the words of a code page, the first of which has this index.
pub(crate) fn lower_page(first: u32, words: &[u32]) -> Vec<Lowered> {
    let mut page: Vec<Lowered> = (first..).zip(words).map(|(index, &word)| lower(index, word)).collect();
    for i in 1..page.len() {
        let [before, after] = [page[i - 1], page[i]];
        if before.kind == Kind::Li
            && after.rs1 == before.rd
            && after.rd == before.rd
            && let Some(imm) = match after.kind {
                Kind::Op(Op::Addi) => Some(before.imm + after.imm),
                Kind::Op(Op::Addiw) => Some((before.imm + after.imm) as i32 as i64),
                _ => None,
            }
        {
            page[i - 1] = Lowered { kind: Kind::Li2, imm, ..before };
        }
    }
    page
}

fn lower(index: u32, word: u32) -> Lowered {
    let i = decode(word);
    let mut lowered = Lowered { kind: Kind::Op(i.op), rd: i.rd, rs1: i.rs1, rs2: i.rs2, imm: i.imm.into(), index };
    let address = (TEXT_BASE + 4 * u64::from(index)) as i64;
    lowered.kind = match i.op {
        Op::Illegal => Kind::Fault,
        Op::Fence | Op::FenceI => Kind::Nop,
        Op::Jal if i.rd == 0 && lowered.is_near() => Kind::J,
        Op::Jal if i.rd == 0 => Kind::FarJ,
        Op::Jalr if i.rd == 0 => Kind::Jr,
        Op::Jal | Op::Jalr | Op::Ecall => lowered.kind,
        _ if lowered.kind.is_load() => {
            if i.rd == 0 {
                lowered.rd = SINK;
            }
            lowered.kind
        }
        op if lowered.kind.is_branch() && !lowered.is_near() => Kind::Far(op),
        _ if lowered.kind.is_branch() || lowered.kind.is_store() => lowered.kind,
        _ if i.rd == 0 => Kind::Nop,
        Op::Lui => Kind::Li,
        Op::Auipc => {
            lowered.imm += address;
            Kind::Li
        }
        Op::Addi if i.rs1 == 0 => Kind::Li,
        _ => lowered.kind,
    };
    lowered
}

/// Bytes of a load or store.
pub(crate) const fn access_bytes(op: Op) -> u64 {
    match op {
        Op::Lb | Op::Lbu | Op::Sb => 1,
        Op::Lh | Op::Lhu | Op::Sh => 2,
        Op::Lw | Op::Lwu | Op::Sw => 4,
        _ => 8,
    }
}

impl Lowered {
    /// Fields of the ROM word; its top 16 bits are left for the handler.
    pub(crate) fn fields(&self) -> u64 {
        let [a, b, c] = [self.rd, self.rs1, self.rs2].map(u64::from);
        let imm = self.imm as u64;
        let complement = (-self.imm - 1) as u64 & ADDRESS_MASK;
        let link = u64::from(self.index + 1);
        match self.kind {
            Kind::Nop | Kind::Fault => 0,
            Kind::Li | Kind::Li2 => a << A | (imm & 0xff_ffff_ffff) << CONSTANT,
            Kind::J => self.displacement(),
            Kind::FarJ => self.target(BRANCH),
            Kind::Jr => b << B | complement << IMM,
            Kind::Op(Op::Jal) => a << A | self.target(JAL) | link << JAL_LINK,
            Kind::Op(Op::Jalr) => a << A | b << B | (imm & 0xffff) << JALR_IMM | link << JALR_LINK,
            Kind::Op(Op::Ecall) => u64::from(self.index) << INDEX,
            Kind::Far(_) => c << A | b << B | self.target(BRANCH),
            kind if kind.is_branch() => c << A | b << B | self.displacement(),
            Kind::Op(op) if self.kind.is_store() => {
                let stored = if op == Op::Sb { c } else { register(self.rs2) + 32 - access_bytes(op) };
                stored << STORED | b << STORE_BASE | complement << IMM
            }
            kind if kind.is_load() => a << A | b << B | complement << IMM,
            _ => a << A | b << B | c << C | (imm & 0xffff) << IMM,
        }
    }

    /// Index of the word that it jumps to.
    fn target_index(&self) -> u64 {
        (i64::from(self.index) + (self.imm >> 2)) as u64 & 0x7_ffff
    }

    /// Whether it jumps within its code page.
    fn is_near(&self) -> bool {
        self.target_index() >> 8 == u64::from(self.index >> 8)
    }

    /// Distance of the ROM word before the target's.
    fn displacement(&self) -> u64 {
        let words = self.target_index() as i64 - i64::from(self.index);
        ((8 * (words - 1)) as u64 % (1 << 16)) << DISPLACEMENT
    }

    fn target(&self, fields: TargetFields) -> u64 {
        let target = self.target_index();
        let constants = if fields.based { CODE_TABLE >> 2 << fields.page | JUMP_BASE >> 3 << fields.offset } else { 0 };
        (target >> 8) << fields.page | (255 - (target & 255)) << fields.offset | constants
    }
}
