//! From the input to the first instruction.

use crate::{
    asm::{Asm, Item},
    emitter::Routines,
    layout::*,
    opcode::*,
};

impl Asm {
    /// Sets memory up and fetches the first instruction.
    pub(crate) fn start(&mut self, routines: &Routines) {
        self.push_label(routines.touch);
        self.name(Item::Touch);
        self.push(u64::MAX);
        self.name(Item::Low64);
        self.push(INPUT_COUNTS);
        self.op(CALLDATALOAD);
        self.push(224);
        self.op(SHR);
        self.and(0xffff);
        self.push(5);
        self.op(SHL);
        self.push(CODE + LAST_ENTRY);
        self.op(ADD);
        self.name(Item::PageTable);
        self.push(SLOT_MASK);
        self.name(Item::SlotMask);
        self.push(PAGE_MASK);
        self.name(Item::PageMask);
        self.push(REGISTER_MASK);
        self.name(Item::RegisterMask);
        assert_eq!(self.stack(), CONSTANTS);

        self.push(0x400);
        self.push(INPUT_STATE);
        self.push(0);
        self.op(CALLDATACOPY);
        self.push(CODE);
        self.store(CODE_END);
        for count in 0..2 {
            self.push(MAX_PAGES);
            self.input_count(count);
            self.op(GT);
            self.jump_if(routines.invalid);
        }
        self.input_count(0);
        self.push(3);
        self.op(MUL);
        self.push(INPUT_PAGES);
        self.op(ADD);
        self.dup(1);
        self.store(ORDER);
        self.input_count(1);
        self.op(ADD);
        self.push(0);
        self.install_pages();
        // [data end]
        self.dup(1);
        self.op(CALLDATASIZE);
        self.op(LT);
        self.jump_if(routines.invalid);
        self.store(PREIMAGES);

        self.push(8 * CHUNK_WEIGHT - 8);
        self.load(0);
        self.push(0);
        self.store(0);
        self.jump(routines.install);
    }

    /// Puts a count of the input on the stack: of pages, or of touches.
    pub(crate) fn input_count(&mut self, which: u64) {
        self.push(INPUT_COUNTS);
        self.op(CALLDATALOAD);
        self.push(which);
        self.op(BYTE);
    }

    /// `[first page, data]` to `[data end]`: copies all pages into their slots.
    fn install_pages(&mut self) {
        let [next, zero, done] = [(); 3].map(|()| self.new_label());
        self.place(next);
        let stack = self.stack();
        self.input_count(0);
        self.dup(2);
        self.op(EQ);
        self.jump_if(done);
        self.dup(1);
        self.page_entry();
        self.and(ZERO_FLAG.into());
        self.jump_if(zero);
        self.push(512);
        self.dup(3);
        self.dup(3);
        self.slot_address();
        self.op(CALLDATACOPY);
        self.swap(1);
        self.push(512);
        self.op(ADD);
        self.swap(1);
        self.place(zero);
        self.push(1);
        self.op(ADD);
        self.jump(next);
        self.place_with(done, &stack);
        self.op(POP);
    }

    /// `[position of a page]` to its entry in the input: flag and index.
    pub(crate) fn page_entry(&mut self) {
        self.push(3);
        self.op(MUL);
        self.push(INPUT_PAGES);
        self.ops(&[ADD, CALLDATALOAD]);
        self.push(232);
        self.op(SHR);
    }

    /// `[position of a page]` to the address of its last byte, where its data starts.
    pub(crate) fn slot_address(&mut self) {
        self.push(9);
        self.op(SHL);
        self.push(512 * FIRST_SLOT);
        self.op(ADD);
    }
}
