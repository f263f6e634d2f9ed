//! Tools that are wrapped by a gate with a manifest: what runs, what does not, and what is on record.

use std::fmt::Debug;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use permitgate::decision::Ruling;
use permitgate::gate::{CallPermit, Denial, Halt, RunError};
use permitgate::kinds::ArgumentErrorKind;
use permitgate::manifest::{ArgumentSpec, Call, EffectSpec, ResultSpec, ToolSpec};
use permitgate::model::{ArgumentError, NoArguments, OwnedAction, Value};
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome};
use permitgate::{Arguments, Reason};

#[path = "testkit/allocations.rs"]
mod allocations;

struct World {
    tools: ToolGate,
    gate: Gate,
    sink: Arc<MemorySink>,
}

fn scope() -> Scope {
    let policy = Policy::new([
        Statement::permit("notes").operations(Operation::Create).resources(["notes/{invoker}/*"]),
        Statement::permit("find").operations(Operation::Read).resources(["contacts"]),
        Statement::permit("tidy").operations(Operation::Delete).resources(["notes/{invoker}/*"]),
        Statement::require_approval("ask").operations(Operation::Delete).resources(["notes/**"]),
    ]);
    let capability = Capability::root(policy.unwrap(), ambient_authority());
    Scope::builder(&capability).invoker("dana").agent("scribe").build().unwrap()
}

fn manifest() -> Manifest {
    let title = || ArgumentSpec::text();
    Manifest::new([
        ToolSpec::new("write_note")
            .argument("title", title())
            .argument("text", ArgumentSpec::text().no_effect())
            .argument("copies", ArgumentSpec::integer().default(1).no_effect())
            .effect(EffectSpec::create("notes/{invoker}/{args.title}")),
        ToolSpec::new("delete_note")
            .argument("title", title())
            .effect(EffectSpec::delete("notes/{invoker}/{args.title}")),
        ToolSpec::new("replace_note")
            .argument("title", title())
            .argument("text", ArgumentSpec::text().optional().no_effect())
            .argument("copies", ArgumentSpec::integer().default(1).no_effect())
            .effect(EffectSpec::create("notes/{invoker}/{args.title}"))
            .effect(EffectSpec::delete("notes/{invoker}/{args.title}")),
        ToolSpec::new("post").effect(EffectSpec::create("forum/1")),
        ToolSpec::new("find_contact")
            .effect(EffectSpec::read("contacts"))
            .result(ResultSpec::new().trusted(["*"])),
        ToolSpec::new("copy_contact")
            .effect(EffectSpec::create("notes/{invoker}/contact"))
            .effect(EffectSpec::read("contacts")),
    ])
    .unwrap()
}

fn world() -> World {
    let sink = Arc::new(MemorySink::last(16));
    let gate = Gate::builder().sink(sink.clone()).build().unwrap();
    World { tools: ToolGate::new(gate.clone(), manifest(), scope()), gate, sink }
}

fn note<'a>(title: &'a str) -> [(&'static str, Value<'a>); 2] {
    [("title", Value::from(title)), ("text", Value::from("Call Lee."))]
}

/// The last record: how it was decided, and what came of it.
fn last(world: &World) -> (Ruling, Reason, Option<Outcome>) {
    let record = world.sink.records().pop().unwrap();
    (record.ruling, record.reason, record.outcome.map(|(outcome, _)| outcome))
}

fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn refusal<R: Into<Refusal> + Debug>(ran: Result<(), RunError<ArgumentError, R>>) -> Refusal {
    match ran {
        Err(RunError::Refused(refusal)) => refusal.into(),
        other => panic!("{other:?}"),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Note<'a> {
    title: &'a str,
    text: &'a str,
    copies: u8,
}

#[test]
fn an_allowed_call_runs_and_its_arguments_are_typed() {
    let world = world();
    let arguments = note("a/b %");
    let run = |call: &permitgate::gate::ToolCall<'_, '_>| {
        let note: Note<'_> = call.arguments()?;
        assert_eq!((note.title, note.text, note.copies), ("a/b %", "Call Lee.", 1));
        let action = call.actions().next().unwrap();
        assert_eq!(action.resource(), "notes/dana/a%2Fb %25");
        assert_eq!(action.segments().collect::<Vec<_>>(), ["notes", "dana", "a/b %"]);
        assert!(!call.halted());
        Ok::<_, ArgumentError>(note.copies)
    };
    assert_eq!(world.tools.call_blocking("write_note", &arguments, run), Ok(1));
    assert_eq!(last(&world), (Ruling::Allow, Reason::Permitted, Some(Outcome::Done)));
    let run = async |call: &permitgate::gate::ToolCall<'_, '_>| run(call);
    assert_eq!(ready(world.tools.call("write_note", &arguments, run)), Some(Ok(1)));
    assert!(world.tools.decide("write_note", &arguments).is_allow());
    assert_eq!(world.sink.records().len(), 2, "who only asks leaves no record");
}

#[test]
fn a_call_without_a_meaning_is_refused_with_its_fault_and_on_record() {
    let world = world();
    let never = |_: &permitgate::gate::ToolCall<'_, '_>| -> Result<(), ArgumentError> {
        panic!("it must not run")
    };
    let wrong = [("titel", Value::from("x")), ("text", Value::from(""))];
    let refused = refusal(world.tools.call_blocking("write_note", &wrong, never));
    assert_eq!(refused.reason(), Reason::UnmappedCall);
    let fault = refused.grounds().call_fault().unwrap();
    assert_eq!((fault.argument(), fault.nearest()), (Some("titel"), Some("title")));
    assert!(refused.to_string().contains("did you mean `title`?"), "{refused}");
    assert_eq!(last(&world), (Ruling::Deny, Reason::UnmappedCall, None));

    let refused = refusal(world.tools.call_blocking("write_notes", &NoArguments, never));
    assert_eq!(refused.reason(), Reason::UnknownTool);
    assert!(refused.to_string().contains("did you mean `write_note`?"), "{refused}");
    let refused = refusal(world.tools.call_blocking("post", &NoArguments, never));
    assert_eq!(refused.reason(), Reason::NotPermitted);
    let refused =
        refusal(world.tools.call_blocking("delete_note", &note("x")[..1].as_object(), never));
    assert_eq!(refused.reason(), Reason::ApprovalRequired);
    assert!(matches!(refused, Refusal::Held(_)));
    assert_eq!(last(&world), (Ruling::Hold, Reason::ApprovalRequired, None));
    let ran = ready(world.tools.call("post", &NoArguments, async |call| never(call)));
    assert_eq!(refusal(ran.unwrap()).reason(), Reason::NotPermitted);
    assert_eq!(world.sink.records().len(), 5, "each refusal is on record");
}

/// A part of an array of pairs as arguments.
trait AsObject {
    fn as_object(&self) -> Pairs<'_>;
}

struct Pairs<'a>(&'a [(&'static str, Value<'a>)]);

impl AsObject for [(&'static str, Value<'_>)] {
    fn as_object(&self) -> Pairs<'_> {
        Pairs(self)
    }
}

impl Arguments for Pairs<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, value)| *value)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        self.0.iter().for_each(|(name, value)| visitor(name, *value));
    }
}

/// Beside its typed arguments, which copy the names of fields, a call costs no allocation, allowed or denied.
#[test]
fn a_call_allocates_nothing() {
    let world = world();
    let (fits, wrong) = (note("today"), [("titel", Value::from("x"))]);
    // The first effect of a gate makes room for those that run at once.
    assert_eq!(
        world.tools.call_blocking("write_note", &fits, |_| Ok::<_, ArgumentError>(())),
        Ok(())
    );
    for (tool, arguments, ran) in [
        ("write_note", &fits[..].as_object(), true),
        ("write_note", &wrong[..].as_object(), false),
        ("write_notes", &fits[..].as_object(), false),
        ("post", &fits[..0].as_object(), false),
    ] {
        let call = || world.tools.call_blocking(tool, arguments, |_| Ok::<_, ArgumentError>(()));
        let (answer, count) = allocations::counted(call);
        assert_eq!((answer.is_ok(), count), (ran, 0), "{tool}: {answer:?}");
    }
}

