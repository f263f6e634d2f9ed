//! Counting against an exact log, from many threads, and what tables keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proptest::prelude::*;

use super::counter::{Counter, Limit, marks};
use super::open::Draft;
use super::table::{Key, process_state};
use super::*;
use crate::authority::budget::{Budget, Measure};

const fn per(most: u64, length: u64) -> Limit {
    Limit { most, length: Some(length) }
}

const fn for_ever(most: u64) -> Limit {
    Limit { most, length: None }
}

/// Everything that began, kept for good: how much lies in any window of a length.
#[derive(Default)]
struct Log(Vec<(u64, u64)>);

impl Log {
    /// The most that lies in one window, wherever it is laid. The worst one begins where something began.
    fn worst(&self, length: u64) -> u64 {
        let within = |from: u64| {
            let inside = self.0.iter().filter(|(at, _)| *at >= from && *at - from < length);
            inside.map(|(_, units)| units).sum::<u64>()
        };
        self.0.iter().map(|(at, _)| within(*at)).max().unwrap_or(0)
    }

    /// What an exact log would count at `now`.
    fn live(&self, now: u64, length: u64) -> u64 {
        let live = self.0.iter().filter(|(at, _)| at + length > now);
        live.map(|(_, units)| units).sum()
    }
}

/// One thing that happens: so much later, this is done.
#[derive(Clone, Debug)]
enum Event {
    Reserve(u64),
    /// The permit at this place begins, on a thread that read the clock so much earlier; or it is dropped.
    Begin(usize, u64),
    Drop(usize),
    /// The effect at this place reports what it used.
    Finish(usize, u64),
    /// A late thread asks with an earlier moment.
    Late(u64),
}

fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let event = prop_oneof![
        6 => (1_u64..4).prop_map(Event::Reserve),
        5 => (0_usize..8, 0_u64..12).prop_map(|(place, late)| Event::Begin(place, late)),
        1 => (0_usize..8).prop_map(Event::Drop),
        2 => (0_usize..8, 0_u64..4).prop_map(|(place, used)| Event::Finish(place, used)),
        1 => (0_u64..50).prop_map(Event::Late),
    ];
    let pause = prop_oneof![5 => 0_u64..4, 3 => 0_u64..40, 1 => 80_u64..140];
    proptest::collection::vec((pause, event), 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Random arrivals, permits of any age, reports of any amount, threads that read the clock late.
    #[test]
    fn no_window_of_the_length_ever_holds_more(events in events(), most in 3_u64..60) {
        const LENGTH: u64 = 100;
        let (counter, limit) = (Counter::default(), per(most, LENGTH));
        let (mut now, mut told) = (1_000, 1_000);
        let (mut permits, mut running) = (Vec::new(), Vec::new());
        let mut log = Log::default();
        for (pause, event) in events {
            now += pause;
            told = now.max(told);
            match event {
                Event::Reserve(units) => {
                    permits.extend(counter.reserve(told, units, limit).ok().map(|()| units));
                }
                Event::Begin(place, late) if place < permits.len() => {
                    let units = permits.remove(place);
                    let read = told - late;
                    let began = counter.begin(read, units, limit).at;
                    prop_assert!((read..=told).contains(&began));
                    log.0.push((began, units));
                    running.push((began, units, log.0.len() - 1));
                }
                Event::Drop(place) if place < permits.len() => {
                    counter.release(permits.remove(place));
                }
                Event::Finish(place, used) if place < running.len() => {
                    let (began, units, entry) = running.remove(place);
                    let used = used.min(units);
                    counter.settle(began, units, used, told, limit);
                    log.0[entry].1 = used;
                }
                Event::Late(by) => {
                    // Asked with an earlier moment: it must not make anything leave, nor enter early.
                    let _ = counter.check(told.saturating_sub(by), 1, limit);
                }
                _ => {}
            }
            prop_assert!(log.worst(LENGTH) <= most, "{} in one window", log.worst(LENGTH));
        }
        // Nothing is lost either: far later all that is used is what permits hold.
        let held: u64 = permits.iter().sum();
        prop_assert_eq!(counter.used(now + 10 * LENGTH, limit), held);
    }

    /// Up to 64 moments within a window it is the exact log, to the unit; beyond, a unit comes back at most a 63rd late.
    #[test]
    fn it_serves_what_an_exact_log_serves(
        pauses in proptest::collection::vec(0_u64..60, 1..300),
        most in 1_u64..200,
    ) {
        const LENGTH: u64 = 1_000;
        let (counter, limit) = (Counter::default(), per(most, LENGTH));
        let (mut now, mut log) = (5_000, Log::default());
        for pause in pauses {
            now += pause;
            let used = counter.used(now, limit);
            let exact = log.live(now, LENGTH);
            let late = log.live(now, LENGTH + LENGTH.div_ceil(63));
            prop_assert!(exact <= used && used <= late, "{exact} <= {used} <= {late}");
            let moments = {
                let mut at: Vec<u64> = log.0.iter().map(|(at, _)| *at).filter(|at| at + LENGTH > now).collect();
                at.dedup();
                at.len()
            };
            // Few enough for long enough that nothing was ever joined.
            if most <= 64 && moments <= 64 {
                prop_assert_eq!(used, exact);
            }
            if counter.reserve(now, 1, limit).is_ok() {
                counter.begin(now, 1, limit);
                log.0.push((now, 1));
            } else {
                let room = counter.room_at(now, 1, limit).unwrap();
                prop_assert!(room > now && room <= now + LENGTH + LENGTH.div_ceil(63));
                prop_assert!(counter.check(room - 1, 1, limit).is_err());
                prop_assert!(counter.check(room, 1, limit).is_ok());
                now = room;
            }
        }
    }
}

