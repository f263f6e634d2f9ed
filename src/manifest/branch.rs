//! Several paths as one tree, so that each value is taken by the path that leads to its shape, and one that no
//! path leads to is a fault.

use std::ops::Range;
use std::sync::Arc;

use super::given::CallArguments;
use super::path::ArgumentPath;
use super::step::Step;
use crate::base::limits::MAX_CALL_ACTIONS;
use crate::decision::call_fault::{CallFault, Kind};
use crate::model::arguments::{Arguments, List, Value};
use crate::model::parts::{Part, Parts};

/// The paths of one list of recipients or amounts.
#[derive(Clone, Debug)]
pub(super) struct Branches {
    pub(super) paths: Box<[ArgumentPath]>,
    root: Branch,
    /// Where paths lead from the element of a list on that gives an action.
    element: Option<Branch>,
}

/// One place, and what paths lead to from there.
#[derive(Clone, Debug, Default)]
struct Branch {
    /// A path that leads here or further, for faults.
    path: Arc<str>,
    /// Whether a path ends here: a value here counts, or every element of a list.
    ends: bool,
    each: Option<Box<Branch>>,
    /// By name, with the place in a list that the name says.
    fields: Vec<(Box<str>, Option<usize>, Branch)>,
}

/// What to do with the values, and what to say of what is none.
pub(super) struct Intake<'t, 'c> {
    pub(super) take: &'t mut dyn FnMut(PathValue<'c, '_>) -> Result<(), Kind>,
    /// For what stands where no path leads.
    pub(super) other_shape: Kind,
    /// For an object in a list that has none of the fields; some need none.
    pub(super) none: Option<Kind>,
}

/// A value that a path leads to.
#[derive(Clone, Copy)]
pub(super) enum PathValue<'c, 'p> {
    /// As it is given.
    Given(Value<'c>),
    /// As its kind parsed it.
    Reached(Part<'p>),
}

/// An element of a list that gives an action each: as it is given, and as kinds found it.
#[derive(Clone, Copy)]
pub(super) struct Element<'c, 'm> {
    pub(super) given: Option<Value<'c>>,
    pub(super) part: Option<Part<'m>>,
}

impl Branches {
    /// Paths, each with whether it begins at the element that `it` stands for.
    pub(super) fn new(paths: impl IntoIterator<Item = (ArgumentPath, bool)>) -> Self {
        let (mut root, mut element, mut all) = (Branch::default(), None, Vec::new());
        for (path, of_element) in paths {
            match of_element {
                true => element.get_or_insert_with(Branch::default).add(path.behind(), path.text()),
                false => root.add(path.steps(), path.text()),
            }
            all.push(path);
        }
        Self { paths: all.into(), root, element }
    }

    /// Takes every value that the paths lead to from an element on.
    pub(super) fn take_of<'c>(
        &self,
        Element { given, part }: Element<'c, '_>,
        mut intake: Intake<'_, 'c>,
    ) -> Result<(), CallFault> {
        let Some(branch) = &self.element else { return Ok(()) };
        match (given, part) {
            (Some(Value::Object(object)), part) if !branch.fields.is_empty() => {
                let found = branch.within(object, part, &mut intake)?;
                match intake.none.filter(|_| !found) {
                    Some(kind) => branch.fail(kind),
                    None => Ok(()),
                }
            }
            (Some(value), part) => branch.walk(value, part, &mut intake),
            (None, Some(part)) => branch.reached(part, &mut intake),
            (None, None) => Ok(()),
        }
    }

    /// Takes every value that the paths lead to. What is missing or null is none.
    pub(super) fn take<'c>(
        &self,
        given: CallArguments<'c>,
        reached: &Parts,
        mut intake: Intake<'_, 'c>,
    ) -> Result<(), CallFault> {
        for (name, _, branch) in &self.root.fields {
            if let Some(value) = given.field(name) {
                let part = if reached.is_empty() { None } else { reached.get(name) };
                branch.walk(value, part, &mut intake)?;
            }
        }
        Ok(())
    }
}