/// What a person is asked about is the whole call: a copy that outlives it, and can be stored.
#[test]
fn a_held_call_gives_its_actions() {
    let world = world();
    let ran = |tool: &str, arguments: &dyn Arguments| {
        let ran = world.tools.call_blocking(tool, arguments, |_| Ok::<_, ArgumentError>(()));
        let Err(RunError::Refused(refusal)) = ran else { panic!("{ran:?}") };
        refusal
    };
    let refusal = ran("delete_note", &[("title", Value::from("to/day"))]);
    assert!(matches!(refusal.refusal(), Refusal::Held(_)));
    let held = refusal.held_actions().unwrap();
    let written = serde_json::to_string(held).unwrap();
    assert_eq!(
        written,
        r#"[{"operation":"delete","tool":"delete_note","resource":"notes/dana/to%2Fday","arguments":{"title":"to/day"}}]"#
    );
    let read: Vec<OwnedAction> = serde_json::from_str(&written).unwrap();
    assert_eq!(read, held);
    assert!(matches!(world.gate.decide(&read[0].view(), world.tools.scope()), Decision::Hold(_)));
    assert_eq!(refusal.to_string(), refusal.refusal().to_string());

    let denied = ran("post", &NoArguments);
    assert_eq!((denied.reason(), denied.held_actions()), (Reason::NotPermitted, Ok(&[][..])));

    // With all actions of the call, reads first, and the defaults.
    let refusal = ran("replace_note", &[("title", Value::from("x"))]);
    let held = refusal.held_actions().unwrap();
    let shown: Vec<_> = held
        .iter()
        .map(|action| (action.view().operation(), action.view().resource().to_owned()))
        .collect();
    assert_eq!(shown.len(), 2);
    assert!(shown.contains(&(Operation::Delete, "notes/dana/x".to_owned())), "{shown:?}");
    assert_eq!(held[0].view().arguments().get("copies").and_then(Value::as_integer), Some(1));

    let text = "x".repeat(permitgate::limits::MAX_FROZEN_BYTES);
    let refusal = ran("replace_note", &[("title", Value::from("x")), ("text", Value::from(&text))]);
    assert!(matches!(refusal.refusal(), Refusal::Held(_)));
    assert_eq!(refusal.held_actions(), Err(Reason::ArgumentsNotFrozen));
}

#[test]
fn what_comes_of_an_effect_is_on_record() {
    let world = world();
    let arguments = note("today");
    let failed = world.tools.call_blocking("write_note", &arguments, |_| Err::<(), _>("full"));
    assert_eq!(failed, Err(RunError::Failed("full")));
    assert_eq!(last(&world).2, Some(Outcome::Failed));
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.tools.call_blocking("write_note", &arguments, |_| -> Result<(), ()> { panic!() })
    }));
    assert!(ran.is_err());
    assert_eq!(last(&world).2, Some(Outcome::Abandoned));
    // Dropped midway.
    let waits = world.tools.call("write_note", &arguments, async |_| {
        std::future::pending::<()>().await;
        Ok::<_, ()>(())
    });
    assert!(ready(waits).is_none());
    assert_eq!(last(&world).2, Some(Outcome::Abandoned));
    assert_eq!(world.sink.records().len(), 3);
}

#[test]
fn a_halt_shows_while_an_effect_runs_and_refuses_the_next() {
    let world = world();
    let arguments = note("today");
    let ran = world.tools.call_blocking("write_note", &arguments, |call| {
        assert!(!call.halted());
        world.gate.halt(Halt::Agent("scribe"));
        assert!(call.halted());
        Ok::<_, ArgumentError>(())
    });
    assert_eq!(ran, Ok(()));
    let ran = world.tools.call_blocking("write_note", &arguments, |_| Ok(()));
    assert_eq!(refusal(ran).reason(), Reason::AgentHalted);
}

#[test]
fn arguments_of_another_type_fail_with_their_place() {
    #[derive(Debug, serde::Deserialize)]
    struct Wrong {
        #[serde(rename = "title")]
        _title: u32,
    }
    let world = world();
    let arguments = note("today");
    let ran = world
        .tools
        .call_blocking("write_note", &arguments, |call| call.arguments::<Wrong>().map(|_| ()));
    let Err(RunError::Failed(error)) = ran else { panic!("{ran:?}") };
    assert_eq!((error.kind(), error.path()), (ArgumentErrorKind::Mismatch, "title"));
    assert_eq!(error.to_string(), "argument `title`: a text stands where u32 is expected");
    assert_eq!(last(&world).2, Some(Outcome::Failed));
}

#[test]
fn results_are_endorsed_where_the_manifest_trusts_them() {
    let world = world();
    let found = [Value::from("lee@example.com")];
    let ran = world.tools.call_blocking("find_contact", &NoArguments, |call| {
        assert!(call.endorse_result(Value::List(&found)));
        Ok::<_, ArgumentError>(())
    });
    assert_eq!(ran, Ok(()));
    assert!(world.tools.scope().session().is_endorsed("lee@example.com"));
}

/// Asks before the inner gate does.
struct Asks {
    inner: Gate,
    asked: AtomicUsize,
}

