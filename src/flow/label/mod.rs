//! Labels: who may see a resource, and whether outsiders can write to it.
//!
//! What a session reads raises its label, and its label limits whom it may write to. Labels form a
//! lattice: joining two intersects their readers, and one untrusted part makes the whole untrusted.
//! Intersections are kept as their parts, since whether an audience lies within "internal" and within
//! "group:legal" is asked of the directory of the moment, part by part.

mod beyond;
mod error;

use error::Fault;
pub use error::{LabelError, LabelErrorKind};

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::base::forms::stated;
use crate::base::limits::{
    MAX_ITEMS_PER_STATEMENT, MAX_LABEL_PARTS, MAX_LABEL_RULES, MAX_NAME_BYTES,
};
use crate::base::steps;
use crate::decision::Reason;
use crate::directory::{Directory, ReaderSet, ResolvedAudience};
use crate::model::audience::{Reader, Readers};
use crate::model::resource::Path;
use crate::policy::{BoundValue, PatternSet};

/// Whether outsiders can write what was read.
///
/// ```
/// use permitgate::flow::Integrity;
///
/// assert!(Integrity::Untrusted > Integrity::Trusted);
/// ```
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Integrity {
    /// Only people who may tell the agent what to do can write it.
    #[default]
    Trusted,
    /// Outsiders can write some of it, so it may hold instructions that nobody here gave.
    Untrusted,
}

impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
        })
    }
}

/// The label of all resources that match its patterns.
///
/// ```
/// use permitgate::flow::LabelRule;
/// use permitgate::model::Readers;
///
/// let customers = LabelRule::on(["crm/**"]).readers(Readers::internal());
/// let web = LabelRule::on(["web/**"]).untrusted();
/// # let _ = (customers, web);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a label rule does something only within labels"]
pub struct LabelRule {
    resources: Vec<String>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    readers: Option<Readers>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    integrity: Option<Integrity>,
}

impl LabelRule {
    /// A rule for resources, by patterns as in statements; they may bind `{invoker}` and `{agent}`.
    pub fn on<T: Into<String>>(patterns: impl IntoIterator<Item = T>) -> Self {
        let resources = patterns.into_iter().map(Into::into).collect();
        Self { resources, readers: None, integrity: None }
    }

    /// The people who may see what the resources hold; without this, the rule does not limit them.
    pub fn readers(mut self, readers: impl Into<Readers>) -> Self {
        self.readers = Some(readers.into());
        self
    }

    /// Outsiders can write to the resources.
    pub fn untrusted(mut self) -> Self {
        self.integrity = Some(Integrity::Untrusted);
        self
    }

    /// The patterns.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }
}

/// What is known of resources: the rules by which reading raises the label of a session.
///
/// Every rule that matches a resource counts: readers intersect, and one untrusted rule makes it
/// untrusted. What an action does to a resource can also show what it holds, so its audience must lie within the readers of its
/// own resource as well; only reading and deleting show nothing. A resource that no rule matches is for the invoker alone and untrusted, unless
/// [`otherwise`](Self::otherwise) says something else. A gate without labels has no flow guard.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::flow::{LabelRule, Labels};
/// use permitgate::model::Readers;
///
/// let labels = Labels::new([
///     LabelRule::on(["crm/**"]).readers(Readers::internal()),
///     LabelRule::on(["mail/**"]).readers(Readers::invoker()).untrusted(),
///     LabelRule::on(["forum/**"]).readers(Readers::public()),
/// ])?;
/// let gate = Gate::builder().labels(labels).build()?;
/// # let policy = Policy::new([
/// #     Statement::permit("read").operations(Operation::Read).resources(["**"]),
/// #     Statement::permit("post").operations(Operation::Create).resources(["forum/**"]).readers(Readers::public()),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let post = Action::create("forum.post", "forum/news").visible_to(Audience::Public);
/// assert!(gate.decide(&post, &scope).is_allow());
/// gate.run(&Action::read("crm.list", "crm/customers"), &scope, |_| Ok::<_, Refusal>(()))?;
/// assert_eq!(gate.decide(&post, &scope).reason(), Reason::BeyondReaders);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Labels(Arc<Compiled>);

