//! One step of a path into the arguments of a call.

use super::error::Fault;
use crate::base::limits::{MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES};
use crate::policy::place_of;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Named {
        field: Box<str>,
        /// The place in a list that the field names, where it is one.
        index: Option<usize>,
    },
    Each,
}

/// Steps of a path as it is written, none of them empty.
pub(super) fn parse_steps(text: &str) -> Result<Box<[Step]>, Fault> {
    if text.len() > MAX_CONDITION_BYTES {
        return Err(Fault::TooLong);
    }
    let step = |field: &str| match field {
        "*" => Step::Each,
        _ => Step::Named { field: field.into(), index: place_of(field) },
    };
    if text.split('.').any(str::is_empty) || text.split('.').count() > MAX_ARGUMENT_STEPS {
        return Err(Fault::Path);
    }
    Ok(text.split('.').map(step).collect())
}
