//! Code of a handler: the words of its pattern one after the other, then the jump to the next handler.

use crate::{
    asm::{Asm, Item, Label},
    layout::*,
    lower::Kind,
    opcode::*,
    pattern::{self, GROUPED, Part, Pattern, Source, Target},
};
use lux_machine::Op;

/// Places that handlers jump to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Routines {
    /// Taken branch of the word in each lane, within its code page.
    pub(crate) near: [Label; 4],
    /// The same to another code page.
    pub(crate) far: [Label; 4],
    /// Slow end of a jump within a code page, with the target's address and the limit on the stack.
    pub(crate) slow_near: Label,
    /// Slow end of a jump, with the target and what is left on the stack.
    pub(crate) slow_target: Label,
    /// The same, with the word instead of the target.
    pub(crate) slow_branch: Label,
    pub(crate) slow_jal: Label,
    pub(crate) slow_jr: Label,
    /// In the generic handlers of two words, by [`GROUPED`]: after the page of the first one's address was found.
    pub(crate) pairs: [Label; GROUPED.len()],
    pub(crate) touch: Label,
    pub(crate) fault: Label,
    pub(crate) invalid: Label,
    pub(crate) running: Label,
    pub(crate) install: Label,
    pub(crate) swap_bytes: Label,
    pub(crate) gather: Label,
    pub(crate) scatter: Label,
    pub(crate) pieces: Label,
}

/// Emits the words of one handler.
#[derive(Debug)]
pub(crate) struct Emitter<'a> {
    pub(crate) asm: &'a mut Asm,
    pub(crate) routines: &'a Routines,
    pub(crate) part: Part,
    /// Position of the word among the four on the stack.
    pub(crate) lane: usize,
    /// Whether no word follows.
    pub(crate) last: bool,
    /// Whether the next word takes the result from the stack.
    forward: bool,
    /// How this word takes part in a group.
    pub(crate) group: Group,
    /// Gas so far where a group leaves its handler, or enters this one.
    pub(crate) crossing: Option<u64>,
}

/// How a load or store takes part in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    None,
    /// It is the first of the generic handler where groups go on that are not on one page.
    Pair(usize),
    /// It is the first, the others lie so far below and above. The second field says where the group goes on that is not on one
    /// page.
    First(Range, usize),
    /// It is another one of the group that has this range.
    Next {
        range: Range,
        closes: bool,
    },
}

/// Distances from the address of a group's first word, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) least: i32,
    pub(crate) most: i32,
}

/// Stack of a handler at its start, bottom first.
pub(crate) fn handler_stack() -> Vec<Item> {
    let mut stack = CONSTANTS.to_vec();
    stack.extend([Item::Limit, Item::Pc, Item::Word]);
    stack
}

/// What a handler costs.
#[derive(Debug)]
pub(crate) struct Cost {
    /// Gas of its words, the jump to the next included.
    pub(crate) gas: u64,
    /// Gas up to each branch or jump to a routine, and the lane of that.
    pub(crate) jumps: Vec<(usize, Kind, u64)>,
    /// Gas up to where a group that is not on one page leaves, and to which generic handler.
    pub(crate) leaves: Option<(usize, u64)>,
    /// Gas up to where such a group enters.
    pub(crate) enters: Option<(usize, u64)>,
}

/// Emits a handler.
pub(crate) fn emit(asm: &mut Asm, routines: &Routines, entry: Label, pattern: &Pattern) -> Cost {
    let start = asm.gas();
    asm.place_with(entry, &handler_stack());
    let mut lane = 0;
    let mut jumps = Vec::new();
    let (mut leaves, mut enters) = (None, None);
    let distances = pattern::group(pattern);
    let range =
        Range { least: distances.iter().copied().fold(0, i32::min), most: distances.iter().copied().fold(0, i32::max) };
    let grouped = GROUPED.iter().position(|&op| pattern[0].kind == Kind::Op(op));
    let is_pair = grouped.is_some() && *pattern == [Part::generic(pattern[0].kind); 2];
    for (i, &part) in pattern.iter().enumerate() {
        let group = match (i, grouped) {
            (0, Some(pair)) if is_pair => Group::Pair(pair),
            (0, Some(pair)) if !distances.is_empty() => Group::First(range, pair),
            _ if part.rs1 == Source::Same => Group::Next { range, closes: i == distances.len() },
            _ => Group::None,
        };
        let next = pattern.get(i + 1);
        let forward = next.is_some_and(|next| next.rs1 == Source::Previous || next.rs2 == Source::Previous);
        assert!(part.rd != Target::Dead || forward, "a dead result is read by the next word");
        let mut emitter = Emitter { asm, routines, part, lane, last: next.is_none(), forward, group, crossing: None };
        emitter.body();
        let crossing = emitter.crossing.map(|gas| gas - start);
        match group {
            Group::Pair(pair) => enters = crossing.map(|gas| (pair, gas)),
            Group::First(_, pair) => leaves = crossing.map(|gas| (pair, gas)),
            _ => {}
        }
        if part.kind.is_branch() || matches!(part.kind, Kind::J | Kind::FarJ) {
            jumps.push((lane, part.kind, asm.gas() - start));
        }
        lane += part.kind.span();
    }
    if !pattern.last().is_some_and(|part| part.kind.is_terminal()) {
        if asm.stack().last() == Some(&Item::Word) {
            asm.op(POP);
        }
        asm.dispatch(lane);
    }
    Cost { gas: asm.gas() - start, jumps, leaves, enters }
}