#[derive(Clone, Debug)]
struct Compiled {
    patterns: Arc<PatternSet>,
    rules: Vec<(Option<Part>, Integrity)>,
    otherwise: (Part, Integrity),
}

impl Labels {
    /// Validates and compiles the rules; their order does not matter.
    ///
    /// # Errors
    /// [`LabelError`] names the rule and the field at fault.
    pub fn new(rules: impl IntoIterator<Item = LabelRule>) -> Result<Self, LabelError> {
        let rules: Vec<LabelRule> = rules.into_iter().collect();
        if rules.len() > MAX_LABEL_RULES {
            return Err(LabelError::new(MAX_LABEL_RULES, "", Fault::TooManyRules));
        }
        for (number, rule) in rules.iter().enumerate() {
            let fail = |field, fault| Err(LabelError::new(number, field, fault));
            if rule.resources.is_empty() {
                return fail("resources", Fault::NoResource);
            }
            if rule.resources.len() > MAX_ITEMS_PER_STATEMENT {
                return fail("resources", Fault::TooManyItems);
            }
            if rule.readers.is_none() && rule.integrity.is_none() {
                return fail("", Fault::SaysNothing);
            }
        }
        let patterns =
            PatternSet::new(rules.iter().map(|rule| &*rule.resources)).map_err(|fault| {
                let field = format!("resources[{}]", fault.place);
                LabelError::new(fault.list, field, Fault::Pattern(fault.why))
            })?;
        let mut compiled = Vec::with_capacity(rules.len());
        for (number, LabelRule { readers, integrity, .. }) in rules.into_iter().enumerate() {
            let part = readers.map(Part::checked).transpose();
            let part = part.map_err(|fault| LabelError::new(number, "readers", fault))?;
            compiled.push((part, integrity.unwrap_or_default()));
        }
        let otherwise = (Part::new(Readers::invoker()), Integrity::Untrusted);
        Ok(Self(Arc::new(Compiled { patterns: Arc::new(patterns), rules: compiled, otherwise })))
    }

    /// The label of resources that no rule matches; the invoker alone and untrusted without this.
    ///
    /// # Errors
    /// [`LabelError`] when a reader's name is malformed or there is none.
    pub fn otherwise(
        self,
        readers: impl Into<Readers>,
        integrity: Integrity,
    ) -> Result<Self, LabelError> {
        let part = Part::checked(readers.into())
            .map_err(|fault| LabelError::new(usize::MAX, "readers", fault))?;
        let compiled = Compiled { otherwise: (part, integrity), ..(*self.0).clone() };
        Ok(Self(Arc::new(compiled)))
    }

    /// Whether these are the very same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.0.rules.len()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most steps that a decision can take for labels: to join that of one resource to what a session has read, and to
    /// ask whether an audience, with the groups of `directory`, may see a label made of these rules and what the resource
    /// holds. See
    /// [`Policy::worst_case_steps`](crate::Policy::worst_case_steps).
    ///
    /// ```
    /// use permitgate::Directory;
    /// use permitgate::flow::{LabelRule, Labels};
    /// use permitgate::model::Readers;
    ///
    /// let labels = Labels::new([LabelRule::on(["crm/**"]).readers(Readers::internal())])?;
    /// assert!(labels.worst_case_steps(&Directory::empty()) < 100_000);
    /// # Ok::<(), permitgate::flow::LabelError>(())
    /// ```
    pub fn worst_case_steps(&self, directory: &Directory) -> u64 {
        let Compiled { patterns, rules, otherwise: (otherwise, _) } = &*self.0;
        let extent = directory.extent();
        let parts = || rules.iter().filter_map(|(part, _)| part.as_ref()).chain([otherwise]);
        let join = parts().map(Part::worst_case_steps).max().unwrap_or(0);
        let ask = parts().map(|part| part.0.set.worst_case_steps(&extent)).max().unwrap_or(0);
        let raise = patterns.worst_case_steps(join).saturating_add(join);
        let own = patterns.worst_case_steps(ask).saturating_add(ask);
        ask.saturating_mul(MAX_LABEL_PARTS as u64).saturating_add(raise).saturating_add(own)
    }

