//! Policy files, and what becomes of them: the only place that knows how they are loaded.

use std::path::Path;

use portcullis::{ManualClock, MemorySink, ambient_authority};
use portcullis_files::{Bundle, Options};

use crate::decider::Authority;
use crate::fault::Fault;

/// A policy that loaded, ready to decide.
pub(crate) struct Loaded {
    pub(crate) authority: Authority,
}

/// Loads a policy file. Its own tests must pass; warnings are for `check`.
pub(crate) fn load(path: &Path) -> Result<Loaded, Fault> {
    let bundle = Bundle::load(path).map_err(|error| Fault::said(error.to_string()))?;
    Ok(Loaded { authority: authority(&bundle, path)? })
}

/// Loads a policy file whose tests are run apart.
pub(crate) fn load_untested(path: &Path) -> Result<Bundle, Fault> {
    let options = Options::new().without_tests(true);
    options.load(path).map_err(|error| Fault::said(error.to_string()))
}

/// What decides by a bundle. Decisions do not depend on the time of day, so the clock stands still.
pub(crate) fn authority(bundle: &Bundle, path: &Path) -> Result<Authority, Fault> {
    let gate = bundle.gate().clock(ManualClock::default()).sink(MemorySink::last(1)).build();
    let gate = gate.map_err(|error| Fault::said(format!("{}: {error}", path.display())))?;
    Ok(Authority {
        gate,
        capability: bundle.capability(ambient_authority()),
        manifest: bundle.manifest().clone(),
    })
}

/// The JSON Schema of policy files.
pub(crate) fn schema() -> String {
    "{}".to_owned()
}
