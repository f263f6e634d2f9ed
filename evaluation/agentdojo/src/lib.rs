//! Replays recorded agents' tool calls, with injected calls among them, against Permitgate.
//!
//! The protocol stands in the README of this package. Nothing here knows a suite: tools, arguments, people and
//! goals come from the files alone.

#![forbid(unsafe_code)]

pub mod attack;
pub mod authority;
pub mod data;
pub mod evaluate;
pub mod gated;
pub mod interval;
pub mod mint;
pub mod operator;
pub mod outcome;
mod python;
pub mod replay;
pub mod report;
pub mod result;
