//! Argument kinds: each parses a value into what it reaches, or the call has no meaning.
//!
//! A kind is a closed grammar. It writes the one form of what it understands and the parts that templates and conditions name, and
//! refuses the rest with the place and what to write.

mod decimal;
mod mailbox;
mod name;
pub(crate) mod plain;
pub(crate) mod rule;
pub(crate) mod word;

use serde::Serialize;
use serde::de::Error;

use crate::model::arguments::Value;
use crate::model::arguments::kinds::Kinds;
use crate::model::parts::{Begun, Parts};
use decimal::DecimalKind;
use mailbox::Mailboxes;
use name::NameKind;
use plain::Options;
use rule::{OptionFault, PartForm, TextFault};
use word::{Choice, ChoiceSpec, Id, IdSpec};

pub use decimal::DecimalSpec;
pub use mailbox::MailboxSpec;
pub use name::NameSpec;

/// A kind as an author writes it: its word, and its options.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum KindSpec {
    Choice(ChoiceSpec),
    Id(IdSpec),
    Decimal(DecimalSpec),
    Mailbox(MailboxSpec),
    Mailboxes(MailboxSpec),
    Person(NameSpec),
    Group(NameSpec),
    Channel(NameSpec),
}

/// The words of all kinds that parse what they accept.
pub(crate) const WORDS: &[&str] =
    &["choice", "id", "decimal", "mailbox", "mailboxes", "person", "group", "channel"];

impl KindSpec {
    /// The kind of a word, with its options; nothing where the word is that of no such kind.
    pub(crate) fn read<E: Error>(word: &str, options: Options) -> Result<Option<Self>, E> {
        Ok(Some(match word {
            "choice" => Self::Choice(plain::read(options)?),
            "id" => Self::Id(plain::read(options)?),
            "decimal" => Self::Decimal(plain::read(options)?),
            "mailbox" => Self::Mailbox(plain::read(options)?),
            "mailboxes" => Self::Mailboxes(plain::read(options)?),
            "person" => Self::Person(plain::read(options)?),
            "group" => Self::Group(plain::read(options)?),
            "channel" => Self::Channel(plain::read(options)?),
            _ => return Ok(None),
        }))
    }

    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Choice(_) => "choice",
            Self::Id(_) => "id",
            Self::Decimal(_) => "decimal",
            Self::Mailbox(_) => "mailbox",
            Self::Mailboxes(_) => "mailboxes",
            Self::Person(_) => "person",
            Self::Group(_) => "group",
            Self::Channel(_) => "channel",
        }
    }
}

/// A kind with its options checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Choice(Choice),
    Id(Id),
    Decimal(DecimalKind),
    Mailboxes(Mailboxes),
    Name(NameKind),
}

impl Kind {
    pub(crate) fn new(spec: &KindSpec) -> Result<Self, OptionFault> {
        Ok(match spec {
            KindSpec::Choice(spec) => Self::Choice(Choice::new(spec)?),
            KindSpec::Id(spec) => Self::Id(Id::new(spec)?),
            KindSpec::Decimal(spec) => Self::Decimal(DecimalKind::new(spec)?),
            KindSpec::Mailbox(spec) => Self::Mailboxes(Mailboxes::new(spec, false)?),
            KindSpec::Mailboxes(spec) => Self::Mailboxes(Mailboxes::new(spec, true)?),
            KindSpec::Person(spec) | KindSpec::Group(spec) => Self::Name(NameKind::new(spec, '@')?),
            KindSpec::Channel(spec) => Self::Name(NameKind::new(spec, '#')?),
        })
    }

    /// The plain kinds of values that it parses.
    pub(crate) const fn forms(&self) -> Kinds {
        match self {
            Self::Id(_) => Kinds::TEXT.or(Kinds::INTEGER),
            Self::Decimal(kind) => kind.forms(),
            Self::Choice(_) | Self::Mailboxes(_) | Self::Name(_) => Kinds::TEXT,
        }
    }

    /// What its canonical form is.
    pub(crate) const fn canonical(&self) -> Kinds {
        match self {
            Self::Decimal(_) => Kinds::NUMBER.or(Kinds::INTEGER),
            _ => Kinds::TEXT,
        }
    }

    /// Whether it finds a list, each element with the parts.
    pub(crate) const fn is_list(&self) -> bool {
        match self {
            Self::Mailboxes(kind) => kind.is_list(),
            _ => false,
        }
    }

    /// The parts that it finds.
    pub(crate) const fn parts(&self) -> &'static [PartForm] {
        match self {
            Self::Mailboxes(_) => Mailboxes::PARTS,
            Self::Choice(_) | Self::Id(_) | Self::Decimal(_) | Self::Name(_) => &[],
        }
    }

    /// Reads a value of one of its forms: writes its canonical form and its parts below `begun`.
    pub(crate) fn read(
        &self,
        value: Value<'_>,
        parts: &mut Parts,
        begun: &Begun,
    ) -> Result<(), TextFault> {
        match (self, value) {
            (Self::Choice(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Mailboxes(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Name(kind), Value::Text(text)) => kind.read(text, parts, begun),
            (Self::Id(kind), value) => kind.read(value, parts, begun),
            (Self::Decimal(kind), value) => kind.read(value, parts, begun),
            // Cannot be: only values of its forms are given.
            (Self::Choice(_) | Self::Mailboxes(_) | Self::Name(_), _) => {
                Err(TextFault::new(&rule::FORM, 0))
            }
        }
    }
}
