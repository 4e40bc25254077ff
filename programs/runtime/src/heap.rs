//! The heap: small blocks come from lists of their size, which costs a few instructions, larger ones from a two-level
//! segregated fit, which is constant in time and merges what is freed. Every page first touched costs, so memory is
//! reused before fresh memory is.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{NonNull, null_mut};
use rlsf::Tlsf;

/// Blocks lie at multiples of this and have lengths of multiples of it: hashing then needs no copies.
const UNIT: usize = 32;
/// Largest block that lists hold, bytes.
const MAX_SMALL: usize = 1_024;
/// Blocks of a list are cut from chunks of about this size, bytes.
const CHUNK: usize = 2_048;
/// Bytes of the heap before the rest is needed: the end of what is in use is written often, and L1 pays for how high it lies.
const FIRST: usize = 1 << 23;

type Large = Tlsf<'static, u32, u32, 22, 16>;

struct Heap {
    large: Large,
    /// Where the part that is not in use yet starts; 0 before the first block.
    rest: usize,
    /// First free block of each size; each block begins with a pointer to the next.
    free: [*mut u8; MAX_SMALL / UNIT + 1],
}

struct Shared(UnsafeCell<Heap>);

// SAFETY: the machine has one thread and no interrupts.
unsafe impl Sync for Shared {}

#[global_allocator]
static HEAP: Shared =
    Shared(UnsafeCell::new(Heap { large: Large::new(), rest: 0, free: [null_mut(); MAX_SMALL / UNIT + 1] }));

impl Heap {
    /// Takes the first part of the heap into use, then all of the rest; `false` when there is no more.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> bool {
        unsafe extern "C" {
            static mut HEAP_START: u8;
            static mut HEAP_END: u8;
        }
        let end = (&raw mut HEAP_END).addr();
        let (start, length) = match self.rest {
            0 => (&raw mut HEAP_START, FIRST),
            rest => ((&raw mut HEAP_START).with_addr(rest), end - rest),
        };
        self.rest = start.addr() + length;
        let block = core::ptr::slice_from_raw_parts_mut(start, length);
        // SAFETY: the linker script gives this range to the heap alone, and it was not in use before.
        length > 0 && unsafe { self.large.insert_free_block_ptr(NonNull::new_unchecked(block)) }.is_some()
    }

    #[cold]
    #[inline(never)]
    fn allocate_large(&mut self, size: usize) -> *mut u8 {
        // SAFETY: 32 is a power of two and the size is not near the end of the address space.
        let layout = unsafe { Layout::from_size_align_unchecked(size, UNIT) };
        loop {
            match self.large.allocate(layout) {
                Some(block) => return block.as_ptr(),
                None if self.grow() => {}
                None => return null_mut(),
            }
        }
    }

    /// Cuts a chunk into blocks of `size` and returns one of them.
    #[cold]
    #[inline(never)]
    fn refill(&mut self, class: usize) -> *mut u8 {
        let size = class * UNIT;
        let count = (CHUNK / size).max(4);
        let chunk = self.allocate_large(count * size);
        if chunk.is_null() {
            return chunk;
        }
        for index in (1..count).rev() {
            // SAFETY: the block is within the chunk, and aligned for a pointer.
            unsafe {
                let block = chunk.add(index * size);
                block.cast::<*mut u8>().write(self.free[class]);
                self.free[class] = block;
            }
        }
        chunk
    }
}

// SAFETY: blocks are as large and as aligned as asked for, and no two in use overlap.
unsafe impl GlobalAlloc for Shared {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and no allocation calls back.
        let heap = unsafe { &mut *self.0.get() };
        let size = layout.size();
        if layout.align() > UNIT {
            return null_mut();
        }
        if size <= MAX_SMALL {
            let class = size.div_ceil(UNIT);
            let block = heap.free[class];
            if block.is_null() {
                return heap.refill(class.max(1));
            }
            // SAFETY: a free block begins with the pointer to the next.
            heap.free[class] = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        heap.allocate_large(size.next_multiple_of(UNIT))
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        let heap = unsafe { &mut *self.0.get() };
        if layout.size() <= MAX_SMALL {
            let class = layout.size().div_ceil(UNIT);
            // SAFETY: the block was `alloc`'s, so it has room for a pointer.
            unsafe { block.cast::<*mut u8>().write(heap.free[class]) };
            heap.free[class] = block;
        } else {
            // SAFETY: it came from `allocate_large`.
            unsafe { heap.large.deallocate(NonNull::new_unchecked(block), UNIT) };
        }
    }

    /// Grows in place where the block's length already allows it.
    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let room = layout.size().next_multiple_of(UNIT);
        if new_size <= room && new_size > room - UNIT && layout.size() <= MAX_SMALL {
            return block;
        }
        // SAFETY: the caller's layout with another size; the copy covers what both have.
        unsafe {
            let to = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !to.is_null() {
                core::ptr::copy_nonoverlapping(block, to, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            to
        }
    }
}
