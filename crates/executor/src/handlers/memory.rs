//! Loads and stores. Addresses are kept complemented: the field of an immediate is, too, and a page is stored backwards,
//! so that the complement's low bits are the offset in it.

use crate::{
    asm::{Asm, Item},
    emitter::Emitter,
    layout::*,
    lower::{Kind, access_bytes},
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
    /// Puts the address of the access on the stack, whose bytes lie there in reverse order. `base` is where the word has
    /// the register.
    fn address(&mut self, size: u64, base: i32) {
        self.read(self.part.rs1, base);
        match self.part.imm {
            Some(0) => self.asm.op(NOT),
            Some(imm) => {
                self.asm.push(!imm as u64 & ADDRESS_MASK);
                self.asm.op(SUB);
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
        let op = self.op();
        let size = access_bytes(op);
        self.address(size, B);
        self.asm.op(MLOAD);
        self.asm.push(256 - 8 * size);
        self.asm.op(if matches!(op, Op::Lbu | Op::Lhu | Op::Lwu) { SHR } else { SAR });
        self.write();
    }

    pub(crate) fn store(&mut self) {
        assert_ne!(self.part.rs2, Source::Previous, "touching expects the stack without it");
        let size = access_bytes(self.op());
        self.address(size, STORE_BASE);
        match self.part.rs2 {
            Source::Fixed(r) if size == 1 => self.read(Source::Fixed(r), STORED),
            Source::Fixed(r) => self.asm.push(register(r) + 32 - size),
            _ => {
                self.last_word();
                if size == 1 {
                    self.register_address(STORED);
                    self.asm.op(MLOAD);
                } else {
                    self.asm.field(self.lane, STORED, 0);
                    self.asm.and(STORED_MASK);
                }
            }
        }
        if size == 1 {
            self.asm.swap(1);
            return self.asm.op(MSTORE8);
        }
        self.asm.push(size);
        self.asm.swap(2);
        self.asm.op(MCOPY);
    }

    fn op(&self) -> Op {
        match self.part.kind {
            Kind::Op(op) => op,
            other => unreachable!("{other:?} is no memory access"),
        }
    }
}
