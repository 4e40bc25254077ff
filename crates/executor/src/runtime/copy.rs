//! `COPY`. Within two pages it is one `MCOPY`. Otherwise all of the source goes into the buffer, then the buffer to the
//! destination, so that they may overlap. Pages are stored backwards, and so is the buffer: whole pieces of pages move at once.

use crate::{
    asm::{Asm, Label},
    emitter::{Routines, handler_stack},
    layout::*,
    opcode::*,
};

impl Asm {
    pub(crate) fn copy(&mut self, routines: &Routines, defer: Label, done: Label) {
        self.jump_if_above(MAX_ECALL_BYTES, routines.fault, |asm| asm.x(12));
        self.copy_weight();
        self.pages_of(12, 2);
        self.push(1);
        self.op(SHL);
        self.reserve(defer);
        self.copy_weight();
        self.charge();
        let slow = self.new_label();
        self.jump_unless_within_pages(slow);
        // Both are on one page each: nothing goes through the buffer.
        self.piece_address(11);
        self.store(CURSOR);
        self.piece_address(10);
        self.load(CURSOR);
        self.x(12);
        self.swap(2);
        self.op(MCOPY);
        self.jump(done);
        self.place(slow);
        self.x(12);
        self.store(LENGTH);
        self.check_room(routines);
        for (outwards, pointer) in [(0, 11), (1, 10)] {
            self.push(outwards);
            self.store(OUTWARDS);
            self.x(pointer);
            self.call_at(routines.pieces);
        }
        self.jump(done);
    }

    /// Goes to `label` if there is nothing to copy, or the source or the destination lies on two pages.
    fn jump_unless_within_pages(&mut self, label: Label) {
        self.x(12);
        self.op(ISZERO);
        for pointer in [11, 10] {
            self.push(512);
            self.x(pointer);
            self.and(511);
            self.x(12);
            self.ops(&[ADD, GT, OR]);
        }
        self.jump_if(label);
    }

    /// Puts the address on the stack where the `x12` bytes at a pointer start, backwards in their page.
    fn piece_address(&mut self, pointer: u8) {
        self.x(pointer);
        self.op(NOT);
        self.slot();
        self.swap(1);
        self.and(511);
        self.op(ADD);
        self.x(12);
        self.swap(1);
        self.op(SUB);
        self.add(1);
    }

    fn copy_weight(&mut self) {
        self.x(12);
        self.add(31);
        self.shift_right(5);
        self.add(16);
    }

    /// Moves `LENGTH` bytes between `POINTER` and the buffer, as much as a page has at a time.
    pub(crate) fn pieces(&mut self, routines: &Routines) {
        let [done, inwards] = [(); 2].map(|()| self.new_label());
        self.place_with(routines.pieces, &handler_stack());
        self.load(LENGTH);
        self.load(CURSOR);
        self.ops(&[LT, ISZERO]);
        self.jump_if(done);
        self.load(POINTER);
        self.load(CURSOR);
        self.ops(&[ADD, NOT]);
        self.slot();
        self.swap(1);
        self.and(511);
        // [last byte in the page, slot]; the piece has the least of what is left and what the page has
        self.load(CURSOR);
        self.load(LENGTH);
        self.op(SUB);
        self.dup(2);
        self.add(1);
        self.dup(2);
        self.dup(2);
        self.op(LT);
        // [whether the page has less, what it has, what is left, last byte, slot]
        self.swap(2);
        self.dup(1);
        self.swap(2);
        self.op(XOR);
        self.swap(1);
        self.swap(2);
        self.ops(&[MUL, XOR]);
        // [length of the piece, last byte, slot]
        self.dup(1);
        self.swap(2);
        self.op(SUB);
        self.add(1);
        self.swap(1);
        self.swap(2);
        self.op(ADD);
        // [address in the page, length]
        self.load(CURSOR);
        self.dup(3);
        self.op(ADD);
        self.dup(1);
        self.store(CURSOR);
        self.load(LENGTH);
        self.op(SUB);
        self.buffer();
        self.op(ADD);
        self.load(OUTWARDS);
        self.op(ISZERO);
        self.jump_if(inwards);
        self.swap(1);
        self.place(inwards);
        self.op(MCOPY);
        self.jump(routines.pieces);
        self.place(done);
        self.load(RETURN_TO);
        self.op(JUMP);
    }
}
