//! What one session has read, and which values it may act on.

mod endorsement;

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::base::codes::fault_table;
use crate::base::limits::{MAX_CITATIONS, MAX_SESSION_DEPTH};
use crate::base::sync::{AtomicBool, AtomicU32, Mutex, Ordering, lock};
use crate::decision::{Excess, Reason};
use crate::directory::ResolvedAudience;
use crate::flow::label::{Integrity, Labels, SessionLabel};
use crate::flow::provenance::Endorsed;
use crate::flow::stamp::{ContentDigest, Stamp, Stamps};
use crate::model::audience::{Audience, Readers};
use crate::model::resource::Path;
use crate::policy::BoundValue;

/// What one conversation or task of an agent has read, and which values it may act on.
///
/// A [`Scope`](crate::Scope) holds one; every scope has its own unless it is given one. Reading raises the
/// label of the session from the moment the read begins, whatever comes of it: its readers intersect
/// with those of the resource, and its integrity falls where outsiders can write the resource. Cloning
/// shares the session.
///
/// A session belongs to the invoker of its first scope; a scope of somebody else cannot use it.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Session;
/// use permitgate::flow::{LabelRule, Labels, Origin};
/// use permitgate::model::Operations;
///
/// # let policy = Policy::new([Statement::permit("all").operations(Operations::ALL).resources(["**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// let gate = Gate::builder()
///     .labels(Labels::new([LabelRule::on(["web/**"]).untrusted()])?)
///     .build()?;
/// let session = Session::new();
/// session.endorse_words(Origin::User, "Send the summary to lee@example.com, please.");
/// let scope =
///     Scope::builder(&capability).invoker("dana").agent("triage").session(&session).build()?;
///
/// gate.run(&Action::read("web.fetch", "web/news"), &scope, |_| Ok::<_, Refusal>(()))?;
/// assert!(session.is_untrusted());
/// assert_eq!(session.label().to_string(), "public, untrusted");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    parent: Option<Session>,
    depth: usize,
    /// Its number in the process, where something counts for it.
    number: OnceLock<Arc<u64>>,
    /// A [`LabelMark`]; changes with the label, under its lock.
    mark: AtomicU32,
    label: Mutex<SessionLabel>,
    endorsed: Arc<Endorsed>,
    delegates: AtomicBool,
    citations: Mutex<Citations>,
}

#[derive(Default)]
struct Citations {
    digests: Vec<ContentDigest>,
    overflow: bool,
}

/// Names one state of a label: it differs when the label has changed. The two facts that every decision
/// asks for stand in it, so that most decisions need no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelMark(u32);

const UNTRUSTED: u32 = 1;
const CONFINED: u32 = 2;
const CHANGE: u32 = 4;

impl LabelMark {
    #[inline]
    pub(crate) const fn is_untrusted(self) -> bool {
        self.0 & UNTRUSTED != 0
    }

    #[inline]
    pub(crate) const fn is_confined(self) -> bool {
        self.0 & CONFINED != 0
    }
}

impl Session {
    /// A session that has read nothing.
    pub fn new() -> Self {
        Self::with(None, 0, SessionLabel::default(), Arc::default())
    }

    /// A session that has read nothing and may act on all that another may act on, also on what is endorsed there later: for
    /// what every session of a program knows, such as the names of its directory. It is nobody's yet, and nothing of it
    /// comes back.
    ///
    /// # Errors
    /// [`SessionError`] when sessions would stand more than [`MAX_SESSION_DEPTH`] deep.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::Origin;
    ///
    /// let known = Session::new();
    /// known.endorse(Origin::Directory, "lee@example.com");
    /// let session = Session::knowing(&known)?;
    /// assert!(session.is_endorsed("lee@example.com"));
    /// # Ok::<(), permitgate::flow::SessionError>(())
    /// ```
    pub fn knowing(known: &Self) -> Result<Self, SessionError> {
        let depth = known.0.depth + 1;
        if depth >= MAX_SESSION_DEPTH {
            return Err(SessionError(Fault::TooDeep));
        }
        let endorsed = Arc::new(Endorsed::below(known.0.endorsed.clone()));
        Ok(Self::with(None, depth, SessionLabel::default(), endorsed))
    }

