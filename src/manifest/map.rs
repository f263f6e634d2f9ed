//! From a call to what it would do. Allocates nothing for ordinary sizes; whatever has no clear meaning is
//! a fault, never a guess.

use std::fmt::Write as _;

use super::branch::{Branches, Taking};
use super::call::{Parts, Planned, PlannedAudience, Text};
use super::compile::{CompiledAudience, CompiledEffect, CompiledTool, Test};
use super::given::CallArguments;
use super::host::host_of;
use super::level::AudienceLevel;
use super::path::ArgumentPath;
use super::template::Part;
use super::{elements, visit};
use crate::authority::scope::Scope;
use crate::base::limits::{MAX_CALL_ACTIONS, MAX_RECIPIENTS, MAX_RESOURCE_BYTES, MAX_SEGMENTS};
use crate::base::name::check_name;
use crate::decision::call_fault::{CallFault, Kind};
use crate::model::action::Operation;
use crate::model::arguments::{List, Value};
use crate::model::resource::escape_into;

/// Works out every effect of a call. Of several faults the least is given, so that the order of effects
/// cannot show.
pub(super) fn plan<'c>(
    tool: &'c CompiledTool,
    given: CallArguments<'c>,
    scope: &Scope,
    parts: &mut Parts<'c>,
) -> Result<(), CallFault> {
    visit::check(&tool.described.fields, given.arguments)?;
    let mut mapping = Mapping { given, scope, parts };
    if tool.described.by_place {
        let may_be = tool.effects.iter().filter(|effect| mapping.holds(&effect.when) != Ok(false));
        let effects = may_be.fold(0, |effects, effect| effects | effect.bit);
        elements::check(&tool.described, effects, given)?;
    }
    let mut least: Option<CallFault> = None;
    for effect in &tool.effects {
        let planned = match mapping.holds(&effect.when) {
            Ok(true) => mapping.effect(effect),
            Ok(false) => Ok(()),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = planned
            && least.as_ref().is_none_or(|least| fault < *least)
        {
            least = Some(fault);
        }
    }
    match least {
        Some(fault) => Err(fault),
        None if mapping.parts.planned.is_empty() => Err(CallFault::new(Kind::NoEffect)),
        None if mapping.parts.planned.len() > MAX_CALL_ACTIONS => {
            Err(CallFault::new(Kind::TooManyActions))
        }
        None => Ok(()),
    }
}

struct Mapping<'m, 'c> {
    given: CallArguments<'c>,
    scope: &'m Scope,
    parts: &'m mut Parts<'c>,
}

impl<'c> Mapping<'_, 'c> {
    /// Three-valued "and": false where one fails, a fault where none fails and one cannot be evaluated.
    fn holds(&self, tests: &[Test]) -> Result<bool, CallFault> {
        let mut unknown: Option<&Test> = None;
        for test in tests {
            match test.condition.evaluate(&self.given, None) {
                Some(true) => {}
                Some(false) => return Ok(false),
                None if unknown
                    .is_some_and(|least| least.argument.text() <= test.argument.text()) => {}
                None => unknown = Some(test),
            }
        }
        match unknown {
            Some(Test { argument, .. }) => {
                let is_there = argument.head(self.given).is_some();
                let kind = if is_there { Kind::ConditionShape } else { Kind::ConditionMissing };
                Err(CallFault::of(argument.text(), kind))
            }
            None => Ok(true),
        }
    }

    fn effect(&mut self, effect: &'c CompiledEffect) -> Result<(), CallFault> {
        self.check_amounts(effect)?;
        let audience = self.audience(&effect.audience)?;
        match self.list_of(effect)? {
            None => self.resource(effect, audience, None),
            Some(length) => {
                (0..length).try_for_each(|element| self.resource(effect, audience, Some(element)))
            }
        }
    }

    /// The length of the list that names the resources, if one does.
    fn list_of(&self, effect: &'c CompiledEffect) -> Result<Option<usize>, CallFault> {
        let mut length = None;
        for path in effect.template.parts().iter().filter_map(Part::path) {
            let list = match path.head(self.given) {
                Some(Value::List(list)) => list,
                None if path.has_each() => return Err(CallFault::of(path.text(), Kind::Missing)),
                Some(_) if path.has_each() => {
                    return Err(CallFault::of(path.text(), Kind::NotAList));
                }
                _ => continue,
            };
            if length.is_some() {
                return Err(CallFault::of(path.text(), Kind::TwoLists));
            }
            length = match list.len() {
                0 => return Err(CallFault::of(path.text(), Kind::EmptyList)),
                length if length > MAX_CALL_ACTIONS => {
                    return Err(CallFault::of(path.text(), Kind::TooManyActions));
                }
                length => Some(length),
            };
        }
        Ok(length)
    }

    /// Writes one resource, with the value at `element` where a placeholder holds a list.
    fn resource(
        &mut self,
        effect: &'c CompiledEffect,
        audience: PlannedAudience<'c>,
        element: Option<usize>,
    ) -> Result<(), CallFault> {
        let start = self.parts.text.0.len();
        for (number, part) in effect.template.parts().iter().enumerate() {
            if number > 0 {
                self.parts.text.0.push(b'/');
            }
            match part {
                Part::Literal(text) => self.parts.text.0.extend_from_slice(text.as_bytes()),
                Part::Invoker => escape_into(self.scope.invoker(), &mut self.parts.text),
                Part::Agent => escape_into(self.scope.agent(), &mut self.parts.text),
                Part::Argument(path) => self.place(path, element, Self::segment)?,
                Part::Rest(path) => self.place(path, element, Self::segments)?,
            }
        }
        let end = self.parts.text.0.len();
        let written = self.parts.text.0.get(start..).unwrap_or_default();
        let slashes = written.iter().filter(|byte| **byte == b'/').count();
        if written.len() > MAX_RESOURCE_BYTES || slashes >= MAX_SEGMENTS {
            let path = effect.template.parts().iter().filter_map(Part::path).next_back();
            return Err(too_long(path));
        }
        let mut add = |operation, reversible| {
            // Resources are bounded in length and number, so their places fit.
            let resource = start as u32..end as u32;
            let planned = Planned { effect, operation, reversible, resource, audience };
            self.parts.planned.push(planned);
        };
        add(effect.operation, effect.reversible);
        if effect.also_updates {
            add(Operation::Update, false);
        }
        Ok(())
    }

    /// The element of the list that a placeholder names.
    fn element(
        &self,
        path: &ArgumentPath,
        list: &'c dyn List,
        element: usize,
    ) -> Result<Value<'c>, CallFault> {
        let fail = |kind| CallFault::of(path.text(), kind);
        let value = list.at(element).ok_or_else(|| fail(Kind::BrokenList))?;
        path.within(value).ok_or_else(|| fail(Kind::Missing))
    }

    /// Writes the value of a placeholder, of its list the one at `element`.
    #[inline(always)]
    fn place(
        &mut self,
        path: &ArgumentPath,
        element: Option<usize>,
        write: impl Fn(&mut Self, &ArgumentPath, &Value<'c>) -> Result<(), CallFault>,
    ) -> Result<(), CallFault> {
        match (&path.head(self.given), element) {
            (Some(Value::List(list)), Some(element)) => {
                let value = self.element(path, *list, element)?;
                write(self, path, &value)
            }
            (Some(value), _) => write(self, path, value),
            (None, _) => Err(CallFault::of(path.text(), Kind::Missing)),
        }
    }

    /// Writes a value as one literal segment.
    fn segment(&mut self, path: &ArgumentPath, value: &Value<'c>) -> Result<(), CallFault> {
        let fail = |kind| Err(CallFault::of(path.text(), kind));
        match value {
            Value::Text("") => return fail(Kind::Empty),
            // Escaping never shortens.
            Value::Text(text) if text.len() > MAX_RESOURCE_BYTES => {
                return fail(Kind::ResourceTooLong);
            }
            Value::Text(text) => escape_into(text, &mut self.parts.text),
            Value::Bool(value) => _ = write!(self.parts.text, "{value}"),
            Value::Integer(value) => _ = write!(self.parts.text, "{value}"),
            Value::Null => return fail(Kind::Null),
            Value::Float(_) | Value::List(_) | Value::Object(_) => return fail(Kind::NotAName),
        }
        Ok(())
    }

    /// Writes a path as literal segments, none of which leads out of what stands before.
    fn segments(&mut self, path: &ArgumentPath, value: &Value<'c>) -> Result<(), CallFault> {
        let fail = |kind| Err(CallFault::of(path.text(), kind));
        let text = match value {
            Value::Text("") => return fail(Kind::Empty),
            Value::Text(text) if text.len() > MAX_RESOURCE_BYTES + 1 => {
                return fail(Kind::ResourceTooLong);
            }
            Value::Text(text) => text.strip_prefix('/').unwrap_or(text),
            Value::Null => return fail(Kind::Null),
            _ => return fail(Kind::NotAPath),
        };
        for (number, part) in text.split('/').enumerate() {
            if matches!(part, "" | "." | "..") || part.contains('\\') {
                return fail(Kind::PathPart);
            }
            if number > 0 {
                self.parts.text.0.push(b'/');
            }
            escape_into(part, &mut self.parts.text);
        }
        Ok(())
    }

    fn audience(
        &mut self,
        audience: &'c CompiledAudience,
    ) -> Result<PlannedAudience<'c>, CallFault> {
        match audience {
            CompiledAudience::Level(level) => Ok(PlannedAudience::Level(*level)),
            CompiledAudience::Channel(path) => self.name(path).map(PlannedAudience::Channel),
            CompiledAudience::Group(path) => self.name(path).map(PlannedAudience::Group),
            CompiledAudience::Host(path) => {
                let host = match path.head(self.given) {
                    Some(Value::Text(url)) => host_of(url),
                    Some(_) => None,
                    None => return Err(CallFault::of(path.text(), Kind::AudienceMissing)),
                };
                let fail = || CallFault::of(path.text(), Kind::NotAUrl);
                let host = host.ok_or_else(fail)?;
                let from = self.parts.recipients.len();
                self.parts.recipients.push(host);
                Ok(PlannedAudience::Recipients(from as u32, 1))
            }
            CompiledAudience::Flag(path, values) => {
                let fail = |kind| CallFault::of(path.text(), kind);
                let value = path.head(self.given).ok_or_else(|| fail(Kind::AudienceMissing))?;
                let level = level_of(value, values).ok_or_else(|| fail(Kind::UnlistedValue))?;
                Ok(PlannedAudience::Level(level))
            }
            CompiledAudience::Recipients(paths) => {
                let from = self.parts.recipients.len();
                self.recipients(paths)?;
                match self.parts.recipients.len() - from {
                    0 => Ok(PlannedAudience::Level(AudienceLevel::Private)),
                    count => Ok(PlannedAudience::Recipients(from as u32, count as u32)),
                }
            }
        }
    }

    /// The name of a group or channel.
    fn name(&self, path: &ArgumentPath) -> Result<&'c str, CallFault> {
        match path.head(self.given) {
            Some(Value::Text(name)) if check_name(name).is_ok() => Ok(name),
            Some(_) => Err(CallFault::of(path.text(), Kind::NotAnAudience)),
            None => Err(CallFault::of(path.text(), Kind::AudienceMissing)),
        }
    }

    /// Adds everyone whom the arguments name.
    fn recipients(&mut self, paths: &Branches) -> Result<(), CallFault> {
        let recipients = &mut self.parts.recipients;
        let from = recipients.len();
        let mut take = |value: Value<'c>| match value {
            Value::Text(name) if !is_one_name(name) => Err(Kind::RecipientName),
            Value::Text(_) if recipients.len() - from >= MAX_RECIPIENTS => {
                Err(Kind::TooManyRecipients)
            }
            Value::Text(name) => {
                recipients.push(name);
                Ok(())
            }
            _ => Err(Kind::NotARecipient),
        };
        let (other_shape, none) = (Kind::RecipientShape, Some(Kind::NoRecipient));
        paths.take(self.given, Taking { take: &mut take, other_shape, none })
    }

    fn check_amounts(&self, effect: &CompiledEffect) -> Result<(), CallFault> {
        let mut take = |value: Value<'c>| match value {
            Value::Integer(0..) => Ok(()),
            Value::Float(amount) if amount.is_finite() && amount >= 0.0 => Ok(()),
            _ => Err(Kind::NotAnAmount),
        };
        let (other_shape, none) = (Kind::AmountShape, None);
        effect.amounts.take(self.given, Taking { take: &mut take, other_shape, none })
    }
}

