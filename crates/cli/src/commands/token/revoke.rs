//! `token revoke`: makes or extends a signed list of revocations.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use permitgate::authority::{CapabilityId, KeyId};
use permitgate::limits::MAX_REVOCATION_LIST_BYTES;
use permitgate::time::{Clock, SystemClock, Timestamp};
use permitgate::token::{RevocationList, SigningKey};
use serde::Serialize;

use super::{keep, refused, shown};
use crate::EXIT_FINE;
use crate::args::token::Revoke;
use crate::fault::Fault;
use crate::io::Io;
use crate::paint::plain;

/// What was done, as it is written in JSON.
#[derive(Serialize)]
struct Row {
    list: String,
    key_id: String,
    sequence: u64,
    entries: usize,
    revoked: Vec<Entry>,
    already_revoked: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
enum Entry {
    Subtree(String),
    Holder(String),
    Key(String),
}

pub(super) fn run(args: &Revoke, json: bool, io: &mut Io) -> Result<u8, Fault> {
    if args.list.as_os_str() == "-" {
        return Err(keep::flag("--list", "a list is extended in its place, so it needs a file"));
    }
    let asked = Asked::of(args)?;
    let key = keep::signing_key(&args.key, io)?;
    let next = Next::begin(&args.list)?;
    let before = previous(&args.list, &key, io)?;
    let (list, row) = extended(before, asked, SystemClock.now(), &key, &args.list)?;
    let bytes = list.sign(&key);
    if bytes.len() > MAX_REVOCATION_LIST_BYTES {
        let what = format!("the list would be longer than {MAX_REVOCATION_LIST_BYTES} bytes");
        return Err(Fault::said(format!("{}: {what}", args.list.display())));
    }
    next.finish(&bytes)?;
    if json {
        io.json(&row)?
    } else {
        tell(&row, io)?
    }
    Ok(EXIT_FINE)
}

/// What is to be revoked.
#[derive(Default)]
struct Asked {
    subtrees: Vec<CapabilityId>,
    keys: Vec<KeyId>,
    holders: Vec<String>,
}

impl Asked {
    fn of(args: &Revoke) -> Result<Self, Fault> {
        let mut asked = Self::default();
        for text in &args.subtree {
            let id = text.parse();
            asked.subtrees.push(id.map_err(|error| keep::flag("--subtree", error))?);
        }
        for text in &args.issuer_key {
            let id = text.parse();
            asked.keys.push(id.map_err(|error| keep::flag("--issuer-key", error))?);
        }
        if args.holder.iter().any(String::is_empty) {
            return Err(keep::flag("--holder", "an agent has a name"));
        }
        asked.holders.clone_from(&args.holder);
        Ok(asked)
    }
}

/// The list as it is; none where there is no file.
fn previous(path: &Path, key: &SigningKey, io: &mut Io) -> Result<Option<RevocationList>, Fault> {
    match path.try_exists() {
        Ok(false) => return Ok(None),
        Ok(true) => {}
        Err(error) => return Err(Fault::file(path, &error)),
    }
    let bytes = io.read_bytes(path, MAX_REVOCATION_LIST_BYTES as u64)?;
    let list = RevocationList::decode(&bytes, &key.public_key()).map_err(|error| {
        let place = format!("{}, under key {}", path.display(), key.id());
        refused(place, &error)
    })?;
    if list.after() != 0 {
        let what = "it continues another list, so a complete one cannot be made from it";
        return Err(Fault::said(format!("{}: {what}", path.display())));
    }
    Ok(Some(list))
}

/// The next list: what the one before revokes, and what is asked for beside it.
fn extended(
    before: Option<RevocationList>,
    asked: Asked,
    now: Timestamp,
    key: &SigningKey,
    path: &Path,
) -> Result<(RevocationList, Row), Fault> {
    let before = before.unwrap_or_else(|| RevocationList::new(0, 0, Timestamp::MIN));
    let sequence = before
        .sequence()
        .checked_add(1)
        .ok_or_else(|| Fault::said(format!("{}: its number is the last one", path.display())))?;
    // Readers refuse a list that is older than one they had, also where a clock went back.
    let mut list = RevocationList::new(sequence, 0, before.issued().max(now));
    let mut entries: Vec<Entry> = Vec::new();
    for id in before.subtrees() {
        list = list.subtree(*id);
    }
    for id in before.keys() {
        list = list.key(*id);
    }
    for name in before.holders() {
        list = list.holder(name);
    }
    let (mut revoked, mut known) = (Vec::new(), Vec::new());
    let mut is_new = |entry: Entry, stood: bool| {
        let new = !stood && !entries.contains(&entry);
        if new {
            entries.push(entry.clone());
        }
        if new {
            revoked.push(entry)
        } else {
            known.push(entry)
        }
        new
    };
    for id in asked.subtrees {
        if is_new(Entry::Subtree(id.to_string()), before.subtrees().contains(&id)) {
            list = list.subtree(id);
        }
    }
    for id in asked.keys {
        if is_new(Entry::Key(id.to_string()), before.keys().contains(&id)) {
            list = list.key(id);
        }
    }
    for name in asked.holders {
        let stood = before.holders().any(|other| other == name);
        if is_new(Entry::Holder(name.clone()), stood) {
            list = list.holder(name);
        }
    }
    let row = Row {
        list: path.display().to_string(),
        key_id: key.id().to_string(),
        sequence,
        entries: list.len(),
        revoked,
        already_revoked: known,
    };
    Ok((list, row))
}

fn tell(row: &Row, io: &mut Io) -> Result<(), Fault> {
    let Row { list, key_id, sequence, entries, revoked, already_revoked } = row;
    let counted = if *entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
    io.line(format_args!(
        "{}: list {sequence}, {counted}, {} new, signed with key {key_id}",
        plain(list),
        revoked.len()
    ))?;
    for (what, rows) in [("revoked", revoked), ("already revoked", already_revoked)] {
        for entry in rows {
            let (kind, value) = match entry {
                Entry::Subtree(id) => ("block and all below", id),
                Entry::Holder(name) => ("holder", name),
                Entry::Key(id) => ("key", id),
            };
            io.line(format_args!("  {what}: {kind} {}", shown(value)))?;
        }
    }
    Ok(())
}

/// The file that will take the place of the list. While it is there, nobody else extends the list, so that no
/// entry is lost.
struct Next<'p> {
    list: &'p Path,
    path: PathBuf,
    file: fs::File,
    done: bool,
}

impl<'p> Next<'p> {
    fn begin(list: &'p Path) -> Result<Self, Fault> {
        let mut name = list.file_name().unwrap_or_default().to_owned();
        name.push(".next");
        let path = list.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Fault::said(format!(
                "{}: another `revoke` extends the list, or was cut off; where none runs, delete this file",
                path.display()
            )),
            _ => Fault::file(&path, &error),
        })?;
        Ok(Self { list, path, file, done: false })
    }

    fn finish(mut self, bytes: &[u8]) -> Result<(), Fault> {
        let written = self
            .file
            .write_all(bytes)
            .and_then(|()| self.file.sync_all())
            .and_then(|()| fs::rename(&self.path, self.list));
        written.map_err(|error| Fault::file(self.list, &error))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.path);
        }
    }
}
