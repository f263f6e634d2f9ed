//! A mapped call: what it would do, ready to be asked of a gate.

use std::fmt;
use std::ops::Range;

use smallvec::SmallVec;

use super::compile::{CompiledEffect, CompiledTool};
use super::given::CallArguments;
use super::level::AudienceLevel;
use super::result;
use super::shape::{Fields, Shape};
use crate::decision::call_fault::{CallFault, NOTHING};
use crate::flow::provenance::{Known, Origin, Origins};
use crate::flow::session::Session;
use crate::model::action::{Action, Operation};
use crate::model::arguments::{ArgumentError, Arguments, Value};
use crate::model::audience::{Audience, NameExtent, NameList, Recipients};
use crate::model::kind::ValueKind;
use crate::model::parts::Parts;

/// One call of a tool as the manifest understands it.
///
/// It stands for every action that the call takes; all of them must be allowed, in any order. A call that the manifest
/// gives no meaning has the one action that every gate refuses, and a [`fault`](Self::fault). Made by
/// [`Manifest::map`](crate::Manifest::map) without allocating, for ordinary sizes.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
/// use permitgate::model::Value;
///
/// # let policy = Policy::new([Statement::permit("x").operations(Operation::Read).resources(["**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let manifest = Manifest::new([ToolSpec::new("send_email")
///     .argument("to", ArgumentSpec::text())
///     .effect(
///         EffectSpec::create("mail/{invoker}/outbox").audience(AudienceSpec::recipients(["to"])),
///     )])?;
/// let arguments = [("to", Value::from("lee@example.com"))];
/// let call = manifest.map("send_email", &arguments, &scope);
/// let action = call.actions().next().ok_or("one action")?;
/// assert_eq!((action.operation(), action.resource()), (Operation::Create, "mail/dana/outbox"));
/// assert_eq!(action.audience(), Audience::recipients(&["lee@example.com"]));
/// assert!(call.fault().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Call<'c> {
    pub(super) name: &'c str,
    pub(super) tool: Option<&'c CompiledTool>,
    pub(super) given: CallArguments<'c>,
    /// Whether the session had read what outsiders can write when the call was made.
    pub(super) heard: bool,
    pub(super) fault: Option<CallFault>,
    /// What the kinds of its arguments found.
    pub(super) reached: Parts,
    pub(super) plan: Plan<'c>,
}

/// What the actions of a call are made of.
#[derive(Default)]
pub(super) struct Plan<'c> {
    /// The resources, one behind the other.
    pub(super) text: Text,
    pub(super) recipients: SmallVec<[&'c str; 16]>,
    /// Names in another form than the call gave them.
    pub(super) names: NameList,
    pub(super) planned: SmallVec<[Planned<'c>; 8]>,
}

pub(super) struct Planned<'c> {
    pub(super) effect: &'c CompiledEffect,
    pub(super) operation: Operation,
    pub(super) reversible: bool,
    pub(super) resource: Range<u32>,
    pub(super) audience: PlannedAudience<'c>,
}

#[derive(Clone, Copy)]
pub(super) enum PlannedAudience<'c> {
    Level(AudienceLevel),
    Channel(PlannedName<'c>),
    Group(PlannedName<'c>),
    /// Where the recipients begin and how many they are; at least one.
    Recipients(u32, u32),
    /// Likewise, of those in another form.
    Written(u32, u32),
}

/// A name as the call gave it, or in another form.
#[derive(Clone, Copy)]
pub(super) enum PlannedName<'c> {
    Given(&'c str),
    Written(NameExtent),
}

impl<'c> PlannedName<'c> {
    fn text<'a>(self, names: &'a NameList) -> &'a str
    where
        'c: 'a,
    {
        match self {
            Self::Given(name) => name,
            Self::Written(name) => names.text(name),
        }
    }
}

/// Text that lies on the stack up to an ordinary length.
#[derive(Default)]
pub(super) struct Text(pub(super) SmallVec<[u8; 512]>);

impl fmt::Write for Text {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl<'c> Call<'c> {
    /// The name of the tool, as the call gave it.
    pub const fn tool(&self) -> &'c str {
        self.name
    }

    /// The arguments as its actions carry them: what was given, and the manifest's defaults for what was
    /// left out.
    pub fn arguments(&self) -> &dyn Arguments {
        &self.given
    }

    /// What the texts of the call reach: for each argument whose kind parses it, its one form and its parts.
    pub const fn parts(&self) -> &Parts {
        &self.reached
    }

