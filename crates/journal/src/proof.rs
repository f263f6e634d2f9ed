//! Proofs that an entry is in a journal, for somebody who has a checkpoint and not the journal; in the form of C2SP `tlog-proof`.

use std::path::Path;

use base64ct::{Base64, Encoding};

use crate::bytes::Cursor;
use crate::checkpoint::{Checkpoint, CheckpointVerifier};
use crate::digest::Digest;
use crate::entry::{self, Entry};
use crate::fault::JournalError;
use crate::frame::{Frame, LEAD, PRIVATE_LEAD, PrivateState};
use crate::header::name_of;
use crate::merkle::{Siblings, root_of};
use crate::scan::{Scan, segments};
use crate::storage::Storage;

/// The first line of a proof.
const FORM: &str = "c2sp.org/tlog-proof@v1";

/// How much of an entry a proof shows.
///
/// ```
/// use permitgate_journal::Disclosure;
///
/// assert_ne!(Disclosure::Public, Disclosure::All);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Not of whom and of what a decision was, only what it commits to.
    Public,
    /// That as well, so that whoever has the proof can read it. It cannot be erased from there.
    All,
}

/// An entry that is in a journal, as a checkpoint knows it.
///
/// ```
/// use permitgate_journal::{CheckpointKey, Disclosure, Journal, Proof, prove};
///
/// # let path = std::env::temp_dir().join(format!("permitgate-proof-{}", std::process::id()));
/// let key = CheckpointKey::generate("example.com/mail-agent")?;
/// let journal = Journal::open(&path)?;
/// let checkpoint = journal.checkpoint(&key)?;
/// let text = prove(&path, 1, &checkpoint, Disclosure::All)?;
/// // Whoever knows the public half needs nothing else.
/// let proof = Proof::read(&text, &[key.verifier()])?;
/// assert_eq!(proof.entry().map(|entry| entry.position), Some(1));
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    checkpoint: Checkpoint,
    /// Length, checksum and so on stand for nothing; what follows them is the entry.
    frame: Vec<u8>,
}

/// Proves an entry of the journal in a folder, by its position.
///
/// # Errors
/// When it is not there, the checkpoint does not know it or knows another journal, and what the system says.
pub fn prove(
    path: impl AsRef<Path>,
    position: u64,
    checkpoint: &Checkpoint,
    disclosure: Disclosure,
) -> Result<String, JournalError> {
    prove_in(&crate::reader::folder(path.as_ref())?, position, checkpoint, disclosure)
}

