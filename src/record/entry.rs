//! One decision as evidence, borrowed while it is being recorded.

use std::borrow::Cow;
use std::fmt;

use super::gap::Gap;
use crate::authority::ownership::{KnownSet, Ownerships};
use crate::authority::scope::Scope;
use crate::base::identifier::Identifier;
use crate::base::limits::MAX_VARIABLES;
use crate::base::time::Timestamp;
use crate::decision::{CallFault, Excess, Grounds, Layer, OwnershipError, Reason, Ruling};
use crate::model::action::Action;
use crate::model::audience::Visibility;
use crate::state::approval::ApprovalSource;

/// A decision while it is being made: like [`Decision`](crate::Decision), in two machine words, so that guards hand it on
/// in registers. (As separate small fields it was written byte by byte and read as a whole, and each of
/// those reads waited for the writes.) What a rule said stands apart from it.
#[derive(Clone, Copy)]
pub(crate) struct PackedDecision<'s> {
    /// From the top: the number of a bound name in seven bits, whether who is in the audience or how the resource is written is to be told
    /// in one, then the ruling, the reason and the layer, eight bits each. Of ruling and
    /// reason the place in their lists from 1, so that nothing but zeros is no allow; of the layer its number or 0.
    code: u32,
    /// The id of the determining statement where there is a layer, else the name of the rule.
    by: Option<&'s Identifier>,
}

const ALLOW: u32 = Ruling::Allow as u32 + 1;
const HOLD: u32 = Ruling::Hold as u32 + 1;

/// The bit for a finding about who is in the audience, or about how the resource is written.
const AUDIENCE: u32 = 1 << 24;

/// Where the number of a bound name begins.
const NAME_SHIFT: u32 = 25;

const _: () = assert!(MAX_VARIABLES + 3 < 1 << (u32::BITS - NAME_SHIFT));
const _: () = assert!(Reason::ALL.len() < 0xFF, "a reason is packed in eight bits");

impl<'s> PackedDecision<'s> {
    /// An allow that names nothing.
    pub(crate) const PASSED: Self = Self::new(Ruling::Allow, Reason::Permitted);

    const fn new(ruling: Ruling, reason: Reason) -> Self {
        Self { code: (ruling as u32 + 1) << 16 | (reason as u32 + 1) << 8, by: None }
    }

    pub(crate) const fn deny(reason: Reason) -> Self {
        let is_told = matches!(reason, Reason::BeyondReaders | Reason::MalformedResource);
        Self::new(Ruling::Deny, reason).about_audience(is_told)
    }

    /// Of a budget that has no room: a person can make some, or nobody.
    #[cold]
    pub(crate) const fn of_budget(reason: Reason) -> Self {
        let is_asked = matches!(reason, Reason::BudgetApproval);
        let ruling = if is_asked { Ruling::Hold } else { Ruling::Deny };
        Self::new(ruling, reason).about_audience(true)
    }

    #[inline]
    pub(crate) const fn of_layer(
        ruling: Ruling,
        reason: Reason,
        layer: Layer,
        by: Option<&'s Identifier>,
    ) -> Self {
        let layer = match layer {
            Layer::Guardrails => 1,
            Layer::Issuer => 2,
            Layer::Capability(depth) => 3 + depth as u32,
        };
        Self { code: Self::new(ruling, reason).code | layer, by }
    }

    #[inline]
    pub(crate) const fn of_rule(ruling: Ruling, reason: Reason, name: &'s Identifier) -> Self {
        Self { code: Self::new(ruling, reason).code, by: Some(name) }
    }

    /// The same hold, lifted by an approval; it names what asked for one.
    pub(crate) const fn approved(self) -> Self {
        let allow = Self::new(Ruling::Allow, Reason::Approved).code;
        Self { code: allow | self.code & 0xFF, ..self }
    }

    /// Whether that is so.
    #[inline]
    pub(crate) const fn is_approved(self) -> bool {
        self.code >> 8 & 0xFF == Reason::Approved as u32 + 1
    }

    /// The same, about who is in the audience where `is_about` says so.
    #[inline]
    pub(crate) const fn about_audience(self, is_about: bool) -> Self {
        Self { code: self.code | if is_about { AUDIENCE } else { 0 }, ..self }
    }

