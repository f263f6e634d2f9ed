//! Who votes, within the program.

use std::sync::Arc;

use crate::authority::capability::AmbientAuthority;
use crate::authority::requirement::{Approver, Requirement, RequirementError};

/// An approver who is known to the program: the right to vote in that name.
///
/// Making one takes the [ambient authority](crate::ambient_authority) that minting a capability takes. Make it where the program has
/// verified who somebody is (a signed-in session, a webhook whose signature was checked), use it for that vote, and hand it to no
/// agent. A name that stands in a message is no identity.
///
/// ```
/// use permitgate::ambient_authority;
/// use permitgate::gate::ApproverCredential;
///
/// let lee = ApproverCredential::new("lee@example.com", ambient_authority())?;
/// assert_eq!(lee.name(), "lee@example.com");
/// # Ok::<(), permitgate::authority::RequirementError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproverCredential(Arc<str>);

impl ApproverCredential {
    /// The right to vote as this person, by a name that the gate's directory knows, or an alias of it.
    ///
    /// # Errors
    /// [`RequirementError`] when the name is malformed.
    pub fn new(
        name: impl Into<Arc<str>>,
        _authority: AmbientAuthority,
    ) -> Result<Self, RequirementError> {
        let name = name.into();
        Requirement::by([Approver::Principal(Arc::clone(&name))]).check()?;
        Ok(Self(name))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}
