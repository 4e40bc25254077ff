//! Loads and stores. Addresses are kept complemented: the field of an immediate is, too, and a page is stored backwards,
//! so that the complement's low bits are the offset in it.

use crate::{
    asm::{Asm, Item},
    emitter::{Emitter, Group, Range},
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
        match self.group {
            Group::Pair(pair) => {
                self.asm.place(self.routines.pairs[pair]);
                self.crossing = Some(self.asm.gas());
            }
            Group::First(range, pair) => {
                self.leave_unless_on_page(range, size, pair);
                self.crossing = Some(self.asm.gas());
            }
            _ => {}
        }
        self.asm.op(ADD);
    }

    /// `[offset, slot]`: goes on with two words at most, unless all that is in the range is on this page.
    fn leave_unless_on_page(&mut self, range: Range, size: u64, pair: usize) {
        let (below, above) = (u64::from(range.least.unsigned_abs()), range.most as u64);
        if below == 0 {
            self.asm.push(above);
            self.asm.dup(2);
            self.asm.op(LT);
        } else {
            self.asm.push(512 - size - below - above);
            if above == 0 {
                self.asm.dup(2);
            } else {
                self.asm.push(above);
                self.asm.dup(3);
                self.asm.op(SUB);
            }
            self.asm.op(GT);
        }
        self.asm.jump_if(self.routines.pairs[pair]);
    }

    /// `[base]` to `[base moved by this distance, base]`, or without the base if nothing needs it any more.
    fn moved(&mut self, distance: i32, closes: bool) {
        let bytes = distance.unsigned_abs().into();
        match (distance, closes) {
            (0, true) => {}
            (0, false) => self.asm.dup_item(Item::Base),
            (1.., true) => {
                self.asm.push(bytes);
                self.asm.swap(1);
                self.asm.op(SUB);
            }
            (1.., false) => {
                self.asm.push(bytes);
                self.asm.dup_item(Item::Base);
                self.asm.op(SUB);
            }
            _ => {
                if !closes {
                    self.asm.dup_item(Item::Base);
                }
                self.asm.push(bytes);
                self.asm.op(ADD);
            }
        }
    }

    /// Distance of this word from the first of its group, and whether the base is not needed afterwards.
    fn place_in_group(&self) -> Option<(Range, i32, bool)> {
        match self.group {
            Group::First(range, _) => Some((range, 0, false)),
            Group::Next { range, closes } => Some((range, self.part.imm.unwrap_or_default(), closes)),
            _ => None,
        }
    }

    pub(crate) fn load(&mut self) {
        let op = self.op();
        let size = access_bytes(op);
        let is_first = !matches!(self.group, Group::Next { .. });
        if is_first {
            self.address(size, B);
        }
        let Some((range, distance, closes)) = self.place_in_group() else {
            self.asm.op(MLOAD);
            self.asm.push(256 - 8 * size);
            self.asm.op(if matches!(op, Op::Lbu | Op::Lhu | Op::Lwu) { SHR } else { SAR });
            return self.write();
        };
        // One word of the EVM has them all, if they are near.
        let is_near = (range.most - range.least) as u64 + size <= 32;
        if is_first {
            if is_near {
                self.asm.name(Item::Base);
                self.moved(range.most, true);
                self.asm.op(MLOAD);
            }
            self.asm.name(Item::Base);
        }
        if is_near {
            if !closes {
                self.asm.dup_item(Item::Base);
            }
            let byte = (range.most - distance) as u64;
            if size == 1 {
                self.asm.push(byte);
                self.asm.op(BYTE);
            } else {
                self.asm.shift_right(-8 * byte as i32);
                self.asm.push(256 - 8 * size);
                self.asm.op(SAR);
            }
        } else {
            self.moved(distance, closes);
            self.asm.op(MLOAD);
            self.asm.push(256 - 8 * size);
            self.asm.op(if op == Op::Lbu { SHR } else { SAR });
        }
        self.asm.name(Item::Tmp);
        self.write();
    }

    pub(crate) fn store(&mut self) {
        assert_ne!(self.part.rs2, Source::Previous, "touching expects the stack without it");
        let size = access_bytes(self.op());
        if !matches!(self.group, Group::Next { .. }) {
            self.address(size, STORE_BASE);
            if matches!(self.group, Group::First(..)) {
                self.asm.name(Item::Base);
            }
        }
        if let Some((_, distance, closes)) = self.place_in_group() {
            self.moved(distance, closes);
            self.asm.name(Item::Tmp);
        }
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
