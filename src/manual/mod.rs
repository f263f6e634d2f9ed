//! Longer texts: guides whose code is compiled, and the reasons behind the design.
//!
//! # Guides
//!
//! - [Wrapping tools](wrapping_tools): how to put a tool behind the gate
//! - [Manifests](manifests): what a call of a tool means
//! - [Argument kinds](argument_kinds): what an argument reaches
//! - [Approvals](approvals): a person looks first
//! - [Ownership](ownership): what belongs to whom
//! - [Policy files](policy_files): the format, by example
//! - [Budgets](budgets): how often, and for how much in all
//! - [Delegation](delegation): handing authority on, and taking it back
//! - [Tokens](crate::manual::tokens): authority as bytes, between processes and machines
//! - [Information flow](information_flow): sessions, labels, and where values came from
//! - [Writing a rule](writing_a_rule): your own rules in Rust
//!
//! # Reference and reasons
//!
//! - [Architecture](architecture): the way of one call, the rooms of the crate, and what must stay true
//! - [Reasons](reasons): every number, code and sentence, and what to do
//! - [Threat model](threat_model): who is trusted, what is protected, what is not
//! - [Token format](crate::manual::token_format): the bytes of a token, specified
//! - [Performance](performance): what was measured, and what was tried
//! - [Incidents](incidents): what went wrong elsewhere, and the test that holds it here
//! - [Glossary](glossary): our words and those of the field
//!
//! # Beside the core
//!
//! The repository holds more than this crate, and links to it lead here. Policy files are the crate
//! `permitgate-files` in `crates/files`, whose own documentation has a whole program. The command is
//! `permitgate-cli` in `crates/cli`; its `README.md` describes each subcommand. Proposals from English are
//! `permitgate-task` in `crates/task`. Records that outlive the process are `permitgate-journal` in
//! `crates/journal`, with a guide and its format. The replay of recorded agents lies in `evaluation/agentdojo`, the
//! comparison with other engines in `benches/peers`. How to report a vulnerability says `SECURITY.md`, how to
//! contribute `CONTRIBUTING.md`. The licences are `LICENSE-APACHE` and `LICENSE-MIT`.

// `links.md` comes first, since the first definition of a label counts: a link of a page leads to an item
// here, and to a file in the repository.

#[doc = include_str!("links.md")]
#[doc = include_str!("approvals.md")]
pub mod approvals {}

#[doc = include_str!("links.md")]
#[doc = include_str!("architecture.md")]
pub mod architecture {}

#[doc = include_str!("links.md")]
#[doc = include_str!("argument-kinds.md")]
pub mod argument_kinds {}

#[doc = include_str!("links.md")]
#[doc = include_str!("budgets.md")]
pub mod budgets {}

#[doc = include_str!("links.md")]
#[doc = include_str!("delegation.md")]
pub mod delegation {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../../docs/glossary.md")]
pub mod glossary {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../../docs/incidents.md")]
pub mod incidents {}

#[doc = include_str!("links.md")]
#[doc = include_str!("information-flow.md")]
pub mod information_flow {}

#[doc = include_str!("links.md")]
#[doc = include_str!("manifests.md")]
pub mod manifests {}

#[doc = include_str!("links.md")]
#[doc = include_str!("ownership.md")]
pub mod ownership {}

#[doc = include_str!("links.md")]
#[doc = include_str!("reasons.md")]
pub mod reasons {}

#[doc = include_str!("links.md")]
#[doc = include_str!("../../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("links.md")]
#[doc = include_str!("policy-files.md")]
pub mod policy_files {}

#[doc = include_str!("links.md")]
#[doc = include_str!("threat-model.md")]
pub mod threat_model {}

#[cfg(feature = "token")]
#[doc = include_str!("links.md")]
#[doc = include_str!("token-format.md")]
pub mod token_format {}

#[cfg(feature = "token")]
#[doc = include_str!("links.md")]
#[doc = include_str!("tokens.md")]
pub mod tokens {}

#[doc = include_str!("links.md")]
#[doc = include_str!("wrapping-tools.md")]
pub mod wrapping_tools {}

#[doc = include_str!("links.md")]
#[doc = include_str!("writing-a-rule.md")]
pub mod writing_a_rule {}