    /// A session that begins with a label: for work on what was handed over from elsewhere.
    ///
    /// ```
    /// use permitgate::Session;
    /// use permitgate::flow::Integrity;
    /// use permitgate::model::Readers;
    ///
    /// let session = Session::labelled(Readers::group("legal"), Integrity::Untrusted);
    /// assert_eq!(session.label().to_string(), "group:legal, untrusted");
    /// ```
    pub fn labelled(readers: impl Into<Readers>, integrity: Integrity) -> Self {
        Self::with(None, 0, SessionLabel::limited_to(readers.into(), integrity), Arc::default())
    }

    fn with(
        parent: Option<Self>,
        depth: usize,
        label: SessionLabel,
        endorsed: Arc<Endorsed>,
    ) -> Self {
        let mark = AtomicU32::new(mark_after(0, &label));
        let (label, citations) = (Mutex::new(label), Mutex::default());
        let (delegates, number) = (AtomicBool::new(false), OnceLock::new());
        Self(Arc::new(Inner { parent, depth, number, mark, label, endorsed, delegates, citations }))
    }

    /// A session for a sub-task. It starts with the label of this one, since it is told of what this one
    /// knows, and what it reads does not raise this one until it is handed back; see
    /// [`hand_back`](Self::hand_back). It may act on all values that this one may act on, not the other way round.
    ///
    /// # Errors
    /// [`SessionError`] when sessions would stand more than [`MAX_SESSION_DEPTH`] deep.
    ///
    /// ```
    /// use permitgate::Session;
    ///
    /// let session = Session::new();
    /// let research = session.subtask()?;
    /// // … scopes of the sub-task read what they need …
    /// research.hand_back(); // its result comes back, and its label with it
    /// # Ok::<(), permitgate::flow::SessionError>(())
    /// ```
    pub fn subtask(&self) -> Result<Self, SessionError> {
        let depth = self.0.depth + 1;
        if depth >= MAX_SESSION_DEPTH {
            return Err(SessionError(Fault::TooDeep));
        }
        let label = lock(&self.0.label).clone();
        let endorsed = Arc::new(Endorsed::below(self.0.endorsed.clone()));
        let below = Self::with(Some(self.clone()), depth, label, endorsed);
        *lock(&below.0.citations) = lock(&self.0.citations).copy();
        Ok(below)
    }

    /// The number of the session that this is a sub-task of, or its own: what is counted for a session counts for its sub-tasks.
    pub(crate) fn number(&self) -> &Arc<u64> {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let next = || Arc::new(NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let above = std::iter::successors(Some(self), |session| session.0.parent.as_ref());
        above.last().unwrap_or(self).0.number.get_or_init(next)
    }

    /// Joins the label of this sub-task, and what it cites, to the session above. Call it before its result
    /// is used there; it also happens when the last clone is dropped. Does nothing for a session without one above.
    pub fn hand_back(&self) {
        self.0.hand_back();
    }

    /// Joins the label of another session, and what it cites, to this one: for what an agent of another
    /// process or another invoker hands over.
    pub fn take_over(&self, other: &Self) {
        other.0.join_to(&self.0);
    }

    /// Whether it has read something that outsiders can write.
    pub fn is_untrusted(&self) -> bool {
        self.mark().is_untrusted()
    }

    /// Whether it has read something that not everybody may see.
    pub fn is_confined(&self) -> bool {
        self.mark().is_confined()
    }

    /// The label as a text for people, such as `internal and group:legal, untrusted`.
    pub fn label(&self) -> impl fmt::Display + use<> {
        lock(&self.0.label).clone()
    }

    /// Its integrity: untrusted once it has read something that outsiders can write.
    pub fn integrity(&self) -> Integrity {
        lock(&self.0.label).integrity()
    }

    /// Says that the user handed the choice of what to do over to something that is yet to be read. The host knows; the
    /// crate `permitgate-task` tells it of requests in plain English. Results of reads that such a text chose then
    /// endorse values as if the user had chosen them.
    pub fn delegate(&self) {
        self.0.delegates.store(true, Ordering::SeqCst);
    }

    pub(crate) fn delegates(&self) -> bool {
        self.0.delegates.load(Ordering::SeqCst)
    }

    /// Says that the session has read content that carries this stamp; see [`Stamp`].
    pub fn cite(&self, stamp: &Stamp) {
        lock(&self.0.citations).add(stamp.digest());
    }

    /// Whether everything stamped that it has read is verified.
    pub fn cites_only_verified(&self, stamps: &Stamps) -> bool {
        let citations = lock(&self.0.citations);
        !citations.overflow && citations.digests.iter().all(|digest| stamps.is_verified(*digest))
    }

    pub(crate) fn endorsed(&self) -> &Endorsed {
        &self.0.endorsed
    }

    #[inline]
    pub(crate) fn mark(&self) -> LabelMark {
        LabelMark(self.0.mark.load(Ordering::SeqCst))
    }

    /// Guard 6, where the mark says that it is asked at all.
    pub(crate) fn admits(&self, audience: &ResolvedAudience<'_>) -> Result<(), Reason> {
        lock(&self.0.label).admits(audience)
    }

    /// The first of the audience, which was resolved from `audience`, who may not see all that was read.
    pub(crate) fn beyond(
        &self,
        resolved: &ResolvedAudience<'_>,
        audience: Audience<'_>,
    ) -> Option<Excess> {
        lock(&self.0.label).beyond(resolved, audience)
    }

    /// A read begins: the label rises by what the resource says, and falls in integrity where the action
    /// itself is untrusted.
    pub(crate) fn raise(
        &self,
        labels: Option<&Labels>,
        untrusted: bool,
        path: &Path<'_>,
        values: &[BoundValue],
    ) {
        self.0.change(|label| {
            let rises = labels.is_some_and(|labels| labels.raise(label, path, values));
            let falls = untrusted && label.taint(Integrity::Untrusted);
            rises || falls
        });
    }

    /// Lets these readers see what was read so far; a right of its own, asked for before.
    pub(crate) fn declassify(&self, readers: &Readers) {
        self.0.change(|label| {
            *label = SessionLabel::limited_to(readers.clone(), label.integrity());
            true
        });
    }

    /// Trusts what was read so far; a right of its own, asked for before.
    pub(crate) fn trust(&self) {
        self.0.change(|label| label.restore_trust());
    }

    /// Makes it the session of this invoker, with all above it; `false` when it is somebody else's.
    pub(crate) fn belongs_to(&self, invoker: &str) -> bool {
        let sessions = std::iter::successors(Some(self), |session| session.0.parent.as_ref());
        sessions.into_iter().all(|session| session.0.endorsed.is_of(invoker))
    }
}

impl Inner {
    fn change(&self, change: impl FnOnce(&mut SessionLabel) -> bool) {
        let mut label = lock(&self.label);
        if change(&mut label) {
            let mark = mark_after(self.mark.load(Ordering::SeqCst), &label);
            self.mark.store(mark, Ordering::SeqCst);
        }
    }

