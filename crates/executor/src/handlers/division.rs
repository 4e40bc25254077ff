//! Division. The EVM's is 0 by zero; RISC-V wants a quotient of -1 and the dividend as remainder.

use crate::{emitter::Emitter, opcode::*};
use lux_machine::Op;

/// How operands are made from registers.
#[derive(Clone, Copy)]
enum Width {
    Signed64,
    Unsigned64,
    Signed32,
    Unsigned32,
}

impl Emitter<'_> {
    pub(crate) fn division(&mut self, op: Op) {
        let (width, opcode, bytes) = match op {
            Op::Div => (Width::Signed64, SDIV, 8),
            Op::Divu => (Width::Unsigned64, DIV, 8),
            Op::Rem => (Width::Signed64, SMOD, 8),
            Op::Remu => (Width::Unsigned64, MOD, 8),
            Op::Divw => (Width::Signed32, SDIV, 4),
            Op::Divuw => (Width::Unsigned32, DIV, 4),
            Op::Remw => (Width::Signed32, SMOD, 4),
            Op::Remuw => (Width::Unsigned32, MOD, 4),
            other => unreachable!("{other:?} has a handler"),
        };
        self.operands(false, &[]);
        self.extend(width);
        self.asm.swap(1);
        self.extend(width);
        // [divisor, dividend]
        if matches!(op, Op::Div | Op::Divu | Op::Divw | Op::Divuw) {
            self.asm.swap(1);
            self.asm.dup(2);
            self.asm.swap(1);
            self.asm.op(opcode);
            self.asm.swap(1);
            self.asm.op(ISZERO);
            self.asm.swap(1);
            self.asm.op(SUB);
        } else {
            self.asm.dup(1);
            self.asm.dup(3);
            self.asm.op(opcode);
            // [remainder, divisor, dividend]
            self.asm.swap(2);
            self.asm.swap(1);
            self.asm.ops(&[ISZERO, MUL, ADD]);
        }
        self.asm.sign_extend(bytes);
    }

    fn extend(&mut self, width: Width) {
        match width {
            Width::Signed64 => {}
            Width::Unsigned64 => self.low64(),
            Width::Signed32 => self.asm.sign_extend(4),
            Width::Unsigned32 => self.asm.and(0xffff_ffff),
        }
    }
}
