//! Fields of results: which of them can be trusted, and which outsiders can write.

use smallvec::SmallVec;

use super::error::{Fault, FieldFault};
use super::kinds::canonical;
use super::spec::ResultSpec;
use super::trust::{TrustKind, TrustSpec};
use crate::base::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_ITEMS_PER_TOOL, MAX_RESULT_VALUES,
};
use crate::base::name::check_name;
use crate::flow::provenance::{Key, with_text};
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
        for (text, gives) in &data.trusted.0 {
            check_gives(gives)
                .map_err(|fault| FieldFault::new(format!("result.trusted.{text}"), fault))?;
        }
        for (number, (one, text)) in trusted.iter().zip(&texts).enumerate() {
            for (other, outsider) in outsider.iter().zip(&data.outsider) {
                if may_hold(other, one) {
                    let fault =
                        Fault::Overlap { trusted: text.clone(), outsider: outsider.clone() };
                    return Err(FieldFault::new(format!("result.trusted[{number}]"), fault));
                }
            }
        }
        let trusted = trusted.into_iter().zip(gives);
        let trusted = trusted.map(|(pattern, gives)| Trusted { pattern, gives }).collect();
        Ok(Self { trusted, outsider })
    }

    /// Whether outsiders can write any field.
    pub(super) fn has_outsiders(&self) -> bool {
        !self.outsider.is_empty()
    }

    /// Shows every text and number that the patterns trust and no outsider can write.
    pub(super) fn for_each_trusted(
        &self,
        result: Value<'_>,
        show: &mut dyn FnMut(&TrustSpec, Value<'_>),
    ) {
        let mut left = MAX_RESULT_VALUES;
        for Trusted { pattern, gives } in &self.trusted {
            let show = &mut |value: Value<'_>| show(gives, value);
            let mut walk = Walk { outsider: &self.outsider, left, show };
            walk.go(pattern, result, None);
            left = walk.left;
        }
    }
}

fn check_gives(TrustSpec { kind, counts_for }: &TrustSpec) -> Result<(), Fault> {
    let (TrustKind::Word(word) | TrustKind::Id(word)) = kind;
    check_name(word)?;
    match counts_for {
        Some(tools) if tools.is_empty() => Err(Fault::CountsForNothing),
        Some(tools) if tools.len() > MAX_ITEMS_PER_TOOL => Err(Fault::TooManyItems),
        _ => Ok(()),
    }
}

/// What a trusted value endorses: its one form as a value of its kind, for each tool that it counts for, or for all.
pub(super) fn endorsements(gives: &TrustSpec, value: Value<'_>, take: &mut dyn FnMut(Key<'_>)) {
    let kind = gives.kind();
    let mut one = |text: &str| {
        let Some(text) = canonical(kind, text) else { return };
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
    left: usize,
    show: &'w mut dyn FnMut(Value<'_>),
}

impl Walk<'_> {
    fn go(&mut self, steps: &[Step], value: Value<'_>, trail: Option<&Trail<'_>>) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
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
            Step::Each => 0..list.len().min(self.left),
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
            (self.show)(value);
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