    fn hand_back(&self) {
        if let Some(parent) = &self.parent {
            self.join_to(&parent.0);
        }
    }

    fn join_to(&self, other: &Self) {
        // One lock after the other, so that two sessions that take each other over do not wait for ever.
        let label = lock(&self.label).clone();
        other.change(|above| above.join(&label));
        let citations = lock(&self.citations).copy();
        lock(&other.citations).join(citations);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.hand_back();
    }
}

/// The mark after the one before, for a label that changed.
fn mark_after(before: u32, label: &SessionLabel) -> u32 {
    let untrusted = if label.is_untrusted() { UNTRUSTED } else { 0 };
    let confined = if label.is_confined() { CONFINED } else { 0 };
    (before | (CHANGE - 1)).wrapping_add(1) | untrusted | confined
}

impl Citations {
    fn add(&mut self, digest: ContentDigest) {
        if self.digests.contains(&digest) {
        } else if self.digests.len() == MAX_CITATIONS {
            self.overflow = true;
        } else {
            self.digests.push(digest);
        }
    }

    fn copy(&self) -> Self {
        Self { digests: self.digests.clone(), overflow: self.overflow }
    }

    fn join(&mut self, other: Self) {
        self.overflow |= other.overflow;
        other.digests.into_iter().for_each(|digest| self.add(digest));
    }
}

/// Why there is no session.
///
/// ```
/// use permitgate::Session;
/// use permitgate::kinds::SessionErrorKind;
///
/// let mut session = Session::new();
/// let error = loop {
///     match session.subtask() {
///         Ok(below) => session = below,
///         Err(error) => break error,
///     }
/// };
/// assert_eq!(error.kind(), SessionErrorKind::TooDeep);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session: {0}")]
pub struct SessionError(Fault);

impl SessionError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> SessionErrorKind {
        self.0.kind()
    }
}

fault_table! {
    /// Why there is no such session ([`SessionError::kind`](crate::flow::SessionError::kind)).
    pub enum SessionErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error("sub-tasks stand more than {MAX_SESSION_DEPTH} deep")]
        TooDeep => TooDeep, "too-deep",
    }
}
