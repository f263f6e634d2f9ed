//! What a journal promises as a sink: numbers, outcomes, secrets, refusals with their cause, rotation, retention, erasure.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop"
)]

mod support;

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

use permitgate::decision::Ruling;
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::model::{Arguments, Value};
use permitgate::prelude::*;
use permitgate::record::{Outcome, RecordFault};
use permitgate_journal::{
    Content, Durability, Holding, JournalErrorKind, JournalOptions, JsonLine, Medium, Simulation,
    Storage, verify,
};
use support::{Desk, entries, name_of, report, small};

const ALL: [Durability; 3] = [Durability::Queued, Durability::Written, Durability::Durable];

#[test]
fn decisions_and_outcomes_come_back_as_they_were() {
    for durability in ALL {
        let disk = Simulation::new(1);
        let desk = Desk::open(small().durability(durability), &disk);
        let action = Action::read("docs.read", "docs/a");
        desk.gate.run(&action, &desk.scope, |_| Ok::<_, io::Error>(())).unwrap();
        desk.delete("b");
        desk.journal.close().unwrap();
        let told = entries(&disk, |entry| match entry.content {
            Content::Opened { .. } => "opened".to_owned(),
            Content::Closed { decisions } => format!("closed after {decisions}"),
            Content::Outcome { sequence, outcome, .. } => {
                format!("{sequence}: {}", outcome.unwrap())
            }
            Content::Decision(decision) => {
                let subject = decision.subject.unwrap();
                assert_eq!((decision.agent, subject.invoker), ("triage", "dana"));
                assert_eq!(subject.lineage.count(), 1);
                let (tool, resource) = (subject.tool, subject.resource);
                let (sequence, ruling, reason) =
                    (decision.sequence, decision.ruling, decision.reason);
                format!("{sequence} {ruling} {reason} {tool} {resource} {:?}", decision.statement)
            }
            _ => unreachable!("nothing else was done"),
        });
        assert_eq!(
            told,
            [
                "opened",
                "1 allow permitted docs.read docs/a Some(\"read\")",
                "1: done",
                "2 deny not-permitted docs.delete docs/b None",
                "closed after 2",
            ]
        );
        assert!(report(&disk).is_sound());
    }
}

#[test]
fn numbers_go_on_when_it_is_opened_again_and_after_a_kill() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small(), &disk);
    (0..3).for_each(|n| assert!(desk.read(&n.to_string())));
    desk.journal.close().unwrap();
    let desk = Desk::open(small(), &disk);
    (0..3).for_each(|n| assert!(desk.read(&n.to_string())));
    let killed = disk.killed();
    let desk = Desk::open(small(), &killed);
    assert!(desk.read("last"));
    desk.journal.close().unwrap();
    let sequences = entries(&killed, |entry| match entry.content {
        Content::Decision(decision) => Some(decision.sequence),
        _ => None,
    });
    assert_eq!(sequences.into_iter().flatten().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    let report = report(&killed);
    assert!(report.is_sound() && report.is_closed, "{:?}", report.findings);
    assert_eq!((report.decisions, report.outcomes, report.unsettled), (7, 7, 0));
}

#[test]
fn permits_without_an_outcome_are_counted() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small(), &disk);
    let permit = desk.gate.authorize(&Action::read("docs.read", "docs/a"), &desk.scope).unwrap();
    let killed = disk.killed();
    assert_eq!(report(&killed).unsettled, 1);
    drop(permit);
    assert_eq!(report(&disk).unsettled, 0);
}

fn login() -> Manifest {
    let tool = ToolSpec::new("login")
        .argument("user", ArgumentSpec::text())
        .argument("password", ArgumentSpec::text().secret())
        .effect(EffectSpec::update("accounts/{args.user}"));
    Manifest::new([tool]).unwrap()
}

