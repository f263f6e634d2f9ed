//! Revocations that travel: signed lists with numbers, and where they come from.

use minicbor::Decoder;

use super::error::{TokenError, TokenReason};
use super::key::{PublicKey, SigningKey};
use super::wire::{
    Fields, Out, Read, Written, bytes_of, read_fields, read_fixed, read_list, read_signed_pair,
    read_text, signed_pair, text,
};
use crate::authority::capability::{CapabilityId, KeyId, RevocationTarget, Revocations};
use crate::base::limits::MAX_REVOCATION_LIST_BYTES;
use crate::base::sync::{Mutex, lock};
use crate::base::time::Timestamp;

const DOMAIN: &[u8] = b"permitgate/revocations/1\0";

/// A list of what was revoked, to be signed by whoever is trusted to revoke.
///
/// Lists have ascending numbers. A list says after which number it continues, so that a missing one is noticed; one
/// that continues after 0 is complete. A list that revokes nothing new still says that nothing was revoked.
///
/// ```
/// use permitgate::authority::Revocations;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{RevocationList, RevocationReader, SigningKey, TokenError, TokenReason};
///
/// let operator = SigningKey::generate()?;
/// let now = SystemClock.now();
/// let first = RevocationList::new(1, 0, now).holder("rogue").sign(&operator);
/// let read = RevocationList::decode(&first, &operator.public_key())?;
/// assert_eq!(read.holders().collect::<Vec<_>>(), ["rogue"]);
///
/// let revocations = Revocations::default();
/// let reader = RevocationReader::new(operator.public_key(), &revocations);
/// reader.apply(&first, now)?;
/// assert_eq!(reader.apply(&first, now).unwrap_err().reason(), TokenReason::OldList);
/// # Ok::<(), TokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a list revokes nothing before it is signed and applied"]
pub struct RevocationList {
    sequence: u64,
    after: u64,
    issued: Timestamp,
    subtrees: Vec<CapabilityId>,
    keys: Vec<KeyId>,
    holders: Vec<String>,
}

impl RevocationList {
    /// An empty list of this number, which continues after `after`, of this moment.
    pub fn new(sequence: u64, after: u64, issued: Timestamp) -> Self {
        let (subtrees, keys, holders) = (Vec::new(), Vec::new(), Vec::new());
        Self { sequence, after, issued, subtrees, keys, holders }
    }

    /// Revokes a block and everything below it.
    pub fn subtree(mut self, id: CapabilityId) -> Self {
        self.subtrees.push(id);
        self
    }

    /// Revokes everything under an issuer's or a holder's key.
    pub fn key(mut self, key: KeyId) -> Self {
        self.keys.push(key);
        self
    }

    /// Revokes everything that a holder has or handed on.
    pub fn holder(mut self, agent: impl Into<String>) -> Self {
        self.holders.push(agent.into());
        self
    }

    /// The number of the list.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The number of the list that it continues; 0 where it is complete.
    pub fn after(&self) -> u64 {
        self.after
    }

    /// The moment up to which it is complete.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// The blocks that it revokes, each with everything below it.
    pub fn subtrees(&self) -> &[CapabilityId] {
        &self.subtrees
    }

    /// The keys that it revokes.
    pub fn keys(&self) -> &[KeyId] {
        &self.keys
    }

    /// The holders that it revokes.
    pub fn holders(&self) -> impl ExactSizeIterator<Item = &str> {
        self.holders.iter().map(String::as_str)
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.subtrees.len() + self.keys.len() + self.holders.len()
    }

