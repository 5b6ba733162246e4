//! An allocator that counts.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Counts what another allocator gives out.
pub(crate) struct Counting<A> {
    inner: A,
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl<A> Counting<A> {
    pub(crate) const fn new(inner: A) -> Self {
        Self { inner, now: AtomicUsize::new(0), peak: AtomicUsize::new(0) }
    }

    /// Begins to measure anew; gives the bytes in use.
    pub(crate) fn start(&self) -> usize {
        let now = self.now.load(Relaxed);
        self.peak.store(now, Relaxed);
        now
    }

    /// The most bytes in use since then.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    fn add(&self, size: usize) {
        let now = self.now.fetch_add(size, Relaxed) + size;
        self.peak.fetch_max(now, Relaxed);
    }
}

// SAFETY: every call goes on to the inner allocator as it came; counting touches no memory of it.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.add(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { self.inner.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.now.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { self.inner.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // As if the memory moved: both pieces are there for a moment.
        self.add(size);
        // SAFETY: the caller's promises are passed on.
        let moved = unsafe { self.inner.realloc(pointer, layout, size) };
        self.now.fetch_sub(layout.size(), Relaxed);
        moved
    }
}
