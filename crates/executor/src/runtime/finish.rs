//! How a chunk ends. What is returned tells the state by its length: a running state's program counter, registers and
//! leaf hashes of all pages; the output of a halted one; a byte for a faulted one.

use crate::{
    asm::{Asm, Item},
    emitter::Routines,
    layout::*,
    opcode::*,
};

impl Asm {
    /// `[index of the next instruction]`
    pub(crate) fn running(&mut self, routines: &Routines) {
        let mut stack = CONSTANTS.to_vec();
        stack.push(Item::Tmp);
        self.place_with(routines.running, &stack);
        // x0 is zero and where the program counter belongs.
        self.store(0);
        self.all_used(routines);
        let [next, done] = [(); 2].map(|()| self.new_label());
        self.push(0);
        self.place(next);
        let stack = self.stack();
        self.input_count(0);
        self.dup(2);
        self.op(EQ);
        self.jump_if(done);
        // The hashes overwrite variables, and pages that have been hashed.
        self.push(512);
        self.dup(2);
        self.slot_address();
        self.op(KECCAK256);
        self.dup(2);
        self.leaf_address();
        self.op(MSTORE);
        self.push(1);
        self.op(ADD);
        self.jump(next);
        self.place_with(done, &stack);
        self.leaf_address();
        self.push(0);
        self.op(RETURN);
    }

    fn leaf_address(&mut self) {
        self.push(5);
        self.op(SHL);
        self.push(register(32));
        self.op(ADD);
    }

    pub(crate) fn halted(&mut self, routines: &Routines) {
        self.hash_in_registers(routines);
        self.store(0);
        self.all_used(routines);
        self.push(32);
        self.push(0);
        self.op(RETURN);
    }

    pub(crate) fn fault_and_invalid(&mut self, routines: &Routines) {
        self.place_with(routines.fault, &CONSTANTS);
        self.all_used(routines);
        self.push(1);
        self.push(0);
        self.op(RETURN);
        self.place_with(routines.invalid, &CONSTANTS);
        self.push(0);
        self.push(0);
        self.op(REVERT);
    }

    /// A proof has nothing beyond what the chunk used.
    fn all_used(&mut self, routines: &Routines) {
        self.load(PREIMAGES);
        self.op(CALLDATASIZE);
        self.op(XOR);
        self.jump_if(routines.invalid);
        self.load(TOUCHED);
        self.input_count(1);
        self.op(XOR);
        self.jump_if(routines.invalid);
    }
}
