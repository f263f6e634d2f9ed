//! Whether every element of a list is taken where a path of the tool takes one of them by its place.

use super::given::CallArguments;
use super::reach::{self, Claim, Reach};
use super::shape::{Described, Fields, Shape};
use super::trail::{Taken, Trail};
use crate::base::limits::MAX_CALL_VALUES;
use crate::decision::call_fault::{CallFault, Kind};
use crate::model::arguments::{Arguments, List, Value};

/// The first part of an element that no path leads to, while one leads to the same part of another by its place: of the paths of
/// these effects, and of controls and conditions. Most tools name no places: only for the others this pass over what is given,
/// or stands for it by default, is made.
#[cold]
pub(super) fn check(
    described: &Described,
    effects: u64,
    given: CallArguments<'_>,
) -> Result<(), CallFault> {
    let mut pass = Pass { effects, left: MAX_CALL_VALUES };
    pass.object(&described.fields, &given, &[&described.reach], None)
}

struct Pass {
    effects: u64,
    /// How many values may still be looked at: again, as a view may show more than it did.
    left: usize,
}

impl Pass {
    fn object(
        &mut self,
        fields: &Fields,
        object: &dyn Arguments,
        here: &[&Reach],
        before: Option<&Trail<'_>>,
    ) -> Result<(), CallFault> {
        for field in fields.all() {
            let Some(given) = object.get(&field.name) else { continue };
            let trail = Trail::below(Taken::Field(&field.name), before);
            self.value(&field.shape, given, &reach::field(here, &field.name), trail)?;
        }
        Ok(())
    }

    fn value(
        &mut self,
        shape: &Shape,
        value: Value<'_>,
        here: &[&Reach],
        mut trail: Trail<'_>,
    ) -> Result<(), CallFault> {
        let left = self.left.checked_sub(1);
        self.left = left.ok_or_else(|| CallFault::new(Kind::TooManyValues))?;
        trail.secret = shape.secret;
        match (value, &shape.items, &shape.fields) {
            (Value::List(elements), Some(items), _) => {
                self.list(shape, items, elements, here, &trail)
            }
            (Value::Object(fields), _, Some(described)) => {
                self.object(described, fields, here, Some(&trail))
            }
            (Value::List(_) | Value::Object(_), ..) => Ok(()),
            _ if reach::ends(here, self.effects) < shape.ends.of(self.effects) => {
                Err(unreached(&trail))
            }
            _ => Ok(()),
        }
    }

    fn list(
        &mut self,
        shape: &Shape,
        items: &Shape,
        list: &dyn List,
        here: &[&Reach],
        before: &Trail<'_>,
    ) -> Result<(), CallFault> {
        let by_place = shape.by_place.of(self.effects) != Claim::None;
        for place in 0..list.len() {
            let trail = Trail::below(Taken::Place(place), Some(before));
            let Some(element) = list.at(place) else {
                return Err(CallFault::found(before.text().as_str(), Kind::BrokenList));
            };
            let here = reach::element(here, place);
            if by_place && !reach::leads(&here, self.effects) {
                return Err(unreached(&trail));
            }
            self.value(items, element, &here, trail)?;
        }
        Ok(())
    }
}

/// Names and places within a secret are parts of it.
fn unreached(trail: &Trail<'_>) -> CallFault {
    match trail.secret() {
        Some(secret) => CallFault::found(secret.text().as_str(), Kind::Secret),
        None => CallFault::found(trail.text().as_str(), Kind::Unreached),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::steps::steps_of;
    use crate::manifest::{ArgumentSpec, EffectSpec, Manifest, ToolSpec};

    /// Steps to look at a list of `N` objects, with paths to `more` of its elements by their places beside one to each.
    fn steps_of_list<const N: usize>(more: usize) -> u64 {
        let row = ArgumentSpec::object([("a", ArgumentSpec::text())]);
        let tool = ToolSpec::new("t").argument("l", ArgumentSpec::list(row));
        let paths = std::iter::once("l.*.a".into()).chain((0..more).map(|at| format!("l.{at}.a")));
        let effects = paths.map(|path| EffectSpec::read(format!("x/{{args.{path}}}")));
        let manifest = Manifest::new([effects.fold(tool, ToolSpec::effect)]).unwrap();
        let described = &manifest.0.find("t").unwrap().described;
        let row = [("a", Value::from("v"))];
        let list: [Value<'_>; N] = std::array::from_fn(|_| Value::Object(&row));
        let arguments = [("l", Value::List(&list))];
        let (result, steps) = steps_of(|| {
            let given = CallArguments { arguments: &arguments, described: None };
            check(described, u64::MAX, given)
        });
        assert!(result.is_ok());
        steps
    }

    #[test]
    fn an_element_costs_the_same_however_many_elements_and_paths_there_are() {
        let one = steps_of_list::<100>(1);
        assert!(one > 0);
        assert!(steps_of_list::<400>(1) <= 4 * one + 8);
        // A search by halves: the same and a few steps for each element.
        assert!(steps_of_list::<100>(8) <= one + 100 * 4 * 2);
    }
}
