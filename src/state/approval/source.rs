//! What lifts a hold.

use std::fmt;

use super::request::ApprovalId;

/// What lifted a hold: the request that was approved, or a standing approval.
///
/// ```
/// use permitgate::record::ApprovalSource;
///
/// assert_eq!(ApprovalSource::Standing(3).to_string(), "standing approval 3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApprovalSource {
    /// A request, which somebody approved.
    Request(ApprovalId),
    /// A standing approval, by its number.
    Standing(u64),
}

impl fmt::Display for ApprovalSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "request {id}"),
            Self::Standing(number) => write!(f, "standing approval {number}"),
        }
    }
}
