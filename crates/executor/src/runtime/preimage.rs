//! `PREIMAGE`: the proof has them in order of use, each behind its length in two bytes.

use crate::{
    asm::{Asm, Item, Label},
    emitter::Routines,
    layout::*,
    opcode::*,
};

impl Asm {
    /// Goes to `last` if the preimage is longer than the capacity, for which alone there was room.
    pub(crate) fn preimage(&mut self, routines: &Routines, defer: Label, done: Label, last: Label) {
        self.jump_if_above(MAX_ECALL_BYTES, routines.fault, |asm| asm.x(15));
        self.x(15);
        self.words_times(7);
        self.add(64);
        self.pages_of(15, 0);
        self.push(1);
        self.op(SHL);
        self.add(9);
        self.reserve(defer);
        self.take_preimage(routines);

        self.load(LENGTH);
        self.words_times(7);
        self.add(64);
        self.charge();
        self.load(LENGTH);
        self.add(511);
        self.shift_right(9);
        self.charge_pages(3);
        self.name_at(3, Item::Limit);
        // x10 is the whole length, min(length, capacity) is written.
        self.load(LENGTH);
        self.store(register(10));
        self.x(15);
        self.load(LENGTH);
        self.op(LT);
        self.x(15);
        self.load(LENGTH);
        self.ops(&[XOR, MUL]);
        self.x(15);
        self.op(XOR);
        self.store(LENGTH);
        self.pad_buffer();
        self.call_bytes(routines.scatter, 14);
        self.x(15);
        self.x(10);
        self.op(GT);
        self.jump_if(last);
        self.jump(done);
    }

    /// Puts the next preimage into the buffer and its length into `LENGTH`, if it is the one asked for.
    fn take_preimage(&mut self, routines: &Routines) {
        self.load(PREIMAGES);
        self.dup(1);
        self.add(2);
        self.op(CALLDATASIZE);
        self.op(LT);
        self.jump_if(routines.invalid);
        self.dup(1);
        self.op(CALLDATALOAD);
        self.shift_right(240);
        self.store(LENGTH);
        self.jump_if_above(MAX_ECALL_BYTES, routines.invalid, |asm| asm.load(LENGTH));
        self.check_room(routines);
        self.add(2);
        self.load(LENGTH);
        self.dup(2);
        self.op(ADD);
        self.dup(1);
        self.op(CALLDATASIZE);
        self.op(LT);
        self.jump_if(routines.invalid);
        self.store(PREIMAGES);
        self.load(LENGTH);
        self.swap(1);
        self.buffer();
        self.op(CALLDATACOPY);
        self.load(LENGTH);
        self.buffer();
        self.op(KECCAK256);
        self.hash_in_registers(routines);
        self.op(XOR);
        self.jump_if(routines.invalid);
    }
}
