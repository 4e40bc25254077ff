//! Code pages: the slow ends of jumps, and the step from one page to the next, which can end the chunk like a jump.

use crate::{
    asm::{Asm, Item, Label},
    emitter::{Routines, handler_stack},
    layout::*,
    opcode::*,
};

impl Asm {
    /// Slow ends of jumps: the chunk ends, or the target's page is not there yet.
    pub(crate) fn slow_jumps(&mut self, routines: &Routines) {
        let mut stack = CONSTANTS.to_vec();
        stack.extend([Item::Tmp; 2]);
        for (label, fields) in [(routines.slow_branch, BRANCH), (routines.slow_jal, JAL)] {
            self.place_with(label, &stack);
            self.dup(1);
            self.shift_right(fields.page - 8);
            self.and(2047 << 8);
            self.swap(1);
            self.op(NOT);
            self.shift_right(fields.offset);
            self.and(255);
            self.op(OR);
            self.jump(routines.slow_target);
        }
        self.place_with(routines.slow_near, &stack);
        // The word behind the code page has the index of the next page.
        self.push(CODE);
        self.swap(1);
        self.op(SUB);
        self.push(CODE_PAGE_ROOM);
        self.dup(2);
        self.op(DIV);
        self.push(CODE_PAGE_ROOM);
        self.op(MUL);
        self.dup(1);
        self.push(CODE + CODE_PAGE_BYTES);
        self.ops(&[ADD, MLOAD]);
        self.shift_right(192 + INDEX);
        // [index of the next page and more, distance of the page, of the target, limit]
        self.swap(2);
        self.op(SUB);
        self.shift_right(3);
        self.op(ADD);
        self.push(CODE_PAGE_WORDS as u64);
        self.swap(1);
        self.op(SUB);
        self.and(0x7_ffff);
        self.swap(1);
        self.op(POP);
        self.jump(routines.running);
        self.place_with(routines.slow_jr, &stack);
        self.op(NOT);
        self.shift_right(2);
        self.and(0x7_ffff);
        self.place(routines.slow_target);
        self.push(0);
        self.dup(3);
        self.op(SLT);
        self.jump_if(routines.running);
        self.jump(routines.install);
    }

    /// `[target, left]`: fetches the target's page, and goes on there.
    pub(crate) fn install(&mut self, routines: &Routines, next_page: Label) {
        let mut stack = CONSTANTS.to_vec();
        stack.extend([Item::Tmp; 2]);
        self.place_with(routines.install, &stack);
        self.dup(1);
        self.push(8);
        self.op(SHR);
        self.dup(1);
        self.push(INPUT_CODE_PAGES);
        self.ops(&[CALLDATALOAD, GT, ISZERO]);
        self.jump_if(routines.fault);
        self.load(CODE_END);
        self.push(CODE_PAGE_ROOM + CODE_PAGE_TAIL + LAST_ENTRY);
        self.op(ADD);
        self.dup_item(Item::PageTable);
        self.op(LT);
        self.jump_if(routines.invalid);
        // [page, target, left]; first the address of its ROM contract
        self.push(20);
        self.push(PAGES_PER_ROM);
        self.dup(3);
        self.op(DIV);
        self.push(20);
        self.op(MUL);
        self.after_stop_byte();
        self.load(CODE_END);
        self.push(INPUT_ROMS);
        self.op(CALLDATALOAD);
        self.op(EXTCODECOPY);
        self.push(CODE_PAGE_BYTES);
        self.push(PAGES_PER_ROM);
        self.dup(3);
        self.op(MOD);
        self.push(CODE_PAGE_BYTES);
        self.op(MUL);
        self.after_stop_byte();
        self.load(CODE_END);
        self.dup(1);
        self.op(MLOAD);
        self.push(96);
        self.op(SHR);
        self.op(EXTCODECOPY);
        // The word after the page is not an instruction: it goes on with the next page.
        self.dup(1);
        self.push(1);
        self.op(ADD);
        self.push(8);
        self.op(SHL);
        self.push_label(next_page);
        self.push(48);
        self.ops(&[SHL, OR]);
        self.push(192);
        self.op(SHL);
        self.load(CODE_END);
        self.push(CODE_PAGE_BYTES);
        self.op(ADD);
        self.op(MSTORE);
        // [page, target, left]
        self.table_address();
        self.dup(1);
        self.op(MLOAD);
        self.load(CODE_END);
        self.push(ENTRY_BIAS);
        self.op(ADD);
        self.push(224);
        self.ops(&[SHL, OR]);
        self.swap(1);
        self.op(MSTORE);
        self.and(255);
        self.push(3);
        self.op(SHL);
        self.load(CODE_END);
        self.op(ADD);
        self.load(CODE_END);
        self.push(CODE_PAGE_ROOM);
        self.op(ADD);
        self.store(CODE_END);
        // [address of the next word, left]; the page's weight, from how many there are with it
        self.swap(1);
        self.push(CODE_PAGE_ROOM * CODE_PAGES_PER_WEIGHT);
        self.push(CODE + CODE_PAGE_ROOM);
        self.load(CODE_END);
        self.ops(&[SUB, DIV]);
        self.add(CODE_PAGE_WEIGHT);
        self.push(3);
        self.op(SHL);
        self.swap(1);
        self.op(SUB);
        self.swap(1);
        self.go_on_at();
    }

    /// Handler of the word after a page.
    pub(crate) fn next_page(&mut self, routines: &Routines, label: Label) {
        self.place_with(label, &handler_stack());
        self.swap(2);
        self.op(SUB);
        self.push(8);
        self.swap(1);
        self.op(SUB);
        self.swap(1);
        self.shift_right(192 + INDEX);
        self.and(0x7_ffff);
        let found = self.new_label();
        self.dup(1);
        self.push(8);
        self.op(SHR);
        self.table_address();
        self.op(MLOAD);
        self.push(224);
        self.op(SHR);
        self.dup(1);
        self.dup(4);
        self.op(LT);
        self.jump_if(found);
        self.cold(|asm| {
            asm.op(POP);
            asm.jump(routines.slow_target);
        });
        self.place(found);
        self.push(ENTRY_BIAS);
        self.swap(1);
        self.op(SUB);
        self.swap(1);
        self.op(POP);
        self.go_on_at();
    }

    /// `[address of the next word, left]`: goes on there.
    fn go_on_at(&mut self) {
        self.swap(1);
        self.dup(2);
        self.op(ADD);
        self.swap(1);
        self.go_on();
    }

    /// `[page]` to the address of its entry in the code page table.
    fn table_address(&mut self) {
        self.push(2);
        self.op(SHL);
        self.push(CODE_TABLE);
        self.op(ADD);
    }

    /// Contracts that hold data begin with a `STOP`.
    fn after_stop_byte(&mut self) {
        self.push(1);
        self.op(ADD);
    }
}
