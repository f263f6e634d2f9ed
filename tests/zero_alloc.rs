//! Deciding allocates nothing: not for a yes, a hold or a no, not at any guard, and not on a thread's
//! first call. A counting allocator stands under the whole test binary, and every case is measured
//! around the one call. Each case also says which reason it expects, so that it cannot pass by
//! stopping at an earlier guard.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use allocations::counted;
use permitgate::authority::{Approver, Attenuation, Budget, Requirement, RevocationTarget};
use permitgate::decision::Ruling;
use permitgate::flow::{Integrity, LabelRule, Labels, Origin, Origins};
use permitgate::gate::{Answer, ApproverCredential, Halt, RuleContext};
use permitgate::model::{ActionDigest, NoArguments, Operations, Reader, Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::record::{MemoryRecord, MemorySink};
use permitgate::time::ManualClock;
use permitgate::token::{
    Attestation, Demand, Presentation, SigningKey, Token, TokenBlock, TrustedIssuer, Verifier,
};
use permitgate::{Arguments, Directory, Reason, Session, Verdict};
use world::*;

#[path = "testkit/allocations.rs"]
mod allocations;
#[path = "zero_alloc/world.rs"]
mod world;

#[test]
fn the_counter_counts() {
    let (boxed, one) = counted(|| std::hint::black_box(Box::new(7_u64)));
    let (zeroed, two) = counted(|| std::hint::black_box(vec![0_u64; 100]));
    let mut list = Vec::with_capacity(1);
    let ((), three) = counted(|| list.extend_from_slice(std::hint::black_box(&[1_u8; 64])));
    assert_eq!((one, two, three), (1, 1, 1), "{boxed} {} {}", zeroed.len(), list.len());
}

/// One call and what must come of it.
struct Case<'c> {
    gate: &'c Gate,
    scope: &'c Scope,
    action: Action<'c>,
    expected: (Ruling, Reason),
    /// Where the dry answer is another one: it writes no record, so none can be refused.
    decided: (Ruling, Reason),
}

impl<'c> Case<'c> {
    fn new(
        gate: &'c Gate,
        scope: &'c Scope,
        action: Action<'c>,
        expected: (Ruling, Reason),
    ) -> Self {
        Self { gate, scope, action, expected, decided: expected }
    }

    fn authorize(&self) -> u64 {
        let (answer, count) = counted(|| self.gate.authorize(&self.action, self.scope));
        let found = match &answer {
            Ok(_) => (Ruling::Allow, Reason::Permitted),
            Err(Refusal::Held(ticket)) => (Ruling::Hold, ticket.reason()),
            Err(Refusal::Denied(denial)) => (Ruling::Deny, denial.reason()),
        };
        assert_eq!(found, self.expected, "authorize {:?}", self.action);
        count
    }

    fn decide(&self) -> u64 {
        let (answer, count) = counted(|| self.gate.decide(&self.action, self.scope));
        let found = (answer.ruling(), answer.reason());
        assert_eq!(found, self.decided, "decide {:?}", self.action);
        count
    }

    /// First calls of fresh threads, then calls of this one.
    fn check(&self) -> Reason {
        let first = std::thread::scope(|threads| {
            let authorized = threads.spawn(|| self.authorize());
            let decided = threads.spawn(|| self.decide());
            [authorized.join().unwrap(), decided.join().unwrap()]
        });
        let (reason, action) = (self.expected.1, &self.action);
        assert_eq!(first, [0, 0], "first authorize and decide of a thread, {reason}: {action:?}");
        let dynamic: &dyn ActionGate = self.gate;
        let (_, through_trait) = counted(|| dynamic.decide(action, self.scope));
        let again = [self.authorize(), self.decide(), self.authorize(), through_trait];
        assert_eq!(again, [0; 4], "{reason}: {action:?}");
        reason
    }
}

/// What batches and mapped calls are refused for, whose cost `tests/manifest.rs` counts, and where somebody is to be asked.
/// Whose something is, is the program's answer, which is a list of its own.
const OF_CALLS: [Reason; 6] = [
    Reason::OwnershipUnknown,
    Reason::BatchTooLarge,
    Reason::UnknownTool,
    Reason::UnmappedCall,
    Reason::ToolChanged,
    Reason::NoApprovers,
];

