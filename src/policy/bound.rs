//! What a scope binds to the names in patterns: one value, or a set of them.

use std::sync::Arc;

use super::error::Fault;
use super::literal::is_bindable;
use crate::base::hash::hash_name;
use crate::base::limits::{MAX_BOUND_VALUES, MAX_NAME_BYTES, MAX_VARIABLES};
use crate::base::steps;
use crate::model::resource::{Path, escape_into, with_name};

/// Bytes of the largest bound value: every byte of a name may be escaped.
const BOUND_BYTES: usize = 3 * MAX_NAME_BYTES;

/// What a scope binds to a name in patterns: literal segments, whatever they hold.
#[derive(Clone, Debug)]
pub(crate) enum BoundValue {
    /// One segment.
    One { segment: Box<str>, hash: u64 },
    /// Any of several.
    Set(Arc<BoundSet>),
    /// Any segment: stands for a set where the question is what another set would change.
    Any,
    /// A set that could not be learned: no segment, or any where it is `open`. What else compares with it cannot be evaluated.
    Unlearned { open: bool },
}

/// Segments, any of which a bound name stands for. A lookup asks for one probe whatever their number, and halves its way through
/// them.
#[derive(Debug, Default)]
pub(crate) struct BoundSet {
    /// Ascending.
    hashes: Box<[u64]>,
    /// The segment of each; ascending where hashes are alike.
    segments: Box<[Box<str>]>,
    /// The values themselves, ascending.
    pub(super) names: Box<[Box<str>]>,
    /// Whether a kind would write each of them as it stands.
    has_one_form: bool,
}

/// Sets of so few are looked through without a branch.
const FEW: usize = 8;

impl BoundValue {
    /// Escapes `text`, so that it can match neither a separator nor more than itself.
    pub(crate) fn new(text: &str) -> Self {
        let segment = segment(text);
        Self::One { hash: hash_name(&segment), segment }
    }

    /// The same of each of several texts, without repetitions.
    pub(crate) fn set<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut names: Vec<Box<str>> = texts.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        let segments = names.iter().map(|name| segment(name));
        let mut segments: Vec<_> = segments.map(|segment| (hash_name(&segment), segment)).collect();
        segments.sort_unstable();
        let (hashes, segments): (Vec<_>, Vec<_>) = segments.into_iter().unzip();
        Self::Set(Arc::new(BoundSet {
            hashes: hashes.into(),
            segments: segments.into(),
            has_one_form: names.iter().all(|name| has_one_form(name)),
            names: names.into(),
        }))
    }

    /// The hash that a segment in this place has where it is the value. Of a set that is the one that was found, where it
    /// holds a segment with that hash.
    #[inline]
    pub(super) fn hash_beside(&self, found: impl FnOnce() -> u64) -> u64 {
        match self {
            Self::One { hash, .. } => *hash,
            Self::Set(set) => set.hash_beside(found()),
            Self::Any | Self::Unlearned { open: true } => found(),
            Self::Unlearned { open: false } => !found(),
        }
    }

    /// Whether it is this text, or one of the set is; `None` where that is not known.
    pub(super) fn is(&self, text: &str) -> Option<bool> {
        steps::take(Self::text_steps);
        match self {
            Self::One { segment, .. } => Some(with_name(segment, |name| name == text)),
            Self::Set(set) => Some(set.names.binary_search_by(|own| (**own).cmp(text)).is_ok()),
            Self::Any => Some(true),
            Self::Unlearned { .. } => None,
        }
    }

    /// The same of a text in the one form of its kind. A value that may stand for it in another form, as `Lee@Example.com` does for
    /// `Lee@example.com`, is not known to be another.
    pub(super) fn is_form(&self, text: &str) -> Option<bool> {
        let alike = self.is(text)?;
        let has_one_form = match self {
            Self::One { segment, .. } => {
                steps::take(|| steps::of_search(segment.len()));
                with_name(segment, has_one_form)
            }
            Self::Set(set) => set.has_one_form,
            Self::Any | Self::Unlearned { .. } => true,
        };
        (alike || has_one_form).then_some(alike)
    }

    /// Whether any segment is the value.
    pub(super) fn can_be(&self) -> bool {
        match self {
            Self::One { .. } | Self::Any => true,
            Self::Set(set) => !set.segments.is_empty(),
            Self::Unlearned { open } => *open,
        }
    }

    pub(super) const fn is_unlearned(&self) -> bool {
        matches!(self, Self::Unlearned { .. })
    }

    /// The most steps that comparing a text with it takes.
    pub(super) const fn text_steps() -> u64 {
        steps::of_halving(MAX_BOUND_VALUES) * steps::of_bytes(MAX_NAME_BYTES)
    }

    /// Whether the segment of a path is the value.
    #[inline]
    pub(super) fn holds(&self, path: &Path<'_>, place: usize) -> bool {
        match self {
            Self::One { segment, .. } => {
                place < path.len() && segment.as_bytes() == path.bytes_of(place, place + 1)
            }
            Self::Set(set) => set.holds_at(path, place),
            Self::Any | Self::Unlearned { open: true } => place < path.len(),
            Self::Unlearned { open: false } => false,
        }
    }

    /// The most steps that a name with this number takes at one place, whatever is bound to it.
    pub(super) const fn steps_of(number: u8) -> u64 {
        if Variables::is_always_one(number) {
            steps::of_bytes(BOUND_BYTES)
        } else {
            steps::of_halving(MAX_BOUND_VALUES) * (2 + steps::of_bytes(BOUND_BYTES))
        }
    }

    /// Beside one: the most steps that the key of a name with this number takes.
    pub(super) const fn key_steps_of(number: u8) -> u64 {
        if Variables::is_always_one(number) { 0 } else { steps::of_halving(MAX_BOUND_VALUES) }
    }
}

