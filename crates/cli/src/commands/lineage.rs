//! What lines and cases are decided under: the policy file's own statements, or a token, and what narrows them.

use std::path::{Path, PathBuf};

use permitgate::time::{Clock, SystemClock, Timestamp};
use permitgate::{Capability, ambient_authority};
use permitgate_files::{Bundle, LayerFile, LoadError, Options};

use super::token::Bearer;
use super::token::moment::moment;
use crate::args::token;
use crate::authority::Authority;
use crate::fault::Fault;
use crate::input;
use crate::io::Io;

/// What the flags of a run say of it; read once, for as many policy files as there are.
pub(super) struct Lineage {
    bearer: Option<Bearer>,
    /// When it is decided, where the flags or the command say so.
    at: Option<Timestamp>,
    layers: Vec<Layer>,
}

/// A file that narrows, or the text of the standard input.
pub(super) enum Layer {
    File(PathBuf),
    Text(&'static str, String),
}

impl Lineage {
    pub(super) fn read(args: &token::Lineage, io: &mut Io) -> Result<Self, Fault> {
        let bearer = Bearer::read(args, io)?;
        let layers = args.narrowed_by.iter().map(|path| Layer::read(path, io));
        let layers = layers.collect::<Result<_, _>>()?;
        let at = args.trusted.at.as_ref();
        let at = at.map(|text| moment("--at", text, SystemClock.now())).transpose()?;
        Ok(Self { bearer, at, layers })
    }

    /// The same for what happens now, unless `--at` says when.
    pub(super) fn now(mut self) -> Self {
        self.at = self.at.or_else(|| Some(SystemClock.now()));
        self
    }

    /// What decides by a policy file.
    pub(super) fn authority(
        &self,
        bundle: &Bundle,
        path: &Path,
        io: &mut Io,
    ) -> Result<Authority, Fault> {
        let capability = self.capability(bundle, io)?;
        input::authority(bundle, path, capability, self.at())
    }

    /// When it is decided. The cases of `test` are decided at the beginning of 1970 without a token, unless a flag says when, so that
    /// they come to the same every day; every other command asks for [`now`](Self::now).
    pub(super) fn at(&self) -> Timestamp {
        self.bearer.as_ref().map(Bearer::at).or(self.at).unwrap_or(Timestamp::MIN)
    }

    fn capability(&self, bundle: &Bundle, io: &mut Io) -> Result<Capability, Fault> {
        let mut capability = match &self.bearer {
            Some(bearer) => {
                // A gate's file need not grant anything itself.
                let ceiling = (!bundle.statements().is_empty()).then(|| bundle.policy());
                bearer.capability(ceiling)?
            }
            None => bundle.capability(ambient_authority()),
        };
        for layer in &self.layers {
            let file = layer.load(bundle).map_err(|error| Fault::load(&error))?;
            for warning in file.warnings() {
                io.remark(&warning.to_string());
            }
            capability = layer.narrow(&capability, &file)?;
        }
        Ok(capability)
    }
}

impl Layer {
    pub(super) fn read(path: &Path, io: &mut Io) -> Result<Self, Fault> {
        if path.as_os_str() != "-" {
            return Ok(Self::File(path.to_owned()));
        }
        let text = io.read(path, input::MAX_POLICY)?;
        Ok(Self::Text(input::name_of_text(&text), text))
    }

    /// What is left of `capability`.
    pub(super) fn narrow(
        &self,
        capability: &Capability,
        file: &LayerFile,
    ) -> Result<Capability, Fault> {
        let narrower = capability.attenuate(file.attenuation());
        narrower.map_err(|error| Fault::said(format!("{}: {error}", self.path().display())))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Text(name, _) => Path::new(name),
        }
    }

    pub(super) fn load(&self, bundle: &Bundle) -> Result<LayerFile, LoadError> {
        let options = Options::new();
        match self {
            Self::File(path) => options.load_layer(bundle, path),
            Self::Text(name, text) => options.parse_layer(bundle, name, text.as_str()),
        }
    }
}
