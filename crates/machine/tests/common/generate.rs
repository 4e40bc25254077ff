//! Random programs.

use super::EDGES;
use lux_machine::{Instruction, Op, asm};

/// A small generator of numbers (splitmix64), so that a seed names a program.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// A value for a register, of all magnitudes.
    pub fn value(&mut self) -> u64 {
        match self.below(3) {
            0 => self.pick(&EDGES),
            1 => self.next() >> self.below(64),
            _ => self.next(),
        }
    }

    fn register(&mut self) -> u8 {
        self.below(32) as u8
    }

    /// Any instruction, with fields at random.
    pub fn instruction(&mut self) -> Instruction {
        let op = self.pick(Op::ALL);
        let imm = self.next();
        let [rd, rs1, rs2] = [self.register(), self.register(), self.register()];
        let short = (imm as i32) << 20 >> 20;
        let (rd, rs1, rs2, imm) = match op {
            Op::Lui | Op::Auipc => (rd, 0, 0, imm as i32 & !0xfff),
            // Mostly near, so that programs go on for a while.
            Op::Jal => (rd, 0, 0, if imm >> 60 == 0 { (imm as i32) << 11 >> 11 & !1 } else { (short / 32) & !1 }),
            Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => (0, rs1, rs2, (short / 32) & !1),
            Op::Sb | Op::Sh | Op::Sw | Op::Sd => (0, rs1, rs2, short),
            Op::Slli | Op::Srli | Op::Srai => (rd, rs1, 0, imm as i32 & 63),
            Op::Slliw | Op::Srliw | Op::Sraiw => (rd, rs1, 0, imm as i32 & 31),
            Op::Fence | Op::FenceI | Op::Ecall | Op::Illegal => (0, 0, 0, 0),
            op if super::alu::result(op, 0, 0).is_some() && !is_immediate(op) => (rd, rs1, rs2, 0),
            _ => (rd, rs1, 0, short),
        };
        Instruction { op, rd, rs1, rs2, imm }
    }

    /// A text that runs for a while: faults are rare, an `ECALL` has arguments that often make sense.
    pub fn text(&mut self, length: usize) -> Vec<u32> {
        let mut text = Vec::new();
        while text.len() < length {
            let instruction = self.instruction();
            match instruction.op {
                Op::Illegal if self.below(20) > 0 => {}
                Op::Ecall => text.extend(self.ecall()),
                Op::Jalr if self.below(8) > 0 => {
                    text.extend([asm::u(Op::Auipc, 30, 0), asm::i(Op::Jalr, instruction.rd, 30, 16)]);
                }
                _ => text.push(asm::encode(instruction)),
            }
        }
        text
    }

    fn ecall(&mut self) -> Vec<u32> {
        let length = self.next() >> self.pick(&[64 - 8, 64 - 13, 64 - 15]);
        let pointer = self.next() >> self.pick(&[64 - 12, 64 - 26, 1]);
        let mut words = match self.below(8) {
            0 => vec![asm::i(Op::Addi, 17, 0, self.below(7) as i32)],
            1 => [asm::li(17, 3), asm::li(10, self.below(18)), asm::li(12, length), asm::li(14, self.below(100_000))]
                .concat(),
            2..5 => {
                let to = self.next() >> self.pick(&[64 - 12, 64 - 26, 1]);
                [asm::li(17, 4), asm::li(10, to), asm::li(11, pointer), asm::li(12, length)].concat()
            }
            _ => [asm::li(17, 2), asm::li(10, pointer), asm::li(11, length)].concat(),
        };
        words.push(asm::ECALL);
        words
    }
}

fn is_immediate(op: Op) -> bool {
    let name = op.mnemonic();
    name.ends_with('i') || name.ends_with("iw") || name == "sltiu"
}
