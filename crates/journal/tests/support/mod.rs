//! A gate with a journal behind it, and ways to change what a journal wrote.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop"
)]
#![cfg_attr(true, expect(dead_code, reason = "each test uses a part of it"))]

use std::sync::Arc;

use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};
use permitgate_journal::{
    Entry, Finding, Journal, JournalOptions, Reader, Report, Simulation, verify_storage,
};

/// A gate that allows reads of `docs`, and its journal.
pub struct Desk {
    pub journal: Arc<Journal>,
    pub gate: Gate,
    pub scope: Scope,
}

impl Desk {
    pub fn new(journal: Journal) -> Self {
        let journal = Arc::new(journal);
        let read = Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
        let policy = Policy::new([read]).unwrap();
        let root = Capability::root(policy, ambient_authority());
        let held =
            root.attenuate(permitgate::authority::Attenuation::new().held_by("triage")).unwrap();
        let scope = Scope::builder(&held).invoker("dana").agent("triage").build().unwrap();
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_790_000_000));
        let gate = Gate::builder().sink(journal.clone()).clock(clock).build().unwrap();
        Self { journal, gate, scope }
    }

    pub fn open(options: JournalOptions, disk: &Simulation) -> Self {
        Self::new(options.open(disk.clone()).unwrap())
    }

    /// A decision that allows, and its outcome.
    pub fn read(&self, name: &str) -> bool {
        let resource = format!("docs/{name}");
        self.gate.authorize(&Action::read("docs.read", &resource), &self.scope).is_ok()
    }

    /// A decision that denies.
    pub fn delete(&self, name: &str) {
        let resource = format!("docs/{name}");
        let refused = self.gate.authorize(&Action::delete("docs.delete", &resource), &self.scope);
        assert!(refused.is_err());
    }
}

/// Small segments, in which a test sees many of them.
pub fn small() -> JournalOptions {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_790_000_000));
    JournalOptions::new().segment_bytes(4096).ahead_bytes(4096).clock(clock)
}

pub fn name_of(segment: u64) -> String {
    format!("segment-{segment:010}.pgj")
}

/// Each entry, as something is made of it.
pub fn entries<T>(disk: &Simulation, mut of: impl FnMut(&Entry<'_>) -> T) -> Vec<T> {
    let mut reader = Reader::over(disk.clone()).unwrap();
    let mut found = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        found.push(of(&entry));
    }
    found
}

pub fn report(disk: &Simulation) -> Report {
    verify_storage(disk, &[]).unwrap()
}

/// What a finding is, and where.
pub fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

/// The frames of a segment: where each begins, and its bytes.
pub fn frames(bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut at = usize::from(u16::from_le_bytes(bytes[10..12].try_into().unwrap()));
    let mut found = Vec::new();
    while at + 4 <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        if length == 0 {
            break;
        }
        found.push((at, bytes[at..at + length].to_vec()));
        at += length;
    }
    found
}

/// A segment of a header and frames.
pub fn joined(original: &[u8], frames: &[Vec<u8>]) -> Vec<u8> {
    let header = usize::from(u16::from_le_bytes(original[10..12].try_into().unwrap()));
    [&original[..header], &frames.concat()].concat()
}

/// How many bytes of a frame are sealed.
pub fn sealed(frame: &[u8]) -> usize {
    u32::from_le_bytes(frame[8..12].try_into().unwrap()) as usize
}

/// Gives a frame the checksum of what it is now, as somebody does who knows the format.
pub fn with_checksum(mut frame: Vec<u8>) -> Vec<u8> {
    let end = 12 + sealed(&frame) + 32;
    let crc = crc(&[&frame[..4], &frame[8..end]].concat());
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
    frame
}

/// CRC-32 as zlib has it, bit by bit.
pub fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Seals a frame anew behind a chain value, as somebody does who writes a journal of their own.
pub fn sealed_behind(mut frame: Vec<u8>, before: &[u8; 32]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let end = 12 + sealed(&frame);
    let mut sha = Sha256::new();
    sha.update([2]);
    sha.update(before);
    sha.update(&frame[12..end]);
    frame[end..end + 32].copy_from_slice(&sha.finalize());
    with_checksum(frame)
}

/// The chain value of a frame.
pub fn chain_of(frame: &[u8]) -> [u8; 32] {
    let end = 12 + sealed(frame);
    frame[end..end + 32].try_into().unwrap()
}

/// The position that a frame says it has.
pub fn position_of(frame: &[u8]) -> u64 {
    u64::from_le_bytes(frame[13..21].try_into().unwrap())
}

/// A journal of some segments with all sorts of entries, ended in order.
pub fn journal(seed: u64) -> Simulation {
    let disk = Simulation::new(seed);
    for run in 0..2 {
        let desk = Desk::open(small(), &disk);
        for n in 0..9 {
            assert!(desk.read(&format!("{seed}/{run}/{n}")));
            desk.delete(&n.to_string());
        }
        desk.journal.erase(&[2], "asked for").unwrap();
        desk.journal.close().unwrap();
    }
    let report = report(&disk);
    assert!(report.is_sound(), "{:?}", report.findings);
    assert!(report.segments.is_some_and(|segments| *segments.end() >= 3));
    disk
}

/// The same with one segment in another form.
pub fn with_segment(disk: &Simulation, segment: u64, bytes: &[u8]) -> Simulation {
    let changed = disk.killed();
    changed.write(&name_of(segment), bytes);
    changed
}

/// A checkpoint of a size and root, as a key signs it.
pub fn signed(
    key: &permitgate_journal::CheckpointKey,
    size: u64,
    root: permitgate_journal::Digest,
) -> permitgate_journal::Checkpoint {
    key.sign(size, root)
}
