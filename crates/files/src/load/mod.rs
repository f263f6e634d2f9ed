//! From files to values of the core: read, take apart, compile, check.

pub(crate) mod approval;
pub(crate) mod budgets;
pub(crate) mod directory;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod labels;
pub(crate) mod manifest;
pub(crate) mod names;
pub(crate) mod statements;
pub(crate) mod tests;
