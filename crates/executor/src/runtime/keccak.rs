//! `KECCAK256`.

use crate::{
    asm::{Asm, Label},
    emitter::Routines,
    layout::*,
    opcode::*,
};

impl Asm {
    pub(crate) fn keccak(&mut self, routines: &Routines, defer: Label, done: Label) {
        self.jump_if_above(MAX_ECALL_BYTES, routines.fault, |asm| asm.x(11));
        self.keccak_weight();
        self.pages_of(11, 3);
        self.reserve(defer);
        self.keccak_weight();
        self.charge();
        self.x(11);
        self.store(LENGTH);
        self.check_room(routines);
        self.call_bytes(routines.gather, 10);
        self.load(LENGTH);
        self.buffer();
        self.op(KECCAK256);
        self.buffer();
        self.op(MSTORE);
        self.push(32);
        self.store(LENGTH);
        self.call_bytes(routines.scatter, 12);
        self.jump(done);
    }

    fn keccak_weight(&mut self) {
        self.x(11);
        self.words_times(3);
        self.add(32);
    }
}