impl BoundSet {
    /// `found` where a segment has that hash, else another.
    #[inline]
    fn hash_beside(&self, found: u64) -> u64 {
        let holds = if self.hashes.len() <= FEW {
            self.hashes.iter().fold(false, |holds, hash| holds | (*hash == found))
        } else {
            self.hashes.get(self.first(found)) == Some(&found)
        };
        if holds { found } else { !found }
    }

    /// Whether it holds the segment of a path.
    #[inline]
    pub(super) fn holds_at(&self, path: &Path<'_>, place: usize) -> bool {
        place < path.len() && self.holds(path.hash_of(place), path.bytes_of(place, place + 1))
    }

    #[inline]
    fn holds(&self, hash: u64, segment: &[u8]) -> bool {
        let first = self.first(hash);
        // Alike are nearly always none or one; many are made on purpose, and halved as well.
        let alike = self.hashes.get(first..).unwrap_or_default();
        let alike = alike.partition_point(|other| *other == hash);
        let alike = self.segments.get(first..first + alike).unwrap_or_default();
        alike.binary_search_by(|own| own.as_bytes().cmp(segment)).is_ok()
    }

    /// The place of the first hash that is not less.
    #[inline]
    fn first(&self, hash: u64) -> usize {
        if self.hashes.len() <= FEW {
            return self.hashes.iter().map(|other| usize::from(*other < hash)).sum();
        }
        self.hashes.partition_point(|other| *other < hash)
    }
}

fn segment(text: &str) -> Box<str> {
    let mut segment = String::with_capacity(text.len());
    escape_into(text, &mut segment);
    segment.into()
}

/// The names that a policy binds: `invoker` and `agent` always stand first.
#[derive(Debug)]
pub(crate) struct Variables(Vec<Arc<str>>);

impl Default for Variables {
    fn default() -> Self {
        Self(vec!["invoker".into(), "agent".into()])
    }
}

impl Variables {
    /// How many names every scope binds, each to one value.
    pub(crate) const ALWAYS: usize = 2;

    const fn is_always_one(number: u8) -> bool {
        (number as usize) < Self::ALWAYS
    }

    /// The names beside `invoker` and `agent`, in the order of their numbers.
    pub(crate) fn extra(&self) -> &[Arc<str>] {
        self.0.get(Self::ALWAYS..).unwrap_or_default()
    }

    /// The name of a number.
    pub(crate) fn name(&self, number: u8) -> Option<&Arc<str>> {
        self.0.get(usize::from(number))
    }

