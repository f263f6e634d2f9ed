//! Information flow, against an independent oracle: whatever a session does, nobody is written to who may
//! not see something that was read earlier in that session, unless it was declassified on record.
//!
//! Every run draws directories, labels and sequences anew from a fixed seed. `PERMITGATE_SEQUENCES` says how many
//! sequences; ten million take about two minutes in release mode on two cores.

#[path = "testkit/draw.rs"]
mod draw;
#[path = "flow/world.rs"]
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use permitgate::flow::{LabelRule, Labels};
use permitgate::model::{Operations, Reader, Readers};
use permitgate::prelude::*;
use permitgate::{Reason, Session};
use world::{Draw, Mask, World};

const SEQUENCES: u64 = 20_000;
/// Sequences that share one directory and one set of labels.
const PER_WORLD: u64 = 50;

#[test]
fn nobody_is_written_to_who_may_not_see_what_was_read() {
    let told = std::env::var("PERMITGATE_SEQUENCES").ok();
    let sequences = told.map_or(SEQUENCES, |count| count.parse().expect("a number of sequences"));
    let seen = Seen::default();
    let worlds = sequences.div_ceil(PER_WORLD);
    std::thread::scope(|threads| {
        for thread in 0..2 {
            let seen = &seen;
            threads.spawn(move || {
                for number in (thread..worlds).step_by(2) {
                    let mut draw = Draw(number);
                    let world = World::draw(&mut draw);
                    for _ in 0..PER_WORLD {
                        Run::new(&world, &mut draw, seen).play();
                    }
                }
            });
        }
    });
    println!("{sequences} sequences: {seen:?}");
    // The sequences are worth something only if each of these happened often.
    for (what, count) in seen.counts() {
        assert!(count * 100 > sequences, "{what}: only {count} in {sequences} sequences");
    }
}

#[derive(Debug, Default)]
struct Seen {
    allowed: AtomicU64,
    refused: AtomicU64,
    refused_for_its_own: AtomicU64,
    refused_at_begin: AtomicU64,
    declassified: AtomicU64,
    handed_back: AtomicU64,
}

impl Seen {
    fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("allowed writes", &self.allowed),
            ("refused writes", &self.refused),
            ("writes refused for what their own resource holds", &self.refused_for_its_own),
            ("writes refused when they began", &self.refused_at_begin),
            ("declassifications", &self.declassified),
            ("labels handed back", &self.handed_back),
        ]
        .map(|(what, count)| (what, count.load(Ordering::Relaxed)))
    }
}

/// What the oracle knows of one session: who may see all that was read, and whether strangers spoke.
#[derive(Clone, Copy, Debug)]
struct Known {
    readers: Mask,
    untrusted: bool,
}

struct Level {
    scope: Scope,
    known: Known,
}

struct Run<'w> {
    world: &'w World,
    draw: &'w mut Draw,
    seen: &'w Seen,
    levels: Vec<Level>,
}

impl<'w> Run<'w> {
    fn new(world: &'w World, draw: &'w mut Draw, seen: &'w Seen) -> Self {
        let known = Known { readers: Mask::EVERYBODY, untrusted: false };
        let levels = vec![Level { scope: world.scope(&Session::new()), known }];
        Self { world, draw, seen, levels }
    }

    fn play(mut self) {
        for _ in 0..12 {
            match self.draw.below(12) {
                0..=4 => self.read(),
                5..=8 => self.write(),
                9 => self.declassify(),
                10 => self.go_below(),
                _ => self.hand_back(),
            }
            self.compare();
        }
        while self.levels.len() > 1 {
            self.hand_back();
            self.compare();
        }
    }

    fn now(&mut self) -> &mut Level {
        self.levels.last_mut().expect("there is always one")
    }

    /// The mark of the session says what the oracle says.
    fn compare(&mut self) {
        let Level { scope, known } = self.now();
        assert_eq!(scope.session().is_untrusted(), known.untrusted, "{:?}", scope.session());
        let confined = known.readers != Mask::EVERYBODY;
        assert!(scope.session().is_confined() || !confined, "{:?}", scope.session());
    }

    fn read(&mut self) {
        let resource = self.draw.below(world::RESOURCES);
        let path = world::path(resource);
        let (audience, reached) = self.world.audience(self.draw);
        // Most reads send nothing out.
        let out = self.draw.below(4) == 0;
        let action = Action::read("any.read", &path);
        let audience = audience.view();
        let action = if out { action.visible_to(audience.get()) } else { action };
        let untrusted = self.draw.below(6) == 0;
        let action = if untrusted { action.untrusted() } else { action };
        let reached = if out { reached } else { self.world.invoker() };
        let how = self.draw.below(3);
        let world = self.world;
        let Level { scope, known } = self.now();
        let permit = match world.gate.authorize(&action, scope) {
            Ok(permit) => permit,
            Err(refusal) => {
                assert_eq!(refusal.reason(), Reason::BeyondReaders);
                assert!(!reached.is_within(known.readers), "{action:?} under {known:?}");
                return;
            }
        };
        assert!(reached.is_within(known.readers), "{action:?} under {known:?}");
        let tool = world.gate.tool("any.read", Operation::Read);
        let running = permit.begin(&tool).expect("nothing happened in between");
        // Whatever comes of it.
        match how {
            0 => running.done(),
            1 => running.failed(),
            _ => drop(running),
        }
        let label = world.label(resource);
        known.readers = known.readers & label.readers;
        known.untrusted |= label.untrusted || untrusted;
    }

