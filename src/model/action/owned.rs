//! An action that borrows nothing, for what outlives the call.

use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::error::{CopyFault, OwnedActionError};
use super::{Action, Operation, Reversibility};
use crate::base::forms;
use crate::model::arguments::{Arguments, FrozenArguments};
use crate::model::audience::OwnedAudience;
use crate::model::parts::Parts;
use crate::model::resource::Reach;

/// An [`Action`] that borrows nothing, with [frozen arguments](FrozenArguments): for what outlives the call, is written down, or
/// is read from a file or a line.
///
/// As data it is an object with `operation`, `tool` and `resource`, and with `reach` (see [`Reach`]), `audience` (see
/// [`OwnedAudience`]), `arguments`, `reversible` and `untrusted` where they are not what [`Action::new`] begins with. It has no other field, and a refusal names
/// the field, or the words that it takes. Nothing else is checked here, as with an action. Arguments are written whole, secret ones
/// too: encrypt what you store. What their texts [reach](Action::parts) is not written: of an action that was read back, no condition can
/// tell a part of a text, so map the call again.
///
/// ```
/// use permitgate::Action;
/// use permitgate::model::{OwnedAction, Value};
///
/// let arguments = [("body", Value::from("I would restart it first."))];
/// let reply = Action::create("forum.reply", "forum/threads/8812/replies").with(&arguments);
/// let kept = OwnedAction::try_from(&reply)?;
/// let written = serde_json::to_string(&kept)?;
/// let read: OwnedAction = serde_json::from_str(&written)?;
/// assert_eq!(read, kept);
/// assert_eq!(read.view().resource(), "forum/threads/8812/replies");
///
/// let odd = serde_json::from_str::<OwnedAction>(r#"{"operation": "read", "tool": 7}"#).unwrap_err();
/// assert!(odd.to_string().contains("expected a text as `tool`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Form")]
pub struct OwnedAction {
    tool: Box<str>,
    resource: Box<str>,
    /// Shared by the actions of one call.
    arguments: Arc<FrozenArguments>,
    /// Likewise.
    parts: Option<Arc<Parts>>,
    audience: OwnedAudience,
    operation: Operation,
    reversibility: Reversibility,
    reach: Reach,
    untrusted: bool,
}

impl OwnedAction {
    /// A copy with these arguments in place of the action's own.
    pub(crate) fn new(action: &Action<'_>, arguments: Arc<FrozenArguments>) -> Self {
        Self {
            tool: action.tool().into(),
            resource: action.resource().into(),
            arguments,
            parts: action.parts().map(|parts| Arc::new(parts.clone())),
            audience: action.audience().into(),
            operation: action.operation(),
            reversibility: action.reversibility(),
            reach: action.reach(),
            untrusted: action.is_untrusted(),
        }
    }

    /// The action as a gate takes it. Allocates nothing.
    pub fn view(&self) -> Action<'_> {
        let arguments: &dyn Arguments = &*self.arguments;
        let action = Action::new(self.operation, &self.tool, &self.resource);
        let action = action.visible_to(self.audience.view()).with(arguments);
        let action = action.reaching(self.parts.as_deref());
        let action = if self.untrusted { action.untrusted() } else { action };
        let action = action.with_reach(self.reach);
        match self.reversibility {
            Reversibility::Reversible => action.reversible(),
            Reversibility::Irreversible => action.irreversible(),
        }
    }
}

/// # Errors
/// [`OwnedActionError`] when the arguments cannot be [frozen](FrozenArguments::freeze), when the action stands for a call that has
/// no meaning, or when it asks to lower a session's label: a copy would be another action.
impl TryFrom<&Action<'_>> for OwnedAction {
    type Error = OwnedActionError;
    fn try_from(action: &Action<'_>) -> Result<Self, OwnedActionError> {
        if action.fault().is_some() {
            return Err(CopyFault::NoMeaning.into());
        }
        if action.lowers() {
            return Err(CopyFault::Lowering.into());
        }
        let arguments =
            FrozenArguments::freeze(action.arguments()).map_err(CopyFault::Arguments)?;
        Ok(Self::new(action, Arc::new(arguments)))
    }
}

