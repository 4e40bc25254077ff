//! `PRECOMPILE`.

use crate::{
    asm::{Asm, Label},
    emitter::Routines,
    layout::*,
    opcode::*,
};

/// Bit `a` says that the machine knows the precompile at `a`; 256 is apart.
const KNOWN: u64 = 0x3_ffee;

impl Asm {
    /// Goes to `done`, which follows.
    pub(crate) fn precompile(&mut self, routines: &Routines, defer: Label, done: Label) {
        self.push(KNOWN);
        self.x(10);
        self.op(SHR);
        self.and(1);
        self.x(10);
        self.push(256);
        self.ops(&[EQ, OR, ISZERO]);
        self.jump_if(routines.fault);
        self.jump_if_above(MAX_ECALL_BYTES, routines.fault, |asm| asm.x(12));
        self.jump_if_above(MAX_PRECOMPILE_GAS, routines.fault, |asm| asm.x(14));
        self.precompile_weight();
        self.pages_of(12, 6);
        self.reserve(defer);
        self.precompile_weight();
        self.charge();
        self.x(12);
        self.store(LENGTH);
        self.check_room(routines);
        self.call_bytes(routines.gather, 11);
        self.call_precompile(routines);

        let failed = self.new_label();
        let stack = self.stack();
        self.op(ISZERO);
        self.jump_if(failed);
        self.jump_if_above(MAX_PRECOMPILE_OUTPUT, routines.fault, |asm| asm.op(RETURNDATASIZE));
        self.op(RETURNDATASIZE);
        self.store(LENGTH);
        self.op(RETURNDATASIZE);
        self.push(0);
        self.buffer();
        self.op(RETURNDATACOPY);
        self.pad_buffer();
        self.push(1);
        self.store(register(10));
        self.load(LENGTH);
        self.store(register(11));
        self.call_bytes(routines.scatter, 13);
        self.jump(done);

        self.place_with(failed, &stack[..stack.len() - 1]);
        for r in [10, 11] {
            self.push(0);
            self.store(register(r));
        }
    }

    /// Calls with exactly the gas asked for. If less is there, the proof is invalid: a lack of gas must not look like a
    /// precompile that fails.
    fn call_precompile(&mut self, routines: &Routines) {
        self.push(63);
        self.x(14);
        self.op(DIV);
        self.x(14);
        self.op(ADD);
        self.add(20_000);
        self.op(GAS);
        self.op(LT);
        self.jump_if(routines.invalid);
        self.push(0);
        self.push(0);
        self.load(LENGTH);
        self.buffer();
        self.x(10);
        self.x(14);
        self.op(STATICCALL);
    }

    fn precompile_weight(&mut self) {
        self.x(14);
        self.add(127);
        self.shift_right(7);
        self.x(12);
        self.words_times(3);
        self.op(ADD);
        self.add(64);
    }
}
