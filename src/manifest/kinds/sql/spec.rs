//! What an author says of SQL.

use serde::{Deserialize, Serialize};

/// The options of the kind `sql`: the dialect, and what statements may do and call.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, SqlSpec};
///
/// let query = ArgumentSpec::sql(SqlSpec::postgresql().functions(["app.total"]));
/// # let _ = query;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct SqlSpec {
    pub(crate) dialect: Dialect,
    /// Functions beyond the dialect's list, each `name` or `schema.name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) functions: Vec<String>,
    /// What statements may do; to read where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verbs: Option<Vec<Verb>>,
    /// Whether the case of a table's name counts. MySQL only, where it depends on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) case: Option<Case>,
}

impl SqlSpec {
    /// Reading statements of PostgreSQL.
    pub fn postgresql() -> Self {
        Self::of(Dialect::Postgresql)
    }

    /// Reading statements of MySQL and MariaDB.
    pub fn mysql() -> Self {
        Self::of(Dialect::Mysql)
    }

    /// Reading statements of SQLite.
    pub fn sqlite() -> Self {
        Self::of(Dialect::Sqlite)
    }

    fn of(dialect: Dialect) -> Self {
        Self { dialect, functions: Vec::new(), verbs: None, case: None }
    }

    /// Functions that may be called beyond those that the dialect is known to have.
    pub fn functions<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.functions.extend(names.into_iter().map(Into::into));
        self
    }

    /// Accepts statements that insert, update and delete as well: then an effect must map `writes`.
    pub fn writes(mut self) -> Self {
        self.verbs = Some(vec![Verb::Select, Verb::Show, Verb::Insert, Verb::Update, Verb::Delete]);
        self
    }

    /// Takes names of tables in MySQL as the server does that tells `A` from `a`.
    pub fn exact_case(mut self) -> Self {
        self.case = Some(Case::Exact);
        self
    }

    /// Takes names of tables in MySQL as the server does that does not.
    pub fn fold_case(mut self) -> Self {
        self.case = Some(Case::Fold);
        self
    }
}

/// A dialect that is tested against its own server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    Postgresql,
    #[serde(alias = "mariadb")]
    Mysql,
    Sqlite,
}

impl Dialect {
    /// How long a name may be before the server cuts it or refuses it.
    pub(super) const fn name_bytes(self) -> usize {
        match self {
            Self::Postgresql => 63,
            Self::Mysql => 64,
            Self::Sqlite => 256,
        }
    }
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verb {
    Select,
    Show,
    Insert,
    Update,
    Delete,
}

impl Verb {
    pub(super) const ALL: [Self; 5] =
        [Self::Select, Self::Show, Self::Insert, Self::Update, Self::Delete];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Show => "show",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Case {
    Exact,
    Fold,
}
