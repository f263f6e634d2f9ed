//! Why each statement of one layer applies to a request, or does not. Looks at all of them, and allocates.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Effect;
use super::bound::{BoundValue, LayerValues};
use super::compile::{CompiledPolicy, Terms};
use super::evaluate::Request;
use super::form::Facts;
use super::sanity::{Input, LayerKind};
use crate::base::steps::Allowance;
use crate::base::visible::visible;
use crate::decision::{Excess, Layer};
use crate::model::action::{Operation, Operations};
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

/// The first thing that keeps a statement from applying, or what makes it apply.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::policy::Applicability;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let explanation = gate.explain(&Action::read("mail.read", "mail/1"), &scope);
/// let applicability = &explanation.layers[0].statements[0].applicability;
/// assert_eq!(*applicability, Applicability::Resource);
/// assert_eq!(applicability.to_string(), "none of its patterns matches the resource");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Applicability {
    /// It is about other operations.
    Operation {
        /// The operations it is about.
        wants: Operations,
        /// The operation of the action.
        found: Operation,
    },
    /// It is about other tools.
    Tool,
    /// No pattern of it matches the resource.
    Resource,
    /// Of an action that reaches everything below its resource: a pattern of it matches some of that, and none all of it without
    /// an exception.
    PartOfReach,
    /// No pattern of it matches the resource, and one would if the set that is bound to its name held what the resource names.
    NotOwned {
        /// The name, without its braces.
        name: Arc<str>,
    },
    /// No pattern of it matches the resource as far as is known: the set that is bound to a name of it could not be learned. A grant
    /// does not apply, and a restriction does.
    OwnershipUnknown {
        /// The name, without its braces.
        name: Arc<str>,
    },
    /// It leaves the resource out: one of its exceptions matches.
    Excepted,
    /// Another statement of its policy grants the action, and it is for what nothing else grants.
    GrantedBy {
        /// The id of the other statement.
        id: Arc<str>,
    },
    /// It applies only while the session has read nothing that outsiders can write, and it has.
    NotTrusted,
    /// It applies only once the session has read something that outsiders can write, and it has not.
    NotUntrusted,
    /// It restricts only a wider audience than the action's.
    WithinBeyond,
    /// A condition does not hold; with all that do not or that cannot be evaluated.
    Condition(UnmetConditions),
    /// A condition cannot be evaluated and none fails, so a grant does not apply and a restriction does; with all that cannot.
    Unevaluable(UnmetConditions),
    /// The view of the arguments panicked, so a grant does not apply and a restriction does.
    ArgumentsPanicked,
    /// Everything fits but the audience, which is wider than its readers.
    AudienceTooWide {
        /// The first of the audience whom the readers do not hold.
        who: Option<Excess>,
    },
    /// Everything fits but the readers, who do not hold the invoker, to whom alone the action is visible: what it is
    /// about is somebody else's.
    NotForInvoker,
    /// The groups of the audience hold more members than a token may compare with readers, so its layer denies. See
    /// [`MAX_TOKEN_MEMBER_STEPS`](crate::base::limits::MAX_TOKEN_MEMBER_STEPS).
    AudienceTooLarge,
    /// Everything fits.
    Fits,
}

/// The conditions of a statement that do not hold or cannot be evaluated, in the order in which they are written.
///
/// Use it to set all of a call right at once: behind the first condition that does not hold, the others are told too.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::policy::{Applicability, Condition};
///
/// let pay = Statement::permit("pay").operations(Operation::Create).resources(["bank/**"]);
/// let pay = pay.when(Condition::equals("currency", "CHF")).when(Condition::equals("to", "lee"));
/// # let capability = Capability::root(Policy::new([pay])?, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let arguments = [("currency", "EUR".into())];
/// let action = Action::create("pay", "bank/1").with(&arguments);
/// let explanation = gate.explain(&action, &scope);
/// let Applicability::Condition(unmet) = &explanation.layers[0].statements[0].applicability else { panic!() };
/// assert_eq!(unmet.conditions.iter().map(|one| one.holds).collect::<Vec<_>>(), [Some(false), None]);
/// assert_eq!(
///     unmet.to_string(),
///     "when[0] does not hold for `currency`: equals `CHF`; when[1] cannot be evaluated for `to`: equals `lee`"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmetConditions {
    /// The first of them, at most eight.
    pub conditions: Vec<UnmetCondition>,
    /// How many more there are.
    pub more: usize,
}