    /// Whether it revokes nothing new.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The list as bytes, with its signature.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let body = self.body();
        let signature = key.sign(&[DOMAIN, &body].concat());
        signed_pair(&body, &signature)
    }

    /// Reads a list and checks who signed it.
    ///
    /// # Errors
    /// [`TokenReason::WrongList`].
    pub fn decode(bytes: &[u8], signer: &PublicKey) -> Result<Self, TokenError> {
        if bytes.len() > MAX_REVOCATION_LIST_BYTES {
            return Err(TokenReason::WrongList.into());
        }
        let pair = read_signed_pair(&mut Decoder::new(bytes));
        let (body, signature) = pair.map_err(|_| TokenReason::WrongList)?;
        if !signer.verifies(&[DOMAIN, body].concat(), &signature) {
            return Err(TokenReason::WrongList.into());
        }
        let list = read_body(&mut Decoder::new(body))
            .map_err(|error| TokenError::from(TokenReason::WrongList).grounds(error))?;
        if list.body() == body && signed_pair(body, &signature) == bytes {
            Ok(list)
        } else {
            Err(TokenReason::WrongList.into())
        }
    }

    fn body(&self) -> Vec<u8> {
        bytes_of(64 + 17 * self.len(), |out| self.write(out))
    }

    fn write(&self, out: &mut Out) -> Written {
        let Self { sequence, after, issued, subtrees, keys, holders } = self;
        let mut fields = Fields::new();
        fields.entry(0)?.u64(*sequence)?;
        fields.entry(1)?.u64(*after)?;
        fields.entry(2)?.u64(issued.as_unix_millis())?;
        fields.items(3, subtrees, |out, id| out.bytes(&id.to_bytes()).map(drop))?;
        fields.items(4, keys, |out, key| out.bytes(key.as_bytes()).map(drop))?;
        fields.items(5, holders, text)?;
        fields.finish(out)
    }
}

