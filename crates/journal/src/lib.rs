//! A durable, chained record of what a [Permitgate](permitgate) gate decided, and of what came of it.
//!
//! Take it where decisions must survive the process and be evidence: each is written, chained to all before it, before its permit
//! exists. `verify` finds and locates whatever was edited, dropped, repeated, reordered, spliced or cut off, up to the last
//! signed checkpoint that is kept elsewhere.
//!
//! ```
//! use permitgate::prelude::*;
//! use permitgate_journal::{CheckpointKey, Content, Durability, JournalOptions, Reader, verify};
//! use std::sync::Arc;
//!
//! # let path = std::env::temp_dir().join(format!("permitgate-lib-{}", std::process::id()));
//! # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
//! # let capability = Capability::root(policy, ambient_authority());
//! # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
//! // One folder for each process that writes.
//! let journal = Arc::new(JournalOptions::new().durability(Durability::Durable).open_folder(&path)?);
//! let gate = Gate::builder().sink(journal.clone()).build()?;
//! let permit = gate.authorize(&Action::read("docs.read", "docs/intro"), &scope)?; // recorded, on the disk
//! drop(permit);
//! # let key = CheckpointKey::generate("example.com/mail-agent")?;
//! let checkpoint = journal.checkpoint(&key)?; // publish `checkpoint.note()`, or send it to another machine
//! journal.close()?;
//!
//! // Anybody who can read the folder:
//! let report = verify(&path, &[checkpoint])?;
//! assert!(report.is_sound(), "{:?}", report.findings);
//! let mut reader = Reader::open(&path)?;
//! while let Some(entry) = reader.next()? {
//!     if let Content::Decision(decision) = entry.content {
//!         println!("{} {} {}", decision.sequence, decision.ruling, decision.reason);
//!     }
//! }
//! # std::fs::remove_dir_all(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | name | what it is for |
//! |---|---|
//! | [`Journal`], [`JournalOptions`], [`Durability`], [`Holding`] | writing: a sink of records |
//! | [`Reader`], [`Entry`], [`export()`], [`JsonLine`] | reading, and JSON lines |
//! | [`verify()`], [`Report`], [`Finding`] | whether it is what was written |
//! | [`CheckpointKey`], [`Checkpoint`], [`prove`], [`Proof`] | what others hold it to |
//! | [`Storage`], [`Folder`], [`Simulation`] | the seam to the file system; one that fails and loses power on demand |
//! | [`manual`] | a guide, and the format byte by byte |

#![doc(test(attr(deny(unused_imports))))]
#![forbid(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test that meets the unexpected should stop"
    )
)]

mod bytes;
mod checkpoint;
mod digest;
mod encoding;
mod entry;
mod erasure;
mod export;
mod fault;
mod finding;
mod frame;
mod header;
mod holding;
mod journal;
pub mod limits;
pub mod manual;
mod merkle;
mod options;
mod proof;
mod queue;
mod reader;
mod resumption;
mod scan;
mod simulation;
mod storage;
mod subject;
mod tape;
mod value;
mod verification;

pub use checkpoint::{Checkpoint, CheckpointKey, CheckpointVerifier};
pub use digest::Digest;
pub use entry::{Content, DecisionEntry, Entry, EntryGap, Sequences};
pub use export::{JsonLine, export};
pub use fault::{JournalError, JournalErrorKind};
pub use finding::{Finding, FindingKind, Report};
pub use holding::Holding;
pub use journal::Journal;
pub use options::{Durability, JournalOptions};
pub use proof::{Disclosure, Proof, prove, prove_in};
pub use reader::Reader;
pub use resumption::Repair;
pub use simulation::Simulation;
pub use storage::{Folder, Medium, Storage};
pub use subject::{AudienceKind, EntryAudience, EntryLineage, EntryNames, EntrySets, Subject};
pub use value::{EntryList, EntryObject, EntryValue};
pub use verification::{verify, verify_storage};
