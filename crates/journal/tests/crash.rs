//! What a crash leaves, at every step and every byte: nothing acknowledged is lost at its durability, what is torn is healed and said.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop"
)]

mod support;

use std::io::{self, ErrorKind};

use permitgate_journal::{
    Content, Durability, Journal, JournalErrorKind, JournalOptions, Medium, Simulation, Storage,
};
use support::{Desk, entries, frames, journal, name_of, report, sealed, small, told, with_segment};

/// What a process does until its disk fails it. How many decisions it was told were recorded.
fn work(open: impl Fn(u64) -> Option<Journal>) -> u64 {
    let mut acknowledged = 0;
    for run in 0..2 {
        let Some(journal) = open(run) else { return acknowledged };
        let desk = Desk::new(journal);
        for n in 0..16 {
            if !desk.read(&format!("{run}/{n}")) {
                return acknowledged;
            }
            acknowledged += 1;
        }
        let erased = desk.journal.erase(&[2], "asked for").is_ok();
        if !erased || desk.journal.close().is_err() {
            return acknowledged;
        }
    }
    acknowledged
}

/// Opens what a crash left, and holds it to what was promised.
fn check(left: &Simulation, acknowledged: u64, options: JournalOptions) -> Result<(), String> {
    let opened = options.open(left.clone()).map_err(|error| format!("not opened: {error}"))?;
    let healed = opened.repair();
    let desk = Desk::new(opened);
    let found = report(left);
    if !found.is_sound() {
        return Err(format!("found: {:?}", told(&found.findings)));
    }
    if found.last_decision < acknowledged {
        return Err(format!(
            "{acknowledged} were acknowledged, and {} are there",
            found.last_decision
        ));
    }
    if found.last_decision > acknowledged + 1 {
        return Err("more is there than was asked for".to_owned());
    }
    if !desk.read("after") {
        return Err("it does not go on".to_owned());
    }
    desk.journal.close().map_err(|error| error.to_string())?;
    let found = report(left);
    let said = entries(left, |entry| match entry.content {
        Content::Opened { healed, .. } => healed,
        _ => 0,
    });
    let is_said = healed.is_none_or(|healed| said.contains(&healed.bytes));
    match (found.is_sound(), is_said) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("found afterwards: {:?}", told(&found.findings))),
        (_, false) => Err("what was healed is not said".to_owned()),
    }
}

/// A disk that says it did what it did not.
#[derive(Clone)]
struct Liar {
    disk: Simulation,
    syncs: bool,
    writes: bool,
}

struct LyingFile {
    file: Box<dyn Medium>,
    of: Liar,
}

impl Storage for Liar {
    fn lock(&self) -> io::Result<Option<Box<dyn Send + Sync>>> {
        self.disk.lock()
    }
    fn names(&self) -> io::Result<Vec<String>> {
        self.disk.names()
    }
    fn create_file(&self, name: &str) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(LyingFile { file: self.disk.create_file(name)?, of: self.clone() }))
    }
    fn open_file(&self, name: &str, writes: bool) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(LyingFile { file: self.disk.open_file(name, writes)?, of: self.clone() }))
    }
    fn remove_file(&self, name: &str) -> io::Result<()> {
        self.disk.remove_file(name)
    }
    fn sync(&self) -> io::Result<()> {
        self.disk.sync()
    }
    fn fill_random(&self, bytes: &mut [u8]) -> io::Result<()> {
        self.disk.fill_random(bytes)
    }
    fn name(&self) -> String {
        self.disk.name()
    }
}

impl Medium for LyingFile {
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let is_frame = offset > 200 && bytes.iter().any(|byte| *byte != 0);
        if is_frame && self.of.writes { Ok(()) } else { self.file.write_at(offset, bytes) }
    }
    fn set_length(&self, length: u64) -> io::Result<()> {
        self.file.set_length(length)
    }
    fn sync(&self) -> io::Result<()> {
        if self.of.syncs { Ok(()) } else { self.file.sync() }
    }
}

/// Works on a disk that fails from each step on, looks at what a kill or a power cut leaves, and counts what did not hold.
fn rounds(durability: Durability, lies: (bool, bool), cuts: &[u64]) -> Vec<String> {
    let (syncs, writes) = lies;
    let mut wrong = Vec::new();
    for step in 0.. {
        let disk = Simulation::new(step);
        let liar = Liar { disk: disk.clone(), syncs, writes };
        disk.fail_from(step, ErrorKind::Other);
        // The second run keeps next to nothing, so that many segments go at once.
        let options = |run| if run == 0 { small() } else { small().keep_bytes(0) };
        let acknowledged = work(|run| options(run).durability(durability).open(liar.clone()).ok());
        let options = small().durability(durability);
        let killed = check(&disk.killed(), acknowledged, options.clone());
        wrong.extend(
            killed.err().map(|what| format!("{durability:?}, step {step}, killed: {what}")),
        );
        for cut in cuts {
            let left = disk.powered_off(*cut);
            let held = match durability {
                Durability::Durable => check(&left, acknowledged, options.clone()),
                // Records may be lost, and what is left is a journal all the same.
                _ => small().open(left).map(|_| ()).map_err(|error| error.to_string()),
            };
            wrong.extend(
                held.err()
                    .map(|what| format!("{durability:?}, step {step}, power cut {cut}: {what}")),
            );
        }
        if disk.steps() < step {
            break;
        }
    }
    wrong
}

