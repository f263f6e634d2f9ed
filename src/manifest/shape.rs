//! Validated arguments: what each of them, each field and each element may be.

use std::sync::Arc;

use super::argument::{ArgumentSpec, ArgumentTable, DefaultValue};
use super::error::{Fault, FieldFault};
use super::kinds::{Kind, WORDS};
use super::reach::{Claims, Reach};
use crate::base::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_ITEMS_PER_TOOL, MAX_TOOL_ARGUMENTS,
};
use crate::base::name::check_name;
use crate::model::arguments::Value;
use crate::model::arguments::kinds::Kinds;
use crate::policy::Scalar;

/// What one value may be.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) kinds: Kinds,
    /// The one among them that parses what it accepts.
    pub(super) parsed: Option<Kind>,
    /// The lists that its kind finds of which every element is taken.
    pub(super) mapped: Vec<Box<str>>,
    /// Whether it, an element or a field is parsed.
    pub(super) reaches: bool,
    /// What the elements are, where it may be a list.
    pub(super) items: Option<Box<Shape>>,
    /// What the fields are, where it may be an object.
    pub(super) fields: Option<Box<Fields>>,
    pub(super) secret: bool,
    pub(super) no_effect: bool,
    /// What paths of the tool say that end here, whichever elements they lead through.
    pub(super) ends: Claims,
    /// What paths say that lead to one element by its place, where it may be a list.
    pub(super) by_place: Claims,
}

impl Shape {
    fn unmapped(&self, path: &str) -> Option<String> {
        if self.no_effect {
            return None;
        }
        let lists = self.parsed.as_ref().map(Kind::to_map).unwrap_or_default();
        let is_mapped = |list: &str| self.mapped.iter().any(|mapped| **mapped == *list);
        let own = lists.iter().find(|list| !is_mapped(list));
        own.map(|list| format!("{path}.{list}"))
            .or_else(|| self.items.as_ref()?.unmapped(&format!("{path}.*")))
            .or_else(|| self.fields.as_ref()?.unmapped(&format!("{path}.")))
    }

    /// What conditions and templates find here: the canonical form of what its kind parses, and the rest as it is given.
    pub(super) fn values(&self) -> Kinds {
        match &self.parsed {
            None => self.kinds,
            Some(kind) if kind.is_list() => self.kinds.without(kind.forms()).or(Kinds::LIST),
            Some(kind) => self.kinds.without(kind.forms()).or(kind.canonical()),
        }
    }
}

/// The arguments of a tool, and where its paths lead among them.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) fields: Fields,
    pub(super) reach: Reach,
    /// Whether a path may lead to one element of a list by its place.
    pub(super) by_place: bool,
    /// The number of the effect whose paths are being added; those of controls and conditions count for every call.
    pub(super) effect: Option<usize>,
}

/// The arguments of a tool, or the fields of an object; at most 256.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// In order of their names.
    entries: Box<[Field]>,
    /// Whether anything may stand beside them.
    pub(super) others: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Arc<str>,
    pub(super) optional: bool,
    pub(super) default: Option<DefaultValue>,
    pub(super) shape: Shape,
}

impl AsRef<str> for Field {
    fn as_ref(&self) -> &str {
        &self.name
    }
}

/// A set of places among the fields of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places([u64; MAX_ITEMS_PER_TOOL / 64]);

impl Places {
    /// Adds a place; `false` where it was in already.
    #[inline]
    pub(super) fn add(&mut self, place: usize) -> bool {
        let Some(word) = self.0.get_mut(place / 64) else { return false };
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[inline]
    pub(super) fn holds(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}

/// Up to so many names are compared one after the other.
const FEW: usize = 12;

impl Described {
    /// Validates the arguments of a tool. No path leads anywhere yet.
    pub(super) fn new(table: &ArgumentTable, others: bool) -> Result<Self, FieldFault> {
        let fields = Author { left: MAX_TOOL_ARGUMENTS }.fields(table, others, "args", 0)?;
        Ok(Self { fields, reach: Reach::default(), by_place: false, effect: None })
    }
}

impl Fields {
    /// The field of this name, with its place.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Field)> {
        if self.entries.len() <= FEW {
            return self.entries.iter().enumerate().find(|(_, field)| *field.name == *name);
        }
        let found = self.entries.binary_search_by(|field| (*field.name).cmp(name)).ok()?;
        self.entries.get(found).map(|field| (found, field))
    }

    pub(super) fn find_mut(&mut self, name: &str) -> Option<&mut Field> {
        let found = self.entries.binary_search_by(|field| (*field.name).cmp(name)).ok()?;
        self.entries.get_mut(found)
    }

    /// A list that the kind of one of them finds, and of which no effect takes every element; with the path to it.
    pub(super) fn unmapped(&self, before: &str) -> Option<String> {
        self.entries
            .iter()
            .find_map(|field| field.shape.unmapped(&format!("{before}{}", field.name)))
    }

    /// Whether one of them, or what it holds, is parsed.
    pub(super) fn reaches(&self) -> bool {
        self.entries.iter().any(|field| field.shape.reaches)
    }

    pub(super) const fn all(&self) -> &[Field] {
        &self.entries
    }

    /// What stands for an argument that is missing.
    #[inline]
    pub(super) fn default_of(&self, name: &str) -> Option<Value<'_>> {
        self.find(name)?.1.default.as_ref().map(DefaultValue::value)
    }

