//! How many decisions a second a journal takes and gives back, on the disk of the folder that is named (default: the system's for
//! temporary files).
//!
//! `cargo run --release -p permitgate-journal --example rates -- [FOLDER] [SECONDS]`

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use permitgate::prelude::*;
use permitgate_journal::{Content, Durability, JournalOptions, Reader, export, verify};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let base = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(Ok(2), |text| text.parse())?;
    let (base, span) = (
        base.join(format!("permitgate-rates-{}", std::process::id())),
        Duration::from_secs(seconds),
    );
    std::fs::create_dir_all(&base)?;
    println!(
        "decisions a second, each of them recorded before its permit (and its outcome after, not counted)\n"
    );
    println!("{:>10} {:>10} {:>12} {:>12}", "in flight", "queued", "written", "durable");
    for threads in [1, 8, 64] {
        let mut line = format!("{threads:>10}");
        for durability in [Durability::Queued, Durability::Written, Durability::Durable] {
            let path = base.join(format!("{durability:?}-{threads}"));
            line.push_str(&format!(
                " {:>11.0}",
                decisions(&path, durability, threads, span, true)?
            ));
        }
        println!("{line}");
    }
    let refused = decisions(&base.join("denials"), Durability::Durable, 64, span, false)?;
    println!("\ndenials, durable, 64 in flight: {refused:.0} a second");
    println!("one fsync each, 64 in flight: {:.0} a second", one_sync_each(&base, 64, span)?);
    read(&base.join(format!("{:?}-1", Durability::Queued)))?;
    std::fs::remove_dir_all(&base)?;
    Ok(())
}

/// How many decisions a second so many threads get, each of which waits for its own.
fn decisions(
    path: &Path,
    durability: Durability,
    threads: usize,
    span: Duration,
    allows: bool,
) -> Result<f64, Box<dyn Error>> {
    let options = JournalOptions::new().durability(durability).queue_bytes(8 << 20);
    let journal = Arc::new(options.open_folder(path)?);
    let read = Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
    let capability = Capability::root(Policy::new([read])?, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    let gate = Gate::builder().sink(journal.clone()).build()?;
    let count = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scoped| {
        for _ in 0..threads {
            scoped.spawn(|| {
                let action = Action::read("docs.read", "docs/guides/intro");
                let action = if allows {
                    action
                } else {
                    Action::delete("docs.delete", "docs/guides/intro")
                };
                while start.elapsed() < span {
                    // A full queue is not counted: it denies.
                    let is_recorded = match gate.authorize(&action, &scope) {
                        Ok(_) => true,
                        Err(refusal) => !allows && refusal.grounds().record_error().is_none(),
                    };
                    count.fetch_add(u64::from(is_recorded), Ordering::Relaxed);
                }
            });
        }
    });
    let elapsed = start.elapsed();
    journal.close()?;
    Ok(count.into_inner() as f64 / elapsed.as_secs_f64())
}

/// The same number of threads, each of which appends a record of 250 bytes to one file and syncs it, one after the other.
fn one_sync_each(base: &Path, threads: usize, span: Duration) -> Result<f64, Box<dyn Error>> {
    let file = Mutex::new(File::create(base.join("plain"))?);
    let count = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scoped| {
        for _ in 0..threads {
            scoped.spawn(|| {
                while start.elapsed() < span {
                    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                    if file.write_all(&[1; 250]).and_then(|()| file.sync_data()).is_err() {
                        return;
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    Ok(count.into_inner() as f64 / start.elapsed().as_secs_f64())
}

/// How fast what is there is read, verified and exported, on one core.
fn read(path: &Path) -> Result<(), Box<dyn Error>> {
    let rate = |what: &str, entries: u64, start: Instant| {
        let seconds = start.elapsed().as_secs_f64();
        println!("{what}: {:.0} entries a second ({entries} entries)", entries as f64 / seconds);
    };
    println!();
    for _ in 0..2 {
        let start = Instant::now();
        let mut reader = Reader::open(path)?;
        let (mut entries, mut bytes) = (0, 0);
        while let Some(entry) = reader.next()? {
            entries += 1;
            if let Content::Decision(decision) = entry.content {
                bytes += decision.subject.map_or(0, |subject| subject.resource.len());
            }
        }
        std::hint::black_box(bytes);
        rate("read", entries, start);
    }
    let start = Instant::now();
    let report = verify(path, &[])?;
    assert!(report.is_sound(), "{:?}", report.findings);
    rate("verified", report.size, start);
    let start = Instant::now();
    let exported = export(&mut Reader::open(path)?, &mut std::io::sink())?;
    rate("exported as JSON", exported, start);
    Ok(())
}
