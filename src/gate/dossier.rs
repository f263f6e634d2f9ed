//! What people are shown of a request: gathered once, when somebody is asked, of exactly what was frozen then.

use std::sync::Arc;

use crate::authority::requirement::Requirement;
use crate::base::time::Timestamp;
use crate::decision::{Layer, Reason};
use crate::directory::AudienceRoll;
use crate::model::action::OwnedAction;
use crate::state::approval::{ApprovalId, RequestDigest, Stakes};

/// A statement, a rule or a budget that asks for an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asking {
    /// The layer, of a statement.
    pub(super) layer: Option<Layer>,
    /// The id of the statement, the name of the rule or of the budget.
    pub(super) name: String,
    /// What the rule said.
    pub(super) said: String,
    pub(super) reason: Reason,
    pub(super) requirement: Requirement,
}

/// Everything of one request that does not change.
#[derive(Debug)]
pub(crate) struct Dossier {
    pub(super) id: ApprovalId,
    pub(super) digest: RequestDigest,
    pub(super) agent: Arc<str>,
    pub(super) invoker: Arc<str>,
    /// The agents that handed the authority on, the nearest first.
    pub(super) through: Vec<String>,
    pub(super) calls: Vec<ShownCall>,
    pub(super) asking: Vec<Asking>,
    pub(super) requirements: Arc<[Requirement]>,
    pub(super) stakes: Stakes,
    pub(super) asked: Timestamp,
    pub(super) decide_by: Timestamp,
}

/// One call of it.
#[derive(Debug)]
pub(crate) struct ShownCall {
    /// The actions, frozen.
    pub(super) actions: Box<[OwnedAction]>,
    /// Whom each reaches.
    pub(super) reached: Vec<AudienceRoll>,
    /// The arguments of the call, by kind and without secrets.
    pub(super) arguments: Vec<ShownArgument>,
    /// What needs no approval instead, in words.
    pub(super) alternative: Option<String>,
}

/// One argument as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownArgument {
    pub(super) name: String,
    /// What the manifest reads it as, where it does.
    pub(super) kind: Option<String>,
    /// As JSON, in which secrets are masked.
    pub(super) json: String,
}
