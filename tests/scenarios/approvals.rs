//! Scenarios about what a person is asked, and what comes of the answer.

use std::sync::Arc;
use std::time::Duration;

use crate::*;
use permitgate::authority::{Approver, Attenuation, Requirement};
use permitgate::gate::{
    Answer, ApprovalRequest, ApprovalState, ApproverCredential, StandingApproval,
};
use permitgate::kinds::VoteErrorKind;
use permitgate::model::Value;
use permitgate::record::{ApprovalSource, MemorySink, MemoryStep, Outcome};
use permitgate::time::{ManualClock, Timestamp};

const LEE: &str = "lee@example.com";

fn start() -> Timestamp {
    Timestamp::from_unix_seconds(1_000)
}

fn credential(name: &str) -> ApproverCredential {
    ApproverCredential::new(name, ambient_authority()).unwrap()
}

/// A gate at which the group `platform` approves, with its clock and its records.
fn asked_gate() -> (Gate, Arc<ManualClock>, Arc<MemorySink>) {
    let (clock, sink) = (Arc::new(ManualClock::new(start())), Arc::new(MemorySink::last(100)));
    let approvers = Requirement::by([Approver::group("platform")]);
    let builder = Gate::builder().approvers(approvers).clock(clock.clone()).sink(sink.clone());
    (gate_with(builder), clock, sink)
}

/// Dana's agent may run commands and delete mail, once somebody approved it.
fn asking() -> Scope {
    scope([
        permit("all", Operations::ALL, "**"),
        Statement::require_approval("ask")
            .operations(Operation::Execute | Operation::Delete)
            .resources(["**"]),
    ])
}

fn ask(gate: &Gate, wish: &Action<'_>, scope: &Scope) -> ApprovalRequest {
    let Err(Refusal::Held(hold)) = gate.authorize(wish, scope) else { panic!("held") };
    gate.request_approval(&hold, wish, scope).unwrap()
}

fn approve(gate: &Gate, request: &ApprovalRequest) {
    let state = gate.approvals().vote(request.id(), Answer::Approve, &credential(LEE)).unwrap();
    assert_eq!(state, ApprovalState::Approved);
}

fn run(gate: &Gate, wish: &Action<'_>, scope: &Scope) -> bool {
    gate.run(wish, scope, |_| Ok::<_, ()>(())).is_ok()
}

#[test]
fn s05_beyond_its_budget_a_deletion_happens_once_it_is_approved() {
    use permitgate::authority::{Budget, Grant};
    let (gate, ..) = asked_gate();
    let policy = Policy::new([permit("tidy", Operation::Delete, "mail/**")]).unwrap();
    let grant = Grant::new(policy).budget(Budget::actions("deletions", 20).ask_from(11));
    let scope = scope_of(&Capability::root(grant, ambient_authority()), DANA, "triage");
    let mails: Vec<String> = (0..200).map(|mail| format!("mail/{mail}")).collect();
    let wishes: Vec<_> = mails.iter().map(|mail| Action::delete("mail.delete", mail)).collect();
    let deleted = wishes.iter().filter(|wish| run(&gate, wish, &scope)).count();
    assert_eq!(deleted, 10);
    // One page for a listed batch, and no more than the budget has at most.
    let request = gate.request_bundle(&wishes[10..25], &scope).unwrap();
    approve(&gate, &request);
    let deleted = wishes[10..].iter().filter(|wish| run(&gate, wish, &scope)).count();
    assert_eq!(deleted, 10);
    println!("S05 ok: ten pass, a person approves fifteen more, and the twenty-first is denied");
}

