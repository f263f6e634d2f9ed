//! What the types promise: which of them cross threads, which futures are `Send`, how small the
//! refusals, errors and actions are, and that a gate fits behind a trait object.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use permitgate::authority::{
    AttenuateError, Attenuation, CapabilityId, Grant, ScopeBuilder, ScopeError,
};
use permitgate::decision::Grounds;
use permitgate::directory::{DirectoryBuilder, DirectoryError, ResolvedAudience};
use permitgate::gate::{
    Alternative, BatchRefusal, CallRefusal, Configuration, ConfigurationError, Denial,
    EffectHandle, GateBuilder, Guardrails, Halt, Hold, OwnedPermit, OwnedRunning, RuleContext,
    RunError, Running, StillRunning, ToolHandle,
};
use permitgate::model::{
    FreezeError, FrozenArguments, Operations, ReaderError, Readers, Recipients, Resource,
    ResourceBuf, ResourceError, Value,
};
use permitgate::policy::{Condition, PolicyError, PolicySpec};
use permitgate::prelude::*;
use permitgate::record::{DecisionRecord, MemoryRecord, MemorySink, RecordError, RecordSink};
use permitgate::time::{Clock, ManualClock, SystemClock, Timestamp};
use permitgate::{Directory, Rule, Verdict};

const fn shared<T: Send + Sync>() {}
const fn owned<T: Send + 'static>() {}
const fn error<T: std::error::Error + Send + Sync + 'static>() {}

const WORD: usize = size_of::<usize>();

#[test]
fn what_a_program_holds_crosses_threads() {
    shared::<Gate>();
    shared::<GateBuilder>();
    shared::<Configuration>();
    shared::<Guardrails>();
    shared::<Arc<dyn ActionGate>>();
    shared::<Arc<dyn RecordSink>>();
    shared::<Arc<dyn Clock>>();
    shared::<Arc<dyn Rule>>();
    shared::<Directory>();
    shared::<DirectoryBuilder>();
    shared::<Policy>();
    shared::<PolicySpec>();
    shared::<Restrictions>();
    shared::<Statement>();
    shared::<Condition>();
    shared::<Capability>();
    shared::<CapabilityId>();
    shared::<Grant>();
    shared::<Attenuation>();
    shared::<Scope>();
    shared::<ScopeBuilder>();
    shared::<MemorySink>();
    shared::<MemoryRecord>();
    shared::<ManualClock>();
    shared::<SystemClock>();
    shared::<Readers>();
    shared::<ResourceBuf>();
    shared::<ToolHandle>();
    shared::<Halt<'_>>();
    shared::<FrozenArguments>();
    shared::<Decision>();
    shared::<Grounds>();
    shared::<Verdict>();
}

#[test]
fn what_one_call_is_made_of_crosses_threads() {
    shared::<Action<'_>>();
    shared::<Audience<'_>>();
    shared::<Recipients<'_>>();
    shared::<Resource<'_>>();
    shared::<Value<'_>>();
    shared::<ResolvedAudience<'_>>();
    shared::<RuleContext<'_>>();
    shared::<DecisionRecord<'_>>();
    shared::<Permit<'_>>();
    shared::<Running<'_>>();
    shared::<EffectHandle<'_>>();
    shared::<Alternative>();
    owned::<OwnedPermit>();
    owned::<OwnedRunning>();
    owned::<Refusal>();
    owned::<Hold>();
    owned::<Denial>();
    shared::<OwnedPermit>();
    shared::<OwnedRunning>();
}

#[test]
fn errors_fit_everywhere_and_are_small() {
    macro_rules! at_most {
        ($($words:literal: $($error:ty),+;)+) => {$($(
            error::<$error>();
            let size = size_of::<$error>();
            let name = stringify!($error);
            assert!(size <= $words * WORD, "{name} has {size} bytes, more than {} words", $words);
        )+)+};
    }
    at_most! {
        1: PolicyError, ScopeError, ConfigurationError, StillRunning, ResourceError, FreezeError;
        2: AttenuateError, RecordError;
        3: DirectoryError;
        4: ReaderError;
    }
    error::<Refusal>();
    error::<BatchRefusal>();
    error::<RunError<std::io::Error>>();
    error::<CallRefusal>();
    error::<RunError<std::io::Error, CallRefusal>>();
    // A result that holds it is no larger than one that holds a permit.
    assert!(size_of::<Refusal>() < 128, "a refusal has {} bytes", size_of::<Refusal>());
    assert!(size_of::<BatchRefusal>() <= size_of::<Refusal>() + WORD);
}

