//! Arguments of the kinds that parse what they accept.

use super::argument::ArgumentSpec;
#[cfg(feature = "sql")]
use super::kinds::SqlSpec;
use super::kinds::word::{ChoiceSpec, IdSpec};
use super::kinds::{
    ArgvSpec, DecimalSpec, HostSpec, KindSpec, MailboxSpec, NameSpec, PatchSpec, PathSpec,
    ShellSpec, TimeSpec, UrlSpec,
};

impl ArgumentSpec {
    /// One of these texts, exactly.
    pub fn choice<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::parsed(KindSpec::Choice(ChoiceSpec { values }))
    }

    /// The id of a thing of this sort: a text or a whole number.
    pub fn id(sort: impl Into<String>) -> Self {
        Self::parsed(KindSpec::Id(IdSpec { sort: sort.into() }))
    }

    /// A decimal number, exact: money, for one.
    pub fn decimal(options: DecimalSpec) -> Self {
        Self::parsed(KindSpec::Decimal(options))
    }

    /// An instant, a date or a local time.
    pub fn time(options: TimeSpec) -> Self {
        Self::parsed(KindSpec::Time(options))
    }

    /// One address of electronic mail, perhaps with a name.
    pub fn mailbox(options: MailboxSpec) -> Self {
        Self::parsed(KindSpec::Mailbox(options))
    }

    /// Addresses of electronic mail in one text, with commas between them.
    pub fn mailboxes(options: MailboxSpec) -> Self {
        Self::parsed(KindSpec::Mailboxes(options))
    }

    /// The name of a person, perhaps with `@` before it.
    pub fn person(options: NameSpec) -> Self {
        Self::parsed(KindSpec::Person(options))
    }

    /// The name of a group, perhaps with `@` before it.
    pub fn group(options: NameSpec) -> Self {
        Self::parsed(KindSpec::Group(options))
    }

    /// The name of a channel, perhaps with `#` before it.
    pub fn channel(options: NameSpec) -> Self {
        Self::parsed(KindSpec::Channel(options))
    }

    /// A path of a file or folder.
    pub fn path(options: PathSpec) -> Self {
        Self::parsed(KindSpec::Path(options))
    }

    /// An absolute URL of the web.
    pub fn url(options: UrlSpec) -> Self {
        Self::parsed(KindSpec::Url(options))
    }

    /// The name or the address of a host.
    pub fn host(options: HostSpec) -> Self {
        Self::parsed(KindSpec::Host(options))
    }

    /// A line of simple commands that a shell runs.
    pub fn shell(options: ShellSpec) -> Self {
        Self::parsed(KindSpec::Shell(options))
    }

    /// A program and its arguments, as a list of texts.
    pub fn argv(options: ArgvSpec) -> Self {
        Self::parsed(KindSpec::Argv(options))
    }

    /// A unified diff: the files that it creates, changes and deletes.
    pub fn patch(options: PatchSpec) -> Self {
        Self::parsed(KindSpec::Patch(options))
    }

    /// One statement of SQL.
    #[cfg(feature = "sql")]
    pub fn sql(options: SqlSpec) -> Self {
        Self::parsed(KindSpec::Sql(options))
    }
}
