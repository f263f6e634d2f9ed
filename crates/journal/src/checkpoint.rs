//! Checkpoints: how many entries there are and the root of the tree over them, signed, in the form of C2SP `tlog-checkpoint`.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::fault::JournalError;

/// The mark of Ed25519 in a signed note.
const ED25519: u8 = 1;

const PRIVATE: &str = "PRIVATE+KEY+";

/// A secret key that signs checkpoints, under the name of the log that it is for.
///
/// Keep it away from the machine that writes the journal, or at least from its user: who has it can sign another past. It is wiped when it
/// is dropped, and `Debug` does not show it. To rotate it, make a new one under the same name, and let those who verify know both for as long
/// as checkpoints of the old one are kept.
///
/// ```
/// use permitgate_journal::CheckpointKey;
///
/// let key = CheckpointKey::generate("example.com/mail-agent")?;
/// let again = CheckpointKey::from_text(&key.to_text())?;
/// assert_eq!(again.verifier(), key.verifier());
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
pub struct CheckpointKey {
    name: String,
    key: SigningKey,
}

impl CheckpointKey {
    /// A new key from the system's random bytes.
    ///
    /// # Errors
    /// When the name cannot stand in a note, or the system gives no random bytes.
    pub fn generate(name: &str) -> Result<Self, JournalError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|error| {
            JournalError::io("the system gives no random bytes", std::io::Error::other(error))
        })?;
        Self::from_seed(name, &seed)
    }

    /// The key of a seed as in RFC 8032.
    ///
    /// # Errors
    /// When the name cannot stand in a note: it is empty, or has spaces, a `+` or control characters.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, JournalError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// When it is something else, which the error does not show.
    pub fn from_text(text: &str) -> Result<Self, JournalError> {
        let wrong = || {
            JournalError::unusable(
                "not a checkpoint key: it begins with `PRIVATE+KEY+`, its name, and a checksum",
            )
        };
        let (name, id, bytes) =
            parts(text.strip_prefix(PRIVATE).ok_or_else(wrong)?).ok_or_else(wrong)?;
        let key = Self::from_seed(name, &bytes)?;
        if key.verifier().id() == id { Ok(key) } else { Err(wrong()) }
    }

    /// The key as text, as Go's `note` package writes it. It is wiped when it is dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        let verifier = self.verifier();
        let mut bytes = Zeroizing::new([ED25519; 33]);
        bytes.split_at_mut(1).1.copy_from_slice(self.key.as_bytes());
        let encoded = Zeroizing::new(Base64::encode_string(&*bytes));
        Zeroizing::new(format!("{PRIVATE}{}+{}+{}", self.name, hex(verifier.id()), &*encoded))
    }

    /// What others verify its checkpoints with.
    pub fn verifier(&self) -> CheckpointVerifier {
        CheckpointVerifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs that a log has so many entries, with this root. [`Journal::checkpoint`](crate::Journal::checkpoint) does it for a journal as it is; this is for
    /// whoever holds the key on another machine, and has verified that the [`Report`](crate::Report) of these figures is sound and goes on from what was
    /// signed before.
    pub fn sign(&self, size: u64, root: Digest) -> Checkpoint {
        let body = format!("{}\n{size}\n{}\n", self.name, Base64::encode_string(root.as_bytes()));
        let mut signed = self.verifier().id().to_vec();
        signed.extend_from_slice(&self.key.sign(body.as_bytes()).to_bytes());
        let note = format!("{body}\n\u{2014} {} {}\n", self.name, Base64::encode_string(&signed));
        Checkpoint { origin: self.name.clone(), size, root, note }
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointKey({})", self.verifier())
    }
}

/// The public half of a [`CheckpointKey`], with its name; as text a `vkey` of C2SP `signed-note`.
///
/// ```
/// use permitgate_journal::{CheckpointKey, CheckpointVerifier};
///
/// let verifier = CheckpointKey::generate("example.com/mail-agent")?.verifier();
/// assert_eq!(verifier.to_string().parse::<CheckpointVerifier>()?, verifier);
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CheckpointVerifier {
    name: String,
    key: VerifyingKey,
}

