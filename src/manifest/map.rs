//! From a call to what it would do. Allocates nothing for ordinary sizes; whatever has no clear meaning is
//! a fault, never a guess.

use std::fmt::Write as _;

use super::branch::{Element, Intake, PathValue};
use super::call::{Plan, Planned, PlannedAudience, Text};
use super::compile::{CompiledEffect, CompiledTool, Test};
use super::given::CallArguments;
use super::mapping::{ElementMarks, Elements, Mapping};
use super::path::ArgumentPath;
use super::template::Part;
use super::{elements, visit};
use crate::authority::scope::Scope;
use crate::base::limits::{MAX_CALL_ACTIONS, MAX_RESOURCE_BYTES, MAX_SEGMENTS};
use crate::decision::call_fault::{CallFault, Kind};
use crate::model::action::Operation;
use crate::model::arguments::kinds::whole;
use crate::model::arguments::{List, Value};
use crate::model::parts::Parts;
use crate::model::resource::escape_into;
use crate::policy::Facts;

/// Works out every effect of a call. Of several faults the least is given, so that the order of effects
/// cannot show.
pub(super) fn plan<'c>(
    tool: &'c CompiledTool,
    given: CallArguments<'c>,
    scope: &Scope,
    reached: &mut Parts,
    plan: &mut Plan<'c>,
) -> Result<(), CallFault> {
    visit::check(&tool.described.fields, given.arguments, reached)?;
    let taken = ElementMarks::default();
    let mut mapping = Mapping { given, reached, scope, plan, taken, from: 0 };
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
    if least.is_none() && tool.effects.iter().any(|effect| effect.each.is_some()) {
        mapping.check_taken(tool)?;
    }
    match least {
        Some(fault) => Err(fault),
        None if mapping.plan.planned.is_empty() => Err(CallFault::new(Kind::NoEffect)),
        None if mapping.plan.planned.len() > MAX_CALL_ACTIONS => {
            Err(CallFault::new(Kind::TooManyActions))
        }
        None => Ok(()),
    }
}