#[test]
fn a_permit_that_waits_counts_when_it_begins() {
    // Counted by when it was set aside, the first hundred would have left when they begin, beside a second hundred.
    let (counter, limit) = (Counter::default(), per(100, 60));
    for _ in 0..100 {
        counter.reserve(0, 1, limit).unwrap();
    }
    assert!(counter.reserve(1_000, 1, limit).is_err());
    for _ in 0..100 {
        counter.begin(1_000, 1, limit);
    }
    assert!(counter.reserve(1_059, 1, limit).is_err());
    assert_eq!(counter.room_at(1_059, 1, limit), Some(1_060));
    assert_eq!(counter.room_at(1_059, 101, limit), None);
    assert!(counter.reserve(1_060, 100, limit).is_ok());
    // What is set aside and not begun returns by no clock.
    assert_eq!(counter.room_at(9_999, 1, limit), None);
}

#[test]
fn what_left_the_window_is_not_given_back_again() {
    let (counter, limit) = (Counter::default(), per(10, 60));
    counter.reserve(0, 10, limit).unwrap();
    let began = counter.begin(0, 10, limit).at;
    counter.reserve(60, 10, limit).unwrap();
    let again = counter.begin(60, 10, limit).at;
    counter.settle(began, 10, 0, 61, limit);
    assert_eq!(counter.used(61, limit), 10, "given back twice");
    counter.settle(again, 10, 4, 61, limit);
    assert_eq!(counter.used(61, limit), 4);
    assert_eq!(counter.used(120, limit), 0);
}

#[test]
fn what_was_used_beyond_counts_as_well() {
    for limit in [per(10, 60), for_ever(10)] {
        let counter = Counter::default();
        counter.reserve(0, 5, limit).unwrap();
        let began = counter.begin(0, 5, limit).at;
        counter.settle(began, 5, 12, 10, limit);
        assert_eq!(counter.used(10, limit), 12);
        assert_eq!(counter.reserve(10, 1, limit), Err(Shortage { used: 12 }));
    }
    let (counter, limit) = (Counter::default(), per(10, 60));
    counter.reserve(0, 5, limit).unwrap();
    let began = counter.begin(0, 5, limit).at;
    counter.settle(began, 5, 12, 10, limit);
    assert_eq!((counter.used(60, limit), counter.used(70, limit)), (7, 0));
}

