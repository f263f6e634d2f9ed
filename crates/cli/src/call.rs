//! One line of input: a call with what it is performed under.

use std::borrow::Cow;
use std::fmt;

use permitgate::model::{OwnedAudience, Reach};
use permitgate::text::visible;
use permitgate::{Action, Operation};
use permitgate_files::json::{Json, JsonError, Limits, Object};

/// One call as it stands in a line. What it does not name is the run's default.
#[derive(Debug, Default)]
pub(crate) struct CallLine<'a> {
    pub(crate) id: Option<Json<'a>>,
    pub(crate) invoker: Option<Cow<'a, str>>,
    pub(crate) agent: Option<Cow<'a, str>>,
    pub(crate) bind: Option<Object<'a>>,
    pub(crate) session: Option<Cow<'a, str>>,
    pub(crate) user_says: Option<Cow<'a, str>>,
    /// What the program knows apart from the user's words.
    pub(crate) facts: Vec<Json<'a>>,
    pub(crate) begin: bool,
    /// What came back.
    pub(crate) result: Option<Json<'a>>,
    pub(crate) attempt: Attempt<'a>,
    /// Keys that are no part of a call, for whoever knows more keys.
    pub(crate) more: Vec<(Cow<'a, str>, Json<'a>)>,
}

/// What is attempted: a call that the manifest gives a meaning, or an action.
#[derive(Debug)]
pub(crate) enum Attempt<'a> {
    Call { tool: Cow<'a, str>, arguments: Object<'a> },
    Action(ActionLine<'a>),
}

impl Default for Attempt<'_> {
    fn default() -> Self {
        Self::Call { tool: Cow::Borrowed(""), arguments: Object::default() }
    }
}

/// An action as it stands in a line. It reads what [`OwnedAction`](permitgate::model::OwnedAction) does, and apart from it, because
/// it borrows tool, resource and arguments from the line, of which there are many, and tells the column of what is no JSON.
#[derive(Debug)]
pub(crate) struct ActionLine<'a> {
    pub(crate) operation: Operation,
    pub(crate) tool: Cow<'a, str>,
    pub(crate) resource: Cow<'a, str>,
    pub(crate) reach: Reach,
    pub(crate) audience: OwnedAudience,
    pub(crate) arguments: Object<'a>,
    pub(crate) reversible: Option<bool>,
    pub(crate) untrusted: bool,
}

/// Why a line is no call. Never holds a value of the line, but for what names something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineError {
    pub(crate) what: String,
    pub(crate) column: Option<usize>,
}

impl LineError {
    #[cold]
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), column: None }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "column {column}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl From<JsonError> for LineError {
    fn from(error: JsonError) -> Self {
        Self { what: error.what().to_owned(), column: Some(error.column()) }
    }
}

/// The start of a text from outside, fit to stand in a message.
pub(crate) fn shown(text: &str) -> impl fmt::Display {
    const SHOWN_BYTES: usize = 64;
    let start = text.get(..text.floor_char_boundary(SHOWN_BYTES)).unwrap_or_default();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", visible(start))
}

impl<'a> CallLine<'a> {
    /// Reads a line that holds a call and nothing else.
    pub(crate) fn parse(line: &'a [u8], limits: Limits) -> Result<Self, LineError> {
        let call = Self::parse_with_more(line, limits)?;
        match call.more.first() {
            None => Ok(call),
            Some((key, _)) => Err(unknown(
                key,
                "id, tool, arguments, action, invoker, agent, bind, session, user_says, facts, begin, result",
            )),
        }
    }

    /// Reads a line and keeps the keys that are no part of a call.
    pub(crate) fn parse_with_more(line: &'a [u8], limits: Limits) -> Result<Self, LineError> {
        Self::of(Json::parse_bytes(line, limits)?)
    }

