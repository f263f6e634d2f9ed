//! Decides one layer for one request: pure, bounded, without allocating.

use super::Effect;
use super::bound::BoundValue;
use super::compile::{CompiledPolicy, Hit, Terms};
use super::form::{CompiledCondition, Facts};
use super::sanity::{Input, LayerKind};
use crate::base::hash::hash_name;
use crate::base::steps::{self, Allowance};
use crate::base::time::Timestamp;
use crate::directory::ResolvedAudience;
use crate::flow::provenance::{Endorsed, Known};
use crate::model::action::Operation;
use crate::model::arguments::Arguments;
use crate::model::parts::Parts;
use crate::model::resource::Path;

/// What every layer is asked, prepared once per action.
pub(crate) struct Request<'r> {
    pub(crate) operation: Operation,
    pub(crate) tool: &'r str,
    pub(crate) path: &'r Path<'r>,
    pub(crate) audience: &'r ResolvedAudience<'r>,
    pub(crate) arguments: &'r dyn Arguments,
    /// What the texts among them reach.
    pub(crate) parts: Option<&'r Parts>,
    /// The values that the session may act on.
    pub(crate) endorsed: &'r Endorsed,
    /// Whether the session has read what outsiders can write.
    pub(crate) untrusted: bool,
    /// When it is decided.
    pub(crate) now: Timestamp,
}

impl<'r> Request<'r> {
    /// What conditions are asked of.
    #[inline]
    pub(super) fn given(&self, values: &'r [BoundValue]) -> Facts<'r> {
        let Self { arguments, parts, now, .. } = *self;
        Facts { arguments, parts, endorsed: Some(self.known()), values, now: Some(now) }
    }

    #[inline]
    pub(super) fn known(&self) -> Known<'r> {
        Known { endorsed: self.endorsed, tool: self.tool }
    }
}

/// What one layer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerVerdict {
    /// A granting layer permits it.
    Permitted,
    /// A restricting layer has nothing against it.
    Passed,
    /// A person must approve it.
    ApprovalRequired,
    /// No statement of a granting layer applies.
    NotPermitted,
    /// A statement would permit it for another audience, and none permits it for this one. Not where the audience is
    /// the invoker alone: no audience is smaller, so it is permitted only to others.
    AudienceTooWide,
    /// A statement forbids it.
    Forbidden,
}

/// What one layer says, with the number of the statement that determined it; a number that no statement
/// has where none did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerResult {
    pub(crate) answer: LayerVerdict,
    pub(crate) statement: u32,
}

/// Asks one layer. Cost: one probe per shape of its patterns, and the statements that match, or that can match anything below
/// the place where the action is about all of it; see
/// [`CompiledPolicy::worst_case_steps`]. Where comparing its readers with members of groups takes more than is allowed, the
/// audience is too wide for it: every statement that matches is asked, so their order does not matter.
pub(crate) fn evaluate(
    policy: &CompiledPolicy,
    request: &Request<'_>,
    values: &[BoundValue],
    allowance: &Allowance,
) -> LayerResult {
    let mut tally = Tally::default();
    if request.path.is_below() {
        tally.count_below(policy, (request, values), allowance);
    } else {
        policy.index.look_up(
            request.path,
            || hash_name(request.tool),
            values,
            |number| {
                let Some(hit) = policy.hits.get(number as usize) else { return };
                if is_match(policy, hit, request, values) {
                    tally.count(policy, &hit.terms, (request, values), allowance);
                }
            },
        );
    }
    if allowance.is_spent() {
        return LayerResult { answer: LayerVerdict::AudienceTooWide, statement: NONE };
    }
    tally.answer(policy.kind, request)
}

/// The statement that would permit it if the sets that are bound held what the resource names, and the number of the first
/// name whose set does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disowned {
    pub(crate) statement: u32,
    pub(crate) name: u8,
}

