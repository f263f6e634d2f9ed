//! The world of the measured cases: people, policies in three layers, a gate with rules, and arguments
//! as a view of one's own.

use std::sync::Arc;

use permitgate::directory::JoinPolicy;
use permitgate::gate::{GateBuilder, RuleContext};
use permitgate::model::{List, Operations, Reader, Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::rules::RecipientLimit;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::{Arguments, Directory, Verdict};

pub(crate) const START: u64 = 1_790_000_000;

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// A hundred and twenty people inside, of whom two are named.
pub(crate) fn directory() -> Directory {
    let people: Vec<String> = (0..120).map(|number| format!("p{number}@example.com")).collect();
    people
        .iter()
        .fold(Directory::builder().organisation_domain("example.com"), |all, p| all.principal(p))
        .principal("dana@example.com")
        .principal("lee@example.com")
        .principal("sam@partner.example")
        .group("platform", ["dana@example.com", "lee@example.com"])
        .group("everyone", people.iter().map(String::as_str).chain(["platform"]))
        .channel("general", JoinPolicy::Internal, ["everyone"])
        .build()
        .unwrap()
}

/// Permits the areas by which the cases are told apart; each denial has an area of its own.
pub(crate) fn guardrails() -> Policy {
    Policy::new([
        Statement::permit("areas")
            .operations(Operations::ALL)
            .resources([
                "crm/**",
                "pay/**",
                "mail/**",
                "cap/**",
                "orders/*",
                "archive/*",
                "**/late",
            ])
            .readers(Readers::internal()),
        Statement::permit("narrow").operations(Operations::ALL).resources(["narrow/**"]),
        Statement::forbid("never").operations(Operations::ALL).resources(["crm/*/never/**"]),
        Statement::require_approval("ask").operations(Operations::ALL).resources(["crm/*/ask/*"]),
    ])
    .unwrap()
}

pub(crate) fn shadow() -> Restrictions {
    Restrictions::new([Statement::forbid("candidate")
        .operations(Operations::WRITES)
        .resources(["crm/{invoker}/list*/**"])
        .beyond(Readers::group("platform"))
        .when(!Condition::matches("note", "*ok*"))])
    .unwrap()
}

/// Three layers: a grant, restrictions, a narrower grant.
pub(crate) fn capability() -> Capability {
    let root = Policy::new([
        Statement::permit("crm")
            .operations(Operations::ALL)
            .resources(["crm/{invoker}/**", "narrow/**", "**/late"])
            .readers(Readers::internal() | Reader::group("platform")),
        Statement::permit("small-payments")
            .operations(Operation::Create)
            .tools(["bank.pay"])
            .resources(["pay/{invoker}/{project}"])
            .when(Condition::between("payment.lines.0.cents", 1, 1_000))
            .when(Condition::one_of("payment.currency", ["EUR", "CHF"]))
            .when(Condition::matches("note", "*ok*"))
            .when(Condition::within_hours("Europe/Berlin", ["mon-sun"], "00:00", "24:00"))
            .when(!Condition::within_hours("America/New_York", ["sun"], "03:00", "03:01")),
        Statement::permit("mail").operations(Operations::ALL).resources(["mail/{invoker}/*"]),
        Statement::permit("orders").operations(Operations::ALL).resources(["orders/{mine}"]),
        Statement::permit("archive").operations(Operations::ALL).resources(["archive/{archived}"]),
        Statement::permit("cap").operations(Operations::ALL).resources(["cap/**"]),
    ]);
    let restrictions = Restrictions::new([
        Statement::forbid("no-secrets").operations(Operations::ALL).resources(["**/secret-*"]),
        Statement::require_approval("ask-first")
            .operations(Operation::Delete)
            .resources(["mail/**"]),
        Statement::forbid("unclear")
            .operations(Operation::Execute)
            .when(Condition::equals("dry", true)),
    ]);
    let narrower = Policy::new([Statement::permit("no-administration")
        .operations(Operations::ALL)
        .resources(["**"])
        .readers(Readers::internal())]);
    let root = Capability::root(root.unwrap(), ambient_authority());
    root.attenuate(restrictions.unwrap()).unwrap().attenuate(narrower.unwrap()).unwrap()
}

pub(crate) fn scope_of(capability: &Capability) -> Scope {
    Scope::builder(capability)
        .invoker("dana@example.com")
        .agent("triage")
        .bind("project", "apollo")
        .bind_set("mine", ["17", "23", "31", "47", "59", "61"])
        .bind_set("archived", (0..256).map(|order| format!("a-{order}")))
        .build()
        .unwrap()
}

pub(crate) fn by_tool(context: &RuleContext<'_>) -> Verdict {
    match context.action().tool() {
        "rule.deny" => Verdict::deny("by its name"),
        "rule.hold" => Verdict::require_approval("by its name"),
        "rule.panic" => panic!("a rule that fails"),
        _ => Verdict::Pass,
    }
}

/// A gate with guardrails, two rules and room for records.
pub(crate) fn builder(clock: &Arc<ManualClock>) -> GateBuilder {
    Gate::builder()
        .directory(directory())
        .guardrails(guardrails())
        .rule("by-tool", by_tool)
        .rule("limit", RecipientLimit::at_most(126))
        .clock(clock.clone())
        .sink(MemorySink::last(64))
}

pub(crate) struct Line {
    cents: i64,
}

/// A view of one's own, nested: `payment.lines.0.cents`.
pub(crate) struct Payment {
    lines: Lines,
    currency: String,
    note: String,
}

pub(crate) struct Lines(Vec<Line>);

impl Arguments for Line {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "cents").then(|| self.cents.into())
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        visitor("cents", self.cents.into());
    }
}

impl List for Lines {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.0.get(index).map(|line| Value::Object(line))
    }
}

pub(crate) struct Payload(Payment);

impl Arguments for Payload {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "payment" => Some(Value::Object(&self.0)),
            "note" => Some(Value::from(&self.0.note)),
            "broken" => panic!("a view that fails"),
            _ => None,
        }
    }
    fn visit(&self, _visitor: &mut dyn FnMut(&str, Value<'_>)) {}
}

impl Arguments for Payment {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "lines" => Some(Value::List(&self.lines)),
            "currency" => Some(Value::from(&self.currency)),
            _ => None,
        }
    }
    fn visit(&self, _visitor: &mut dyn FnMut(&str, Value<'_>)) {}
}

pub(crate) fn call(cents: i64) -> Payload {
    let lines = Lines(vec![Line { cents }]);
    Payload(Payment { lines, currency: "EUR".to_owned(), note: "this is ok".to_owned() })
}
