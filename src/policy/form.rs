//! Conditions as evaluation reads them: what is asked of which argument.

use std::sync::Arc;

use super::blind::CaseBlind;
use super::bound::BoundValue;
use super::condition::Quantifier;
use super::expression::Expression;
use super::number::Number;
use super::regions::{Domains, Folders, Networks};
use super::text::TextPattern;
use super::window::Window;
use crate::base::limits::MAX_CALL_PARTS;
use crate::base::time::Timestamp;
use crate::flow::provenance::{Known, Origins};
use crate::model::arguments::{Arguments, NoArguments, Value};
use crate::model::parts::{Part, Parts};

/// The most steps to find a part of what a text reaches: to go past one takes an eighth of a step.
pub(super) const PART_STEPS: u64 = MAX_CALL_PARTS as u64 / 8;

/// A validated condition.
#[derive(Clone, Debug)]
pub(crate) struct CompiledCondition {
    pub(super) path: Arc<[PathStep]>,
    pub(super) negated: bool,
    /// An argument that is not there passes.
    pub(super) optional: bool,
    pub(super) test: Test,
}

#[derive(Clone, Debug)]
pub(super) struct PathStep {
    pub(super) field: Box<str>,
    /// The place in a list that the field names, where it is a number.
    pub(super) index: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Present,
    Equals(Literal),
    OneOf {
        texts: Box<[Arc<str>]>,
        others: Box<[Literal]>,
    },
    Range {
        least: Option<Number>,
        most: Option<Number>,
    },
    Matches(TextPattern),
    Endorsed(Origins),
    /// One that is asked elsewhere, boxed so that the others stay small.
    Predicate(Box<Predicate>),
    /// Of the time, and of no argument.
    Clock(Box<Window>),
}

/// What a condition is asked of.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'g> {
    pub(crate) arguments: &'g dyn Arguments,
    /// What the texts among them reach.
    pub(crate) parts: Option<&'g Parts>,
    /// The values that the session may act on, where there is one.
    pub(crate) endorsed: Option<Known<'g>>,
    /// What names are bound to: `invoker`, `agent` and those of the policy.
    pub(crate) values: &'g [BoundValue],
    /// When it is decided, where that is known.
    pub(crate) now: Option<Timestamp>,
}

impl Facts<'_> {
    /// Nothing but an element.
    pub(super) const NOTHING: Self =
        Self { arguments: &NoArguments, parts: None, endorsed: None, values: &[], now: None };
}

#[derive(Clone, Debug)]
pub(super) enum Literal {
    Bool(bool),
    Number(Number),
    Text(Arc<str>),
}

/// A test, and of how many elements it must hold.
#[derive(Clone, Debug)]
pub(super) struct Predicate {
    pub(super) quantifier: Option<Quantifier>,
    pub(super) asked: Comparison,
}

/// What is asked of one value.
#[derive(Clone, Debug)]
pub(super) enum Comparison {
    Plain(Test),
    Under(Domains),
    Below(Folders),
    InNetwork(Networks),
    AtMostElements(u64),
    CaseBlind(CaseBlind),
    Regex(Expression),
    Argument(Arc<[PathStep]>),
    /// The number of a name that the scope binds.
    Bound(u8),
}

/// What stands somewhere: as it was written, where that can be told, and as a kind read it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) value: Result<Option<Value<'a>>, OtherShape>,
    pub(super) part: Option<Part<'a>>,
}

/// Something that has no such part stands where the path goes on.
#[derive(Clone, Copy)]
pub(super) struct OtherShape;