/// The lines that a journal with a key holds of two logins.
fn logins(holding: Holding, key: &[u8; 32], passwords: [&str; 2]) -> Vec<String> {
    let disk = Simulation::new(1);
    let desk = Desk::open(small().holding(holding).key(key), &disk);
    for password in passwords {
        let arguments = [("user", Value::from("dana")), ("password", Value::from(password))];
        let action = Action::update("login", "accounts/dana").with(&arguments);
        assert!(desk.gate.authorize(&action, &desk.scope).is_err());
    }
    desk.journal.close().unwrap();
    for password in passwords {
        let bytes = disk.read(&name_of(1)).unwrap();
        assert!(!bytes.windows(password.len()).any(|part| part == password.as_bytes()));
    }
    let lines = entries(&disk, |entry| JsonLine(entry).to_string());
    lines.into_iter().filter(|line| line.contains("\"decision\"")).collect()
}

#[test]
fn secrets_never_enter_and_their_digests_need_the_key() {
    let digest_of = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["arguments"]["password"]["$digest"].as_str().unwrap().to_owned()
    };
    let lines = logins(Holding::from(&login()), &[1; 32], ["hunter2", "hunter2"]);
    assert!(lines[0].contains(r#""user":"dana""#));
    assert_eq!(digest_of(&lines[0]), digest_of(&lines[1]), "equal secrets are told");
    let other = logins(Holding::from(&login()), &[1; 32], ["hunter3", "hunter2"]);
    assert_ne!(digest_of(&other[0]), digest_of(&other[1]));
    assert_eq!(digest_of(&other[1]), digest_of(&lines[1]), "also across journals of one key");
    let keyed = logins(Holding::from(&login()), &[2; 32], ["hunter2", "hunter2"]);
    assert_ne!(digest_of(&keyed[0]), digest_of(&lines[0]));
}

#[test]
fn without_a_manifest_no_value_of_an_argument_is_held() {
    let lines = logins(Holding::Digests, &[1; 32], ["hunter2", "x-secret-x"]);
    assert!(lines[0].contains(r#""user":{"$digest":""#), "{}", lines[0]);
    let lines = logins(Holding::Nothing, &[1; 32], ["hunter2", "x-secret-x"]);
    assert!(lines[0].contains(r#""arguments":null"#));
}

/// Secrets within lists and objects, and what the manifest does not describe.
#[test]
fn secrets_within_values_are_digests_as_well() {
    let account = ArgumentSpec::object([
        ("name", ArgumentSpec::text()),
        ("token", ArgumentSpec::text().secret()),
    ]);
    let tool = ToolSpec::new("sync")
        .argument("accounts", ArgumentSpec::list(account))
        .argument("codes", ArgumentSpec::list(ArgumentSpec::text().secret()))
        .effect(EffectSpec::update("accounts"));
    let manifest = Manifest::new([tool]).unwrap();
    let disk = Simulation::new(1);
    let desk = Desk::open(small().holding(&manifest), &disk);
    let fields = [("name", Value::from("dana")), ("token", Value::from("s3cr3t-a"))];
    let accounts = [Value::Object(&fields)];
    let codes = [Value::from("s3cr3t-b")];
    let arguments = [
        ("accounts", Value::List(&accounts)),
        ("codes", Value::List(&codes)),
        ("undescribed", Value::from("s3cr3t-c")),
        ("number", Value::Integer(i128::MAX)),
    ];
    assert!(
        desk.gate
            .authorize(&Action::update("sync", "accounts").with(&arguments), &desk.scope)
            .is_err()
    );
    desk.journal.close().unwrap();
    let bytes = disk.read(&name_of(1)).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"s3cr3t"));
    let line = entries(&disk, |entry| JsonLine(entry).to_string()).remove(1);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["arguments"]["accounts"][0]["name"], "dana");
    assert!(value["arguments"]["accounts"][0]["token"]["$digest"].is_string());
    assert!(value["arguments"]["codes"][0]["$digest"].is_string());
    assert!(value["arguments"]["undescribed"]["$digest"].is_string());
}

#[test]
fn arguments_that_are_too_large_push_nothing_else_out() {
    let disk = Simulation::new(1);
    let tool = ToolSpec::new("post")
        .argument("body", ArgumentSpec::text())
        .effect(EffectSpec::update("docs/x"));
    let desk = Desk::open(small().holding(&Manifest::new([tool]).unwrap()), &disk);
    let body = "x".repeat(200_000);
    let arguments = [("body", Value::from(body.as_str()))];
    let tool = "t".repeat(5000);
    let refused =
        desk.gate.authorize(&Action::update("post", "docs/x").with(&arguments), &desk.scope);
    assert_eq!(refused.unwrap_err().grounds().reason().code(), "not-permitted");
    drop(desk.gate.authorize(&Action::update(&tool, "docs/x"), &desk.scope));
    let cut = entries(&disk, |entry| match entry.content {
        Content::Decision(decision) => {
            let subject = decision.subject.unwrap();
            assert_eq!((decision.agent, subject.invoker), ("triage", "dana"));
            subject.missing().collect::<Vec<_>>()
        }
        _ => Vec::new(),
    });
    assert_eq!(cut, [vec![], vec!["arguments"], vec!["tool"]]);
}

#[test]
fn a_failed_write_denies_and_the_cause_reaches_whoever_asks() {
    for durability in [Durability::Written, Durability::Durable] {
        for ahead in [0, 1] {
            let disk = Simulation::new(1);
            let desk = Desk::open(small().durability(durability), &disk);
            assert!(desk.read("before"));
            // The next write, or the sync behind it.
            disk.fail_at(
                disk.steps() + if durability == Durability::Durable { ahead } else { 0 },
                ErrorKind::Other,
            );
            let action = Action::read("docs.read", "docs/a");
            let refusal = desk.gate.authorize(&action, &desk.scope).unwrap_err();
            let error = refusal.grounds().record_error().unwrap().clone();
            assert_eq!(error.fault(), RecordFault::Failed);
            assert!(
                error
                    .source()
                    .unwrap()
                    .to_string()
                    .contains("segment-0000000001.pgj in memory cannot be")
            );
            // The disk is well again, but nobody knows what it kept: everything is refused.
            assert!(!desk.read("after"));
            let fault = desk.journal.fault().unwrap();
            assert_eq!(fault.kind(), JournalErrorKind::Failed);
            assert!(desk.journal.sync().is_err() && desk.journal.close().is_err());
            // Opened again, it goes on, and the first record tells what is missing.
            let desk = Desk::open(small(), &disk.killed());
            assert!(desk.read("again"));
        }
    }
}

#[test]
fn a_full_disk_denies_takes_outcomes_and_goes_on_when_there_is_room() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small().segment_bytes(1 << 20).ahead_bytes(16 * 1024), &disk);
    let action = Action::read("docs.read", "docs/a");
    let mut permits = vec![desk.gate.authorize(&action, &desk.scope).unwrap()];
    disk.fill_at(disk.read(&name_of(1)).unwrap().len());
    let refusal = loop {
        match desk.gate.authorize(&action, &desk.scope) {
            Ok(permit) => permits.push(permit),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal.grounds().record_error().unwrap().fault(), RecordFault::Full);
    assert!(permits.len() > 5);
    // The outcomes of all permits have their room.
    let count = permits.len() as u64;
    drop(permits);
    disk.mend();
    assert!(desk.journal.fault().is_none());
    assert!(desk.read("after"), "there is room again");
    desk.journal.close().unwrap();
    let report = report(&disk);
    assert!(report.is_sound());
    assert_eq!((report.decisions, report.outcomes, report.unsettled), (count + 1, count + 1, 0));
    let gaps = entries(&disk, |entry| match entry.content {
        Content::Decision(decision) => decision.gap.map(|gap| (gap.decisions, gap.outcomes)),
        _ => None,
    });
    assert_eq!(gaps.into_iter().flatten().collect::<Vec<_>>(), [(1, 0)]);
}

/// A disk that does not keep up.
struct Slow(Simulation, Arc<Mutex<()>>);

struct SlowFile(Box<dyn Medium>, Arc<Mutex<()>>);

impl Storage for Slow {
    fn lock(&self) -> io::Result<Option<Box<dyn Send + Sync>>> {
        self.0.lock()
    }
    fn names(&self) -> io::Result<Vec<String>> {
        self.0.names()
    }
    fn create_file(&self, name: &str) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(SlowFile(self.0.create_file(name)?, self.1.clone())))
    }
    fn open_file(&self, name: &str, writes: bool) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(SlowFile(self.0.open_file(name, writes)?, self.1.clone())))
    }
    fn remove_file(&self, name: &str) -> io::Result<()> {
        self.0.remove_file(name)
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
    fn fill_random(&self, bytes: &mut [u8]) -> io::Result<()> {
        self.0.fill_random(bytes)
    }
    fn name(&self) -> String {
        self.0.name()
    }
}

