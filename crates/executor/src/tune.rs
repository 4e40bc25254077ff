//! Chooses the handlers in `fused.txt` from traces. Only `examples/tune.rs` uses it.

use crate::{
    assemble::{Assembled, EXECUTOR, MAX_CODE_BYTES, assemble},
    layout::*,
    lower::{Kind, Lowered, lower_page},
    pattern::{self, GROUPED, Part, Pattern, Source, Target},
    pattern_text,
    translate::Translator,
};
use lux_machine::Op;
use std::collections::{HashMap, HashSet};

/// Patterns are tried up to this many words.
const MAX_WORDS: usize = 4;

/// How often the patterns that are worth least make room for others, and how much.
const ROUNDS: usize = 2;
const FREED_BYTES: usize = 3_000;

struct Page {
    words: Vec<Lowered>,
    counts: Vec<u64>,
}

/// Names of the parts of the executor's code, and where they end.
pub fn sections() -> Vec<(String, usize)> {
    let executor = &*EXECUTOR;
    let mut sections: Vec<(String, usize)> =
        executor.sections.iter().map(|&(name, end)| (name.to_owned(), end)).collect();
    let mut handlers: Vec<_> = executor.handlers.iter().map(|h| (usize::from(h.entry), &h.pattern)).collect();
    handlers.sort_by_key(|&(entry, _)| entry);
    let first = |pattern: &Pattern| !matches!(pattern[0].kind, Kind::J | Kind::FarJ);
    let starts: Vec<_> = handlers.iter().filter(|(_, pattern)| first(pattern)).collect();
    // Before the first handler are the taken branches.
    sections.push(("taken branches".into(), starts[0].0));
    for (index, (_, pattern)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(executor.code.len(), |next| next.0);
        sections.push((pattern_text::write(pattern), end));
    }
    sections
}

/// Lines of `fused.txt` for a text, given how often each word runs.
pub fn tune(text: &[u32], counts: &[u64], report: &mut dyn FnMut(String)) -> Vec<String> {
    let pages: Vec<Page> = text
        .chunks(CODE_PAGE_WORDS)
        .zip(counts.chunks(CODE_PAGE_WORDS))
        .enumerate()
        .filter(|(_, (_, counts))| counts.iter().any(|&count| count > 0))
        .map(|(page, (words, counts))| Page {
            words: lower_page((page * CODE_PAGE_WORDS) as u32, words),
            counts: counts.to_vec(),
        })
        .collect();
    let mut candidates: HashSet<Pattern> = HashSet::new();
    for page in &pages {
        for at in 0..page.words.len() {
            if page.counts[at] > 0 {
                candidates.extend(patterns_at(&page.words[at..], &page.counts[at..]));
            }
        }
    }
    let generic: HashSet<Pattern> = pattern::generic().into_iter().collect();
    candidates.retain(|candidate| !generic.contains(candidate));
    let total: u64 = counts.iter().sum();
    let mut gains = measure(&candidates, &pages);
    report(format!("{} candidates", gains.len()));
    let mut chosen: Vec<Candidate> = Vec::new();
    let (mut best_lines, mut least_gas) = (Vec::new(), u64::MAX);
    let mut rounds = ROUNDS;
    loop {
        let patterns: Vec<Pattern> = chosen.iter().map(|candidate| candidate.pattern.clone()).collect();
        let executor = assemble(&patterns);
        let room = MAX_CODE_BYTES.saturating_sub(executor.code.len());
        let best = cover(&executor, &pages);
        let translator = Translator::new(&executor);
        let gas: u64 = pages.iter().map(|page| running_gas(&translator, page)).sum();
        report(format!(
            "{} patterns, {} bytes, {:.2} gas",
            chosen.len(),
            executor.code.len(),
            gas as f64 / total.max(1) as f64
        ));
        let mut ranked: Vec<(f64, usize)> = gains
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.bytes <= room)
            .map(|(i, candidate)| (candidate.gain(&pages, &best) as f64 / candidate.bytes as f64, i))
            .filter(|&(gain, _)| gain > 0.0)
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        // A few at a time, since each changes what the others gain.
        let mut taken = Vec::new();
        let mut used = 0;
        for &(_, i) in &ranked {
            if used + gains[i].bytes <= room.min(600) {
                used += gains[i].bytes;
                taken.push(i);
            }
        }
        if taken.is_empty() {
            if gas < least_gas {
                best_lines = patterns.iter().map(|pattern| pattern_text::write(pattern)).collect();
                least_gas = gas;
            }
            if rounds == 0 {
                return best_lines;
            }
            rounds -= 1;
            gains.extend(drop_idle(&mut chosen, &executor, &pages));
            continue;
        }
        taken.sort_unstable();
        for i in taken.into_iter().rev() {
            chosen.push(gains.swap_remove(i));
        }
    }
}

