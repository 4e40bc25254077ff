//! Patterns as text: `kind rd rs1 rs2 imm; …`, where `.` stands for the word's field, `x5` for this register always,
//! `^` for the result before, `_` for a result that is not kept, `#8` for this immediate always, and `= … #8` for 8 bytes behind the address of the first
//! word.

use crate::{
    lower::Kind,
    pattern::{Part, Pattern, Source, Target},
};
#[cfg(any(feature = "tune", test))]
use core::fmt::Write;
use lux_machine::Op;

const SYNTHETIC: [(&str, Kind); 13] = [
    ("fault", Kind::Fault),
    ("nop", Kind::Nop),
    ("li", Kind::Li),
    ("li2", Kind::Li2),
    ("j", Kind::J),
    ("jr", Kind::Jr),
    ("far.j", Kind::FarJ),
    ("far.beq", Kind::Far(Op::Beq)),
    ("far.bne", Kind::Far(Op::Bne)),
    ("far.blt", Kind::Far(Op::Blt)),
    ("far.bge", Kind::Far(Op::Bge)),
    ("far.bltu", Kind::Far(Op::Bltu)),
    ("far.bgeu", Kind::Far(Op::Bgeu)),
];

/// Reads a pattern.
pub(crate) fn parse(line: &str) -> Option<Pattern> {
    line.split(';').map(part).collect()
}

fn part(text: &str) -> Option<Part> {
    let mut words = text.split_whitespace();
    let name = words.next()?;
    let kind = SYNTHETIC
        .iter()
        .find(|(synthetic, _)| *synthetic == name)
        .map(|&(_, kind)| kind)
        .or_else(|| Op::ALL.iter().find(|op| op.mnemonic() == name).map(|&op| Kind::Op(op)))?;
    let register = |word: &str| word.strip_prefix('x')?.parse().ok();
    let source = |word: &str| match word {
        "." => Some(Source::Field),
        "^" => Some(Source::Previous),
        "=" => Some(Source::Same),
        _ => register(word).map(Source::Fixed),
    };
    let rd = match words.next()? {
        "." => Target::Field,
        "_" => Target::Dead,
        word => Target::Fixed(register(word)?),
    };
    let [rs1, rs2] = [source(words.next()?)?, source(words.next()?)?];
    let imm = match words.next()? {
        "." => None,
        word => Some(word.strip_prefix('#')?.parse().ok()?),
    };
    Some(Part { kind, rd, rs1, rs2, imm })
}

/// Writes a pattern.
#[cfg(any(feature = "tune", test))]
pub(crate) fn write(pattern: &[Part]) -> String {
    let mut text = String::new();
    for (i, part) in pattern.iter().enumerate() {
        let name = SYNTHETIC.iter().find(|(_, kind)| *kind == part.kind).map(|&(name, _)| name);
        let name = name.unwrap_or_else(|| if let Kind::Op(op) = part.kind { op.mnemonic() } else { "" });
        let rd = match part.rd {
            Target::Field => ".".into(),
            Target::Dead => "_".into(),
            Target::Fixed(r) => format!("x{r}"),
        };
        let [rs1, rs2] = [part.rs1, part.rs2].map(|source| match source {
            Source::Field => ".".into(),
            Source::Previous => "^".into(),
            Source::Same => "=".into(),
            Source::Fixed(r) => format!("x{r}"),
        });
        let imm = part.imm.map_or_else(|| ".".into(), |imm| format!("#{imm}"));
        let separator = if i == 0 { "" } else { "; " };
        write!(text, "{separator}{name} {rd} {rs1} {rs2} {imm}").expect("a string takes everything");
    }
    text
}
