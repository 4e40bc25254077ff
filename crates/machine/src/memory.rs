//! The memory, and the window onto it that a chunk works in.

use crate::{
    Page,
    meter::Meter,
    params::*,
    tree::{Tree, ZERO_PAGE},
};
use alloy_primitives::B256;

/// Window slots: slot 0 stands for pages that were not touched. A power of two spares bounds checks.
const SLOTS: usize = 256;

/// A chunk touched more pages than it can.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooManyPages;

/// Memory of a machine. The first access to a page in a chunk copies it into a window; the end of the chunk copies what
/// changed back into the tree. So the check for a first touch is the translation of the address.
#[derive(Debug)]
pub(crate) struct Memory {
    tree: Tree,
    /// Slot of each page.
    slots: Box<[u8; PAGES]>,
    window: Box<[Page; SLOTS]>,
    /// The window as it is in the tree: cheaper to keep than to look up again.
    stored: Box<[Page; SLOTS]>,
    /// Pages in slots 1, 2, …
    touched: Vec<u32>,
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        let mut clone = Self::new(self.tree.clone());
        clone.touched.clone_from(&self.touched);
        for (slot, &page) in (1..).zip(&self.touched) {
            clone.slots[page as usize] = slot;
            clone.window[slot as usize] = self.window[slot as usize];
            clone.stored[slot as usize] = self.stored[slot as usize];
        }
        clone
    }
}

impl Memory {
    pub(crate) fn new(tree: Tree) -> Self {
        let slots = vec![0; PAGES].try_into().expect("a slot for each page");
        let window = || vec![ZERO_PAGE; SLOTS].try_into().expect("all slots");
        Self { tree, slots, window: window(), stored: window(), touched: Vec::new() }
    }

    /// Pages touched in this chunk, in order of first touch.
    pub(crate) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Loads `N` bytes, a power of two up to 8, at the address rounded down.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&mut self, meter: &mut Meter, address: u64) -> Result<[u8; N], TooManyPages> {
        let slot = self.slot(meter, address)?;
        let (cells, _) = self.window[slot].as_chunks::<N>();
        Ok(cells[address as usize % PAGE_BYTES / N])
    }

    /// Stores `N` bytes, a power of two up to 8, at the address rounded down.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(
        &mut self,
        meter: &mut Meter,
        address: u64,
        value: [u8; N],
    ) -> Result<(), TooManyPages> {
        let slot = self.slot(meter, address)?;
        let (cells, _) = self.window[slot].as_chunks_mut::<N>();
        cells[address as usize % PAGE_BYTES / N] = value;
        Ok(())
    }

    /// The bytes from an address on, around the end of memory.
    pub(crate) fn read(&mut self, meter: &mut Meter, address: u64, length: usize) -> Result<Vec<u8>, TooManyPages> {
        let mut bytes = vec![0; length];
        let mut rest = bytes.as_mut_slice();
        let mut address = address;
        while !rest.is_empty() {
            let offset = address as usize % PAGE_BYTES;
            let (piece, others) = rest.split_at_mut(rest.len().min(PAGE_BYTES - offset));
            let slot = self.slot(meter, address)?;
            piece.copy_from_slice(&self.window[slot][offset..offset + piece.len()]);
            address = address.wrapping_add(piece.len() as u64);
            rest = others;
        }
        Ok(bytes)
    }

    /// Writes bytes from an address on, around the end of memory.
    pub(crate) fn write(&mut self, meter: &mut Meter, address: u64, bytes: &[u8]) -> Result<(), TooManyPages> {
        let mut rest = bytes;
        let mut address = address;
        while !rest.is_empty() {
            let offset = address as usize % PAGE_BYTES;
            let (piece, others) = rest.split_at(rest.len().min(PAGE_BYTES - offset));
            let slot = self.slot(meter, address)?;
            self.window[slot][offset..offset + piece.len()].copy_from_slice(piece);
            address = address.wrapping_add(piece.len() as u64);
            rest = others;
        }
        Ok(())
    }

    #[inline(always)]
    fn slot(&mut self, meter: &mut Meter, address: u64) -> Result<usize, TooManyPages> {
        let page = (address / PAGE_BYTES as u64) as usize % PAGES;
        match self.slots[page] {
            0 => self.touch(meter, page),
            slot => Ok(slot as usize),
        }
    }

    #[cold]
    #[inline(never)]
    fn touch(&mut self, meter: &mut Meter, page: usize) -> Result<usize, TooManyPages> {
        meter.touch().ok_or(TooManyPages)?;
        self.touched.push(page as u32);
        let slot = self.touched.len();
        self.slots[page] = slot as u8;
        self.window[slot] = *self.tree.page(page as u32);
        self.stored[slot] = self.window[slot];
        Ok(slot)
    }

    /// Root of the memory as it is now.
    pub(crate) fn root(&mut self) -> B256 {
        self.sync(|_, _| ());
        self.tree.root()
    }

    /// The tree, up to date.
    pub(crate) fn tree(&mut self) -> &mut Tree {
        self.sync(|_, _| ());
        &mut self.tree
    }

    /// Contents of a page as they are now.
    pub(crate) fn page(&self, index: u32) -> &Page {
        match self.slots[index as usize % PAGES] {
            0 => self.tree.page(index),
            slot => &self.window[slot as usize],
        }
    }

    /// Ends the chunk: the next access to any page is its first. Hands over the pages that have changed since they were
    /// touched, or since the root was last asked for.
    pub(crate) fn end_chunk(&mut self, changed: impl FnMut(u32, &Page)) {
        self.sync(changed);
        for &page in &self.touched {
            self.slots[page as usize] = 0;
        }
        self.touched.clear();
    }

    fn sync(&mut self, mut changed: impl FnMut(u32, &Page)) {
        for ((page, now), stored) in self.touched.iter().zip(&self.window[1..]).zip(&mut self.stored[1..]) {
            if stored != now {
                *stored = *now;
                self.tree.set(*page, now, None);
                changed(*page, now);
            }
        }
    }
}
