//! Jumps: they count the instructions since the last one, end the chunk, and find the target's code page.

use crate::{
    asm::{Asm, Item, Label},
    emitter::Emitter,
    layout::*,
    lower::Kind,
    opcode::*,
    pattern::Source,
};
use lux_machine::Op;

impl Asm {
    /// `[word, pc, limit]` to `[left, word]`, where what is left counts the jump in this lane.
    fn count(&mut self, lane: usize) {
        self.swap(2);
        self.op(SUB);
        self.push(8 * (lane as u64 + FAR_WEIGHT));
        self.swap(1);
        self.op(SUB);
    }

    /// `[entry, field, left, word]`: jumps, or goes the slow way with `[word, left]`.
    fn go(&mut self, slow: Label, lane: Option<usize>) {
        let fast = self.new_label();
        self.dup(1);
        self.dup(4);
        self.op(LT);
        self.jump_if(fast);
        self.cold(|asm| {
            asm.ops(&[POP, POP]);
            asm.swap(1);
            if let Some(lane) = lane {
                asm.field(lane, 0, 0);
            }
            asm.jump(slow);
        });
        self.place(fast);
        self.op(SUB);
        self.dup(1);
        self.swap(2);
        self.op(ADD);
        self.swap(2);
        self.op(POP);
        self.go_on();
    }

    /// `[pc, limit]`: goes on there.
    pub(crate) fn go_on(&mut self) {
        self.name(Item::Pc);
        self.name_at(2, Item::Limit);
        self.run_next();
    }

    /// Taken jump of the word in this lane, within its code page. Limit and program counter move by the same distance, but
    /// for the word that is counted.
    pub(crate) fn near(&mut self, lane: usize, slow: Label) {
        self.field(lane, DISPLACEMENT, 0);
        self.sign_extend(2);
        self.dup(1);
        self.swap(3);
        self.op(ADD);
        self.swap(2);
        self.op(ADD);
        self.push(8 * (lane as u64 + 1));
        self.op(ADD);
        self.dup(2);
        self.dup(2);
        self.op(SGT);
        self.jump_if(slow);
        self.go_on();
    }

    /// Taken jump of the word in this lane, to where its fields say.
    pub(crate) fn taken(&mut self, lane: usize, fields: TargetFields, slow: Label) {
        self.count(lane);
        self.dup(2);
        self.field(lane, fields.offset, 3);
        self.and((8 * 255) | if fields.based { JUMP_BASE } else { 0 });
        if !fields.based {
            self.push(JUMP_BASE);
            self.op(OR);
        }
        self.dup(3);
        self.field(lane, fields.page, 2);
        self.and((4 * 2047) | if fields.based { CODE_TABLE } else { 0 });
        if !fields.based {
            self.push(CODE_TABLE);
            self.op(OR);
        }
        self.op(MLOAD);
        self.push(224);
        self.op(SHR);
        self.go(slow, Some(lane));
    }

    /// `[complement of the target's address, pc, limit]`: jumps from this lane.
    fn taken_to(&mut self, lane: usize, slow: Label) {
        self.count(lane);
        self.dup(2);
        self.push(1);
        self.op(SHL);
        self.and(8 * 255);
        self.push(JUMP_BASE);
        self.op(OR);
        self.dup(3);
        self.push(8);
        self.op(SHR);
        self.and(4 * 2047);
        self.push(CODE_TABLE + 4 * 2047);
        self.ops(&[SUB, MLOAD]);
        self.push(224);
        self.op(SHR);
        self.go(slow, None);
    }
}

impl Emitter<'_> {
    pub(crate) fn branch(&mut self) {
        let (op, taken) = match self.part.kind {
            Kind::Op(op) => (op, self.routines.near[self.lane]),
            Kind::Far(op) => (op, self.routines.far[self.lane]),
            other => unreachable!("{other:?} is no branch"),
        };
        let [zero1, zero2] = [self.part.rs1, self.part.rs2].map(|source| source == Source::Fixed(0));
        match (op, zero1, zero2) {
            (Op::Bne, false, true) => self.read(self.part.rs1, B),
            (Op::Beq, false, true) => {
                self.read(self.part.rs1, B);
                self.asm.op(ISZERO);
            }
            _ => {
                self.branch_operands(matches!(op, Op::Beq | Op::Bne));
                match op {
                    Op::Beq => self.asm.op(EQ),
                    Op::Bne => self.asm.op(XOR),
                    Op::Blt => self.asm.op(SLT),
                    Op::Bltu => self.asm.op(LT),
                    Op::Bge => self.asm.ops(&[SLT, ISZERO]),
                    _ => self.asm.ops(&[LT, ISZERO]),
                }
            }
        }
        self.asm.jump_if(taken);
    }

    fn branch_operands(&mut self, commutative: bool) {
        match (self.part.rs1, self.part.rs2) {
            (Source::Previous, Source::Previous) => self.asm.dup(1),
            (Source::Previous, rs2) => {
                self.read(rs2, A);
                if !commutative {
                    self.asm.swap(1);
                }
            }
            (rs1, rs2) => {
                self.read(rs2, A);
                self.read(rs1, B);
            }
        }
    }

    pub(crate) fn jal(&mut self) {
        self.link(JAL_LINK);
        self.write_link();
        self.asm.taken(self.lane, JAL, self.routines.slow_jal);
    }

    pub(crate) fn jr(&mut self) {
        self.read(self.part.rs1, B);
        match self.part.imm {
            Some(0) => self.asm.op(NOT),
            _ => {
                self.word_field(IMM, 0);
                self.asm.op(SUB);
            }
        }
        self.jump_to_complement();
    }

    pub(crate) fn jalr(&mut self) {
        self.read(self.part.rs1, B);
        self.word_field(JALR_IMM, 0);
        self.asm.sign_extend(2);
        self.asm.ops(&[ADD, NOT]);
        self.link(JALR_LINK);
        self.write_link();
        self.jump_to_complement();
    }

    /// Puts the link value on the stack.
    fn link(&mut self, bit: i32) {
        self.word_field(bit, 2);
        self.asm.and(4 * 0x7_ffff);
        self.asm.push(TEXT_BASE);
        self.asm.op(OR);
    }

    /// Stores it; the word is still needed.
    fn write_link(&mut self) {
        self.last = false;
        self.write();
    }

    /// `[complement of the target's address, word, pc, limit]`
    fn jump_to_complement(&mut self) {
        self.asm.swap(1);
        self.asm.op(POP);
        self.asm.taken_to(self.lane, self.routines.slow_jr);
    }
}
