//! Rules of grammars, and where a text breaks one.

use std::cmp::Ordering;

/// One rule of a grammar: what is not accepted, and what is. Both are read by models and people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// A stable word for tests and logs.
    pub(crate) code: &'static str,
    /// What stands there, as a clause: "a user name stands before the host".
    pub(crate) found: &'static str,
    /// What to write, as an instruction: "write the URL without `user@`".
    pub(crate) remedy: &'static str,
}

impl Rule {
    pub(crate) const fn new(code: &'static str, found: &'static str, remedy: &'static str) -> Self {
        Self { code, found, remedy }
    }
}

/// Where a text breaks a rule of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextFault {
    /// The byte at which the part begins that is not accepted.
    pub(crate) at: u32,
    pub(crate) rule: &'static Rule,
}

impl TextFault {
    pub(crate) const fn new(rule: &'static Rule, at: usize) -> Self {
        Self { at: at as u32, rule }
    }
}

/// By code, so that the least of several faults does not depend on their order.
impl Ord for Rule {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code.cmp(other.code)
    }
}

impl PartialOrd for Rule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
