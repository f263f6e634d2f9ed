//! The statements of a block, compiled, with the bytes that they were compiled from.

use crate::policy::{Policy, PolicyError, Restrictions, Statement};

/// The statements of a block, and whether they can grant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LayerData {
    Granting(Vec<Statement>),
    Restricting(Vec<Statement>),
}

/// Statements that were compiled. Many tokens carry the same ones, so a verifier keeps them by their bytes.
#[derive(Clone, Debug)]
pub(super) struct CompiledLayer {
    /// The entry of the block: the key, which says whether it grants, and the statements.
    pub(super) bytes: Box<[u8]>,
    pub(super) statements: CompiledStatements,
    /// The most steps that asking them once can take, before groups are known.
    pub(super) steps: u64,
    /// Bytes that they hold.
    pub(super) memory: usize,
}

#[derive(Clone, Debug)]
pub(super) enum CompiledStatements {
    Granting(Policy),
    Restricting(Restrictions),
}

impl CompiledStatements {
    pub(super) fn new(data: &LayerData) -> Result<Self, PolicyError> {
        match data {
            LayerData::Granting(statements) => Policy::new(statements.clone()).map(Self::Granting),
            LayerData::Restricting(statements) => {
                Restrictions::new(statements.clone()).map(Self::Restricting)
            }
        }
    }
}

impl CompiledLayer {
    pub(super) fn new(bytes: Vec<u8>, statements: CompiledStatements) -> Self {
        let (steps, memory) = match &statements {
            CompiledStatements::Granting(Policy(set))
            | CompiledStatements::Restricting(Restrictions(set)) => {
                (set.steps(), set.memory_bytes())
            }
        };
        Self { bytes: bytes.into(), statements, steps, memory }
    }
}
