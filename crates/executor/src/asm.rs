//! An assembler that knows what is on the stack.

use crate::opcode::{self as op, Opcode};

/// What a stack item is. Items without a name are addressed by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// A value without a name.
    Tmp,
    /// Four ROM words from the program counter on.
    Word,
    /// Memory address of the ROM word that runs.
    Pc,
    /// Where the program counter would be when the weight of the chunk is spent, see the crate's README.
    Limit,
    /// What a group of loads or stores starts from.
    Base,
    /// Mask of a register's address.
    RegisterMask,
    /// Mask of a page index.
    PageMask,
    /// Address that shows the last page's entry in the page table.
    PageTable,
    /// Mask of a slot's address.
    SlotMask,
    /// 64 ones.
    Low64,
    /// Entry of the routine that meters first touches.
    Touch,
}

/// A place in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Label(usize);

#[derive(Debug, Default)]
pub(crate) struct Asm {
    code: Vec<u8>,
    labels: Vec<Option<u16>>,
    uses: Vec<(usize, Label)>,
    stack: Vec<Item>,
    gas: u64,
    cold: bool,
}

impl Asm {
    /// Code with all labels resolved.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        for (at, label) in &self.uses {
            let target = self.labels[label.0].expect("every label is placed");
            self.code[*at..at + 2].copy_from_slice(&target.to_be_bytes());
        }
        self.code
    }

    /// Bytes of code emitted so far.
    pub(crate) const fn len(&self) -> usize {
        self.code.len()
    }

    /// Gas of the hot code emitted so far.
    pub(crate) const fn gas(&self) -> u64 {
        self.gas
    }

    pub(crate) fn new_label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub(crate) fn address(&self, label: Label) -> Option<u16> {
        self.labels[label.0]
    }

    /// Places a label with a `JUMPDEST`; the stack is what falls through.
    pub(crate) fn place(&mut self, label: Label) {
        let at = u16::try_from(self.code.len()).expect("code is far below 64 KiB");
        assert!(self.labels[label.0].replace(at).is_none(), "placed twice");
        self.op(op::JUMPDEST);
    }

    /// Places a label that is only jumped to, with this stack, bottom first.
    pub(crate) fn place_with(&mut self, label: Label, stack: &[Item]) {
        self.stack = stack.to_vec();
        self.place(label);
    }

    /// What is on the stack, bottom first.
    pub(crate) fn stack(&self) -> Vec<Item> {
        self.stack.clone()
    }

    /// Code that does not count as hot; the stack afterwards is what it was before.
    pub(crate) fn cold(&mut self, emit: impl FnOnce(&mut Self)) {
        let (stack, cold) = (self.stack.clone(), core::mem::replace(&mut self.cold, true));
        emit(self);
        (self.stack, self.cold) = (stack, cold);
    }

    /// Emits an opcode other than `PUSH`, `DUP` and `SWAP`.
    pub(crate) fn op(&mut self, opcode: Opcode) {
        assert!(self.stack.len() >= opcode.pops, "stack underflow");
        self.stack.truncate(self.stack.len() - opcode.pops);
        self.stack.resize(self.stack.len() + opcode.pushes, Item::Tmp);
        self.emit(opcode.byte, opcode.gas);
    }

    pub(crate) fn ops(&mut self, opcodes: &[Opcode]) {
        for opcode in opcodes {
            self.op(*opcode);
        }
    }

    pub(crate) fn push(&mut self, value: u64) {
        self.stack.push(Item::Tmp);
        let bytes = value.to_be_bytes();
        let bytes = &bytes[value.leading_zeros() as usize / 8..];
        self.emit(op::PUSH0 + bytes.len() as u8, if bytes.is_empty() { 2 } else { 3 });
        self.code.extend(bytes);
    }

    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) {
        self.stack.push(Item::Tmp);
        self.emit(op::PUSH0 + bytes.len() as u8, 3);
        self.code.extend(bytes);
    }

    pub(crate) fn push_label(&mut self, label: Label) {
        self.stack.push(Item::Tmp);
        self.emit(op::PUSH0 + 2, 3);
        self.uses.push((self.code.len(), label));
        self.code.extend([0; 2]);
    }

    /// Duplicates the item at this depth, 1 being the top.
    pub(crate) fn dup(&mut self, depth: usize) {
        assert!((1..=16).contains(&depth) && depth <= self.stack.len(), "DUP{depth}");
        self.stack.push(Item::Tmp);
        self.emit(op::DUP1 + depth as u8 - 1, 3);
    }

    /// Duplicates the topmost item with this name.
    pub(crate) fn dup_item(&mut self, item: Item) {
        let depth = self.depth(item);
        self.dup(depth);
    }

    /// Exchanges the top with the item this far below it.
    pub(crate) fn swap(&mut self, distance: usize) {
        let top = self.stack.len() - 1;
        assert!((1..=16).contains(&distance) && distance <= top, "SWAP{distance}");
        self.stack.swap(top, top - distance);
        self.emit(op::SWAP1 + distance as u8 - 1, 3);
    }

    /// Depth of the topmost item with this name, 1 being the top.
    pub(crate) fn depth(&self, item: Item) -> usize {
        self.stack.iter().rev().position(|&i| i == item).expect("the item is on the stack") + 1
    }

    /// Gives the top a name.
    pub(crate) fn name(&mut self, item: Item) {
        *self.stack.last_mut().expect("the stack is not empty") = item;
    }

    pub(crate) fn name_at(&mut self, depth: usize, item: Item) {
        let index = self.stack.len() - depth;
        self.stack[index] = item;
    }

    pub(crate) fn jump(&mut self, label: Label) {
        self.push_label(label);
        self.op(op::JUMP);
    }

    pub(crate) fn jump_if(&mut self, label: Label) {
        self.push_label(label);
        self.op(op::JUMPI);
    }

    /// Shifts the top right, or left if negative.
    pub(crate) fn shift_right(&mut self, bits: i32) {
        if bits != 0 {
            self.push(bits.unsigned_abs().into());
            self.op(if bits > 0 { op::SHR } else { op::SHL });
        }
    }

    pub(crate) fn and(&mut self, mask: u64) {
        self.push(mask);
        self.op(op::AND);
    }

    /// Loads the word at a fixed address.
    pub(crate) fn load(&mut self, address: u64) {
        self.push(address);
        self.op(op::MLOAD);
    }

    /// Stores the top at a fixed address.
    pub(crate) fn store(&mut self, address: u64) {
        self.push(address);
        self.op(op::MSTORE);
    }

    /// Sign-extends the top from this many bytes.
    pub(crate) fn sign_extend(&mut self, bytes: u64) {
        self.push(bytes - 1);
        self.op(op::SIGNEXTEND);
    }

    fn emit(&mut self, byte: u8, gas: u64) {
        self.code.push(byte);
        if !self.cold {
            self.gas += gas;
        }
    }
}