#[test]
fn whatever_step_is_the_last_nothing_acknowledged_is_lost() {
    assert_eq!(rounds(Durability::Written, (false, false), &[1, 2]), [""; 0]);
    assert_eq!(rounds(Durability::Durable, (false, false), &[1, 2, 3]), [""; 0]);
}

/// The harness finds what it is there to find.
#[test]
fn disks_that_lie_are_found_out() {
    let unsynced = rounds(Durability::Durable, (true, false), &[1]);
    assert!(
        unsynced.iter().any(|what| what.contains("power cut") && what.contains("acknowledged")),
        "{unsynced:?}"
    );
    let unwritten = rounds(Durability::Written, (false, true), &[]);
    assert!(
        unwritten.iter().any(|what| what.contains("killed") && what.contains("acknowledged")),
        "{unwritten:?}"
    );
}

/// A journal that was killed, cut off at every byte: what is whole stays, the rest is healed, and both are said.
#[test]
fn a_tail_that_is_cut_at_any_byte_is_healed() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small(), &disk);
    (0..2).for_each(|n| assert!(desk.read(&n.to_string())));
    let bytes = disk.read(&name_of(1)).unwrap();
    let all = frames(&bytes);
    let last = all.last().unwrap();
    for cut in all[0].0..=last.0 + last.1.len() {
        // Behind the cut lie zeros, or nothing.
        for length in [cut, bytes.len()] {
            let mut left = bytes[..cut].to_vec();
            left.resize(length, 0);
            let is_whole =
                |(at, frame): &&(usize, Vec<u8>)| left.get(*at..at + frame.len()) == Some(frame);
            let whole: Vec<_> = all.iter().take_while(is_whole).collect();
            let end = whole.last().map_or(all[0].0, |(at, frame)| at + frame.len());
            // Of a frame whose sealed part is there, zeros belong to what is torn.
            let begun =
                all.get(whole.len()).filter(|(at, frame)| cut >= at + 12 + sealed(frame) + 32);
            let torn =
                left[end..].iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
            let torn = match begun {
                Some((at, frame)) if length > at + frame.len() => frame.len() as u64,
                _ => torn,
            };
            let left = with_segment(&disk, 1, &left);
            let before = report(&left);
            assert_eq!((before.size, before.torn), (whole.len() as u64, torn), "cut at {cut}");
            let opened = small().open(left.clone()).unwrap();
            let said = opened.repair().map(|healed| (healed.offset, healed.bytes, healed.entries));
            assert_eq!(said, (torn > 0).then_some((end as u64, torn, 0)));
            opened.sync().unwrap();
            let after = report(&left);
            assert!(after.is_sound());
            assert_eq!((after.size, after.torn), (whole.len() as u64 + 1, 0));
        }
    }
}

/// A segment that was begun when the power failed holds nothing yet.
#[test]
fn a_segment_without_its_header_is_no_segment() {
    let disk = journal(1);
    let last = *report(&disk).segments.unwrap().end();
    let header = disk.read(&name_of(last)).unwrap()[..140].to_vec();
    for begun in [vec![], vec![0; 500], header[..50].to_vec()] {
        let left = with_segment(&disk, last + 1, &begun);
        let desk = Desk::open(small(), &left);
        assert!(desk.read("after"));
        desk.journal.close().unwrap();
        assert!(report(&left).is_sound());
        assert_eq!(*report(&left).segments.unwrap().end() - last, 0);
    }
}

/// What a later entry calls settled cannot be torn: such a journal is not written on.
#[test]
fn damage_before_settled_entries_is_no_torn_tail() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small().durability(Durability::Durable), &disk);
    (0..5).for_each(|n| assert!(desk.read(&n.to_string())));
    let mut bytes = disk.read(&name_of(1)).unwrap();
    let (at, _) = frames(&bytes)[2];
    bytes[at + 30] ^= 1;
    let left = with_segment(&disk, 1, &bytes);
    let error = small().open(left.clone()).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
    assert!(error.to_string().contains(&format!("was changed at byte {at}")), "{error}");
    assert_eq!(
        told(&report(&left).findings),
        [format!("damaged segment=1 offset={at} position=3")]
    );
    assert_eq!(left.read(&name_of(1)).unwrap(), bytes, "it is left as it is");
}

/// Nothing was synced: what is broken may be a power cut, and the report says that it cannot tell.
#[test]
fn damage_that_nothing_calls_settled_is_told_as_torn() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small(), &disk);
    (0..5).for_each(|n| assert!(desk.read(&n.to_string())));
    let mut bytes = disk.read(&name_of(1)).unwrap();
    let all = frames(&bytes);
    let (at, _) = all[4];
    bytes[at + 30] ^= 1;
    let left = with_segment(&disk, 1, &bytes);
    assert_eq!(told(&report(&left).findings), [format!("torn segment=1 offset={at} position=5")]);
    let opened = small().open(left.clone()).unwrap();
    assert_eq!(opened.repair().unwrap().entries, all.len() as u64 - 5);
    opened.close().unwrap();
    assert!(report(&left).is_sound());
}
