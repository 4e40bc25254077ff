//! Buffers where ECALLs can read and write.

use core::cell::UnsafeCell;

/// A fixed piece of memory, on a page of the machine.
#[repr(C, align(512))]
pub(super) struct Scratch<const N: usize>(UnsafeCell<[u8; N]>);

// SAFETY: the machine has one thread.
unsafe impl<const N: usize> Sync for Scratch<N> {}

impl<const N: usize> Scratch<N> {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new([0; N]))
    }

    pub(super) const fn start(&self) -> *mut u8 {
        self.0.get().cast()
    }

    /// Runs `call` on the start of `bytes`, or of a copy of them where they do not lie at a multiple of 32.
    pub(super) fn with_aligned<R>(&self, bytes: &[u8], call: impl FnOnce(*const u8) -> R) -> R {
        if bytes.as_ptr().addr().is_multiple_of(32) {
            return call(bytes.as_ptr());
        }
        assert!(bytes.len() <= N);
        // SAFETY: the copy fits, and nothing else refers to the buffer while `call` runs.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start(), bytes.len()) };
        call(self.start())
    }
}
