//! Which statements ask a person, and what is bound when they do: for whoever is asked.

use super::Effect;
use super::bound::BoundValue;
use super::compile::{CompiledPolicy, Hit, Terms};
use super::evaluate::{NONE, Request, Tally, is_about, is_match};
use super::sanity::LayerKind;
use crate::base::hash::hash_name;
use crate::base::steps::Allowance;

/// The numbers of all statements of a layer that ask a person about it, where its answer is that a person must approve.
#[cold]
pub(crate) fn asking(
    policy: &CompiledPolicy,
    request: &Request<'_>,
    values: &[BoundValue],
    allowance: &Allowance,
) -> Vec<u32> {
    let (mut asking, mut otherwise) = (Vec::new(), Vec::new());
    let mut all = Tally::default();
    let mut ask = |hit: &Hit, terms: &Terms| {
        let mut own = Tally::default();
        own.count(policy, terms, (request, values), allowance);
        all.permit = all.permit.min(own.permit);
        all.grant_once_approved = all.grant_once_approved.min(own.grant_once_approved);
        asking.extend((own.approval != NONE).then_some(hit.terms.statement));
        otherwise.extend((own.otherwise != NONE).then_some(hit.terms.statement));
    };
    let (patterns, path) = (&policy.patterns, request.path);
    policy.index.look_up(
        path,
        || hash_name(request.tool),
        values,
        |number| {
            let Some(hit) = policy.hits.get(number as usize) else { return };
            let is_whole = !path.is_below()
                || hit.terms.effect == Effect::Permit && patterns.is_open(hit.pattern);
            if is_whole && is_match(policy, hit, request, values) {
                ask(hit, &hit.terms);
            }
        },
    );
    if path.is_below() {
        policy.restrictions.look_up(patterns, path, |number| {
            let Some(hit) = policy.hits.get(number as usize) else { return };
            if is_about(policy, &hit.terms, request) && patterns.meets(hit.pattern, path, values) {
                let readers = hit.terms.readers;
                let readers = readers.filter(|_| patterns.covers(hit.pattern, path, values));
                ask(hit, &Terms { readers, ..hit.terms });
            }
        });
    }
    if policy.kind == LayerKind::Granting && (all.permit, all.grant_once_approved) == (NONE, NONE) {
        asking.append(&mut otherwise);
    }
    asking.sort_unstable();
    asking.dedup();
    asking
}

impl BoundValue {
    /// What is bound, each value once and in order; `None` where that could not be learned.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Self::One { segment, .. } => Some(vec![segment]),
            Self::Set(set) => Some(set.names.iter().map(|name| &**name).collect()),
            Self::Any | Self::Unlearned { .. } => None,
        }
    }
}
