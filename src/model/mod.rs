//! What a gate is asked about: an action, on a resource, with arguments, before an audience.

pub(crate) mod action;
pub(crate) mod arguments;
pub(crate) mod audience;
pub(crate) mod kind;
pub(crate) mod parts;
pub(crate) mod resource;

pub use action::{Action, Operation, Operations, OwnedAction, OwnedActionError, Reversibility};
pub use action::{ActionDigest, DigestError};
pub use arguments::{
    ArgumentError, Arguments, FreezeError, FrozenArguments, List, NoArguments, Value,
};
pub use audience::{Audience, OwnedAudience, Reader, ReaderError, Readers, Recipients, Visibility};
pub use kind::ValueKind;
pub use parts::{Part, Parts};
pub use resource::{Reach, Resource, ResourceBuf, ResourceError};
