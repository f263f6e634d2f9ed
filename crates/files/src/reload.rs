//! Live reload: the old bundle stays until a new one loads completely, and says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use permitgate::Gate;
use permitgate::gate::ConfigurationError;

use crate::bundle::{Bundle, Options};
use crate::fault::LoadError;
use crate::load::files::Seen;

/// Keeps a bundle as it is on disk, for a program that asks now and then.
///
/// There is no thread and no notification of the system: call
/// [`check_for_changes`](Self::check_for_changes) from a timer of your own. Files are compared by their
/// content, the [lock](crate::Lock) among them, so a change within one tick of the clock, or one that keeps the length, is seen. A
/// malformed file never takes away what was in force.
///
/// ```
/// use permitgate_files::{Options, Reload, Reloader};
///
/// # let folder = std::env::temp_dir().join(format!("permitgate-reload-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("policy.toml");
/// std::fs::write(&path, "[[statement]]\nid = \"a\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"a/**\"]\n")?;
/// let mut reloader = Reloader::new(&path, Options::new())?;
/// let gate = reloader.bundle().gate().build()?;
/// assert!(matches!(reloader.check_for_changes(), Reload::Unchanged));
///
/// std::fs::write(&path, "[[statement]]\nid = 7\n")?;
/// let Reload::Failed(error) = reloader.apply(&gate)? else { panic!("it is malformed") };
/// assert!(error.to_string().contains("policy.toml:2:6: `id`: a whole number stands where a text is expected"));
/// assert_eq!(reloader.bundle().statements()[0].id(), "a");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    options: Options,
    current: Arc<Bundle>,
    /// What was read when it loaded.
    seen: Vec<Seen>,
    error: Option<Arc<LoadError>>,
    /// Whether the gate has the present bundle.
    applied: bool,
}

/// What asking for changes came to.
#[derive(Clone, Debug)]
#[must_use = "a bundle that failed to load is in force nowhere, and somebody should know"]
pub enum Reload {
    /// The files are as they were, and what they say is in force.
    Unchanged,
    /// The files changed, and this is what they say now.
    Replaced(Arc<Bundle>),
    /// The files do not load, now or since an earlier time; the old bundle stays.
    Failed(Arc<LoadError>),
}

impl Reloader {
    /// Loads the files for the first time.
    ///
    /// # Errors
    /// [`LoadError`], since there is no older bundle that could stay.
    pub fn new(path: impl Into<PathBuf>, options: Options) -> Result<Self, LoadError> {
        let path = path.into();
        let (bundle, seen) = options.load_watched(&path);
        let current = Arc::new(bundle?);
        Ok(Self { path, options, current, seen, error: None, applied: true })
    }

    /// The bundle that is in force: the last that loaded.
    pub fn bundle(&self) -> Arc<Bundle> {
        self.current.clone()
    }

    /// The root file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the files as they are now do not load, while an older bundle is in force.
    pub fn error(&self) -> Option<&LoadError> {
        self.error.as_deref()
    }

    /// Looks at the files, and loads them where one has changed, or where they did not load before.
    ///
    /// While they do not load it gives the error every time, so that it cannot be missed by looking once.
    pub fn check_for_changes(&mut self) -> Reload {
        // What is missing from a bundle that does not load may be anywhere, so it is tried again.
        if self.error.is_none() && self.seen.iter().all(Seen::is_unchanged) {
            return Reload::Unchanged;
        }
        let (bundle, seen) = self.options.load_watched(&self.path);
        match bundle {
            Ok(bundle) => {
                self.seen = seen;
                self.current = Arc::new(bundle);
                self.error = None;
                self.applied = false;
                Reload::Replaced(self.current.clone())
            }
            Err(error) => {
                let error = Arc::new(error);
                self.error = Some(error.clone());
                Reload::Failed(error)
            }
        }
    }

    /// The same, and puts what has loaded into a running gate. Scopes that exist keep the authority
    /// that they were built with: make new ones from [`Bundle::capability`], and revoke the old one
    /// where it must end at once.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the gate refuses, as for rules of its own; then it keeps what it had, and
    /// the next call tries again.
    pub fn apply(&mut self, gate: &Gate) -> Result<Reload, ConfigurationError> {
        let reload = self.check_for_changes();
        if !self.applied {
            let bundle = self.current.clone();
            gate.reconfigure(|present| bundle.configure(present))?;
            self.applied = true;
        }
        Ok(reload)
    }
}