impl<'c> Mapping<'_, 'c> {
    /// Three-valued "and": false where one fails, a fault where none fails and one cannot be evaluated.
    fn holds(&self, tests: &[Test]) -> Result<bool, CallFault> {
        let parts = (!self.reached.is_empty()).then_some(self.reached);
        let given = Facts { arguments: &self.given, parts, endorsed: None, values: &[], now: None };
        let is_there = |path: &ArgumentPath| path.head(self.given).is_some();
        match parts {
            None => all(tests, |test| test.condition.evaluate(&given), is_there),
            Some(parts) => {
                all(tests, |test| test.condition.evaluate_reaching(&given, parts), is_there)
            }
        }
    }

    fn effect(&mut self, effect: &'c CompiledEffect) -> Result<(), CallFault> {
        self.check_amounts(effect, None)?;
        if let Some(list) = &effect.each {
            return self.each(effect, list);
        }
        let audience = self.audience(&effect.audience, None)?;
        match self.list_of(effect)? {
            None => self.resource(effect, audience, None),
            Some(length) => {
                (0..length).try_for_each(|element| self.resource(effect, audience, Some(element)))
            }
        }
    }

    /// One action for each element that the conditions hold of.
    fn each(
        &mut self,
        effect: &'c CompiledEffect,
        list: &'c ArgumentPath,
    ) -> Result<(), CallFault> {
        let fail = |kind| Err(CallFault::of(list.text(), kind));
        let found = elements(list, self.given, self.reached)?;
        let length = found.len();
        if length > MAX_CALL_ACTIONS {
            return fail(Kind::TooManyActions);
        }
        for place in 0..length {
            let Some(element) = found.at(place) else { return fail(Kind::BrokenList) };
            if hold_of(&effect.when_element, element)? {
                self.taken.take(list, Some(place));
                self.check_amounts(effect, Some(element))?;
                let audience = self.audience(&effect.audience, Some((place, element)))?;
                self.resource(effect, audience, Some(place))?;
            }
        }
        Ok(())
    }

    /// The first element of a list of `for_each` that no effect takes.
    fn check_taken(&mut self, tool: &'c CompiledTool) -> Result<(), CallFault> {
        for list in tool.effects.iter().filter_map(|effect| effect.each.as_ref()) {
            self.taken.take(list, None);
        }
        for (list, taken) in self.taken.iter() {
            let found = match elements(list, self.given, self.reached) {
                Ok(found) => found,
                // Where it is needed, the effect that needs it has said so.
                Err(_) => continue,
            };
            if let Some(place) = (0..found.len()).find(|place| !taken(*place)) {
                let text = list.text();
                let mut at = Text::default();
                let _ = write!(at, "{text}.{place}");
                let at = std::str::from_utf8(&at.0).unwrap_or_default();
                return Err(CallFault::found(at, Kind::NoEffectOfElement));
            }
        }
        Ok(())
    }

    /// The length of the list that names the resources, if one does.
    fn list_of(&self, effect: &'c CompiledEffect) -> Result<Option<usize>, CallFault> {
        let mut length = None;
        for path in effect.template.parts().iter().filter_map(Part::path) {
            if let Some(part) = path.part(self.reached) {
                if part.is_list() {
                    length = Some(listed(path, length, part.iter().count())?);
                    continue;
                }
                if path.has_each() {
                    return Err(CallFault::of(path.text(), Kind::NotAList));
                }
                if part.has_value() {
                    continue;
                }
            }
            let list = match path.head(self.given) {
                Some(Value::List(list)) => list,
                None if path.has_each() => return Err(CallFault::of(path.text(), Kind::Missing)),
                Some(_) if path.has_each() => {
                    return Err(CallFault::of(path.text(), Kind::NotAList));
                }
                _ => continue,
            };
            length = Some(listed(path, length, list.len())?);
        }
        Ok(length.map(|(length, _)| length))
    }

    /// Writes one resource, with the value at `element` where a placeholder holds a list.
    fn resource(
        &mut self,
        effect: &'c CompiledEffect,
        audience: PlannedAudience<'c>,
        element: Option<usize>,
    ) -> Result<(), CallFault> {
        let start = self.plan.text.0.len();
        self.from = start;
        for (number, part) in effect.template.parts().iter().enumerate() {
            if number > 0 {
                self.plan.text.0.push(b'/');
            }
            match part {
                Part::Literal(text) => self.plan.text.0.extend_from_slice(text.as_bytes()),
                Part::Invoker => escape_into(self.scope.invoker(), &mut self.plan.text),
                Part::Agent => escape_into(self.scope.agent(), &mut self.plan.text),
                Part::Argument(path) => {
                    if !self.place_part(path, element, Self::segment)? {
                        self.place(path, element, Self::segment)?;
                    }
                }
                Part::Rest(path) => {
                    if !self.place_part(path, element, Self::below)? {
                        self.place(path, element, Self::segments)?;
                    }
                }
            }
        }
        let end = self.plan.text.0.len();
        let written = self.plan.text.0.get(start..).unwrap_or_default();
        let slashes = written.iter().filter(|byte| **byte == b'/').count();
        if written.len() > MAX_RESOURCE_BYTES || slashes >= MAX_SEGMENTS {
            let path = effect.template.parts().iter().filter_map(Part::path).next_back();
            return Err(too_long(path));
        }
        let mut add = |operation, reversible| {
            // Resources are bounded in length and number, so their places fit.
            let resource = start as u32..end as u32;
            let planned = Planned { effect, operation, reversible, resource, audience };
            self.plan.planned.push(planned);
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

    /// Writes what a kind parsed at a placeholder, of its list the one at `element`; `false` where no kind did.
    fn place_part(
        &mut self,
        path: &ArgumentPath,
        element: Option<usize>,
        write: impl Fn(&mut Self, &ArgumentPath, &Value<'_>) -> Result<(), CallFault>,
    ) -> Result<bool, CallFault> {
        let reached = self.reached;
        let Some(mut part) = path.part(reached) else { return Ok(false) };
        let fail = |kind| CallFault::of(path.text(), kind);
        match (part.is_list(), element) {
            (true, Some(place)) => {
                part = part.at(place).ok_or_else(|| fail(Kind::BrokenList))?;
                part = path.part_within(part).ok_or_else(|| fail(Kind::Missing))?;
            }
            // One value where a list may stand is its own element.
            (false, Some(_)) if path.has_each() => {
                part = path.part_within(part).ok_or_else(|| fail(Kind::Missing))?;
            }
            // What stands behind the `*` is a part of an element, and not of the whole.
            _ if path.has_each() => return Err(fail(Kind::NotAList)),
            _ => {}
        }
        match part.value() {
            Some(value) => write(self, path, &value).map(|()| true),
            // An element that no kind parsed, or a number with a fraction.
            None if part.has_value() => Err(fail(Kind::NotAName)),
            None => Ok(false),
        }
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
            (Some(value), Some(_)) if path.has_each() => {
                let value =
                    path.within(*value).ok_or_else(|| CallFault::of(path.text(), Kind::Missing))?;
                write(self, path, &value)
            }
            (Some(value), _) => write(self, path, value),
            (None, _) => Err(CallFault::of(path.text(), Kind::Missing)),
        }
    }

    /// Writes a value as one literal segment.
    fn segment(&mut self, path: &ArgumentPath, value: &Value<'_>) -> Result<(), CallFault> {
        let fail = |kind| Err(CallFault::of(path.text(), kind));
        match value {
            Value::Text("") => return fail(Kind::Empty),
            // Escaping never shortens.
            Value::Text(text) if text.len() > MAX_RESOURCE_BYTES => {
                return fail(Kind::ResourceTooLong);
            }
            Value::Text(text) => escape_into(text, &mut self.plan.text),
            Value::Bool(value) => _ = write!(self.plan.text, "{value}"),
            Value::Integer(value) => _ = write!(self.plan.text, "{value}"),
            Value::Float(number) if whole(*number).is_some() => {
                _ = write!(self.plan.text, "{}", whole(*number).unwrap_or_default());
            }
            Value::Null => return fail(Kind::Null),
            Value::Float(_) | Value::List(_) | Value::Object(_) => return fail(Kind::NotAName),
        }
        Ok(())
    }

    /// Writes a path that a kind parsed as literal segments: nothing for the place that it begins at.
    fn below(&mut self, path: &ArgumentPath, value: &Value<'_>) -> Result<(), CallFault> {
        match value {
            Value::Text("" | "." | "/") => {
                // The slash before it, or nothing where it begins the resource, which is malformed then.
                self.plan.text.0.truncate(self.from.max(self.plan.text.0.len() - 1));
                Ok(())
            }
            value => self.segments(path, value),
        }
    }

    /// Writes a path as literal segments, none of which leads out of what stands before.
    fn segments(&mut self, path: &ArgumentPath, value: &Value<'_>) -> Result<(), CallFault> {
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
                self.plan.text.0.push(b'/');
            }
            escape_into(part, &mut self.plan.text);
        }
        Ok(())
    }

    /// Those of the call, or of an element.
    fn check_amounts(
        &self,
        effect: &CompiledEffect,
        element: Option<Element<'c, '_>>,
    ) -> Result<(), CallFault> {
        let mut take = |taken: PathValue<'c, '_>| match taken {
            PathValue::Given(Value::Integer(0..)) => Ok(()),
            PathValue::Given(Value::Float(amount)) if amount.is_finite() && amount >= 0.0 => Ok(()),
            PathValue::Reached(part)
                if part.decimal().is_some_and(|decimal| decimal.units >= 0) =>
            {
                Ok(())
            }
            PathValue::Given(_) | PathValue::Reached(_) => Err(Kind::NotAnAmount),
        };
        let (other_shape, none) = (Kind::AmountShape, None);
        let intake = Intake { take: &mut take, other_shape, none };
        match element {
            Some(element) => effect.amounts.take_of(element, intake),
            None => effect.amounts.take(self.given, self.reached, intake),
        }
    }
}