#[test]
fn s21_an_approval_is_for_one_call_or_for_a_pattern_with_a_count_and_an_end() {
    let ((gate, clock, _), scope) = (asked_gate(), asking());
    let line = |text: &'static str| [("line", Value::from(text))];
    let (build, shell) = (line("cargo build"), line("/bin/zsh"));
    let wish = Action::new(Operation::Execute, "shell.run", "shell");
    approve(&gate, &ask(&gate, &wish.with(&build), &scope));
    assert!(!run(&gate, &wish.with(&shell), &scope), "not the tool as a whole");
    assert!(run(&gate, &wish.with(&build), &scope));
    // "Stop asking me this" says what, how often and until when.
    let builds = Statement::permit("builds")
        .operations(Operation::Execute)
        .resources(["shell"])
        .when(permitgate::policy::Condition::equals("line", "cargo build"));
    let hour = start().saturating_add(Duration::from_secs(3_600));
    let standing = StandingApproval::new(&scope, builds, 2, hour).unwrap();
    let number = gate.approvals().give(standing, &[&credential(LEE)]).unwrap();
    assert!(!run(&gate, &wish.with(&shell), &scope));
    assert!(run(&gate, &wish.with(&build), &scope));
    assert_eq!(gate.approvals().standing()[0].left(), 1);
    clock.set(hour);
    assert!(!run(&gate, &wish.with(&build), &scope), "its time is over");
    assert!(gate.approvals().standing().is_empty() && number > 0);
    println!("S21 ok: an approved build runs no shell, and a standing approval counts and ends");
}

#[test]
fn s22_an_edited_call_is_another_call() {
    let ((gate, ..), scope) = (asked_gate(), asking());
    let of =
        |to: &'static str, cents: i64| [("to", Value::from(to)), ("cents", Value::from(cents))];
    let (approved, more, other) = (of("lee", 100), of("lee", 10_000), of("mallory", 100));
    let wish = Action::delete("pay.cancel", "payments/1");
    let request = ask(&gate, &wish.with(&approved), &scope);
    approve(&gate, &request);
    for edited in [
        wish.with(&more),
        wish.with(&other),
        wish.with(&approved).visible_to(Audience::Internal),
        Action::delete("pay.cancel", "payments/2").with(&approved),
    ] {
        assert!(!run(&gate, &edited, &scope), "{edited:?}");
    }
    assert!(run(&gate, &wish.with(&approved), &scope));
    println!("S22 ok: any edit is a new question, and what was approved still runs");
}

#[test]
fn s23_an_approval_that_expired_is_none() {
    let ((gate, clock, _), scope) = (asked_gate(), asking());
    let wish = Action::delete("mail.delete", "mail/1");
    let request = ask(&gate, &wish, &scope);
    approve(&gate, &request);
    clock.set(start().saturating_add(Duration::from_secs(600)));
    assert!(!run(&gate, &wish, &scope));
    assert_eq!(request.state(), ApprovalState::Expired);
    // Nobody decided the second within its hour.
    let request = ask(&gate, &wish, &scope);
    clock.set(start().saturating_add(Duration::from_secs(4_200)));
    let late = gate.approvals().vote(request.id(), Answer::Approve, &credential(LEE));
    assert_eq!(late.unwrap_err().kind(), VoteErrorKind::Over);
    assert!(!run(&gate, &wish, &scope));
    approve(&gate, &ask(&gate, &wish, &scope));
    assert!(run(&gate, &wish, &scope));
    println!("S23 ok: late is no, and asked again in time is yes");
}

#[test]
fn s25_only_named_approvers_count_and_never_who_asks() {
    let ((gate, ..), scope) = (asked_gate(), asking());
    let wish = Action::delete("mail.delete", "mail/1");
    let request = ask(&gate, &wish, &scope);
    // Anybody in the chat, the agent, and Dana, who is of the platform group and on whose behalf it asks.
    for by in ["sam@partner.example", "somebody", "triage", DANA] {
        let voted = gate.approvals().vote(request.id(), Answer::Approve, &credential(by));
        assert!(voted.is_err(), "{by}");
    }
    assert!(!run(&gate, &wish, &scope));
    approve(&gate, &request);
    assert!(run(&gate, &wish, &scope));
    println!("S25 ok: four who may not were refused, and one who may was heard");
}