/// Why a layer does not permit it, where that is only because of sets: `open` are the same values with every set open.
#[cold]
pub(crate) fn disowned(
    policy: &CompiledPolicy,
    request: &Request<'_>,
    (values, open): (&[BoundValue], &[BoundValue]),
    allowance: &Allowance,
) -> Option<Disowned> {
    let mut found: Option<Disowned> = None;
    let tool = || hash_name(request.tool);
    policy.index.look_up(request.path, tool, open, |number| {
        let Some(hit) = policy.hits.get(number as usize) else { return };
        let statement = hit.terms.statement;
        let is_first = found.is_none_or(|found| statement < found.statement);
        if hit.terms.effect == Effect::Forbid || !is_first || !is_match(policy, hit, request, open)
        {
            return;
        }
        if request.path.is_below() && !policy.patterns.is_open(hit.pattern) {
            return;
        }
        let mut tally = Tally::default();
        tally.count(policy, &hit.terms, (request, open), allowance);
        let grants = [tally.permit, tally.grant_once_approved, tally.otherwise] != [NONE; 3];
        let name = policy.patterns.disowned(hit.pattern, request.path, values);
        if let Some(name) = name.filter(|_| grants) {
            found = Some(Disowned { statement, name });
        }
    });
    found.filter(|_| !allowance.is_spent())
}

/// Whether operation, resource and tool of a hit are really the request's.
#[inline]
pub(super) fn is_match(
    policy: &CompiledPolicy,
    Hit { pattern, terms }: &Hit,
    request: &Request<'_>,
    values: &[BoundValue],
) -> bool {
    terms.operations.contains(request.operation)
        && policy.patterns.matches(*pattern, request.path, values)
        && (!terms.names_tools || is_named(policy.tools_of(terms), request.tool))
}

/// Whether operation and tool are.
#[inline]
pub(super) fn is_about(policy: &CompiledPolicy, terms: &Terms, request: &Request<'_>) -> bool {
    terms.operations.contains(request.operation)
        && (!terms.names_tools || is_named(policy.tools_of(terms), request.tool))
}

#[inline]
fn is_named(tools: &[Box<str>], name: &str) -> bool {
    tools.iter().any(|tool| {
        steps::take(|| steps::of_bytes(tool.len()));
        **tool == *name
    })
}

/// The least number of a statement in each role; statements are numbered by id.
pub(super) struct Tally {
    pub(super) permit: u32,
    pub(super) grant_once_approved: u32,
    too_wide: u32,
    pub(super) approval: u32,
    /// Grants once approved, where nothing else grants.
    pub(super) otherwise: u32,
    forbid: u32,
}

pub(super) const NONE: u32 = u32::MAX;

impl Default for Tally {
    fn default() -> Self {
        Self {
            permit: NONE,
            grant_once_approved: NONE,
            too_wide: NONE,
            approval: NONE,
            otherwise: NONE,
            forbid: NONE,
        }
    }
}

