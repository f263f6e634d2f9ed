//! Where what an agent knows comes from, and who may see it: labels, sessions, provenance, stamps.

pub(crate) mod label;
pub(crate) mod provenance;
pub(crate) mod session;
pub(crate) mod stamp;

pub use label::{Integrity, LabelError, LabelRule, Labels};
pub use provenance::{Endorsements, Origin, Origins};
pub use session::{Session, SessionError};
pub use stamp::{ContentDigest, Stamp, StampError, Stamps};
