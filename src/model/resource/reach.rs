//! How far an action reaches from its resource.

use std::fmt;

use serde::Serialize;

use crate::base::forms::read_as_word;

/// How much of what a resource names an action is about: that place, or all under it as well.
///
/// An action that reaches below is permitted where one pattern covers all of that, and restricted by a statement that may match
/// any of it. The session learns what the labels of all of it say.
///
/// ```
/// use permitgate::model::Reach;
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([
/// #     Statement::permit("read").operations(Operation::Read).resources(["files/r/**"]),
/// #     Statement::forbid("secret").operations(Operation::Read).resources(["files/r/secret/**"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// // Permitted is `files/r/**`, and `files/r/secret/**` is forbidden.
/// let tree = |place| Action::read("directory_tree", place).below();
/// assert!(gate.decide(&tree("files/r/notes"), &scope).is_allow());
/// assert_eq!(gate.decide(&tree("files/r"), &scope).grounds().statement(), Some("secret"));
/// assert!(!gate.decide(&tree("files"), &scope).is_allow());
/// assert_eq!((tree("files/r").reach(), Action::read("read_file", "files/r").reach()), (Reach::Below, Reach::Place));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The resource alone.
    #[default]
    Place,
    /// The resource and everything under it: all that the pattern of its path and `/**` matches.
    Below,
}

read_as_word! {
    Reach, "a reach as a word":
    "place" => Place, "below" => Below,
}

impl Reach {
    /// The name as manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Below => "below",
        }
    }

    /// Whether it is the resource alone.
    pub(crate) const fn is_place(&self) -> bool {
        matches!(self, Self::Place)
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