    /// Guard 6, of what the action's own resource holds: everybody in the audience may see it.
    pub(crate) fn admit(
        &self,
        path: &Path<'_>,
        values: &[BoundValue],
        audience: &ResolvedAudience<'_>,
    ) -> Result<(), Reason> {
        let Compiled { patterns, rules, otherwise: (part, _) } = &*self.0;
        let mut within = true;
        let known = patterns.look_up(path, values, |number| {
            if let Some((Some(part), _)) = rules.get(number as usize) {
                within &= audience.is_within_set(&part.0.set);
            }
        });
        if !known {
            within &= audience.is_within_set(&part.0.set);
        }
        if within { Ok(()) } else { Err(Reason::BeyondReaders) }
    }

    /// Joins the label of a resource to `label`; whether that changed.
    pub(crate) fn raise(
        &self,
        label: &mut SessionLabel,
        path: &Path<'_>,
        values: &[BoundValue],
    ) -> bool {
        let Compiled { patterns, rules, otherwise: (part, integrity) } = &*self.0;
        let mut changed = false;
        let known = patterns.look_up(path, values, |number| {
            if let Some((part, integrity)) = rules.get(number as usize) {
                changed |= part.as_ref().is_some_and(|part| label.limit(part));
                changed |= label.taint(*integrity);
            }
        });
        if !known {
            changed |= label.limit(part);
            changed |= label.taint(*integrity);
        }
        changed
    }
}

/// One set of readers that a label is limited to.
#[derive(Clone, Debug)]
pub(crate) struct Part(Arc<PartReaders>);

#[derive(Debug)]
struct PartReaders {
    /// Sorted, without repetitions; two parts that say the same are one.
    readers: Vec<Reader>,
    /// Of the readers, so that two parts are told apart without comparing names.
    hash: u64,
    set: ReaderSet,
}

impl Part {
    pub(crate) fn new(readers: Readers) -> Self {
        let set = ReaderSet::new(&readers);
        let mut readers: Vec<Reader> = readers.into();
        readers.sort_unstable();
        readers.dedup();
        let mut hasher = DefaultHasher::new();
        readers.hash(&mut hasher);
        Self(Arc::new(PartReaders { readers, hash: hasher.finish(), set }))
    }

    fn checked(readers: Readers) -> Result<Self, Fault> {
        if readers.iter().len() == 0 {
            return Err(Fault::NoReader);
        }
        if readers.iter().len() > MAX_ITEMS_PER_STATEMENT {
            return Err(Fault::TooManyItems);
        }
        let fault = readers.iter().find_map(|reader| reader.check().err());
        fault.map_or_else(|| Ok(Self::new(readers)), |fault| Err(Fault::Name(fault.to_string())))
    }

    fn is_public(&self) -> bool {
        self.0.set.is_public()
    }

    fn says_the_same(&self, other: &Self) -> bool {
        steps::take(|| 1);
        Arc::ptr_eq(&self.0, &other.0)
            || self.0.hash == other.0.hash && self.0.readers == other.0.readers
    }

    /// The most steps that joining it to a label can take: every part there, and one that says the same.
    fn worst_case_steps(&self) -> u64 {
        MAX_LABEL_PARTS as u64 + self.0.readers.len() as u64 * steps::of_bytes(MAX_NAME_BYTES)
    }
}

/// The label of a session: what it has read, joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionLabel {
    parts: SmallVec<[Part; MAX_LABEL_PARTS]>,
    integrity: Integrity,
    /// More was read than there is room for: nobody may see anything.
    overflow: bool,
}

impl SessionLabel {
    /// The label of somebody who has read nothing but what these readers may see.
    pub(crate) fn limited_to(readers: Readers, integrity: Integrity) -> Self {
        let mut label = Self { integrity, ..Self::default() };
        label.limit(&Part::new(readers));
        label
    }

    pub(crate) const fn is_untrusted(&self) -> bool {
        matches!(self.integrity, Integrity::Untrusted)
    }

    pub(crate) const fn integrity(&self) -> Integrity {
        self.integrity
    }

