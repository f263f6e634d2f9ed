//! Which described arguments the paths of a tool lead to, and whether what stands there can be what is asked of it.

use super::error::{Fault, Undescribed, UnknownPart};
use super::kinds::Kind;
use super::kinds::bounds::Bounds;
use super::kinds::rule::Form;
use super::nearest::nearest;
use super::reach::Claim;
use super::shape::{Described, Fields, Shape};
use super::step::{Step, parse_steps};
use crate::model::arguments::Value;
use crate::model::arguments::kinds::Kinds;
use crate::policy::{Condition, Scalar};

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// One segment of a resource, or the last ones.
    Segment,
    Rest,
    Recipient,
    Amount,
    /// The name of a group or channel, or a URL.
    Name,
    /// A value that stands for an audience.
    Flag,
    /// Compared with values of these kinds.
    Compared(Kinds),
    /// Each element gives an action.
    List,
    /// Asked for its presence, or named as a control.
    Any,
}

impl Use {
    /// The kinds that it can do something with, of a value or of the elements of a list.
    const fn kinds(self) -> Kinds {
        match self {
            Self::Segment | Self::Flag => Kinds::TEXT.or(Kinds::INTEGER).or(Kinds::FLAG),
            Self::Rest | Self::Recipient | Self::Name => Kinds::TEXT,
            Self::Amount => Kinds::INTEGER.or(Kinds::NUMBER),
            Self::Compared(kinds) => kinds,
            Self::List => Kinds::LIST,
            Self::Any => Kinds::ALL,
        }
    }

    /// Whether a list stands for its elements.
    const fn takes_lists(self) -> bool {
        matches!(self, Self::Segment | Self::Rest | Self::Recipient | Self::Amount)
    }

    /// What it says of the value. To ask whether a list is there, or to name or count it, is not to take what it holds.
    const fn claim(self) -> Claim {
        match self {
            Self::Any | Self::Amount | Self::List => Claim::Asks,
            _ => Claim::Takes,
        }
    }

    /// Whether it shows the value to people.
    const fn shows(self) -> bool {
        !matches!(self, Self::Compared(_) | Self::List | Self::Any)
    }

    fn fits(self, shape: &Shape) -> bool {
        let of_elements = |items: &Shape| items.values().meets(self.kinds());
        let parsed = shape.parsed.as_ref().filter(|kind| kind.is_list());
        shape.values().meets(self.kinds())
            || self.takes_lists()
                && (shape.items.as_deref().is_some_and(of_elements)
                    || parsed.is_some_and(|_| Kinds::TEXT.meets(self.kinds())))
    }
}

/// Checks that a path can lead to what its use asks for, and marks where it leads. Whether a kind parses what stands there.
pub(super) fn check_path(described: &mut Described, text: &str, of: Use) -> Result<bool, Fault> {
    let steps = parse_steps(text)?;
    let (claim, effect) = (of.claim(), described.effect);
    let mut ends: Vec<&mut Shape> = Vec::new();
    let mut begun: Option<&mut Fields> = Some(&mut described.fields);
    for (place, step) in steps.iter().enumerate() {
        ends = match begun.take() {
            Some(described) => vec![first(described, step, text)?],
            None => {
                let rest = steps.get(place..).unwrap_or_default();
                if let Some(end) = ends.iter().find_map(|shape| part_end(shape, rest)) {
                    let is_place = |step: &Step| matches!(step, Step::Named { index: Some(_), .. });
                    if steps.iter().skip(1).any(is_place) {
                        return Err(Fault::PlaceOfPart { path: text.to_owned() });
                    }
                    check_part(end, rest, text, of)?;
                    for shape in &mut ends {
                        shape.ends.add(claim, effect);
                        shape.mapped.extend(list_of(rest, of));
                    }
                    described.reach.add(steps.get(..place).unwrap_or_default(), claim, effect);
                    return Ok(true);
                }
                behind(ends, step, text, place, (claim, effect))?
            }
        };
        ends.iter().try_for_each(|shape| check_marks(shape, text, of))?;
    }
    let reaches = ends.iter().any(|shape| shape.reaches);
    if of.takes_lists() {
        // Where a list stands for its elements, what is said of these counts.
        let mut items = ends.iter().filter_map(|shape| shape.items.as_deref());
        items.try_for_each(|items| check_marks(items, text, of))?;
    }
    if !ends.iter().any(|shape| of.fits(shape)) {
        let found = ends.iter().fold(Kinds::NONE, |kinds, shape| kinds.or(shape.values()));
        return Err(Fault::CannotHold { path: text.to_owned(), found, needed: of.kinds() });
    }
    let by_place = |step: &Step| matches!(step, Step::Named { index: Some(_), .. });
    described.by_place |= steps.iter().skip(1).any(by_place);
    described.reach.add(&steps, claim, effect);
    if of.takes_lists() && ends.iter().any(|shape| shape.items.is_some()) {
        described.reach.add(&[&*steps, &[Step::Each]].concat(), claim, effect);
    }
    for shape in ends {
        shape.ends.add(claim, effect);
        if let Some(items) = shape.items.as_deref_mut().filter(|_| of.takes_lists()) {
            items.ends.add(claim, effect);
        }
    }
    Ok(reaches)
}

