//! What a manifest says of its tools, for programs that propose policies from it.

use std::sync::Arc;

use super::Manifest;
use super::compile::{CompiledAudience, CompiledEffect, CompiledTool};
use super::level::AudienceLevel;
use super::nearest::nearest;
use crate::model::action::Operation;
use crate::model::resource::Reach;

/// A tool as a manifest knows it: what its owner wrote, and what its server's hints added.
///
/// For programs that make a policy out of a manifest. To decide a call, use [`Manifest::map`](crate::Manifest::map).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
///
/// let manifest = Manifest::new([ToolSpec::new("send_email").argument("to", ArgumentSpec::text()).controls(["to"]).asked_by(["send"]).effect(
///     EffectSpec::create("mail/{invoker}/outbox").audience(AudienceSpec::recipients(["to"])),
/// )])?;
/// let tool = manifest.tools().next().ok_or("a tool")?;
/// assert_eq!((tool.name(), tool.controls().next()), ("send_email", Some("to")));
/// assert!(tool.asked_by().eq(["send"]));
/// let effect = tool.effects().next().ok_or("an effect")?;
/// assert_eq!(effect.operation(), Operation::Create);
/// assert!(effect.audience_arguments().eq(["to"]) && !effect.is_private());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct ManifestTool<'m>(&'m CompiledTool);

/// One effect of a [`ManifestTool`].
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ManifestError, ToolSpec};
///
/// let delete =
///     ToolSpec::new("delete_file").argument("path", ArgumentSpec::text()).effect(EffectSpec::delete("files/{args.path/**}"));
/// let manifest = Manifest::new([delete])?;
/// let effects = || manifest.tools().flat_map(|tool| tool.effects());
/// assert!(effects().all(|effect| effect.is_private() && !effect.is_reversible()));
/// # Ok::<(), ManifestError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ManifestEffect<'m>(&'m CompiledEffect);

impl Manifest {
    /// Every tool that it knows, in no particular order.
    pub fn tools(&self) -> impl ExactSizeIterator<Item = ManifestTool<'_>> {
        self.0.all().iter().map(|tool| ManifestTool(tool))
    }

    /// The known tool that a name is likely to mean which is not known, for messages to people. Some hosts call a tool of a
    /// server `mcp__SERVER__TOOL`, so what stands behind the last `__` is looked at first. Never a reason to call it.
    ///
    /// ```
    /// use permitgate::Manifest;
    /// use permitgate::manifest::{EffectSpec, ToolSpec};
    ///
    /// let manifest = Manifest::new([ToolSpec::new("send_email").effect(EffectSpec::create("mail/out"))])?;
    /// assert_eq!(manifest.nearest_tool("sendEmail"), Some("send_email"));
    /// assert_eq!(manifest.nearest_tool("mcp__office__send_email"), Some("send_email"));
    /// assert_eq!(manifest.nearest_tool("delete_file"), None);
    /// # Ok::<(), permitgate::manifest::ManifestError>(())
    /// ```
    pub fn nearest_tool(&self, name: &str) -> Option<&str> {
        self.nearest_name(name).map(AsRef::as_ref)
    }

    pub(super) fn nearest_name(&self, name: &str) -> Option<&Arc<str>> {
        let own = name.rsplit("__").next().and_then(|own| self.0.find(own));
        let near = || nearest(name, self.0.all().iter().map(|tool| &tool.name));
        own.map(|tool| &tool.name).or_else(near)
    }
}

impl<'m> ManifestTool<'m> {
    /// The exact name.
    pub fn name(&self) -> &'m str {
        &self.0.name
    }

    /// Paths of the arguments that say who or which.
    pub fn controls(&self) -> impl ExactSizeIterator<Item = &'m str> + use<'m> {
        self.0.controls.iter().map(|path| &**path)
    }

    /// The owner's words for a request of it: lower case, `*` at the end for any ending.
    pub fn asked_by(&self) -> impl ExactSizeIterator<Item = &'m str> + use<'m> {
        self.0.asked_by.iter().map(|word| &**word)
    }

    /// What a call of it can do; at least one.
    pub fn effects(&self) -> impl ExactSizeIterator<Item = ManifestEffect<'m>> + use<'m> {
        self.0.effects.iter().map(ManifestEffect)
    }
}

impl<'m> ManifestEffect<'m> {
    /// What it does.
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// Whether a call must also be allowed to update what it reads: its server says that it writes.
    pub fn also_updates(&self) -> bool {
        self.0.also_updates
    }

    /// Whether it can be undone completely.
    pub fn is_reversible(&self) -> bool {
        self.0.reversible
    }

    /// Whether it is about the resource alone, or about everything under it as well.
    pub fn reach(&self) -> Reach {
        self.0.reach
    }

    /// Whether its result is for the invoker alone, whatever the arguments are.
    pub fn is_private(&self) -> bool {
        matches!(self.0.audience, CompiledAudience::Level(AudienceLevel::Private))
    }

    /// Paths of the arguments that say who sees its result.
    pub fn audience_arguments(&self) -> impl Iterator<Item = &'m str> + use<'m> {
        let paths = match &self.0.audience {
            CompiledAudience::Level(_) => &[],
            CompiledAudience::Recipients(branches) => &*branches.paths,
            CompiledAudience::Channel(path)
            | CompiledAudience::Group(path)
            | CompiledAudience::Host(path)
            | CompiledAudience::Flag(path, _) => std::slice::from_ref(path),
        };
        paths.iter().map(|path| &**path.text())
    }
}