fn too_long(path: Option<&ArgumentPath>) -> CallFault {
    match path {
        Some(path) => CallFault::of(path.text(), Kind::ResourceTooLong),
        None => CallFault::new(Kind::ResourceTooLong),
    }
}

/// Whether a name stands for one recipient: an address must not hold what mail programs cut lists of
/// addresses at.
fn is_one_name(name: &str) -> bool {
    let cut = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"');
    // Nearly all names are plain. Folded, so that the bytes are looked at several at a time.
    let odd = |byte| matches!(byte, b' ' | b',' | b';' | b'<' | b'>' | b'"' | 0x80..);
    let plain = !name.bytes().fold(false, |any, byte| any | odd(byte));
    check_name(name).is_ok() && (plain || !(name.contains('@') && name.contains(cut)))
}

/// The level listed for a value: a text, a truth value or a whole number, as it would be written.
fn level_of(value: Value<'_>, values: &[(Box<str>, AudienceLevel)]) -> Option<AudienceLevel> {
    let mut written = Text::default();
    let text = match value {
        Value::Text(text) => text.as_bytes(),
        Value::Bool(true) => b"true",
        Value::Bool(false) => b"false",
        Value::Integer(number) => {
            let _ = write!(written, "{number}");
            &written.0
        }
        _ => return None,
    };
    let found = values.binary_search_by(|(value, _)| value.as_bytes().cmp(text)).ok()?;
    values.get(found).map(|(_, level)| *level)
}