/// The same for a journal of any storage.
///
/// # Errors
/// As [`prove`].
pub fn prove_in(
    storage: &dyn Storage,
    position: u64,
    checkpoint: &Checkpoint,
    disclosure: Disclosure,
) -> Result<String, JournalError> {
    let unknown = || {
        JournalError::unusable(format!(
            "entry {position} is not in the journal, or not in the checkpoint"
        ))
    };
    let index = position.checked_sub(1).ok_or_else(unknown)?;
    let mut siblings: Option<Siblings> = None;
    let mut found = None;
    for segment in segments(storage)? {
        let mut scan = Scan::open(storage, segment).map_err(|fault| fault.of_segment(segment))?;
        if siblings.is_none() {
            siblings = Some(
                Siblings::new(index, checkpoint.size(), &scan.header.tree).ok_or_else(unknown)?,
            );
        }
        let mut before = scan.header.start();
        let failed =
            |error| JournalError::io(format!("{} cannot be read", name_of(segment)), error);
        while let Some((_, frame)) = scan.next().map_err(failed)? {
            if frame.position > checkpoint.size() {
                break;
            }
            if let Some(siblings) = &mut siblings {
                siblings.pass(frame.position - 1, Digest::leaf(&frame.chain));
            }
            if frame.position == position {
                found = Some((extra(&before, &frame, disclosure), Digest::leaf(&frame.chain)));
            }
            before = frame.chain;
        }
    }
    let ((extra, leaf), path) = found.zip(siblings.and_then(Siblings::path)).ok_or_else(unknown)?;
    if root_of(leaf, index, checkpoint.size(), &path) != Some(checkpoint.root()) {
        return Err(JournalError::damaged(
            "the checkpoint is not of this journal as it is; verify it",
        ));
    }
    let mut text = format!("{FORM}\nextra {}\nindex {index}\n", Base64::encode_string(&extra));
    for hash in path {
        text.push_str(&Base64::encode_string(hash.as_bytes()));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(checkpoint.note());
    Ok(text)
}

/// What makes the leaf: the chain value before it, and the sealed part. What is disclosed besides follows.
fn extra(before: &Digest, frame: &Frame<'_>, disclosure: Disclosure) -> Vec<u8> {
    let mut extra = before.as_bytes().to_vec();
    extra.extend_from_slice(&(frame.sealed.len() as u32).to_le_bytes());
    extra.extend_from_slice(frame.sealed);
    if disclosure == Disclosure::All && frame.private_state() == PrivateState::Whole {
        extra.extend_from_slice(frame.private.get(4..).unwrap_or_default());
    }
    extra
}

impl Proof {
    /// Reads a proof: the checkpoint must be signed by one of the verifiers, and must know this entry.
    ///
    /// # Errors
    /// When it is no proof, or proves nothing.
    pub fn read(text: &str, verifiers: &[CheckpointVerifier]) -> Result<Self, JournalError> {
        let wrong = || JournalError::unusable("not a proof of an entry of a journal");
        let (lines, note) = text.split_once("\n\n").ok_or_else(wrong)?;
        let checkpoint = Checkpoint::read(note, verifiers)?;
        let mut lines = lines.split('\n');
        let is_known = lines.next() == Some(FORM);
        let extra = lines.next().and_then(|line| line.strip_prefix("extra ")).and_then(decode);
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index
            .and_then(|line| line.parse::<u64>().ok().filter(|index| index.to_string() == line));
        let path = lines.map(|line| decode(line)?.try_into().ok().map(Digest::from_bytes));
        let path: Vec<Digest> = path.collect::<Option<_>>().ok_or_else(wrong)?;
        let (true, Some(extra), Some(index)) = (is_known, extra, index) else {
            return Err(wrong());
        };
        let (frame, leaf) = frame_of(&extra, index).ok_or_else(wrong)?;
        if root_of(leaf, index, checkpoint.size(), &path) != Some(checkpoint.root()) {
            return Err(JournalError::unusable("the checkpoint does not know this entry"));
        }
        Ok(Self { checkpoint, frame })
    }

    /// The checkpoint that knows it.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The entry. Of whom and of what a decision was is there where the proof discloses it. `None` where this crate does not know its kind.
    pub fn entry(&self) -> Option<Entry<'_>> {
        entry::read(&Frame::lay_out(&self.frame)?, 0, 0)
    }
}

fn decode(line: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(line).ok()
}

/// A frame as it lay in the journal, from what a proof says, and the leaf that it makes.
fn frame_of(extra: &[u8], index: u64) -> Option<(Vec<u8>, Digest)> {
    let mut cursor = Cursor::new(extra);
    let (before, length) = (cursor.digest()?, cursor.u32()?);
    let sealed = cursor.take(length as usize)?;
    let salted = cursor.rest();
    let chain = Digest::chained(&before, sealed);
    let private = if salted.is_empty() { 0 } else { salted.len() + 4 };
    let bytes = LEAD + sealed.len() + 32 + private;
    let mut frame = (bytes as u32).to_le_bytes().to_vec();
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(sealed);
    frame.extend_from_slice(chain.as_bytes());
    if private > 0 {
        frame.extend_from_slice(&crc32fast::hash(salted).to_le_bytes());
        frame.extend_from_slice(salted);
    }
    let read = Frame::lay_out(&frame)?;
    let is_private =
        salted.is_empty() || salted.len() + 4 >= PRIVATE_LEAD && read.keeps_commitment();
    let is_this = read.position == index + 1 && is_private;
    is_this.then(|| (frame.clone(), Digest::leaf(&chain)))
}