/// What is reported beyond what numbers hold does not leave as more than was counted: the count would wrap, and deny for ever.
#[test]
fn a_report_beyond_all_numbers_leaves_as_it_was_counted() {
    let (counter, limit) = (Counter::default(), per(10, 60));
    counter.reserve(0, 3, limit).unwrap();
    let early = counter.begin(0, 3, limit).at;
    counter.reserve(5, 5, limit).unwrap();
    let late = counter.begin(5, 5, limit).at;
    counter.settle(late, 5, u64::MAX, 10, limit);
    assert_eq!(counter.used(10, limit), u64::MAX);
    counter.settle(early, 3, u64::MAX, 20, limit);
    assert_eq!(counter.used(20, limit), u64::MAX);
    assert_eq!(counter.reserve(69, 1, limit), Err(Shortage { used: u64::MAX - 8 }));
    assert_eq!(counter.used(70, limit), 0);
    assert_eq!(counter.reserve(80, 10, limit), Ok(()));
}

#[test]
fn a_window_says_what_lies_in_it() {
    let (counter, limit) = (Counter::default(), per(1_000, 60));
    let begin = |now, units| {
        counter.reserve(now, units, limit).unwrap();
        counter.begin(now, units, limit)
    };
    assert_eq!((begin(0, 2).begun, begin(1, 3).begun), (2, 5));
    let third = begin(2, 4);
    assert_eq!(third.begun, 9);
    counter.settle(third.at, 4, 1, 3, limit);
    counter.reserve(3, 100, limit).unwrap();
    assert_eq!(begin(60, 1).begun, 5, "neither what is only set aside nor what has left");
    // Many moments are joined, and add up as before.
    let many = (100..400).map(|now| begin(now, 1).begun).max();
    assert!(many.is_some_and(|most| (60..=62).contains(&most)), "{many:?}");
}

#[test]
fn a_mark_that_moves_forgets_nothing() {
    let counter = Counter::default();
    for _ in 0..8 {
        counter.reserve(0, 1, per(10, 60)).unwrap();
        counter.begin(0, 1, per(10, 60));
    }
    assert_eq!(counter.reserve(1, 1, per(5, 60)), Err(Shortage { used: 8 }));
    assert!(counter.reserve(1, 4, per(12, 60)).is_ok());
    counter.release(4);
    assert_eq!(counter.used(59, per(10, 60)), 8);
    assert_eq!(counter.used(59, per(10, 30)), 0);
}

#[test]
fn all_or_nothing_and_the_child_is_asked_first() {
    let (child, parent) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
    let draft =
        |counter: &Arc<Counter>, most, units| Draft { units, ..draft(counter, for_ever(most)) };
    let both = |units| [draft(&child, 5, units), draft(&parent, 3, units)];
    assert_eq!(reserve(&both(4), 0), Err((1, Shortage { used: 0 })));
    assert_eq!((child.used(0, for_ever(5)), parent.used(0, for_ever(3))), (0, 0));
    assert_eq!(reserve(&both(3), 0), Ok(()));
    assert_eq!(reserve(&both(3), 0), Err((0, Shortage { used: 3 })));
    let open = OpenReservations::default();
    let number = open.keep(&mut both(3).into_iter().collect()).unwrap();
    assert_eq!(open.len(), 1);
    open.end(number, 0, |_| None);
    assert_eq!((child.used(0, for_ever(5)), parent.used(0, for_ever(3)), open.len()), (0, 0, 0));
    // Ended once; again, or begun after the end, changes nothing.
    open.end(number, 0, |_| None);
    open.begin(number, 0);
    assert_eq!(child.used(0, for_ever(5)), 0);
    // Begun, it stays, but for what returns and for what was used less.
    reserve(&both(3), 0).unwrap();
    let mut drafts = both(3);
    drafts[0].measure = Measure::Concurrency;
    let number = open.keep(&mut drafts.into_iter().collect()).unwrap();
    open.begin(number, 0);
    open.end(number, 0, |measure| (*measure == Measure::Actions).then_some(1));
    assert_eq!((child.used(0, for_ever(5)), parent.used(0, for_ever(3))), (0, 1));
}

