//! The small world of the models: one gate, one scope, one tool, a clock, and a sink.
//!
//! Clock and sink are made of what the model watches. It tries only those interleavings that it sees a
//! reason for, so what two threads tell each other must not pass by it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use permitgate::Reason;
use permitgate::authority::{Attenuation, Budget, Grant};
use permitgate::decision::Ruling;
use permitgate::gate::{GateBuilder, OwnedPermit, Running, ToolHandle};
use permitgate::model::{Operations, Readers};
use permitgate::prelude::*;
use permitgate::record::{DecisionRecord, Outcome, RecordError, RecordNumber, RecordSink};
use permitgate::time::{Clock, Timestamp};

pub(crate) const AGENT: &str = "triage";

/// Tries all interleavings.
pub(crate) fn explore(model: impl Fn() + Send + Sync + 'static) {
    explore_up_to(None, model);
}

/// Tries all interleavings with at most so many preemptions, and says how many there were.
pub(crate) fn explore_up_to(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let (started, runs) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(preemptions);
    builder.max_branches = 100_000;
    let counted = runs.clone();
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        model();
    });
    let (runs, seconds) = (runs.load(Relaxed), started.elapsed().as_secs_f32());
    println!("{runs} interleavings in {seconds:.1} s");
    assert!(runs > 1, "the model has nothing to explore");
}

/// Something one thread says to another.
pub(crate) fn flag() -> Arc<AtomicBool> {
    Arc::new(AtomicBool::new(false))
}

/// Shared by the threads of one model.
#[derive(Clone)]
pub(crate) struct World(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) gate: Gate,
    pub(crate) root: Capability,
    pub(crate) scope: Scope,
    pub(crate) tool: ToolHandle,
    pub(crate) clock: Arc<Watched>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Deref for World {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|gate| gate)
    }

    pub(crate) fn with(configure: impl FnOnce(GateBuilder) -> GateBuilder) -> Self {
        Self::make(Grant::new(permit_everything().clone()), Attenuation::new(), configure)
    }

    pub(crate) fn expiring(expires: Timestamp) -> Self {
        let grant = Grant::new(permit_everything().clone()).expires_at(expires);
        Self::make(grant, Attenuation::new(), |gate| gate)
    }

    /// The capability is held by the agent.
    pub(crate) fn held() -> Self {
        let grant = Grant::new(permit_everything().clone());
        Self::make(grant, Attenuation::new().held_by(AGENT), |gate| gate)
    }

    /// So many actions in all.
    pub(crate) fn budgeted(most: u64) -> Self {
        let grant = Grant::new(permit_everything().clone()).budget(Budget::actions("all", most));
        Self::make(grant, Attenuation::new(), |gate| gate)
    }

    /// A scope of the same agent under another capability of the same tree.
    pub(crate) fn sibling(&self) -> Scope {
        let other = self.root.attenuate(Attenuation::new()).unwrap();
        Scope::builder(&other).invoker("dana").agent(AGENT).build().unwrap()
    }

    fn make(
        grant: Grant,
        below: Attenuation,
        configure: impl FnOnce(GateBuilder) -> GateBuilder,
    ) -> Self {
        let clock = Arc::new(Watched(AtomicU64::new(1_000)));
        let ledger = Arc::new(Ledger::default());
        let gate = Gate::builder().clock(clock.clone()).sink(ledger.clone());
        let gate = configure(gate).build().unwrap();
        let root = Capability::root(grant, ambient_authority());
        let below = root.attenuate(below).unwrap();
        let scope = Scope::builder(&below).invoker("dana").agent(AGENT).build().unwrap();
        let tool = gate.tool("mail.delete", Operation::Delete);
        Self(Arc::new(Parts { gate, root, scope, tool, clock, ledger }))
    }

    pub(crate) fn action(&self) -> Action<'_> {
        self.tool.on("mail/dana/1")
    }

    /// A permit that any thread may hold.
    pub(crate) fn permit(&self) -> OwnedPermit {
        self.gate.authorize(&self.action(), &self.scope).unwrap().detach().unwrap()
    }

    /// Authorize, begin, done; or the reason why not.
    pub(crate) fn effect(&self) -> Result<(), Reason> {
        let permit = self.gate.authorize(&self.action(), &self.scope);
        let running = permit.and_then(|permit| permit.begin(&self.tool));
        running.map(Running::done).map_err(|refusal| refusal.reason())
    }
}

/// Compiled once for all models; a policy holds nothing that a model would watch.
fn permit_everything() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| {
        let permit = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
        Policy::new([permit.readers(Readers::public())]).unwrap()
    })
}

pub(crate) fn forbid_everything() -> Restrictions {
    static RESTRICTIONS: OnceLock<Restrictions> = OnceLock::new();
    let forbid = || Restrictions::new([Statement::forbid("all").operations(Operations::ALL)]);
    RESTRICTIONS.get_or_init(|| forbid().unwrap()).clone()
}

/// A clock that stands still until it is set.
pub(crate) struct Watched(AtomicU64);

impl Watched {
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.store(now.as_unix_millis(), Ordering::Release);
    }
}

impl Clock for Watched {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::Acquire))
    }
}

type Shadow = Option<(Ruling, Reason)>;

/// Keeps decisions and outcomes.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    decisions: Vec<(Ruling, Shadow)>,
    outcomes: BTreeMap<u64, Vec<Outcome>>,
}

impl RecordSink for Ledger {
    fn record(&self, record: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
        let mut pages = self.0.lock().unwrap();
        pages.decisions.push((record.ruling(), record.shadow()));
        Ok(RecordNumber { stream: 0, sequence: pages.decisions.len() as u64 })
    }

    fn outcome(
        &self,
        number: RecordNumber,
        outcome: Outcome,
        _at: Timestamp,
    ) -> Result<(), RecordError> {
        let mut pages = self.0.lock().unwrap();
        pages.outcomes.entry(number.sequence).or_default().push(outcome);
        Ok(())
    }
}

impl Ledger {
    pub(crate) fn decisions(&self) -> Vec<(Ruling, Shadow)> {
        self.0.lock().unwrap().decisions.clone()
    }

    /// Every outcome with the number of its decision; two of one decision stand side by side.
    pub(crate) fn outcomes(&self) -> Vec<(u64, Outcome)> {
        let pages = self.0.lock().unwrap();
        let each = pages.outcomes.iter();
        each.flat_map(|(number, all)| all.iter().map(|outcome| (*number, *outcome))).collect()
    }

    /// Exactly one outcome for each decision that allowed, and none for the others.
    pub(crate) fn assert_settled(&self) {
        let outcomes = self.outcomes();
        for (number, (ruling, _)) in (1..).zip(self.decisions()) {
            let count = outcomes.iter().filter(|(of, _)| *of == number).count();
            assert_eq!(count, usize::from(ruling == Ruling::Allow), "outcomes of {number}");
        }
    }
}