#[test]
fn s26_a_decline_is_final() {
    let ((gate, ..), scope) = (asked_gate(), asking());
    let wish = Action::delete("mail.delete", "mail/1");
    let request = ask(&gate, &wish, &scope);
    gate.approvals().vote(request.id(), Answer::Decline, &credential(LEE)).unwrap();
    assert_eq!(refused(&gate, &wish, &scope), Some(Reason::ApprovalDeclined));
    assert!(!run(&gate, &wish, &scope));
    let other = Action::delete("mail.delete", "mail/2");
    let Err(Refusal::Held(hold)) = gate.authorize(&other, &scope) else { panic!("held") };
    assert!(gate.request_approval(&hold, &wish, &scope).is_err());
    assert!(gate.request_approval(&hold, &other, &scope).is_ok(), "something else may be asked");
    println!("S26 ok: what was declined is denied, and cannot be asked for again");
}

#[test]
fn s27_answers_belong_to_what_was_asked_and_not_to_a_place() {
    let ((gate, ..), scope) = (asked_gate(), asking());
    let wishes = ["mail/1", "mail/2", "mail/3"].map(|mail| Action::delete("mail.delete", mail));
    let requests = wishes.each_ref().map(|wish| ask(&gate, wish, &scope));
    // Answered in another order, one of them with no.
    for (place, answer) in [(2, Answer::Approve), (0, Answer::Decline), (1, Answer::Approve)] {
        gate.approvals().vote(requests[place].id(), answer, &credential(LEE)).unwrap();
    }
    let ran = wishes.each_ref().map(|wish| run(&gate, wish, &scope));
    assert_eq!(ran, [false, true, true]);
    println!("S27 ok: each answer met its own question");
}

#[test]
fn s28_an_approval_is_withdrawn_on_the_record() {
    let ((gate, _, sink), scope) = (asked_gate(), asking());
    let delete = gate.tool("mail.delete", Operation::Delete);
    let (wish, other) = (delete.on("mail/1"), delete.on("mail/2"));
    let request = ask(&gate, &wish, &scope);
    approve(&gate, &request);
    approve(&gate, &ask(&gate, &other, &scope));
    let permit = gate.authorize(&wish, &scope).unwrap();
    gate.approvals().withdraw(request.id()).unwrap();
    assert!(permit.begin(&delete).is_err(), "not for a permit that was given either");
    assert!(!run(&gate, &wish, &scope));
    assert!(run(&gate, &other, &scope));
    let withdrawn = sink.approvals().into_iter().find(|event| event.step == MemoryStep::Withdrawn);
    assert_eq!(withdrawn.and_then(|event| event.request), Some(request.id()));
    println!("S28 ok: one approval was taken back, and the other one stood");
}

#[test]
fn s29_one_approval_covers_a_listed_batch_or_a_subtree() {
    let ((gate, _, sink), scope) = (asked_gate(), asking());
    let mails: Vec<String> = (0..50).map(|mail| format!("mail/trash/{mail}")).collect();
    let wishes: Vec<_> = mails.iter().map(|mail| Action::delete("mail.delete", mail)).collect();
    let request = gate.request_bundle(&wishes, &scope).unwrap();
    approve(&gate, &request);
    assert!(wishes.iter().all(|wish| run(&gate, wish, &scope)));
    assert!(!run(&gate, &Action::delete("mail.delete", "mail/trash/50"), &scope), "still exact");
    // Its sub-agents do not ask again, for what was said and no more.
    let child = scope.capability().delegate("helper", Attenuation::new()).unwrap();
    let child = scope_of(&child, DANA, "helper");
    let trash = permit("trash", Operation::Delete, "mail/trash/*");
    let hour = start().saturating_add(Duration::from_secs(3_600));
    let standing = StandingApproval::new(&scope, trash, 3, hour).unwrap();
    gate.approvals().give(standing, &[&credential(LEE)]).unwrap();
    let again = wishes.iter().take(5).map(|wish| run(&gate, wish, &child));
    assert_eq!(again.filter(|ran| *ran).count(), 3);
    assert!(!run(&gate, &Action::delete("mail.delete", "mail/inbox/1"), &child));
    let asked = sink.approvals().into_iter().filter(|event| event.step == MemoryStep::Asked);
    assert_eq!(asked.count(), 1, "one question for fifty mails");
    println!("S29 ok: one question for fifty mails, none for three of a sub-agent");
}

