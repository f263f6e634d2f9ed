//! Stamps: what an agent publishes says so, and whether a person has verified it.
//!
//! A label that says "an AI wrote this" stops nobody. So the stamp is more than a text: whoever reads stamped
//! content tells the session ([`Session::cite`](crate::Session::cite)), and the rule
//! [`UnverifiedAdvice`](crate::gate::rules::UnverifiedAdvice) then holds consequential actions until the content was
//! verified, or somebody other than the requester approves. Whether content is verified stands in the
//! host's [`Stamps`], never in the text, which anybody could have written.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::base::codes::fault_table;
use crate::base::name::{NameFault, check_name};
use crate::base::sync::{Mutex, lock};
use crate::base::visible::visible;
use crate::model::resource::escape_into;

/// The SHA-256 of published content.
///
/// As text: `sha256:` and 64 hexadecimal digits in lower case.
///
/// ```
/// use permitgate::flow::ContentDigest;
///
/// let digest = ContentDigest::from_bytes([0xA7; 32]);
/// assert!(digest.to_string().starts_with("sha256:a7a7"));
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// A digest that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of content.
    #[cfg(feature = "mcp")]
    pub fn of(content: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(content).into())
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentDigest({self})")
    }
}

impl FromStr for ContentDigest {
    type Err = StampError;
    fn from_str(text: &str) -> Result<Self, StampError> {
        let digits = text.strip_prefix("sha256:").ok_or(StampError(Fault::Digest))?.as_bytes();
        let (pairs, []) = digits.as_chunks::<2>() else { return Err(StampError(Fault::Digest)) };
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return Err(StampError(Fault::Digest));
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let value = |digit: u8| match digit {
                b'0'..=b'9' => Ok(digit - b'0'),
                b'a'..=b'f' => Ok(digit - b'a' + 10),
                _ => Err(StampError(Fault::Digest)),
            };
            *byte = value(*high)? << 4 | value(*low)?;
        }
        Ok(Self(bytes))
    }
}

/// What published content carries: which agent wrote it, for whom, and the digest of what it wrote.
///
/// Append its text to what is published; [`find_in`](Self::find_in) finds it again.
///
/// ```
/// use permitgate::Session;
/// use permitgate::flow::{ContentDigest, Stamp, Stamps};
///
/// let digest = ContentDigest::from_bytes([7; 32]);
/// let stamp = Stamp::new("triage", "dana@example.com", digest)?;
/// let post = format!("I would widen the permissions.\n\n{stamp}");
///
/// let session = Session::new();
/// Stamp::find_in(&post).for_each(|stamp| session.cite(&stamp));
/// assert!(!session.cites_only_verified(&Stamps::new()));
/// # Ok::<(), permitgate::flow::StampError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    agent: Box<str>,
    invoker: Box<str>,
    digest: ContentDigest,
}

const OPENING: &str = "[agent-written v1 agent=";

impl Stamp {
    /// A stamp for content with this digest.
    ///
    /// # Errors
    /// [`StampError`] when a name is malformed.
    pub fn new(agent: &str, invoker: &str, digest: ContentDigest) -> Result<Self, StampError> {
        check_name(agent).map_err(Fault::Name)?;
        check_name(invoker).map_err(Fault::Name)?;
        Ok(Self { agent: agent.into(), invoker: invoker.into(), digest })
    }

    /// The agent that wrote it.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The person for whom it was written.
    pub fn invoker(&self) -> &str {
        &self.invoker
    }

    /// The digest of what was written.
    pub const fn digest(&self) -> ContentDigest {
        self.digest
    }

    /// Every stamp in a text. A stamp that was tampered with is not found; content without one is no
    /// more trustworthy for that, which is what labels are for.
    pub fn find_in(text: &str) -> impl Iterator<Item = Self> {
        text.match_indices(OPENING).filter_map(|(at, _)| {
            let inside = text.get(at + OPENING.len()..)?.split_once(']')?.0;
            let (agent, rest) = inside.split_once(" for=")?;
            let (invoker, digest) = rest.split_once(' ')?;
            Self::new(&unescape(agent)?, &unescape(invoker)?, digest.parse().ok()?).ok()
        })
    }
}

/// The text form; names are escaped, so that none can end it early.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (agent, invoker) = (escape(&self.agent), escape(&self.invoker));
        write!(f, "{OPENING}{agent} for={invoker} {}]", self.digest)
    }
}