/// What a request for approval is refused for, and what is answered once somebody has decided one: a digest of the call is worked out
/// then, and that allocates.
const OF_PEOPLE: [Reason; 9] = [
    Reason::Approved,
    Reason::ApprovalPending,
    Reason::ApprovalDeclined,
    Reason::ApprovalExpired,
    Reason::ApprovalWithdrawn,
    Reason::ApprovalGone,
    Reason::TooManyRequests,
    Reason::RequestTooLarge,
    Reason::NothingToApprove,
];

const ALLOW: (Ruling, Reason) = (Ruling::Allow, Reason::Permitted);

const fn hold(reason: Reason) -> (Ruling, Reason) {
    (Ruling::Hold, reason)
}

const fn deny(reason: Reason) -> (Ruling, Reason) {
    (Ruling::Deny, reason)
}

/// Everything that stops after guards 0 to 2 have passed, and what passes; for one gate.
fn open_cases<'c>(
    gate: &'c Gate,
    scope: &'c Scope,
    small: &'c Payload,
    large: &'c Payload,
) -> Vec<Case<'c>> {
    const MINE: &str = "crm/dana@example.com/list7/x";
    let create = |resource| Action::create("crm.write", resource);
    let case = |action, expected| Case::new(gate, scope, action, expected);
    let too_many: &'static [&'static str] = &["p1@example.com"; 127];
    let many = Audience::recipients(&too_many[..125]);
    let pay = |arguments| Action::create("bank.pay", "pay/dana@example.com/apollo").with(arguments);
    vec![
        // Guard 0.
        case(Action::read("", MINE), deny(Reason::MalformedTool)),
        case(create("crm//x"), deny(Reason::MalformedResource)),
        case(create("crm/%41/é"), deny(Reason::MalformedResource)),
        case(create(MINE).visible_to(Audience::Group("")), deny(Reason::MalformedAudience)),
        // Guard 3.
        case(create("crm/dana@example.com/never/x"), deny(Reason::GuardrailForbids)),
        case(create("elsewhere/x"), deny(Reason::GuardrailNotPermitted)),
        case(create("narrow/x").visible_to(many), deny(Reason::GuardrailAudienceTooWide)),
        case(create("crm/dana@example.com/ask/x"), hold(Reason::GuardrailApproval)),
        // Guard 4.
        case(create("crm/dana@example.com/secret-1"), deny(Reason::Forbidden)),
        case(Action::execute("cap.run", "cap/x"), deny(Reason::Forbidden)),
        case(create("crm/lee@example.com/list7/x"), deny(Reason::NotPermitted)),
        case(create("orders/18"), deny(Reason::NotOwned)),
        case(create("archive/b-7"), deny(Reason::NotOwned)),
        case(
            create("cap/x").visible_to(Audience::Group("platform")),
            deny(Reason::AudienceTooWide),
        ),
        case(
            Action::delete("mail.delete", "mail/dana@example.com/7"),
            hold(Reason::ApprovalRequired),
        ),
        // Guard 5.
        case(Action::create("rule.deny", MINE), deny(Reason::RuleDenied)),
        case(Action::create("rule.hold", MINE), hold(Reason::RuleApproval)),
        case(create(MINE).visible_to(Audience::recipients(too_many)), deny(Reason::RuleDenied)),
        // Permitted, with every kind of audience that can be.
        case(create(MINE).visible_to(many), ALLOW),
        case(create(MINE), ALLOW),
        case(create(MINE).visible_to(Audience::Group("everyone")), ALLOW),
        case(create("a/b/c/late").visible_to(Audience::Group("platform")), ALLOW),
        case(create(MINE).visible_to(Audience::Channel("general")), deny(Reason::RuleDenied)),
        case(create(MINE).visible_to(Audience::Public), deny(Reason::GuardrailAudienceTooWide)),
        // Of a set of values.
        case(create("orders/47"), ALLOW),
        case(create("archive/a-7"), ALLOW),
        // With everything below.
        case(create("crm/dana@example.com").below(), deny(Reason::GuardrailForbids)),
        case(create("cap/x").below(), deny(Reason::Forbidden)),
        case(create("orders/47").below(), deny(Reason::GuardrailNotPermitted)),
        // Nested arguments.
        case(pay(small), ALLOW),
        case(pay(large), deny(Reason::NotPermitted)),
        case(pay(&NoArguments), deny(Reason::NotPermitted)),
    ]
}