impl CheckpointVerifier {
    /// The name of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let mut sha = Sha256::new();
        sha.update(self.name.as_bytes());
        sha.update([b'\n', ED25519]);
        sha.update(self.key.as_bytes());
        let [a, b, c, d, ..]: [u8; 32] = sha.finalize().into();
        [a, b, c, d]
    }
}

impl fmt::Display for CheckpointVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [ED25519; 33];
        bytes.split_at_mut(1).1.copy_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex(self.id()), Base64::encode_string(&bytes))
    }
}

impl fmt::Debug for CheckpointVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointVerifier({self})")
    }
}

impl FromStr for CheckpointVerifier {
    type Err = JournalError;

    fn from_str(text: &str) -> Result<Self, JournalError> {
        let wrong =
            || JournalError::unusable("not a checkpoint verifier: write it as `name+hash+key`");
        let (name, id, bytes) = parts(text).ok_or_else(wrong)?;
        let key =
            VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak()).ok_or_else(wrong)?;
        let verifier = Self { name: name.to_owned(), key };
        if verifier.id() == id { Ok(verifier) } else { Err(wrong()) }
    }
}

/// How many entries a journal had and the root of the tree over them, as somebody signed it.
///
/// ```
/// use permitgate_journal::{Checkpoint, CheckpointKey, JournalOptions, Simulation};
///
/// let key = CheckpointKey::generate("example.com/mail-agent")?;
/// let journal = JournalOptions::new().open(Simulation::new(1))?;
/// let checkpoint = journal.checkpoint(&key)?;
/// let read = Checkpoint::read(checkpoint.note(), &[key.verifier()])?;
/// assert_eq!((read.size(), read.root()), (1, checkpoint.root()));
/// # Ok::<(), permitgate_journal::JournalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
    note: String,
}

impl Checkpoint {
    /// Reads a signed note. One of the verifiers must have signed it, and what a verifier of that name and key is said to
    /// have signed must be right; lines of others (witnesses) are passed over.
    ///
    /// # Errors
    /// When it is no checkpoint, or nobody who is known signed it.
    pub fn read(note: &str, verifiers: &[CheckpointVerifier]) -> Result<Self, JournalError> {
        let wrong = |what: &str| JournalError::unusable(format!("not a checkpoint: {what}"));
        let (body, signatures) = note
            .rsplit_once("\n\n")
            .ok_or_else(|| wrong("there is no empty line before the signatures"))?;
        let text = note.get(..body.len() + 1).unwrap_or_default();
        let mut is_signed = false;
        let signatures =
            signatures.strip_suffix('\n').ok_or_else(|| wrong("it ends within a line"))?;
        for line in signatures.split('\n') {
            let (name, signature) =
                signature(line).ok_or_else(|| wrong("a signature is malformed"))?;
            let (id, rest) =
                signature.split_first_chunk().ok_or_else(|| wrong("a signature is malformed"))?;
            for verifier in verifiers.iter().filter(|one| one.name == name && one.id() == *id) {
                let signature =
                    Signature::from_slice(rest).map_err(|_| wrong("a signature is malformed"))?;
                let verified = verifier.key.verify_strict(text.as_bytes(), &signature);
                verified.map_err(|_| wrong("a signature is not of this text"))?;
                is_signed |= body.split('\n').next() == Some(name);
            }
        }
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty());
        let size = lines
            .next()
            .and_then(|line| line.parse::<u64>().ok().filter(|size| size.to_string() == line));
        let root = lines.next().and_then(|line| Base64::decode_vec(line).ok());
        let root = root.and_then(|root| root.try_into().ok()).map(Digest::from_bytes);
        let (Some(origin), Some(size), Some(root)) = (origin, size, root) else {
            return Err(wrong("it has no origin, size and root"));
        };
        if lines.any(str::is_empty) {
            return Err(wrong("there is an empty line within it"));
        }
        if !is_signed {
            return Err(wrong("nobody signed it who is known for this log"));
        }
        Ok(Self { origin: origin.to_owned(), size, root, note: note.to_owned() })
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over them.
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// The signed note: the text to keep.
    pub fn note(&self) -> &str {
        &self.note
    }
}

