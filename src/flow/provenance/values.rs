//! The values of one session: its user's words, the results that it read, and what the program says.

use std::mem;

use super::key::Key;
use super::table::{Insertion, Table};
use super::{Origin, Origins};
use crate::base::limits::{MAX_FACT_BYTES, MAX_TRUSTED_BYTES, MAX_WORDS_BYTES};
use crate::model::kind::ValueKind;

/// Values by who may take their room. Words drop earlier words, and results earlier results; neither drops the other. What
/// the program and its directory say stays.
#[derive(Debug, Default)]
pub(super) struct Values {
    facts: Table,
    words: Latest,
    results: Latest,
}

/// Values of which the latest stay: when as many bytes are taken as may be, those before the last half of them go.
#[derive(Debug, Default)]
struct Latest {
    now: Table,
    before: Table,
    /// How often values went.
    turns: u64,
}

impl Values {
    /// Tables that are looked at for one value.
    pub(super) const TABLES: u64 = 5;

    /// Holds a value; whether it is held now.
    pub(super) fn insert(&mut self, (hash, key): (u64, Key<'_>), origin: Origin) -> bool {
        let value = (hash, key);
        match origin {
            Origin::Directory | Origin::Program => {
                self.facts.insert(value, origin.bit(), MAX_FACT_BYTES) == Insertion::Held
            }
            Origin::User => self.words.insert(value, origin, MAX_WORDS_BYTES),
            Origin::Result => self.results.insert(value, origin, MAX_TRUSTED_BYTES),
        }
    }

    /// Whether a value came from one of these. What comes from elsewhere stands in other tables.
    pub(super) fn is_of(&self, origins: Origins, hash: u64, key: Key<'_>) -> bool {
        let holds = |table: &Table| table.origins(hash, key) & origins.0 != 0;
        let facts = || origins.contains(Origin::Directory) || origins.contains(Origin::Program);
        facts() && holds(&self.facts)
            || origins.contains(Origin::User) && self.words.any(holds)
            || origins.contains(Origin::Result) && self.results.any(holds)
    }

    /// Whether a value is held that the program or its directory said.
    pub(super) fn is_fact(&self, key: Key<'_>) -> bool {
        self.facts.origins(key.hash(), key) != 0
    }

    /// Every kind and tool for which a text is held, for an explanation.
    pub(super) fn told_of<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (ValueKind<'t>, &'t str, u8)> {
        let Self { facts, words, results } = self;
        let tables = [facts, &words.now, &words.before, &results.now, &results.before];
        tables.into_iter().flat_map(move |table| table.told_of(text))
    }

    /// How often values of this origin went so far.
    pub(super) fn turns(&self, origin: Origin) -> u64 {
        match origin {
            Origin::Directory | Origin::Program => 0,
            Origin::User => self.words.turns,
            Origin::Result => self.results.turns,
        }
    }

    /// Bytes that are left for facts.
    pub(super) fn room_for_facts(&self) -> usize {
        MAX_FACT_BYTES.saturating_sub(self.facts.bytes())
    }

    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        let Self { facts, words, results } = self;
        let tables = [facts, &words.now, &words.before, &results.now, &results.before];
        tables.into_iter().map(Table::memory_bytes).sum()
    }
}

impl Latest {
    fn any(&self, holds: impl Fn(&Table) -> bool) -> bool {
        holds(&self.now) || holds(&self.before)
    }

    fn insert(&mut self, value: (u64, Key<'_>), origin: Origin, most_bytes: usize) -> bool {
        let most_bytes = most_bytes / 2;
        let mut found = self.now.insert(value, origin.bit(), most_bytes);
        if found == Insertion::Full {
            self.before = mem::take(&mut self.now);
            self.turns += 1;
            found = self.now.insert(value, origin.bit(), most_bytes);
        }
        found == Insertion::Held
    }
}
