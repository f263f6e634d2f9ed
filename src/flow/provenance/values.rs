//! The values of one session: its user's words, the results that it read, and what the program says.

use std::mem;

use super::Origin;
use super::key::Key;
use super::table::{Insertion, Table};
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

    /// From where a value came, as bits.
    pub(super) fn origins(&self, hash: u64, key: Key<'_>) -> u8 {
        let tables = [
            &self.facts,
            &self.words.now,
            &self.words.before,
            &self.results.now,
            &self.results.before,
        ];
        tables.into_iter().fold(0, |origins, table| origins | table.origins(hash, key))
    }

    /// Every kind and tool for which a text is held, for an explanation.
    pub(super) fn told_of<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (ValueKind<'t>, &'t str)> {
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
