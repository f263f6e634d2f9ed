//! Policy files, and what becomes of them: the only place that knows how they are loaded.

use std::path::{Path, PathBuf};

use permitgate::Capability;
use permitgate::mcp::ToolList;
use permitgate::time::Timestamp;
use permitgate_files::{Bundle, Options};

use crate::args::PolicyFile;
use crate::authority::{Authority, GateParts};
use crate::fault::Fault;
use crate::io::Io;

/// Bytes that a list of tools may have, all pages together.
const MAX_TOOLS: u64 = 64 * 1024 * 1024;

/// Bytes of a policy file that are read to be formatted.
pub(crate) const MAX_POLICY: u64 = permitgate_files::limits::MAX_FILE_BYTES as u64;

/// Loads a policy file. Its own tests must pass; warnings are for `check`.
pub(crate) fn load_bundle(path: &Path) -> Result<Bundle, Fault> {
    not_the_input(path)?;
    Bundle::load(path).map_err(|error| Fault::load(&error))
}

/// A policy has a folder, in which its includes and its lock lie; only `check` reads one without.
fn not_the_input(path: &Path) -> Result<(), Fault> {
    match path.as_os_str() == "-" {
        true => Err(Fault::said(
            "`-`: only `check` takes a policy from the standard input; name a file",
        )),
        false => Ok(()),
    }
}

/// The manifest of what decides, narrowed by a list of tools where one is named.
pub(crate) fn narrow_tools(
    authority: &mut Authority,
    policy: &PolicyFile,
    io: &mut Io,
) -> Result<(), Fault> {
    if !policy.tools.is_empty() {
        let list = tool_list(&policy.tools, io)?;
        authority.manifest = authority.manifest.narrowed_by(&list).0;
    }
    Ok(())
}

/// What a text without a file is called, by which its format is told.
pub(crate) fn name_of_text(text: &str) -> &'static str {
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    if is_json { "-.json" } else { "-.toml" }
}

/// Reads what a server says of its tools: all pages of it, in their order.
pub(crate) fn tool_list(pages: &[PathBuf], io: &mut Io) -> Result<ToolList, Fault> {
    let mut texts = Vec::with_capacity(pages.len());
    let mut left = MAX_TOOLS;
    for page in pages {
        let text = io.read(page, left)?;
        left = left.saturating_sub(text.len() as u64);
        texts.push(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text));
    }
    let names: Vec<String> = pages.iter().map(|page| page.display().to_string()).collect();
    ToolList::from_pages(texts)
        .map_err(|error| Fault::said(format!("{}: {error}", names.join(", "))))
}

/// Loads a policy file whose tests are run apart.
pub(crate) fn load_untested(path: &Path) -> Result<Bundle, Fault> {
    not_the_input(path)?;
    let options = Options::new().without_tests(true);
    options.load(path).map_err(|error| Fault::load(&error))
}

/// What decides by a bundle, at a moment at which the clock stands still.
pub(crate) fn authority(
    bundle: &Bundle,
    path: &Path,
    capability: Capability,
    at: Timestamp,
) -> Result<Authority, Fault> {
    let rest = GateParts::of(bundle);
    let gate =
        rest.gate(at).map_err(|error| Fault::said(format!("{}: {error}", path.display())))?;
    let manifest = bundle.manifest().clone();
    Ok(Authority { gate, capability, manifest, ground: bundle.ground(), rest })
}

/// The JSON Schema of policy files.
pub(crate) fn schema() -> serde_json::Value {
    permitgate_files::schema()
}

/// The canonical form of a policy file.
pub(crate) fn format(name: &str, text: &str) -> Result<String, Fault> {
    permitgate_files::format(name, text).map_err(|error| Fault::load(&error))
}
