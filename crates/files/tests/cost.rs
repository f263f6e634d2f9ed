//! What loading costs: a guardrail is checked alone, and no gate is built for it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use permitgate_files::Options;

const COUNT: usize = 1_000;

/// Counts the bytes that are asked for.
struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);

#[expect(
    unsafe_code,
    reason = "implementing `GlobalAlloc` is unsafe; the shipped crate has no such code"
)]
// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `alloc` above with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// So many forbids, in tables of this name.
fn policy(table: &str) -> String {
    let mut text = String::new();
    for number in 0..COUNT {
        let _ = write!(
            text,
            "[[{table}]]\nid = \"s{number}\"\neffect = \"forbid\"\noperations = \"delete\"\n\
             resources = [\"docs/{number}/**\"]\n"
        );
    }
    text
}

fn bytes_to_load(text: &str) -> usize {
    let before = BYTES.load(Ordering::Relaxed);
    assert!(Options::new().parse("policy.toml", text).is_ok());
    BYTES.load(Ordering::Relaxed) - before
}

/// A gate has 64 lanes on cache lines of their own: one for each guardrail would be most of the memory.
#[test]
fn guardrails_load_as_cheaply_as_statements() {
    let statements = bytes_to_load(&policy("statement"));
    let guardrails = bytes_to_load(&policy("guardrail"));
    println!("{COUNT} statements: {statements} bytes, {COUNT} guardrails: {guardrails} bytes");
    assert!(guardrails < statements + statements / 10, "{statements} and {guardrails}");
}