/// A condition that does not hold or cannot be evaluated. See [`UnmetConditions`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmetCondition {
    /// Which of the statement's conditions, from 0.
    pub number: usize,
    /// The argument that it tests; `None` where it tests the time.
    pub argument: Option<String>,
    /// What it asks of the argument, for a person.
    pub asked: String,
    /// `Some(false)` where it does not hold; `None` where it cannot be evaluated.
    pub holds: Option<bool>,
}

/// Conditions of one statement that are told.
const MOST_CONDITIONS: usize = 8;

impl UnmetConditions {
    /// Asks all of them; `None` where every one holds. Behind one that does not hold no decision depends on the others, so one that
    /// panics there only cannot be evaluated.
    fn of(policy: &CompiledPolicy, terms: &Terms, given: &Facts<'_>) -> Option<Applicability> {
        let (mut unmet, mut fails) = (Self::default(), false);
        for (number, condition) in policy.conditions_of(terms).iter().enumerate() {
            let ask = || condition.asked(given);
            let holds = match fails {
                true => catch_unwind(AssertUnwindSafe(ask)).unwrap_or(None),
                false => ask(),
            };
            if holds == Some(true) {
                continue;
            }
            // What decides is among what is told.
            let decides = holds == Some(false) && !fails;
            fails |= decides;
            let argument = Some(condition.argument()).filter(|argument| !argument.is_empty());
            let mut asked = policy.asked(condition);
            if let Some(known) = condition.known_otherwise(given).filter(|_| holds == Some(false)) {
                asked.push_str(&format!(" ({known})"));
            }
            let told = UnmetCondition { number, argument, asked, holds };
            if unmet.conditions.len() < MOST_CONDITIONS {
                unmet.conditions.push(told);
                continue;
            }
            unmet.more += 1;
            if decides && let Some(last) = unmet.conditions.last_mut() {
                *last = told;
            }
        }
        match (fails, unmet.conditions.is_empty()) {
            (true, _) => Some(Applicability::Condition(unmet)),
            (false, false) => Some(Applicability::Unevaluable(unmet)),
            (false, true) => None,
        }
    }
}

impl fmt::Display for UnmetConditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, UnmetCondition { number, argument, asked, holds }) in
            self.conditions.iter().enumerate()
        {
            let before = if place == 0 { "" } else { "; " };
            let verb = if holds.is_some() { "does not hold" } else { "cannot be evaluated" };
            write!(f, "{before}when[{number}] {verb} for ")?;
            match argument {
                Some(argument) => write!(f, "`{}`: {asked}", visible(argument))?,
                None => write!(f, "the time: {asked}")?,
            }
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl fmt::Display for Applicability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation { wants, found } => {
                f.write_str("it is about ")?;
                for (place, operation) in wants.iter().enumerate() {
                    write!(f, "{}{operation}", if place == 0 { "" } else { ", " })?;
                }
                write!(f, " and not {found}")
            }
            Self::Tool => f.write_str("it names other tools"),
            Self::Resource => f.write_str("none of its patterns matches the resource"),
            Self::PartOfReach => f.write_str(
                "none of its patterns matches the resource and everything below it, and one matches some of that",
            ),
            Self::NotOwned { name } => {
                write!(f, "`{{{}}}` does not hold what the resource names", visible(name))
            }
            Self::OwnershipUnknown { name } => {
                write!(f, "which values `{{{}}}` holds could not be learned", visible(name))
            }
            Self::Excepted => f.write_str("one of its exceptions matches the resource"),
            Self::GrantedBy { id } => {
                write!(f, "it is for what nothing else grants, and `{}` grants it", visible(id))
            }
            Self::NotTrusted => f.write_str("something was read that outsiders can write"),
            Self::NotUntrusted => f.write_str("nothing was read that outsiders can write"),
            Self::WithinBeyond => f.write_str("the audience lies within its `beyond`"),
            Self::Condition(unmet) | Self::Unevaluable(unmet) => unmet.fmt(f),
            Self::ArgumentsPanicked => f.write_str("the arguments could not be read"),
            Self::AudienceTooWide { who: Some(who) } => {
                write!(f, "the audience is wider than its readers, who are without {who}")
            }
            Self::AudienceTooWide { who: None } => {
                f.write_str("the audience is wider than its readers")
            }
            Self::NotForInvoker => f.write_str("its readers are without the invoker"),
            Self::AudienceTooLarge => {
                f.write_str("the audience is too large to be compared with the readers of a token")
            }
            Self::Fits => f.write_str("everything fits"),
        }
    }
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
                        Some(Applicability::PartOfReach)
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
        Some(true) => return Applicability::Excepted,
        Some(false) => None,
        None => match unlearned_exception(policy, terms, values) {
            // It leaves out some of what lies below.
            None if terms.only_grants() => return Applicability::PartOfReach,
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
