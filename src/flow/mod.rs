//! Where what an agent knows comes from, and who may see it: labels, sessions, provenance, stamps.

use std::fmt;

pub(crate) mod label;
pub(crate) mod provenance;
pub(crate) mod session;
pub(crate) mod stamp;

pub use label::{Integrity, LabelError, LabelRule, Labels};
pub use provenance::{Endorsements, Origin, Origins};
pub use session::{Session, SessionError};
pub use stamp::{ContentDigest, Stamp, StampError, Stamps};

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("label", &self.label().to_string()).finish_non_exhaustive()
    }
}
