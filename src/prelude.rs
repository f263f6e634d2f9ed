//! What nearly every user needs: `use permitgate::prelude::*;`.
//!
//! No name of it is one of `serde_json` or of the usual crates for agents and MCP servers, so that the two stand side by side.

pub use crate::gate::ActionGateExt;
pub use crate::{
    Action, ActionGate, Audience, Capability, Decision, Gate, Manifest, Operation, Permit, Policy,
    Reason, Refusal, Restrictions, Scope, Statement, ToolGate, ambient_authority,
};