impl ActionGate for Asks {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => self.inner.authorize(action, scope),
            _ => Err(Denial::by("once", "it was asked before").into()),
        }
    }
    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.inner.decide(action, scope)
    }
}

#[test]
fn a_gate_that_wraps_another_is_asked() {
    let world = world();
    let asks = Arc::new(Asks { inner: world.gate.clone(), asked: AtomicUsize::new(0) });
    let tools = ToolGate::new(Arc::clone(&asks), manifest(), scope());
    let arguments = note("today");
    assert_eq!(
        tools.call_blocking("write_note", &arguments, |_| Ok::<_, ArgumentError>(())),
        Ok(())
    );
    let ran = tools.call_blocking("write_note", &arguments, |_| Ok(()));
    assert_eq!(refusal(ran).reason(), Reason::RuleDenied);
    assert_eq!(asks.asked.load(Ordering::SeqCst), 2);
}

/// Permits writes with other arguments than were asked, and in another place.
struct Redacts {
    inner: Gate,
    shown: [(&'static str, Value<'static>); 3],
}

impl ActionGate for Redacts {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        match action.operation() {
            Operation::Create => {
                let other = Action::create(action.tool(), "notes/dana/safe").with(&self.shown);
                self.inner.authorize(&other, scope)
            }
            _ => self.inner.authorize(action, scope),
        }
    }
    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.inner.decide(action, scope)
    }
}

/// What the effect gets is what was permitted, not what the model asked for.
#[test]
fn arguments_and_segments_are_those_that_were_permitted() {
    let world = world();
    let shown = [
        ("title", Value::from("safe")),
        ("text", Value::from("[removed]")),
        ("copies", Value::from(2)),
    ];
    let tools = ToolGate::new(Redacts { inner: world.gate.clone(), shown }, manifest(), scope());
    let ran = tools.call_blocking("write_note", &note("secret"), |call| {
        let note: Note<'_> = call.arguments()?;
        assert_eq!((note.title, note.text, note.copies), ("safe", "[removed]", 2));
        assert!(matches!(call.view().get("title"), Some(Value::Text("safe"))));
        let action = call.actions().next().unwrap();
        assert_eq!(action.segments().last().as_deref(), Some("safe"));
        Ok::<_, ArgumentError>(())
    });
    assert_eq!(ran, Ok(()));
    // Of two actions with arguments of their own, neither set counts for both.
    let ran = tools.call_blocking("copy_contact", &NoArguments, |call| {
        let texts: Vec<_> = call.actions().map(|action| action.arguments().get("text")).collect();
        assert!(matches!(texts[..], [None, Some(Value::Text("[removed]"))]), "{}", texts.len());
        call.arguments::<Note<'_>>().map(|_| ())
    });
    let Err(RunError::Failed(error)) = ran else { panic!("{ran:?}") };
    assert_eq!((error.kind(), error.path()), (ArgumentErrorKind::SeveralArguments, ""));
}

/// A type's own message can carry what a model wrote.
#[test]
fn what_a_type_says_of_an_argument_hides_nothing() {
    #[derive(Debug)]
    struct Even;
    impl<'de> serde::Deserialize<'de> for Even {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let text = <&str>::deserialize(from)?;
            Err(serde::de::Error::custom(format!("`{text}` is no even number")))
        }
    }
    #[derive(Debug, serde::Deserialize)]
    struct Odd {
        #[serde(rename = "title")]
        _title: Even,
    }
    let world = world();
    let ran = world.tools.call_blocking("write_note", &note("a\u{202e}b"), |call| {
        call.arguments::<Odd>().map(|_| ())
    });
    let Err(RunError::Failed(error)) = ran else { panic!("{ran:?}") };
    assert_eq!(error.kind(), ArgumentErrorKind::Custom);
    let said = error.to_string();
    assert!(said.contains("is no even number") && !said.contains('\u{202e}'), "{said:?}");
}

/// A task of any runtime that moves between threads takes an owned copy along.
#[test]
fn it_moves_into_a_task() {
    fn spawned<F: Future + Send + 'static>(future: F) -> F {
        future
    }
    let tools = world().tools;
    let task = spawned(async move {
        let arguments = note("today");
        tools.call("write_note", &arguments, async |_| Ok::<_, ArgumentError>(())).await
    });
    let ran = std::thread::spawn(move || ready(task)).join().unwrap();
    assert_eq!(ran, Some(Ok(())));
    // Also where the effect keeps the call while it waits.
    let tools = world().tools;
    let task = spawned(async move {
        let arguments = note("today");
        let effect = async |call: &permitgate::gate::ToolCall<'_, '_>| {
            let note: Note<'_> = call.arguments()?;
            std::future::ready(()).await;
            Ok::<_, ArgumentError>((note.copies, call.halted()))
        };
        tools.call("write_note", &arguments, effect).await
    });
    let ran = std::thread::spawn(move || ready(task)).join().unwrap();
    assert_eq!(ran, Some(Ok((1, false))));
}

