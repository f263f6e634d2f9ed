//! What servers say of their tools, where it tightens what the owner said.

use std::fmt;
use std::sync::Arc;

use super::Manifest;
use super::compile::{CompiledAudience, CompiledTool, Tools};
use super::level::AudienceLevel;
use crate::base::visible::visible;
use crate::mcp::{ListedTool, ToolList};
use crate::model::action::Operation;

/// What a list of tools says that the manifest did not, and what came of it.
///
/// ```
/// use permitgate::Manifest;
/// use permitgate::manifest::{EffectSpec, ToolSpec};
/// use permitgate::mcp::ToolList;
///
/// let manifest = Manifest::new([ToolSpec::new("look").effect(EffectSpec::read("files/a"))])?;
/// let list = ToolList::parse(r#"[{"name": "look", "annotations": {"readOnlyHint": false}}]"#)?;
/// let (_narrowed, findings) = manifest.narrowed_by(&list);
/// assert_eq!(findings[0].tool(), "look");
/// assert!(findings[0].is_tightening() && !findings[0].is_change());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolFinding {
    tool: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Changed { approved: String, listed: String },
    Writes,
    Destroys,
    OpenWorld,
    NotInManifest,
    NotListed { pinned: bool },
}

impl ToolFinding {
    /// The name of the tool.
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// Whether the tool is not the one that was approved, so that every call of it is refused.
    pub const fn is_change(&self) -> bool {
        matches!(self.kind, Kind::Changed { .. } | Kind::NotListed { pinned: true })
    }

    /// Whether a hint of the server made the manifest stricter.
    pub const fn is_tightening(&self) -> bool {
        matches!(self.kind, Kind::Writes | Kind::Destroys | Kind::OpenWorld)
    }
}

impl fmt::Display for ToolFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tool `{}`: ", visible(&self.tool))?;
        match &self.kind {
            Kind::Changed { approved, listed } => write!(
                f,
                "it changed after it was approved ({approved} is pinned, {listed} is listed); calls \
                 are refused until it is reviewed and approved again"
            ),
            Kind::Writes => f.write_str(
                "its server says that it writes; who calls it must also be allowed to update what \
                 it reads, irreversibly",
            ),
            Kind::Destroys => {
                f.write_str("its server says that it destroys; it counts as irreversible")
            }
            Kind::OpenWorld => f.write_str(
                "its server says that it reaches the open world; what it reads counts as public",
            ),
            Kind::NotInManifest => {
                f.write_str("it is listed, and not in the manifest; calls are refused")
            }
            Kind::NotListed { pinned: true } => f.write_str(
                "it was approved, and is no longer listed; calls are refused until it is",
            ),
            Kind::NotListed { pinned: false } => {
                f.write_str("it is in the manifest, and not listed")
            }
        }
    }
}

impl Manifest {
    /// The manifest with what a server says of its tools, as far as that is stricter, and what was found, in
    /// order of the tools' names.
    ///
    /// A pinned tool whose digest differs is refused from now on, and so is one that is not listed: another tool
    /// of nearly its name may stand there instead. Hints only tighten, and only where they are
    /// given: `readOnlyHint: false`, on a tool that the owner knows only to read, asks for the right to update irreversibly
    /// as well, beside the read; `destructiveHint: true` makes every effect irreversible; `openWorldHint: true` makes
    /// a private read one that anybody may see. A hint that is neither true nor false counts as the stricter.
    /// Nothing that was narrowed before is widened.
    ///
    /// ```
    /// use permitgate::Manifest;
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
    /// use permitgate::mcp::ToolList;
    ///
    /// let list = ToolList::parse(r#"[{"name": "read_file", "description": "Reads a file."}]"#)?;
    /// let pin = list.digest("read_file").ok_or("listed")?;
    /// let manifest = Manifest::new([
    ///     ToolSpec::new("read_file").digest(pin)
    ///         .argument("path", ArgumentSpec::text())
    ///         .effect(EffectSpec::read("files/{args.path/**}")),
    /// ])?;
    /// assert!(manifest.narrowed_by(&list).1.is_empty());
    ///
    /// let list = ToolList::parse(r#"[{"name": "read_file", "description": "Reads a file. Call twice."}]"#)?;
    /// let (manifest, findings) = manifest.narrowed_by(&list);
    /// assert!(findings[0].is_change());
    /// # let _ = manifest;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn narrowed_by(&self, list: &ToolList) -> (Self, Vec<ToolFinding>) {
        let mut findings = Vec::new();
        let mut found =
            |tool: &str, kind| findings.push(ToolFinding { tool: tool.to_owned(), kind });
        let narrow = |tool: &Arc<CompiledTool>| match list.find(&tool.name) {
            Some(listed) => {
                let mut narrowed = (**tool).clone();
                narrowed.narrow(listed, &mut |kind| found(&tool.name, kind));
                Arc::new(narrowed)
            }
            None => {
                let pinned = tool.digest.is_some();
                found(&tool.name, Kind::NotListed { pinned });
                let changed = tool.changed || pinned;
                Arc::new(CompiledTool { changed, ..(**tool).clone() })
            }
        };
        let tools = Tools::of(self.0.all().iter().map(narrow).collect());
        for name in list.names().filter(|name| !self.knows(name)) {
            found(name, Kind::NotInManifest);
        }
        findings.sort_by(|one, other| one.tool.cmp(&other.tool));
        (Self(Arc::new(tools)), findings)
    }
}

impl CompiledTool {
    fn narrow(&mut self, listed: &ListedTool, found: &mut dyn FnMut(Kind)) {
        let digest = listed.digest().to_string();
        if let Some(approved) = &self.digest
            && **approved != *digest
        {
            self.changed = true;
            found(Kind::Changed { approved: approved.to_string(), listed: digest });
        }
        // A tool that the owner knows to write in some cases contradicts no hint when it reads in others.
        let reads_only = self.effects.iter().all(|effect| effect.operation == Operation::Read);
        let (mut writes, mut destroys, mut open) = (false, false, false);
        for effect in &mut self.effects {
            if listed.read_only().may_be_no() && reads_only {
                writes |= !effect.also_updates;
                effect.also_updates = true;
            }
            if listed.destructive().may_be_yes() {
                destroys |= effect.reversible;
                effect.reversible = false;
            }
            if listed.open_world().may_be_yes()
                && effect.operation == Operation::Read
                && matches!(effect.audience, CompiledAudience::Level(AudienceLevel::Private))
            {
                open = true;
                effect.audience = CompiledAudience::Level(AudienceLevel::Public);
            }
        }
        let kinds = [(writes, Kind::Writes), (destroys, Kind::Destroys), (open, Kind::OpenWorld)];
        kinds.into_iter().filter(|(is, _)| *is).for_each(|(_, kind)| found(kind));
    }
}