    /// Whether it was determined on account of who is in the audience, or of how the resource is written.
    #[inline]
    pub(crate) const fn is_about_audience(self) -> bool {
        self.code & AUDIENCE != 0
    }

    /// The same, about a bound name.
    #[cold]
    pub(crate) const fn about_name(self, number: u8) -> Self {
        Self { code: self.code | (number as u32 + 1) << NAME_SHIFT, ..self }
    }

    /// The number of the bound name that it is about.
    #[inline]
    pub(crate) const fn name(self) -> Option<u8> {
        match self.code >> NAME_SHIFT {
            0 => None,
            number => Some((number - 1) as u8),
        }
    }

    #[inline]
    const fn strictness(self) -> u32 {
        self.code >> 16 & 0xFF
    }

    /// The number that says all but who determined it.
    #[inline]
    pub(crate) const fn code(self) -> u32 {
        self.code
    }

    /// The finding of a number, without who determined it.
    pub(crate) const fn of_code(code: u32) -> Self {
        Self { code, by: None }
    }

    #[inline]
    pub(crate) const fn ruling(self) -> Ruling {
        match self.strictness() {
            ALLOW => Ruling::Allow,
            HOLD => Ruling::Hold,
            _ => Ruling::Deny,
        }
    }

    pub(crate) fn reason(self) -> Reason {
        let place = (self.code >> 8 & 0xFF) as usize;
        // Every place but 0 was made from a reason.
        Reason::ALL.get(place.wrapping_sub(1)).copied().unwrap_or(Reason::NotPermitted)
    }

    pub(crate) const fn layer(self) -> Option<Layer> {
        match self.code & 0xFF {
            0 => None,
            1 => Some(Layer::Guardrails),
            2 => Some(Layer::Issuer),
            depth => Some(Layer::Capability((depth - 3) as u8)),
        }
    }

    /// The stricter of two findings, the first where they are alike; among allows, the first that names
    /// a statement.
    #[inline]
    pub(crate) fn or_stricter(self, other: Self) -> Self {
        let (ours, theirs) = (self.strictness(), other.strictness());
        let says_more = ours == ALLOW && self.by.is_none();
        if theirs > ours || (theirs == ours && says_more) { other } else { self }
    }

    /// A denial where `guard` says no; behind a denial it is not asked.
    #[inline(always)]
    pub(crate) fn or_denied_by(self, guard: impl FnOnce() -> Result<(), Reason>) -> Self {
        if self.ruling() == Ruling::Deny {
            return self;
        }
        guard().map_or_else(Self::deny, |()| self)
    }

    #[inline]
    fn rule(self) -> Option<&'s Identifier> {
        if self.code & 0xFF == 0 { self.by } else { None }
    }

    #[inline]
    pub(crate) fn statement(self) -> Option<&'s Identifier> {
        if self.code & 0xFF == 0 { None } else { self.by }
    }

    /// Whether [`grounds`](Self::grounds) is all that there is to say of an action without a fault: no rule determined it,
    /// nobody of the audience and no bound name is to be named, and nothing of the resource.
    #[inline]
    pub(crate) fn says_all(self) -> bool {
        self.code >> 24 == 0 && (self.code & 0xFF != 0 || self.by.is_none())
    }

    /// The owned form, apart from what a rule said.
    #[inline(always)]
    pub(crate) fn grounds(self) -> Grounds {
        match self.layer() {
            Some(layer) => Grounds::of_layer(self.reason(), layer, self.by.cloned()),
            None => Grounds::new(self.reason()),
        }
    }

    /// The owned form where somebody of the audience is too much: for the readers that a statement names, or for those of
    /// what was read.
    #[inline(always)]
    pub(crate) fn grounds_of_audience(self, who: Excess) -> Grounds {
        Grounds::of_audience(self.reason(), self.layer(), self.statement().cloned(), who)
    }

    /// The owned form, with what the determining rule said, if a rule determined it.
    pub(crate) fn grounds_of_rule(self, said: Cow<'static, str>) -> Grounds {
        match self.rule() {
            Some(rule) => Grounds::of_rule(self.reason(), rule.clone(), said),
            None => self.grounds(),
        }
    }
}

impl fmt::Debug for PackedDecision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.ruling(), self.reason())
    }
}

