//! What the actions of one call read, as seen from each of them.

use super::configuration::Configuration;
use crate::authority::scope::Scope;
use crate::decision::{Excess, Reason};
use crate::directory::ResolvedAudience;
use crate::flow::label::{Integrity, SessionLabel};
use crate::model::action::Action;
use crate::model::audience::Audience;
use crate::model::resource::Path;

/// The labels of all that a call reads, joined.
#[derive(Default)]
pub(super) struct CallReads {
    label: SessionLabel,
    /// How many of the actions return something that outsiders can write.
    untrusted: usize,
    /// How many return something that not everybody may see.
    confined: usize,
}

impl CallReads {
    /// `None` where what the actions read limits none of the others.
    #[inline]
    pub(super) fn of(
        configuration: &Configuration,
        actions: &[Action<'_>],
        scope: &Scope,
    ) -> Option<Self> {
        let limits = configuration.labels.is_some() || actions.iter().any(Action::is_untrusted);
        if actions.len() < 2 || !limits { None } else { Self::join(configuration, actions, scope) }
    }

    fn join(configuration: &Configuration, actions: &[Action<'_>], scope: &Scope) -> Option<Self> {
        let mut reads = Self::default();
        for action in actions {
            let label = label_of(configuration, action, scope);
            reads.untrusted += usize::from(label.is_untrusted());
            reads.confined += usize::from(label.is_confined());
            reads.label.join(&label);
        }
        (reads.untrusted + reads.confined > 0).then_some(reads)
    }
}

/// One action among those of its call.
#[derive(Clone, Copy)]
pub(super) struct Siblings<'x> {
    reads: &'x CallReads,
    actions: &'x [Action<'x>],
    /// The place of the action among them.
    place: usize,
}

impl<'x> Siblings<'x> {
    /// Those of the action at a place, where what they read limits it.
    #[inline]
    pub(super) fn of(
        reads: Option<&'x CallReads>,
        actions: &'x [Action<'x>],
        place: usize,
    ) -> Option<Self> {
        reads.map(|reads| Self { reads, actions, place })
    }

    /// Whether another action returns something that outsiders can write.
    pub(super) fn is_untrusted(self, configuration: &Configuration, scope: &Scope) -> bool {
        let own = || self.own(configuration, scope).is_untrusted();
        self.reads.untrusted > 1 || self.reads.untrusted == 1 && !own()
    }

    /// Whether another action returns something that not everybody may see.
    pub(super) fn is_confined(self, configuration: &Configuration, scope: &Scope) -> bool {
        let own = || self.own(configuration, scope).is_confined();
        self.reads.confined > 1 || self.reads.confined == 1 && !own()
    }

    /// Guard 6, of what the others read.
    pub(super) fn admits(
        self,
        configuration: &Configuration,
        scope: &Scope,
        audience: &ResolvedAudience<'_>,
    ) -> Result<(), Reason> {
        match self.reads.label.admits(audience) {
            // One by one, to leave out its own. That is asked seldom: at the second such action the answer is no.
            Err(Reason::BeyondReaders) => {
                self.others(configuration, scope).try_for_each(|label| label.admits(audience))
            }
            answer => answer,
        }
    }

    /// The first of the audience, which was resolved from `audience`, who may not see what the others read.
    pub(super) fn beyond(
        self,
        configuration: &Configuration,
        scope: &Scope,
        resolved: &ResolvedAudience<'_>,
        audience: Audience<'_>,
    ) -> Option<Excess> {
        self.others(configuration, scope).find_map(|label| label.beyond(resolved, audience))
    }

    /// The labels of what the others read.
    fn others(
        self,
        configuration: &'x Configuration,
        scope: &'x Scope,
    ) -> impl Iterator<Item = SessionLabel> {
        let others = self.actions.iter().enumerate().filter(move |(place, _)| *place != self.place);
        others.map(|(_, action)| label_of(configuration, action, scope))
    }

    fn own(self, configuration: &Configuration, scope: &Scope) -> SessionLabel {
        let action = self.actions.get(self.place);
        action.map_or_else(SessionLabel::default, |action| label_of(configuration, action, scope))
    }
}

/// The label that a session is raised by when an action begins.
fn label_of(configuration: &Configuration, action: &Action<'_>, scope: &Scope) -> SessionLabel {
    let mut label = SessionLabel::default();
    if action.is_untrusted() {
        label.taint(Integrity::Untrusted);
    }
    let mut path = Path::default();
    if let Some(labels) = configuration.labels.as_ref().filter(|_| action.reads())
        && action.read_into(&mut path).is_ok()
    {
        labels.raise(&mut label, &path, scope.always_bound());
    }
    label
}
