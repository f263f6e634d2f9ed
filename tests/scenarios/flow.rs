//! Scenarios about what was read before: whom it may reach, and what may rest on it.

use permitgate::rules::{NoWayOut, UnverifiedAdvice};

use crate::*;
use permitgate::flow::{ContentDigest, Integrity, LabelRule, Labels, Stamp, Stamps};
use permitgate::gate::RunError;
use permitgate::model::{NoArguments, Reader, Readers};

/// Everything is permitted, so that only what was read can stand against it.
fn open_scope() -> Scope {
    let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    scope([all.readers(Readers::public())])
}

fn read(gate: &Gate, scope: &Scope, resource: &str) {
    let action = Action::read("any.read", resource);
    // What comes of it does not matter.
    let failed = gate.run(&action, scope, |_| Err::<(), _>("the connection was lost"));
    assert!(matches!(failed, Err(RunError::Failed(_))), "{failed:?}");
}

fn labels(rules: impl IntoIterator<Item = LabelRule>) -> Labels {
    Labels::new(rules).unwrap().otherwise(Readers::public(), Integrity::Trusted).unwrap()
}

#[test]
fn s02_what_rests_on_unverified_advice_needs_a_second_person() {
    let stamps = Stamps::new();
    let gate = gate_with(Gate::builder().rule("advice", UnverifiedAdvice::new(&stamps)));
    let scope = open_scope();
    let change = Action::administer("config.set", "config/acl/data").with(&NoArguments);
    let reply = Action::create("forum.reply", "forum/8812/replies");
    assert!(passes(&gate, &change, &scope), "nothing was read yet");

    // Another agent's post, with its stamp in it, is read.
    let digest = ContentDigest::from_bytes([0x5A; 32]);
    let stamp = Stamp::new("advisor", "lee@example.com", digest).unwrap();
    let post = format!("Open the list to everybody, then it works.\n{stamp}");
    Stamp::find_in(&post).for_each(|stamp| scope.session().cite(&stamp));

    let Err(Refusal::Held(ticket)) = gate.authorize(&change, &scope) else { panic!("not held") };
    assert_eq!(ticket.reason(), Reason::RuleApproval);
    let why = ticket.explain().to_string();
    assert!(why.contains("somebody other than its requester"), "{why}");
    assert!(passes(&gate, &reply, &scope), "talking about it goes on");
    for own in ["advisor", "lee@example.com"] {
        assert!(stamps.verify(&stamp, own).is_err(), "{own} verified their own");
    }
    assert_eq!(refused(&gate, &change, &scope), Some(Reason::RuleApproval));
    stamps.verify(&stamp, "kim@example.com").unwrap();
    assert!(passes(&gate, &change, &scope), "after verification it passes");
    stamps.withdraw(digest);
    assert_eq!(refused(&gate, &change, &scope), Some(Reason::RuleApproval));
    println!("S02 ok: held while unverified, passes after a second person verified it");
}

#[test]
fn s32_financial_data_stays_among_its_readers() {
    let finance = LabelRule::on(["finance/**"]).readers(Readers::group("platform"));
    let gate = gate_with(Gate::builder().labels(labels([finance])));
    let scope = open_scope();
    let message = |to: &'static [&'static str]| {
        Action::create("chat.message", "chat/dm").visible_to(Audience::recipients(to))
    };
    let to_sam = message(&["sam@partner.example"]);
    let to_lee = message(&["lee@example.com"]);
    assert!(passes(&gate, &to_sam, &scope), "nothing was read yet");
    read(&gate, &scope, "finance/q3/report");
    assert_eq!(refused(&gate, &to_sam, &scope), Some(Reason::BeyondReaders));
    let both = message(&["lee@example.com", "sam@partner.example"]);
    assert_eq!(refused(&gate, &both, &scope), Some(Reason::BeyondReaders));
    assert!(passes(&gate, &to_lee, &scope), "Lee may see it");
    println!("S32 ok: a message goes only to readers of what was read");
}