#[test]
fn a_table_forgets_only_what_counts_nothing() {
    let table = Table::of(64, Arc::default());
    let key = |name: usize| Key::default().part(b"budget").part(name.to_string().as_bytes());
    let limit = per(10, 1_000_000_000);
    // Kept in use: they count, or somebody holds them, or they can still be drawn on.
    let mut held = Vec::new();
    for name in 0..64 {
        let counter = table.counter(&key(name), limit, || None).unwrap();
        counter.reserve(0, 1, limit).unwrap();
        counter.begin(0, 1, limit);
        if name % 2 == 0 {
            held.push(counter);
        }
    }
    assert!(table.counter(&key(64), limit, || None).is_none(), "one too many");
    assert!(table.counter(&key(3), limit, || None).is_some(), "a known one is found");
    // Windows pass. Those that nobody holds go, where a further one is asked for in their part of the table.
    let later = 2_000_000_000;
    let mut made = 0;
    for name in 1_000..1_200 {
        table.tell(later + name as u64 * 1_000_000_000);
        made += usize::from(table.counter(&key(name), limit, || None).is_some());
    }
    assert!(made >= 32, "{made}");
    for name in (0..64).step_by(2) {
        let again = table.counter(&key(name), limit, || None).unwrap();
        assert!(held.iter().any(|known| Arc::ptr_eq(known, &again)), "{name} was forgotten");
    }
    // For ever, and somebody may come back for it: it stays. Where who could come back is gone, it goes.
    let (table, limit) = (Table::of(1, Arc::default()), for_ever(10));
    let life = Arc::new(0);
    let counter = table.counter(&key(0), limit, || Some(Arc::downgrade(&life))).unwrap();
    counter.reserve(0, 1, limit).unwrap();
    drop(counter);
    let other = (0..).find(|name| {
        let same = |name: usize| shard_of(&key(name));
        *name > 0 && same(*name) == same(0)
    });
    let other = other.unwrap();
    assert!(table.counter(&key(other), limit, || None).is_none());
    drop(life);
    table.tell(u64::MAX / 2);
    assert!(table.counter(&key(other), limit, || None).is_some());
    assert_eq!(table.len(), 1);
}

fn shard_of(key: &Key) -> u64 {
    process_state().hash_one(key.bytes_of()) >> 62
}

#[test]
fn keys_are_told_apart_by_their_parts() {
    let table = Table::of(100, Arc::default());
    let of =
        |parts: &[&str]| parts.iter().fold(Key::default(), |key, part| key.part(part.as_bytes()));
    let keys =
        [of(&["a", "b"]), of(&["ab", ""]), of(&["", "ab"]), of(&["ab"]), of(&["a", "b", ""])];
    let counters: Vec<_> =
        keys.iter().map(|key| table.counter(key, for_ever(1), || None).unwrap()).collect();
    for (place, one) in counters.iter().enumerate() {
        assert!(counters[..place].iter().all(|other| !Arc::ptr_eq(one, other)), "{place}");
        assert!(Arc::ptr_eq(one, &table.find(&keys[place]).unwrap()));
    }
    assert!(table.find(&of(&["b", "a"])).is_none());
}

