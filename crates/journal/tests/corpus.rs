//! Sound and forged journals as files: this crate and the verifier in Python find the same in each, at the same place.
//!
//! `BLESS=1 cargo test -p permitgate-journal --test corpus` makes them anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use permitgate_journal::{
    Checkpoint, CheckpointKey, CheckpointVerifier, Disclosure, Folder, JournalErrorKind, Proof,
    Simulation, Storage, prove_in, verify,
};
use support::{
    Desk, chain_of, frames, joined, journal, name_of, report, sealed, sealed_behind, small,
    with_checksum, with_segment,
};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/journals")
}

fn key() -> CheckpointKey {
    CheckpointKey::from_seed("example.com/agent", &[7; 32]).unwrap()
}

/// One way to forge, by name.
type Forgery = (&'static str, fn(&Simulation) -> Simulation);

const FORGERIES: &[Forgery] = &[
    ("sound", Clone::clone),
    ("bit", |disk| {
        changed(disk, 1, |bytes| {
            let (at, _) = frames(bytes)[4];
            bytes[at + 40] ^= 1;
        })
    }),
    ("header", |disk| changed(disk, 2, |bytes| bytes[40] ^= 1)),
    ("edited", |disk| {
        reframed(disk, 1, |frames| {
            // A denial becomes an allow.
            let place =
                frames.iter().position(|frame| frame[12] == 1 && frame[12 + 65] == 3).unwrap();
            frames[place][12 + 65] = 1;
            frames[place] = with_checksum(frames[place].clone());
        })
    }),
    ("resealed", |disk| {
        reframed(disk, 1, |frames| {
            let before = chain_of(&frames[2]);
            frames[3][12 + 18] ^= 1;
            frames[3] = sealed_behind(frames[3].clone(), &before);
        })
    }),
    ("dropped", |disk| reframed(disk, 1, |frames| _ = frames.remove(5))),
    ("dropped-last-of-segment", |disk| reframed(disk, 1, |frames| _ = frames.pop())),
    ("repeated", |disk| reframed(disk, 2, |frames| frames.insert(4, frames[2].clone()))),
    ("reordered", |disk| reframed(disk, 2, |frames| frames.swap(2, 3))),
    ("spliced", |disk| {
        let other = frames(&journal(2).read(&name_of(1)).unwrap())[6].1.clone();
        reframed(disk, 1, |frames| frames[6] = other)
    }),
    ("foreign-segment", |disk| with_segment(disk, 2, &journal(2).read(&name_of(2)).unwrap())),
    ("missing-segment", |disk| without(disk, 2)),
    ("missing-first-segment", |disk| without(disk, 1)),
    ("truncated", |disk| {
        let last = *report(disk).segments.unwrap().end();
        reframed(disk, last, |frames| frames.truncate(2))
    }),
    ("truncated-segment", |disk| without(disk, *report(disk).segments.unwrap().end())),
    ("altered", |disk| {
        changed(disk, 1, |bytes| {
            let (at, frame) = frames(bytes).into_iter().find(|(_, frame)| frame[12] == 1).unwrap();
            let private = at + 12 + sealed(&frame) + 32;
            bytes[private + 30] ^= 1;
            let crc = support::crc(&bytes[private + 4..at + frame.len()]);
            bytes[private..private + 4].copy_from_slice(&crc.to_le_bytes());
        })
    }),
    ("vanished", |disk| {
        changed(disk, 1, |bytes| {
            let (at, frame) = frames(bytes).into_iter().find(|(_, frame)| frame[12] == 1).unwrap();
            bytes[at + 12 + sealed(&frame) + 32..at + frame.len()].fill(0);
        })
    }),
    ("junk", |disk| {
        reframed(disk, 2, |frames| frames.insert(3, b"junk that is no entry".to_vec()))
    }),
    ("forked", |_| {
        let disk = Simulation::new(3);
        let desk = Desk::open(small(), &disk);
        (0..60).for_each(|n| assert!(desk.read(&format!("other/{n}"))));
        desk.journal.close().unwrap();
        disk
    }),
];

fn changed(disk: &Simulation, segment: u64, change: impl FnOnce(&mut Vec<u8>)) -> Simulation {
    let mut bytes = disk.read(&name_of(segment)).unwrap();
    change(&mut bytes);
    with_segment(disk, segment, &bytes)
}

fn reframed(disk: &Simulation, segment: u64, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Simulation {
    let bytes = disk.read(&name_of(segment)).unwrap();
    let mut all = frames(&bytes).into_iter().map(|(_, frame)| frame).collect();
    change(&mut all);
    with_segment(disk, segment, &joined(&bytes, &all))
}

fn without(disk: &Simulation, segment: u64) -> Simulation {
    let disk = disk.killed();
    disk.delete(&name_of(segment));
    disk
}

fn bless() {
    let original = journal(1);
    let whole = report(&original);
    let checkpoint = key().sign(whole.size, whole.root);
    let _ = fs::remove_dir_all(corpus());
    fs::create_dir_all(corpus()).unwrap();
    fs::write(corpus().join("checkpoint.note"), checkpoint.note()).unwrap();
    fs::write(corpus().join("verifier.txt"), format!("{}\n", key().verifier())).unwrap();
    let proof = prove_in(&original, 5, &checkpoint, Disclosure::All).unwrap();
    fs::write(corpus().join("entry-5.tlog-proof"), proof).unwrap();
    for (name, forge) in FORGERIES {
        let folder = corpus().join(name);
        fs::create_dir_all(&folder).unwrap();
        let forged = forge(&original);
        for file in forged.names().unwrap() {
            fs::write(folder.join(&file), forged.read(&file).unwrap()).unwrap();
        }
        fs::write(folder.join("found.txt"), found(&folder)).unwrap();
    }
}

/// What this crate finds in a folder, a line for each finding.
fn found(folder: &Path) -> String {
    let report = verify(folder, &[checkpoint()]).unwrap();
    report.findings.iter().map(|finding| format!("{finding}\n")).collect()
}

fn verifier() -> CheckpointVerifier {
    fs::read_to_string(corpus().join("verifier.txt")).unwrap().trim().parse().unwrap()
}

fn checkpoint() -> Checkpoint {
    let note = fs::read_to_string(corpus().join("checkpoint.note")).unwrap();
    Checkpoint::read(&note, &[verifier()]).unwrap()
}

#[test]
fn forged_journals_are_found_as_they_are_written_down() {
    if std::env::var_os("BLESS").is_some() {
        bless();
    }
    for (name, _) in FORGERIES {
        let folder = corpus().join(name);
        let written = fs::read_to_string(folder.join("found.txt")).unwrap();
        assert_eq!(found(&folder), written, "{name}");
        assert_eq!(written.is_empty(), *name == "sound", "{name}");
        let code = written.split(' ').next().unwrap_or_default();
        let expected = match *name {
            "sound" => "",
            "bit" | "header" | "junk" => "damaged",
            "edited" | "resealed" | "spliced" => "edited",
            "dropped" | "dropped-last-of-segment" | "missing-segment" | "reordered" => "dropped",
            "foreign-segment" => "foreign",
            "missing-first-segment" => "beginning",
            "truncated" | "truncated-segment" => "truncated",
            same => same,
        };
        assert_eq!(code, expected, "{name}");
    }
    let folders =
        fs::read_dir(corpus()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(folders.count(), FORGERIES.len(), "each folder is looked at");
}

/// The verifier in Python shares nothing with this crate but the written format.
#[test]
fn the_verifier_in_python_finds_the_same() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/verify_journal.py");
    if Command::new("python3").arg("--version").output().is_err() {
        println!("SKIPPED: no python3 at hand");
        return;
    }
    for (name, _) in FORGERIES {
        let folder = corpus().join(name);
        let verifier = verifier().to_string();
        let output = Command::new("python3")
            .arg(&script)
            .arg(&folder)
            .args(["--verifier", &verifier, "--checkpoint"])
            .arg(corpus().join("checkpoint.note"))
            .arg("--proof")
            .arg(corpus().join("entry-5.tlog-proof"))
            .output()
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = told.lines().filter(|line| line.contains(" segment=")).collect();
        let written = fs::read_to_string(folder.join("found.txt")).unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(lines.join("\n"), written.trim_end(), "{name}: {complaint}");
        assert!(told.contains("proved position=5"), "{name}: {complaint}");
        assert_eq!(output.status.code(), Some(i32::from(*name != "sound")), "{name}");
        if *name == "sound" {
            let report = verify(&folder, &[checkpoint()]).unwrap();
            let figures =
                format!("size={} root={} matched={:?}", report.size, report.root, report.matched);
            assert!(told.ends_with(&format!("{figures}\n")), "{told}");
        }
    }
}

#[test]
fn the_proof_of_the_corpus_holds() {
    let text = fs::read_to_string(corpus().join("entry-5.tlog-proof")).unwrap();
    assert_eq!(Proof::read(&text, &[verifier()]).unwrap().entry().unwrap().position, 5);
}

/// A journal of a newer format is refused, and so is a folder that is not there.
#[test]
fn what_cannot_be_read_is_an_error() {
    assert_eq!(verify(corpus().join("none"), &[]).unwrap_err().kind(), JournalErrorKind::Failed);
    assert!(Folder::open(corpus().join("sound")).unwrap().names().unwrap().contains(&name_of(1)));
}