    /// Takes a call out of JSON.
    pub(crate) fn of(json: Json<'a>) -> Result<Self, LineError> {
        let Json::Object(members) = json else {
            return Err(LineError::new(format!("a call is an object, not {}", json.kind())));
        };
        let mut call = Self::default();
        let (mut tool, mut arguments, mut action) = (None, None, None);
        for (key, value) in members {
            match &*key {
                "id" => call.id = Some(value),
                "tool" => tool = Some(text("tool", value)?),
                "arguments" => arguments = object("arguments", value)?,
                "action" => action = Some(ActionLine::of(value)?),
                "invoker" => call.invoker = optional_text("invoker", value)?,
                "agent" => call.agent = optional_text("agent", value)?,
                "bind" => call.bind = object("bind", value)?,
                "session" => call.session = optional_text("session", value)?,
                "user_says" => call.user_says = optional_text("user_says", value)?,
                "facts" => call.facts = facts(value)?,
                "begin" => call.begin = truth("begin", &value)?,
                "result" => call.result = Some(value),
                _ => call.more.push((key, value)),
            }
        }
        call.attempt = match (tool, action) {
            (Some(tool), None) => Attempt::Call { tool, arguments: arguments.unwrap_or_default() },
            (None, Some(_)) if arguments.is_some() => {
                return Err(LineError::new("put `arguments` into the `action`"));
            }
            (None, Some(action)) => Attempt::Action(action),
            (Some(_), Some(_)) => {
                return Err(LineError::new("name a `tool` or an `action`, not both"));
            }
            (None, None) => return Err(LineError::new("a call names a `tool` or an `action`")),
        };
        if call.result.is_some() && matches!(call.attempt, Attempt::Action(_)) {
            return Err(LineError::new("`result` belongs to the call of a `tool`"));
        }
        Ok(call)
    }
}

impl<'a> ActionLine<'a> {
    pub(crate) fn of(json: Json<'a>) -> Result<Self, LineError> {
        let Json::Object(members) = json else {
            return Err(LineError::new(format!("`action` is an object, not {}", json.kind())));
        };
        let (mut operation, mut tool, mut resource) = (None, None, None);
        let (mut audience, mut reach) = (OwnedAudience::Private, Reach::Place);
        let (mut arguments, mut reversible, mut untrusted) = (None, None, false);
        for (key, value) in members {
            match &*key {
                "operation" => operation = Some(operation_of(&text("action.operation", value)?)?),
                "tool" => tool = Some(text("action.tool", value)?),
                "resource" => resource = Some(text("action.resource", value)?),
                "reach" => reach = reach_of(&text("action.reach", value)?)?,
                "audience" => audience = audience_of(value)?,
                "arguments" => arguments = object("action.arguments", value)?,
                "reversible" => reversible = Some(truth("action.reversible", &value)?),
                "untrusted" => untrusted = truth("action.untrusted", &value)?,
                _ => {
                    return Err(unknown(
                        &key,
                        "operation, tool, resource, reach, audience, arguments, reversible, untrusted",
                    ));
                }
            }
        }
        Ok(Self {
            operation: operation.ok_or_else(|| missing("operation"))?,
            tool: tool.ok_or_else(|| missing("tool"))?,
            resource: resource.ok_or_else(|| missing("resource"))?,
            reach,
            audience,
            arguments: arguments.unwrap_or_default(),
            reversible,
            untrusted,
        })
    }

    /// The action that the line describes.
    pub(crate) fn view(&self) -> Action<'_> {
        let action = Action::new(self.operation, &self.tool, &self.resource)
            .visible_to(self.audience.view())
            .with(&self.arguments);
        let action = match self.reversible {
            Some(true) => action.reversible(),
            Some(false) => action.irreversible(),
            None => action,
        };
        let action = match self.reach {
            Reach::Place => action,
            Reach::Below => action.below(),
        };
        if self.untrusted { action.untrusted() } else { action }
    }
}

fn audience_of(json: Json<'_>) -> Result<OwnedAudience, LineError> {
    let fault = || {
        LineError::new(
            "`audience` is \"private\", \"internal\", \"public\", {\"recipients\": [names]}, \
             {\"group\": name} or {\"channel\": name}",
        )
    };
    match json {
        Json::Text(level) => match &*level {
            "private" => Ok(OwnedAudience::Private),
            "internal" => Ok(OwnedAudience::Internal),
            "public" => Ok(OwnedAudience::Public),
            _ => Err(fault()),
        },
        Json::Object(members) if members.len() == 1 => {
            let (key, value) = members.into_iter().next().ok_or_else(fault)?;
            match (&*key, value) {
                ("recipients", Json::List(names)) => {
                    let name = |name| text("audience.recipients", name).map(Cow::into_owned);
                    names
                        .into_iter()
                        .map(name)
                        .collect::<Result<_, _>>()
                        .map(OwnedAudience::Recipients)
                }
                ("group", Json::Text(name)) => Ok(OwnedAudience::Group(name.into_owned())),
                ("channel", Json::Text(name)) => Ok(OwnedAudience::Channel(name.into_owned())),
                _ => Err(fault()),
            }
        }
        _ => Err(fault()),
    }
}

fn reach_of(name: &str) -> Result<Reach, LineError> {
    let found = [Reach::Place, Reach::Below].into_iter().find(|reach| reach.as_str() == name);
    found.ok_or_else(|| LineError::new("`action.reach` is place or below"))
}

