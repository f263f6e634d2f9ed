//! The one pass over all arguments of a call that makes a manifest closed: whatever is not described, at any
//! depth, is a fault, and so is what must be there and is missing.

use super::kinds::rule::TextFault;
use super::kinds::{Kind as ArgumentKind, ReadFault};
use super::nearest::nearest;
use super::shape::{Fields, Places, Shape};
use super::trail::{MAX_PLACE_BYTES, Taken, Text, Trail};
use crate::base::limits::{MAX_CALL_PARTS, MAX_CALL_VALUES, MAX_FROZEN_DEPTH};
use crate::decision::call_fault::{CallFault, Kind};
use crate::model::arguments::kinds::{Found, Kinds};
use crate::model::arguments::{Arguments, List, Value};
use crate::model::parts::{OpenPart, Parts};

/// Compares all arguments of a call with what is described. Of several faults the least is given, so that the
/// order of arguments cannot show. Linear in the values, of which at most [`MAX_CALL_VALUES`] may be there.
/// What kinds parse is written into `parts`.
pub(super) fn check(
    described: &Fields,
    arguments: &dyn Arguments,
    parts: &mut Parts,
) -> Result<(), CallFault> {
    if !arguments.is_object() {
        return Err(CallFault::new(Kind::NoObject));
    }
    let mut visit = Visit { left: MAX_CALL_VALUES, least: None, parts, is_full: false };
    visit.object(described, arguments, None, true);
    visit.least.map_or(Ok(()), |least| Err(least.told()))
}

struct Visit<'d, 'p> {
    left: usize,
    least: Option<Least<'d>>,
    parts: &'p mut Parts,
    /// Whether kinds found more than a call may have.
    is_full: bool,
}

/// The least fault so far, made into one that is told when no other can follow: a call may hold any number of them, and
/// the nearest name costs the product of both names' lengths for each described one.
struct Least<'d> {
    kind: Kind,
    /// Where it is, unless it is about the call as a whole.
    place: Option<Text>,
    /// Where the described names stand, and how many bytes of the place are the name that is none of them.
    near: Option<(&'d Fields, usize)>,
}

impl Least<'_> {
    fn told(self) -> CallFault {
        let Self { kind, place, near } = self;
        let Some(place) = place else { return CallFault::new(kind) };
        let place = place.as_str();
        let name = near.filter(|_| place.len() < MAX_PLACE_BYTES).and_then(|(described, bytes)| {
            let name = place.get(place.len().checked_sub(bytes)?..)?;
            nearest(name, described.all()).map(|field| &field.name)
        });
        CallFault::found(place, kind).near(name)
    }
}