/// Whether steps lead to something that the kind of a shape finds.
pub(super) fn finds(shape: &Shape, steps: &[Step]) -> bool {
    part_end(shape, steps).is_some()
}

/// What stands at the end of a path within what a kind parses.
#[derive(Clone, Copy)]
struct PartEnd {
    kinds: Kinds,
    /// What its elements are, where it is a list.
    elements: Kinds,
}

/// Where steps lead within what the kind of a shape finds; nothing where it finds no such part.
fn part_end(shape: &Shape, steps: &[Step]) -> Option<PartEnd> {
    let kind = shape.parsed.as_ref()?;
    let whole = if kind.is_list() { Form::Objects(kind.parts()) } else { Form::Text };
    let mut here = (whole, if kind.is_list() { &[] } else { kind.parts() });
    for (place, step) in steps.iter().enumerate() {
        here = match (here, step) {
            ((Form::Objects(parts), _), Step::Each | Step::Named { index: Some(_), .. }) => {
                // Of a kind that finds a list, each element has a form of its own.
                let own = if place == 0 { Form::Text } else { Form::Objects(&[]) };
                (own, parts)
            }
            ((Form::Texts, _), Step::Each | Step::Named { index: Some(_), .. }) => {
                (Form::Text, &[][..])
            }
            ((_, parts), Step::Named { field, .. }) => {
                (parts.iter().find(|part| *part.name == **field)?.form, &[][..])
            }
            _ => return None,
        };
    }
    Some(match here.0 {
        Form::Text => PartEnd { kinds: Kinds::TEXT, elements: Kinds::NONE },
        Form::Integer => PartEnd { kinds: Kinds::INTEGER.or(Kinds::NUMBER), elements: Kinds::NONE },
        Form::Flag => PartEnd { kinds: Kinds::FLAG, elements: Kinds::NONE },
        Form::Texts => PartEnd { kinds: Kinds::LIST, elements: Kinds::TEXT },
        Form::Objects(_) => PartEnd { kinds: Kinds::LIST, elements: Kinds::OBJECT },
    })
}

/// The list among what a kind finds, each element of which a path takes.
fn list_of(steps: &[Step], of: Use) -> Option<Box<str>> {
    match steps {
        [Step::Named { field, .. }] if of == Use::List => Some(field.clone()),
        [Step::Named { field, .. }, Step::Each, ..] if of.claim() == Claim::Takes => {
            Some(field.clone())
        }
        _ => None,
    }
}

fn check_part(end: PartEnd, steps: &[Step], path: &str, of: Use) -> Result<(), Fault> {
    // A recipient is what the kind as a whole stands for, or the host of a URL.
    let names = |step: &Step| matches!(step, Step::Named { field, .. } if **field != *"host");
    if of == Use::Recipient && steps.iter().any(names) {
        return Err(Fault::PartOfRecipient { path: path.to_owned() });
    }
    let fits = end.kinds.meets(of.kinds()) || of.takes_lists() && end.elements.meets(of.kinds());
    if fits {
        return Ok(());
    }
    Err(Fault::CannotHold { path: path.to_owned(), found: end.kinds, needed: of.kinds() })
}

/// Checks that the owner let it be named, and shown where its use shows it.
fn check_marks(shape: &Shape, path: &str, of: Use) -> Result<(), Fault> {
    if shape.no_effect {
        return Err(Fault::NamedWithoutEffect { path: path.to_owned() });
    }
    if shape.secret && of.shows() {
        return Err(Fault::ShownSecret { path: path.to_owned() });
    }
    Ok(())
}

fn first<'f>(described: &'f mut Fields, step: &Step, path: &str) -> Result<&'f mut Shape, Fault> {
    // A path never begins with a star.
    let Step::Named { field, .. } = step else { return Err(Fault::PathStars) };
    let near = nearest(field, described.all()).map(|field| field.name.to_string());
    match described.find_mut(field) {
        Some(field) => Ok(&mut field.shape),
        None => Err(undescribed(path, field, near)),
    }
}

