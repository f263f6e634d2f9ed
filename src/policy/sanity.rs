//! What a statement says that cannot be, apart from its patterns, conditions and readers.

use super::error::Fault;
use super::statement::{Effect, Statement};
use crate::base::limits::MAX_STATEMENT_ID_BYTES;
use crate::base::name::check_name;

/// Whether a layer denies what it does not permit, or passes what it does not restrict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerKind {
    Granting,
    Restricting,
}

/// For which integrity of the session a statement applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Any,
    OnlyTrusted,
    AfterUntrusted,
}

pub(super) fn input_of(statement: &Statement) -> Result<Input, (&'static str, Fault)> {
    let permits = statement.effect == Effect::Permit;
    match (statement.only_while_trusted, statement.after_untrusted) {
        (false, false) => Ok(Input::Any),
        (true, _) if !permits => Err(("only_while_trusted", Fault::OnlyWhileTrusted)),
        (_, true) if permits => Err(("after_untrusted", Fault::AfterUntrusted)),
        (true, _) => Ok(Input::OnlyTrusted),
        (false, true) => Ok(Input::AfterUntrusted),
    }
}

/// Only a required approval of what grants can be for what nothing else grants.
pub(super) fn check_otherwise(
    statement: &Statement,
    kind: LayerKind,
) -> Result<(), (&'static str, Fault)> {
    match statement {
        Statement { otherwise: false, .. } => Ok(()),
        _ if kind == LayerKind::Restricting => {
            Err(("otherwise", Fault::OtherwiseAmongRestrictions))
        }
        Statement { effect: Effect::Permit | Effect::Forbid, .. } => {
            Err(("otherwise", Fault::OtherwiseWithoutApproval))
        }
        Statement { beyond: Some(_), .. } => Err(("beyond", Fault::BeyondOfOtherwise)),
        Statement { after_untrusted: true, .. } => {
            Err(("after_untrusted", Fault::OtherwiseAfterUntrusted))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_id(id: &str) -> Result<(), Fault> {
    if id.len() > MAX_STATEMENT_ID_BYTES || check_name(id).is_err() {
        Err(Fault::Id)
    } else {
        Ok(())
    }
}
