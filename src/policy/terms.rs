//! From what an author writes about arguments to conditions that are ready to be asked.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::blind::CaseBlind;
use super::bound::Variables;
use super::check::place_of;
use super::condition::{Condition, Quantifier, Scalar, ScalarKind};
use super::error::Fault;
use super::expression::Expression;
use super::form::{Comparison, CompiledCondition, Literal, PathStep, Predicate, Test};
use super::number::Number;
use super::regions::{Domains, Folders, Networks};
use super::text::TextPattern;
use super::window::Window;
use crate::base::limits::{
    MAX_ARGUMENT_STEPS, MAX_CONDITION_BYTES, MAX_POLICY_REGEX_MEMORY, MAX_SET_VALUES,
};

/// Argument paths and texts that conditions share: the few that a policy names stay in the nearest
/// cache, however many conditions name them.
#[derive(Default)]
pub(crate) struct Shared {
    paths: HashMap<String, Arc<[PathStep]>>,
    texts: HashMap<String, Arc<str>>,
    expressions: HashMap<String, Expression>,
    /// Bytes that the expressions take.
    expression_bytes: usize,
}

impl Shared {
    fn path(&mut self, argument: &str) -> Result<Arc<[PathStep]>, Fault> {
        if let Some(path) = self.paths.get(argument) {
            return Ok(path.clone());
        }
        let path = parse_path(argument)?;
        self.paths.insert(argument.to_owned(), path.clone());
        Ok(path)
    }