impl<'d> Visit<'d, '_> {
    #[cold]
    fn fail(&mut self, kind: Kind, trail: Option<&Trail<'_>>, described: Option<&'d Fields>) {
        // Names and places within a secret are parts of it.
        let secret = trail.and_then(Trail::secret);
        let described = described.filter(|_| secret.is_none());
        let (kind, trail) = secret.map_or((kind, trail), |secret| (Kind::Secret, Some(secret)));
        if self.least.as_ref().is_some_and(|least| least.kind < kind) {
            return;
        }
        let place = trail.map_or_else(Text::default, Trail::text);
        let near = match (trail.map(|trail| trail.step), described) {
            (Some(Taken::Field(name)), Some(described)) => Some((described, name.len())),
            _ => None,
        };
        // A name with a dot can look like a place within another: the shorter name counts.
        let length = near.map(|(_, length)| length);
        let is_less = |least: &Least<'_>| {
            let before = least.place.as_ref().map(Text::as_str);
            let length_before = least.near.map(|(_, length)| length);
            (kind, Some(place.as_str()), length) < (least.kind, before, length_before)
        };
        if self.least.as_ref().is_none_or(is_less) {
            self.least = Some(Least { kind, place: Some(place), near });
        }
    }

    /// Takes one value off what may still be looked at.
    #[inline]
    fn count(&mut self) -> bool {
        if self.is_full {
            return false;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.least = Some(Least { kind: Kind::TooManyValues, place: None, near: None });
                false
            }
        }
    }

    /// What kinds find is written down where it `writes`: not of a value that is read a second time.
    fn object(
        &mut self,
        described: &'d Fields,
        object: &dyn Arguments,
        before: Option<&Trail<'_>>,
        writes: bool,
    ) {
        let mut seen = Places::default();
        object.visit(&mut |name, value| {
            if !self.count() {
                return;
            }
            let trail = Trail::below(Taken::Field(name), before);
            let Some((place, field)) = described.find(name) else {
                if !described.others {
                    self.fail(Kind::Undescribed, Some(&trail), Some(described));
                }
                return;
            };
            if !seen.add(place) {
                return self.fail(Kind::Repeated, Some(&trail), None);
            }
            if field.shape.reaches && writes {
                if !self.has_room() {
                    return;
                }
                let begun = self.parts.argument(name);
                self.value(&field.shape, value, &trail, Some(&begun));
                self.parts.end(begun);
            } else {
                self.value(&field.shape, value, &trail, None);
            }
            // What is read by name must be what was shown.
            match object.get(name) {
                Some(same) if is_same(same, value) => {}
                // Another view of it, perhaps, with parts of its own.
                Some(same) if self.agree(same, value, MAX_FROZEN_DEPTH) => {
                    self.value(&field.shape, same, &trail, None);
                }
                _ => self.fail(Kind::Contradiction, Some(&trail), None),
            }
        });
        for (place, field) in described.all().iter().enumerate() {
            if seen.holds(place) {
                continue;
            }
            let trail = Trail::below(Taken::Field(&field.name), before);
            if object.get(&field.name).is_some() {
                self.fail(Kind::Contradiction, Some(&trail), None);
            } else if !field.optional {
                self.fail(Kind::Required, Some(&trail), None);
            } else if let Some(default) = field.default.as_ref().filter(|_| field.shape.reaches) {
                let begun = self.parts.argument(&field.name);
                self.value(&field.shape, default.value(), &trail, Some(&begun));
                self.parts.end(begun);
            }
        }
    }

    /// Compares a value with what is described, and writes into `begun` what it reaches.
    fn value(
        &mut self,
        shape: &'d Shape,
        value: Value<'_>,
        trail: &Trail<'_>,
        begun: Option<&OpenPart>,
    ) {
        if !shape.kinds.meets(Kinds::accepting(value)) {
            let kind = Kind::Mismatch(shape.kinds, Found::of(value));
            return self.fail(kind, Some(trail), None);
        }
        if let Some(kind) = &shape.parsed
            && kind.forms().meets(Kinds::accepting(value))
        {
            return self.parse(kind, shape.secret, value, trail, begun);
        }
        let trail = &Trail { secret: shape.secret, ..*trail };
        match value {
            Value::List(list) => {
                if let Some(items) = &shape.items {
                    self.list(items, list, trail, begun);
                }
            }
            // A view that is none shows no fields, as if all were missing.
            Value::Object(object) if !object.is_object() => {
                self.fail(Kind::NoObject, Some(trail), None);
            }
            Value::Object(object) => {
                if let Some(fields) = &shape.fields {
                    self.object(fields, object, Some(trail), begun.is_some());
                }
            }
            _ => {}
        }
    }

    /// Reads a value as its kind does. Nothing is told of what a secret holds.
    fn parse(
        &mut self,
        kind: &ArgumentKind,
        secret: bool,
        value: Value<'_>,
        trail: &Trail<'_>,
        begun: Option<&OpenPart>,
    ) {
        let fault = match begun {
            Some(begun) => kind.read(value, self.parts, begun).err(),
            None => {
                let mut unused = Parts::default();
                let begun = unused.element();
                kind.read(value, &mut unused, &begun).err()
            }
        };
        match fault {
            Some(_) if secret => self.fail(Kind::Secret, Some(trail), None),
            Some(ReadFault::Text(TextFault { at, rule })) => {
                self.fail(Kind::Text { at, rule }, Some(trail), None);
            }
            Some(ReadFault::Word(TextFault { at, rule })) => {
                self.fail(Kind::Word { word: at, rule }, Some(trail), None);
            }
            None => _ = self.has_room(),
        }
    }

    /// Whether more parts may be written. Behind the last, nothing more of the call is looked at.
    fn has_room(&mut self) -> bool {
        if self.parts.len() <= MAX_CALL_PARTS {
            return true;
        }
        self.least = Some(Least { kind: Kind::TooManyParts, place: None, near: None });
        self.is_full = true;
        false
    }

    fn list(
        &mut self,
        items: &'d Shape,
        list: &dyn List,
        before: &Trail<'_>,
        begun: Option<&OpenPart>,
    ) {
        if let Some(begun) = begun.filter(|_| items.reaches) {
            self.parts.be_given_list(begun);
        }
        for place in 0..list.len() {
            if !self.count() {
                return;
            }
            match list.at(place) {
                Some(element) => {
                    let trail = Trail::below(Taken::Place(place), Some(before));
                    let begun = begun.filter(|_| items.reaches);
                    if begun.is_some() && !self.has_room() {
                        return;
                    }
                    let begun = begun.map(|_| self.parts.element());
                    self.value(items, element, &trail, begun.as_ref());
                    if let Some(begun) = begun {
                        self.parts.end(begun);
                    }
                }
                None => return self.fail(Kind::BrokenList, Some(before), None),
            }
        }
    }

    /// Whether two readings of one field say the same. Views that are made anew by each reading can be endless, so that they
    /// agree only down to where arguments can be copied.
    #[cold]
    fn agree(&mut self, one: Value<'_>, other: Value<'_>, depth: usize) -> bool {
        match (one, other, depth.checked_sub(1)) {
            (one, other, _) if is_same(one, other) => true,
            (Value::List(one), Value::List(other), Some(depth)) => {
                self.lists_agree(one, other, depth)
            }
            (Value::Object(one), Value::Object(other), Some(depth)) => {
                self.objects_agree(one, other, depth)
            }
            _ => false,
        }
    }

    fn lists_agree(&mut self, one: &dyn List, other: &dyn List, depth: usize) -> bool {
        one.len() == other.len()
            && (0..one.len()).all(|place| match (one.at(place), other.at(place)) {
                (Some(one), Some(other)) => self.count() && self.agree(one, other, depth),
                _ => false,
            })
    }

    fn objects_agree(&mut self, one: &dyn Arguments, other: &dyn Arguments, depth: usize) -> bool {
        let (mut all, mut balance) = (one.is_object() == other.is_object(), 0_i64);
        one.visit(&mut |name, value| {
            balance += 1;
            let same = all.then(|| other.get(name)).flatten();
            all = all && same.is_some_and(|same| self.count() && self.agree(same, value, depth));
        });
        other.visit(&mut |_, _| balance -= 1);
        all && balance == 0
    }
}

