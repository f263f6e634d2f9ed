//! What exactly is approved, as one digest.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::model::action::ActionDigest;

const DOMAIN: &[u8] = b"permitgate/approval/1\0";
const MATTER: &[u8] = b"permitgate/approval-matter/1\0";
const BUNDLE: &[u8] = b"permitgate/approval-bundle/1\0";

/// The SHA-256 of what a person is asked to approve: the actions of one call with their arguments, the people whom they reach, on
/// whose behalf and by which agent, under which bound values, authority and configuration, and which tool.
///
/// Two calls have the same digest exactly when they are the same in all of these. Time and what the session has read are no part:
/// they are asked about again when the approval is used.
///
/// ```
/// use permitgate::gate::RequestDigest;
///
/// assert!(RequestDigest::from_bytes([0xAB; 32]).to_string().starts_with("abab"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestDigest([u8; 32]);

/// What a digest is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject<'a> {
    /// The actions of one call in their order, each with the people whom it reaches.
    pub(crate) actions: &'a [(ActionDigest, [u8; 32])],
    /// What the manifest says of the tool.
    pub(crate) tool: Option<[u8; 32]>,
    pub(crate) invoker: &'a str,
    pub(crate) agent: &'a str,
    /// By name, each name once, with its values in order.
    pub(crate) bound: &'a [(&'a str, &'a [&'a str])],
    pub(crate) lineage: [u8; 32],
    /// Layers, guardrails, rules.
    pub(crate) configuration: [u8; 32],
}

impl RequestDigest {
    pub(crate) fn of(subject: &Subject<'_>) -> Self {
        let mut sha = Sha256::new_with_prefix(DOMAIN);
        encode(subject, &mut |bytes| sha.update(bytes));
        Self(sha.finalize().into())
    }

    /// What a decline is about: the same effect for the same person, under any authority of one root. Whoever asks for it again by
    /// another agent, or under a capability of its own making, asks for the same matter.
    pub(crate) fn of_matter(subject: &Subject<'_>, root: &[u8]) -> Self {
        let mut sha = Sha256::new_with_prefix(MATTER);
        let narrowed = Subject {
            agent: "",
            bound: &[],
            lineage: [0; 32],
            configuration: [0; 32],
            ..subject.clone()
        };
        encode(&narrowed, &mut |bytes| sha.update(bytes));
        sha.update((root.len() as u64).to_be_bytes());
        sha.update(root);
        Self(sha.finalize().into())
    }

    /// Of a bundle: several calls, in any order, each of them once.
    pub(crate) fn of_bundle(members: &[Self]) -> Self {
        let mut sorted = members.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut sha = Sha256::new_with_prefix(BUNDLE);
        sha.update((sorted.len() as u64).to_be_bytes());
        sorted.iter().for_each(|member| sha.update(member.0));
        Self(sha.finalize().into())
    }

    /// A digest that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The one form: each text and each list begins with its length, and what may be missing with whether it is there. So it can be
/// read back, and two subjects never have one form.
pub(super) fn encode(subject: &Subject<'_>, out: &mut dyn FnMut(&[u8])) {
    let Subject { actions, tool, invoker, agent, bound, lineage, configuration } = subject;
    number(out, actions.len());
    for (action, reached) in *actions {
        out(action.as_bytes());
        out(reached);
    }
    out(&[u8::from(tool.is_some())]);
    tool.iter().for_each(|tool| out(tool));
    text(out, invoker);
    text(out, agent);
    number(out, bound.len());
    for (name, values) in *bound {
        text(out, name);
        number(out, values.len());
        values.iter().for_each(|value| text(out, value));
    }
    out(lineage);
    out(configuration);
}

fn number(out: &mut dyn FnMut(&[u8]), number: usize) {
    out(&(number as u64).to_be_bytes());
}

fn text(out: &mut dyn FnMut(&[u8]), text: &str) {
    number(out, text.len());
    out(text.as_bytes());
}

impl fmt::Display for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestDigest({self})")
    }
}