    /// A write, often with a read between its permit and its beginning. All but a deletion can show what their own resource
    /// holds, and what runs is read.
    fn write(&mut self) {
        let (audience, reached) = self.world.audience(self.draw);
        let audience = audience.view();
        let resource = self.draw.below(world::RESOURCES);
        let (path, label) = (world::path(resource), self.world.label(resource));
        let operation = Operation::ALL[1 + self.draw.below(Operation::ALL.len() - 1)];
        let action = Action::new(operation, "any.write", &path).visible_to(audience.get());
        let own = if operation == Operation::Delete { Mask::EVERYBODY } else { label.readers };
        let interrupted = self.draw.below(2) == 0;
        let (world, seen) = (self.world, self.seen);
        let Level { scope, known } = self.now();
        let (scope, fits) = (scope.clone(), reached.is_within(known.readers & own));
        if reached.is_within(known.readers) && !fits {
            seen.refused_for_its_own.fetch_add(1, Ordering::Relaxed);
        }
        let permit = match world.gate.authorize(&action, &scope) {
            Ok(permit) => permit,
            Err(refusal) => {
                assert_eq!(refusal.reason(), Reason::BeyondReaders);
                assert!(!fits, "{action:?} under {known:?}");
                seen.refused.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        assert!(fits, "{action:?} under {known:?}, {:?}", scope.session());
        if interrupted {
            self.read();
        }
        let fits = reached.is_within(self.now().known.readers & own);
        let tool = world.gate.tool("any.write", operation);
        match permit.begin(&tool) {
            Ok(running) => {
                assert!(fits, "{action:?} began under {:?}", self.now().known);
                running.done();
                if operation == Operation::Execute {
                    let known = &mut self.now().known;
                    known.readers = known.readers & label.readers;
                    known.untrusted |= label.untrusted;
                }
                seen.allowed.fetch_add(1, Ordering::Relaxed);
            }
            Err(refusal) => {
                assert_eq!(refusal.reason(), Reason::BeyondReaders);
                assert!(!fits, "{action:?} did not begin under {:?}", self.now().known);
                seen.refused_at_begin.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn declassify(&mut self) {
        let (readers, mask) = self.world.readers(self.draw);
        let endorse = self.draw.below(3) == 0;
        let (world, seen) = (self.world, self.seen);
        let before = world.sink.records().len();
        let Level { scope, known } = self.now();
        world.gate.declassify(scope, &readers).expect("everything is permitted here");
        known.readers = mask;
        if endorse {
            world.gate.endorse_input(scope).expect("everything is permitted here");
            known.untrusted = false;
        }
        let records = world.sink.records();
        let recorded = records.iter().any(|record| record.tool == "permitgate.declassify");
        assert!(recorded, "{before} records before");
        seen.declassified.fetch_add(1, Ordering::Relaxed);
    }

    /// A sub-task begins with what this session knows.
    fn go_below(&mut self) {
        if self.levels.len() == 4 {
            return;
        }
        let world = self.world;
        let Level { scope, known } = self.now();
        let below = scope.session().subtask().expect("not that deep");
        let level = Level { scope: world.scope(&below), known: *known };
        self.levels.push(level);
    }

    fn hand_back(&mut self) {
        if self.levels.len() == 1 {
            return;
        }
        let explicit = self.draw.below(2) == 0;
        let Level { scope, known: below } = self.levels.pop().expect("more than one");
        if explicit {
            scope.session().hand_back();
        }
        // Without a word, it happens when the last scope of the sub-task is gone.
        drop(scope);
        let known = &mut self.now().known;
        known.readers = known.readers & below.readers;
        known.untrusted |= below.untrusted;
        self.seen.handed_back.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn more_than_a_label_can_hold_leaves_nobody() {
    let rules = (0..40).map(|n| {
        LabelRule::on([format!("r{n}")])
            .readers(Readers::invoker() | Reader::principal(format!("p{n}")))
    });
    let gate = Gate::builder().labels(Labels::new(rules).unwrap()).build().unwrap();
    let permit = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    let capability = Capability::root(
        Policy::new([permit.readers(Readers::public())]).unwrap(),
        ambient_authority(),
    );
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    let note = Action::create("note", "notes/x");
    for n in 0..40 {
        let expected = if n <= permitgate::limits::MAX_LABEL_PARTS {
            Reason::Permitted
        } else {
            Reason::LabelOverflow
        };
        assert_eq!(gate.decide(&note, &scope).reason(), expected, "after {n}");
        let path = format!("r{n}");
        // Reading a resource for the invoker alone must go on until nothing goes on.
        let Ok(permit) = gate.authorize(&Action::read("read", &path), &scope) else { break };
        permit.begin(&gate.tool("read", Operation::Read)).unwrap().done();
    }
    assert_eq!(scope.session().label().to_string(), "nobody, trusted");
}
