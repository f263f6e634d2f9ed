//! An allocator that counts, and that looks into memory before it is given back.
//!
//! Both are off until a thread asks for them, and concern that thread alone.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};

struct Watching;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Longest text that is looked for.
const LONGEST: usize = 64;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
    static COUNTING: Cell<bool> = const { Cell::new(false) };
    /// What no freed memory may hold: bytes, and how many of them count.
    static MARKS: RefCell<[([u8; LONGEST], usize); 4]> = const { RefCell::new([([0; LONGEST], 0); 4]) };
    static FOUND: Cell<usize> = const { Cell::new(0) };
}

fn grown(size: usize) {
    if COUNTING.get() {
        LIVE.set(LIVE.get() + size);
        PEAK.set(PEAK.get().max(LIVE.get()));
    }
}

/// Looks for the marks; needs no memory itself.
fn inspect(memory: &[u8]) {
    MARKS.with(|marks| {
        let Ok(marks) = marks.try_borrow() else { return };
        for (mark, length) in marks.iter().filter(|(_, length)| *length > 0) {
            if memory.windows(*length).any(|window| window == &mark[..*length]) {
                FOUND.set(FOUND.get() + 1);
            }
        }
    });
}

#[expect(unsafe_code, reason = "a global allocator can be written no other way")]
// SAFETY: every call is forwarded to the system's allocator. Growing copies, so that what is left behind is seen. All
// memory is cleared when it is given out, so that reading it before it is given back is defined.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if COUNTING.get() {
            LIVE.set(LIVE.get().saturating_sub(layout.size()));
        }
        inspect(unsafe { std::slice::from_raw_parts(pointer, layout.size()) });
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What a call gives, and the most that was allocated at once meanwhile.
pub(crate) fn peak<T>(call: impl FnOnce() -> T) -> (T, usize) {
    COUNTING.set(true);
    LIVE.set(0);
    PEAK.set(0);
    let value = call();
    COUNTING.set(false);
    (value, PEAK.get())
}

/// How often memory with one of these marks was given back during a call.
pub(crate) fn left_behind(marks: &[&[u8]], call: impl FnOnce()) -> usize {
    let set = |marks: &[&[u8]]| {
        MARKS.with_borrow_mut(|all| {
            *all = [([0; LONGEST], 0); 4];
            for (place, mark) in all.iter_mut().zip(marks) {
                place.0[..mark.len()].copy_from_slice(mark);
                place.1 = mark.len();
            }
        });
    };
    set(marks);
    FOUND.set(0);
    call();
    set(&[]);
    FOUND.get()
}

#[test]
fn the_allocator_sees() {
    let (_, bytes) = peak(|| std::hint::black_box(vec![1_u8; 1000]));
    assert!((1000..1100).contains(&bytes), "{bytes}");
    let mark = b"a recognisable mark";
    let leak = || drop(std::hint::black_box(mark.to_vec()));
    assert_eq!(left_behind(&[mark], leak), 1);
    let grow = || {
        let mut list = Vec::with_capacity(mark.len());
        list.extend_from_slice(std::hint::black_box(mark));
        list.push(0);
        list.fill(0);
    };
    assert_eq!(left_behind(&[b"nothing of the kind", mark], grow), 1, "what growing leaves behind");
    assert_eq!(left_behind(&[b"nothing of the kind"], leak), 0);
}
