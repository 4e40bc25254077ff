//! Text to ROM words.

use crate::{
    assemble::{Assembled, Handler},
    layout::*,
    lower::{Kind, Lowered, lower_page},
    pattern,
};
use std::collections::HashMap;

/// Chooses handlers for words.
#[derive(Debug)]
pub(crate) struct Translator<'a> {
    by_kind: HashMap<Kind, Vec<&'a Handler>>,
}

impl<'a> Translator<'a> {
    pub(crate) fn new(executor: &'a Assembled) -> Self {
        Self::of(executor.handlers.iter())
    }

    /// The same with these handlers only.
    pub(crate) fn of(handlers: impl Iterator<Item = &'a Handler>) -> Self {
        let mut by_kind: HashMap<Kind, Vec<&Handler>> = HashMap::new();
        for handler in handlers {
            by_kind.entry(handler.pattern[0].kind).or_default().push(handler);
        }
        Self { by_kind }
    }

    /// The handlers of a code page's words: those that take least gas from each word to the end of the page.
    pub(crate) fn choose(&self, page: &[Lowered]) -> Vec<&'a Handler> {
        let mut gas = vec![0; page.len() + 2];
        let mut chosen = Vec::with_capacity(page.len());
        for i in (0..page.len()).rev() {
            let candidates = self.by_kind[&page[i].kind].iter().filter(|h| pattern::matches(&h.pattern, &page[i..]));
            let cost = |handler: &Handler| {
                let after =
                    if pattern::is_terminal(&handler.pattern) { 0 } else { gas[i + pattern::span(&handler.pattern)] };
                handler.gas + after
            };
            let (best, least) = candidates
                .map(|&handler| (handler, cost(handler)))
                .min_by_key(|&(handler, cost)| (cost, handler.entry))
                .expect("every kind has a handler");
            gas[i] = least;
            chosen.push(best);
        }
        chosen.reverse();
        chosen
    }
}

/// ROM words of a text, whole code pages.
pub(crate) fn rom_words(executor: &Assembled, text: &[u32]) -> Vec<u64> {
    let translator = Translator::new(executor);
    let mut rom = Vec::with_capacity(text.len().next_multiple_of(CODE_PAGE_WORDS));
    for (page, words) in text.chunks(CODE_PAGE_WORDS).enumerate() {
        // The rest of the last page faults.
        let mut padded = words.to_vec();
        padded.resize(CODE_PAGE_WORDS, 0);
        let lowered = lower_page((page * CODE_PAGE_WORDS) as u32, &padded);
        let chosen = translator.choose(&lowered);
        rom.extend(lowered.iter().zip(chosen).map(|(word, handler)| u64::from(handler.entry) << 48 | word.fields()));
    }
    rom
}
