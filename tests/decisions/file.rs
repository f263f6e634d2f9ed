//! A file of cases, read by serde alone: nothing here knows the crate that reads policy files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use permitgate::Operation;
use permitgate::directory::JoinPolicy;
use permitgate::flow::Origin;
use permitgate::model::OwnedAudience;
use permitgate::policy::Effect;
use serde::Deserialize;
use toml::{Table, Value as Toml};

use crate::reference::people::{Entry, People};
use crate::reference::{Arg, Fields, Items, Literal};

/// What a file says, apart from statements, labels and tools, which the crate reads in its own form.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) table: Table,
    pub(crate) layers: Vec<Table>,
    pub(crate) people: People,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) why: String,
    pub(crate) invoker: String,
    pub(crate) agent: String,
    #[serde(default)]
    pub(crate) bind: BTreeMap<String, OneOrMany<String>>,
    pub(crate) user_says: Option<String>,
    /// When it is decided, as RFC 3339 in UTC.
    pub(crate) at: Option<String>,
    #[serde(default)]
    pub(crate) facts: Vec<Toml>,
    #[serde(default)]
    pub(crate) reads: Vec<CallRow>,
    pub(crate) call: Option<CallRow>,
    pub(crate) action: Option<ActionRow>,
    pub(crate) expect: String,
    pub(crate) reason: String,
    pub(crate) statement: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallRow {
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) arguments: Table,
    pub(crate) result: Option<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionRow {
    pub(crate) operation: Operation,
    pub(crate) tool: String,
    pub(crate) resource: String,
    pub(crate) reach: Option<String>,
    #[serde(default)]
    pub(crate) audience: OwnedAudience,
    #[serde(default)]
    arguments: Table,
    #[serde(default)]
    pub(crate) untrusted: bool,
}

/// A statement in the words of the file, for the reference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatementRow {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) operations: OneOrMany<Operation>,
    #[serde(default)]
    pub(crate) tools: Vec<String>,
    #[serde(default)]
    pub(crate) resources: Vec<String>,
    #[serde(default)]
    pub(crate) except_resources: Vec<String>,
    pub(crate) readers: Option<OneOrMany<String>>,
    pub(crate) beyond: Option<OneOrMany<String>>,
    #[serde(default)]
    pub(crate) when: Vec<ConditionRow>,
    #[serde(default)]
    pub(crate) only_while_trusted: bool,
    #[serde(default)]
    pub(crate) after_untrusted: bool,
    #[serde(default)]
    pub(crate) otherwise: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionRow {
    #[serde(default)]
    pub(crate) argument: String,
    #[serde(default)]
    pub(crate) not: bool,
    #[serde(default)]
    pub(crate) optional: bool,
    pub(crate) present: Option<bool>,
    pub(crate) equals: Option<Toml>,
    pub(crate) one_of: Option<Vec<Toml>>,
    pub(crate) at_least: Option<Toml>,
    pub(crate) at_most: Option<Toml>,
    pub(crate) matches: Option<String>,
    pub(crate) endorsed: Option<OneOrMany<Origin>>,
    pub(crate) holds_for: Option<String>,
    pub(crate) under: Option<OneOrMany<String>>,
    pub(crate) below: Option<OneOrMany<String>>,
    pub(crate) in_network: Option<OneOrMany<String>>,
    pub(crate) at_most_elements: Option<u64>,
    #[serde(default)]
    pub(crate) case_blind: bool,
    pub(crate) regex: Option<String>,
    pub(crate) equals_argument: Option<String>,
    pub(crate) equals_bound: Option<String>,
    pub(crate) clock: Option<String>,
    pub(crate) days: Option<OneOrMany<String>>,
    pub(crate) from: Option<String>,
    pub(crate) until: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Case {
    /// When it is decided, in seconds.
    pub(crate) fn now(&self) -> u64 {
        let at = self.at.as_deref().map(|at| at.parse::<jiff::Timestamp>().unwrap());
        at.map_or(0, |at| at.as_second() as u64)
    }
}

impl ActionRow {
    pub(crate) fn is_below(&self) -> bool {
        match self.reach.as_deref() {
            None | Some("place") => false,
            Some("below") => true,
            Some(other) => panic!("reach {other}"),
        }
    }

    pub(crate) fn arguments(&self) -> Fields {
        fields(&self.arguments)
    }
}

pub(crate) fn fields(table: &Table) -> Fields {
    Fields(table.iter().map(|(name, value)| (name.clone(), argument(value))).collect())
}

pub(crate) fn argument(value: &Toml) -> Arg {
    match value {
        Toml::Array(items) => Arg::List(Items(items.iter().map(argument).collect())),
        Toml::Table(table) => Arg::Object(fields(table)),
        value => Arg::Literal(literal(value)),
    }
}

/// Fractions must be quarters, which the reference counts exactly.
pub(crate) fn literal(value: &Toml) -> Literal {
    match value {
        Toml::Boolean(value) => Literal::Bool(*value),
        Toml::Integer(value) => Literal::Whole(*value),
        Toml::Float(value) => {
            assert_eq!((value * 4.0).fract(), 0.0, "{value} is no number of quarters");
            Literal::Quarters((value * 4.0) as i64)
        }
        Toml::String(value) => Literal::Text(value.clone()),
        other => panic!("no literal: {other}"),
    }
}

impl File {
    /// Every file of the folder. A folder that is called as a file is holds what narrows it.
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/decisions");
        let mut files = listed(&folder);
        // The kind `sql` comes with a feature.
        files.retain(|path| cfg!(feature = "sql") || !path.ends_with("sql.toml"));
        assert!(files.len() >= 8, "{}", files.len());
        files.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let table = table(path);
        let narrower = path.with_extension("");
        let layers = if narrower.is_dir() { listed(&narrower) } else { Vec::new() };
        Self {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            layers: layers.iter().map(|path| self::table(path)).collect(),
            people: people(&table),
            cases: rows(&table, "test"),
            table,
        }
    }
}