    pub(super) fn number(&mut self, name: &str) -> Result<u8, Fault> {
        if !is_bindable(name) {
            return Err(Fault::BoundName);
        }
        let number = match self.0.iter().position(|known| **known == *name) {
            Some(number) => number,
            None if self.extra().len() == MAX_VARIABLES => return Err(Fault::TooManyVariables),
            None => {
                self.0.push(name.into());
                self.0.len() - 1
            }
        };
        Ok(number as u8)
    }
}

const _: () = assert!(Variables::ALWAYS + MAX_VARIABLES < 64);

/// The values of the names of one layer, in the order of their numbers, and what stands for them where the question is what
/// other sets would change.
#[derive(Debug)]
pub(crate) struct LayerValues {
    values: Box<[BoundValue]>,
    /// With each set open, where there is one: any segment fits.
    open: Box<[BoundValue]>,
    /// With each set open that could not be learned, where there is one.
    unlearned: Box<[BoundValue]>,
}

impl LayerValues {
    /// Values of which some could not be learned: `None`.
    pub(crate) fn new(values: Vec<Option<BoundValue>>) -> Self {
        let is_set = |value: &Option<BoundValue>| !matches!(value, Some(BoundValue::One { .. }));
        let (mut open, mut unlearned) = (Box::default(), Box::default());
        if values.iter().any(is_set) {
            let opened = |value: &Option<BoundValue>| match value {
                Some(one @ BoundValue::One { .. }) => one.clone(),
                _ => BoundValue::Any,
            };
            open = values.iter().map(opened).collect();
        }
        if values.iter().any(Option::is_none) {
            let opened = |value: &Option<BoundValue>| {
                value.clone().unwrap_or(BoundValue::Unlearned { open: true })
            };
            unlearned = values.iter().map(opened).collect();
        }
        let known =
            |value: Option<BoundValue>| value.unwrap_or(BoundValue::Unlearned { open: false });
        Self { values: values.into_iter().map(known).collect(), open, unlearned }
    }

    #[inline]
    pub(crate) fn values(&self) -> &[BoundValue] {
        &self.values
    }

    /// The same with every set open; empty where nothing is a set.
    #[inline]
    pub(crate) fn open(&self) -> &[BoundValue] {
        &self.open
    }

    /// The same with every set open that could not be learned; empty where none is.
    #[inline]
    pub(crate) fn unlearned(&self) -> &[BoundValue] {
        &self.unlearned
    }
}

/// Whether every kind writes a text as it stands: small letters, digits and `-`, `_` or `@`, with single dots and slashes within.
fn has_one_form(text: &str) -> bool {
    let is_name = |name: &str| {
        let plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'@')
        };
        !name.is_empty() && name.bytes().all(plain)
    };
    !text.starts_with('@') && text.split(['.', '/']).all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path<'_> {
        let mut path = Path::default();
        path.read(text).unwrap();
        path
    }

    #[test]
    fn a_set_holds_its_values_and_nothing_else() {
        for count in [0, 1, 2, 7, 8, 9, 64, MAX_BOUND_VALUES] {
            let texts: Vec<String> = (0..count).map(|n| format!("o/{n}")).collect();
            let set = BoundValue::set(texts.iter().chain(&texts).map(String::as_str));
            for number in 0..2 * count + 2 {
                let text = format!("o%2F{number}");
                let (path, own) = (path(&text), number < count);
                assert_eq!(set.holds(&path, 0), own, "{number} of {count}");
                let hash = path.hash_of(0);
                assert_eq!(set.hash_beside(|| hash) == hash, own, "{number} of {count}");
            }
            assert!(!set.holds(&path("o"), 0) && !set.holds(&path("o/1"), 0));
        }
    }

    /// Hashes can be made to meet, so they only propose.
    #[test]
    fn values_whose_hashes_are_alike_are_told_apart() {
        let segments: Vec<Box<str>> = (10..90).map(|n| n.to_string().into()).collect();
        let set = BoundSet {
            has_one_form: true,
            hashes: vec![7; segments.len()].into(),
            segments: segments.into(),
            names: Box::default(),
        };
        for number in 0..100 {
            let held = set.holds(7, number.to_string().as_bytes());
            assert_eq!(held, (10..90).contains(&number), "{number}");
        }
        assert!(!set.holds(8, b"10") && set.hash_beside(7) == 7 && set.hash_beside(8) != 8);
    }
}