impl Asm {
    /// Goes on with the handler so many words further.
    pub(crate) fn dispatch(&mut self, words: usize) {
        assert_eq!(self.stack()[CONSTANTS.len()..], [Item::Limit, Item::Pc]);
        self.push(8 * words as u64);
        self.op(ADD);
        self.name(Item::Pc);
        self.run_next();
    }

    /// Goes on with the handler of the word that the program counter shows.
    pub(crate) fn run_next(&mut self) {
        self.dup(1);
        self.op(MLOAD);
        self.dup(1);
        self.push(240);
        self.op(SHR);
        self.op(JUMP);
    }

    /// Moves the field at this bit of the ROM word on top to `to`, with junk around it.
    pub(crate) fn field(&mut self, lane: usize, bit: i32, to: i32) {
        self.shift_right(192 - 64 * lane as i32 + bit - to);
    }
}

impl Emitter<'_> {
    fn body(&mut self) {
        match self.part.kind {
            Kind::Nop => {}
            Kind::Li | Kind::Li2 => self.constant(),
            Kind::Fault => self.asm.jump(self.routines.fault),
            Kind::J => self.asm.jump(self.routines.near[self.lane]),
            Kind::FarJ => self.asm.jump(self.routines.far[self.lane]),
            Kind::Jr => self.jr(),
            Kind::Op(Op::Jal) => self.jal(),
            Kind::Op(Op::Jalr) => self.jalr(),
            Kind::Op(Op::Ecall) => self.ecall(),
            Kind::Far(_) => self.branch(),
            kind if kind.is_branch() => self.branch(),
            kind if kind.is_load() => self.load(),
            kind if kind.is_store() => self.store(),
            Kind::Op(op) => self.arithmetic(op),
        }
    }

    /// Puts a field of the word on the stack, with junk above.
    pub(crate) fn word_field(&mut self, bit: i32, to: i32) {
        self.asm.dup_item(Item::Word);
        self.asm.field(self.lane, bit, to);
    }

    /// Turns the copy of the word on top into the address of a register.
    pub(crate) fn register_address(&mut self, bit: i32) {
        self.asm.field(self.lane, bit, 5);
        self.asm.dup_item(Item::RegisterMask);
        self.asm.op(AND);
    }

    /// Puts an operand on the stack, unless it is the result before, which is there.
    pub(crate) fn read(&mut self, source: Source, bit: i32) {
        match source {
            Source::Previous | Source::Same => {}
            Source::Fixed(0) => self.asm.push(0),
            Source::Fixed(r) => self.asm.load(register(r)),
            Source::Field => {
                self.asm.dup_item(Item::Word);
                self.register_address(bit);
                self.asm.op(MLOAD);
            }
        }
    }

    /// Takes the result from the stack, or leaves it there for the next word.
    pub(crate) fn write(&mut self) {
        if self.part.rd == Target::Dead {
            return;
        }
        if self.forward {
            self.asm.dup(1);
        }
        match self.part.rd {
            Target::Fixed(r) => self.asm.store(register(r)),
            _ => {
                self.last_word();
                self.register_address(A);
                self.asm.op(MSTORE);
            }
        }
    }

    /// Puts the word above the top, or a copy if it is still needed.
    pub(crate) fn last_word(&mut self) {
        if self.last && self.asm.depth(Item::Word) == 2 {
            self.asm.swap(1);
            self.asm.name(Item::Tmp);
        } else {
            self.asm.dup_item(Item::Word);
        }
    }

    fn constant(&mut self) {
        match self.part.imm {
            Some(imm) => self.signed(imm),
            None => {
                self.word_field(CONSTANT, 0);
                self.asm.sign_extend(5);
            }
        }
        self.write();
    }

    /// Puts a constant on the stack.
    pub(crate) fn signed(&mut self, value: i32) {
        if value < 0 {
            self.asm.push(!value as u32 as u64);
            self.asm.op(NOT);
        } else {
            self.asm.push(value as u64);
        }
    }
}