fn signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    Some((name, Base64::decode_vec(encoded).ok()?))
}

/// The name, the hash and the 32 bytes of a key as text.
fn parts(text: &str) -> Option<(&str, [u8; 4], [u8; 32])> {
    let mut parts = text.splitn(3, '+');
    let (name, id, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    check_name(name).ok()?;
    let number = u32::from_str_radix(id, 16).ok().filter(|_| id.len() == 8)?;
    let bytes = Zeroizing::new(Base64::decode_vec(encoded).ok()?);
    let (sort, key) = bytes.split_first()?;
    let key = key.try_into().ok().filter(|_| *sort == ED25519)?;
    Some((name, number.to_be_bytes(), key))
}

fn check_name(name: &str) -> Result<(), JournalError> {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    if !name.is_empty() && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(JournalError::unusable(
        "the name of a log has no spaces, no `+` and no control characters; write it as `example.com/agent`",
    ))
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const GO_KEY: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    /// The example of Go's package `golang.org/x/mod/sumdb/note`: our keys are its keys, and sign as it signs.
    #[test]
    fn keys_and_signatures_are_those_of_signed_notes() {
        let verifier: CheckpointVerifier = GO_VERIFIER.parse().unwrap();
        assert_eq!(verifier.to_string(), GO_VERIFIER);
        let key = CheckpointKey::from_text(GO_KEY).unwrap();
        assert_eq!((key.verifier(), key.to_text().as_str()), (verifier.clone(), GO_KEY));
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let signed = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
        let bytes = Base64::decode_vec(signed).unwrap();
        assert_eq!(bytes[..4], verifier.id());
        assert_eq!(bytes[4..], key.key.sign(text.as_bytes()).to_bytes());
    }

    fn key() -> CheckpointKey {
        CheckpointKey::from_seed("example.com/agent", &[7; 32]).unwrap()
    }

    #[test]
    fn no_byte_of_a_checkpoint_can_be_changed() {
        let (key, root) = (key(), Digest::from_bytes([3; 32]));
        let note = key.sign(17, root).note().to_owned();
        assert_eq!(Checkpoint::read(&note, &[key.verifier()]).unwrap().size(), 17);
        for place in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[place] ^= 1;
            let Ok(other) = String::from_utf8(bytes) else { continue };
            assert!(Checkpoint::read(&other, &[key.verifier()]).is_err(), "byte {place}: {other}");
        }
    }

    #[test]
    fn only_a_known_key_of_this_log_counts() {
        let note = key().sign(1, Digest::NONE).note().to_owned();
        assert!(Checkpoint::read(&note, &[]).is_err());
        let other = CheckpointKey::from_seed("example.com/other", &[7; 32]).unwrap();
        let newer = CheckpointKey::from_seed("example.com/agent", &[8; 32]).unwrap();
        assert!(Checkpoint::read(&note, &[other.verifier(), newer.verifier()]).is_err());
        assert!(Checkpoint::read(&note, &[newer.verifier(), key().verifier()]).is_ok());
        // Whoever signs for one log signs nothing for another.
        let crossed = note.replace("example.com/agent", "example.com/other");
        assert!(Checkpoint::read(&crossed, &[key().verifier(), other.verifier()]).is_err());
        // Lines of witnesses that nobody knows are passed over.
        let witnessed = format!("{note}\u{2014} witness.example AAAAAAAA\n");
        assert!(Checkpoint::read(&witnessed, &[key().verifier()]).is_ok());
    }

    #[test]
    fn names_and_keys_have_one_form() {
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
            assert!(CheckpointKey::from_seed(name, &[1; 32]).is_err(), "{name:?}");
        }
        let wrong = GO_KEY.replace("c74f20a3", "c74f20a4");
        assert!(!CheckpointKey::from_text(&wrong).unwrap_err().to_string().contains("AYEK"));
        assert!(!format!("{:?}", key()).contains("PRIVATE"));
    }
}
