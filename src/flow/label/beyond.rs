//! Who of an audience may not see what was read, or what a resource holds: for the words of a refusal.

use super::{Compiled, Labels, SessionLabel};
use crate::decision::Excess;
use crate::directory::ResolvedAudience;
use crate::model::audience::Audience;
use crate::model::resource::Path;
use crate::policy::BoundValue;

impl Labels {
    /// The first of the audience, which was resolved from `audience`, who may not see what the resource at `path` holds.
    #[cold]
    pub(crate) fn beyond(
        &self,
        path: &Path<'_>,
        values: &[BoundValue],
        resolved: &ResolvedAudience<'_>,
        audience: Audience<'_>,
    ) -> Option<Excess> {
        let Compiled { patterns, rules, otherwise: (otherwise, _) } = &*self.0;
        let mut least = None;
        let known = patterns.look_up(path, values, |number| {
            if let Some((Some(part), _)) = rules.get(number as usize) {
                least = first(least, resolved.beyond(&part.0.set, audience));
            }
        });
        let of_others = || resolved.beyond(&otherwise.0.set, audience);
        if known { least } else { first(least, of_others()) }
    }
}

impl SessionLabel {
    /// The first of the audience, which was resolved from `audience`, who may not see all that was read.
    #[cold]
    pub(crate) fn beyond(
        &self,
        resolved: &ResolvedAudience<'_>,
        audience: Audience<'_>,
    ) -> Option<Excess> {
        let beyond =
            |least, part: &super::Part| first(least, resolved.beyond(&part.0.set, audience));
        self.parts.iter().fold(None, beyond)
    }
}

/// Of two, the one that the audience names first; what was found before counts where they are alike, so that the answer
/// does not depend on how rules are numbered.
fn first(one: Option<Excess>, other: Option<Excess>) -> Option<Excess> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.place() < one.place() { other } else { one }),
        (one, other) => one.or(other),
    }
}
