//! Where each word goes.

use super::blocks::{Blocks, Use, is_branch, is_end};
use super::order::Order;
use eyre::{OptionExt, ensure};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Words that a branch reaches, either way.
const REACH: usize = 1023;
/// Branches that do not reach their target go to a jump there, at most so many words further.
const NEAR: usize = 900;
/// From here on, jumps are put where nothing runs into them.
const SOON: usize = 400;

/// A word of the new text.
#[derive(Debug, Clone, Copy)]
pub enum Word {
    Old(usize),
    /// A jump to an old word that is not there in the old text.
    Jump(usize),
}

#[derive(Debug, Default)]
pub struct Placed {
    pub words: Vec<Word>,
    /// Where each old word is.
    new: Vec<usize>,
    /// Branches that go to a jump, and where that is.
    pub by_jump: HashMap<usize, usize>,
    /// Branches with the opposite condition, and what they go to.
    pub opposite: HashMap<usize, usize>,
}

impl Placed {
    pub fn new_index(&self, old: usize) -> eyre::Result<usize> {
        self.new.get(old).copied().ok_or_eyre("an index out of the text")
    }
}

pub fn place(blocks: &Blocks, order: &Order) -> eyre::Result<Placed> {
    let sequence = sequence(blocks, order);
    let last = *blocks.text.last().ok_or_eyre("no text")?;
    ensure!(is_end(last), "the text runs on behind its end");
    let mut far = HashSet::new();
    loop {
        let placed = lay(blocks, &sequence, &far)?;
        let too_far: Vec<usize> = branches(blocks)
            .filter(|&(branch, target)| !reaches(&placed, branch, target))
            .map(|(branch, _)| branch)
            .collect();
        if too_far.is_empty() {
            return Ok(placed);
        }
        let known = far.len();
        far.extend(too_far);
        ensure!(far.len() > known, "a branch does not even reach a jump");
    }
}

/// Blocks that run, by function; the others of these functions; everything else.
fn sequence(blocks: &Blocks, order: &Order) -> Vec<Range<usize>> {
    let of = |function: &Range<usize>| {
        let first = blocks.starts.partition_point(|&start| start < function.start);
        let last = blocks.starts.partition_point(|&start| start < function.end);
        blocks.starts[first..=last].windows(2).map(|pair| pair[0]..pair[1])
    };
    let named: HashSet<usize> = order.functions.iter().flat_map(of).map(|block| block.start).collect();
    let runs = |block: &Range<usize>| order.runs.contains(&block.start);
    let mut sequence: Vec<Range<usize>> = order.functions.iter().flat_map(of).filter(runs).collect();
    sequence.extend(order.functions.iter().flat_map(of).filter(|block| !runs(block)));
    sequence.extend(blocks.iter().filter(|block| !named.contains(&block.start)));
    sequence
}

/// Lays blocks out in this order, with jumps where one ran into another that is elsewhere, and for the branches in `far`.
fn lay(blocks: &Blocks, sequence: &[Range<usize>], far: &HashSet<usize>) -> eyre::Result<Placed> {
    let mut placed = Placed { new: vec![usize::MAX; blocks.text.len()], ..Placed::default() };
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    let mut runs_on = false;
    for (at, block) in sequence.iter().enumerate() {
        if let Some(&(first, _)) = waiting.first() {
            let distance = placed.words.len() + block.len() + waiting.len() - placed.new[first];
            if distance > NEAR || (distance > SOON && !runs_on) {
                if runs_on {
                    placed.words.push(Word::Jump(block.start));
                }
                put_jumps(&mut placed, &mut waiting);
            }
        }
        for old in block.clone() {
            ensure!(placed.new[old] == usize::MAX, "a word in two places");
            placed.new[old] = placed.words.len();
            placed.words.push(Word::Old(old));
        }
        let (last, behind) = (block.end - 1, block.end);
        let next = sequence.get(at + 1).map(|block| block.start);
        runs_on = !is_end(blocks.text[last]);
        if let Use::Branch(mut target) = blocks.uses[last] {
            if next == Some(target) && next != Some(behind) {
                placed.opposite.insert(last, behind);
                target = behind;
            } else if next != Some(behind) {
                placed.words.push(Word::Jump(behind));
                runs_on = false;
            }
            if far.contains(&last) {
                waiting.push((last, target));
            }
        } else if runs_on && next != Some(behind) {
            placed.words.push(Word::Jump(behind));
            runs_on = false;
        }
    }
    put_jumps(&mut placed, &mut waiting);
    Ok(placed)
}

fn put_jumps(placed: &mut Placed, waiting: &mut Vec<(usize, usize)>) {
    let mut jumps = HashMap::new();
    for (branch, target) in waiting.drain(..) {
        let jump = *jumps.entry(target).or_insert_with(|| {
            placed.words.push(Word::Jump(target));
            placed.words.len() - 1
        });
        placed.by_jump.insert(branch, jump);
    }
}

fn branches(blocks: &Blocks) -> impl Iterator<Item = (usize, usize)> {
    let target = |(index, word_use): (usize, &Use)| match *word_use {
        Use::Branch(target) if is_branch(blocks.text[index]) => Some((index, target)),
        _ => None,
    };
    blocks.uses.iter().enumerate().filter_map(target)
}

fn reaches(placed: &Placed, branch: usize, target: usize) -> bool {
    let target = placed.opposite.get(&branch).copied().unwrap_or(target);
    let place = placed.by_jump.get(&branch).copied().unwrap_or(placed.new[target]);
    place.abs_diff(placed.new[branch]) <= REACH
}