/// Whether two readings are one value. Lists and objects are where they lie in one place of memory and are read in one way: a
/// part of a view can lie where the whole does.
#[inline]
fn is_same(one: Value<'_>, other: Value<'_>) -> bool {
    match (one, other) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Integer(one), Value::Integer(other)) => one == other,
        (Value::Float(one), Value::Float(other)) => one.to_bits() == other.to_bits(),
        (Value::Text(one), Value::Text(other)) => std::ptr::eq(one, other) || one == other,
        (Value::List(one), Value::List(other)) => std::ptr::eq(one, other),
        (Value::Object(one), Value::Object(other)) => std::ptr::eq(one, other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::steps::steps_of;
    use crate::manifest::{ArgumentSpec, EffectSpec, Manifest, ToolSpec};

    fn name(letter: char, number: usize) -> String {
        format!("{letter}{number:03}{}", "x".repeat(40))
    }

    /// Steps to find what is wrong with a call of `N` undescribed names, each of them near to every described one.
    fn steps<const N: usize>(described: &Fields) -> u64 {
        // The last of them is the least.
        let names: [String; N] = std::array::from_fn(|place| name('c', N - 1 - place));
        let arguments = names.each_ref().map(|name| (name.as_str(), Value::from("v")));
        let (result, steps) = steps_of(|| check(described, &arguments, &mut Parts::default()));
        let fault = result.unwrap_err();
        assert_eq!(fault.argument(), Some(name('c', 0).as_str()));
        assert_eq!(fault.nearest(), Some(name('d', 0).as_str()));
        steps
    }

    #[test]
    fn only_the_least_fault_looks_for_a_near_name() {
        let described = (0..200).map(|number| (name('d', number), ArgumentSpec::text().optional()));
        let tool = described.fold(ToolSpec::new("t"), |tool, (name, argument)| {
            tool.argument(name, argument.no_effect())
        });
        let manifest = Manifest::new([tool.effect(EffectSpec::read("x"))]).unwrap();
        let described = &manifest.0.find("t").unwrap().described.fields;
        assert!(steps::<1>(described) > 0);
        assert_eq!(steps::<1>(described), steps::<200>(described));
    }
}
