//! The names of a directory, with their places.

use std::collections::HashMap;

use permitgate::limits::MAX_FACT_BYTES;
use permitgate::manifest::canonical;
use permitgate::model::ValueKind;

use crate::fault::{Code, Fault};
use crate::source::Span;

/// What a name of the directory stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Principal,
    Group,
    Channel,
}

/// The names of the directory with their places, for faults and warnings.
#[derive(Debug, Default)]
pub(crate) struct Names<'t> {
    pub(crate) all: HashMap<&'t str, (Kind, Span)>,
    /// Names of members, with the places where they are named.
    pub(crate) members: Vec<(&'t str, Span)>,
    /// Aliases with what they stand for, and their places.
    pub(crate) aliases: HashMap<&'t str, (&'t str, Span)>,
    /// Names of things, as words are compared with them.
    pub(crate) things: HashMap<String, Span>,
    pub(crate) own: Vec<Own<'t>>,
}

/// Values that are always the user's own.
#[derive(Debug)]
pub(crate) struct Own<'t> {
    /// Whose they are; nobody where they are everybody's.
    pub(crate) of: Option<(&'t str, Span)>,
    pub(crate) kind: &'t str,
    pub(crate) values: Vec<(&'t str, Span)>,
    pub(crate) span: Span,
}

impl Own<'_> {
    /// Says that no session has room for the values, so that some of them would count for nothing.
    pub(crate) fn without_room(&self) -> Fault {
        let message = format!(
            "no session has room for these values: names of the directory and own values take {MAX_FACT_BYTES} bytes together at most"
        );
        Fault::new(Code::BadValue, self.span, message)
            .hint("declare fewer, or let a condition name them with `one_of` or a pattern")
    }
}

impl<'t> Names<'t> {
    /// What is meant by a name of a kind: of an alias in any form that a call may give it, the name that it stands for.
    pub(crate) fn meant(&self, kind: ValueKind<'_>, name: &'t str) -> &'t str {
        let is_of = |known: Kind| match known {
            Kind::Channel => kind == ValueKind::CHANNEL,
            Kind::Principal | Kind::Group => kind == ValueKind::PERSON || kind == ValueKind::GROUP,
        };
        if self.aliases.is_empty() {
            return name;
        }
        let form = canonical(kind, name);
        let found = form.and_then(|form| self.aliases.get(form.as_str())).map(|(meant, _)| *meant);
        let found = found.filter(|meant| self.all.get(meant).is_some_and(|(of, _)| is_of(*of)));
        found.unwrap_or(name)
    }

    /// Says that so many names find no room in a session.
    pub(crate) fn without_room(&self, names: usize) -> Option<Fault> {
        let first = self.all.values().map(|(_, span)| *span).min().filter(|_| names > 0)?;
        let message = format!(
            "{names} of the names of the directory find no room in a session, which has {MAX_FACT_BYTES} bytes for them, and are not endorsed"
        );
        let fault = Fault::new(Code::NamesWithoutRoom, first, message);
        Some(fault.hint("conditions that ask for the origin `directory` do not hold of them; ask with `one_of`, a pattern or a reader"))
    }

    /// The names in the order in which they are written.
    pub(crate) fn in_order(&self) -> Vec<(String, Kind)> {
        let mut names: Vec<(Span, &str, Kind)> =
            self.all.iter().map(|(name, (kind, span))| (*span, *name, *kind)).collect();
        names.sort_unstable_by_key(|(span, name, _)| (*span, *name));
        names.into_iter().map(|(_, name, kind)| (name.to_owned(), kind)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_known_in_every_form_that_a_call_may_give_it() {
        let mut names = Names::default();
        for (name, kind) in [
            ("general", Kind::Channel),
            ("lee@example.com", Kind::Principal),
            ("platform", Kind::Group),
        ] {
            names.all.insert(name, (kind, Span::default()));
        }
        for (alias, name) in [
            ("C0123", "general"),
            ("U0042", "lee@example.com"),
            ("l.park@example.com", "lee@example.com"),
            ("S0001", "platform"),
        ] {
            names.aliases.insert(alias, (name, Span::default()));
        }
        for (kind, name, meant) in [
            (ValueKind::CHANNEL, "C0123", "general"),
            (ValueKind::CHANNEL, "#C0123", "general"),
            (ValueKind::CHANNEL, "#general", "#general"),
            (ValueKind::PERSON, "@U0042", "lee@example.com"),
            (ValueKind::PERSON, "l.park@EXAMPLE.com", "lee@example.com"),
            (ValueKind::GROUP, "@S0001", "platform"),
            // Nothing that such an argument would take for the alias.
            (ValueKind::CHANNEL, "@C0123", "@C0123"),
            (ValueKind::CHANNEL, "c0123", "c0123"),
            (ValueKind::CHANNEL, "##C0123", "##C0123"),
            (ValueKind::CHANNEL, "#U0042", "#U0042"),
            (ValueKind::PERSON, "@C0123", "@C0123"),
            (ValueKind::id("channel"), "C0123", "C0123"),
        ] {
            assert_eq!(names.meant(kind, name), meant, "{name}");
        }
    }
}
