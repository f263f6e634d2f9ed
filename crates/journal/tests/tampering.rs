//! Each way to change a journal is found, and found at its place.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop"
)]

mod support;

use std::sync::LazyLock;

use permitgate_journal::{Checkpoint, CheckpointKey, Simulation, verify_storage};
use proptest::prelude::*;
use support::{
    Desk, chain_of, frames, joined, journal, name_of, position_of, report, sealed, sealed_behind,
    small, told, with_checksum, with_segment,
};

/// A journal, its segments, and the frames of each: segment, place, bytes.
struct Original {
    disk: Simulation,
    segments: Vec<Vec<u8>>,
    frames: Vec<(u64, usize, Vec<u8>)>,
}

static ORIGINAL: LazyLock<Original> = LazyLock::new(|| {
    let disk = journal(1);
    let last = *report(&disk).segments.unwrap().end();
    let segments: Vec<Vec<u8>> =
        (1..=last).map(|segment| disk.read(&name_of(segment)).unwrap()).collect();
    let mut all = Vec::new();
    for (segment, bytes) in (1..).zip(&segments) {
        all.extend(frames(bytes).into_iter().map(|(at, frame)| (segment, at, frame)));
    }
    Original { disk, segments, frames: all }
});

impl Original {
    /// The journal with the frames of one segment in another form.
    fn with_frames(&self, segment: u64, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Simulation {
        let bytes = &self.segments[segment as usize - 1];
        let mut all: Vec<Vec<u8>> = frames(bytes).into_iter().map(|(_, frame)| frame).collect();
        change(&mut all);
        with_segment(&self.disk, segment, &joined(bytes, &all))
    }

    /// The place of a frame within its segment.
    fn place(&self, frame: usize) -> usize {
        let segment = self.frames[frame].0;
        frame - self.frames.iter().position(|(of, _, _)| *of == segment).unwrap()
    }

    fn is_last_of_segment(&self, frame: usize) -> bool {
        self.frames.get(frame + 1).is_none_or(|next| next.0 != self.frames[frame].0)
    }
}

fn key() -> CheckpointKey {
    CheckpointKey::from_seed("example.com/agent", &[7; 32]).unwrap()
}

/// The first finding: its code, and where.
fn first(disk: &Simulation) -> (String, u64, u64, u64) {
    let report = report(disk);
    let finding =
        report.findings.first().unwrap_or_else(|| unreachable!("nothing was found")).clone();
    (finding.kind.code().to_owned(), finding.segment, finding.offset, finding.position)
}

/// Any frame but the last one, which only a checkpoint knows.
fn any_frame() -> impl Strategy<Value = usize> {
    0..ORIGINAL.frames.len() - 1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_bit_is_found_in_its_entry(frame in any_frame(), byte in any::<proptest::sample::Index>(), bit in 0..8_u8) {
        let (segment, at, bytes) = &ORIGINAL.frames[frame];
        let byte = byte.index(bytes.len());
        let mut changed = ORIGINAL.segments[*segment as usize - 1].clone();
        changed[at + byte] ^= 1 << bit;
        let (code, in_segment, offset, position) = first(&with_segment(&ORIGINAL.disk, *segment, &changed));
        let is_private = byte >= 12 + sealed(bytes) + 32;
        prop_assert_eq!((in_segment, offset, position), (*segment, *at as u64, position_of(bytes)));
        let is_erased = is_private && bytes[12 + sealed(bytes) + 32..].iter().all(|byte| *byte == 0);
        prop_assert_eq!(code, if is_erased { "unerased" } else if is_private { "altered" } else { "damaged" });
    }

    /// The checksum is no secret: with a right one, the chain still tells.
    #[test]
    fn a_change_with_a_right_checksum_is_found_in_its_entry(frame in any_frame(), byte in any::<proptest::sample::Index>()) {
        let (segment, at, bytes) = &ORIGINAL.frames[frame];
        let place = ORIGINAL.place(frame);
        let byte = byte.index(sealed(bytes) + 32);
        prop_assume!(!(1..9).contains(&byte));
        let disk = ORIGINAL.with_frames(*segment, |frames| {
            frames[place][12 + byte] ^= 1;
            frames[place] = with_checksum(frames[place].clone());
        });
        let (code, in_segment, offset, position) = first(&disk);
        prop_assert_eq!((code.as_str(), in_segment, offset, position), ("edited", *segment, *at as u64, position_of(bytes)));
    }

    /// Nor is the chain: who seals the entry anew breaks it at the next one.
    #[test]
    fn an_entry_that_is_sealed_anew_is_found_at_the_next(frame in any_frame(), byte in any::<proptest::sample::Index>()) {
        let (segment, _, bytes) = &ORIGINAL.frames[frame];
        let place = ORIGINAL.place(frame);
        prop_assume!(place > 0);
        let before = chain_of(&ORIGINAL.frames[frame - 1].2);
        let byte = byte.index(sealed(bytes) - 17) + 17;
        let disk = ORIGINAL.with_frames(*segment, |frames| {
            frames[place][12 + byte] ^= 1;
            frames[place] = sealed_behind(frames[place].clone(), &before);
        });
        // What it says may be wrong as well, and then it is found there already.
        let found = report(&disk).findings;
        let (next_segment, next_at, _) = &ORIGINAL.frames[frame + 1];
        let is_last = ORIGINAL.is_last_of_segment(frame);
        let expected = (*next_segment, if is_last { 0 } else { *next_at as u64 }, if is_last { "foreign" } else { "edited" });
        prop_assert!(
            found.iter().any(|one| (one.segment, one.offset, one.kind.code()) == expected),
            "{:?}, not {:?}", told(&found), expected
        );
    }

    #[test]
    fn a_dropped_entry_is_missing_at_its_place(frame in any_frame()) {
        let (segment, at, bytes) = &ORIGINAL.frames[frame];
        let place = ORIGINAL.place(frame);
        let disk = ORIGINAL.with_frames(*segment, |frames| _ = frames.remove(place));
        let position = position_of(bytes);
        prop_assert_eq!(first(&disk), ("dropped".to_owned(), *segment, *at as u64, position));
        prop_assert_eq!(report(&disk).findings.len(), 1);
    }

    #[test]
    fn a_repeated_entry_is_found_where_it_stands_again(frame in any_frame(), later in any::<proptest::sample::Index>()) {
        let (segment, _, bytes) = &ORIGINAL.frames[frame];
        let place = ORIGINAL.place(frame);
        let count = frames(&ORIGINAL.segments[*segment as usize - 1]).len();
        let is_last = *segment as usize == ORIGINAL.segments.len();
        let to = place + 1 + later.index(count - place - usize::from(is_last && place + 1 < count));
        let disk = ORIGINAL.with_frames(*segment, |frames| frames.insert(to, bytes.clone()));
        let changed = disk.read(&name_of(*segment)).unwrap();
        let at = frames(&changed)[to].0 as u64;
        prop_assert_eq!(first(&disk), ("repeated".to_owned(), *segment, at, position_of(bytes)));
        prop_assert_eq!(report(&disk).findings.len(), 1);
    }

    #[test]
    fn entries_in_another_order_are_found_where_it_begins(frame in any_frame()) {
        prop_assume!(!ORIGINAL.is_last_of_segment(frame));
        let (segment, at, bytes) = &ORIGINAL.frames[frame];
        let place = ORIGINAL.place(frame);
        let disk = ORIGINAL.with_frames(*segment, |frames| frames.swap(place, place + 1));
        let found = report(&disk).findings;
        let second = *at + ORIGINAL.frames[frame + 1].2.len();
        let position = position_of(bytes);
        let expected = [
            format!("dropped segment={segment} offset={at} position={position}"),
            format!("reordered segment={segment} offset={second} position={position}"),
        ];
        prop_assert_eq!(told(&found), expected);
    }

    /// An entry of another journal, of the same position and length or not, in place of one.
    #[test]
    fn a_spliced_entry_is_found(frame in any_frame()) {
        static OTHER: LazyLock<Simulation> = LazyLock::new(|| journal(2));
        let (segment, at, bytes) = &ORIGINAL.frames[frame];
        let place = ORIGINAL.place(frame);
        let other = frames(&OTHER.read(&name_of(*segment)).unwrap())[place].1.clone();
        prop_assume!(position_of(&other) == position_of(bytes));
        let disk = ORIGINAL.with_frames(*segment, |frames| frames[place] = other);
        prop_assert_eq!(first(&disk), ("edited".to_owned(), *segment, *at as u64, position_of(bytes)));
    }

    /// Bytes that are no entry, between others.
    #[test]
    fn bytes_between_entries_are_found(frame in any_frame(), junk in proptest::collection::vec(1..=255_u8, 1..100)) {
        let (segment, at, bytes) = &ORIGINAL.frames[frame];
        let place = ORIGINAL.place(frame);
        let disk = ORIGINAL.with_frames(*segment, |frames| frames.insert(place, junk));
        prop_assert_eq!(first(&disk), ("damaged".to_owned(), *segment, *at as u64, position_of(bytes)));
    }
}

#[test]
fn each_byte_of_each_header_counts() {
    for (segment, bytes) in (1..).zip(&ORIGINAL.segments) {
        let length = usize::from(u16::from_le_bytes(bytes[10..12].try_into().unwrap()));
        for place in (0..length).filter(|place| *place != 8 && *place != 9) {
            let mut changed = bytes.clone();
            changed[place] ^= 0x40;
            let (code, in_segment, offset, _) =
                first(&with_segment(&ORIGINAL.disk, segment, &changed));
            assert_eq!(
                (code.as_str(), in_segment, offset),
                ("damaged", segment, 0),
                "byte {place}"
            );
        }
    }
}

#[test]
fn segments_of_another_journal_or_in_another_order_are_found() {
    let other = journal(2);
    for segment in 1..=ORIGINAL.segments.len() as u64 {
        let disk = with_segment(&ORIGINAL.disk, segment, &other.read(&name_of(segment)).unwrap());
        let (code, place) = if segment == 1 { ("foreign", 2) } else { ("foreign", segment) };
        let (found, in_segment, offset, _) = first(&disk);
        assert_eq!((found.as_str(), in_segment, offset), (code, place, 0));
    }
    let (second, third) = (&ORIGINAL.segments[1], &ORIGINAL.segments[2]);
    let disk = with_segment(&with_segment(&ORIGINAL.disk, 2, third), 3, second);
    let (found, in_segment, offset, _) = first(&disk);
    assert_eq!((found.as_str(), in_segment, offset), ("foreign", 2, 0));
}

#[test]
fn a_segment_that_is_gone_is_missing_between_its_neighbours_and_at_the_start() {
    let disk = ORIGINAL.disk.killed();
    disk.delete(&name_of(2));
    let position = position_of(&frames(&ORIGINAL.segments[1])[0].1);
    let end = ORIGINAL.segments[0].iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    let (code, segment, offset, missing) = first(&disk);
    assert_eq!((code.as_str(), segment, missing), ("dropped", 1, position));
    assert!(offset >= end, "where the first segment ends");
    let disk = ORIGINAL.disk.killed();
    disk.delete(&name_of(1));
    let (code, segment, offset, first) = first(&disk);
    assert_eq!((code.as_str(), segment, offset, first), ("beginning", 2, 0, position));
}

/// What is cut off behind an entry reads as a shorter journal; a checkpoint knows better, and says from which entry on.
#[test]
fn a_cut_at_any_byte_is_found_against_a_checkpoint() {
    let size = report(&ORIGINAL.disk).size;
    let checkpoint = checkpoint_of(&ORIGINAL.disk);
    assert!(verify_storage(&ORIGINAL.disk, std::slice::from_ref(&checkpoint)).unwrap().is_sound());
    let last = ORIGINAL.segments.len() as u64;
    let bytes = ORIGINAL.segments.last().unwrap();
    let all = frames(bytes);
    for cut in (all[0].0..bytes.len()).step_by(7) {
        let disk = with_segment(&ORIGINAL.disk, last, &bytes[..cut]);
        let found = verify_storage(&disk, std::slice::from_ref(&checkpoint)).unwrap().findings;
        let (at, frame) = all.iter().find(|(at, frame)| at + frame.len() > cut).unwrap();
        let expected =
            format!("truncated segment={last} offset={at} position={}", position_of(frame));
        assert_eq!(told(&found), [expected], "cut at {cut}");
    }
    let disk = ORIGINAL.disk.killed();
    disk.delete(&name_of(last));
    let found = verify_storage(&disk, &[checkpoint]).unwrap().findings;
    assert_eq!((found.len(), found[0].kind.code(), found[0].segment), (1, "truncated", last - 1));
    assert!(found[0].position <= size);
}

fn checkpoint_of(disk: &Simulation) -> Checkpoint {
    // As if it had been taken before the journal ended.
    let report = report(disk);
    let copy = disk.killed();
    let desk = Desk::open(small(), &copy);
    let later = desk.journal.checkpoint(&key()).unwrap();
    assert!(later.size() > report.size);
    support::signed(&key(), report.size, report.root)
}

/// Somebody who can write writes the end anew: all of it follows, and only a checkpoint that is kept elsewhere tells.
#[test]
fn a_past_that_is_written_anew_is_found_behind_the_last_checkpoint_that_matches() {
    let disk = Simulation::new(5);
    let desk = Desk::open(small(), &disk);
    (0..5).for_each(|n| assert!(desk.read(&n.to_string())));
    let early = desk.journal.checkpoint(&key()).unwrap();
    let fork = disk.killed();
    (0..30).for_each(|n| assert!(desk.read(&n.to_string())));
    let late = desk.journal.checkpoint(&key()).unwrap();
    desk.journal.close().unwrap();
    assert!(verify_storage(&disk, &[late.clone(), early.clone()]).unwrap().is_sound());
    let desk = Desk::open(small(), &fork);
    (0..40).for_each(|n| assert!(desk.read(&format!("other/{n}"))));
    desk.journal.close().unwrap();
    assert!(report(&fork).is_sound(), "by itself it is a journal");
    let report = verify_storage(&fork, &[late, early.clone()]).unwrap();
    assert_eq!((report.matched.as_slice(), report.findings.len()), ([early.size()].as_slice(), 1));
    let finding = &report.findings[0];
    assert_eq!((finding.kind.code(), finding.position), ("forked", early.size() + 1));
}

/// The private part of a decision is wiped, and nobody says that it was erased; or somebody says so, and it is still there.
#[test]
fn erasing_is_told_and_what_is_told_is_done() {
    let (segment, at, bytes) = ORIGINAL
        .frames
        .iter()
        .find(|(_, _, frame)| frame[12] == 1 && position_of(frame) > 8)
        .unwrap();
    let start = 12 + sealed(bytes) + 32;
    let mut changed = ORIGINAL.segments[*segment as usize - 1].clone();
    changed[at + start..at + bytes.len()].fill(0);
    let disk = with_segment(&ORIGINAL.disk, *segment, &changed);
    assert_eq!(first(&disk), ("vanished".to_owned(), *segment, *at as u64, position_of(bytes)));

    let disk = Simulation::new(3);
    let desk = Desk::open(small(), &disk);
    (0..3).for_each(|n| assert!(desk.read(&n.to_string())));
    let before = disk.read(&name_of(1)).unwrap();
    desk.journal.erase(&[2], "asked for").unwrap();
    desk.journal.close().unwrap();
    let mut bytes = disk.read(&name_of(1)).unwrap();
    let (at, frame) =
        frames(&bytes).into_iter().filter(|(_, frame)| frame[12] == 1).nth(1).unwrap();
    bytes[at..at + frame.len()].copy_from_slice(&before[at..at + frame.len()]);
    disk.write(&name_of(1), &bytes);
    assert_eq!(report(&disk).findings[0].kind.code(), "unerased");
    // Erasing again finishes it.
    let desk = Desk::open(small(), &disk);
    assert_eq!(desk.journal.erase(&[2], "finished").unwrap(), 1);
    desk.journal.close().unwrap();
    assert!(report(&disk).is_sound());
}

/// Proofs of every entry hold against a checkpoint, whole and in part, and no other text does.
#[test]
fn proofs_hold_and_no_change_of_them_does() {
    use permitgate_journal::{Content, Disclosure, Proof, prove_in};
    let checkpoint = checkpoint_of(&ORIGINAL.disk);
    let known = [key().verifier()];
    for position in 1..=checkpoint.size() {
        for disclosure in [Disclosure::Public, Disclosure::All] {
            let text = prove_in(&ORIGINAL.disk, position, &checkpoint, disclosure).unwrap();
            let proof = Proof::read(&text, &known).unwrap();
            let entry = proof.entry().unwrap();
            assert_eq!(entry.position, position);
            if let Content::Decision(decision) = entry.content {
                let is_shown = disclosure == Disclosure::All && decision.sequence != 2;
                assert_eq!(decision.subject.is_some(), is_shown, "{}", decision.sequence);
            }
        }
    }
    let text = prove_in(&ORIGINAL.disk, 9, &checkpoint, Disclosure::All).unwrap();
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] ^= 1;
        if let Ok(changed) = String::from_utf8(changed) {
            assert!(Proof::read(&changed, &known).is_err(), "byte {place}");
        }
    }
    assert!(prove_in(&ORIGINAL.disk, checkpoint.size() + 1, &checkpoint, Disclosure::All).is_err());
    assert!(prove_in(&journal(2), 9, &checkpoint, Disclosure::All).is_err());
}