#[test]
fn every_guard_answers_without_allocating() {
    let clock = Arc::new(ManualClock::new(at(START)));
    let capability = capability();
    let scope = scope_of(&capability);
    let (small, large) = (call(500), call(5_000));
    let plain = builder(&clock).build().unwrap();
    let sink = Arc::new(MemorySink::last(64));
    let shadowed = builder(&clock).shadow_guardrails(shadow()).sink(sink.clone()).build().unwrap();
    let mut seen = BTreeSet::new();
    for gate in [&plain, &shadowed] {
        seen.extend(open_cases(gate, &scope, &small, &large).iter().map(Case::check));
    }
    let of_shadow =
        |record: &MemoryRecord| record.shadow == Some((Ruling::Deny, Reason::GuardrailForbids));
    assert!(sink.records().iter().any(of_shadow), "the shadow was decided as well");

    seen.extend(stopped(&clock, &capability, &scope));
    seen.extend(outside_validity(&clock, &scope));
    seen.extend(revocations(&clock));
    seen.extend(budgeted(&clock, &capability));
    seen.extend(presented(&clock));
    seen.insert(refused_record(&clock, &scope));
    seen.extend(panicking(&clock, &plain, &scope, &small));
    seen.extend(after_reading(&clock, &capability));

    // What `authorize` gives: all reasons but those of the beginning of an effect.
    let all = Reason::ALL.iter().copied().filter(|reason| reason.guard() != 12);
    let elsewhere = |reason: &Reason| OF_CALLS.contains(reason) || OF_PEOPLE.contains(reason);
    let missing: Vec<_> =
        all.filter(|reason| !elsewhere(reason) && !seen.contains(reason)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// As long as nobody has answered anything, a hold works out no digest, however many are asked.
#[test]
fn a_hold_that_nobody_answered_costs_nothing() {
    let clock = Arc::new(ManualClock::new(at(START)));
    let capability = capability();
    let scope = scope_of(&capability);
    let approvers = Requirement::by([Approver::principal("lee@example.com")]);
    let gate = builder(&clock).approvers(approvers).build().unwrap();
    let held = Action::delete("mail.delete", "mail/dana@example.com/7");
    let other = Action::delete("mail.delete", "mail/dana@example.com/8");
    let Err(Refusal::Held(hold)) = gate.authorize(&held, &scope) else { panic!("held") };
    let request = gate.request_approval(&hold, &held, &scope).unwrap();
    for wish in [&held, &other] {
        let (refusal, allocations) = counted(|| gate.authorize(wish, &scope).map(drop));
        assert!(matches!(refusal, Err(Refusal::Held(_))));
        assert_eq!(allocations, 0);
    }
    // It is withdrawn, and everything is as before; approved, and what is not held still costs nothing.
    request.withdraw().unwrap();
    assert_eq!(counted(|| gate.decide(&held, &scope).is_allow()), (false, 0));
    let Err(Refusal::Held(hold)) = gate.authorize(&held, &scope) else { panic!("held") };
    let request = gate.request_approval(&hold, &held, &scope).unwrap();
    let lee = ApproverCredential::new("lee@example.com", ambient_authority()).unwrap();
    gate.approvals().vote(request.id(), Answer::Approve, &lee).unwrap();
    let read = Action::read("mail.read", "mail/dana@example.com/7");
    let (allowed, allocations) = counted(|| gate.authorize(&read, &scope).is_ok());
    assert_eq!((allowed, allocations), (true, 0));
    assert!(gate.decide(&held, &scope).is_allow());
}

/// Guard 1, and the table of halts while nothing in it concerns the scope.
fn stopped(clock: &Arc<ManualClock>, capability: &Capability, scope: &Scope) -> Vec<Reason> {
    let action = Action::read("crm.read", "crm/dana@example.com/x");
    let root = capability.lineage().last().unwrap();
    let halts = [
        (Halt::Everything, Reason::GateHalted),
        (Halt::Agent("triage"), Reason::AgentHalted),
        (Halt::Lineage(root), Reason::LineageHalted),
        (Halt::Lineage(capability.id()), Reason::LineageHalted),
    ];
    let check = |(halt, reason)| {
        let gate = builder(clock).build().unwrap();
        gate.halt(Halt::Agent("another"));
        Case::new(&gate, scope, action, ALLOW).check();
        gate.halt(halt);
        let reason = Case::new(&gate, scope, action, deny(reason)).check();
        gate.resume(halt);
        Case::new(&gate, scope, action, ALLOW).check();
        reason
    };
    halts.map(check).to_vec()
}

/// Guard 2.
fn outside_validity(clock: &Arc<ManualClock>, scope: &Scope) -> Vec<Reason> {
    let gate = builder(clock).build().unwrap();
    let action = Action::read("crm.read", "crm/dana@example.com/x");
    let parent = scope.capability();
    let future = parent.attenuate(Attenuation::new().valid_from(at(START + 10))).unwrap();
    let past = parent.attenuate(Attenuation::new().expires_at(at(START))).unwrap();
    let revoked = parent.attenuate(Attenuation::new()).unwrap();
    revoked.revoke();
    let below = revoked.attenuate(Attenuation::new()).unwrap();
    let cases = [
        (future, Reason::NotYetValid),
        (past, Reason::Expired),
        (revoked, Reason::Revoked),
        (below, Reason::Revoked),
    ];
    let check = |(capability, reason): &(Capability, Reason)| {
        Case::new(&gate, &scope_of(capability), action, deny(*reason)).check()
    };
    let mut seen: Vec<Reason> = cases.iter().map(check).collect();
    clock.set(at(START - 3600));
    seen.push(Case::new(&gate, scope, action, deny(Reason::ClockSteppedBack)).check());
    clock.set(at(START));
    seen
}

/// Guard 2, with a table of revocations and a demanded feed: the first look after a revocation and those behind it.
fn revocations(clock: &Arc<ManualClock>) -> Vec<Reason> {
    let (gate, root, first) = (builder(clock).build().unwrap(), capability(), Attenuation::new());
    let below =
        root.delegate("triage", first.budget(Budget::actions("none", 0).on(Operation::Share)));
    let scope = scope_of(&below.unwrap());
    let action = Action::read("crm.read", "crm/dana@example.com/x");
    let case = |expected| Case::new(&gate, &scope, action, expected).check();
    let revocations = root.revocations();
    revocations.revoke(RevocationTarget::Holder("another"));
    let mut seen = vec![case(ALLOW)];
    revocations.demand_feed(Duration::from_secs(60));
    seen.push(case(deny(Reason::RevocationsStale)));
    revocations.heard(at(START));
    seen.push(case(ALLOW));
    revocations.revoke(RevocationTarget::Holder("triage"));
    seen.push(case(deny(Reason::Revoked)));
    seen
}

/// Guard 7, with room and without, of a capability and of the gate. What a scope draws on at a gate is looked up at its first
/// decision there, and that allocates, as does a call that `repeats` counts for the first time.
fn budgeted(clock: &Arc<ManualClock>, capability: &Capability) -> Vec<Reason> {
    let hour = Duration::from_secs(3600);
    let budgets = [
        Budget::actions("writes", 1_000).per(hour).on(Operation::Create),
        Budget::sum("cents", "cents", 5).on(Operation::Create),
        Budget::recipients("people", 1_000).on(Operation::Create),
        Budget::actions("asked", 5).ask_from(0).on(Operation::Update),
    ];
    let below = budgets.into_iter().fold(Attenuation::new(), Attenuation::budget);
    let scope = scope_of(&capability.attenuate(below).unwrap());
    let path = "crm/dana@example.com/x";
    let cents = [("cents", Value::from(0))];
    let too_much = [("cents", Value::from(6))];
    let create = Action::create("crm.write", path);
    let at_gate = builder(clock)
        .budget(Budget::concurrency("at-once", 1_000).on(Operation::Create))
        .budget(Budget::repeats("loop", 1_000_000).per(hour).on(Operation::Create));
    let mut seen = Vec::new();
    for gate in [builder(clock).build().unwrap(), at_gate.build().unwrap()] {
        drop(gate.authorize(&create.with(&cents), &scope));
        let cases = [
            (Action::read("crm.read", path), ALLOW),
            (create.with(&cents), ALLOW),
            (create, deny(Reason::BudgetUncounted)),
            (create.with(&too_much), deny(Reason::BudgetSpent)),
            (Action::update("crm.write", path), (Ruling::Hold, Reason::BudgetApproval)),
        ];
        for (action, expected) in cases {
            seen.push(Case::new(&gate, &scope, action, expected).check());
        }
    }
    seen
}

/// Guard 4 of a capability that is good for one action: it digests every one that is asked, with its arguments.
#[cfg(feature = "token")]
fn presented(clock: &Arc<ManualClock>) -> Vec<Reason> {
    let (issuer, approver) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let all = Statement::permit("all").operations(Operations::ALL).resources(["crm/**"]);
    let demand = Demand::for_action("approved", approver.public_key());
    let token =
        Token::mint(&issuer, TokenBlock::grant([all.readers(Readers::public())]).demand(demand))
            .unwrap();
    let verifier =
        Verifier::builder("crm").trust(TrustedIssuer::public(issuer.public_key())).build().unwrap();
    let inner = [("cents", Value::from(7)), ("currency", Value::from("EUR"))];
    let arguments = [("to", Value::from("lee")), ("amount", Value::Object(&inner))];
    let names = ["lee@example.com", "dana@example.com"];
    let action = Action::create("crm.write", "crm/x")
        .visible_to(Audience::recipients(&names))
        .with(&arguments);
    let digest = ActionDigest::of(&action).unwrap();
    let until = at(START + 3600);
    let said = Attestation::for_action(&approver, "approved", token.link(), digest, until).unwrap();
    let bytes = token.to_bytes().unwrap();
    let presentation = Presentation::of(&bytes).attestation(&said).for_action(&action);
    let capability = verifier.present(&presentation, at(START)).unwrap();
    let gate = builder(clock).build().unwrap();
    let scope = scope_of(&capability);
    let mut seen = vec![
        Case::new(&gate, &scope, action, ALLOW).check(),
        Case::new(&gate, &scope, action.with(&inner), deny(Reason::NotThisAction)).check(),
    ];
    let tool = gate.tool("crm.write", Operation::Create);
    gate.authorize(&action, &scope).unwrap().begin(&tool).unwrap().done();
    seen.push(Case::new(&gate, &scope, action, deny(Reason::AlreadyUsed)).check());
    seen
}

/// Without tokens nothing is presented.
#[cfg(not(feature = "token"))]
fn presented(_clock: &Arc<ManualClock>) -> Vec<Reason> {
    vec![Reason::NotThisAction, Reason::AlreadyUsed]
}

/// Guard 6, and what a session with a label may still do.
fn after_reading(clock: &Arc<ManualClock>, capability: &Capability) -> Vec<Reason> {
    let rules = (0..40).map(|n| {
        LabelRule::on([format!("crm/{{invoker}}/r{n}")])
            .readers(Readers::group("platform") | Reader::principal(format!("p{n}@example.com")))
    });
    let labels = Labels::new(rules).unwrap();
    let labels = labels.otherwise(Readers::public(), Integrity::Trusted).unwrap();
    let gate = builder(clock).labels(labels).build().unwrap();
    let scope = scope_of(capability);
    let write = Action::create("crm.write", "crm/dana@example.com/x");
    let platform = write.visible_to(Audience::Group("platform"));
    let everyone = write.visible_to(Audience::Group("everyone"));
    let case = |action, expected| Case::new(&gate, &scope, action, expected).check();
    let mut seen = vec![case(everyone, ALLOW)];
    let limited = Action::create("crm.write", "crm/dana@example.com/r1");
    let limited = limited.visible_to(Audience::Group("everyone"));
    seen.push(case(limited, deny(Reason::BeyondReaders)));
    let read = gate.tool("crm.read", Operation::Read);
    for n in 0..=permitgate::limits::MAX_LABEL_PARTS {
        let path = format!("crm/dana@example.com/r{n}");
        let permit = gate.authorize(&read.on(&path), &scope).unwrap();
        permit.begin(&read).unwrap().done();
        if n < permitgate::limits::MAX_LABEL_PARTS {
            seen.extend([case(platform, ALLOW), case(everyone, deny(Reason::BeyondReaders))]);
        }
    }
    seen.push(case(write, deny(Reason::LabelOverflow)));
    seen
}

#[test]
fn origins_are_looked_up_in_place() {
    let clock = Arc::new(ManualClock::new(at(START)));
    let gate = builder(&clock).guardrails(shadow()).build().unwrap();
    let permit = Statement::permit("pay")
        .operations(Operation::Create)
        .resources(["pay/**"])
        .when(Condition::endorsed("to", Origin::User | Origin::Result))
        .when(Condition::endorsed("lines.*.account", Origins::ANY).optional());
    let root = Capability::root(Policy::new([permit]).unwrap(), ambient_authority());
    let session = Session::new();
    session.endorse_words(Origin::User, "pay DE89 3704 and 12.50 to 'lee@example.com'");
    let scope = Scope::builder(&root).invoker("dana@example.com").agent("a").session(&session);
    let scope = scope.build().unwrap();
    let good = [("account", Value::from(12.5))];
    let bad = [("account", Value::from("12.51"))];
    for (to, line, expected) in [
        ("lee@example.com", &good, ALLOW),
        ("lee@example.com", &bad, deny(Reason::NotPermitted)),
        ("sam@example.com", &good, deny(Reason::NotPermitted)),
    ] {
        let lines = [Value::Object(line), Value::Object(&NoArguments)];
        let arguments = [("to", Value::from(to)), ("lines", Value::List(&lines))];
        let action = Action::create("bank.pay", "pay/x").with(&arguments);
        Case::new(&gate, &scope, action, expected).check();
    }
}

/// Guard 10.
fn refused_record(clock: &Arc<ManualClock>, scope: &Scope) -> Reason {
    let gate = builder(clock).sink(MemorySink::full_at(1)).build().unwrap();
    let action = Action::read("crm.read", "crm/dana@example.com/x");
    drop(gate.authorize(&action, scope));
    let held = Action::create("rule.hold", "crm/dana@example.com/x");
    let refused = deny(Reason::RecordRefused);
    Case { decided: hold(Reason::RuleApproval), ..Case::new(&gate, scope, held, refused) }.check();
    Case { decided: ALLOW, ..Case::new(&gate, scope, action, refused) }.check()
}

/// A panic allocates by itself, so these are not counted; they must only deny for their own reason.
fn panicking(clock: &Arc<ManualClock>, gate: &Gate, scope: &Scope, view: &Payload) -> [Reason; 2] {
    let reads_broken = Restrictions::new([Statement::forbid("broken")
        .operations(Operations::ALL)
        .when(Condition::equals("broken", true))]);
    let other = builder(clock).guardrails(reads_broken.unwrap()).build().unwrap();
    let action = Action::create("rule.panic", "crm/dana@example.com/x");
    let rule = Case::new(gate, scope, action, deny(Reason::RulePanicked));
    let arguments = Case::new(&other, scope, action.with(view), deny(Reason::ArgumentsPanicked));
    rule.authorize();
    arguments.authorize();
    [rule.expected.1, arguments.expected.1]
}

#[test]
fn pairs_are_read_in_place() {
    let clock = Arc::new(ManualClock::new(at(START)));
    let (gate, scope) = (builder(&clock).build().unwrap(), scope_of(&capability()));
    let line = [("cents", Value::from(999_u64))];
    let lines = [Value::Object(&line)];
    let payment = [("currency", Value::from("CHF")), ("lines", Value::List(&lines))];
    let arguments = [("note", Value::from("ok")), ("payment", Value::Object(&payment))];
    let action = Action::create("bank.pay", "pay/dana@example.com/apollo");
    Case::new(&gate, &scope, action.with(&arguments), ALLOW).check();
    let without = arguments[..1].to_vec();
    let without: &[(&str, Value<'_>)] = &without;
    let fewer: &dyn Arguments = &[without[0]];
    Case::new(&gate, &scope, action.with(fewer), deny(Reason::NotPermitted)).check();
}

#[cfg(feature = "json")]
#[test]
fn json_is_read_in_place() {
    let clock = Arc::new(ManualClock::new(at(START)));
    let (gate, scope) = (builder(&clock).build().unwrap(), scope_of(&capability()));
    let action = Action::create("bank.pay", "pay/dana@example.com/apollo");
    for (cents, expected) in [(1000, ALLOW), (1001, deny(Reason::NotPermitted))] {
        let payment = serde_json::json!({"lines": [{"cents": cents}], "currency": "EUR"});
        let arguments = serde_json::json!({"note": "it is ok", "payment": payment});
        Case::new(&gate, &scope, action.with(&arguments), expected).check();
    }
}

/// A rule that asks the same gate again finds the lane of its thread taken.
#[test]
fn a_rule_that_asks_again_costs_nothing_either() {
    let gate: Arc<OnceLock<Gate>> = Arc::default();
    let inner = gate.clone();
    let ask_again = move |context: &RuleContext<'_>| {
        let private = Action::read("crm.read", "crm/dana@example.com/x");
        let write = context.action().operation().is_write();
        match inner.get().filter(|_| write).map(|gate| gate.decide(&private, context.scope())) {
            Some(decision) if !decision.is_allow() => Verdict::deny("its reading is denied"),
            _ => Verdict::Pass,
        }
    };
    let clock = Arc::new(ManualClock::new(at(START)));
    gate.set(builder(&clock).rule("again", ask_again).build().unwrap()).unwrap();
    let (gate, scope) = (gate.get().unwrap(), scope_of(&capability()));
    Case::new(gate, &scope, Action::create("crm.write", "crm/dana@example.com/y"), ALLOW).check();
}

#[test]
fn everything_below_a_place_costs_nothing_either() {
    let policy = Policy::new([
        Statement::permit("all").operations(Operations::ALL).resources(["files/{mine}/**"]),
        Statement::require_approval("ask")
            .operations(Operation::Delete)
            .resources(["files/*/{mine}", "**/kept-*/x"]),
        Statement::forbid("keys").operations(Operation::Read).resources(["files/a/keys/**"]),
    ]);
    let capability = Capability::root(policy.unwrap(), ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana@example.com").agent("a");
    let scope = scope.bind_set("mine", ["a", "b"]).build().unwrap();
    let labels = Labels::new([
        LabelRule::on(["files/**"]).readers(Readers::invoker()),
        LabelRule::on(["files/a/b/*/{agent}"]).readers(Readers::internal()),
    ]);
    let gate = Gate::builder().directory(directory()).labels(labels.unwrap());
    let gate = gate.sink(MemorySink::last(64)).build().unwrap();
    let case =
        |action: Action<'_>, expected| Case::new(&gate, &scope, action.below(), expected).check();
    case(Action::read("tree", "files/b"), ALLOW);
    case(Action::update("set", "files/a/b"), ALLOW);
    case(Action::read("tree", "files/a"), deny(Reason::Forbidden));
    case(Action::delete("remove", "files/b"), hold(Reason::ApprovalRequired));
    case(Action::read("tree", "files/c"), deny(Reason::NotOwned));
    case(Action::read("tree", "files"), deny(Reason::Forbidden));
    let shown = Action::update("set", "files/a/b").visible_to(Audience::Internal);
    case(shown, deny(Reason::AudienceTooWide));
}

#[test]
fn the_first_decision_after_a_change_costs_nothing_either() {
    let gate = Gate::builder()
        .directory(directory())
        .permit_lifetime(Duration::from_secs(1))
        .build()
        .unwrap();
    let scope = scope_of(&capability());
    let action = Action::create("crm.write", "crm/dana@example.com/y");
    Case::new(&gate, &scope, action, ALLOW).check();
    gate.reconfigure(|present| present.directory(Directory::empty()).guardrails(guardrails()))
        .unwrap();
    // Nobody is inside, not even the invoker.
    Case::new(&gate, &scope, action, deny(Reason::GuardrailNotPermitted)).check();
    gate.reconfigure(|present| present.directory(directory())).unwrap();
    Case::new(&gate, &scope, action, ALLOW).check();
    gate.reconfigure(|present| present.rule("no", |_: &RuleContext<'_>| Verdict::deny("no")))
        .unwrap();
    Case::new(&gate, &scope, action, deny(Reason::RuleDenied)).check();
}