impl Medium for SlowFile {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buffer)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // Zeros that are made ready are not held up.
        let _turn = bytes.iter().any(|byte| *byte != 0).then(|| self.1.lock().unwrap());
        self.0.write_at(offset, bytes)
    }
    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_length(length)
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}

#[test]
fn a_full_queue_denies() {
    let (disk, turn) = (Simulation::new(1), Arc::new(Mutex::new(())));
    let options =
        JournalOptions::new().durability(Durability::Queued).queue_bytes(0).ahead_bytes(8 << 20);
    let desk = Desk::new(options.open(Slow(disk.clone(), turn.clone())).unwrap());
    let held = turn.lock().unwrap();
    let action = Action::read("docs.read", "docs/a");
    let mut refusals = (0..10_000).filter_map(|_| desk.gate.authorize(&action, &desk.scope).err());
    let full =
        refusals.find_map(|refusal| refusal.grounds().record_error().map(|error| error.fault()));
    assert_eq!(full, Some(RecordFault::Full));
    drop(held);
    desk.journal.close().unwrap();
    assert!(report(&disk).is_sound());
}

#[test]
fn one_process_writes_at_a_time() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small(), &disk);
    let error = small().open(disk.clone()).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Locked);
    assert_eq!(
        error.to_string(),
        "journal: another process writes to memory; give each process a folder of its own"
    );
    desk.journal.close().unwrap();
    drop(desk);
    assert!(small().open(disk).is_ok());
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let disk = Simulation::new(1);
    Desk::open(small(), &disk).journal.close().unwrap();
    let mut bytes = disk.read(&name_of(1)).unwrap();
    bytes[8] = 2;
    disk.write(&name_of(1), &bytes);
    assert_eq!(small().open(disk.clone()).unwrap_err().kind(), JournalErrorKind::Newer);
    let read = permitgate_journal::Reader::over(disk.clone()).err().unwrap();
    assert_eq!(read.kind(), JournalErrorKind::Newer);
    let verified = permitgate_journal::verify_storage(&disk, &[]).unwrap_err();
    assert!(verified.to_string().contains("has format 2, and this program reads up to 1"));
    assert_eq!(disk.read(&name_of(1)).unwrap(), bytes);
}