#[test]
fn s34_what_is_beyond_the_sum_cannot_be_approved() {
    use permitgate::authority::{Budget, Grant};
    let (gate, ..) = asked_gate();
    let policy = Policy::new([permit("pay", Operation::Create, "payments/*")]).unwrap();
    let sum = Budget::sum("transfers", "usd", 10_000).ask_from(5_000);
    let capability = Capability::root(Grant::new(policy).budget(sum), ambient_authority());
    let scope = scope_of(&capability, DANA, "triage");
    let nine = [("usd", Value::from(9_000))];
    let wishes = ["payments/1", "payments/2"].map(|to| Action::create("bank.pay", to).with(&nine));
    for wish in &wishes {
        approve(&gate, &ask(&gate, wish, &scope));
    }
    assert_eq!(wishes.each_ref().map(|wish| run(&gate, wish, &scope)), [true, false]);
    println!("S34 ok: both were approved, and the second is beyond what there is");
}

#[test]
fn s35_a_task_goes_on_once_somebody_approves_it() {
    use permitgate::authority::{Budget, Grant};
    let (gate, ..) = asked_gate();
    let policy = Policy::new([permit("search", Operation::Read, "web/*")]).unwrap();
    let grant = Grant::new(policy).budget(Budget::actions("searches", 100).ask_from(3));
    let scope = scope_of(&Capability::root(grant, ambient_authority()), DANA, "triage");
    let search = Action::read("web.search", "web/news");
    assert!(run(&gate, &search, &scope) && run(&gate, &search, &scope));
    let request = ask(&gate, &search, &scope);
    assert!(request.page().contains("budget `searches`"));
    approve(&gate, &request);
    assert!(run(&gate, &search, &scope));
    assert!(!run(&gate, &search, &scope), "each search beyond the mark is asked for");
    println!("S35 ok: a budget paused the task, and a person let it go on");
}

#[test]
fn s42_without_an_approver_a_hold_is_a_refusal_and_reads_pass() {
    let (gate, scope) = (gate(), asking());
    let wish = Action::delete("mail.delete", "mail/1");
    let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
    let refused = gate.request_approval(&hold, &wish, &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::NoApprovers);
    assert_eq!(refused.to_string(), "denied: nobody can be asked to approve it");
    assert!(!run(&gate, &wish, &scope));
    assert!(run(&gate, &Action::read("mail.read", "mail/1"), &scope));
    println!("S42 ok: nobody to ask is no, with its reason, and a read passes");
}

/// What the acceptance list of another toolkit demands of approvals, in its words.
mod acceptance {
    use super::*;

    #[test]
    fn a_time_out_a_missing_answer_and_a_restart_fail_closed() {
        let ((gate, ..), scope) = (asked_gate(), asking());
        let wish = Action::delete("mail.delete", "mail/1");
        let request = ask(&gate, &wish, &scope);
        let waited = request.wait(Duration::from_millis(5)).unwrap_err();
        assert_eq!(waited.reason(), Reason::ApprovalPending);
        assert!(!run(&gate, &wish, &scope));
        approve(&gate, &request);
        // Another process, or this one after a restart, knows nothing of it.
        let (other, ..) = asked_gate();
        assert!(!run(&other, &wish, &scope));
        let unknown = other.approvals().vote(request.id(), Answer::Approve, &credential(LEE));
        assert_eq!(unknown.unwrap_err().kind(), VoteErrorKind::UnknownRequest);
    }

    #[test]
    fn a_repeated_delivery_is_idempotent_and_a_conflicting_one_is_refused_and_recorded() {
        let ((gate, _, sink), scope) = (asked_gate(), asking());
        let wish = Action::delete("mail.delete", "mail/1");
        let request = ask(&gate, &wish, &scope);
        for _ in 0..3 {
            approve(&gate, &request);
        }
        assert_eq!(request.votes().len(), 1);
        let turned = gate.approvals().vote(request.id(), Answer::Decline, &credential(LEE));
        assert_eq!(turned.unwrap_err().kind(), VoteErrorKind::SaidOtherwise);
        let steps: Vec<_> = sink.approvals().into_iter().map(|event| event.step).collect();
        assert!(matches!(
            steps[..],
            [MemoryStep::Asked, MemoryStep::Voted { .. }, MemoryStep::Refused { .. }]
        ));
        assert!(run(&gate, &wish, &scope));
        // Delivered once more after it was used: it opens nothing.
        approve_again(&gate, &request);
        assert!(!run(&gate, &wish, &scope));
    }

