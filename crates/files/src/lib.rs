//! Policy files for [Permitgate](permitgate): TOML and JSON with exact errors, tests in the file itself, and
//! live reload.
//!
//! - [`Bundle::load`] reads a file and all that it includes into values of the core. Every fault has file,
//!   line, column and, where it can, a hint; all that can be found at once are told at once.
//! - [`Bundle::warnings`] says what loads and does nothing, or too much.
//! - `[[test]]` tables in a file are run when it loads: a policy that does not do what it says does not load.
//! - A [`Lock`] beside the root file holds the tools as they were approved; it is read with the bundle.
//! - A [`LayerFile`] holds statements and budgets alone: what a program narrows a policy by for a task, to be tested by files.
//! - [`Reloader`] follows files on disk; the old bundle stays while the new one fails.
//!
//! The format is described in the [manual](permitgate::manual::policy_files). What bounds it stands in
//! [`limits`].
//!
//! # From a file to an effect
//!
//! One gate for each process, one narrowed capability for each task, one permit for each call:
//!
//! ```
//! use permitgate::prelude::*;
//! use permitgate::flow::Origin;
//! use permitgate::gate::{CallHandle, CallPermit};
//! use permitgate::mcp::ToolList;
//! use permitgate::model::Value;
//! use permitgate_files::Bundle;
//!
//! /// A tool. Nobody reaches it without a permit, and it acts on what the permit says.
//! struct Mailbox {
//!     send: CallHandle,
//! }
//!
//! impl Mailbox {
//!     fn send(&self, permit: CallPermit<'_>) -> Result<String, Refusal> {
//!         let running = permit.begin(&self.send)?; // everything is checked again; all actions begin, or none
//!         let sent: Vec<String> =
//!             running.actions().map(|action| format!("sent to {}", action.audience())).collect();
//!         running.done(); // or `failed`
//!         Ok(sent.join(", "))
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("permitgate-files-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = folder.join("policy.toml");
//! std::fs::write(&path, r#"
//! [directory]
//! organisation_domains = ["example.com"]
//! principals = ["dana@example.com", "lee@example.com"]
//!
//! [[tool]]
//! name = "send_email"
//! args.to = { kind = "list", items = "text" }
//! args.body = { kind = "text", no_effect = true }
//! [[tool.effect]]
//! operation = "create"
//! resource = "mail/{invoker}/outbox"
//! audience = { recipients = ["to"] }
//!
//! [[tool]]
//! name = "delete_email"
//! args.id = "text"
//! [[tool.effect]]
//! operation = "delete"
//! resource = "mail/{invoker}/inbox/{args.id}"
//!
//! [[statement]]
//! id = "own-mail"
//! effect = "permit"
//! operations = ["create", "delete"]
//! resources = ["mail/{invoker}/**"]
//! readers = "internal"
//! "#)?;
//!
//! // Once, when the process starts.
//! let bundle = Bundle::load(&path)?;
//! let gate = bundle.gate().build()?;
//! let mailbox = Mailbox { send: gate.call_handle("send_email") };
//! let owner = bundle.capability(ambient_authority());
//! let ground = bundle.ground(); // what sessions may act on from the start, as in the tests of the file
//!
//! // Whenever the server lists its tools: what is pinned and changed is refused, and hints only tighten.
//! let listed = r#"{"tools": [{"name": "send_email"}, {"name": "delete_email"}]}"#;
//! let (manifest, findings) = bundle.manifest().narrowed_by(&ToolList::parse(listed)?);
//! assert!(findings.is_empty(), "show these to the operator");
//!
//! // For each task: less than the owner has.
//! let keep = Restrictions::new([Statement::forbid("keep-all").operations(Operation::Delete)])?;
//! let task = owner.attenuate(keep)?;
//! let session = ground.session_of("dana@example.com");
//! session.endorse_words(Origin::User, "Write to Lee"); // what the user said, and nothing that a tool returned
//! let scope = Scope::builder(&task)
//!     .invoker("dana@example.com")
//!     .agent("assistant")
//!     .session(&session)
//!     .build()?;
//!
//! // For each call of the model.
//! let to = [Value::from("lee@example.com")];
//! let arguments = [("to", Value::List(&to)), ("body", Value::from("See you at nine."))];
//! let call = manifest.map("send_email", &arguments, &scope);
//! let permit = gate.authorize_call(&call, &scope)?;
//! assert_eq!(mailbox.send(permit)?, "sent to recipients lee@example.com");
//!
//! // A refusal is a sentence for the model.
//! let arguments = [("id", Value::from("7"))];
//! let call = manifest.map("delete_email", &arguments, &scope);
//! let refusal = gate.authorize_call(&call, &scope).unwrap_err();
//! assert_eq!(refusal.grounds().statement(), Some("keep-all"));
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `json` of `permitgate`, which this crate turns on, a `serde_json::Value` is mapped as it is. What a tool
//! gives back goes to [`Call::endorse_result`](permitgate::manifest::Call::endorse_result), where the manifest trusts some of it.

#![cfg_attr(docsrs, feature(doc_cfg))]
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

mod bundle;
mod fault;
mod format;
mod ground;
pub mod json;
mod layer;
pub mod limits;
mod load;
mod lock;
mod number;
mod reload;
mod schema;
mod source;
mod suggest;
mod testing;
mod tree;
mod warn;

pub use bundle::{Bundle, Options};
pub use fault::{Code, Finding, LoadError, Severity};
pub use format::format;
pub use ground::{BoundError, Ground};
pub use layer::LayerFile;
pub use lock::{LOCK_FILE, Lock};
pub use reload::{Reload, Reloader};
pub use schema::schema;
pub use source::Position;
pub use testing::TestOutcome;