    /// Whether something was read that not everybody may see.
    pub(crate) fn is_confined(&self) -> bool {
        self.overflow || !self.parts.is_empty()
    }

    /// Readers only as `part` says; whether that is new. Without room, nobody is left.
    fn limit(&mut self, part: &Part) -> bool {
        if self.overflow || part.is_public() || self.parts.iter().any(|p| p.says_the_same(part)) {
            return false;
        }
        if self.parts.len() == MAX_LABEL_PARTS {
            self.overflow = true;
        } else {
            self.parts.push(part.clone());
        }
        true
    }

    /// Integrity falls to `integrity`; whether that is new.
    pub(crate) fn taint(&mut self, integrity: Integrity) -> bool {
        let falls = integrity > self.integrity;
        self.integrity = self.integrity.max(integrity);
        falls
    }

    /// What was read is trusted from now on; whether that is new.
    pub(crate) fn restore_trust(&mut self) -> bool {
        std::mem::take(&mut self.integrity) != Integrity::Trusted
    }

    /// The join: readers intersect, integrity falls. Whether it changed anything.
    pub(crate) fn join(&mut self, other: &Self) -> bool {
        let mut changed = self.taint(other.integrity);
        for part in &other.parts {
            changed |= self.limit(part);
        }
        if other.overflow && !self.overflow {
            self.overflow = true;
            changed = true;
        }
        changed
    }

    /// Guard 6: everybody in the audience may see all that was read.
    #[inline]
    pub(crate) fn admits(&self, audience: &ResolvedAudience<'_>) -> Result<(), Reason> {
        if self.overflow {
            Err(Reason::LabelOverflow)
        } else if self.parts.iter().all(|part| audience.is_within_set(&part.0.set)) {
            Ok(())
        } else {
            Err(Reason::BeyondReaders)
        }
    }
}

/// `internal and group:legal, untrusted`.
impl fmt::Display for SessionLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.overflow {
            f.write_str("nobody")?;
        } else if self.parts.is_empty() {
            f.write_str("public")?;
        }
        let parts = if self.overflow { &[][..] } else { &self.parts };
        for (place, part) in parts.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { " and " })?;
            match &*part.0.readers {
                [one] => write!(f, "{one}")?,
                several => {
                    for (place, reader) in several.iter().enumerate() {
                        write!(f, "{}{reader}", if place == 0 { "(" } else { " or " })?;
                    }
                    f.write_str(")")?;
                }
            }
        }
        write!(f, ", {}", self.integrity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::name::Name;
    use crate::base::steps::steps_of;
    use crate::model::audience::Audience;
    use crate::model::resource::Reach;
    use crate::policy::tests::{Draw, directory};

    #[test]
    fn labels_take_no_more_steps_than_they_state() {
        let mut draw = Draw(0x1234_5678_9ABC_DEF1);
        let directory = directory();
        let invoker = Name::new("dana");
        let values = [BoundValue::new("dana"), BoundValue::new("agent")];
        for _ in 0..60 {
            let rules: Vec<LabelRule> = (0..draw.count(5, 60))
                .map(|_| {
                    let patterns: Vec<String> =
                        (0..draw.count(2, 20)).map(|_| draw.pattern()).collect();
                    LabelRule::on(patterns).readers(draw.readers())
                })
                .collect();
            let labels = Labels::new(rules).unwrap();
            let stated = labels.worst_case_steps(&directory);
            let mut label = SessionLabel::default();
            for _ in 0..20 {
                let resource = draw.resource();
                let mut path = Path::default();
                path.read(&resource).unwrap();
                path.reach(if draw.count(2, 2) == 1 { Reach::Place } else { Reach::Below });
                let recipients = draw.recipients();
                let mut audience = ResolvedAudience::new(&directory, &invoker);
                audience.resolve(Audience::recipients(&recipients)).unwrap();
                let (_, taken) = steps_of(|| {
                    labels.raise(&mut label, &path, &values);
                    label.admits(&audience).is_ok()
                });
                assert!(taken <= stated, "{taken} steps of {stated}");
            }
        }
    }
}
