//! Arithmetic on registers. Registers are sign-extended, so logic and comparisons need no care.

use crate::{asm::Item, emitter::Emitter, layout::*, opcode::*, pattern::Source};
use lux_machine::Op;

const LOW32: u64 = 0xffff_ffff;

impl Emitter<'_> {
    pub(crate) fn arithmetic(&mut self, op: Op) {
        match op {
            Op::Add => self.sum(ADD, 8),
            Op::Sub => self.sum(SUB, 8),
            Op::Addw => self.sum(ADD, 4),
            Op::Subw => self.sum(SUB, 4),
            Op::Mul => self.sum(MUL, 8),
            Op::Mulw => self.sum(MUL, 4),
            Op::And => self.operands(true, &[AND]),
            Op::Or => self.operands(true, &[OR]),
            Op::Xor => self.operands(true, &[XOR]),
            Op::Slt => self.operands(false, &[SLT]),
            Op::Sltu => self.operands(false, &[LT]),
            Op::Addi => self.add_immediate(8),
            Op::Addiw => self.add_immediate(4),
            Op::Slti => self.immediate(&[SGT]),
            Op::Sltiu => self.immediate(&[GT]),
            Op::Andi => self.immediate(&[AND]),
            Op::Ori => self.immediate(&[OR]),
            Op::Xori => self.immediate(&[XOR]),
            Op::Slli | Op::Slliw | Op::Srli | Op::Srai | Op::Srliw | Op::Sraiw => self.shift_immediate(op),
            Op::Sll | Op::Sllw | Op::Srl | Op::Sra | Op::Srlw | Op::Sraw => self.shift(op),
            Op::Mulh => {
                self.operands(true, &[MUL]);
                self.asm.push(64);
                self.asm.op(SAR);
            }
            Op::Mulhu => {
                self.operands(true, &[]);
                self.low64();
                self.asm.swap(1);
                self.low64();
                self.asm.op(MUL);
                self.asm.push(64);
                self.asm.op(SHR);
                self.asm.sign_extend(8);
            }
            Op::Mulhsu => {
                self.operands(false, &[]);
                self.asm.swap(1);
                self.low64();
                self.asm.op(MUL);
                self.asm.push(64);
                self.asm.op(SAR);
            }
            _ => self.division(op),
        }
        self.write();
    }

    /// Puts both operands on the stack, `rs1` on top, and applies these opcodes.
    pub(crate) fn operands(&mut self, commutative: bool, opcodes: &[Opcode]) {
        match (self.part.rs1, self.part.rs2) {
            (Source::Previous, Source::Previous) => self.asm.dup(1),
            (Source::Previous, rs2) => {
                self.read(rs2, C);
                if !commutative {
                    self.asm.swap(1);
                }
            }
            (rs1, rs2) => {
                self.read(rs2, C);
                self.read(rs1, B);
            }
        }
        self.asm.ops(opcodes);
    }

    fn sum(&mut self, opcode: Opcode, bytes: u64) {
        self.operands(opcode.byte != SUB.byte, &[opcode]);
        self.asm.sign_extend(bytes);
    }

    /// Puts `rs1` and then the immediate on the stack, and applies these opcodes.
    fn immediate(&mut self, opcodes: &[Opcode]) {
        self.read(self.part.rs1, B);
        match self.part.imm {
            Some(-1) if opcodes[0].byte == XOR.byte => return self.asm.op(NOT),
            Some(imm) => self.signed(imm),
            None => {
                self.word_field(IMM, 0);
                self.asm.sign_extend(2);
            }
        }
        self.asm.ops(opcodes);
    }

    fn add_immediate(&mut self, bytes: u64) {
        match self.part.imm {
            Some(0) => self.read(self.part.rs1, B),
            Some(imm) if imm < 0 => {
                // imm on the stack would take 32 bytes, or a NOT.
                self.asm.push(imm.unsigned_abs().into());
                self.read_under();
                self.asm.op(SUB);
            }
            _ => self.immediate(&[ADD]),
        }
        if self.part.imm != Some(0) || bytes == 4 {
            self.asm.sign_extend(bytes);
        }
    }

    /// Puts `rs1` above what was pushed last.
    fn read_under(&mut self) {
        if self.part.rs1 == Source::Previous { self.asm.swap(1) } else { self.read(self.part.rs1, B) }
    }

    fn shift_immediate(&mut self, op: Op) {
        self.read(self.part.rs1, B);
        match op {
            Op::Srli => self.low64(),
            Op::Srliw => self.asm.and(LOW32),
            Op::Sraiw => self.asm.sign_extend(4),
            _ => {}
        }
        match self.part.imm {
            Some(imm) => self.asm.push(imm as u64),
            None => {
                self.word_field(IMM, 0);
                self.asm.and(63);
            }
        }
        self.shift_by_top(op);
    }

    fn shift(&mut self, op: Op) {
        let prepare = |this: &mut Self| match op {
            Op::Srl => this.low64(),
            Op::Srlw => this.asm.and(LOW32),
            Op::Sraw => this.asm.sign_extend(4),
            _ => {}
        };
        if self.part.rs2 == Source::Previous {
            if self.part.rs1 == Source::Previous {
                self.asm.dup(1);
            } else {
                self.read(self.part.rs1, B);
            }
            prepare(self);
            self.asm.swap(1);
        } else {
            self.read(self.part.rs1, B);
            prepare(self);
            self.read(self.part.rs2, C);
        }
        self.asm.and(if matches!(op, Op::Sll | Op::Srl | Op::Sra) { 63 } else { 31 });
        self.shift_by_top(op);
    }

    fn shift_by_top(&mut self, op: Op) {
        let (opcode, extend) = match op {
            Op::Sll | Op::Slli => (SHL, 8),
            Op::Sllw | Op::Slliw => (SHL, 4),
            Op::Srl => (SHR, 8),
            Op::Srli if self.part.imm.is_some_and(|imm| imm > 0) => (SHR, 0),
            Op::Srli => (SHR, 8),
            Op::Srlw | Op::Srliw => (SHR, 4),
            _ => (SAR, 0),
        };
        self.asm.op(opcode);
        if extend > 0 {
            self.asm.sign_extend(extend);
        }
    }

    /// Zero-extends the top.
    pub(crate) fn low64(&mut self) {
        self.asm.dup_item(Item::Low64);
        self.asm.op(AND);
    }
}
