//! The arguments of a listed tool, as the closed list of a manifest.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use permitgate::limits::MAX_ITEMS_PER_TOOL;
use permitgate::mcp::ListedTool;
use serde_json::Value as Json;

use super::kinds::{Kind, write_value};
use super::schema::{follow, is_odd, kind_of, required, takes_more};
use super::shown::{KeyName, brief};
use super::words::words_of;

/// Kinds that are described for one tool.
const MOST_KINDS: usize = 2048;

/// One argument of a tool.
pub(super) struct Argument {
    pub(super) name: String,
    /// Which kinds it may be of, or why that cannot be told.
    pub(super) kind: Result<Kind, String>,
    pub(super) required: bool,
    pub(super) default: Option<Json>,
    /// The texts that it may be, where there are only some.
    pub(super) choices: Vec<String>,
    description: String,
    secret: bool,
    notes: Vec<String>,
}

/// The arguments of a tool in order of their names, and what is to be said of all of them.
pub(super) fn arguments(schema: Option<&Json>) -> (Vec<Argument>, Vec<String>) {
    let mut notes = Vec::new();
    let Some(schema) = schema.filter(|schema| !schema.is_null()) else {
        return (Vec::new(), vec!["no schema: it is taken to have no arguments".to_owned()]);
    };
    let top = follow(schema, schema, 0).unwrap_or(schema);
    let properties = top.get("properties").and_then(Json::as_object);
    let required = required(top);
    let (mut arguments, mut size) = (Vec::new(), 0);
    for (name, property) in properties.into_iter().flatten() {
        if is_odd(name) {
            let name = brief(name);
            notes.push(format!("left out, so calls that give it are refused: an argument `{name}`, whose name is odd"));
        } else if arguments.len() < MAX_ITEMS_PER_TOOL {
            let required = required.contains(&name.as_str());
            let mut argument = Argument::read(name, property, required, schema);
            size += argument.kind.as_ref().map_or(1, Kind::size);
            if size > MOST_KINDS {
                argument.kind = Err("there are too many fields in all".to_owned());
            }
            arguments.push(argument);
        } else {
            notes.push(format!("left out, for there are too many arguments: `{name}`"));
        }
    }
    for name in
        required.iter().filter(|name| !properties.is_some_and(|all| all.contains_key(**name)))
    {
        notes.push(format!("its schema requires `{}` and does not describe it", brief(name)));
    }
    if takes_more(top) == Some(true) {
        notes.push(
            "its server takes arguments that it does not describe; calls that give one are refused"
                .to_owned(),
        );
    }
    for key in ["anyOf", "oneOf", "allOf", "patternProperties", "if"] {
        if top.get(key).is_some() {
            notes.push(format!("its schema says more with `{key}`: compare the arguments with it"));
        }
    }
    (arguments, notes)
}

