//! Why each statement of one layer applies to a request, or does not. Looks at all of them, and allocates.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Effect;
use super::applicability::{Applicability, UnmetConditions};
use super::bound::{BoundValue, LayerValues};
use super::compile::{CompiledPolicy, Terms};
use super::evaluate::Request;
use super::sanity::{Input, LayerKind};
use crate::base::steps::Allowance;
use crate::decision::Layer;
use crate::model::audience::Audience;

/// What one layer made of an action, statement by statement.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::decision::Layer;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let explanation = gate.explain(&Action::read("docs.read", "docs/intro"), &scope);
/// let layer = &explanation.layers[0];
/// assert_eq!((layer.layer, layer.grants), (Layer::Capability(0), true));
/// assert_eq!(layer.statements.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExplainedLayer {
    /// Which layer.
    pub layer: Layer,
    /// Whether it denies what it does not permit; otherwise it only restricts.
    pub grants: bool,
    /// Every statement, in the order of the ids.
    pub statements: Vec<ExplainedStatement>,
}

/// Whether one statement applies, and why.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::policy::Effect;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let explanation = gate.explain(&Action::read("docs.read", "docs/intro"), &scope);
/// let statement = &explanation.layers[0].statements[0];
/// assert_eq!((&*statement.id, statement.effect, statement.applies), ("read", Effect::Permit, true));
/// assert_eq!(statement.applicability.to_string(), "everything fits");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExplainedStatement {
    /// The id.
    pub id: Arc<str>,
    /// What it does where it applies.
    pub effect: Effect,
    /// Whether it applies.
    pub applies: bool,
    /// The first thing that keeps it from applying, with all conditions where these are it; or what makes it apply.
    pub applicability: Applicability,
}

/// The values of one layer.
#[derive(Clone, Copy)]
pub(crate) enum Values<'v> {
    /// Of the names that are always bound, each to one value.
    Always(&'v [BoundValue]),
    /// Of all names of the layer.
    Layer(&'v LayerValues),
}

impl<'v> Values<'v> {
    fn known(self) -> &'v [BoundValue] {
        match self {
            Self::Always(values) => values,
            Self::Layer(layer) => layer.values(),
        }
    }

    fn misses(
        self,
        policy: &CompiledPolicy,
        hits: impl Fn(&[BoundValue]) -> bool,
        first_name: impl FnOnce(&[BoundValue]) -> Option<u8>,
    ) -> Option<Applicability> {
        let values = self.known();
        let layer = match self {
            Self::Always(_) => None,
            Self::Layer(layer) => Some(layer),
        };
        if hits(values) {
            return None;
        }
        let found = layer.and_then(|layer| {
            let unlearned = !layer.unlearned().is_empty() && hits(layer.unlearned());
            let misses = !layer.open().is_empty() && hits(layer.open());
            let name = policy.bound_name(first_name(values).filter(|_| misses)?)?.clone();
            Some(if unlearned {
                Applicability::OwnershipUnknown { name }
            } else {
                Applicability::NotOwned { name }
            })
        });
        Some(found.unwrap_or(Applicability::Resource))
    }
}

