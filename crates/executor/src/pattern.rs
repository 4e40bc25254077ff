//! What a handler is made for: a few consecutive words.

use crate::lower::{Kind, Lowered};
use lux_machine::Op;

/// Where an operand comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The register in the field.
    Field,
    /// Always this register.
    Fixed(u8),
    /// The result of the word before, which is still on the stack.
    Previous,
    /// Of a load or store after one with the same operation: the register that gives that one's address, unchanged. The
    /// immediate is the distance from that address.
    Same,
}

/// Where a result goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// The register in the field.
    Field,
    /// Always this register.
    Fixed(u8),
    /// Nowhere: only the next word reads it, and that overwrites it.
    Dead,
}

/// A word of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) rd: Target,
    pub(crate) rs1: Source,
    pub(crate) rs2: Source,
    /// Immediate, if it is always the same.
    pub(crate) imm: Option<i32>,
}

/// Words that one handler runs.
pub(crate) type Pattern = Vec<Part>;

impl Part {
    pub(crate) const fn generic(kind: Kind) -> Self {
        Self { kind, rd: Target::Field, rs1: Source::Field, rs2: Source::Field, imm: None }
    }

    /// Whether this word may stand in a group.
    fn matches_same(&self, word: &Lowered) -> bool {
        let fixed = match self.rd {
            Target::Fixed(rd) => rd == word.rd,
            _ => true,
        };
        let stored = match self.rs2 {
            Source::Fixed(rs2) => rs2 == word.rs2,
            _ => true,
        };
        word.kind == self.kind && fixed && stored
    }

    /// Whether this word may stand here after `before`.
    fn matches(&self, word: &Lowered, before: Option<(&Self, &Lowered)>) -> bool {
        let source = |source, reads: bool, register: u8| {
            let forwarded = before.is_some_and(|(part, word)| part.kind.is_value() && word.rd == register);
            match source {
                Source::Previous => reads && forwarded,
                // A dead result is not in its register.
                _ if reads && forwarded && before.is_some_and(|(part, _)| part.rd == Target::Dead) => false,
                Source::Fixed(fixed) => reads && fixed == register,
                Source::Field => true,
                Source::Same => false,
            }
        };
        let (reads1, reads2) = word.kind.reads();
        word.kind == self.kind
            && self.imm.is_none_or(|imm| i64::from(imm) == word.imm)
            && match self.rd {
                Target::Fixed(rd) => rd == word.rd,
                _ => true,
            }
            && before
                .is_none_or(|(part, before)| part.rd != Target::Dead || (word.kind.is_value() && before.rd == word.rd))
            && source(self.rs1, reads1, word.rs1)
            && source(self.rs2, reads2, word.rs2)
    }
}

/// Operations of which one handler runs several at distances from one address. Two of them have a generic handler, which goes
/// on where they are not all on one page.
pub(crate) const GROUPED: [Op; 4] = [Op::Ld, Op::Lbu, Op::Sd, Op::Sb];

/// Whether the pattern is right for the words from here on. All words lie on one code page.
pub(crate) fn matches(pattern: &[Part], words: &[Lowered]) -> bool {
    let mut before = None;
    let mut at = 0;
    pattern.iter().all(|part| {
        let Some(word) = words.get(at) else { return false };
        let matched = match part.rs1 {
            Source::Same => is_group(&words[..=at], part.imm) && part.matches_same(word),
            _ => part.matches(word, before),
        };
        before = Some((part, word));
        at += part.kind.span();
        matched && at <= words.len()
    })
}

/// Whether these words have one operation and one base, which none but the last changes, and the last is so far from the
/// first.
fn is_group(words: &[Lowered], distance: Option<i32>) -> bool {
    let [first, .., last] = words else { return false };
    let base = first.rs1;
    words.iter().all(|word| word.kind == first.kind && word.rs1 == base)
        && (!first.kind.is_load() || words[..words.len() - 1].iter().all(|word| word.rd != base))
        && distance.is_some_and(|distance| last.imm - first.imm == i64::from(distance))
}

/// Distances from the first word's address at which the rest of a group lies. Groups are at the start of a pattern.
pub(crate) fn group(pattern: &[Part]) -> Vec<i32> {
    let rest = pattern[1..].iter().take_while(|part| part.rs1 == Source::Same);
    rest.map(|part| part.imm.expect("a group has fixed distances")).collect()
}

/// Words of a pattern.
pub(crate) fn span(pattern: &[Part]) -> usize {
    pattern.iter().map(|part| part.kind.span()).sum()
}

/// Whether the word after is never reached.
pub(crate) fn is_terminal(pattern: &[Part]) -> bool {
    pattern.last().is_some_and(|part| part.kind.is_terminal())
}

/// Patterns that any program can be run with.
pub(crate) fn generic() -> Vec<Pattern> {
    let ops = Op::ALL.iter().filter(|op| !matches!(op, Op::Lui | Op::Auipc | Op::Fence | Op::FenceI | Op::Illegal));
    let kinds = [Kind::Fault, Kind::Nop, Kind::Li, Kind::Li2, Kind::J, Kind::FarJ, Kind::Jr];
    let far = [Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu].map(Kind::Far);
    let single = kinds.into_iter().chain(far).chain(ops.map(|&op| Kind::Op(op)));
    let pairs = GROUPED.map(|op| vec![Part::generic(Kind::Op(op)); 2]);
    single.map(|kind| vec![Part::generic(kind)]).chain(pairs).collect()
}