#[test]
fn threads_take_what_there_is_and_no_more() {
    const THREADS: u64 = 8;
    const TIMES: u64 = 20_000;
    for (most, returns) in [(THREADS * TIMES / 2, false), (5, true)] {
        let (child, parent) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
        let open = OpenReservations::default();
        let taken: u64 = std::thread::scope(|threads| {
            let each = (0..THREADS).map(|thread| {
                let (child, parent, open) = (&child, &parent, &open);
                threads.spawn(move || {
                    let mut taken = 0;
                    for round in 0..TIMES {
                        let draft = |counter: &Arc<Counter>, most| Draft {
                            measure: if returns { Measure::Concurrency } else { Measure::Actions },
                            ..draft(counter, for_ever(most))
                        };
                        let mut drafts: Drafts =
                            [draft(child, u64::MAX), draft(parent, most)].into_iter().collect();
                        if reserve(&drafts, round).is_err() {
                            continue;
                        }
                        assert!(parent.used(0, for_ever(most)) <= most);
                        let number = open.keep(&mut drafts).unwrap();
                        if returns || (round + thread) % 3 > 0 {
                            open.begin(number, round);
                            taken += u64::from(!returns);
                        }
                        open.end(number, round, |_| None);
                    }
                    taken
                })
            });
            let each: Vec<_> = each.collect();
            each.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(parent.used(0, for_ever(most)), taken, "lost or given twice");
        assert_eq!(
            child.used(0, for_ever(most)),
            taken,
            "the child gave back what the parent refused"
        );
        assert!(taken <= most);
        if !returns {
            assert_eq!(taken, most, "room was left that many asked for");
        }
    }
}

/// So many threads on one count for ever and one of a window. `STRESS=10000000 cargo test --release --lib stress` takes its time.
#[test]
fn stress_of_many_threads_loses_nothing() {
    const THREADS: u64 = 64;
    let asked = std::env::var("STRESS").ok().and_then(|times| times.parse().ok());
    let reservations: u64 = asked.unwrap_or(200_000);
    let most = reservations / 2;
    let (counter, limit) = (Arc::new(Counter::default()), for_ever(most));
    let windowed = Arc::new(Counter::default());
    let (open, clock) = (OpenReservations::default(), AtomicU64::new(1_000));
    let taken: u64 = std::thread::scope(|threads| {
        let each = (0..THREADS).map(|_| {
            let (counter, windowed, open, clock) = (&counter, &windowed, &open, &clock);
            threads.spawn(move || {
                let mut taken = 0;
                for round in 0..reservations / THREADS {
                    let now = clock.fetch_add(1, Ordering::Relaxed);
                    let window = per(most, reservations / 8);
                    let mut drafts: Drafts =
                        [draft(windowed, window), draft(counter, limit)].into_iter().collect();
                    if reserve(&drafts, now).is_err() {
                        continue;
                    }
                    let number = open.keep(&mut drafts).unwrap();
                    if round % 4 > 0 {
                        open.begin(number, now);
                        taken += 1;
                    }
                    open.end(number, now, |_| None);
                }
                taken
            })
        });
        let each: Vec<_> = each.collect();
        each.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(counter.used(0, limit), taken, "lost or given twice");
    assert!(taken <= most && taken > most / 2 && open.len() == 0, "{taken} of {most}");
    assert_eq!(windowed.used(u64::MAX / 2, per(1, reservations)), 0);
}

fn draft(counter: &Arc<Counter>, limit: Limit) -> Draft {
    let (counter, measure) = (Arc::clone(counter), Measure::Actions);
    Draft { counter, limit, units: 1, measure, charge: 0, halts: None }
}

#[test]
fn a_budget_says_its_marks() {
    let refunds = Budget::sum("refunds", "amount", 50_000).decimals(2).ask_from(1_0000);
    let (free, most) = marks(&refunds);
    assert_eq!((free.most, most.most), (9_999, 50_000));
    assert_eq!(most.length, None);
    let hour = Budget::repeats("loop", 5).per(Duration::from_secs(3600));
    let (free, most) = marks(&hour);
    assert_eq!((free.most, most.most), (5, u64::MAX));
    assert_eq!(most.length, Some(3_600_000_000_000));
    // A span of a fraction counts as whole milliseconds, rounded up: never a shorter window than was said.
    let odd = Budget::actions("a", 1).per(Duration::from_micros(1_500));
    assert_eq!(marks(&odd).1.length, Some(2_000_000));
}