#[test]
fn a_stream_is_what_it_was_made_as() {
    let disk = Simulation::new(1);
    Desk::open(small().stream(7), &disk).journal.close().unwrap();
    assert_eq!(report(&disk).stream, 7);
    let error = small().stream(8).open(disk.clone()).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Unusable);
    assert!(small().open(disk).is_ok());
}

#[test]
fn segments_follow_each_other_and_old_ones_go_when_that_is_told() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small().keep_bytes(16 * 1024), &disk);
    (0..400).for_each(|n| assert!(desk.read(&n.to_string())));
    desk.journal.close().unwrap();
    let report = report(&disk);
    assert!(report.is_sound(), "{:?}", report.findings);
    let segments = report.segments.unwrap();
    assert!(*segments.start() > 5 && segments.end() - segments.start() <= 4, "{segments:?}");
    assert_eq!(report.last_decision, 400);
    let sizes: usize = segments.map(|segment| disk.read(&name_of(segment)).unwrap().len()).sum();
    assert!(sizes <= 16 * 1024, "{sizes} bytes are kept");
    assert!(
        entries(&disk, |entry| matches!(entry.content, Content::Dropped { .. })).contains(&true)
    );
    // It goes on from there.
    let desk = Desk::open(small(), &disk);
    assert!(desk.read("more"));
}