/// All that one step leads to; several where a value may be a list or an object.
fn behind<'f>(
    before: Vec<&'f mut Shape>,
    step: &Step,
    path: &str,
    place: usize,
    (claim, effect): (Claim, Option<usize>),
) -> Result<Vec<&'f mut Shape>, Fault> {
    let mut found = Vec::new();
    let mut kinds = Kinds::NONE;
    let (mut missing, mut unknown) = (None, None);
    for shape in before {
        kinds = kinds.or(shape.kinds);
        let Shape { items, fields, by_place, parsed, .. } = shape;
        if let (Some(kind), Step::Named { field, .. }) = (parsed, step) {
            unknown = Some((kind.parts(), field));
        }
        if let Step::Named { index: Some(_), .. } = step {
            by_place.add(claim, effect);
        }
        if let Step::Each | Step::Named { index: Some(_), .. } = step {
            found.extend(items.as_deref_mut());
        }
        if let (Step::Named { field, .. }, Some(fields)) = (step, fields) {
            let near = nearest(field, fields.all()).map(|field| field.name.to_string());
            match fields.find_mut(field) {
                Some(field) => found.push(&mut field.shape),
                None => missing = Some((field, near)),
            }
        }
    }
    if found.is_empty()
        && kinds.meets(Kinds::LIST)
        && let Step::Named { field, index: None } = step
        && let Ok(number) = field.parse()
    {
        let before: Vec<&str> = path.split('.').take(place).collect();
        let (list, step) = (before.join("."), field.to_string());
        return Err(Fault::Place { list, step, place: number });
    }
    if let (true, Some((parts, part))) = (found.is_empty(), unknown) {
        let before: Vec<&str> = path.split('.').take(place).collect();
        let (argument, part) = (before.join("."), part.to_string());
        return Err(Fault::UnknownPart(Box::new(UnknownPart { argument, part, parts })));
    }
    match (found.is_empty(), missing) {
        (false, _) => Ok(found),
        (true, Some((field, near))) => Err(undescribed(path, field, near)),
        (true, None) => {
            let before: Vec<&str> = path.split('.').take(place).collect();
            let needed = match step {
                Step::Each => Kinds::LIST,
                Step::Named { index: Some(_), .. } => Kinds::LIST.or(Kinds::OBJECT),
                Step::Named { index: None, .. } => Kinds::OBJECT,
            };
            Err(Fault::CannotHold { path: before.join("."), found: kinds, needed })
        }
    }
}

fn undescribed(path: &str, name: &str, near: Option<String>) -> Fault {
    let (path, name) = (path.to_owned(), name.to_owned());
    Fault::Undescribed(Box::new(Undescribed { path, name, near }))
}

/// Checks that a condition can be evaluated, and hold: every value that it compares with is of a kind that
/// its argument may be.
pub(super) fn check_condition(
    described: &mut Described,
    condition: &Condition,
    path: &str,
) -> Result<bool, Fault> {
    // Taken apart by name, so that a new test cannot be forgotten here.
    let Condition {
        argument: _,
        not: _,
        optional: _,
        present: _,
        equals,
        one_of,
        at_least,
        at_most,
        matches,
        endorsed: _,
        holds_for: _,
        under,
        below,
        in_network,
        at_most_elements,
        case_blind,
        regex,
        equals_argument: _,
        equals_bound: _,
        clock: _,
        days: _,
        from: _,
        until: _,
    } = condition;
    let mut check = |of| check_path(described, path, of).map(|_| ());
    let compared = |value: &Scalar| Use::Compared(Kinds::accepting(value.value()));
    let values = equals.iter().chain(one_of.iter().flatten());
    values.map(compared).try_for_each(&mut check)?;
    if at_least.is_some() || at_most.is_some() {
        check(Use::Compared(Kinds::INTEGER.or(Kinds::NUMBER)))?;
    }
    let regions = [under, below, in_network].iter().any(|texts| texts.is_some());
    if matches.is_some() || regex.is_some() || *case_blind || regions {
        check(Use::Compared(Kinds::TEXT))?;
    }
    if at_most_elements.is_some() {
        check(Use::List)?;
    }
    check_path(described, path, Use::Any)
}

