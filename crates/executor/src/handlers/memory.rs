//! Loads and stores. Addresses are kept complemented: the field of an immediate is, too, and a page is stored backwards,
//! so that the complement's low bits are the offset in it.

use crate::{
    asm::{Asm, Item},
    emitter::Emitter,
    layout::*,
    opcode::*,
    pattern::Source,
};
use lux_machine::Op;

impl Asm {
    /// `[complement of an address]` to `[address of its page's slot, complement]`; pages without one are touched first.
    pub(crate) fn slot(&mut self) {
        self.dup(1);
        self.push(9);
        self.op(SHR);
        self.dup_item(Item::PageMask);
        self.op(AND);
        self.dup_item(Item::PageTable);
        self.ops(&[SUB, MLOAD]);
        self.dup_item(Item::SlotMask);
        self.op(AND);
        let found = self.new_label();
        self.dup(1);
        self.jump_if(found);
        self.cold(|asm| {
            asm.push_label(found);
            asm.dup_item(Item::Touch);
            asm.op(JUMP);
        });
        self.place(found);
    }
}

impl Emitter<'_> {
    /// Puts the address on the stack at which a `MLOAD` finds the first byte of the access `8 - size` bytes above the
    /// low end, and the others above that one.
    fn address(&mut self, size: u64) {
        self.read(self.part.rs1, B);
        match self.part.imm {
            Some(imm) => {
                let complement = !imm;
                if imm == 0 {
                    self.asm.op(NOT);
                } else {
                    self.asm.push(complement as u64 & ADDRESS_MASK);
                    self.asm.op(SUB);
                }
            }
            None => {
                self.word_field(IMM, 0);
                self.asm.op(SUB);
            }
        }
        self.asm.slot();
        self.asm.swap(1);
        self.asm.and(512 - size);
        self.asm.op(ADD);
    }

    pub(crate) fn load(&mut self) {
        let (Op::Lb | Op::Lbu) = self.op() else {
            let (size, bits, signed) = match self.op() {
                Op::Ld => (8, 0, true),
                Op::Lw => (4, 32, true),
                Op::Lwu => (4, 32, false),
                Op::Lh => (2, 48, true),
                _ => (2, 48, false),
            };
            self.address(size);
            self.asm.op(MLOAD);
            self.asm.shift_right(bits);
            if signed {
                self.asm.sign_extend(size)
            } else {
                self.asm.and((1 << (8 * size)) - 1)
            }
            return self.write();
        };
        self.address(1);
        self.asm.op(MLOAD);
        self.asm.push(24);
        self.asm.op(BYTE);
        if self.op() == Op::Lb {
            self.asm.sign_extend(1);
        }
        self.write();
    }

    pub(crate) fn store(&mut self) {
        assert_ne!(self.part.rs2, Source::Previous, "touching expects the stack without it");
        let (size, mask) = match self.op() {
            Op::Sb => (1, 0),
            Op::Sh => (2, 0xffff << 48),
            Op::Sw => (4, 0xffff_ffff << 32),
            _ => (8, u64::MAX),
        };
        self.address(size);
        if size == 1 {
            self.asm.push(SLOT_ORIGIN);
            self.asm.op(ADD);
            self.read(self.part.rs2, A);
            self.asm.swap(1);
            return self.asm.op(MSTORE8);
        }
        self.asm.dup(1);
        self.asm.op(MLOAD);
        if self.part.rs2 == Source::Fixed(0) {
            self.asm.dup(1);
        } else {
            self.read(self.part.rs2, A);
            self.asm.shift_right(8 * size as i32 - 64);
            self.asm.dup(2);
            self.asm.op(XOR);
        }
        if size == 8 {
            self.low64()
        } else {
            self.asm.and(mask)
        }
        self.asm.op(XOR);
        self.asm.swap(1);
        self.asm.op(MSTORE);
    }

    fn op(&self) -> Op {
        match self.part.kind {
            crate::lower::Kind::Op(op) => op,
            other => unreachable!("{other:?} is no memory access"),
        }
    }
}
