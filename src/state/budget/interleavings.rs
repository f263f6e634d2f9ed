//! Every interleaving of the few threads that draw on one count, tried by a model checker. Run with
//! `RUSTFLAGS="--cfg loom" cargo test --release --lib interleavings`.

use std::num::NonZeroU32;
use std::sync::Arc;

use loom::thread;

use super::counter::{Counter, Limit};
use super::open::Draft;
use super::table::Key;
use super::*;
use crate::authority::budget::Measure;

const fn for_ever(most: u64) -> Limit {
    Limit { most, length: None }
}

const fn per(most: u64, length: u64) -> Limit {
    Limit { most, length: Some(length) }
}

/// Counters as a lineage has them, and what is set aside on them.
#[derive(Clone)]
struct World {
    own: [Arc<Counter>; 2],
    parent: Arc<Counter>,
    open: Arc<OpenReservations>,
}

impl World {
    fn new() -> Self {
        let counter = || Arc::new(Counter::default());
        Self { own: [counter(), counter()], parent: counter(), open: Arc::default() }
    }

    /// Child `number` draws on its own and on what it shares.
    fn reserve(&self, number: usize, own: Limit, parent: Limit) -> Option<NonZeroU32> {
        let draft = |counter: &Arc<Counter>, limit| Draft {
            counter: Arc::clone(counter),
            limit,
            units: 1,
            measure: Measure::Actions,
            charge: 0,
            halts: None,
        };
        let mut drafts: Drafts =
            [draft(&self.own[number], own), draft(&self.parent, parent)].into_iter().collect();
        reserve(&drafts, 0).ok()?;
        self.open.keep(&mut drafts)
    }

    fn used(&self) -> [u64; 3] {
        let used = |counter: &Counter| counter.used(0, for_ever(0));
        [used(&self.own[0]), used(&self.own[1]), used(&self.parent)]
    }
}

fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 100_000;
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Of two children who want the last unit of their parent, exactly one gets it, and the other has lost nothing of its own.
#[test]
fn two_children_and_the_last_unit_of_their_parent() {
    explore(|| {
        let world = World::new();
        let wants = |number: usize| {
            let world = world.clone();
            thread::spawn(move || world.reserve(number, for_ever(5), for_ever(1)))
        };
        let (one, other) = (wants(0), wants(1));
        let got = [one.join().unwrap(), other.join().unwrap()];
        assert_eq!(got.iter().flatten().count(), 1, "{got:?}");
        let own = got.map(|got| u64::from(got.is_some()));
        assert_eq!(world.used(), [own[0], own[1], 1]);
        got.into_iter().flatten().for_each(|number| world.open.end(number, 0, |_| None));
        assert_eq!(world.used(), [0, 0, 0]);
    });
}

/// One permit is dropped or begins while another is asked for. What is there in the end is what began, and nobody was over.
#[test]
fn reserve_against_begin_and_drop() {
    for begins in [false, true] {
        explore(move || {
            let world = World::new();
            let held = world.reserve(0, for_ever(1), for_ever(2)).unwrap();
            let ends = {
                let world = world.clone();
                thread::spawn(move || {
                    if begins {
                        world.open.begin(held, 0);
                    }
                    world.open.end(held, 0, |_| None);
                })
            };
            let same = world.reserve(0, for_ever(1), for_ever(2));
            assert!(!(begins && same.is_some()), "beyond what the child has");
            ends.join().unwrap();
            let left = u64::from(begins) + u64::from(same.is_some());
            assert_eq!(world.used(), [left, 0, left]);
            assert!(world.reserve(1, for_ever(1), for_ever(left + 1)).is_some(), "room was lost");
        });
    }
}

/// Two threads end the same permit: it is given back once.
#[test]
fn ended_twice_is_given_back_once() {
    explore(|| {
        let world = World::new();
        let keeps = world.reserve(1, for_ever(1), for_ever(2)).unwrap();
        let held = world.reserve(0, for_ever(1), for_ever(2)).unwrap();
        let other = {
            let world = world.clone();
            thread::spawn(move || world.open.end(held, 0, |_| None))
        };
        world.open.end(held, 0, |_| None);
        other.join().unwrap();
        assert_eq!(world.used(), [0, 1, 1]);
        world.open.end(keeps, 0, |_| None);
    });
}

