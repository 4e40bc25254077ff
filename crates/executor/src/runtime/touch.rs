//! First touch of a data page.

use crate::{
    asm::{Asm, Item},
    emitter::{Routines, handler_stack},
    layout::*,
    opcode::*,
};

impl Asm {
    /// `[return address, 0, complement of the address, word, pc, limit]` to `[address of the slot, complement, word, pc, limit]`.
    ///
    /// The proof says which of its pages this is; that it is the right one is checked.
    pub(crate) fn touch(&mut self, routines: &Routines) {
        let mut stack = handler_stack();
        stack.extend([Item::Tmp; 3]);
        self.place_with(routines.touch, &stack);
        let within = self.new_label();
        self.load(CHARGED);
        self.push(CHUNK_PAGES);
        self.op(GT);
        self.jump_if(within);
        self.load(SPARE);
        self.push(SPARE_PAGES);
        self.op(EQ);
        self.jump_if(routines.fault);
        self.load(SPARE);
        self.push(1);
        self.op(ADD);
        self.store(SPARE);
        self.place(within);
        self.load(TOUCHED);
        self.input_count(1);
        self.dup(2);
        self.ops(&[LT, ISZERO]);
        self.jump_if(routines.invalid);
        self.dup(1);
        self.load(ORDER);
        self.ops(&[ADD, CALLDATALOAD]);
        self.push(0);
        self.op(BYTE);
        // [position, touched, return, 0, complement, …]
        self.input_count(0);
        self.dup(2);
        self.ops(&[LT, ISZERO]);
        self.jump_if(routines.invalid);
        self.dup(1);
        self.page_entry();
        self.and(PAGE_MASK);
        self.dup(6);
        self.push(9);
        self.op(SHR);
        self.and(PAGE_MASK);
        // [complement of the index, index in the proof, position, touched, …]
        self.dup(1);
        self.push(PAGE_MASK);
        self.op(XOR);
        self.dup(3);
        self.op(XOR);
        self.jump_if(routines.invalid);
        self.dup(3);
        self.push(FIRST_SLOT);
        self.op(ADD);
        self.push(1);
        self.op(SHL);
        self.swap(1);
        self.dup_item(Item::PageTable);
        self.op(SUB);
        self.push(ENTRY_LEAD);
        self.op(ADD);
        self.op(MSTORE8);
        self.op(POP);
        self.push(FIRST_SLOT);
        self.op(ADD);
        self.push(9);
        self.op(SHL);
        self.swap(3);
        self.op(POP);
        self.push(1);
        self.op(ADD);
        self.store(TOUCHED);
        // [return, slot, complement, word, pc, limit]
        self.push(1);
        self.charge_pages(6);
        self.op(JUMP);
    }

    /// `[pages, …]` with the limit at this depth below: charges the chunk for the pages.
    pub(crate) fn charge_pages(&mut self, limit: usize) {
        self.load(CHARGED);
        self.op(ADD);
        self.dup(1);
        self.store(CHARGED);
        self.push(CHUNK_PAGES);
        self.op(GT);
        let room = self.new_label();
        self.jump_if(room);
        // The next taken jump ends the chunk: nothing can be left any more.
        self.push(0);
        self.op(NOT);
        self.push(64);
        self.op(SHL);
        self.swap(limit);
        self.op(POP);
        self.place(room);
    }
}