    fn expression(&mut self, text: &str) -> Result<Expression, Fault> {
        if let Some(expression) = self.expressions.get(text) {
            return Ok(expression.clone());
        }
        let expression = Expression::parse(text)?;
        self.expression_bytes += expression.memory_bytes();
        if self.expression_bytes > MAX_POLICY_REGEX_MEMORY {
            return Err(Fault::TooManyRegexes);
        }
        self.expressions.insert(text.to_owned(), expression.clone());
        Ok(expression)
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.texts.get(text) {
            return shared.clone();
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(text.to_owned(), shared.clone());
        shared
    }
}

/// Where a condition is at fault, relative to it, and why.
type FieldFault = (&'static str, Fault);

impl CompiledCondition {
    /// Validates a condition; the error comes with the field at fault, relative to the condition.
    pub(crate) fn new(
        source: &Condition,
        shared: &mut Shared,
        variables: &mut Variables,
    ) -> Result<Self, FieldFault> {
        // Taken apart by name, so that a new test cannot be forgotten here.
        let Condition {
            argument,
            not,
            optional,
            present,
            equals,
            one_of,
            at_least,
            at_most,
            matches,
            endorsed,
            holds_for,
            under,
            below,
            in_network,
            at_most_elements,
            case_blind,
            regex,
            equals_argument,
            equals_bound,
            clock: _,
            days: _,
            from: _,
            until: _,
        } = source;
        if let Some(of_time) = Self::of_time(source)? {
            return Ok(of_time);
        }
        if argument.is_empty() {
            return Err(("", Fault::NoArgument));
        }
        let path = shared.path(argument).map_err(|fault| ("argument", fault))?;
        let range = at_least.is_some() || at_most.is_some();
        let tests = [
            present.is_some(),
            equals.is_some(),
            one_of.is_some(),
            range,
            matches.is_some(),
            endorsed.is_some(),
            under.is_some(),
            below.is_some(),
            in_network.is_some(),
            at_most_elements.is_some(),
            regex.is_some(),
            equals_argument.is_some(),
            equals_bound.is_some(),
        ];
        match tests.into_iter().filter(|is_there| *is_there).count() {
            0 => return Err(("", Fault::NoTest)),
            1 => {}
            _ => return Err(("", Fault::ManyTests)),
        }
        if *optional && present.is_some() {
            return Err(("optional", Fault::OptionalPresence));
        }
        if *case_blind && equals.is_none() && one_of.is_none() && matches.is_none() {
            return Err(("case_blind", Fault::CaseOfNothing));
        }
        let asked = asked(source, shared, variables)?;
        let negated = *not ^ (*present == Some(false));
        let test = test(asked, *holds_for, stars(&path))?;
        Ok(Self { path, negated, optional: *optional, test })
    }

    /// A test of the time, where it is one.
    fn of_time(source: &Condition) -> Result<Option<Self>, FieldFault> {
        let Condition { argument, not, optional, holds_for, case_blind, .. } = source;
        let Condition { clock, days, from, until, .. } = source;
        let Some(zone) = clock else {
            let times =
                [("days", days.is_some()), ("from", from.is_some()), ("until", until.is_some())];
            let odd = first_of(times).map(|field| Err((field, Fault::WindowWithoutClock)));
            return odd.unwrap_or(Ok(None));
        };
        let odd = [
            ("argument", !argument.is_empty()),
            ("optional", *optional),
            ("holds_for", holds_for.is_some()),
            ("case_blind", *case_blind),
        ];
        if let Some(field) = first_of(odd) {
            return Err((field, Fault::ClockAlone));
        }
        let plain = Condition {
            not: false,
            clock: None,
            days: None,
            from: None,
            until: None,
            ..source.clone()
        };
        if plain != Condition::on("") {
            return Err(("", Fault::ManyTests));
        }
        let window = Window::new(zone, source)?;
        let test = Test::Clock(Box::new(window));
        Ok(Some(Self { path: Arc::new([]), negated: *not, optional: false, test }))
    }

    /// The argument that it tests, as the author wrote it; empty where it tests the time.
    pub(super) fn argument(&self) -> String {
        argument_of(&self.path)
    }
}

fn first_of<const N: usize>(fields: [(&'static str, bool); N]) -> Option<&'static str> {
    fields.into_iter().find(|(_, is_there)| *is_there).map(|(field, _)| field)
}

/// A path as the author wrote it.
pub(super) fn argument_of(path: &[PathStep]) -> String {
    let fields: Vec<&str> = path.iter().map(|step| &*step.field).collect();
    fields.join(".")
}

/// The test of an argument whose path has so many stars.
fn test(
    asked: Comparison,
    holds_for: Option<Quantifier>,
    stars: usize,
) -> Result<Test, FieldFault> {
    let is_of_all = matches!(asked, Comparison::Plain(Test::Endorsed(_)));
    match (holds_for, asked) {
        (Some(_), Comparison::Plain(Test::Present | Test::Endorsed(_))) => {
            Err(("holds_for", Fault::Quantified))
        }
        (Some(_), _) if stars == 0 => Err(("argument", Fault::NoEveryPlace)),
        (None, _) if is_of_all && stars > 1 => Err(("argument", Fault::EveryPlaceOnce)),
        (None, _) if !is_of_all && stars > 0 => Err(("argument", Fault::EveryPlace)),
        (None, Comparison::Plain(test)) => Ok(test),
        (quantifier, asked) => Ok(Test::Predicate(Box::new(Predicate { quantifier, asked }))),
    }
}

/// What a condition asks of one value; it has one test.
fn asked(
    source: &Condition,
    shared: &mut Shared,
    variables: &mut Variables,
) -> Result<Comparison, FieldFault> {
    let at = |field| move |fault| (field, fault);
    let Condition { at_least, at_most, case_blind, .. } = source;
    if source.present.is_some() {
        return Ok(Comparison::Plain(Test::Present));
    }
    if let Some(value) = &source.equals {
        return match case_blind {
            true => CaseBlind::one_of(std::slice::from_ref(value)).map(Comparison::CaseBlind),
            false => literal(value, shared).map(Test::Equals).map(Comparison::Plain),
        }
        .map_err(at("equals"));
    }
    if let Some(values) = &source.one_of {
        return match case_blind {
            true => CaseBlind::one_of(values).map(Comparison::CaseBlind),
            false => set(values, shared).map(Comparison::Plain),
        }
        .map_err(at("one_of"));
    }
    if at_least.is_some() || at_most.is_some() {
        return range_of(at_least.as_ref(), at_most.as_ref()).map(Comparison::Plain);
    }
    if let Some(pattern) = &source.matches {
        return match case_blind {
            true => CaseBlind::matches(pattern).map(Comparison::CaseBlind),
            false => TextPattern::parse(pattern).map(Test::Matches).map(Comparison::Plain),
        }
        .map_err(at("matches"));
    }
    if let Some(hosts) = &source.under {
        return Domains::new(hosts).map(Comparison::Under).map_err(at("under"));
    }
    if let Some(folders) = &source.below {
        return Folders::new(folders).map(Comparison::Below).map_err(at("below"));
    }
    if let Some(ranges) = &source.in_network {
        return Networks::new(ranges).map(Comparison::InNetwork).map_err(at("in_network"));
    }
    if let Some(most) = source.at_most_elements {
        return Ok(Comparison::AtMostElements(most));
    }
    if let Some(expression) = &source.regex {
        return shared.expression(expression).map(Comparison::Regex).map_err(at("regex"));
    }
    if let Some(other) = &source.equals_argument {
        return match shared.path(other) {
            Ok(path) if stars(&path) == 0 => Ok(Comparison::Argument(path)),
            Ok(_) => Err(("equals_argument", Fault::OneArgument)),
            Err(fault) => Err(("equals_argument", fault)),
        };
    }
    if let Some(name) = &source.equals_bound {
        return variables.number(name).map(Comparison::Bound).map_err(at("equals_bound"));
    }
    source
        .endorsed
        .map(|origins| Comparison::Plain(Test::Endorsed(origins)))
        .ok_or(("", Fault::NoTest))
}

/// How many steps of a path stand for every place of a list.
fn stars(path: &[PathStep]) -> usize {
    path.iter().filter(|step| step.is_every()).count()
}

fn parse_path(argument: &str) -> Result<Arc<[PathStep]>, Fault> {
    if argument.len() > MAX_CONDITION_BYTES {
        return Err(Fault::TooLong);
    }
    let step = |field: &str| PathStep { field: field.into(), index: place_of(field) };
    let steps: Arc<[PathStep]> = argument.split('.').map(step).collect();
    if stars(&steps) > 2 || steps.first().is_some_and(PathStep::is_every) {
        return Err(Fault::EveryPlaceOnce);
    }
    if steps.len() > MAX_ARGUMENT_STEPS || steps.iter().any(|step| step.field.is_empty()) {
        return Err(Fault::ArgumentPath);
    }
    Ok(steps)
}

fn literal(Scalar(kind): &Scalar, shared: &mut Shared) -> Result<Literal, Fault> {
    Ok(match kind {
        ScalarKind::Bool(value) => Literal::Bool(*value),
        ScalarKind::Integer(value) => Literal::Number(Number::Whole((*value).into())),
        ScalarKind::Unsigned(value) => Literal::Number(Number::Whole((*value).into())),
        ScalarKind::Float(value) => {
            Literal::Number(Number::fraction(*value).ok_or(Fault::NotFinite)?)
        }
        ScalarKind::Text(text) if text.len() > MAX_CONDITION_BYTES => return Err(Fault::TooLong),
        ScalarKind::Text(text) => Literal::Text(shared.text(text)),
    })
}

fn set(values: &[Scalar], shared: &mut Shared) -> Result<Test, Fault> {
    if values.is_empty() || values.len() > MAX_SET_VALUES {
        return Err(Fault::SetSize);
    }
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for value in values {
        match literal(value, shared)? {
            Literal::Text(text) => texts.push(text),
            other => others.push(other),
        }
    }
    texts.sort_unstable();
    texts.dedup();
    Ok(Test::OneOf { texts: texts.into(), others: others.into() })
}

fn range_of(least: Option<&Scalar>, most: Option<&Scalar>) -> Result<Test, (&'static str, Fault)> {
    let number = |field, bound: Option<&Scalar>| {
        bound
            .map(|bound| match literal(bound, &mut Shared::default()) {
                Ok(Literal::Number(number)) => Ok(number),
                Ok(_) => Err((field, Fault::NotANumber)),
                Err(fault) => Err((field, fault)),
            })
            .transpose()
    };
    let (least, most) = (number("at_least", least)?, number("at_most", most)?);
    match (least, most) {
        (Some(low), Some(high)) if low.compare(high) == Ordering::Greater => {
            Err(("at_least", Fault::EmptyRange))
        }
        _ => Ok(Test::Range { least, most }),
    }
}