/// The list that `for_each` names, or the one value that stands for it. A list that the call gives is not empty: to a server that
/// may mean everything.
fn elements<'c, 'm>(
    list: &ArgumentPath,
    given: CallArguments<'c>,
    reached: &'m Parts,
) -> Result<Elements<'c, 'm>, CallFault> {
    let fail = |kind| Err(CallFault::of(list.text(), kind));
    let part = list.part(reached);
    let found = part.filter(|part| part.is_list());
    match (list.head(given), found) {
        (Some(Value::List(given)), _) if given.is_empty() => fail(Kind::EmptyList),
        (Some(Value::List(given)), found) => Ok(Elements::Given(given, found)),
        (_, Some(found)) => Ok(Elements::Found(found)),
        (None | Some(Value::Null), _) => fail(Kind::Missing),
        // The tool says that one may stand for a list of one, or the call was refused before.
        (Some(one), _) => Ok(Elements::One(one, part)),
    }
}

/// The length of a list that names resources, of which there is one; and whether a `*` names it.
fn listed(
    path: &ArgumentPath,
    before: Option<(usize, bool)>,
    length: usize,
) -> Result<(usize, bool), CallFault> {
    let fail = |kind| Err(CallFault::of(path.text(), kind));
    let by_star = path.has_each();
    match before {
        // Placeholders with a `*` all name one list.
        Some((before, true)) if by_star && before == length => {}
        None => {}
        Some(_) => return fail(Kind::TwoLists),
    }
    match length {
        0 => fail(Kind::EmptyList),
        length if length > MAX_CALL_ACTIONS => fail(Kind::TooManyActions),
        length => Ok((length, by_star)),
    }
}

fn too_long(path: Option<&ArgumentPath>) -> CallFault {
    match path {
        Some(path) => CallFault::of(path.text(), Kind::ResourceTooLong),
        None => CallFault::new(Kind::ResourceTooLong),
    }
}

/// Whether all tests hold of an element of a list.
fn hold_of(tests: &[Test], element: Element<'_, '_>) -> Result<bool, CallFault> {
    let is_there = |path: &ArgumentPath| {
        element.given.and_then(|value| path.within(value)).is_some()
            || element.part.and_then(|part| path.part_within(part)).is_some()
    };
    all(tests, |test| test.condition.of_element(element.given, element.part), is_there)
}

fn all(
    tests: &[Test],
    holds: impl Fn(&Test) -> Option<bool>,
    is_there: impl Fn(&ArgumentPath) -> bool,
) -> Result<bool, CallFault> {
    let mut unknown: Option<&Test> = None;
    for test in tests {
        match holds(test) {
            Some(true) => {}
            Some(false) => return Ok(false),
            None if unknown.is_some_and(|least| least.argument.text() <= test.argument.text()) => {}
            None => unknown = Some(test),
        }
    }
    match unknown {
        Some(Test { argument, .. }) => {
            let is_there = is_there(argument);
            let kind = if is_there { Kind::ConditionShape } else { Kind::ConditionMissing };
            Err(CallFault::of(argument.text(), kind))
        }
        None => Ok(true),
    }
}
