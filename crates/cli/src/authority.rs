//! What decides by one policy, at one moment.

use std::sync::Arc;

use permitgate::authority::Budget;
use permitgate::flow::Labels;
use permitgate::gate::GateBuilder;
use permitgate::record::MemorySink;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::{Capability, Directory, Gate, Manifest, Restrictions};
use permitgate_files::{Bundle, Ground};

/// Everything of one policy that decides.
pub(crate) struct Authority {
    pub(crate) gate: Gate,
    pub(crate) capability: Capability,
    pub(crate) manifest: Manifest,
    pub(crate) ground: Ground,
    pub(crate) rest: GateParts,
}

/// What gates of one policy are made of.
#[derive(Clone)]
pub(crate) struct GateParts {
    directory: Arc<Directory>,
    guardrails: Option<Restrictions>,
    labels: Option<Labels>,
    budgets: Vec<Budget>,
}

impl GateParts {
    pub(crate) fn of(bundle: &Bundle) -> Self {
        let (guardrails, labels) = (bundle.guardrails().cloned(), bundle.labels().cloned());
        let (directory, budgets) = (Arc::clone(bundle.directory()), bundle.budgets().to_vec());
        Self { directory, guardrails, labels, budgets }
    }

    /// Whether what is begun at a gate of these counts there.
    pub(crate) fn counts(&self) -> bool {
        !self.budgets.is_empty()
    }

    /// A gate at which it is always the same moment.
    pub(crate) fn gate(&self, at: Timestamp) -> Result<Gate, String> {
        let builder = Gate::builder().directory(Arc::clone(&self.directory));
        let mut builder = self.budgets.iter().cloned().fold(builder, GateBuilder::budget);
        if let Some(guardrails) = &self.guardrails {
            builder = builder.guardrails(guardrails.clone());
        }
        if let Some(labels) = &self.labels {
            builder = builder.labels(labels.clone());
        }
        let builder = builder.clock(ManualClock::new(at)).sink(MemorySink::last(1));
        builder.build().map_err(|error| error.to_string())
    }
}

impl Authority {
    /// The same at another moment, where nothing has begun: budgets of the policy file have counted nothing.
    pub(crate) fn at(&self, moment: Timestamp) -> Result<Self, String> {
        Ok(Self {
            gate: self.rest.gate(moment)?,
            capability: self.capability.clone(),
            manifest: self.manifest.clone(),
            ground: self.ground.clone(),
            rest: self.rest.clone(),
        })
    }
}