/// The tables of one name, each as what is asked for.
pub(crate) fn rows<T: serde::de::DeserializeOwned>(table: &Table, name: &str) -> Vec<T> {
    let rows = table.get(name).and_then(Toml::as_array).into_iter().flatten();
    rows.map(|row| row.clone().try_into().unwrap()).collect()
}

fn table(path: &Path) -> Table {
    let text = fs::read_to_string(path).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files
}

fn people(table: &Table) -> People {
    let Some(directory) = table.get("directory").and_then(Toml::as_table) else {
        return People::default();
    };
    let below = |name: &str| {
        directory.get(name).and_then(Toml::as_table).cloned().unwrap_or_default().into_iter()
    };
    let principals = directory.get("principals").and_then(Toml::as_array).into_iter().flatten();
    let principals = principals.map(|principal| match principal {
        Toml::String(name) => (name.clone(), Entry::Person(None)),
        said => (names(&said["name"]).remove(0), Entry::Person(said["inside"].as_bool())),
    });
    let groups = below("groups").map(|(name, members)| (name, Entry::Group(names(&members))));
    let channels = below("channels").map(|(name, channel)| {
        let joinable = match channel["joinable"].as_str().unwrap() {
            "by-invitation" => JoinPolicy::ByInvitation,
            "internal" => JoinPolicy::Internal,
            "anyone" => JoinPolicy::Anyone,
            other => panic!("{other}"),
        };
        (name, Entry::Channel(joinable, names(&channel["members"])))
    });
    let entries = principals.chain(groups).chain(channels).collect();
    let aliases = below("aliases").map(|(alias, name)| (alias, names(&name).remove(0))).collect();
    People { organisation: names(&directory["organisation_domains"]), entries, aliases }
}

fn names(value: &Toml) -> Vec<String> {
    match value {
        Toml::Array(items) => items.iter().flat_map(names).collect(),
        value => vec![value.as_str().unwrap().to_owned()],
    }
}