/// Gives the permit of another call than the one that it was asked for.
struct Swaps {
    inner: Gate,
    other: Call<'static>,
    scope: &'static Scope,
}

impl ActionGate for Swaps {
    fn authorize<'p>(&'p self, _: &Action<'p>, _: &'p Scope) -> Result<Permit<'p>, Refusal> {
        static OTHER: std::sync::LazyLock<Action<'static>> =
            std::sync::LazyLock::new(|| Action::read("find_contact", "contacts"));
        self.inner.authorize(&OTHER, self.scope)
    }
    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        self.inner.decide(action, scope)
    }
    fn authorize_call<'p>(
        &'p self,
        _: &'p Call<'_>,
        _: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        self.inner.authorize_call(&self.other, self.scope)
    }
}

#[test]
fn an_effect_does_not_run_by_the_permit_of_another_call() {
    let world = world();
    let (manifest, scope) = (Box::leak(Box::new(manifest())), &*Box::leak(Box::new(scope())));
    let other = manifest.map("find_contact", &NoArguments, scope);
    let swaps = Arc::new(Swaps { inner: world.gate.clone(), other, scope });
    let tools = ToolGate::new(Arc::clone(&swaps), manifest.clone(), scope.clone());
    let ran = tools.call_blocking("post", &NoArguments, |_| Ok(()));
    assert_eq!(refusal(ran).reason(), Reason::WrongTool);
    let call = manifest.map("post", &NoArguments, scope);
    let ran = swaps.run_call(&call, scope, |_| Ok::<_, ArgumentError>(()));
    assert_eq!(refusal(ran).reason(), Reason::WrongTool);
    let post = Action::create("post", "forum/1");
    let ran = swaps.run(&post, scope, |_| Ok::<_, ArgumentError>(()));
    assert_eq!(refusal(ran).reason(), Reason::WrongTool);
    let update = Action::update("find_contact", "contacts");
    let ran = swaps.run(&update, scope, |_| Ok::<_, ArgumentError>(()));
    assert_eq!(refusal(ran).reason(), Reason::WrongOperation);
    let all = world.sink.records();
    assert!(all.iter().all(|record| record.tool == "find_contact"));
    assert!(all.iter().all(|record| matches!(record.outcome, Some((Outcome::Refused(_), _)))));
}

#[test]
fn no_error_of_an_argument_names_a_part_of_a_secret() {
    #[derive(Debug, serde::Deserialize)]
    struct Run {
        #[serde(rename = "env")]
        _env: std::collections::HashMap<String, u32>,
    }
    #[derive(Debug, serde::Deserialize)]
    struct Rows {
        #[serde(rename = "rows")]
        _rows: Vec<std::collections::HashMap<String, u32>>,
    }
    let env = ArgumentSpec::object([("a", ArgumentSpec::text().optional())]).other_fields();
    let env = || env.clone().secret().no_effect();
    let scope = scope();
    let manifest = Manifest::new([
        ToolSpec::new("run").argument("env", env()).effect(EffectSpec::read("contacts")),
        ToolSpec::new("rows")
            .argument("rows", ArgumentSpec::list(env()).no_effect())
            .effect(EffectSpec::read("contacts")),
    ]);
    let tools = ToolGate::new(Gate::builder().build().unwrap(), manifest.unwrap(), scope);
    let secret = [("hunter2-token", Value::from("abc"))];
    let (rows, object) = ([Value::Object(&secret)], Value::Object(&secret));
    let ran = tools.call_blocking("run", &[("env", object)], |call| call.arguments::<Run>());
    let Err(RunError::Failed(error)) = ran else { panic!("an error") };
    assert_eq!((error.path(), error.kind()), ("env", ArgumentErrorKind::SecretMismatch));
    let arguments = [("rows", Value::List(&rows))];
    let ran = tools.call_blocking("rows", &arguments, |call| call.arguments::<Rows>());
    let Err(RunError::Failed(error)) = ran else { panic!("an error") };
    assert_eq!((error.path(), error.kind()), ("rows.0", ArgumentErrorKind::SecretMismatch));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}