/// An action as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "OwnedAction")]
struct Form {
    operation: Operation,
    #[serde(deserialize_with = "tool")]
    tool: String,
    #[serde(deserialize_with = "resource")]
    resource: String,
    #[serde(default, skip_serializing_if = "Reach::is_place")]
    reach: Reach,
    #[serde(default, skip_serializing_if = "is_private")]
    audience: OwnedAudience,
    #[serde(default, skip_serializing_if = "FrozenArguments::is_empty")]
    arguments: FrozenArguments,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reversible")]
    reversible: Option<bool>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "untrusted")]
    untrusted: bool,
}

fn is_private(audience: &OwnedAudience) -> bool {
    *audience == OwnedAudience::Private
}

fn tool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    forms::text(deserializer, "tool")
}

fn resource<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    forms::text(deserializer, "resource")
}

fn reversible<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    forms::truth(deserializer, "reversible").map(Some)
}

fn untrusted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    forms::truth(deserializer, "untrusted")
}

/// What an operation counts as until somebody says otherwise.
fn usual(operation: Operation) -> Reversibility {
    Action::new(operation, "", "").reversibility()
}

impl From<OwnedAction> for Form {
    fn from(action: OwnedAction) -> Self {
        let is_reversible = action.reversibility == Reversibility::Reversible;
        let is_usual = action.reversibility == usual(action.operation);
        Self {
            operation: action.operation,
            tool: action.tool.into(),
            resource: action.resource.into(),
            reach: action.reach,
            audience: action.audience,
            arguments: Arc::unwrap_or_clone(action.arguments),
            reversible: (!is_usual).then_some(is_reversible),
            untrusted: action.untrusted,
        }
    }
}

impl From<Form> for OwnedAction {
    fn from(form: Form) -> Self {
        let reversibility = match form.reversible {
            Some(true) => Reversibility::Reversible,
            Some(false) => Reversibility::Irreversible,
            None => usual(form.operation),
        };
        Self {
            tool: form.tool.into(),
            resource: form.resource.into(),
            arguments: Arc::new(form.arguments),
            parts: None,
            audience: form.audience,
            operation: form.operation,
            reversibility,
            reach: form.reach,
            untrusted: form.untrusted,
        }
    }
}

const FIELDS: &[&str] =
    &["operation", "tool", "resource", "reach", "audience", "arguments", "reversible", "untrusted"];

/// An object, and no list of its values in the order of the fields.
struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an action: an object with `operation`, `tool` and `resource`")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Form, A::Error> {
        Form::deserialize(MapAccessDeserializer::new(map))
    }
}