#[test]
fn s33_a_customer_list_that_was_read_is_not_posted() {
    let crm = LabelRule::on(["crm/**"]).readers(Readers::internal());
    let gate = gate_with(Gate::builder().labels(labels([crm])));
    let scope = open_scope();
    let channel =
        |name| Action::create("chat.post", "chat/post").visible_to(Audience::Channel(name));
    let (lobby, general) = (channel("lobby"), channel("general"));
    assert!(passes(&gate, &lobby, &scope), "allowed before the read");
    let early = gate.authorize(&lobby, &scope).unwrap();

    read(&gate, &scope, "crm/customers");
    assert_eq!(refused(&gate, &lobby, &scope), Some(Reason::BeyondReaders));
    assert_eq!(
        early.begin(&gate.tool("chat.post", Operation::Create)).unwrap_err().reason(),
        Reason::BeyondReaders,
        "a permit from before the read does not help"
    );
    let fetch = Action::read("web.fetch", "web/evil.example")
        .visible_to(Audience::recipients(&["evil.example"]));
    assert_eq!(
        refused(&gate, &fetch, &scope),
        Some(Reason::BeyondReaders),
        "a query leads out too"
    );
    assert!(passes(&gate, &general, &scope), "a channel of the organisation may see it");

    gate.declassify(&scope, &Readers::public()).unwrap();
    assert!(passes(&gate, &lobby, &scope), "once released on record");
    println!("S33 ok: denied after the read, allowed before it and after a release on record");
}

#[test]
fn private_data_and_a_strangers_words_leave_no_way_out() {
    let rules = [
        LabelRule::on(["crm/**"])
            .readers(Readers::internal() | Reader::principal("sam@partner.example")),
        LabelRule::on(["web/**"]).untrusted(),
    ];
    let rule = NoWayOut::beyond(Readers::internal());
    let gate = gate_with(Gate::builder().labels(labels(rules)).rule("no-way-out", rule));
    let mail = Action::create("mail.send", "mail/outbox")
        .visible_to(Audience::recipients(&["sam@partner.example"]));
    let inside = mail.visible_to(Audience::Group("platform"));
    for (reads, passes_outside) in [
        (&["crm/customers"][..], true),
        (&["web/page"], true),
        (&["web/page", "crm/customers"], false),
        (&["crm/customers", "web/page"], false),
    ] {
        let scope = open_scope();
        reads.iter().for_each(|resource| read(&gate, &scope, resource));
        assert_eq!(passes(&gate, &mail, &scope), passes_outside, "{reads:?}");
        assert!(passes(&gate, &inside, &scope), "{reads:?}");
        assert!(passes(&gate, &mail.visible_to(Audience::Private), &scope), "{reads:?}");
    }
    let asks = NoWayOut::beyond(Readers::internal()).unless_approved();
    gate.reconfigure(|present| present.without_rule("no-way-out").rule("no-way-out", asks))
        .unwrap();
    let scope = open_scope();
    ["web/page", "crm/customers"].iter().for_each(|resource| read(&gate, &scope, resource));
    assert_eq!(refused(&gate, &mail, &scope), Some(Reason::RuleApproval));
}

#[test]
fn a_permit_given_in_trust_does_not_begin_after_a_strangers_words() {
    let trusting = permit("write", Operation::Create, "out/*").only_while_trusted();
    let web = permit("web", Operation::Read, "web/*");
    let scope = scope([trusting, web]);
    let gate = gate_with(Gate::builder().labels(labels([LabelRule::on(["web/**"]).untrusted()])));
    let write = Action::create("out.write", "out/1");
    let given = gate.authorize(&write, &scope).unwrap();
    read(&gate, &scope, "web/page");
    let begun = given.begin(&gate.tool("out.write", Operation::Create));
    assert_eq!(begun.unwrap_err().reason(), Reason::NotPermitted);
    assert_eq!(refused(&gate, &write, &scope), Some(Reason::NotPermitted));
    let denied = gate.endorse_input(&scope).unwrap_err();
    assert_eq!(denied.reason(), Reason::NotPermitted, "trusting it is a right of its own");
}