#[test]
fn values_of_the_hot_path_stay_small() {
    let most = [
        ("Action", size_of::<Action<'_>>(), 88),
        ("Audience", size_of::<Audience<'_>>(), 24),
        ("Value", size_of::<Value<'_>>(), 32),
        ("Permit", size_of::<Permit<'_>>(), 160),
        ("Result of authorize", size_of::<Result<Permit<'_>, Refusal>>(), 168),
        ("Decision", size_of::<Decision>(), 112),
        ("Verdict", size_of::<Verdict>(), 32),
        ("Scope", size_of::<Scope>(), WORD),
        ("Gate", size_of::<Gate>(), WORD),
        ("Capability", size_of::<Capability>(), WORD),
        ("Policy", size_of::<Policy>(), WORD),
        ("Operations", size_of::<Operations>(), 1),
        ("Timestamp", size_of::<Timestamp>(), 8),
    ];
    for (name, size, bound) in most {
        assert!(size <= bound, "{name} has {size} bytes, more than {bound}");
    }
}

/// A gate that stands before another one and forwards; by its type it can hold any gate.
struct Counted {
    inner: Arc<dyn ActionGate>,
}

impl ActionGate for Counted {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        self.inner.authorize(action, scope)
    }

    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.inner.decide(action, scope)
    }
}

fn world() -> (Gate, Scope) {
    let permit = Statement::permit("notes").operations(Operations::ALL).resources(["notes/**"]);
    let capability = Capability::root(Policy::new([permit]).unwrap(), ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build().unwrap();
    (Gate::builder().build().unwrap(), scope)
}

#[test]
fn gates_stand_before_gates_behind_one_trait_object() {
    let (gate, scope) = world();
    let gate: Arc<dyn ActionGate> = Arc::new(Counted { inner: Arc::new(gate) });
    let action = Action::create("notes.write", "notes/today");
    assert!(gate.decide(&action, &scope).is_allow());
    // The extension works on the unsized type as well.
    let done = gate.run(&action, &scope, |started| Ok::<_, ()>(started.scope().agent().len()));
    assert_eq!(done, Ok(6));
    let borrowed: &dyn ActionGate = &*gate;
    assert!(borrowed.authorize_all(&[action, action], &scope).is_ok_and(|all| all.len() == 2));
    assert_eq!(borrowed.alternative(&action, &scope), None);
}

/// A future that is not ready at once, and lets another thread finish it.
struct Later(bool);

impl Future for Later {
    type Output = ();
    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// Polls once here and to the end on another thread.
fn across_threads<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    std::thread::scope(|threads| {
        let rest = threads.spawn(|| {
            loop {
                let mut context = Context::from_waker(Waker::noop());
                if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                    return value;
                }
            }
        });
        rest.join().unwrap()
    })
}

#[test]
fn an_effect_may_wait_on_one_thread_and_end_on_another() {
    let (gate, scope) = world();
    let action = Action::create("notes.write", "notes/today");
    let future = sendable(gate.run_async(&action, &scope, |started| async move {
        Later(false).await;
        Ok::<_, std::fmt::Error>(started.action().resource().len())
    }));
    assert_eq!(across_threads(future), Ok(11));
    let any: &dyn ActionGate = &gate;
    let failing = sendable(any.run_async(&action, &scope, |started| async move {
        Later(false).await;
        if started.halted() { Ok(()) } else { Err(std::fmt::Error) }
    }));
    assert_eq!(across_threads(failing), Err(RunError::Failed(std::fmt::Error)));
}

#[test]
fn a_detached_permit_moves_into_a_task_of_its_own() {
    let (gate, scope) = world();
    let tool = gate.tool("notes.write", Operation::Create);
    let owned = {
        let path = String::from("notes/today");
        let arguments = [("body", Value::from("buy milk"))];
        let action = tool.on(&path).with(&arguments);
        gate.authorize(&action, &scope).unwrap().detach().unwrap()
    };
    // Neither path nor arguments are left, and gate and scope may go as well.
    drop((gate, scope));
    let written = std::thread::spawn(move || {
        let running = owned.begin(&tool).unwrap();
        let Some(Value::Text(body)) = running.action().arguments().get("body") else {
            return None;
        };
        let written = format!("{}: {body}", running.action().resource());
        running.done();
        Some(written)
    });
    assert_eq!(written.join().unwrap().as_deref(), Some("notes/today: buy milk"));
}

#[test]
fn debug_output_keeps_arguments_to_itself() {
    let (gate, scope) = world();
    let arguments = [("password", Value::from("hunter2"))];
    let action = Action::create("notes.write", "notes/today").with(&arguments);
    let permit = gate.authorize(&action, &scope).unwrap();
    let shown = format!("{action:?} {permit:?} {gate:?} {scope:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let owned = permit.detach().unwrap();
    assert!(!format!("{owned:?}").contains("hunter2"));
}

/// An object with the word as its key is another shape, and no word.
#[test]
fn a_word_is_read_from_a_word_alone() {
    use permitgate::flow::Origin;
    use permitgate::manifest::AudienceLevel;
    use permitgate::policy::Effect;

    fn check<T: serde::de::DeserializeOwned + std::fmt::Debug>(word: &str, expected: &str) {
        assert!(serde_json::from_str::<T>(&format!("\"{word}\"")).is_ok(), "{word}");
        for other in
            [format!("{{\"{word}\":null}}"), format!("[\"{word}\"]"), "0".into(), "null".into()]
        {
            let error = serde_json::from_str::<T>(&other).unwrap_err().to_string();
            assert!(error.contains(expected), "{other}: {error}");
        }
    }
    check::<Operation>("read", "expected an operation as a word");
    check::<Effect>("require_approval", "expected an effect as a word");
    check::<AudienceLevel>("internal", "expected an audience as a word");
    check::<Origin>("program", "expected an origin as a word");
    for operation in Operation::ALL {
        let written = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&written).unwrap(), operation);
    }
}
