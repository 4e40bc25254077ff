//! A program: an image that obeys the rules.

use crate::{ImageError, Page, code::Code, elf, params::*, tree::Tree};
use alloy_primitives::B256;
use std::sync::Arc;

/// An image that obeys the rules, ready to run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    text: Vec<u32>,
    entry: u32,
    data: Vec<(u32, Box<Page>)>,
    code: Code,
    memory: Tree,
    memory_root: B256,
}

impl Program {
    /// A program of these words, which starts at the index `entry`, with these pages, in any order, in its memory.
    ///
    /// # Errors
    ///
    /// If the image breaks a rule of the machine.
    pub fn new(text: Vec<u32>, entry: u32, mut data: Vec<(u32, Box<Page>)>) -> Result<Self, ImageError> {
        if text.is_empty() || text.len() > MAX_TEXT_WORDS {
            return Err(ImageError::TextLength(text.len()));
        }
        if entry as usize >= text.len() {
            return Err(ImageError::Entry(entry));
        }
        data.sort_unstable_by_key(|(index, _)| *index);
        let mut memory = Tree::default();
        for (index, page) in &data {
            if *index as usize >= PAGES {
                return Err(ImageError::PageIndex(*index));
            }
            memory.set(*index, page, None);
        }
        if let Some(pair) = data.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(ImageError::DuplicatePage(pair[0].0));
        }
        let code = Code::new(&text);
        let memory_root = memory.root();
        Ok(Self { inner: Arc::new(Inner { text, entry, data, code, memory, memory_root }) })
    }

    /// The program of a static RISC-V executable: its executable segment, at [`TEXT_BASE`], is the text, its others are
    /// in the memory at their addresses.
    ///
    /// # Errors
    ///
    /// If the file is no such executable, or the image breaks a rule of the machine.
    pub fn from_elf(file: &[u8]) -> Result<Self, ImageError> {
        let (text, entry, data) = elf::parse(file)?;
        Self::new(text, entry, data)
    }

    /// Words of the text.
    pub fn text(&self) -> &[u32] {
        &self.inner.text
    }

    /// Index of the first word to run.
    pub fn entry(&self) -> u32 {
        self.inner.entry
    }

    /// Pages of the initial memory that were given, by ascending index.
    pub fn data(&self) -> &[(u32, Box<Page>)] {
        &self.inner.data
    }

    /// Root of the initial memory.
    pub fn memory_root(&self) -> B256 {
        self.inner.memory_root
    }

    pub(crate) fn code(&self) -> &Code {
        &self.inner.code
    }

    pub(crate) fn memory(&self) -> &Tree {
        &self.inner.memory
    }
}