    pub(super) fn defaults(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.entries
            .iter()
            .filter_map(|field| Some((&*field.name, field.default.as_ref()?.value())))
    }
}

/// Validates what an author wrote, within what one tool may describe.
struct Author {
    left: usize,
}

impl Author {
    fn fields(
        &mut self,
        ArgumentTable(table): &ArgumentTable,
        others: bool,
        field: &str,
        depth: usize,
    ) -> Result<Fields, FieldFault> {
        if table.len() > MAX_ITEMS_PER_TOOL {
            return Err(FieldFault::new(field, Fault::TooManyItems));
        }
        let mut entries: Vec<Field> = Vec::with_capacity(table.len());
        for (name, argument) in table {
            let field = format!("{field}.{name}");
            let fail = |fault: Fault| FieldFault::new(field.as_str(), fault);
            check_name(name).map_err(|fault| fail(fault.into()))?;
            if name == "*" {
                return Err(fail(Fault::ArgumentName));
            }
            if entries.last().is_some_and(|before| *before.name == **name) {
                return Err(fail(Fault::RepeatedArgument));
            }
            let shape = self.shape(argument, &field, depth + 1)?;
            if let Some(default) = &argument.default {
                let at = |fault| FieldFault::new(format!("{field}.default"), fault);
                if depth > 0 {
                    return Err(at(Fault::NestedDefault));
                }
                check_default(default, &shape).map_err(at)?;
            }
            let optional = argument.optional || argument.default.is_some();
            let (name, default) = (name.as_str().into(), argument.default.clone());
            entries.push(Field { name, optional, default, shape });
        }
        Ok(Fields { entries: entries.into(), others })
    }

    fn shape(
        &mut self,
        argument: &ArgumentSpec,
        field: &str,
        depth: usize,
    ) -> Result<Shape, FieldFault> {
        let fail = |key: &str, fault| Err(FieldFault::new(format!("{field}.{key}"), fault));
        if depth > MAX_ARGUMENT_STEPS {
            return Err(FieldFault::new(field, Fault::TooDeep));
        }
        let Some(left) = self.left.checked_sub(1) else {
            return Err(FieldFault::new(field, Fault::TooManyArguments));
        };
        self.left = left;
        let ArgumentSpec { items, fields, other_fields, secret, no_effect, .. } = argument;
        let (kinds, parsed) = kinds_of(argument, field)?;
        let plain = kinds.without(parsed.as_ref().map_or(Kinds::NONE, Kind::forms));
        let items = match (plain.meets(Kinds::LIST), items) {
            (false, Some(_)) => return fail("items", Fault::ItemsWithoutList),
            (true, None) => return fail("kind", Fault::ListWithoutItems),
            (false, None) => None,
            (true, Some(items)) => {
                let field = format!("{field}.items");
                if items.optional || items.default.is_some() {
                    return Err(FieldFault::new(field, Fault::OptionalElement));
                }
                Some(Box::new(self.shape(items, &field, depth + 1)?))
            }
        };
        let fields = match (plain.meets(Kinds::OBJECT), fields) {
            (false, Some(_)) => return fail("fields", Fault::FieldsWithoutObject),
            (false, None) if other_fields.is_some() => {
                return fail("other_fields", Fault::FieldsWithoutObject);
            }
            (true, None) if other_fields.is_none() => {
                return fail("kind", Fault::ObjectWithoutFields);
            }
            (false, None) => None,
            (true, table) => {
                let (field, none) = (format!("{field}.fields"), ArgumentTable::default());
                let table = table.as_ref().unwrap_or(&none);
                Some(Box::new(self.fields(table, other_fields.is_some(), &field, depth)?))
            }
        };
        if let (Some(kind), Some(fields)) = (&parsed, &fields) {
            let shared =
                kind.parts().iter().find(|part| fields.others || fields.find(part.name).is_some());
            if let Some(part) = shared {
                return fail("fields", Fault::PartAndField { name: part.name.to_owned() });
            }
        }
        let (secret, no_effect) = (*secret, *no_effect);
        let reaches = parsed.is_some()
            || items.as_ref().is_some_and(|items| items.reaches)
            || fields.as_ref().is_some_and(|fields| fields.reaches());
        Ok(Shape {
            kinds,
            parsed,
            mapped: Vec::new(),
            reaches,
            items,
            fields,
            secret,
            no_effect,
            ends: Claims::default(),
            by_place: Claims::default(),
        })
    }
}

