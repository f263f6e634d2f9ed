//! What an author says of patches.

use serde::{Deserialize, Serialize};

use crate::manifest::kinds::path::Case;

/// The options of the kind `patch`: how the names of its files are compared.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, PatchSpec, ToolSpec};
///
/// let tool = ToolSpec::new("apply_patch")
///     .argument("diff", ArgumentSpec::patch(PatchSpec::new()))
///     .effect(EffectSpec::create("repo/{it.path/**}").for_each("diff.creates"))
///     .effect(EffectSpec::update("repo/{it.path/**}").for_each("diff.changes"))
///     .effect(EffectSpec::delete("repo/{it.path/**}").for_each("diff.deletes"));
/// # let _ = tool;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct PatchSpec {
    /// Whether `A` and `a` are one name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) case: Option<Case>,
}

impl PatchSpec {
    /// Patches of files whose names differ where their letters do.
    pub const fn new() -> Self {
        Self { case: None }
    }

    /// Takes `A` and `a` for one name, as macOS and Windows do.
    pub const fn fold_case(mut self) -> Self {
        self.case = Some(Case::Fold);
        self
    }
}
