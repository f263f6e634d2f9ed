//! Whatever is done to a segment, with right checksums and chain values or without: nothing panics, and a journal that is sound and can be opened
//! stays sound and keeps what was there. In seconds what the fuzz target does for longer.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop"
)]

mod support;

use permitgate_journal::{JournalOptions, JsonLine, Reader, Simulation, verify_storage};
use proptest::prelude::*;
use support::{frames, joined, journal, name_of, sealed, sealed_behind, with_checksum};

/// One change of a segment's frames.
#[derive(Clone, Debug)]
enum Change {
    Byte(prop::sample::Index, prop::sample::Index, u8),
    Checksum(prop::sample::Index),
    /// From this frame on, every one is sealed anew.
    Seal(prop::sample::Index),
    Remove(prop::sample::Index),
    Copy(prop::sample::Index, prop::sample::Index),
    Cut(prop::sample::Index),
    Wipe(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    use Change::{Byte, Checksum, Copy, Cut, Remove, Seal, Wipe};
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), index(), any::<u8>()).prop_map(|(frame, at, byte)| Byte(frame, at, byte)),
        2 => index().prop_map(Checksum),
        3 => index().prop_map(Seal),
        1 => index().prop_map(Remove),
        1 => (index(), index()).prop_map(|(from, to)| Copy(from, to)),
        1 => index().prop_map(Cut),
        1 => index().prop_map(Wipe),
    ]
}

fn start_of(segment: &[u8]) -> [u8; 32] {
    let header = usize::from(u16::from_le_bytes([segment[10], segment[11]]));
    segment[header - 36..header - 4].try_into().unwrap()
}

fn apply(segment: &[u8], all: &mut Vec<Vec<u8>>, change: &Change) {
    if all.is_empty() {
        return;
    }
    let is_frame = |frame: &Vec<u8>| frame.len() >= 44 && 44 + sealed(frame) <= frame.len();
    match change {
        Change::Byte(frame, at, byte) => {
            let frame = frame.index(all.len());
            if !all[frame].is_empty() {
                let at = at.index(all[frame].len());
                all[frame][at] = *byte;
            }
        }
        Change::Checksum(frame) => {
            let frame = frame.index(all.len());
            if is_frame(&all[frame]) {
                all[frame] = with_checksum(all[frame].clone());
            }
        }
        Change::Seal(from) => {
            let from = from.index(all.len());
            let mut before = start_of(segment);
            for (place, frame) in all.iter_mut().enumerate().filter(|(_, frame)| is_frame(frame)) {
                if place >= from {
                    *frame = sealed_behind(frame.clone(), &before);
                }
                before = support::chain_of(frame);
            }
        }
        Change::Remove(frame) => _ = all.remove(frame.index(all.len())),
        Change::Copy(from, to) => {
            let copy = all[from.index(all.len())].clone();
            all.insert(to.index(all.len()), copy);
        }
        Change::Cut(frame) => {
            let frame = frame.index(all.len());
            let half = all[frame].len() / 2;
            all[frame].truncate(half);
        }
        Change::Wipe(frame) => {
            let frame = frame.index(all.len());
            if is_frame(&all[frame]) {
                let private = 44 + sealed(&all[frame]);
                all[frame][private..].fill(0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_what_is_sound_stays_sound(changes in prop::collection::vec(change(), 1..6), padding in 0..600_usize) {
        let original = journal(1).read(&name_of(1)).unwrap();
        let mut all: Vec<Vec<u8>> = frames(&original).into_iter().map(|(_, frame)| frame).collect();
        changes.iter().for_each(|change| apply(&original, &mut all, change));
        let mut bytes = joined(&original, &all);
        bytes.resize(bytes.len() + padding, 0);
        let disk = Simulation::new(1);
        disk.write(&name_of(1), &bytes);
        let mut reader = Reader::over(disk.clone()).unwrap();
        while let Ok(Some(entry)) = reader.next() {
            let line = JsonLine(&entry).to_string();
            let value: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert!(value["kind"].is_string() && line.is_ascii());
        }
        let before = verify_storage(&disk, &[]).unwrap();
        if let Ok(journal) = JournalOptions::new().open(disk.clone()) {
            journal.close().unwrap();
            let after = verify_storage(&disk, &[]).unwrap();
            if before.is_sound() {
                prop_assert!(after.is_sound(), "{:?}", after.findings);
                prop_assert!(after.size > before.size);
            }
        }
    }
}