/// The kinds of an argument, and the one that parses what it accepts.
fn kinds_of(argument: &ArgumentSpec, field: &str) -> Result<(Kinds, Option<Kind>), FieldFault> {
    let fail = |key: &str, fault| Err(FieldFault::new(format!("{field}.{key}"), fault));
    let mut kinds = Kinds::NONE;
    let parsed = argument.parsed.as_ref().map(Kind::new).transpose().map_err(|fault| {
        FieldFault::new(format!("{field}.{}", fault.field), Fault::Option { says: fault.says })
    })?;
    for (number, word) in argument.kinds.iter().enumerate() {
        let own = argument.parsed.as_ref().filter(|parsed| parsed.word() == word);
        match Kinds::of_word(word).or(own.and(parsed.as_ref()).map(Kind::forms)) {
            None if WORDS.contains(&word.as_str()) => {
                return fail("kind", Fault::TwoParsedKinds { word: word.clone() });
            }
            None => return fail("kind", Fault::UnknownKind { word: word.clone() }),
            Some(kind) if kinds.meets(kind) => {
                let mut before = argument.kinds.iter().take(number);
                let forms = |word: &str| match (&argument.parsed, &parsed) {
                    (Some(spec), Some(kind)) if spec.word() == word => kind.forms(),
                    _ => Kinds::of_word(word).unwrap_or(Kinds::NONE),
                };
                let alike = before.find(|before| forms(before).meets(kind));
                let alike = alike.filter(|before| *before != word);
                let word = word.clone();
                return fail(
                    "kind",
                    match alike {
                        None => Fault::RepeatedKind { word },
                        Some(before) => {
                            let shared = forms(before).common(kind);
                            Fault::AlikeKinds { word, before: before.clone(), shared }
                        }
                    },
                );
            }
            Some(kind) => kinds = kinds.or(kind),
        }
    }
    if kinds.is_empty() {
        return fail("kind", Fault::NoKind);
    }
    Ok((kinds, parsed))
}

fn check_default(default: &DefaultValue, shape: &Shape) -> Result<(), Fault> {
    let accepts = |shape: &Shape, value: Value<'_>| shape.kinds.meets(Kinds::accepting(value));
    let scalars = match default {
        DefaultValue::One(scalar) => std::slice::from_ref(scalar),
        DefaultValue::Many(scalars) if scalars.0.len() > MAX_ITEMS_PER_TOOL => {
            return Err(Fault::TooManyItems);
        }
        DefaultValue::Many(scalars) => &scalars.0,
    };
    for scalar in scalars {
        match scalar.value() {
            Value::Float(number) if !number.is_finite() => return Err(Fault::NotFinite),
            Value::Text(text) if text.len() > MAX_CONDITION_BYTES => return Err(Fault::TooLong),
            _ => {}
        }
    }
    let fits = match (default, &shape.items) {
        (DefaultValue::One(scalar), _) => accepts(shape, scalar.value()),
        (DefaultValue::Many(scalars), Some(items)) => {
            scalars.0.iter().all(|scalar| accepts(items, scalar.value()))
        }
        (DefaultValue::Many(_), None) => false,
    };
    if !fits {
        return Err(Fault::DefaultKind { kinds: shape.kinds });
    }
    let parsed = |shape: &Shape, scalar: &Scalar| match (&shape.parsed, scalar.value()) {
        (Some(kind), Value::Text(text)) => kind.canonical_text(text).map(|_| ()),
        _ => Ok(()),
    };
    let found = match (default, &shape.items) {
        (DefaultValue::One(scalar), _) => parsed(shape, scalar),
        (DefaultValue::Many(scalars), Some(items)) => {
            scalars.0.iter().try_for_each(|scalar| parsed(items, scalar))
        }
        (DefaultValue::Many(_), None) => Ok(()),
    };
    found.map_err(|fault| Fault::DefaultNotOfKind { fault })
}