    /// What tells what the manifest says of the tool from everything else that it could say.
    pub(crate) fn tool_digest(&self) -> Option<[u8; 32]> {
        self.tool.map(|tool| tool.content)
    }

    /// Why the call has no meaning, where it has none.
    pub const fn fault(&self) -> Option<&CallFault> {
        self.fault.as_ref()
    }

    /// Says whether its session was untrusted when the call was first made: for a host that maps a call a second
    /// time, when its result has come.
    #[must_use]
    pub fn made_while_untrusted(mut self, untrusted: bool) -> Self {
        self.heard = untrusted;
        self
    }

    /// Lets a session act on every text and number of the call's result that the manifest says can be trusted.
    ///
    /// What a call looks up counts only where nobody else chose it: once the session had read what outsiders can write, every
    /// text and number among the arguments must be endorsed itself, unless the request delegates the choice
    /// ([`Session::delegate`]). Otherwise a stranger's words could pick, by a query, whom the agent may write to.
    ///
    /// `false` when some of it is not endorsed: there was no room, or the choice was somebody else's.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{EffectSpec, ResultSpec, ToolSpec};
    /// use permitgate::model::{NoArguments, Value};
    ///
    /// # let policy = Policy::new([Statement::permit("x").operations(Operation::Read).resources(["**"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let manifest = Manifest::new([ToolSpec::new("find_contact")
    ///     .effect(EffectSpec::read("contacts"))
    ///     .result(ResultSpec::new().trusted(["*.email"]).outsider(["*.note"]))])?;
    /// let call = manifest.map("find_contact", &NoArguments, &scope);
    /// let contact =
    ///     [("email", Value::from("lee@example.com")), ("note", Value::from("mallory@evil.example"))];
    /// let found = [Value::Object(&contact)];
    /// assert!(call.endorse_result(Value::List(&found), scope.session()));
    /// assert!(scope.session().is_endorsed("lee@example.com"));
    /// assert!(!scope.session().is_endorsed("mallory@evil.example"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn endorse_result(&self, result: Value<'_>, session: &Session) -> bool {
        let Some(fields) =
            self.tool.filter(|_| self.fault.is_none()).and_then(|t| t.result.as_ref())
        else {
            return true;
        };
        let looks_up = self.actions().any(|action| action.reads());
        if looks_up && self.heard && !session.delegates() && !self.is_chosen(session) {
            return false;
        }
        // What one record gives must not make another one known: all is gathered before any of it is endorsed.
        let mut found = Vec::new();
        let known = Known { endorsed: session.endorsed(), tool: "" };
        fields.for_each_trusted(result, Some(known), &mut |gives, value| {
            result::endorsements(gives, value, &mut |key| found.push(key.to_owned()));
        });
        let mut all = true;
        for key in &found {
            all &= session.endorsed().add_as(Origin::Result, key.key());
        }
        all
    }

    /// Whether every text and number among the arguments is endorsed.
    fn is_chosen(&self, session: &Session) -> bool {
        let known = Known { endorsed: session.endorsed(), tool: self.name };
        let mut all = true;
        self.given.arguments.visit(&mut |name, value| {
            all &= match (self.reached.get(name), value) {
                (_, Value::Null | Value::Bool(_)) => true,
                (Some(part), _) => known.holds_part(Origins::ANY, part) == Some(true),
                (None, value) => known.holds(Origins::ANY, ValueKind::PLAIN, value) == Some(true),
            };
        });
        all
    }

    /// The arguments that say who or which, as the manifest names them.
    pub fn controls(&self) -> impl ExactSizeIterator<Item = &'c str> + use<'c> {
        let controls = self.tool.map_or(&[][..], |tool| &tool.controls);
        controls.iter().map(|argument| &**argument)
    }

    /// The error without what lies within an argument that the manifest says is secret, as in a fault of the call.
    pub(crate) fn without_secret(&self, error: ArgumentError) -> ArgumentError {
        let secret = self.tool.and_then(|tool| secret_of(&tool.described.fields, error.path()));
        match secret {
            Some(bytes) => error.of_secret(bytes),
            None => error,
        }
    }

    /// Whether what the names and places of a path lead to is secret, or a part of what is.
    pub(crate) fn is_secret(&self, path: &[String]) -> bool {
        self.tool.is_some_and(|tool| is_secret_at(&tool.described.fields, path))
    }

    /// Every action that the call takes; at least one.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = Action<'_>> {
        let count = if self.fault.is_some() { 1 } else { self.plan.planned.len() };
        (0..count).map(|number| self.action(number))
    }

    fn action(&self, number: usize) -> Action<'_> {
        let planned = match &self.fault {
            Some(fault) => Err(fault),
            // Cannot be missing: the number is below the count.
            None => self.plan.planned.get(number).ok_or(&NOTHING),
        };
        let planned = match planned {
            Ok(planned) => planned,
            Err(fault) => return Action::refused(self.name, fault).with(&self.given),
        };
        let range = planned.resource.start as usize..planned.resource.end as usize;
        let bytes = self.plan.text.0.get(range).unwrap_or_default();
        // It was written as text; were it not, the empty path is one that every gate refuses.
        let resource = std::str::from_utf8(bytes).unwrap_or_default();
        let action = Action::new(planned.operation, self.name, resource)
            .visible_to(self.audience(planned.audience))
            .with(&self.given)
            .reaching((!self.reached.is_empty()).then_some(&self.reached));
        let action = if planned.effect.untrusted { action.untrusted() } else { action };
        let action = action.with_reach(planned.effect.reach);
        if planned.reversible { action.reversible() } else { action.irreversible() }
    }

    fn audience(&self, planned: PlannedAudience<'c>) -> Audience<'_> {
        match planned {
            PlannedAudience::Level(AudienceLevel::Private) => Audience::Private,
            PlannedAudience::Level(AudienceLevel::Internal) => Audience::Internal,
            PlannedAudience::Level(AudienceLevel::Public) => Audience::Public,
            PlannedAudience::Channel(name) => Audience::Channel(name.text(&self.plan.names)),
            PlannedAudience::Group(name) => Audience::Group(name.text(&self.plan.names)),
            PlannedAudience::Recipients(from, count) => {
                let (from, count) = (from as usize, count as usize);
                let names = self.plan.recipients.get(from..from + count).unwrap_or_default();
                Audience::recipients(names)
            }
            PlannedAudience::Written(from, count) => {
                Audience::Recipients(Recipients::mapped(&self.plan.names, from, count))
            }
        }
    }
}

