//! `order.txt`: functions in the order in which they lie, each with the words that run: `name words first-last …`.

use super::elf::Elf;
use eyre::OptionExt;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::ops::Range;

/// Functions that come first, and the words of theirs that run.
#[derive(Debug)]
pub struct Order {
    pub functions: Vec<Range<usize>>,
    pub runs: HashSet<usize>,
}

impl Order {
    /// What is said about functions that are gone is left out; one that has another length now counts as if all of it ran.
    pub fn parse(text: &str, elf: &Elf) -> eyre::Result<Self> {
        let known: HashMap<&str, Range<usize>> = ranges(elf).map(|(range, name)| (name, range)).collect();
        let (mut functions, mut runs) = (Vec::new(), HashSet::new());
        for line in text.lines() {
            let mut fields = line.split_whitespace();
            let name = fields.next().ok_or_eyre("an empty line")?;
            let Some(range) = known.get(name).cloned() else { continue };
            let words: usize = fields.next().ok_or_eyre("no length")?.parse()?;
            if words == range.len() {
                for part in fields {
                    let (first, last) = part.split_once('-').ok_or_eyre("no range")?;
                    let (first, last): (usize, usize) = (first.parse()?, last.parse()?);
                    runs.extend((range.start + first..=range.start + last).filter(|index| range.contains(index)));
                }
            } else {
                runs.extend(range.clone());
            }
            functions.push(range);
        }
        Ok(Self { functions, runs })
    }
}

/// Lines for a program: `heat` of each word is the part of the chunks in which it runs.
pub fn write_order(elf: &Elf, heat: &[f64]) -> String {
    let mut functions: Vec<_> = ranges(elf)
        .map(|(range, name)| {
            let most = heat[range.clone()].iter().copied().fold(0.0, f64::max);
            (most, range, name)
        })
        .filter(|(most, ..)| *most > 0.0)
        .collect();
    functions.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.start.cmp(&b.1.start)));
    let mut text = String::new();
    for (_, range, name) in functions {
        write!(text, "{name} {}", range.len()).expect("a string takes everything");
        let runs: Vec<usize> = (0..range.len()).filter(|offset| heat[range.start + offset] > 0.0).collect();
        for part in runs.chunk_by(|a, b| a + 1 == *b) {
            write!(text, " {}-{}", part[0], part[part.len() - 1]).expect("a string takes everything");
        }
        text.push('\n');
    }
    text
}

/// Words of each function, and its name.
fn ranges(elf: &Elf) -> impl Iterator<Item = (Range<usize>, &str)> {
    let ends = elf.functions.iter().skip(1).map(|(start, _)| *start).chain([elf.text.len()]);
    elf.functions.iter().zip(ends).map(|((start, name), end)| (*start..end, name.as_str()))
}