impl<'de> Deserialize<'de> for OwnedAction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("action", FIELDS, Whole).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::MAX_FROZEN_BYTES;
    use crate::model::action::OwnedActionErrorKind;
    use crate::model::arguments::{FreezeError, Value};
    use crate::model::audience::Audience;

    fn read(json: &str) -> Result<OwnedAction, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn every_part_is_written_and_read_back() {
        let arguments = [("n", Value::from(7))];
        let names = ["dana@example.com", "lee@example.com"];
        for (audience, written) in [
            (Audience::Private, ""),
            (Audience::Internal, r#","audience":"internal""#),
            (Audience::Public, r#","audience":"public""#),
            (Audience::Group("g"), r#","audience":{"group":"g"}"#),
            (Audience::Channel("c"), r#","audience":{"channel":"c"}"#),
            (
                Audience::recipients(&names),
                r#","audience":{"recipients":["dana@example.com","lee@example.com"]}"#,
            ),
        ] {
            let action = Action::create("t", "r").visible_to(audience);
            for (action, more) in [
                (action, ""),
                (action.with(&arguments), r#","arguments":{"n":7}"#),
                (action.reversible().untrusted(), r#","reversible":true,"untrusted":true"#),
            ] {
                let kept = OwnedAction::try_from(&action).unwrap();
                let json = serde_json::to_string(&kept).unwrap();
                let start = r#"{"operation":"create","tool":"t","resource":"r""#;
                assert_eq!(json, format!("{start}{written}{more}}}"));
                assert_eq!(read(&json).unwrap(), kept);
                assert_eq!(format!("{:?}", kept.view()), format!("{action:?}"));
            }
        }
        let used_up = OwnedAction::try_from(&Action::read("t", "r").irreversible()).unwrap();
        let json = serde_json::to_string(&used_up).unwrap();
        assert!(json.ends_with(r#""reversible":false}"#), "{json}");
        assert_eq!(read(&json).unwrap(), used_up);
    }

    #[test]
    fn a_refusal_names_the_field() {
        let with =
            |more: &str| format!(r#"{{"operation":"read","tool":"t","resource":"r",{more}}}"#);
        for (json, expected) in [
            (r#"{"tool":"t","resource":"r"}"#.to_owned(), "missing field `operation`"),
            (r#"{"operation":"get"}"#.to_owned(), "unknown variant `get`, expected one of `read`"),
            (with(r#""tol":1"#), "unknown field `tol`, expected one of `operation`, `tool`"),
            (r#"{"tool":1}"#.to_owned(), "expected a text as `tool`"),
            (r#"{"resource":null}"#.to_owned(), "expected a text as `resource`"),
            (with(r#""arguments":null"#), "expected a map as `arguments`"),
            (with(r#""reversible":null"#), "expected `true` or `false` as `reversible`"),
            (with(r#""untrusted":1"#), "expected `true` or `false` as `untrusted`"),
            (with(r#""audience":"team""#), "unknown variant `team`, expected one of `private`"),
            (with(r#""audience":{"group":1}"#), "expected a text as `group`"),
            (with(r#""audience":{"channel":[]}"#), "expected a text as `channel`"),
            (with(r#""audience":{"recipients":"x"}"#), "expected a list of names as `recipients`"),
            (with(r#""audience":{"recipients":[1]}"#), "expected a text as `recipients`"),
            (with(r#""tool":"u""#), "duplicate field `tool`"),
            (r#"{"operation":{"read":null}}"#.to_owned(), "expected an operation as a word"),
            (r#"{"operation":["read"]}"#.to_owned(), "expected an operation as a word"),
            (r#"{"operation":0}"#.to_owned(), "expected an operation as a word"),
            (with(r#""audience":{"public":null}"#), r#"write the word alone, as in `"public"`"#),
            (with(r#""audience":{"team":1}"#), "unknown variant `team`, expected one of `private`"),
            (with(r#""audience":"group""#), "`group` needs a value, as in `{group = …}`"),
            (with(r#""audience":{}"#), "expected an audience: `private`"),
            (with(r#""audience":null"#), "expected an audience: `private`"),
            (with(r#""audience":{"group":"g","channel":"c"}"#), "expected an audience: `private`"),
            (with(r#""arguments":{"n":36893488147419103232}"#), "a number beyond 64 bits"),
            (r#"["read","t","r"]"#.to_owned(), "expected an action: an object with `operation`"),
            ("[]".to_owned(), "expected an action: an object with `operation`"),
        ] {
            let error = read(&json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn what_would_be_another_action_is_not_copied() {
        let kind = |action: &Action<'_>| OwnedAction::try_from(action).unwrap_err().kind();
        let lowering = Action::lowering(Operation::Update, "t", "r");
        assert_eq!(kind(&lowering), OwnedActionErrorKind::Lowering);
        let text = "x".repeat(MAX_FROZEN_BYTES);
        let large = [("text", Value::from(&text))];
        let error = OwnedAction::try_from(&Action::read("t", "r").with(&large)).unwrap_err();
        assert_eq!(error.arguments(), Some(FreezeError::TooLarge));
    }
}
