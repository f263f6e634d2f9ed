//! Texts compared without regard to capital letters.

use super::condition::Scalar;
use super::condition::ScalarKind;
use super::error::Fault;
use super::text::TextPattern;
use crate::base::case::{fold, is_foldable};
use crate::base::limits::{MAX_CASE_BLIND_BYTES, MAX_CONDITION_BYTES, MAX_SET_VALUES};
use crate::base::steps;

/// What a text is compared with, in small letters.
#[derive(Clone, Debug)]
pub(super) enum CaseBlind {
    /// One of these, in order.
    OneOf(Box<[Box<str>]>),
    Matches(TextPattern),
}

impl CaseBlind {
    pub(super) fn one_of(values: &[Scalar]) -> Result<Self, Fault> {
        if values.is_empty() || values.len() > MAX_SET_VALUES {
            return Err(Fault::SetSize);
        }
        let text = |Scalar(kind): &Scalar| match kind {
            ScalarKind::Text(text) if text.len() > MAX_CONDITION_BYTES => Err(Fault::TooLong),
            ScalarKind::Text(text) => folded(text),
            _ => Err(Fault::CaseOfTexts),
        };
        let mut texts: Vec<Box<str>> = values.iter().map(text).collect::<Result<_, _>>()?;
        texts.sort_unstable();
        texts.dedup();
        Ok(Self::OneOf(texts.into()))
    }

    pub(super) fn matches(pattern: &str) -> Result<Self, Fault> {
        TextPattern::parse_by(pattern, folded).map(Self::Matches)
    }

    /// Whether a text is such a one; nothing is known where letters stand in it of which systems disagree.
    pub(super) fn holds(&self, text: &str) -> Option<bool> {
        steps::take(|| self.fixed_steps() + text.len() as u64);
        let mut bytes = [0; MAX_CASE_BLIND_BYTES];
        let mut length = 0;
        for c in text.chars() {
            let room = bytes.get_mut(length..).filter(|room| is_foldable(c) && room.len() >= 4)?;
            length += fold(c).encode_utf8(room).len();
        }
        // Only whole characters were written.
        let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
        Some(match self {
            Self::OneOf(texts) => texts.binary_search_by(|known| (**known).cmp(text)).is_ok(),
            Self::Matches(pattern) => pattern.matches(text),
        })
    }

    /// The most steps apart from one for each byte of the text, and those of searching it.
    pub(super) fn fixed_steps(&self) -> u64 {
        match self {
            Self::OneOf(texts) => {
                let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
                steps::of_halving(texts.len()) * steps::of_bytes(longest)
            }
            Self::Matches(pattern) => pattern.worst_case_steps(0),
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            Self::OneOf(texts) => {
                size_of_val(&**texts) + texts.iter().map(|text| text.len()).sum::<usize>()
            }
            Self::Matches(pattern) => pattern.memory_bytes(),
        }
    }
}

fn folded(text: &str) -> Result<Box<str>, Fault> {
    match text.chars().find(|c| !is_foldable(*c)) {
        Some(odd) => Err(Fault::OddCase(odd)),
        None => Ok(text.chars().map(fold).collect::<String>().into()),
    }
}
