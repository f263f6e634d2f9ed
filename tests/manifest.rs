//! Manifests: what a call means, what it cannot mean, and that no value gets out of its segment.

#[path = "manifest/alloc.rs"]
mod alloc;
#[path = "testkit/allocations.rs"]
mod allocations;
#[path = "manifest/bounds.rs"]
mod bounds;
#[path = "manifest/calls.rs"]
mod calls;
#[path = "manifest/closed.rs"]
mod closed;
#[path = "manifest/errors.rs"]
mod errors;
#[path = "manifest/laws.rs"]
mod laws;
#[path = "manifest/naive.rs"]
mod naive;
#[path = "manifest/oracle.rs"]
mod oracle;
#[path = "manifest/results.rs"]
mod results;
#[path = "manifest/scenarios.rs"]
mod scenarios;
#[cfg(feature = "mcp")]
#[path = "manifest/servers.rs"]
mod servers;
#[path = "manifest/things.rs"]
mod things;
#[path = "manifest/views.rs"]
mod views;
#[path = "manifest/world.rs"]
mod world;
