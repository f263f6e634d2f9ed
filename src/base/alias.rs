//! Other names for what a directory knows: an id such as `C0123` for the channel `general`.

use std::sync::Arc;

/// The aliases of a directory, apart for people with their groups and for channels: a channel `ops` is not the person whom
/// `ops` is an alias of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aliases {
    pub(crate) people: Arc<AliasTable>,
    pub(crate) channels: Arc<AliasTable>,
}

impl Aliases {
    /// The person or group that an alias stands for, however it is written.
    pub(crate) fn person(&self, alias: &str) -> Option<&str> {
        self.people.name_of(alias, true)
    }
}

/// Aliases with the names that they stand for, in the order of the aliases without regard to case. A name with capital letters
/// stands for itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AliasTable(Box<[(Box<str>, Box<str>)]>);

impl AliasTable {
    /// No two aliases may be one without regard to case.
    pub(crate) fn new<'a>(aliases: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut table: Vec<(Box<str>, Box<str>)> =
            aliases.into_iter().map(|(alias, name)| (alias.into(), name.into())).collect();
        table.sort_unstable_by(|(one, _), (other, _)| lower(one).cmp(lower(other)));
        Self(table.into())
    }

    /// Every alias with the name that it stands for.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(alias, name)| (&**alias, &**name))
    }

    /// The name that an alias stands for.
    pub(crate) fn name_of(&self, alias: &str, folds_case: bool) -> Option<&str> {
        let by_alias = |(known, _): &(Box<str>, Box<str>)| lower(known).cmp(lower(alias));
        let (known, name) = self.0.get(self.0.binary_search_by(by_alias).ok()?)?;
        (folds_case || **known == *alias).then_some(name)
    }
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}
