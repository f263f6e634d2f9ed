//! The ground: no knowledge of what the crate is for.

pub(crate) mod address;
pub(crate) mod alias;
pub(crate) mod buckets;
pub(crate) mod calendar;
pub(crate) mod case;
pub(crate) mod clock;
pub(crate) mod codes;
pub(crate) mod content;
pub(crate) mod forms;
pub(crate) mod hash;
pub(crate) mod identifier;
pub mod limits;
pub(crate) mod name;
pub(crate) mod network;
pub(crate) mod rule;
pub(crate) mod span;
pub(crate) mod steps;
pub(crate) mod sync;
pub(crate) mod time;
pub(crate) mod visible;
