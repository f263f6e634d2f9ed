//! Why a statement applies to a request, or does not, and how that is told.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::compile::{CompiledPolicy, Terms};
use super::form::Facts;
use crate::base::visible::visible;
use crate::decision::Excess;
use crate::model::action::{Operation, Operations};

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
    PartOfReach {
        /// The first exception that takes some of it away, where a pattern matches all of it.
        exception: Option<Arc<str>>,
    },
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
    /// It leaves the resource out.
    Excepted {
        /// The first of its exceptions that matches.
        exception: Arc<str>,
    },
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
    pub(super) fn of(
        policy: &CompiledPolicy,
        terms: &Terms,
        given: &Facts<'_>,
    ) -> Option<Applicability> {
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

impl Applicability {
    /// How near it came to apply: more of what a statement asks is met where it is greater.
    pub(crate) fn nearness(&self) -> usize {
        match self {
            Self::Operation { .. } | Self::GrantedBy { .. } | Self::WithinBeyond => 0,
            Self::Tool => 1,
            Self::Resource => 2,
            Self::NotOwned { .. } | Self::OwnershipUnknown { .. } => 3,
            Self::PartOfReach { .. } | Self::Excepted { .. } => 4,
            Self::NotTrusted | Self::NotUntrusted => 5,
            // The fewer are left.
            Self::Condition(unmet) | Self::Unevaluable(unmet) => {
                let left = unmet.conditions.len() + unmet.more;
                6 + (2 * MOST_CONDITIONS).saturating_sub(left)
            }
            _ => usize::MAX,
        }
    }

    /// Whether what keeps it from applying is the time.
    pub(crate) fn is_of_time(&self) -> bool {
        match self {
            Self::Condition(unmet) | Self::Unevaluable(unmet) => {
                unmet.conditions.iter().any(|one| one.argument.is_none())
            }
            _ => false,
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
            Self::PartOfReach { exception: None } => f.write_str(
                "none of its patterns matches the resource and everything below it, and one matches some of that",
            ),
            Self::PartOfReach { exception: Some(exception) } => write!(
                f,
                "its exception `{}` takes away some of what is below the resource",
                visible(exception)
            ),
            Self::NotOwned { name } => {
                write!(f, "`{{{}}}` does not hold what the resource names", visible(name))
            }
            Self::OwnershipUnknown { name } => {
                write!(f, "which values `{{{}}}` holds could not be learned", visible(name))
            }
            Self::Excepted { exception } => {
                write!(f, "its exception `{}` matches the resource", visible(exception))
            }
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