/// Checks that what an argument of a kind is compared with is in its one form: in another it would never be equal.
pub(super) fn check_constants(
    described: &Described,
    condition: &Condition,
    path: &str,
) -> Result<(), (&'static str, Fault)> {
    if condition.case_blind {
        return Ok(());
    }
    let set = condition.one_of.as_deref().unwrap_or_default();
    let is_listed = |form: &str| {
        set.iter().any(|value| matches!(value.value(), Value::Text(text) if text == form))
    };
    let equals = condition.equals.iter().map(|value| ("equals", value));
    let one_of = set.iter().map(|value| ("one_of", value));
    for (field, value) in equals.chain(one_of) {
        let Value::Text(text) = value.value() else { continue };
        let path = || path.to_owned();
        match constant(&described.fields, &path(), text) {
            None => {}
            Some(Ok(form)) if form == text || is_listed(&form) => {}
            Some(Ok(canonical)) => {
                return Err((field, Fault::NotCanonical { path: path(), canonical }));
            }
            Some(Err(fault)) => return Err((field, Fault::NotOfKind { path: path(), fault })),
        }
    }
    Ok(())
}

/// The one form in which a text stands at a path, or what is wrong with it; nothing where no kind says so.
pub(super) fn constant(fields: &Fields, path: &str, text: &str) -> Option<Result<String, String>> {
    let steps: Vec<&str> = path.split('.').collect();
    let (shape, rest) = shape_at(fields, &steps)?;
    shape.parsed.as_ref()?.constant(rest, text)
}

/// The one form of a value that a call gives at a path, or what is wrong with it; nothing where no kind says so. A constant of
/// a policy stands below the root of a path; what a call gives begins where the tool's relative paths do.
pub(super) fn given(
    fields: &Fields,
    path: &str,
    value: Value<'_>,
) -> Option<Result<String, String>> {
    let steps: Vec<&str> = path.split('.').collect();
    let (shape, rest) = shape_at(fields, &steps)?;
    let kind = shape.parsed.as_ref()?;
    match (kind, rest, value) {
        (Kind::Path(_), [], Value::Text(_)) => Some(kind.canonical_value(value)),
        (Kind::Id(_), [], Value::Integer(_) | Value::Float(_)) => Some(kind.canonical_value(value)),
        (kind, rest, Value::Text(text)) => kind.constant(rest, text),
        _ => None,
    }
}

/// Whether a condition can hold, before it is negated, of what stands at its path; `None` where no kind says what can stand there.
pub(super) fn can_hold(fields: &Fields, condition: &Condition) -> Option<bool> {
    let steps: Vec<&str> = condition.argument.split('.').collect();
    let (shape, rest) = shape_at(fields, &steps)?;
    match shape.parsed.as_ref()?.bounds(rest)? {
        Bounds::Texts(language) => condition.may_hold_of_texts(&language, None),
        Bounds::TextsBut(language, others, names) => {
            let holds = condition.may_hold_of_texts(&language, Some(&others))?;
            Some(holds || condition.may_hold_of_texts(&names, None)?)
        }
        Bounds::Numbers(least, most) => condition.may_hold_of_numbers(least, most),
        Bounds::Decimals(scale) => condition.may_hold_of_decimals(scale.into()),
    }
}

/// Whether values at two paths are of kinds that have nothing in common, so that to compare them says nothing; `None` where the
/// tool does not describe both.
pub(super) fn are_unlike(fields: &Fields, one: &str, other: &str) -> Option<bool> {
    let one: Vec<&str> = one.split('.').collect();
    let other: Vec<&str> = other.split('.').collect();
    let ((one, one_rest), (other, other_rest)) =
        (shape_at(fields, &one)?, shape_at(fields, &other)?);
    // Parts of what a kind finds are texts and numbers.
    if !one_rest.is_empty() || !other_rest.is_empty() {
        return Some(false);
    }
    let of_kinds = match (&one.parsed, &other.parsed) {
        (Some(one), Some(other)) => !one.is_like(other),
        _ => false,
    };
    Some(of_kinds || !one.values().meets(other.values()))
}

/// What stands at the end of a path, or the last that is described on the way, with the steps behind it.
fn shape_at<'f, 's>(
    fields: &'f Fields,
    steps: &'s [&'s str],
) -> Option<(&'f Shape, &'s [&'s str])> {
    let (first, mut rest) = steps.split_first()?;
    let mut shape = &fields.find(first)?.1.shape;
    while let Some((step, behind)) = rest.split_first() {
        let in_list = *step == "*" || crate::policy::place_of(step).is_some();
        let field = shape.fields.as_ref().and_then(|fields| fields.find(step));
        shape = match (&shape.items, field) {
            (Some(items), _) if in_list => items,
            (_, Some((_, field))) => &field.shape,
            _ => break,
        };
        rest = behind;
    }
    Some((shape, rest))
}
