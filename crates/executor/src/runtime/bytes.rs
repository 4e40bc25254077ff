//! Bytes between pages, which are stored backwards, and a buffer above the code pages.

use crate::{
    asm::{Asm, Item, Label},
    emitter::{Routines, handler_stack},
    layout::*,
    opcode::*,
};

impl Asm {
    /// Puts the address of the buffer on the stack.
    pub(crate) fn buffer(&mut self) {
        self.load(CODE_END);
        self.push(64);
        self.op(ADD);
    }

    /// Refuses a proof that has less room than a buffer of `LENGTH` bytes takes.
    pub(crate) fn check_room(&mut self, routines: &Routines) {
        self.load(LENGTH);
        self.push(CALL_ROOM + LAST_ENTRY);
        self.op(ADD);
        self.load(CODE_END);
        self.op(ADD);
        self.dup_item(Item::PageTable);
        self.op(LT);
        self.jump_if(routines.invalid);
    }

    /// Puts a register on the stack.
    pub(crate) fn x(&mut self, r: u8) {
        self.load(register(r));
    }

    /// Calls `routine` for `LENGTH` bytes at the pointer in a register.
    pub(crate) fn call_bytes(&mut self, routine: Label, r: u8) {
        self.x(r);
        self.push(31);
        self.ops(&[NOT, AND]);
        self.call_at(routine);
    }

    /// `[pointer]`: calls `routine` for `LENGTH` bytes there.
    pub(crate) fn call_at(&mut self, routine: Label) {
        self.store(POINTER);
        self.push(0);
        self.store(CURSOR);
        let back = self.new_label();
        self.push_label(back);
        self.store(RETURN_TO);
        self.jump(routine);
        self.place_with(back, &handler_stack());
    }

    /// Copies `LENGTH` bytes at `POINTER` to the buffer, and junk up to the next multiple of 32 bytes.
    pub(crate) fn gather(&mut self, routines: &Routines) {
        self.each_word(routines.gather, |asm| {
            asm.op(MLOAD);
            asm.call_swap(routines);
            asm.buffer_cursor();
            asm.op(MSTORE);
        });
    }

    /// Copies `LENGTH` bytes, rounded up to a multiple of 32, from the buffer to `POINTER`.
    pub(crate) fn scatter(&mut self, routines: &Routines) {
        self.each_word(routines.scatter, |asm| {
            asm.buffer_cursor();
            asm.op(MLOAD);
            asm.call_swap(routines);
            asm.swap(1);
            asm.op(MSTORE);
        });
    }

    fn each_word(&mut self, label: Label, body: impl FnOnce(&mut Self)) {
        let done = self.new_label();
        self.place_with(label, &handler_stack());
        self.load(LENGTH);
        self.load(CURSOR);
        self.ops(&[LT, ISZERO]);
        self.jump_if(done);
        self.load(POINTER);
        self.load(CURSOR);
        self.ops(&[ADD, NOT]);
        self.slot();
        self.swap(1);
        self.and(512 - 32);
        self.op(ADD);
        body(self);
        self.load(CURSOR);
        self.push(32);
        self.op(ADD);
        self.store(CURSOR);
        self.jump(label);
        self.place(done);
        self.load(RETURN_TO);
        self.op(JUMP);
    }

    fn buffer_cursor(&mut self) {
        self.buffer();
        self.load(CURSOR);
        self.op(ADD);
    }

    /// Reverses the bytes of the top.
    fn call_swap(&mut self, routines: &Routines) {
        let back = self.new_label();
        self.push_label(back);
        self.swap(1);
        self.push_label(routines.swap_bytes);
        let mut stack = self.stack();
        stack.truncate(stack.len() - 3);
        stack.push(Item::Tmp);
        self.op(JUMP);
        self.place_with(back, &stack);
    }

    /// `[word, return address]` to `[word with its bytes reversed]`.
    pub(crate) fn swap_bytes(&mut self, routines: &Routines) {
        self.place_with(routines.swap_bytes, &[Item::Tmp; 2]);
        for bits in [8, 16, 32, 64] {
            let mask: Vec<u8> = (0..32).map(|byte| if byte * 8 / bits % 2 == 1 { 0xff } else { 0 }).collect();
            self.dup(1);
            self.shift_right(bits);
            self.push_bytes(&mask);
            self.op(AND);
            self.swap(1);
            self.push_bytes(&mask);
            self.op(AND);
            self.shift_right(-bits);
            self.op(OR);
        }
        self.dup(1);
        self.shift_right(128);
        self.swap(1);
        self.shift_right(-128);
        self.op(OR);
        self.swap(1);
        self.op(JUMP);
    }

    /// Puts the hash in `x10 … x13` on the stack.
    pub(crate) fn hash_in_registers(&mut self, routines: &Routines) {
        self.push(0);
        for (i, r) in (10..14).enumerate() {
            self.x(r);
            self.dup_item(Item::Low64);
            self.op(AND);
            self.shift_right(-64 * i as i32);
            self.op(OR);
        }
        self.call_swap(routines);
    }
}