#[test]
fn what_is_erased_is_gone_and_all_else_holds() {
    let disk = Simulation::new(1);
    let desk = Desk::open(small(), &disk);
    (0..40).for_each(|n| assert!(desk.read(&format!("secret-{n}"))));
    let key = permitgate_journal::CheckpointKey::from_seed("example.com/agent", &[1; 32]).unwrap();
    let checkpoint = desk.journal.checkpoint(&key).unwrap();
    assert_eq!(desk.journal.erase(&[3, 17, 40, 99], "dana asked for it").unwrap(), 3);
    assert_eq!(desk.journal.erase(&[3], "again").unwrap(), 0);
    desk.journal.close().unwrap();
    let report = permitgate_journal::verify_storage(&disk, &[checkpoint]).unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.erased, report.decisions, report.matched.len()), (3, 40, 1));
    let erased = entries(&disk, |entry| match entry.content {
        Content::Decision(decision) if decision.subject.is_none() => {
            assert_eq!((decision.ruling, decision.agent), (Ruling::Allow, "triage"));
            Some(decision.sequence)
        }
        Content::Erased { reason, sequences } => {
            assert_eq!(
                (reason, sequences.collect::<Vec<_>>()),
                ("dana asked for it", vec![3, 17, 40])
            );
            None
        }
        _ => None,
    });
    assert_eq!(erased.into_iter().flatten().collect::<Vec<_>>(), [3, 17, 40]);
    for segment in report.segments.unwrap() {
        let bytes = disk.read(&name_of(segment)).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"secret-16"), "number 17");
    }
}

#[test]
fn outcomes_of_another_stream_are_refused() {
    use permitgate::record::{RecordNumber, RecordSink};
    let journal = small().open(Simulation::new(1)).unwrap();
    let at = permitgate::time::Timestamp::MIN;
    let number = RecordNumber { stream: 1, sequence: 1 };
    assert!(journal.outcome(number, Outcome::Done, at).is_err());
}

#[test]
fn many_threads_share_a_journal() {
    for durability in ALL {
        let disk = Simulation::new(1);
        let desk = Desk::open(small().durability(durability), &disk);
        std::thread::scope(|threads| {
            for thread in 0..8 {
                let desk = &desk;
                threads.spawn(move || {
                    (0..50).for_each(|n| assert!(desk.read(&format!("{thread}/{n}"))))
                });
            }
        });
        desk.journal.close().unwrap();
        let report = report(&disk);
        assert!(report.is_sound(), "{:?}", report.findings);
        assert_eq!((report.decisions, report.outcomes), (400, 400));
    }
}

#[cfg(unix)]
#[test]
fn on_disk_all_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::temp_dir().join(format!("permitgate-modes-{}", std::process::id()));
    let desk = Desk::new(JournalOptions::new().open_folder(&path).unwrap());
    assert!(desk.read("a"));
    let second = JournalOptions::new().open_folder(&path).unwrap_err();
    assert_eq!(second.kind(), JournalErrorKind::Locked);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for entry in std::fs::read_dir(&path).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    desk.journal.close().unwrap();
    assert!(verify(&path, &[]).unwrap().is_sound());
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn a_view_of_arguments_that_panics_denies_and_stops_nobody() {
    struct Panics;
    impl Arguments for Panics {
        fn get(&self, _: &str) -> Option<Value<'_>> {
            None
        }
        fn visit(&self, _: &mut dyn FnMut(&str, Value<'_>)) {
            std::panic::panic_any("a view");
        }
    }
    let disk = Simulation::new(1);
    let desk = Desk::open(small(), &disk);
    let action = Action::read("docs.read", "docs/a").with(&Panics);
    let refusal = desk.gate.authorize(&action, &desk.scope).unwrap_err();
    assert_eq!(refusal.grounds().record_error().unwrap().fault(), RecordFault::Panicked);
    assert!(desk.read("after"));
    let _ = Arc::clone(&desk.journal);
    desk.journal.close().unwrap();
    assert!(report(&disk).is_sound());
}
