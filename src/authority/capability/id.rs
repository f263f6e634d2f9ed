//! Identities as public values: of capabilities, and of the keys that tokens are signed with.

use crate::base::codes::fault_table;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::LazyLock;

/// The identity of a capability, unique across processes; it stands in every record.
///
/// Knowing one gives no authority: it serves to halt and to revoke.
///
/// ```
/// use permitgate::authority::CapabilityId;
///
/// let id = CapabilityId::from_bytes([7; 16]);
/// assert_eq!(id.to_string(), "07070707070707070707070707070707");
/// assert_eq!(id.to_string().parse(), Ok(id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CapabilityId(u128);

/// The public name of a signing key: of an issuer, or of a holder.
///
/// ```
/// use permitgate::authority::KeyId;
///
/// let key: KeyId = "000102030405060708090a0b0c0d0e0f".parse()?;
/// assert_eq!(key.as_bytes()[15], 15);
/// # Ok::<(), permitgate::authority::IdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 16]);

/// A text is not the identity of anything.
///
/// ```
/// use permitgate::authority::CapabilityId;
/// use permitgate::kinds::IdErrorKind;
///
/// let error = "0707".parse::<CapabilityId>().unwrap_err();
/// assert_eq!(error.kind(), IdErrorKind::MalformedDigits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IdError(Fault);

impl IdError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> IdErrorKind {
        self.0.kind()
    }
}

fault_table! {
    /// Why a text is no identity ([`IdError::kind`](crate::authority::IdError::kind)).
    pub enum IdErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error("an identity is written as 32 digits from `0` to `9` and `a` to `f`")]
        Digits => MalformedDigits, "malformed-digits",
    }
}

impl CapabilityId {
    /// Upper half: drawn once per process. Lower half: a counter.
    pub(super) fn next() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self(u128::from(*PROCESS) << 64 | u128::from(number))
    }

    /// The identity that these bytes are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The bytes, in the order in which they are displayed.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl KeyId {
    /// The name that these bytes are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, in the order in which they are displayed.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for CapabilityId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text).map(Self)
    }
}

impl FromStr for KeyId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text).map(|number| Self(number.to_be_bytes()))
    }
}

/// Exactly one spelling for each identity.
fn parse(text: &str) -> Result<u128, IdError> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != 32 || !digits {
        return Err(IdError(Fault::Digits));
    }
    u128::from_str_radix(text, 16).map_err(|_| IdError(Fault::Digits))
}

impl fmt::Display for CapabilityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for CapabilityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CapabilityId({self})")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_one_spelling() {
        let id = CapabilityId::next();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(CapabilityId::from_bytes(id.to_bytes()), id);
        let key = KeyId::from_bytes(id.to_bytes());
        assert_eq!(key.to_string(), id.to_string());
        assert_eq!(key.to_string().parse(), Ok(key));
        let text = id.to_string();
        let odd = [text.to_uppercase().replace(char::is_numeric, "A"), format!("+{}", &text[1..])];
        for odd in odd.iter().map(String::as_str).chain(["", "0", &text[1..], &format!("0{text}")])
        {
            assert!(odd.parse::<CapabilityId>().is_err(), "{odd}");
            assert!(odd.parse::<KeyId>().is_err(), "{odd}");
        }
    }
}