/// Takes out the patterns that later ones have made worth least for their bytes.
fn drop_idle(chosen: &mut Vec<Candidate>, executor: &Assembled, pages: &[Page]) -> Vec<Candidate> {
    let generic = executor.handlers.len() - chosen.len();
    let translator = Translator::new(executor);
    let running: Vec<(u64, HashSet<u16>)> = pages
        .iter()
        .map(|page| {
            let entries = translator.choose(&page.words).into_iter().map(|handler| handler.entry).collect();
            (running_gas(&translator, page), entries)
        })
        .collect();
    let worth = |index: usize| {
        let entry = executor.handlers[generic + index].entry;
        let translator = Translator::of(executor.handlers.iter().filter(|handler| handler.entry != entry));
        let users = pages.iter().zip(&running).filter(|(_, (_, entries))| entries.contains(&entry));
        let lost = users.map(|(page, (gas, _))| running_gas(&translator, page).saturating_sub(*gas));
        lost.sum::<u64>() as f64 / chosen[index].bytes as f64
    };
    let mut ranked: Vec<(f64, usize)> = (0..chosen.len()).map(|index| (worth(index), index)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut freed = 0;
    let mut idle: Vec<usize> = Vec::new();
    for &(_, index) in &ranked {
        if freed < FREED_BYTES {
            freed += chosen[index].bytes;
            idle.push(index);
        }
    }
    idle.sort_unstable();
    idle.into_iter().rev().map(|index| chosen.remove(index)).collect()
}

struct Candidate {
    pattern: Pattern,
    bytes: usize,
    gas: u64,
    places: Vec<(usize, usize)>,
}

impl Candidate {
    /// Gas saved by taking this pattern where it is better than what is there.
    fn gain(&self, pages: &[Page], best: &[Vec<u64>]) -> u64 {
        let span = pattern::span(&self.pattern);
        let terminal = pattern::is_terminal(&self.pattern);
        let saved = |&(page, at): &(usize, usize)| {
            let after = if terminal { 0 } else { best[page][at + span] };
            let before = best[page][at];
            pages[page].counts[at] * before.saturating_sub(after + self.gas)
        };
        self.places.iter().map(saved).sum()
    }
}

fn measure(candidates: &HashSet<Pattern>, pages: &[Page]) -> Vec<Candidate> {
    let base = assemble(&[]).code.len();
    let mut by_kind: HashMap<Kind, Vec<(usize, usize)>> = HashMap::new();
    for (p, page) in pages.iter().enumerate() {
        for (at, word) in page.words.iter().enumerate().filter(|&(at, _)| page.counts[at] > 0) {
            by_kind.entry(word.kind).or_default().push((p, at));
        }
    }
    let mut list: Vec<&Pattern> = candidates.iter().collect();
    list.sort_by_cached_key(|pattern| pattern_text::write(pattern));
    list.into_iter()
        .filter_map(|pattern| {
            let places: Vec<(usize, usize)> = by_kind[&pattern[0].kind]
                .iter()
                .copied()
                .filter(|&(p, at)| pattern::matches(pattern, &pages[p].words[at..]))
                .collect();
            let runs: u64 = places.iter().map(|&(p, at)| pages[p].counts[at]).sum();
            let all: u64 = pages.iter().flat_map(|page| &page.counts).sum();
            if runs * 20_000 < all {
                return None;
            }
            let assembled = assemble(core::slice::from_ref(pattern));
            let gas = assembled.handlers.last()?.gas;
            Some(Candidate { pattern: pattern.clone(), bytes: assembled.code.len() - base, gas, places })
        })
        .collect()
}

/// Gas from each word to the end of its page or a jump.
fn cover(executor: &Assembled, pages: &[Page]) -> Vec<Vec<u64>> {
    let translator = Translator::new(executor);
    let gas_of = |page: &Page| {
        let mut gas = vec![0; page.words.len() + 2];
        for (i, handler) in translator.choose(&page.words).into_iter().enumerate().rev() {
            let after =
                if pattern::is_terminal(&handler.pattern) { 0 } else { gas[i + pattern::span(&handler.pattern)] };
            gas[i] = handler.gas + after;
        }
        gas
    };
    pages.iter().map(gas_of).collect()
}

/// Gas of a page's instructions as often as they run, as if control only entered at the starts of handlers.
fn running_gas(translator: &Translator<'_>, page: &Page) -> u64 {
    let chosen = translator.choose(&page.words);
    let mut at = 0;
    let mut total = 0;
    while at < page.words.len() {
        total += page.counts[at] * chosen[at].gas;
        at += pattern::span(&chosen[at].pattern);
    }
    total
}

/// Patterns that fit here, from general to special.
fn patterns_at(words: &[Lowered], counts: &[u64]) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    let mut plain: Pattern = Vec::new();
    let mut fixed: Pattern = Vec::new();
    let mut stack: Pattern = Vec::new();
    let mut at = 0;
    while at < words.len().min(MAX_WORDS) {
        let word = &words[at];
        if counts[at] == 0
            || matches!(word.kind, Kind::Op(Op::Ecall) | Kind::Fault | Kind::Far(_) | Kind::FarJ)
            || at + word.kind.span() > MAX_WORDS
        {
            break;
        }
        let before = if at == 0 { None } else { plain.len().checked_sub(1).map(|i| &words[at - plain[i].kind.span()]) };
        let next = words.get(at + word.kind.span()).filter(|_| at + word.kind.span() < MAX_WORDS);
        let part = |level| specialise(word, before, next, level);
        for (list, level) in [(&mut plain, 0), (&mut stack, 1), (&mut fixed, 2)] {
            // What the word before leaves dead must be right for this one.
            list.push(part(level));
        }
        at += word.kind.span();
        for (list, grouped) in [&plain, &stack, &fixed].into_iter().flat_map(|list| [(list, false), (list, true)]) {
            let mut pattern = list.clone();
            if grouped && !group(&mut pattern, words) {
                continue;
            }
            if let Some(last) = pattern.last_mut()
                && last.rd == Target::Dead
            {
                last.rd = if word.rd < 32 && list == &fixed { Target::Fixed(word.rd) } else { Target::Field };
            }
            if pattern::matches(&pattern, words) {
                patterns.push(pattern);
            }
        }
        if word.kind.is_terminal() {
            break;
        }
    }
    patterns
}

