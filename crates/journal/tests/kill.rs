//! `kill -9` at random moments of a real process on a real disk: nothing that it was told was recorded is lost.
//!
//! A run of the tests does a few rounds. For more:
//!
//! ```sh
//! cargo test --release -p permitgate-journal --test kill -- 1000
//! ```
//!
//! With `--plant` behind the number, each permit is told of before its record is written, and the run must find that out.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected should stop")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use permitgate_journal::{Durability, JournalOptions, verify};
use support::Desk;

/// What makes this program the process that is killed.
const WRITER: &str = "--write";

const DURABILITIES: [(&str, Durability); 3] = [
    ("written", Durability::Written),
    ("durable", Durability::Durable),
    ("planted", Durability::Queued),
];

fn options(durability: Durability) -> JournalOptions {
    // Small, so that segments are begun all the time.
    JournalOptions::new().segment_bytes(64 * 1024).ahead_bytes(8 * 1024).durability(durability)
}

/// Decides on four threads, and says after each decision that it is recorded.
fn write(path: &str, durability: &str) {
    let (_, durability) = *DURABILITIES.iter().find(|(name, _)| *name == durability).unwrap();
    let desk = Desk::new(options(durability).keep_bytes(1 << 20).open_folder(path).unwrap());
    let out = Mutex::new(std::io::stdout());
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let (desk, out) = (&desk, &out);
            threads.spawn(move || {
                for n in 0_u64.. {
                    assert!(desk.read(&format!("{thread}/{n}")));
                    let mut out = out.lock().unwrap();
                    out.write_all(b".")
                        .and_then(|()| out.write_all(b"\n"))
                        .and_then(|()| out.flush())
                        .unwrap();
                }
            });
        }
    });
}

/// Kills a writer after a while. How many decisions it had been told were recorded.
fn kill(path: &Path, durability: &str, after: Duration) -> u64 {
    let program = std::env::current_exe().unwrap();
    let mut writer = Command::new(program)
        .arg(WRITER)
        .arg(path)
        .arg(durability)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let counted = Arc::new(Mutex::new(0));
    let counter = counted.clone();
    let reader = std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|_| *counter.lock().unwrap() += 1)
    });
    std::thread::sleep(after);
    writer.kill().unwrap();
    writer.wait().unwrap();
    reader.join().unwrap();
    std::mem::take(&mut *counted.lock().unwrap())
}

/// What did not hold in some rounds on one folder.
fn rounds(durability: &str, count: u64) -> (u64, Vec<String>) {
    let path: PathBuf =
        std::env::temp_dir().join(format!("permitgate-kill-{durability}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let (mut acknowledged, mut wrong) = (0, Vec::new());
    let mut before = 0;
    let mut random = 0x9E37_79B9_7F4A_7C15_u64 ^ u64::from(std::process::id());
    for round in 0..count {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let told = kill(&path, durability, Duration::from_micros(10_000 + (random >> 33) % 90_000));
        acknowledged += told;
        if fs::read_dir(&path).is_err() {
            continue;
        }
        // The next process heals what is torn.
        let opened = options(Durability::Written).open_folder(&path).unwrap();
        opened.close().unwrap();
        let report = verify(&path, &[]).unwrap();
        if !report.is_sound() {
            wrong.push(format!("{durability}, round {round}: {:?}", report.findings));
        }
        if report.last_decision < before + told {
            let lost = before + told - report.last_decision;
            wrong.push(format!(
                "{durability}, round {round}: {lost} acknowledged decisions are lost"
            ));
        }
        before = report.last_decision;
    }
    let _ = fs::remove_dir_all(&path);
    (acknowledged, wrong)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, path, durability] = arguments.as_slice()
        && first == WRITER
    {
        write(path, durability);
        return ExitCode::SUCCESS;
    }
    let count = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(8);
    if arguments.iter().any(|argument| argument == "--plant") {
        let (acknowledged, wrong) = rounds("planted", count);
        println!(
            "planted: {count} kills, {acknowledged} decisions, found in {} rounds",
            wrong.len()
        );
        return if wrong.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let mut status = ExitCode::SUCCESS;
    for durability in ["written", "durable"] {
        let (acknowledged, wrong) = rounds(durability, count);
        println!(
            "{durability}: {count} kills, {acknowledged} decisions acknowledged, {} faults",
            wrong.len()
        );
        for what in wrong {
            println!("  {what}");
            status = ExitCode::FAILURE;
        }
    }
    status
}
