//! Fields of results: which of them can be trusted, and which outsiders can write.

use std::cell::Cell;

use smallvec::SmallVec;

use super::error::{Fault, FieldFault};
use super::spec::ResultSpec;
use super::trust::{TrustKind, TrustSpec};
use crate::base::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_ITEMS_PER_TOOL, MAX_RESULT_VALUES,
};
use crate::base::name::check_name;
use crate::flow::provenance::{Key, Known, Origins, with_text};
use crate::model::arguments::{Arguments, List, Value};
use crate::policy::place_of;

impl Step {
    /// Whether it says this name, be it of a field or, in another shape, of a place.
    fn says(&self, name: &str) -> bool {
        match self {
            Self::Field(field) => **field == *name,
            Self::Place(place) => name.parse() == Ok(*place),
            Self::Each | Self::EveryField => false,
        }
    }
}

/// The validated fields of one tool's result.
#[derive(Clone, Debug)]
pub(super) struct CompiledResult {
    trusted: Box<[Trusted]>,
    /// Fields that give back what calls put in.
    given_back: Box<[Trusted]>,
    outsider: Box<[Pattern]>,
}

/// Where trusted values stand, of which kind they are, and for which tools they count.
#[derive(Clone, Debug)]
struct Trusted {
    pattern: Pattern,
    gives: TrustSpec,
}

type Pattern = Box<[Step]>;

/// One step of a pattern. Each is about one shape: what is of another shape, it does not enter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// `*`: every element of a list.
    Each,
    /// `{*}`: every field of an object.
    EveryField,
    /// Digits: one place in a list.
    Place(usize),
    /// One field of an object.
    Field(Box<str>),
}

impl CompiledResult {
    pub(super) fn new(data: &ResultSpec) -> Result<Self, FieldFault> {
        let (texts, gives): (Vec<String>, Vec<TrustSpec>) = data.trusted.0.iter().cloned().unzip();
        let trusted = patterns("result.trusted", &texts)?;
        let outsider = patterns("result.outsider", &data.outsider)?;
        for ((text, gives), pattern) in data.trusted.0.iter().zip(&trusted) {
            check_gives(gives, pattern)
                .map_err(|fault| FieldFault::new(format!("result.trusted.{text}"), fault))?;
        }
        for (number, (one, text)) in trusted.iter().zip(&texts).enumerate() {
            // Of two kinds for one field, neither may silently count.
            if trusted.iter().take(number).any(|other| other == one) {
                let fault = Fault::RepeatedField;
                return Err(FieldFault::new(format!("result.trusted.{text}"), fault));
            }
            for (other, outsider) in outsider.iter().zip(&data.outsider) {
                if may_hold(other, one) {
                    let fault =
                        Fault::Overlap { trusted: text.clone(), outsider: outsider.clone() };
                    return Err(FieldFault::new(format!("result.trusted[{number}]"), fault));
                }
            }
        }
        let trusted = trusted.into_iter().zip(gives);
        let trusted = trusted.map(|(pattern, gives)| Trusted { pattern, gives });
        let (given_back, trusted): (Vec<_>, Vec<_>) =
            trusted.partition(|trusted| trusted.gives.given_back);
        Ok(Self { trusted: trusted.into(), given_back: given_back.into(), outsider })
    }

    /// Whether outsiders can write any field.
    pub(super) fn has_outsiders(&self) -> bool {
        !self.outsider.is_empty()
    }

    /// Shows every text and number that the patterns trust and no outsider can write. Of a record that gives back what a call
    /// put in, only where all of that was known before.
    pub(super) fn for_each_trusted(
        &self,
        result: Value<'_>,
        known: Option<Known<'_>>,
        show: &mut dyn FnMut(&TrustSpec, Value<'_>),
    ) {
        let left = Cell::new(MAX_RESULT_VALUES);
        for Trusted { pattern, gives } in &self.trusted {
            let show = &mut |value: Value<'_>, trail: Option<&Trail<'_>>| {
                let mut put_in = self.given_back.iter();
                if put_in.all(|field| field.was_known(pattern, trail, (result, known), &left)) {
                    show(gives, value);
                }
            };
            Walk { outsider: &self.outsider, left: &left, show }.go(pattern, result, None);
        }
    }
}

impl Trusted {
    /// Whether all that this field gives back in the record of another field was known before. What is not there, or is no text
    /// and no number, was not.
    fn was_known(
        &self,
        other: &[Step],
        trail: Option<&Trail<'_>>,
        (result, known): (Value<'_>, Option<Known<'_>>),
        left: &Cell<usize>,
    ) -> bool {
        let Some(known) = known else { return false };
        let steps = self.pattern.iter().zip(other).take_while(|(one, other)| one == other);
        let shared = steps.count();
        let Some(record) = record_at(result, &Trail::steps(trail), shared) else { return false };
        let kind = self.gives.kind();
        let holds = |value: Value<'_>| {
            let holds = |text: &str| {
                let text = self.gives.canonical(text);
                text.and_then(|text| known.holds(Origins::ANY, kind, Value::Text(&text)))
            };
            with_text(value, holds) == Some(Some(true))
        };
        every(self.pattern.get(shared..).unwrap_or_default(), record, left, &holds)
    }
}