/// Makes a group of the loads or stores at the start; `false` if there is none.
fn group(pattern: &mut Pattern, words: &[Lowered]) -> bool {
    let Kind::Op(op) = pattern[0].kind else { return false };
    if !GROUPED.contains(&op) || pattern[0].rs1 == Source::Previous {
        return false;
    }
    for length in (2..=pattern.len()).rev() {
        let mut grouped = pattern.clone();
        for (part, word) in grouped[..length].iter_mut().zip(words).skip(1) {
            part.rs1 = Source::Same;
            part.imm = i32::try_from(word.imm - words[0].imm).ok();
        }
        let distances = grouped[1..length].iter().map(|part| part.imm.unwrap_or(i32::MAX));
        if distances.into_iter().all(|distance| distance.unsigned_abs() < 64) && pattern::matches(&grouped, words) {
            *pattern = grouped;
            return true;
        }
    }
    false
}

fn specialise(word: &Lowered, before: Option<&Lowered>, next: Option<&Lowered>, level: u8) -> Part {
    let (reads1, reads2) = word.kind.reads();
    let common = |r: u8| level == 2 || r == 0 || (level == 1 && (r == 1 || r == 2));
    let source = |reads: bool, register: u8, previous: bool| match before {
        _ if !reads => Source::Field,
        Some(before) if previous && before.kind.is_value() && before.rd == register => Source::Previous,
        _ if common(register) => Source::Fixed(register),
        _ => Source::Field,
    };
    let (rs1, rs2) = (source(reads1, word.rs1, true), source(reads2, word.rs2, !word.kind.is_store()));
    let dead = word.kind.is_value()
        && next.is_some_and(|next| {
            let (reads1, reads2) = next.kind.reads();
            next.kind.is_value()
                && next.rd == word.rd
                && ((reads1 && next.rs1 == word.rd) || (reads2 && next.rs2 == word.rd))
        });
    let links = matches!(word.kind, Kind::Op(Op::Jal | Op::Jalr));
    let rd = match () {
        () if dead => Target::Dead,
        () if (word.kind.is_value() || links) && common(word.rd) && word.rd > 0 && word.rd < SINK => {
            Target::Fixed(word.rd)
        }
        () => Target::Field,
    };
    let common_imm = match word.kind {
        Kind::Jr => word.imm == 0,
        Kind::Op(Op::Slli | Op::Srli | Op::Srai | Op::Slliw | Op::Srliw | Op::Andi | Op::Sltiu | Op::Xori) => true,
        Kind::Op(Op::Addi | Op::Addiw) => level > 0 || matches!(word.imm, -1..=1 | 8),
        kind if kind.is_load() || kind.is_store() => word.imm == 0,
        _ => false,
    };
    let imm = (common_imm && i32::try_from(word.imm).is_ok()).then_some(word.imm as i32);
    Part { kind: word.kind, rd, rs1, rs2, imm }
}
