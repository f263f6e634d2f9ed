//! What a condition asks, in words for a person.

use std::fmt::{self, Display, Write};
use std::sync::Arc;

use super::blind::CaseBlind;
use super::bound::BoundValue;
use super::compile::{CompiledPolicy, Terms};
use super::condition::Quantifier;
use super::form::{Comparison, CompiledCondition, Literal, Test};
use super::number::Number;
use super::pattern::{PatternAt, Step};
use super::terms::argument_of;
use crate::base::visible::visible;
use crate::model::resource::Path;

/// So many values of a set are told.
const TOLD: usize = 4;

/// Bytes of one value that are told.
const TOLD_BYTES: usize = 64;

impl CompiledPolicy {
    /// What a condition of it asks of its argument.
    pub(super) fn asked(&self, condition: &CompiledCondition) -> String {
        let mut out = String::new();
        // Writing into memory cannot fail.
        let _ = self.write(condition, &mut out);
        out
    }

    /// The first exception of a statement that matches a resource, or some of what is below it, as it is written.
    pub(super) fn exception_told(
        &self,
        terms: &Terms,
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> Option<Arc<str>> {
        let patterns = &self.patterns;
        let meets = |at: &&PatternAt| match path.is_below() {
            true => patterns.may_meet(**at, path, values),
            false => patterns.may_match(**at, path, values),
        };
        let at = self.exceptions_of(terms).iter().find(meets)?;
        let told = |step: &Step| match *step {
            Step::Run { at, bytes, .. } => patterns.run_text(at, bytes).to_owned(),
            Step::Any => "*".to_owned(),
            Step::Rest => "**".to_owned(),
            Step::Bound(number) => {
                format!("{{{}}}", self.bound_name(number).map_or("", |name| &**name))
            }
            Step::Text(number) => {
                patterns.text(number).map(ToString::to_string).unwrap_or_default()
            }
        };
        let segments: Vec<String> = patterns.steps(*at).iter().map(told).collect();
        Some(segments.join("/").into())
    }

    fn write(&self, condition: &CompiledCondition, out: &mut String) -> fmt::Result {
        if condition.negated {
            out.write_str("not: ")?;
        }
        let Test::Predicate(predicate) = &condition.test else {
            return write_test(&condition.test, out);
        };
        out.write_str(match predicate.quantifier {
            Some(Quantifier::All) => "each ",
            Some(Quantifier::Some) => "some ",
            Some(Quantifier::None) => "none ",
            None => "",
        })?;
        match &predicate.asked {
            Comparison::Plain(test) => write_test(test, out),
            Comparison::Under(domains) => write_texts(out, "is under", domains.texts()),
            Comparison::Below(folders) => write_texts(out, "is below", folders.texts()),
            Comparison::InNetwork(networks) => {
                write_texts(out, "is an address in", networks.texts())
            }
            Comparison::AtMostElements(most) => write!(out, "has at most {most} elements"),
            Comparison::CaseBlind(CaseBlind::OneOf(texts)) => {
                write_texts(out, "is", texts.iter().map(|text| &**text))?;
                out.write_str(" in any case")
            }
            Comparison::CaseBlind(CaseBlind::Matches(pattern)) => {
                write!(out, "matches `{}` in any case", told(&pattern.to_string()))
            }
            Comparison::Regex(expression) => {
                write!(out, "matches the expression `{}`", told(expression.text()))
            }
            Comparison::Argument(path) => {
                write!(out, "equals the argument `{}`", told(&argument_of(path)))
            }
            Comparison::Bound(number) => {
                let name = self.bound_name(*number).map_or("", |name| name);
                write!(out, "equals `{{{}}}`", told(name))
            }
        }
    }
}

fn write_test(test: &Test, out: &mut String) -> fmt::Result {
    match test {
        Test::Present => out.write_str("is there"),
        Test::Equals(literal) => write!(out, "equals {literal}"),
        Test::OneOf { texts, others } => {
            let count = texts.len() + others.len();
            let texts = texts.iter().map(|text| Literal::Text(text.clone()));
            let values: Vec<String> = texts
                .chain(others.iter().cloned())
                .take(TOLD)
                .map(|value| value.to_string())
                .collect();
            write!(out, "is one of {}", values.join(", "))?;
            write_more(out, count)
        }
        Test::Range { least, most } => {
            let bound = |name: &str, bound: &Option<Number>| {
                bound.map(|bound| format!("{name} {}", Literal::Number(bound)))
            };
            let bounds: Vec<String> =
                bound("at least", least).into_iter().chain(bound("at most", most)).collect();
            write!(out, "is {}", bounds.join(" and "))
        }
        Test::Matches(pattern) => write!(out, "matches `{}`", told(&pattern.to_string())),
        Test::Endorsed(_) => out.write_str("is a value that may be acted on"),
        Test::Clock(window) => out.write_str(&window.asked()),
        Test::Predicate(_) => Ok(()),
    }
}

fn write_texts<'t>(
    out: &mut String,
    what: &str,
    texts: impl Iterator<Item = &'t str>,
) -> fmt::Result {
    out.write_str(what)?;
    let mut count = 0;
    for text in texts {
        count += 1;
        if count <= TOLD {
            write!(out, "{} `{}`", if count == 1 { "" } else { " or" }, told(text))?;
        }
    }
    write_more(out, count)
}

fn write_more(out: &mut String, count: usize) -> fmt::Result {
    match count.checked_sub(TOLD) {
        None | Some(0) => Ok(()),
        Some(more) => write!(out, " or {more} more"),
    }
}

fn told(text: &str) -> impl Display + '_ {
    visible(text).short(TOLD_BYTES)
}

impl Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(Number::Whole(value)) => value.fmt(f),
            Self::Number(Number::Fraction(value)) => value.fmt(f),
            Self::Number(Number::Decimal(value)) => value.fmt(f),
            Self::Text(text) => write!(f, "`{}`", told(text)),
        }
    }
}