/// The escape of resource segments, and spaces and closing brackets as well.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    escape_into(name, &mut escaped);
    escaped.replace(' ', "%20").replace(']', "%5D")
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let digits = escape.get(..2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = escape.get(2..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    let name = String::from_utf8(bytes).ok()?;
    (escape(&name) == text).then_some(name)
}

/// Which content a person has verified. Cloning shares it.
///
/// ```
/// use permitgate::flow::{ContentDigest, Stamp, Stamps};
///
/// let stamps = Stamps::new();
/// let stamp = Stamp::new("triage", "dana@example.com", ContentDigest::from_bytes([7; 32]))?;
/// assert!(stamps.verify(&stamp, "dana@example.com").is_err(), "it was written for Dana");
/// stamps.verify(&stamp, "lee@example.com")?;
/// assert!(stamps.is_verified(stamp.digest()));
/// # Ok::<(), permitgate::flow::StampError>(())
/// ```
#[derive(Clone, Default)]
pub struct Stamps(Arc<Mutex<HashMap<ContentDigest, Box<str>>>>);

impl Stamps {
    /// Nothing is verified.
    pub fn new() -> Self {
        Self::default()
    }

    /// A person vouches for content. The program says who it is, by its own login, never a model.
    ///
    /// # Errors
    /// [`StampError`] when that is the agent that wrote it or the person for whom it was written, or no name.
    pub fn verify(&self, stamp: &Stamp, by: &str) -> Result<(), StampError> {
        check_name(by).map_err(Fault::Name)?;
        if *by == *stamp.agent || *by == *stamp.invoker {
            return Err(Fault::OwnContent(by.into()).into());
        }
        lock(&self.0).insert(stamp.digest, by.into());
        Ok(())
    }

    /// Takes a verification back.
    pub fn withdraw(&self, digest: ContentDigest) {
        lock(&self.0).remove(&digest);
    }

    /// Whether somebody vouches for content with this digest.
    pub fn is_verified(&self, digest: ContentDigest) -> bool {
        lock(&self.0).contains_key(&digest)
    }

    /// Who vouches for content with this digest.
    pub fn verified_by(&self, digest: ContentDigest) -> Option<String> {
        lock(&self.0).get(&digest).map(|by| by.to_string())
    }
}

impl fmt::Debug for Stamps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stamps").field("verified", &lock(&self.0).len()).finish()
    }
}

/// Why something is no stamp, or cannot be verified.
///
/// ```
/// use permitgate::flow::ContentDigest;
/// use permitgate::kinds::StampErrorKind;
///
/// let error = "sha256:a7".parse::<ContentDigest>().unwrap_err();
/// assert_eq!(error.kind(), StampErrorKind::MalformedDigest);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stamp: {0}")]
pub struct StampError(#[from] Fault);

impl StampError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> StampErrorKind {
        self.0.kind()
    }
}

fault_table! {
    /// Why something is no stamp ([`StampError::kind`](crate::flow::StampError::kind)).
    pub enum StampErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error("{0}")]
        Name(NameFault) => MalformedName, "malformed-name",
        #[error("a digest is `sha256:` and 64 hexadecimal digits in lower case")]
        Digest => MalformedDigest, "malformed-digest",
        #[error("`{}` cannot verify it: it was written by or for them; ask somebody else", visible(.0))]
        OwnContent(Box<str>) => OwnContent, "own-content",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_in_a_text_and_a_forged_one_does_not() {
        let digest = ContentDigest::from_bytes([0xA7; 32]);
        for agent in ["triage", "a b", "x]y", "%20", "a for=b", "Zoë/ü"] {
            let stamp = Stamp::new(agent, "dana@example.com", digest).unwrap();
            let text = format!("one {stamp} two {stamp}");
            let found: Vec<Stamp> = Stamp::find_in(&text).collect();
            assert_eq!(found, [stamp.clone(), stamp.clone()], "{text}");
            let cut = text.replace("sha256:a7", "sha256:A7");
            assert_eq!(Stamp::find_in(&cut).count(), 0);
        }
        for text in ["", "[agent-written v1 agent=", "[agent-written v1 agent=a for=b sha256:00]"] {
            assert_eq!(Stamp::find_in(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn nobody_verifies_what_was_written_by_or_for_them() {
        let stamps = Stamps::new();
        let stamp = Stamp::new("bot", "dana", ContentDigest::from_bytes([1; 32])).unwrap();
        for own in ["bot", "dana", ""] {
            assert!(stamps.verify(&stamp, own).is_err(), "{own}");
        }
        assert!(!stamps.is_verified(stamp.digest()));
        stamps.verify(&stamp, "lee").unwrap();
        assert_eq!(stamps.verified_by(stamp.digest()).as_deref(), Some("lee"));
        stamps.withdraw(stamp.digest());
        assert!(!stamps.is_verified(stamp.digest()));
    }
}