fn is_secret_at(fields: &Fields, path: &[String]) -> bool {
    let Some((name, rest)) = path.split_first() else { return false };
    let mut fields = fields.all().iter();
    let Some(field) = fields.find(|field| *field.name == **name) else { return false };
    let (mut shape, mut rest) = (&field.shape, rest);
    loop {
        if shape.secret {
            return true;
        }
        match (&shape.fields, &shape.items, rest) {
            (_, _, []) => return false,
            (_, Some(items), [_, below @ ..]) if shape.fields.is_none() => {
                (shape, rest) = (&**items, below);
            }
            (Some(fields), None, _) => return is_secret_at(fields, rest),
            // It may be either.
            (Some(fields), Some(items), [_, below @ ..]) => {
                if is_secret_at(fields, rest) {
                    return true;
                }
                (shape, rest) = (&**items, below);
            }
            (None, None, _) => return false,
            (None, Some(_), _) => return true,
        }
    }
}

/// How many bytes of a path name the outermost secret that it leads to or into.
fn secret_of(fields: &Fields, path: &str) -> Option<usize> {
    fields.all().iter().find_map(|field| {
        let behind = path.strip_prefix(&*field.name)?;
        (behind.is_empty() || behind.starts_with('.')).then_some(())?;
        secret_in(&field.shape, behind).map(|bytes| field.name.len() + bytes)
    })
}

/// Likewise, of what follows on the path to a shape: nothing, or a dot and more.
fn secret_in(shape: &Shape, path: &str) -> Option<usize> {
    if shape.secret {
        return Some(0);
    }
    let behind = path.strip_prefix('.')?;
    let of_fields = shape.fields.as_ref().and_then(|fields| secret_of(fields, behind));
    let of_items = shape.items.as_ref().and_then(|items| {
        let place = behind.find('.').unwrap_or(behind.len());
        secret_in(items, behind.get(place..)?).map(|bytes| place + bytes)
    });
    of_fields.or(of_items).map(|bytes| 1 + bytes)
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("tool", &self.name)
            .field("fault", &self.fault)
            .field("actions", &Actions(self))
            .finish_non_exhaustive()
    }
}

struct Actions<'a, 'c>(&'a Call<'c>);

impl fmt::Debug for Actions<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.actions()).finish()
    }
}
