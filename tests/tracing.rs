//! Feature `tracing`: one event per decision and one per outcome, without forged lines.
#![cfg(feature = "tracing")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use permitgate::Reason;
use permitgate::authority::{Attenuation, Grant};
use permitgate::gate::Halt;
use permitgate::prelude::*;
use permitgate::record::{MemorySink, Outcome};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps each event as one line of text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "permitgate"
    }
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

#[test]
fn decisions_and_outcomes_are_events() {
    let permit = Statement::permit("write").operations(Operation::Create).resources(["notes/**"]);
    let root = Grant::new(Policy::new([permit]).unwrap()).held_by("owner");
    let root = Capability::root(root, ambient_authority());
    let capability = root.delegate("scribe", Attenuation::new()).unwrap();
    let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build().unwrap();
    let gate = Gate::builder().build().unwrap();
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let write = gate.tool("notes.write", Operation::Create);
        let permit = gate.authorize(&write.on("notes/today"), &scope).unwrap();
        permit.begin(&write).unwrap().done();
        let _ = gate.authorize(&Action::delete("notes\ndelete", "notes/today"), &scope);
        let _ = gate.decide(&Action::delete("notes.delete", "notes/today"), &scope);
    });
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].starts_with("INFO") && lines[0].contains("reason=\"permitted\""));
    assert!(lines[0].contains("statement=\"write\"") && lines[0].contains("agent=\"scribe\""));
    let lineage = format!("lineage={} held by `owner`", root.id());
    assert!(lines[0].contains(&lineage), "{}", lines[0]);
    assert!(lines[1].contains("outcome=done"), "{}", lines[1]);
    assert!(lines[2].starts_with("WARN") && lines[2].contains("malformed-tool"));
    assert!(lines.iter().all(|line| !line.contains('\n')));
}

/// Panics at every event.
struct Breaks;

impl Subscriber for Breaks {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "permitgate"
    }
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn event(&self, _event: &Event<'_>) {
        panic!("a subscriber that fails");
    }
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

/// An effect whose end nobody heard of would be waited for without an end.
#[test]
fn a_subscriber_that_panics_stops_nothing() {
    let permit = Statement::permit("write").operations(Operation::Create).resources(["notes/**"]);
    let capability = Capability::root(Policy::new([permit]).unwrap(), ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build().unwrap();
    let sink = Arc::new(MemorySink::last(8));
    let gate = Gate::builder().sink(sink.clone()).build().unwrap();
    tracing::subscriber::with_default(Breaks, || {
        let write = gate.tool("notes.write", Operation::Create);
        let permit = gate.authorize(&write.on("notes/today"), &scope).unwrap();
        permit.begin(&write).unwrap().done();
        drop(gate.authorize(&write.on("notes/today"), &scope).unwrap());
        let refused = gate.authorize(&Action::delete("t", "notes/today"), &scope).unwrap_err();
        assert_eq!(refused.reason(), Reason::NotPermitted);
    });
    gate.halt_and_wait(Halt::Everything, std::time::Duration::ZERO).unwrap();
    let outcomes: Vec<_> =
        sink.records().iter().map(|record| record.outcome.map(|(outcome, _)| outcome)).collect();
    assert_eq!(outcomes, [Some(Outcome::Done), Some(Outcome::Unused), None]);
}
