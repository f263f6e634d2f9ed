//! One capability of a lineage, as evidence.

use std::fmt;

use super::id::{CapabilityId, KeyId};
use crate::base::limits::MEMORY_RECORD_BYTES;
use crate::base::visible::visible;

/// One capability of a lineage: which, who holds it, and with which key. See
/// [`Capability::chain`](crate::Capability::chain).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::authority::{Attenuation, Grant};
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// let owner = Capability::root(Grant::new(policy).held_by("orchestrator"), ambient_authority());
/// let reader = owner.delegate("reader", Attenuation::new())?;
/// let holders: Vec<_> = reader.chain().map(|link| link.holder()).collect();
/// assert_eq!(holders, [Some("reader"), Some("orchestrator")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'c> {
    pub(super) id: CapabilityId,
    pub(super) holder: Option<&'c str>,
    pub(super) key: Option<KeyId>,
}

impl<'c> Link<'c> {
    /// The identity of the capability.
    pub const fn id(&self) -> CapabilityId {
        self.id
    }

    /// The agent that may act under it, if one is named.
    pub const fn holder(&self) -> Option<&'c str> {
        self.holder
    }

    /// The key with which the holder proves that it is the holder, if there is one.
    pub const fn key(&self) -> Option<KeyId> {
        self.key
    }
}

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.holder {
            Some(holder) => write!(f, "{} held by `{}`", self.id, visible(holder)),
            None => self.id.fmt(f),
        }
    }
}

/// Links as bytes, so that a record takes them in one piece: identity, length of the holder's name, the name. What no
/// record has room for is left out.
pub(super) fn trail<'c>(links: impl Iterator<Item = Link<'c>>) -> Box<[u8]> {
    let mut trail = Vec::new();
    for link in links {
        let holder = link.holder.unwrap_or_default();
        trail.extend(link.id.to_bytes());
        trail.extend((holder.len() as u16).to_le_bytes());
        trail.extend(holder.bytes());
    }
    trail.truncate(MEMORY_RECORD_BYTES);
    trail.into()
}

/// How long a trail would be.
pub(super) fn trail_bytes<'c>(links: impl Iterator<Item = Link<'c>>) -> usize {
    links.map(|link| size_of::<CapabilityId>() + 2 + link.holder.map_or(0, str::len)).sum()
}

/// The links of a trail that are whole, with the names of their holders, empty where there is none.
pub(crate) fn links_of(mut trail: &[u8]) -> Vec<(CapabilityId, String)> {
    let mut links = Vec::new();
    while let Some((id, rest)) = trail.split_first_chunk()
        && let Some((length, rest)) = rest.split_first_chunk()
        && let Some((holder, rest)) = rest.split_at_checked(u16::from_le_bytes(*length).into())
    {
        links.push((CapabilityId::from_bytes(*id), String::from_utf8_lossy(holder).into_owned()));
        trail = rest;
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_that_is_cut_keeps_whole_links() {
        let id = |number| CapabilityId::from_bytes([number; 16]);
        let holders = [Some("triage"), None, Some("Zoë")];
        let links = (1..).zip(holders).map(|(n, holder)| Link { id: id(n), holder, key: None });
        let whole = trail(links);
        let expected = [(id(1), "triage".into()), (id(2), String::new()), (id(3), "Zoë".into())];
        assert_eq!(links_of(&whole), expected);
        for end in 0..whole.len() {
            let kept = [24, 42, 64].into_iter().filter(|behind| *behind <= end).count();
            assert_eq!(links_of(&whole[..end]), expected[..kept], "{end}");
        }
    }
}
