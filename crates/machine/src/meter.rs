//! Weight and pages of a chunk.

use crate::params::*;

/// Code pages that an index can be on.
const CODE_PAGES: usize = TEXT_INDICES as usize / CODE_PAGE_WORDS;

#[derive(Debug, Clone)]
pub(crate) struct Meter {
    /// Weight so far. The interpreter adds instructions at jumps and when it stops.
    pub(crate) weight: u64,
    /// Weight from which a jump or the end of a code page ends the chunk: none once the pages are used up, so that jumps make one comparison.
    pub(crate) limit: u64,
    /// Part of the weight that is not instructions.
    overhead: u64,
    pages: u64,
    /// Pages touched since the pages are used up.
    spare: u64,
    /// Longest bytes of an `ECALL`.
    pub(crate) longest_call: u64,
    /// Code pages fetched from, in order of first fetch.
    pub(crate) code_pages: Vec<u32>,
    fetched: Box<[bool; CODE_PAGES]>,
    pub(crate) ecalls: [u64; 5],
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            weight: 0,
            limit: CHUNK_WEIGHT,
            overhead: 0,
            pages: 0,
            spare: 0,
            longest_call: 0,
            code_pages: Vec::new(),
            fetched: Box::new([false; CODE_PAGES]),
            ecalls: [0; 5],
        }
    }

    pub(crate) fn reset(&mut self) {
        for &page in &self.code_pages {
            self.fetched[page as usize] = false;
        }
        self.code_pages.clear();
        (self.weight, self.limit, self.overhead, self.ecalls) = (0, CHUNK_WEIGHT, 0, [0; 5]);
        (self.pages, self.spare, self.longest_call) = (0, 0, 0);
    }

    /// Adds weight that is not an instruction's.
    pub(crate) const fn add(&mut self, weight: u64) {
        self.weight += weight;
        self.overhead += weight;
    }

    /// Meters the first touch of a data page; `None` if the chunk has no room for it.
    pub(crate) const fn touch(&mut self) -> Option<()> {
        if self.pages >= CHUNK_PAGES {
            if self.spare == SPARE_PAGES {
                return None;
            }
            self.spare += 1;
        }
        self.add_pages(1);
        Some(())
    }

    pub(crate) const fn add_pages(&mut self, pages: u64) {
        self.pages += pages;
        if self.pages >= CHUNK_PAGES {
            self.limit = 0;
        }
    }

    /// Meters a fetch from the code page of an index.
    #[inline(always)]
    pub(crate) fn fetch(&mut self, index: u32) {
        if !self.fetched[(index >> 8) as usize % CODE_PAGES] {
            self.first_fetch(index >> 8);
        }
    }

    #[cold]
    #[inline(never)]
    fn first_fetch(&mut self, page: u32) {
        self.fetched[page as usize % CODE_PAGES] = true;
        self.add(CODE_PAGE_WEIGHT + self.code_pages.len() as u64 / CODE_PAGES_PER_WEIGHT);
        self.code_pages.push(page);
    }

    /// Whether an `ECALL` that needs so much still belongs to this chunk.
    pub(crate) const fn fits(&self, weight: u64, pages: u64) -> bool {
        self.weight + weight <= CHUNK_WEIGHT && self.pages + pages <= CHUNK_PAGES
    }

    pub(crate) const fn instructions(&self) -> u64 {
        self.weight - self.overhead
    }

    /// Whether nothing has happened in this chunk.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.weight == 0
    }
}
