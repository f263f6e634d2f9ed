#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("manual/links.md")]
#![doc = include_str!("../README.md")]
//!
//! # The parts
//!
//! One call reads from the top down:
//!
//! 1. An [`Action`] is one attempted tool call: tool, [`Operation`], resource, [`Audience`], [`Arguments`].
//! 2. A [`Scope`] is what it is performed under: a [`Capability`], the invoker, the agent, bound values.
//! 3. The [`Gate`] asks its guards in a fixed order, each with its [`Reason`]: is the action well-formed,
//!    is anything halted, is the capability valid, do guardrails, every layer of the capability and the
//!    user's [`Rule`]s let it pass. It records the [`Decision`] with its [`RecordSink`].
//! 4. A [`Permit`] is the proof of an allow. A [`Tool`] begins its effect with it, and everything that can
//!    have changed since is checked again. A [`Refusal`] says what was in the way.
//!
//! Policies are [`Statement`]s, compiled once into a [`Policy`] (which can grant) or [`Restrictions`]
//! (which cannot). Every bound of the crate stands in [`limits`]. The [`manual`] has guides and reasons.
//!
//! # Features
//!
//! - `json`: `serde_json::Value` and `serde_json::Map` are [`Arguments`].
//! - `manifest`: lists of tools as servers give them: digests, hints, drafts.
//! - `token`: capabilities as signed bytes: mint, attenuate offline, verify once, revoke.
//! - `tracing`: one event per decision and per outcome, at target `permitgate`.

#![forbid(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test that meets the unexpected should stop"
    )
)]

mod action;
mod arguments;
mod audience;
mod audit;
mod buckets;
mod capability;
mod clock;
mod codes;
mod decision;
mod directory;
mod endorsed;
mod forms;
mod gate;
mod hash;
mod identifier;
mod label;
pub mod limits;
mod manifest;
pub mod manual;
mod name;
mod permit;
mod policy;
mod refusal;
mod resource;
mod rule;
pub mod rules;
mod scope;
mod session;
mod stamp;
mod state;
mod steps;
mod sync;
mod time;
#[cfg(feature = "token")]
mod token;
mod visible;

/// What is wrong, as data: the kinds of the errors of this crate, each with a stable code.
///
/// An error has a `kind()`, and says where its fault is: the statement and field of a policy, the tool, effect and field of a
/// manifest, the argument of a call. Match on those; messages are for people and may change. Three are told apart by codes of their
/// own: [`FreezeError`] by its variants, [`SinkRefusal`] by [`SinkFault`], and `TokenError` by `TokenReason`.
///
/// ```
/// use permitgate::kinds::PolicyErrorKind;
/// use permitgate::{Operation, Policy, Statement};
///
/// let statement = || Statement::permit("read").operations(Operation::Read).resources(["docs/**"]);
/// let error = Policy::new([statement(), statement()]).unwrap_err();
/// assert_eq!(error.kind(), PolicyErrorKind::RepeatedId);
/// assert_eq!((error.kind().code(), error.statement()), ("repeated-id", Some("read")));
/// ```
pub mod kinds {
    #[cfg(feature = "token")]
    pub use crate::action::DigestErrorKind;
    pub use crate::audience::ReaderErrorKind;
    pub use crate::capability::{AttenuateErrorKind, IdErrorKind};
    pub use crate::directory::DirectoryErrorKind;
    pub use crate::gate::ConfigurationErrorKind;
    pub use crate::label::LabelErrorKind;
    #[cfg(feature = "manifest")]
    pub use crate::manifest::ToolListErrorKind;
    pub use crate::manifest::{CallFaultKind, ManifestErrorKind};
    pub use crate::policy::PolicyErrorKind;
    pub use crate::resource::ResourceErrorKind;
    pub use crate::scope::ScopeErrorKind;
    pub use crate::session::SessionErrorKind;
    pub use crate::stamp::StampErrorKind;
    #[cfg(feature = "token")]
    pub use crate::token::VerifierErrorKind;
}

pub use action::{Action, Operation, Operations, Reversibility};
#[cfg(feature = "token")]
pub use action::{ActionDigest, DigestError};
pub use arguments::{Arguments, FreezeError, FrozenArguments, List, NoArguments, Value};
pub use audience::{Audience, Reader, ReaderError, Readers, Recipients, Visibility};
pub use audit::{
    Cut, DecisionRecord, Gap, MemoryRecord, MemorySink, Outcome, RecordField, RecordNumber,
    RecordSink,
};
pub use capability::{
    AmbientAuthority, AttenuateError, Attenuation, Budget, Capability, CapabilityId, Grant,
    IdError, KeyId, Link, Revocations, Revoke, ambient_authority,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use decision::{
    Because, Beyond, BeyondKind, Decision, Layer, Reason, Ruling, SinkFault, SinkRefusal, Source,
};
pub use directory::{Directory, DirectoryBuilder, DirectoryError, Joinable, ResolvedAudience};
pub use endorsed::{Endorsements, Origin, Origins};
pub use gate::{
    ActionGate, ActionGateExt, Alternative, BatchRefusal, Configuration, ConfigurationError,
    Explanation, Gate, GateBuilder, Guardrails, RunError, StillRunning,
};
pub use label::{Integrity, LabelError, LabelRule, Labels};
pub use manifest::{
    ArgumentData, ArgumentDescription, AudienceData, AudienceLevel, Call, CallFault, EffectData,
    Manifest, ManifestData, ManifestEffect, ManifestError, ManifestTool, ResultData, ToolData,
    ToolDescription,
};
#[cfg(feature = "manifest")]
pub use manifest::{ListedTool, ToolDigest, ToolFinding, ToolHint, ToolList, ToolListError};
pub use permit::{
    CallPermit, CallRunning, CallStarted, CallTool, OwnedCallPermit, OwnedCallRunning, OwnedPermit,
    OwnedRunning, Permit, Running, Started, Tool,
};
pub use policy::{
    Applicability, Condition, Effect, ExplainedLayer, ExplainedStatement, Policy, PolicyData,
    PolicyError, Restrictions, Scalar, Statement,
};
pub use refusal::{Denial, Refusal, Ticket};
pub use resource::{Resource, ResourceBuf, ResourceError};
pub use rule::{Rule, RuleContext, Verdict};
pub use scope::{Scope, ScopeBuilder, ScopeError};
pub use session::{Session, SessionError};
pub use stamp::{ContentDigest, Stamp, StampError, Stamps};
pub use state::halt::Halt;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use steps::steps_of;
pub use time::Timestamp;
#[cfg(feature = "token")]
pub use token::{
    Attestation, Binding, Challenge, Demand, FeedError, IssuerKey, Presentation, Proof, PublicKey,
    RevocationFeed, RevocationList, RevocationReader, SharedSecret, SigningKey, Token, TokenBlock,
    TokenError, TokenReason, TrustedIssuer, Verifier, VerifierBuilder, VerifierError,
};
pub use visible::{Visible, visible};
