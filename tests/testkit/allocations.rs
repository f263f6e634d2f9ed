//! The one counting allocator of tests and benches. Including it with `#[path]` puts it under the whole binary.
//!
//! It counts for the thread that asks: how often memory was asked for, and how many bytes. Growing a block counts as
//! asking. That adds well under a nanosecond to an allocation.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// Needs neither an allocation nor a destructor, so it may be used from within the allocator, and while a thread ends.
    static ASKED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

fn add(bytes: usize) {
    let (count, total) = ASKED.get();
    ASKED.set((count + 1, total.wrapping_add(bytes as u64)));
}

#[expect(unsafe_code, reason = "a global allocator can be written no other way")]
// SAFETY: every call is forwarded unchanged to the system's allocator; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps the contract of the same method.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps the contract of the same method.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        // SAFETY: the caller keeps the contract of the same method.
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of the same method.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `call` gives, how often it allocated on this thread, and how many bytes it asked for.
pub(crate) fn measured<T>(call: impl FnOnce() -> T) -> (T, u64, u64) {
    let before = ASKED.get();
    let value = call();
    let after = ASKED.get();
    (value, after.0 - before.0, after.1.wrapping_sub(before.1))
}

/// What `call` gives, and how often it allocated on this thread.
#[inline]
pub(crate) fn counted<T>(call: impl FnOnce() -> T) -> (T, u64) {
    let (value, count, _) = measured(call);
    (value, count)
}