impl Argument {
    fn read(name: &str, schema: &Json, required: bool, root: &Json) -> Self {
        let mut notes = Vec::new();
        let kind = kind_of(schema, root, 0, &mut notes);
        let followed = follow(schema, root, 0).unwrap_or(schema);
        let said = |key: &str| schema.get(key).or_else(|| followed.get(key));
        let choices = said("enum").and_then(Json::as_array);
        let text = |key| said(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let words = words_of(name);
        let of_secrets = |word: &String| SECRETS.contains(&word.as_str());
        let is_key = words.windows(2).any(
            |pair| matches!(pair, [one, two] if (one == "api" || one == "private") && two == "key"),
        );
        Self {
            name: name.to_owned(),
            kind,
            required,
            default: said("default").cloned(),
            choices: choices
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
            description: text("description"),
            secret: words.iter().any(of_secrets) || is_key || text("format") == "password",
            notes,
        }
    }

    /// Whether it is described, and so can be named by controls, resources and audiences.
    pub(super) fn is_described(&self) -> bool {
        self.kind.is_ok()
    }

    /// Whether it may be shown in a resource or an audience.
    pub(super) fn is_shown(&self) -> bool {
        self.is_described() && !self.secret
    }

    /// Whether every value is a text or a whole number.
    pub(super) fn is_name(&self) -> bool {
        self.kind.as_ref().is_ok_and(|kind| kind.is_only(&["text", "integer"]))
    }

    pub(super) fn is_text(&self) -> bool {
        self.kind.as_ref().is_ok_and(|kind| kind.is_only(&["text"]))
    }

    /// Whether every value is a list of texts or whole numbers.
    pub(super) fn is_list_of_names(&self) -> bool {
        let elements = self.kind.as_ref().ok().and_then(Kind::elements);
        elements.is_some_and(|kind| kind.is_only(&["text", "integer"]))
    }

    pub(super) fn is_list_of_texts(&self) -> bool {
        let elements = self.kind.as_ref().ok().and_then(Kind::elements);
        elements.is_some_and(|kind| kind.is_only(&["text"]))
    }

    /// A required field of text of every element.
    pub(super) fn field_of_elements(&self, names: &[&'static str]) -> Option<&'static str> {
        let elements = self.kind.as_ref().ok().and_then(Kind::elements)?;
        names
            .iter()
            .copied()
            .find(|name| elements.field(name).is_some_and(|kind| kind.is_only(&["text"])))
    }

    /// Writes its line, with what its schema says beside the kind.
    pub(super) fn write(&self, out: &mut String) -> fmt::Result {
        let name = KeyName(&self.name);
        let kind = match &self.kind {
            Ok(kind) => kind,
            Err(why) => {
                let described = if self.required { "required, and " } else { "" };
                return writeln!(
                    out,
                    "# args.{name} = \"text\" # left out, so calls that give it are refused: {described}{why}"
                );
            }
        };
        let mut notes = self.notes.clone();
        let default = match &self.default {
            None => None,
            Some(_) if self.required => None,
            Some(value) if kind.accepts(value) => Some(value),
            Some(value) => {
                notes.push(format!(
                    "its server takes {} where it is left out",
                    brief(&value.to_string())
                ));
                None
            }
        };
        write!(out, "args.{name} = ")?;
        if default.is_none() && !self.secret {
            kind.write(!self.required, out)?;
        } else {
            out.push_str("{ ");
            kind.write_entries(out)?;
            if self.secret {
                out.push_str(", secret = true");
            }
            match default {
                Some(value) => {
                    out.push_str(", default = ");
                    write_value(value, out)?;
                }
                None if !self.required => out.push_str(", optional = true"),
                None => {}
            }
            out.push_str(" }");
        }
        if !self.choices.is_empty() {
            let choices: Vec<String> = self.choices.iter().map(|choice| brief(choice)).collect();
            notes.push(format!("one of {}", brief(&choices.join(", "))));
        }
        if !self.description.is_empty() {
            notes.push(format!("\"{}\"", brief(&self.description)));
        }
        if !notes.is_empty() {
            write!(out, " # {}", notes.join("; "))?;
        }
        out.push('\n');
        Ok(())
    }
}

/// Words of arguments that are never shown.
const SECRETS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "apikey",
    "pin",
];

/// What the schema of a listed tool says of its arguments, to be compared with a manifest.
///
/// ```
/// use permitgate::mcp::ToolList;
/// use permitgate_task::Described;
///
/// let list = r#"[{"name": "look", "inputSchema": {"properties": {"id": {"type": "integer"}, "x": {}}}}]"#;
/// let list = ToolList::parse(list)?;
/// let described = Described::of(&list.tools()[0]);
/// let id = serde_json::json!({"kind": ["integer"], "optional": true});
/// assert_eq!(described.arguments["id"].as_ref(), Ok(&id));
/// assert!(described.arguments["x"].is_err());
/// # Ok::<(), permitgate::mcp::ToolListError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// Each argument in the form of `args` of a manifest, the kinds always in a list, or why its kind cannot be told.
    pub arguments: BTreeMap<String, Result<Json, String>>,
    /// The texts that an argument may be, where there are only some.
    pub choices: BTreeMap<String, Vec<String>>,
}

impl Described {
    /// Reads the schema of a tool.
    pub fn of(tool: &ListedTool) -> Self {
        let mut described = Self::default();
        for argument in arguments(tool.input_schema()).0 {
            let Argument { name, kind, required, default, choices, .. } = argument;
            let kind = kind.map(|kind| {
                let default = default.filter(|value| !required && kind.accepts(value));
                let mut json = kind.to_json(required || default.is_some());
                if let (Some(value), Some(table)) = (default, json.as_object_mut()) {
                    table.insert("default".to_owned(), value);
                }
                json
            });
            if !choices.is_empty() {
                described.choices.insert(name.clone(), choices);
            }
            described.arguments.insert(name, kind);
        }
        described
    }
}
