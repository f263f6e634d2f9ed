//! Argument kinds: each parses a text into what it reaches, or the call has no meaning.

pub(crate) mod rule;
