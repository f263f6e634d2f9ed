//! An action that borrows nothing, for what outlives the call.

use std::sync::Arc;

use super::{Action, Operation, Reversibility};
use crate::model::arguments::{Arguments, FrozenArguments};
use crate::model::audience::Audience;

/// An action copied once, with frozen arguments.
pub(crate) struct OwnedAction {
    tool: Box<str>,
    resource: Box<str>,
    /// Shared by the actions of one call.
    arguments: Arc<FrozenArguments>,
    audience: OwnedAudience,
    operation: Operation,
    reversibility: Reversibility,
    untrusted: bool,
}

enum OwnedAudience {
    Private,
    Recipients(Vec<String>),
    Group(Box<str>),
    Channel(Box<str>),
    Internal,
    Public,
}

impl OwnedAction {
    pub(crate) fn new(action: &Action<'_>, arguments: Arc<FrozenArguments>) -> Self {
        let audience = match action.audience() {
            Audience::Private => OwnedAudience::Private,
            Audience::Recipients(names) => {
                OwnedAudience::Recipients(names.iter().map(str::to_owned).collect())
            }
            Audience::Group(name) => OwnedAudience::Group(name.into()),
            Audience::Channel(name) => OwnedAudience::Channel(name.into()),
            Audience::Internal => OwnedAudience::Internal,
            Audience::Public => OwnedAudience::Public,
        };
        Self {
            tool: action.tool().into(),
            resource: action.resource().into(),
            arguments,
            audience,
            operation: action.operation(),
            reversibility: action.reversibility(),
            untrusted: action.is_untrusted(),
        }
    }

    pub(crate) fn view(&self) -> Action<'_> {
        let audience = match &self.audience {
            OwnedAudience::Private => Audience::Private,
            OwnedAudience::Recipients(names) => Audience::recipients(names),
            OwnedAudience::Group(name) => Audience::Group(name),
            OwnedAudience::Channel(name) => Audience::Channel(name),
            OwnedAudience::Internal => Audience::Internal,
            OwnedAudience::Public => Audience::Public,
        };
        let arguments: &dyn Arguments = &*self.arguments;
        let action = Action::new(self.operation, &self.tool, &self.resource);
        let action = action.visible_to(audience).with(arguments);
        let action = if self.untrusted { action.untrusted() } else { action };
        match self.reversibility {
            Reversibility::Reversible => action.reversible(),
            Reversibility::Irreversible => action.irreversible(),
        }
    }
}