/// Whether the steps lead from a value to one of which it holds, in all elements and fields that they are about.
fn every(
    steps: &[Step],
    value: Value<'_>,
    left: &Cell<usize>,
    holds: &dyn Fn(Value<'_>) -> bool,
) -> bool {
    let Some(fewer) = left.get().checked_sub(1) else { return false };
    left.set(fewer);
    let Some((step, rest)) = steps.split_first() else { return holds(value) };
    let next = |value: Option<Value<'_>>| value.is_some_and(|v| every(rest, v, left, holds));
    match (step, value) {
        (Step::Field(field), Value::Object(object)) => next(object.get(field)),
        (Step::EveryField, Value::Object(object)) => {
            let (mut any, mut all) = (false, true);
            object.visit(&mut |_, value| (any, all) = (true, all && next(Some(value))));
            any && all
        }
        (Step::Place(place), Value::List(list)) => next(list.at(*place)),
        // Where nothing is, nothing was known.
        (Step::Each, Value::List(list)) if list.is_empty() => false,
        (Step::Each, Value::List(list)) => (0..list.len()).all(|place| next(list.at(place))),
        _ => false,
    }
}

/// What stands at the end of the first of some steps.
fn record_at<'v>(result: Value<'v>, steps: &[Taken<'_>], first: usize) -> Option<Value<'v>> {
    steps.get(..first)?.iter().try_fold(result, |value, step| match (step, value) {
        (Taken::Field(name), Value::Object(object)) => object.get(name),
        (Taken::Place(place), Value::List(list)) => list.at(*place),
        _ => None,
    })
}

fn check_gives(spec: &TrustSpec, pattern: &[Step]) -> Result<(), Fault> {
    let TrustSpec { kind, counts_for, given_back, aliases: _ } = spec;
    let (TrustKind::Word(word) | TrustKind::Id(word)) = kind;
    check_name(word)?;
    match counts_for {
        Some(_) if *given_back => Err(Fault::CountsForGivenBack),
        None if *given_back && pattern.iter().any(|step| matches!(step, Step::Place(_))) => {
            Err(Fault::GivenBackAtPlace)
        }
        Some(tools) if tools.is_empty() => Err(Fault::CountsForNothing),
        Some(tools) if tools.len() > MAX_ITEMS_PER_TOOL => Err(Fault::TooManyItems),
        _ => Ok(()),
    }
}

/// What a trusted value endorses: its one form as a value of its kind, for each tool that it counts for, or for all.
pub(super) fn endorsements(gives: &TrustSpec, value: Value<'_>, take: &mut dyn FnMut(Key<'_>)) {
    let kind = gives.kind();
    let mut one = |text: &str| {
        let Some(text) = gives.canonical(text) else { return };
        let key = Key::of(kind, &text);
        match &gives.counts_for {
            None => take(key),
            Some(tools) => tools.iter().for_each(|tool| take(Key { tool, ..key })),
        }
    };
    with_text(value, |text| one(text));
}

fn patterns(field: &str, texts: &[String]) -> Result<Box<[Pattern]>, FieldFault> {
    if texts.len() > MAX_ITEMS_PER_TOOL {
        return Err(FieldFault::new(field, Fault::TooManyItems));
    }
    let parse = |(number, text): (usize, &String)| {
        parse(text).map_err(|fault| FieldFault::new(format!("{field}[{number}]"), fault))
    };
    texts.iter().enumerate().map(parse).collect()
}

fn parse(text: &str) -> Result<Pattern, Fault> {
    if text.len() > MAX_CONDITION_BYTES {
        return Err(Fault::TooLong);
    }
    // The result itself.
    if text == "." {
        return Ok(Box::default());
    }
    if text.split('.').any(str::is_empty) || text.split('.').count() > MAX_ARGUMENT_STEPS {
        return Err(Fault::Path);
    }
    text.split('.').map(parse_step).collect()
}

fn parse_step(step: &str) -> Result<Step, Fault> {
    let within = step.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match (step, within) {
        ("*", _) => Ok(Step::Each),
        ("{*}", _) => Ok(Step::EveryField),
        // A name that would be a place or a star without the braces.
        (_, Some(name)) if is_digits(name) => Ok(Step::Field(name.into())),
        _ if is_digits(step) => match place_of(step) {
            Some(place) => Ok(Step::Place(place)),
            None => Err(Fault::ResultPlace { step: step.to_owned() }),
        },
        _ if step.contains(['{', '}', '*']) => Err(Fault::ResultStep { step: step.to_owned() }),
        _ => Ok(Step::Field(step.into())),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether something that `inner` leads to may lie at or below what `outer` is about.
fn may_hold(outer: &[Step], inner: &[Step]) -> bool {
    holds(outer, inner, |step, other, aligned| match (step, other) {
        (Step::Place(one), Step::Place(other)) => one == other,
        (Step::Place(_), Step::Each) => true,
        (step, Step::Field(name)) => step.says(name),
        (Step::Field(name), Step::Place(place)) => name.parse() == Ok(*place),
        // Elsewhere the walk does not enter the field; see `Walk::enter`.
        (Step::Field(_), Step::EveryField) => aligned,
        _ => false,
    })
}

/// Whether what an outsiders' pattern is about lies on the way along `path`. Results come in other shapes than was thought
/// of, so a star stands for one step of any kind, or for none where one record stands in place of several.
fn holds<T>(pattern: &[Step], path: &[T], meets: impl Fn(&Step, &T, bool) -> bool) -> bool {
    // The places on the path up to which the pattern may lead so far, a bit each; both are short.
    let mut places = 1_u32;
    for (number, step) in pattern.iter().enumerate() {
        let is_star = matches!(step, Step::Each | Step::EveryField);
        let mut next = if is_star { places } else { 0 };
        for (place, other) in path.iter().enumerate() {
            if places >> place & 1 == 1 && (is_star || meets(step, other, place == number)) {
                next |= 2 << place;
            }
        }
        places = next;
    }
    places != 0
}

/// The steps taken so far, from the last one back.
struct Trail<'t> {
    step: Taken<'t>,
    before: Option<&'t Trail<'t>>,
}

#[derive(Clone, Copy)]
enum Taken<'t> {
    Field(&'t str),
    Place(usize),
}

impl<'t> Trail<'t> {
    /// The steps from the first one on. They are as many as those of a pattern.
    fn steps(trail: Option<&Self>) -> SmallVec<[Taken<'t>; MAX_ARGUMENT_STEPS]> {
        let back = std::iter::successors(trail, |trail| trail.before);
        let mut steps: SmallVec<_> = back.map(|trail| trail.step).collect();
        steps.reverse();
        steps
    }
}

struct Walk<'w> {
    outsider: &'w [Pattern],
    /// Values that may still be looked at.
    left: &'w Cell<usize>,
    show: &'w mut dyn FnMut(Value<'_>, Option<&Trail<'_>>),
}

impl Walk<'_> {
    fn go(&mut self, steps: &[Step], value: Value<'_>, trail: Option<&Trail<'_>>) {
        let Some(left) = self.left.get().checked_sub(1) else { return };
        self.left.set(left);
        match (steps.split_first(), value) {
            (None, value) => self.arrive(value, trail),
            (Some((step, rest)), Value::Object(object)) => self.enter(step, rest, object, trail),
            (Some((step, rest)), Value::List(list)) => self.along(step, rest, list, trail),
            _ => {}
        }
    }

    fn enter(
        &mut self,
        step: &Step,
        rest: &[Step],
        object: &dyn Arguments,
        before: Option<&Trail<'_>>,
    ) {
        match step {
            Step::Field(field) => {
                if let Some(value) = object.get(field) {
                    self.go(rest, value, Some(&Trail { step: Taken::Field(field), before }));
                }
            }
            Step::EveryField => object.visit(&mut |name, value| {
                // What outsiders write under this name in one shape, they may write in another.
                if !self.is_outsiders(name) {
                    self.go(rest, value, Some(&Trail { step: Taken::Field(name), before }));
                }
            }),
            // Of lists.
            Step::Each | Step::Place(_) => {}
        }
    }

    /// Whether a pattern of outsiders names such a field, wherever.
    fn is_outsiders(&self, name: &str) -> bool {
        self.outsider.iter().any(|pattern| pattern.iter().any(|step| step.says(name)))
    }

    fn along(&mut self, step: &Step, rest: &[Step], list: &dyn List, before: Option<&Trail<'_>>) {
        let places = match step {
            Step::Place(place) => *place..place.saturating_add(1),
            Step::Each => 0..list.len().min(self.left.get()),
            // Of objects.
            Step::Field(_) | Step::EveryField => 0..0,
        };
        for place in places {
            if let Some(value) = list.at(place) {
                self.go(rest, value, Some(&Trail { step: Taken::Place(place), before }));
            }
        }
    }

    fn arrive(&mut self, value: Value<'_>, trail: Option<&Trail<'_>>) {
        let plain = matches!(value, Value::Text(_) | Value::Integer(_) | Value::Float(_));
        // Few patterns of outsiders can meet a trusted one, which was checked; it costs little to look.
        if plain && !self.is_below_outsiders(trail) {
            (self.show)(value, trail);
        }
    }

    fn is_below_outsiders(&self, trail: Option<&Trail<'_>>) -> bool {
        let steps = Trail::steps(trail);
        let meets = |step: &Step, taken: &Taken<'_>, _| match (step, taken) {
            (step, Taken::Field(name)) => step.says(name),
            (Step::Place(place), Taken::Place(taken)) => place == taken,
            (Step::Field(field), Taken::Place(taken)) => field.parse() == Ok(*taken),
            _ => false,
        };
        self.outsider.iter().any(|pattern| holds(pattern, &steps, meets))
    }
}