fn operation_of(name: &str) -> Result<Operation, LineError> {
    let found = Operation::ALL.into_iter().find(|operation| operation.as_str() == name);
    found.ok_or_else(|| {
        LineError::new(
            "`action.operation` is read, create, update, delete, execute, share or administer",
        )
    })
}

#[cold]
fn missing(key: &str) -> LineError {
    LineError::new(format!("`action` has no `{key}`"))
}

#[cold]
pub(crate) fn unknown(key: &str, known: &str) -> LineError {
    LineError::new(format!("unknown key {} (known: {known})", shown(key)))
}

pub(crate) fn text<'a>(key: &str, value: Json<'a>) -> Result<Cow<'a, str>, LineError> {
    match value {
        Json::Text(text) => Ok(text),
        other => Err(LineError::new(format!("`{key}` is a text, not {}", other.kind()))),
    }
}

fn optional_text<'a>(key: &str, value: Json<'a>) -> Result<Option<Cow<'a, str>>, LineError> {
    match value {
        Json::Null => Ok(None),
        value => text(key, value).map(Some),
    }
}

fn object<'a>(key: &str, value: Json<'a>) -> Result<Option<Object<'a>>, LineError> {
    match value {
        Json::Null => Ok(None),
        Json::Object(object) => Ok(Some(object)),
        other => Err(LineError::new(format!("`{key}` is an object, not {}", other.kind()))),
    }
}

fn facts(value: Json<'_>) -> Result<Vec<Json<'_>>, LineError> {
    let Json::List(items) = value else {
        return Err(LineError::new(format!("`facts` is a list, not {}", value.kind())));
    };
    if let Some(odd) =
        items.iter().find(|item| !matches!(item, Json::Text(_) | Json::Integer(_) | Json::Float(_)))
    {
        return Err(LineError::new(format!("a fact is a text or a number, not {}", odd.kind())));
    }
    if items.iter().any(|item| item.as_text() == Some("")) {
        return Err(empty_fact());
    }
    Ok(items.into_iter().collect())
}

#[cold]
pub(crate) fn empty_fact() -> LineError {
    LineError::new("a fact is not empty")
}

pub(crate) fn truth(key: &str, value: &Json<'_>) -> Result<bool, LineError> {
    value
        .as_bool()
        .ok_or_else(|| LineError::new(format!("`{key}` is true or false, not {}", value.kind())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<CallLine<'_>, String> {
        CallLine::parse(line.as_bytes(), Limits::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_says_a_call_or_an_action() {
        let call = parse(r#"{"id":[1],"tool":"t","arguments":{"a":1},"begin":true}"#).unwrap();
        assert!(call.begin && call.id.is_some());
        assert!(matches!(call.attempt, Attempt::Call { ref tool, .. } if tool == "t"));
        let action = r#"{"action":{"operation":"share","tool":"t","resource":"r","audience":{"group":"g"}}}"#;
        let Attempt::Action(action) = parse(action).unwrap().attempt else { panic!("an action") };
        assert!(matches!(action.audience, OwnedAudience::Group(ref name) if name == "g"));
    }

    #[test]
    fn faults_name_the_key() {
        for (line, expected) in [
            ("7", "a call is an object, not a whole number"),
            ("{}", "a call names a `tool` or an `action`"),
            (r#"{"tool":1}"#, "`tool` is a text, not a whole number"),
            (
                r#"{"tool":"t","argumets":{}}"#,
                "unknown key `argumets` (known: id, tool, arguments, action, invoker, agent, bind, session, user_says, facts, begin, result)",
            ),
            (r#"{"tool":"t","arguments":[]}"#, "`arguments` is an object, not a list"),
            (r#"{"tool":"t","facts":["a",""]}"#, "a fact is not empty"),
            (r#"{"tool":"t","begin":1}"#, "`begin` is true or false, not a whole number"),
            (r#"{"action":{"tool":"t"}}"#, "`action` has no `operation`"),
            (
                r#"{"action":{"operation":"write"}}"#,
                "`action.operation` is read, create, update, delete, execute, share or administer",
            ),
            (r#"{"action":{"reach":"all"}}"#, "`action.reach` is place or below"),
            (
                r#"{"tool":"t","action":{"operation":"read","tool":"t","resource":"r"}}"#,
                "name a `tool` or an `action`, not both",
            ),
            (
                r#"{"arguments":{},"action":{"operation":"read","tool":"t","resource":"r"}}"#,
                "put `arguments` into the `action`",
            ),
        ] {
            assert_eq!(parse(line).unwrap_err(), expected, "{line}");
        }
    }
}