/// Asks every statement of one layer.
pub(crate) fn explain(
    policy: &CompiledPolicy,
    request: &Request<'_>,
    values: Values<'_>,
    layer: Layer,
    (audience, allowance): (Audience<'_>, &Allowance),
) -> ExplainedLayer {
    let statements = (0_u32..).zip(&policy.statements).filter_map(|(number, statement)| {
        let hits = || policy.hits.iter().filter(|hit| hit.terms.statement == number);
        let terms = hits().next()?.terms;
        let covers = || {
            let path = request.path;
            let mut hits = hits();
            hits.any(|hit| policy.patterns.covers(hit.pattern, path, values.known()))
                && policy.leaves_out(&terms, path, values.known()) == Some(false)
        };
        // What only restricts some of what is below grants nothing there.
        let grants = !request.path.is_below() || covers();
        let terms = Terms { readers: terms.readers.filter(|_| grants), ..terms };
        let ask = || {
            applicability(policy, &terms, (request, values.known()), (audience, allowance), || {
                let path = request.path;
                let patterns = &policy.patterns;
                let any = |values: &[BoundValue]| hits().any(|hit| hit.is_of(policy, path, values));
                let open = match values {
                    Values::Always(values) => values,
                    Values::Layer(layer) => layer.open(),
                };
                let first_name = |values: &[BoundValue]| {
                    let mut near = hits().filter(|hit| hit.is_of(policy, path, open));
                    near.find_map(|hit| patterns.disowned(hit.pattern, path, values))
                };
                let some = || hits().any(|hit| patterns.meets(hit.pattern, path, values.known()));
                match values.misses(policy, any, first_name) {
                    Some(Applicability::Resource)
                        if path.is_below() && terms.only_grants() && some() =>
                    {
                        Some(Applicability::PartOfReach { exception: None })
                    }
                    misses => misses,
                }
            })
        };
        let applicability =
            catch_unwind(AssertUnwindSafe(ask)).unwrap_or(Applicability::ArgumentsPanicked);
        let restricts = !terms.only_grants();
        let applies = match applicability {
            Applicability::Fits => true,
            // As a restriction it counts, whatever it would grant.
            Applicability::AudienceTooWide { .. }
            | Applicability::NotForInvoker
            | Applicability::AudienceTooLarge
            | Applicability::ArgumentsPanicked
            | Applicability::OwnershipUnknown { .. }
            | Applicability::Unevaluable(_) => restricts,
            _ => false,
        };
        let id = statement.id().into();
        let explained = ExplainedStatement { id, effect: terms.effect, applies, applicability };
        Some((terms, explained))
    });
    let mut statements: Vec<_> = statements.collect();
    beside_grants(&mut statements);
    let statements = statements.into_iter().map(|(_, explained)| explained).collect();
    ExplainedLayer { layer, grants: policy.kind == LayerKind::Granting, statements }
}

/// What is for what nothing else grants does not apply where something does.
fn beside_grants(statements: &mut [(Terms, ExplainedStatement)]) {
    let grants = |(terms, one): &&(Terms, ExplainedStatement)| {
        one.applicability == Applicability::Fits && terms.readers.is_some() && !terms.otherwise
    };
    let Some(id) = statements.iter().find(grants).map(|(_, one)| one.id.clone()) else { return };
    for (terms, one) in statements {
        if terms.otherwise && one.applies {
            one.applies = false;
            one.applicability = Applicability::GrantedBy { id: id.clone() };
        }
    }
}

/// Whether an exception matches depends on a set that could not be learned.
fn unlearned_exception(
    policy: &CompiledPolicy,
    terms: &Terms,
    values: &[BoundValue],
) -> Option<Applicability> {
    let mut exceptions = policy.exceptions_of(terms).iter();
    let number = exceptions.find_map(|at| policy.patterns.unlearned(*at, values))?;
    let name = policy.bound_name(number)?.clone();
    Some(Applicability::OwnershipUnknown { name })
}

fn applicability(
    policy: &CompiledPolicy,
    terms: &Terms,
    (request, values): (&Request<'_>, &[BoundValue]),
    (audience, allowance): (Audience<'_>, &Allowance),
    misses: impl FnOnce() -> Option<Applicability>,
) -> Applicability {
    if !terms.operations.contains(request.operation) {
        return Applicability::Operation { wants: terms.operations, found: request.operation };
    }
    if terms.names_tools && !policy.tools_of(terms).iter().any(|tool| **tool == *request.tool) {
        return Applicability::Tool;
    }
    if let Some(why) = misses() {
        return why;
    }
    let unlearned = match policy.leaves_out(terms, request.path, values) {
        Some(true) => {
            let exception = policy.exception_told(terms, request.path, values).unwrap_or_default();
            return Applicability::Excepted { exception };
        }
        Some(false) => None,
        None => match unlearned_exception(policy, terms, values) {
            // It leaves out some of what lies below.
            None if terms.only_grants() => {
                let exception = policy.exception_told(terms, request.path, values);
                return Applicability::PartOfReach { exception };
            }
            unlearned => unlearned,
        },
    };
    match terms.input {
        Input::OnlyTrusted if request.untrusted => return Applicability::NotTrusted,
        Input::AfterUntrusted if !request.untrusted => return Applicability::NotUntrusted,
        _ => {}
    }
    let within = |set: u32| {
        let set = policy.readers.get(set as usize);
        set.is_some_and(|set| request.audience.is_within_allowance(set, allowance))
    };
    if terms.effect != Effect::Permit && terms.beyond.is_some_and(within) {
        return Applicability::WithinBeyond;
    }
    let unmet = UnmetConditions::of(policy, terms, &request.given(values));
    match (unmet, unlearned) {
        (Some(fails @ Applicability::Condition(_)), _) => fails,
        (_, Some(unlearned)) => unlearned,
        (Some(unevaluable), _) => unevaluable,
        (None, None) => match terms.readers.filter(|readers| !within(*readers)) {
            None => Applicability::Fits,
            Some(_) if allowance.is_spent() => Applicability::AudienceTooLarge,
            Some(_) if request.audience.is_invoker_alone() => Applicability::NotForInvoker,
            Some(readers) => {
                let set = policy.readers.get(readers as usize);
                let who = set.and_then(|set| request.audience.beyond(set, audience));
                Applicability::AudienceTooWide { who }
            }
        },
    }
}