fn read_body(input: &mut Decoder<'_>) -> Read<RevocationList> {
    let mut list = RevocationList::new(0, 0, Timestamp::MIN);
    read_fields(input, |key, input| {
        match key {
            0 => list.sequence = input.u64()?,
            1 => list.after = input.u64()?,
            2 => list.issued = Timestamp::from_unix_millis(input.u64()?),
            3 => {
                list.subtrees =
                    read_list(input, |input| read_fixed(input).map(CapabilityId::from_bytes))?;
            }
            4 => list.keys = read_list(input, |input| read_fixed(input).map(KeyId::from_bytes))?,
            5 => list.holders = read_list(input, read_text)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(list)
}

/// Where signed lists come from: a file, a server, a bus. The host says when to ask.
///
/// ```
/// use permitgate::authority::Revocations;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{
///     RevocationFeed, RevocationList, RevocationReader, SigningKey, TokenError,
/// };
///
/// /// What an operator has published so far, the first list first.
/// struct Published(Vec<Vec<u8>>);
///
/// impl RevocationFeed for Published {
///     type Error = std::convert::Infallible;
///     fn lists_after(&mut self, sequence: u64) -> Result<Vec<Vec<u8>>, Self::Error> {
///         Ok(self.0.iter().skip(sequence as usize).cloned().collect())
///     }
/// }
///
/// let (operator, now) = (SigningKey::generate()?, SystemClock.now());
/// let first = RevocationList::new(1, 0, now).holder("rogue").sign(&operator);
/// let mut feed = Published(vec![first]);
/// let reader = RevocationReader::new(operator.public_key(), &Revocations::default());
/// assert_eq!(reader.poll(&mut feed, now).ok(), Some(1));
/// assert_eq!(reader.poll(&mut feed, now).ok(), Some(0));
/// # Ok::<(), TokenError>(())
/// ```
pub trait RevocationFeed {
    /// Why it gives nothing.
    type Error;

    /// The lists after this number, the oldest first; none where nothing is new to say.
    ///
    /// # Errors
    /// What keeps it from answering. Then nothing is heard, and when that lasts, the gate denies.
    fn lists_after(&mut self, sequence: u64) -> Result<Vec<Vec<u8>>, Self::Error>;
}

/// Applies signed lists to [`Revocations`], each once and none left out. See [`RevocationFeed`] for an example. It remembers
/// what it applied for as long as it lives; after a restart, begin with a complete list.
///
/// ```
/// use permitgate::authority::Revocations;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{RevocationList, RevocationReader, SigningKey, TokenReason};
///
/// let (operator, now) = (SigningKey::generate()?, SystemClock.now());
/// let reader = RevocationReader::new(operator.public_key(), &Revocations::default());
/// let third = RevocationList::new(3, 2, now).holder("rogue").sign(&operator);
/// assert_eq!(reader.apply(&third, now).unwrap_err().reason(), TokenReason::ListGap);
/// reader.apply(&RevocationList::new(2, 0, now).sign(&operator), now)?;
/// reader.apply(&third, now)?;
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Debug)]
pub struct RevocationReader {
    signer: PublicKey,
    revocations: Revocations,
    applied: Mutex<(u64, Timestamp)>,
}

/// Why a feed brought nothing.
///
/// ```
/// use permitgate::authority::Revocations;
/// use permitgate::time::{Clock, SystemClock};
/// use permitgate::token::{FeedError, RevocationFeed, RevocationReader, SigningKey};
///
/// struct Down;
///
/// impl RevocationFeed for Down {
///     type Error = &'static str;
///     fn lists_after(&mut self, _: u64) -> Result<Vec<Vec<u8>>, Self::Error> {
///         Err("no route to the server")
///     }
/// }
///
/// let reader = RevocationReader::new(SigningKey::generate()?.public_key(), &Revocations::default());
/// let polled = reader.poll(&mut Down, SystemClock.now());
/// assert_eq!(polled, Err(FeedError::Feed("no route to the server")));
/// # Ok::<(), permitgate::token::TokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError<E> {
    /// The feed itself failed.
    #[error("revocations: the feed does not answer")]
    Feed(#[source] E),
    /// It gave a list that is refused.
    #[error(transparent)]
    List(#[from] TokenError),
}

impl RevocationReader {
    /// Reads lists that this key signed.
    pub fn new(signer: PublicKey, revocations: &Revocations) -> Self {
        let applied = Mutex::new((0, Timestamp::MIN));
        Self { signer, revocations: revocations.clone(), applied }
    }

    /// Applies one list. What it revokes is in force at the next decision. It counts as heard when it was issued, so that
    /// an old list, held back and then passed on, makes nothing look fresh.
    ///
    /// # Errors
    /// [`TokenReason::WrongList`], [`TokenReason::OldList`], [`TokenReason::ListGap`]; then nothing of it is applied.
    pub fn apply(&self, list: &[u8], now: Timestamp) -> Result<(), TokenError> {
        let list = RevocationList::decode(list, &self.signer)?;
        let mut applied = lock(&self.applied);
        let (sequence, issued) = *applied;
        if list.sequence <= sequence || list.issued < issued {
            return Err(TokenReason::OldList.into());
        }
        if list.after > sequence {
            return Err(TokenReason::ListGap.into());
        }
        list.subtrees.iter().for_each(|id| self.revocations.revoke(RevocationTarget::Subtree(*id)));
        list.keys.iter().for_each(|key| self.revocations.revoke(RevocationTarget::Key(*key)));
        list.holders
            .iter()
            .for_each(|name| self.revocations.revoke(RevocationTarget::Holder(name)));
        // A list of the future makes nothing fresh beyond the present, and does not keep out those that follow.
        let issued = list.issued.min(now);
        *applied = (list.sequence, issued.max(applied.1));
        self.revocations.heard(issued);
        Ok(())
    }

    /// Asks a feed once, and applies what it gives.
    ///
    /// # Errors
    /// [`FeedError`]; lists before the one that is refused stay applied.
    pub fn poll<F: RevocationFeed>(
        &self,
        feed: &mut F,
        now: Timestamp,
    ) -> Result<usize, FeedError<F::Error>> {
        let sequence = lock(&self.applied).0;
        let lists = feed.lists_after(sequence).map_err(FeedError::Feed)?;
        for list in &lists {
            self.apply(list, now)?;
        }
        Ok(lists.len())
    }
}
