//! `ECALL`: which one, whether it still fits the chunk, what it weighs.

use crate::{
    asm::{Asm, Item, Label},
    emitter::{Emitter, handler_stack},
    layout::*,
    opcode::*,
};

impl Emitter<'_> {
    /// Handler of `ECALL`.
    pub(crate) fn ecall(&mut self) {
        let routines = *self.routines;
        let labels @ [halt, preimage, keccak, precompile, copy] = [(); 5].map(|()| self.asm.new_label());
        let [last, defer, done] = [(); 3].map(|()| self.asm.new_label());
        // `COPY` is the most frequent one.
        for (number, label) in labels.into_iter().enumerate().rev() {
            self.asm.x(17);
            self.asm.push(number as u64);
            self.asm.op(EQ);
            self.asm.jump_if(label);
        }
        self.asm.jump(routines.fault);

        self.asm.place_with(last, &handler_stack());
        self.asm.push(1);
        self.asm.shift_right(-192 - INDEX);
        self.asm.op(ADD);
        self.asm.place(defer);
        self.asm.shift_right(192 + INDEX);
        self.asm.and(0x7_ffff);
        self.asm.jump(routines.running);

        self.asm.place_with(halt, &handler_stack());
        self.asm.halted(&routines);
        self.asm.place_with(preimage, &handler_stack());
        self.asm.preimage(&routines, defer, done, last);
        self.asm.place_with(keccak, &handler_stack());
        self.asm.keccak(&routines, defer, done);
        self.asm.place_with(copy, &handler_stack());
        self.asm.copy(&routines, defer, done);
        self.asm.place_with(precompile, &handler_stack());
        self.asm.precompile(&routines, defer, done);
        self.asm.place_with(done, &handler_stack());
    }
}

impl Asm {
    /// Goes to `label` if the value is above `most`, as unsigned numbers.
    pub(crate) fn jump_if_above(&mut self, most: u64, label: Label, value: impl FnOnce(&mut Self)) {
        self.push(most);
        value(self);
        self.op(GT);
        self.jump_if(label);
    }

    /// `[pages, weight, word, pc, limit]`: leaves the `ECALL` to the next chunk unless this one has room for so much.
    pub(crate) fn reserve(&mut self, defer: Label) {
        self.load(CHARGED);
        self.op(ADD);
        self.push(CHUNK_PAGES);
        self.op(LT);
        let room = self.new_label();
        self.op(ISZERO);
        self.jump_if(room);
        self.cold(|asm| {
            asm.op(POP);
            asm.jump(defer);
        });
        self.place(room);
        self.push(3);
        self.op(SHL);
        self.dup(3);
        self.dup(5);
        self.op(SUB);
        // Eight times what is left before the ECALL.
        self.push(8);
        self.op(ADD);
        self.op(SLT);
        self.jump_if(defer);
    }

    /// `[weight, word, pc, limit]`: charges the chunk for it.
    pub(crate) fn charge(&mut self) {
        self.push(3);
        self.op(SHL);
        self.dup(4);
        self.op(SUB);
        self.swap(3);
        self.op(POP);
        self.name_at(3, Item::Limit);
    }

    /// `[bytes]` to their number in words, times `factor`.
    pub(crate) fn words_times(&mut self, factor: u64) {
        self.push(31);
        self.op(ADD);
        self.shift_right(5);
        self.push(factor);
        self.op(MUL);
    }

    /// Puts `x[r] / 512 + more` on the stack.
    pub(crate) fn pages_of(&mut self, r: u8, more: u64) {
        self.x(r);
        self.shift_right(9);
        self.push(more);
        self.op(ADD);
    }

    pub(crate) fn add(&mut self, value: u64) {
        self.push(value);
        self.op(ADD);
    }

    /// Zeros after `LENGTH` bytes in the buffer.
    pub(crate) fn pad_buffer(&mut self) {
        self.push(0);
        self.buffer();
        self.load(LENGTH);
        self.ops(&[ADD, MSTORE]);
    }
}