impl Tally {
    #[inline]
    pub(super) fn count(
        &mut self,
        policy: &CompiledPolicy,
        terms: &Terms,
        (request, values): (&Request<'_>, &[BoundValue]),
        allowance: &Allowance,
    ) {
        let number = terms.statement;
        let restricts = terms.effect != Effect::Permit;
        let within = |set: u32| {
            let set = policy.readers.get(set as usize);
            set.is_some_and(|set| request.audience.is_within_allowance(set, allowance))
        };
        let applies = match terms.input {
            Input::Any => true,
            Input::OnlyTrusted => !request.untrusted,
            Input::AfterUntrusted => request.untrusted,
        };
        if !applies || restricts && terms.beyond.is_some_and(within) {
            return;
        }
        // Some(true): every condition holds; None: one cannot be evaluated and none fails.
        let mut holds = conjunction(policy.conditions_of(terms), &request.given(values));
        if terms.except.0 != terms.except.1 {
            holds = match policy.leaves_out(terms, request.path, values) {
                Some(true) => return,
                Some(false) => holds,
                None => holds.filter(|holds| !holds),
            };
        }
        if holds == Some(false) {
            return;
        }
        match terms.effect {
            Effect::Forbid => self.forbid = self.forbid.min(number),
            Effect::RequireApproval if terms.otherwise => {}
            Effect::RequireApproval => self.approval = self.approval.min(number),
            Effect::Permit => {}
        }
        let Some(readers) = terms.readers else { return };
        if holds == Some(true) {
            let role = match (within(readers), restricts) {
                (true, false) => &mut self.permit,
                (true, true) if terms.otherwise => &mut self.otherwise,
                (true, true) => &mut self.grant_once_approved,
                (false, _) => &mut self.too_wide,
            };
            *role = (*role).min(number);
        }
    }

    /// The same of everything below a place. What grants must cover all of it, and what restricts counts where it meets any.
    #[cold]
    #[inline(never)]
    fn count_below(
        &mut self,
        policy: &CompiledPolicy,
        (request, values): (&Request<'_>, &[BoundValue]),
        allowance: &Allowance,
    ) {
        let (patterns, path) = (&policy.patterns, request.path);
        let given = (request, values);
        policy.index.look_up(
            path,
            || hash_name(request.tool),
            values,
            |number| {
                let hit = policy.hits.get(number as usize);
                if let Some(hit) = hit.filter(|hit| hit.terms.effect == Effect::Permit)
                    && patterns.is_open(hit.pattern)
                    && is_match(policy, hit, request, values)
                {
                    self.count(policy, &hit.terms, given, allowance);
                }
            },
        );
        policy.restrictions.look_up(patterns, path, |number| {
            let Some(Hit { pattern, terms }) = policy.hits.get(number as usize) else { return };
            if !is_about(policy, terms, request) || !patterns.meets(*pattern, path, values) {
                return;
            }
            // What it grants once it is approved is another question.
            let readers = terms.readers.filter(|_| patterns.covers(*pattern, path, values));
            self.count(policy, &Terms { readers, ..*terms }, given, allowance);
        });
    }

    fn answer(&self, kind: LayerKind, request: &Request<'_>) -> LayerResult {
        let granting = kind == LayerKind::Granting;
        let granted = self.permit != NONE || self.grant_once_approved != NONE;
        let (answer, statement) = if self.forbid != NONE {
            (LayerVerdict::Forbidden, self.forbid)
        } else if granting && !granted && self.otherwise != NONE {
            (LayerVerdict::ApprovalRequired, self.otherwise.min(self.approval))
        } else if granting && !granted {
            match self.too_wide {
                NONE => (LayerVerdict::NotPermitted, NONE),
                _ if request.audience.is_invoker_alone() => (LayerVerdict::NotPermitted, NONE),
                statement => (LayerVerdict::AudienceTooWide, statement),
            }
        } else if self.approval != NONE {
            (LayerVerdict::ApprovalRequired, self.approval)
        } else {
            (if granting { LayerVerdict::Permitted } else { LayerVerdict::Passed }, self.permit)
        };
        LayerResult { answer, statement }
    }
}

impl CompiledPolicy {
    /// Whether a statement leaves a resource out, with everything below it where the path stands for that. `None`
    /// where it leaves out some of that, or where it depends on a set that could not be learned: then it narrows, as a
    /// condition does that cannot be evaluated.
    #[inline(never)]
    pub(super) fn leaves_out(
        &self,
        terms: &Terms,
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> Option<bool> {
        let (patterns, below) = (&self.patterns, path.is_below());
        let mut left_out = Some(false);
        for exception in self.exceptions_of(terms) {
            let is_whole = !below || patterns.is_open(*exception);
            if is_whole && patterns.matches_surely(*exception, path, values) {
                return Some(true);
            }
            let may_be = match below {
                true => patterns.may_meet(*exception, path, values),
                false => patterns.may_match(*exception, path, values),
            };
            if may_be {
                left_out = None;
            }
        }
        left_out
    }
}

impl Hit {
    /// Whether a path is one of its pattern, for an explanation: all below it for what grants, and any of that for what restricts.
    pub(super) fn is_of(
        &self,
        policy: &CompiledPolicy,
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> bool {
        let (patterns, pattern) = (&policy.patterns, self.pattern);
        match path.is_below() {
            false => patterns.matches(pattern, path, values),
            true if self.terms.only_grants() => patterns.covers(pattern, path, values),
            true => patterns.meets(pattern, path, values),
        }
    }
}

/// Three-valued "and": false where one fails, otherwise unknown where one cannot be evaluated.
#[inline]
fn conjunction(conditions: &[CompiledCondition], given: &Facts<'_>) -> Option<bool> {
    match given.parts {
        None => all(conditions, |condition| condition.evaluate(given)),
        Some(parts) => all(conditions, |condition| condition.evaluate_reaching(given, parts)),
    }
}

impl CompiledCondition {
    /// Whether it holds, for an explanation.
    pub(super) fn asked(&self, given: &Facts<'_>) -> Option<bool> {
        conjunction(std::slice::from_ref(self), given)
    }
}

#[inline(always)]
fn all(
    conditions: &[CompiledCondition],
    holds: impl Fn(&CompiledCondition) -> Option<bool>,
) -> Option<bool> {
    let mut all = Some(true);
    for condition in conditions {
        match holds(condition) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}
