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
//!    user's [`Rule`]s let it pass. It records the [`Decision`] with its [`RecordSink`](record::RecordSink).
//! 4. A [`Permit`] is the proof of an allow. A [`ToolHandle`](gate::ToolHandle) begins its effect with it, and everything that
//!    can have changed since is checked again. A [`Refusal`] says what was in the way.
//!
//! Policies are [`Statement`]s, compiled once into a [`Policy`] (which can grant) or [`Restrictions`]
//! (which cannot). The root has what nearly everybody names, [`prelude`] gives it for one `use`, and the rest stands in the
//! module that it is about:
//!
//! | module | what it has |
//! |---|---|
//! | [`gate`], [`rules`] | the gate, its builder and configuration; permits and refusals; rules in Rust, and ready ones |
//! | [`model`] | actions and what they are made of: operations, resources, audiences, arguments |
//! | [`manifest`], [`mcp`] | from a tool call to actions; lists of tools as servers give them |
//! | [`policy`] | statements, conditions, and why they apply |
//! | [`authority`], [`token`] | capabilities, grants, scopes; the same as signed bytes |
//! | [`flow`] | sessions, labels, endorsed values, stamps |
//! | [`directory`] | who exists |
//! | [`decision`], [`record`] | decisions with their reasons; records of them |
//! | [`time`], [`text`], [`limits`], [`kinds`], [`manual`] | clocks; text made visible; every bound; kinds of errors; guides |
//!
//! # Features
//!
//! - `json`: `serde_json::Value` and `serde_json::Map` are [`Arguments`].
//! - `mcp`: lists of tools as servers give them, with digests and hints; digests of published content; includes `json`.
//! - `token`: capabilities as signed bytes: mint, attenuate offline, verify once, revoke.
//! - `tracing`: one event per decision and per outcome, at target `permitgate`.

#![doc(test(attr(deny(unused_imports))))]
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

pub mod authority;
mod base;
pub mod decision;
pub mod directory;
pub mod flow;
pub mod gate;
pub mod manifest;
pub mod manual;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod model;
pub mod policy;
pub mod prelude;
pub mod record;
mod state;
#[cfg(feature = "token")]
pub mod token;

#[doc(inline)]
pub use base::limits;
#[doc(inline)]
pub use gate::rules;

/// The time: what a gate asks for it, and a moment.
pub mod time {
    pub use crate::base::clock::{Clock, ManualClock, SystemClock};
    pub use crate::base::time::{Timestamp, TimestampError};
}

/// Text that a person or a model is shown.
pub mod text {
    pub use crate::base::visible::{Visible, visible};
}

/// What is wrong, as data: the kinds of the errors of this crate, each with a stable code.
///
/// An error has a `kind()`, and says where its fault is: the statement and field of a policy, the tool, effect and field of a
/// manifest, the argument of a call. Match on those; messages are for people and may change. Three are told apart by codes of their
/// own: [`FreezeError`](crate::model::FreezeError) by its variants, [`RecordError`](crate::record::RecordError) by
/// [`RecordFault`](crate::record::RecordFault), and `TokenError` by `TokenReason`.
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
    pub use crate::authority::budget::BudgetErrorKind;
    pub use crate::authority::capability::{AttenuateErrorKind, IdErrorKind};
    pub use crate::authority::requirement::RequirementErrorKind;
    pub use crate::authority::scope::error::ScopeErrorKind;
    pub use crate::decision::call_fault::CallFaultKind;
    pub use crate::directory::build::DirectoryErrorKind;
    pub use crate::flow::label::LabelErrorKind;
    pub use crate::flow::session::SessionErrorKind;
    pub use crate::flow::stamp::StampErrorKind;
    pub use crate::gate::approvals::VoteErrorKind;
    pub use crate::gate::configuration::ConfigurationErrorKind;
    pub use crate::gate::standing::StandingErrorKind;
    pub use crate::manifest::error::ManifestErrorKind;
    #[cfg(feature = "mcp")]
    pub use crate::mcp::tool_list::ToolListErrorKind;
    pub use crate::model::action::DigestErrorKind;
    pub use crate::model::action::OwnedActionErrorKind;
    pub use crate::model::arguments::ArgumentErrorKind;
    pub use crate::model::audience::ReaderErrorKind;
    pub use crate::model::resource::ResourceErrorKind;
    pub use crate::policy::error::PolicyErrorKind;
    #[cfg(feature = "token")]
    pub use crate::token::error::VerifierErrorKind;
}

pub use authority::{Capability, Scope, ambient_authority};
pub use decision::{Decision, Reason};
pub use directory::Directory;
pub use flow::Session;
pub use gate::{ActionGate, Gate, Permit, Refusal, Rule, ToolGate, Verdict};
pub use manifest::Manifest;
pub use model::{Action, Arguments, Audience, Operation};
pub use policy::{Policy, Restrictions, Statement};

#[cfg(fuzzing)]
#[doc(hidden)]
pub use base::steps::steps_of;