/// One decision, as a [`RecordSink`](crate::record::RecordSink) gets it: borrowed, complete, before the
/// permit exists.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::record::{DecisionRecord, Outcome, RecordError, RecordNumber, RecordSink};
/// use permitgate::time::Timestamp;
///
/// /// Takes nothing but reads.
/// struct OnlyReads;
///
/// impl RecordSink for OnlyReads {
///     fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
///         match record.action().operation() {
///             Operation::Read => Ok(RecordNumber { stream: 0, sequence: 1 }),
///             _ => Err(RecordError::new("no read")),
///         }
///     }
///     fn outcome(&self, _: RecordNumber, _: Outcome, _: Timestamp) -> Result<(), RecordError> {
///         Ok(())
///     }
/// }
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let gate = Gate::builder().sink(OnlyReads).build()?;
/// assert!(gate.authorize(&Action::read("docs.read", "docs/intro"), &scope).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DecisionRecord<'r> {
    pub(crate) at: Timestamp,
    pub(crate) finding: PackedDecision<'r>,
    pub(crate) shadow: Option<PackedDecision<'r>>,
    /// What the determining rule said.
    pub(crate) said: &'r str,
    pub(crate) action: &'r Action<'r>,
    pub(crate) scope: &'r Scope,
    /// What was answered about whose things are, where that is asked at every decision.
    pub(crate) owned: Option<&'r Ownerships>,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) who: Option<&'r Excess>,
    pub(crate) approval: Option<ApprovalSource>,
    pub(crate) gap: Option<&'r Gap>,
}

impl<'r> DecisionRecord<'r> {
    /// When it was decided.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Allow, hold or deny.
    pub fn ruling(&self) -> Ruling {
        self.finding.ruling()
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.finding.reason()
    }

    /// The layer of authority that determined it, if one did.
    pub fn layer(&self) -> Option<Layer> {
        self.finding.layer()
    }

    /// The id of the determining statement, if it was a statement.
    pub fn statement(&self) -> Option<&'r str> {
        self.finding.statement().map(Identifier::as_str)
    }

    /// The name of the determining rule and what it said, if it was a rule.
    pub fn rule(&self) -> Option<(&'r str, &'r str)> {
        self.finding.rule().map(|name| (name.as_str(), self.said))
    }

    /// The id of the determining statement, or the name of the rule; empty where there is neither.
    #[inline]
    pub(crate) fn source(&self) -> &'r [u8] {
        self.finding.by.map_or(&[], Identifier::as_bytes)
    }

    /// What the candidate guardrails in the shadow would have decided, if there are any.
    pub fn shadow(&self) -> Option<(Ruling, Reason)> {
        self.shadow.map(|finding| (finding.ruling(), finding.reason()))
    }

    /// The action. Where it is malformed it was refused, and its texts may hold anything.
    pub fn action(&self) -> &'r Action<'r> {
        self.action
    }

    /// The summary of the resolved audience; `None` where the action is malformed.
    pub fn visibility(&self) -> Option<Visibility> {
        self.visibility
    }

    /// Who of the audience was too much, where that is the reason; see [`Grounds::who`].
    pub fn who(&self) -> Option<&'r Excess> {
        self.who
    }

    /// Why the manifest gives the call no meaning, where it gives it none.
    pub fn call_fault(&self) -> Option<&'r CallFault> {
        self.action.fault()
    }

    /// What is missing before this record, where the sink did not take everything.
    pub fn gap(&self) -> Option<&Gap> {
        self.gap
    }

    /// The sets of values that it was decided with, by the name that each is bound to: those of the scope, then what was asked for.
    /// `Err` where one could not be learned.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::record::{DecisionRecord, Outcome, RecordError, RecordNumber, RecordSink};
    /// use permitgate::time::Timestamp;
    ///
    /// /// Takes nothing that was decided without the sets of a customer.
    /// struct WithOrders;
    ///
    /// impl RecordSink for WithOrders {
    ///     fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
    ///         let mut sets = record.bound_sets();
    ///         match sets.next() {
    ///             Some(("mine", Ok(values))) if values == ["17", "23"] => Ok(RecordNumber { stream: 0, sequence: 1 }),
    ///             _ => Err(RecordError::new("no orders")),
    ///         }
    ///     }
    ///     fn outcome(&self, _: RecordNumber, _: Outcome, _: Timestamp) -> Result<(), RecordError> {
    ///         Ok(())
    ///     }
    /// }
    /// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["orders/{mine}"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// let gate = Gate::builder().sink(WithOrders).build()?;
    /// let scope = Scope::builder(&capability).invoker("dana").agent("support").bind_set("mine", ["23", "17"]).build()?;
    /// assert!(gate.authorize(&Action::read("orders.read", "orders/17"), &scope).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bound_sets(
        &self,
    ) -> impl Iterator<Item = (&'r str, Result<&'r [String], &'r OwnershipError>)> {
        let answered = self.owned.map_or(&[][..], Ownerships::sets);
        self.scope
            .sets()
            .iter()
            .chain(answered)
            .map(|KnownSet { name, values }| (&**name, values.as_ref().map(Vec::as_slice)))
    }

    /// What it was performed under: agent, invoker and the capability with its lineage.
    pub fn scope(&self) -> &'r Scope {
        self.scope
    }
}

