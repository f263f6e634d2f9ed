//! Longer texts: guides whose code is compiled, and the reasons behind the design.

#[doc = include_str!("architecture.md")]
pub mod architecture {}

#[doc = include_str!("delegation.md")]
pub mod delegation {}

#[doc = include_str!("information-flow.md")]
pub mod information_flow {}

#[doc = include_str!("manifests.md")]
pub mod manifests {}

#[doc = include_str!("reasons.md")]
pub mod reasons {}

#[doc = include_str!("threat-model.md")]
pub mod threat_model {}

#[cfg(feature = "token")]
#[doc = include_str!("token-format.md")]
pub mod token_format {}

#[cfg(feature = "token")]
#[doc = include_str!("tokens.md")]
pub mod tokens {}

#[doc = include_str!("wrapping-tools.md")]
pub mod wrapping_tools {}

#[doc = include_str!("writing-a-rule.md")]
pub mod writing_a_rule {}

#[doc = include_str!("policy-files.md")]
pub mod policy_files {}