impl Branch {
    fn add(&mut self, steps: &[Step], path: &Arc<str>) {
        if self.path.is_empty() {
            self.path = path.clone();
        }
        let Some((step, rest)) = steps.split_first() else {
            self.path = path.clone();
            self.ends = true;
            return;
        };
        match step {
            Step::Each => self.each.get_or_insert_default().add(rest, path),
            Step::Named { field, index } => {
                let known = self.fields.iter_mut().find(|(name, ..)| name == field);
                match known {
                    Some((.., branch)) => branch.add(rest, path),
                    None => {
                        let mut branch = Self::default();
                        branch.add(rest, path);
                        self.fields.push((field.clone(), *index, branch));
                    }
                }
            }
        }
    }

    fn fail<T>(&self, kind: Kind) -> Result<T, CallFault> {
        Err(CallFault::of(&self.path, kind))
    }

    fn walk<'c>(
        &self,
        value: Value<'c>,
        part: Option<Part<'_>>,
        intake: &mut Intake<'_, 'c>,
    ) -> Result<(), CallFault> {
        match value {
            Value::Null => Ok(()),
            Value::List(list) => self.along(list, part, intake),
            Value::Object(object) if !self.fields.is_empty() => {
                self.within(object, part, intake).map(|_| ())
            }
            value => self.end(value, part, intake),
        }
    }

    /// A value at which a path ends, or into the parts of which it leads.
    fn end<'c>(
        &self,
        value: Value<'c>,
        part: Option<Part<'_>>,
        intake: &mut Intake<'_, 'c>,
    ) -> Result<(), CallFault> {
        let parsed = part.filter(|part| part.is_list() || part.has_value());
        match parsed {
            Some(part) => self.reached(part, intake),
            None if self.ends => {
                (intake.take)(PathValue::Given(value)).or_else(|kind| self.fail(kind))
            }
            None => self.fail(intake.other_shape),
        }
    }

    /// What a kind parsed: itself, each of its elements, or the parts that paths name.
    fn reached(&self, part: Part<'_>, intake: &mut Intake<'_, '_>) -> Result<(), CallFault> {
        if part.is_list() {
            let below = if self.ends { self } else { self.each.as_deref().unwrap_or(self) };
            return part.iter().try_for_each(|element| below.reached(element, intake));
        }
        if self.ends {
            (intake.take)(PathValue::Reached(part)).or_else(|kind| self.fail(kind))?;
        } else if self.fields.is_empty() {
            return self.fail(intake.other_shape);
        }
        for (name, _, branch) in &self.fields {
            if let Some(part) = part.get(name) {
                branch.reached(part, intake)?;
            }
        }
        Ok(())
    }

    fn along<'c>(
        &self,
        list: &'c dyn List,
        part: Option<Part<'_>>,
        intake: &mut Intake<'_, 'c>,
    ) -> Result<(), CallFault> {
        let places = places(list).or_else(|kind| self.fail(kind))?;
        for place in places {
            let Some(element) = list.at(place) else { return self.fail(Kind::BrokenList) };
            let named = self.fields.iter().find(|(_, index, _)| *index == Some(place));
            let below = named.map(|(.., branch)| branch).or(self.each.as_deref());
            let part = part.and_then(|part| part.at(place));
            match (element, below) {
                (Value::Null, _) => {}
                (Value::Object(object), Some(below)) if !below.fields.is_empty() => {
                    let found = below.within(object, part, intake)?;
                    if let Some(kind) = intake.none.filter(|_| !found) {
                        return below.fail(kind);
                    }
                }
                (Value::List(_), Some(below)) => below.walk(element, part, intake)?,
                (Value::List(_) | Value::Object(_), _) => return self.fail(intake.other_shape),
                (element, _) if self.ends => self.end(element, part, intake)?,
                (element, Some(below)) => below.walk(element, part, intake)?,
                (_, None) => return self.fail(intake.other_shape),
            }
        }
        Ok(())
    }

    /// Whether any of the fields is there.
    fn within<'c>(
        &self,
        object: &'c dyn Arguments,
        part: Option<Part<'_>>,
        intake: &mut Intake<'_, 'c>,
    ) -> Result<bool, CallFault> {
        let mut found = false;
        for (name, _, branch) in &self.fields {
            if let Some(value) = object.get(name) {
                found = true;
                branch.walk(value, part.and_then(|part| part.get(name)), intake)?;
            }
        }
        Ok(found)
    }
}

/// The places of a list of recipients or amounts.
fn places(list: &dyn List) -> Result<Range<usize>, Kind> {
    if list.len() > MAX_CALL_ACTIONS { Err(Kind::ListTooLong) } else { Ok(0..list.len()) }
}