/// The number of a record: its stream, and its place in that stream, without gaps from 1 on.
///
/// A sink may have several streams, so that threads do not wait for each other.
///
/// ```
/// use permitgate::record::RecordNumber;
///
/// assert_eq!(RecordNumber { stream: 2, sequence: 17 }.to_string(), "2-17");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordNumber {
    /// Which stream of the sink.
    pub stream: u32,
    /// The place in the stream, from 1.
    pub sequence: u64,
}

impl fmt::Display for RecordNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.stream, self.sequence)
    }
}

/// What came of a permit.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::record::{MemorySink, Outcome};
/// use std::sync::Arc;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let sink = Arc::new(MemorySink::last(10));
/// let gate = Gate::builder().sink(sink.clone()).build()?;
/// drop(gate.authorize(&Action::read("docs.read", "docs/intro"), &scope)?);
/// let outcome = sink.records()[0].outcome.ok_or("settled")?.0;
/// assert_eq!((outcome, outcome.to_string().as_str()), (Outcome::Unused, "unused"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The effect happened.
    Done,
    /// The tool says that the effect failed.
    Failed,
    /// The effect began and nobody said how it ended: a panic, a dropped future.
    Abandoned,
    /// The permit was dropped before the effect began.
    Unused,
    /// The effect was refused when it was to begin.
    Refused(Reason),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed => f.write_str("failed"),
            Self::Abandoned => f.write_str("abandoned"),
            Self::Unused => f.write_str("unused"),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_gives_back_what_was_packed() {
        let zeros = PackedDecision::of_code(0);
        assert_eq!((zeros.ruling(), zeros.reason()), (Ruling::Deny, Reason::NotPermitted));
        let name = Identifier::from("name");
        let deepest = Layer::Capability((crate::base::limits::MAX_LINEAGE - 1) as u8);
        let layers = [Layer::Guardrails, Layer::Issuer, Layer::Capability(0), deepest];
        for reason in Reason::ALL.iter().copied() {
            for ruling in [Ruling::Allow, Ruling::Hold, Ruling::Deny] {
                for (layer, is_about) in layers.iter().flat_map(|one| [(*one, false), (*one, true)])
                {
                    let finding = PackedDecision::of_layer(ruling, reason, layer, Some(&name));
                    let finding = finding.about_audience(is_about);
                    let unpacked = (finding.ruling(), finding.reason(), finding.layer());
                    assert_eq!(unpacked, (ruling, reason, Some(layer)));
                    assert!(finding.statement().is_some() && finding.rule().is_none());
                    assert_eq!(
                        (finding.is_about_audience(), finding.says_all()),
                        (is_about, !is_about)
                    );
                    let named = finding.about_name(17);
                    assert_eq!((finding.name(), named.name()), (None, Some(17)));
                    assert_eq!((named.reason(), named.says_all()), (reason, false));
                    assert_eq!((named.layer(), named.is_about_audience()), (Some(layer), is_about));
                    // It makes nothing stricter.
                    let denied = finding.or_stricter(PackedDecision::deny(Reason::Expired));
                    assert_eq!(denied.ruling(), Ruling::Deny);
                    assert_eq!(
                        denied.reason() == reason,
                        ruling == Ruling::Deny || reason == Reason::Expired
                    );
                }
                let finding = PackedDecision::of_rule(ruling, reason, &name);
                let unpacked = (finding.ruling(), finding.reason(), finding.layer());
                assert_eq!(unpacked, (ruling, reason, None));
                assert!(finding.statement().is_none() && finding.rule().is_some());
            }
        }
    }
}