/// A window is full, and what began in it has just left. Two threads find that at once: both get the room that is there, however
/// one of them comes upon what the other is taking out.
#[test]
fn room_that_time_made_is_found_by_everybody() {
    explore(|| {
        let limit = per(2, 10);
        let counter = Arc::new(Counter::default());
        for _ in 0..2 {
            counter.reserve(0, 1, limit).unwrap();
            counter.begin(0, 1, limit);
        }
        let wants = || {
            let counter = Arc::clone(&counter);
            thread::spawn(move || counter.reserve(10, 1, limit).is_ok())
        };
        let (one, other) = (wants(), wants());
        assert!(one.join().unwrap() && other.join().unwrap(), "refused although there is room");
        assert!(counter.reserve(10, 1, limit).is_err(), "one too many");
    });
}

/// What began reports that it used less, just when it leaves the window: its units come back once, by the one way or the other.
#[test]
fn the_rest_comes_back_once() {
    explore(|| {
        let limit = per(3, 10);
        let counter = Arc::new(Counter::default());
        counter.reserve(0, 2, limit).unwrap();
        let began = counter.begin(0, 2, limit).at;
        let settles = {
            let counter = Arc::clone(&counter);
            thread::spawn(move || counter.settle(began, 2, 0, 10, limit))
        };
        let got = counter.reserve(10, 3, limit).is_ok();
        settles.join().unwrap();
        assert!(got, "refused although all has left");
        assert_eq!(counter.used(10, limit), 3);
    });
}

/// Begun out of order: what begins while another takes out what left is in the window, and nothing is out of it early.
#[test]
fn begin_against_what_leaves() {
    explore(|| {
        let limit = per(2, 10);
        let counter = Arc::new(Counter::default());
        counter.reserve(0, 1, limit).unwrap();
        counter.begin(0, 1, limit);
        counter.reserve(0, 1, limit).unwrap();
        let begins = {
            let counter = Arc::clone(&counter);
            // It read the clock a moment before the other.
            thread::spawn(move || counter.begin(9, 1, limit))
        };
        let got = counter.reserve(10, 1, limit).is_ok();
        let at = begins.join().unwrap().at;
        assert!(got && (9..=10).contains(&at));
        assert!(counter.reserve(at + 9, 1, limit).is_err(), "out of the window early");
        assert!(counter.reserve(at + 10, 1, limit).is_ok());
    });
}

/// One table, one key, two threads: one counter.
#[test]
fn two_threads_make_one_counter() {
    explore(|| {
        let table = Arc::new(Table::of(2, Arc::default()));
        let key = || Key::default().part(b"dana");
        let makes = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                table.counter(&key(), for_ever(1), || None).unwrap().reserve(0, 1, for_ever(1))
            })
        };
        let own = table.counter(&key(), for_ever(1), || None).unwrap();
        let own = own.reserve(0, 1, for_ever(1));
        let other = makes.join().unwrap();
        assert_eq!(u8::from(own.is_ok()) + u8::from(other.is_ok()), 1);
    });
}

/// The same call begins twice at once, and once too often: one of the two halts the agent, with what began by then.
#[test]
fn one_of_two_begins_too_often() {
    explore(|| {
        let (counter, open) = (Arc::new(Counter::default()), Arc::new(OpenReservations::default()));
        let mut held = (0..2).map(|_| {
            let mut drafts = Drafts::new();
            drafts.push(Draft {
                counter: Arc::clone(&counter),
                limit: per(u64::MAX, 10),
                units: 1,
                measure: Measure::Repeats { halts: Some(1) },
                charge: 0,
                halts: Some("loop".into()),
            });
            reserve(&drafts, 0).unwrap();
            open.keep(&mut drafts).unwrap()
        });
        let (one, other) = (held.next().unwrap(), held.next().unwrap());
        drop(held);
        let begins = {
            let open = Arc::clone(&open);
            thread::spawn(move || open.begin(one, 5))
        };
        let own = open.begin(other, 5);
        let over: Vec<_> = [own, begins.join().unwrap()].into_iter().flatten().collect();
        assert_eq!(over.len(), 1);
        assert_eq!((&*over[0].budget, over[0].begun, over[0].times), ("loop", 2, 1));
        open.end(one, 6, |_| None);
        open.end(other, 6, |_| None);
    });
}
