//! What a statement says that cannot be, apart from its patterns, conditions and readers.

use super::error::Fault;
use super::statement::{Effect, Statement};
use crate::authority::requirement::{Requirement, RequirementError};
use crate::base::limits::{MAX_ITEMS_PER_STATEMENT, MAX_STATEMENT_ID_BYTES};
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

/// Only what requires approval says who approves. Nothing where it leaves all of that to the gate.
pub(super) fn requirement_of(
    statement: &Statement,
) -> Result<Option<Box<Requirement>>, (&'static str, Fault)> {
    let Statement { by, approvals, decide_within, use_within, .. } = statement;
    let stated = [
        ("by", by.is_some()),
        ("approvals", approvals.is_some()),
        ("decide_within", decide_within.is_some()),
        ("use_within", use_within.is_some()),
    ];
    let Some((field, _)) = stated.into_iter().find(|(_, is_there)| *is_there) else {
        return Ok(None);
    };
    if statement.effect != Effect::RequireApproval {
        return Err((field, Fault::ApproversWithoutApproval));
    }
    let requirement = statement.stated_requirement();
    let fault = |error: RequirementError| (error.kind().field(), Fault::Requirement(error));
    requirement.check().map_err(fault)?;
    Ok(Some(Box::new(requirement)))
}

/// No list of a statement is too long.
pub(super) fn check_lengths(statement: &Statement) -> Result<(), (&'static str, Fault)> {
    let Statement { tools, resources, except_resources, readers, beyond, when, .. } = statement;
    let listed = |list: &Option<Vec<String>>| list.as_ref().map_or(0, Vec::len);
    let lengths = [
        ("tools", listed(tools)),
        ("resources", listed(resources)),
        ("except_resources", listed(except_resources)),
        ("when", when.len()),
        ("readers", readers.as_ref().map_or(0, |readers| readers.iter().len())),
        ("beyond", beyond.as_ref().map_or(0, |beyond| beyond.iter().len())),
    ];
    match lengths.into_iter().find(|(_, count)| *count > MAX_ITEMS_PER_STATEMENT) {
        Some((field, _)) => Err((field, Fault::TooManyItems)),
        None => Ok(()),
    }
}

pub(super) fn check_id(id: &str) -> Result<(), Fault> {
    if id.len() > MAX_STATEMENT_ID_BYTES || check_name(id).is_err() {
        Err(Fault::Id)
    } else {
        Ok(())
    }
}

/// What a list names; nothing where there is none. One that is there and empty says nothing that could be meant.
pub(super) fn named(list: &Option<Vec<String>>, empty: Fault) -> Result<&[String], Fault> {
    match list.as_deref() {
        Some([]) => Err(empty),
        list => Ok(list.unwrap_or_default()),
    }
}

/// The texts without repetitions, in their order.
pub(super) fn each_once(texts: &[String]) -> Vec<&str> {
    let places = texts.iter().enumerate();
    places.filter(|(place, _)| is_first(texts, *place)).map(|(_, text)| text.as_str()).collect()
}

/// Whether the text at `place` does not stand before it already. Lists are short.
pub(super) fn is_first(texts: &[String], place: usize) -> bool {
    let (before, text) = (texts.iter().take(place), texts.get(place));
    before.into_iter().all(|earlier| Some(earlier) != text)
}