    fn approve_again(gate: &Gate, request: &ApprovalRequest) {
        let state = gate.approvals().vote(request.id(), Answer::Approve, &credential(LEE));
        assert_eq!(state, Ok(ApprovalState::Used));
    }

    #[test]
    fn allow_comes_only_after_all_stages_and_a_decline_ends_it_at_once() {
        let rails = Restrictions::new([Statement::require_approval("second-pair-of-eyes")
            .operations(Operation::Delete)
            .by([Approver::principal("sam@partner.example")])])
        .unwrap();
        let approvers = Requirement::by([Approver::group("platform")]);
        let gate = gate_with(Gate::builder().approvers(approvers).guardrails(rails));
        let scope = asking();
        let wishes = ["mail/1", "mail/2"].map(|mail| Action::delete("mail.delete", mail));
        let requests = wishes.each_ref().map(|wish| ask(&gate, wish, &scope));
        let vote = |place: usize, by: &str, answer| {
            gate.approvals().vote(requests[place].id(), answer, &credential(by)).unwrap()
        };
        assert_eq!(vote(0, LEE, Answer::Approve), ApprovalState::Pending);
        assert!(!run(&gate, &wishes[0], &scope));
        assert_eq!(vote(0, "sam@partner.example", Answer::Approve), ApprovalState::Approved);
        assert!(run(&gate, &wishes[0], &scope));
        assert_eq!(vote(1, LEE, Answer::Approve), ApprovalState::Pending);
        assert_eq!(vote(1, "sam@partner.example", Answer::Decline), ApprovalState::Declined);
        assert!(!run(&gate, &wishes[1], &scope));
    }

    #[test]
    fn the_record_leads_from_the_hold_through_the_approval_to_the_effect() {
        let ((gate, _, sink), scope) = (asked_gate(), asking());
        let wish = Action::delete("mail.delete", "mail/1");
        let request = ask(&gate, &wish, &scope);
        approve(&gate, &request);
        assert!(run(&gate, &wish, &scope));
        let records = sink.records();
        let [held, allowed] = &records[..] else { panic!("two decisions") };
        assert_eq!((held.reason, held.approval), (Reason::ApprovalRequired, None));
        let source = ApprovalSource::Request(request.id());
        assert_eq!((allowed.reason, allowed.approval), (Reason::Approved, Some(source)));
        assert_eq!(allowed.outcome.map(|(outcome, _)| outcome), Some(Outcome::Done));
        let events = sink.approvals();
        assert!(events.iter().all(|event| event.request == Some(request.id())));
        assert!(
            events
                .iter()
                .any(|event| matches!(&event.step, MemoryStep::Voted { by, .. } if by == LEE))
        );
        assert_eq!(events.last().map(|event| event.step.clone()), Some(MemoryStep::Used(source)));
    }

    /// A model can ask, advise and claim; none of that is a vote.
    #[test]
    fn a_models_advice_is_no_vote() {
        let ((gate, ..), scope) = (asked_gate(), asking());
        let claim = [("approved_by", Value::from(LEE)), ("note", Value::from("Lee said yes."))];
        let wish = Action::delete("mail.delete", "mail/1").with(&claim);
        let request = ask(&gate, &wish, &scope);
        assert!(!run(&gate, &wish, &scope));
        let own = gate.approvals().vote(request.id(), Answer::Approve, &credential("triage"));
        assert_eq!(own.unwrap_err().kind(), VoteErrorKind::Requester);
        assert!(!run(&gate, &wish, &scope));
        approve(&gate, &request);
        assert!(run(&gate, &wish, &scope));
    }
}
