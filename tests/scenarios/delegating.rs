//! Scenarios about authority that is handed to others and taken back.

use std::sync::Arc;

use crate::*;
use permitgate::authority::{Attenuation, Grant, RevocationTarget};
use permitgate::decision::Ruling;
use permitgate::gate::Halt;
use permitgate::model::Value;
use permitgate::policy::Condition;
use permitgate::record::MemorySink;

const MAIL: &str = "mail/dana@example.com/inbox/812";

/// What an orchestrator may do itself.
fn orchestrator() -> Grant {
    let policy = Policy::new([
        permit("look", Operation::Read, "mail/{invoker}/**"),
        permit("file", Operation::Update, "mail/{invoker}/**"),
    ]);
    Grant::new(policy.unwrap()).held_by("orchestrator")
}

fn cleaning() -> Policy {
    Policy::new([permit("clean", Operation::Delete, "mail/{invoker}/inbox/*")]).unwrap()
}

/// Children that act for an orchestrator, two levels of them.
fn family() -> (Capability, [Scope; 3]) {
    let root = Capability::root(orchestrator(), ambient_authority());
    let child = root.delegate("child", Attenuation::new()).unwrap();
    let grandchild = child.delegate("grandchild", Attenuation::new()).unwrap();
    let scopes = [&root, &child, &grandchild]
        .map(|capability| scope_of(capability, DANA, capability.holder().unwrap()));
    (root, scopes)
}

#[test]
fn s08_children_end_with_their_parent() {
    let read = Action::read("mail.read", MAIL);
    type Stop = fn(&Gate, &Capability);
    let stops: [(Stop, Reason); 2] = [
        (|_, root| root.revoke(), Reason::Revoked),
        (|gate, root| gate.halt(Halt::Lineage(root.id())), Reason::LineageHalted),
    ];
    for (stop, reason) in stops {
        let (gate, (root, scopes)) = (gate(), family());
        let tool = gate.tool("mail.read", Operation::Read);
        let running = gate.authorize(&read, &scopes[2]).unwrap().begin(&tool).unwrap();
        let unused = gate.authorize(&read, &scopes[1]).unwrap();
        let (_, others) = family();
        stop(&gate, &root);
        for scope in &scopes {
            assert_eq!(refused(&gate, &read, scope), Some(reason), "{scope:?}");
        }
        assert_eq!(unused.begin(&tool).unwrap_err().reason(), reason);
        assert!(running.halted(), "what is under way is told");
        running.failed();
        let late = root.delegate("late", Attenuation::new()).unwrap();
        let late = scope_of(&late, DANA, "late");
        assert_eq!(refused(&gate, &read, &late), Some(reason), "what is made afterwards as well");
        assert!(others.iter().all(|scope| passes(&gate, &read, scope)), "another family goes on");
    }
    println!(
        "S08 ok: parent, child and grandchild ended at once, by revocation and by halt; another family goes on"
    );
}

#[test]
fn s28_a_grant_is_withdrawn_and_the_record_shows_whose() {
    let sink = Arc::new(MemorySink::last(8));
    let gate = gate_with(Gate::builder().sink(sink.clone()));
    let (root, [_, child, grandchild]) = family();
    let sibling = scope_of(&root.delegate("sibling", Attenuation::new()).unwrap(), DANA, "sibling");
    let read = Action::read("mail.read", MAIL);
    assert!(passes(&gate, &read, &grandchild));
    root.revocations().revoke(RevocationTarget::Holder("child"));
    assert_eq!(refused(&gate, &read, &child), Some(Reason::Revoked));
    assert_eq!(refused(&gate, &read, &grandchild), Some(Reason::Revoked));
    assert!(passes(&gate, &read, &sibling), "what was granted beside it stays");
    let records = sink.records();
    let rulings: Vec<_> =
        records.iter().map(|record| (record.ruling, record.agent.as_str())).collect();
    let (yes, no) = (Ruling::Allow, Ruling::Deny);
    assert_eq!(rulings, [(yes, "grandchild"), (no, "child"), (no, "grandchild"), (yes, "sibling")]);
    let withdrawn = &records[2];
    assert_eq!(withdrawn.reason, Reason::Revoked);
    assert_eq!(withdrawn.capability, grandchild.capability().id());
    // From whom it had its authority, up to the root.
    let above =
        [(child.capability().id(), "child".to_owned()), (root.id(), "orchestrator".to_owned())];
    assert_eq!(withdrawn.lineage, above);
    println!(
        "S28 ok: the child's grant withdrawn, with what hung on it; the records name the lineage"
    );
}

#[test]
fn s30_a_delegate_has_the_intersection_and_what_is_handed_on() {
    let gate = gate();
    let root = Capability::root(orchestrator().hand_on("clean", cleaning()), ambient_authority());
    let only_inbox = || {
        let outside = !Condition::equals("folder", "inbox");
        let forbid = Statement::forbid("only-inbox").operations(Operations::ALL).when(outside);
        Attenuation::from(Restrictions::new([forbid]).unwrap())
    };
    let folder = |name| [("folder", Value::from(name))];
    let (inbox, archive) = (folder("inbox"), folder("archive"));
    let read = Action::read("mail.read", MAIL).with(&inbox);
    let delete = Action::delete("mail.delete", MAIL).with(&inbox);

    // Neither everything nor nothing: what the parent may and the attenuation lets pass.
    let reader = scope_of(&root.delegate("reader", only_inbox()).unwrap(), DANA, "reader");
    assert!(passes(&gate, &read, &reader));
    assert_eq!(refused(&gate, &read.with(&archive), &reader), Some(Reason::Forbidden));
    assert_eq!(refused(&gate, &delete, &reader), Some(Reason::NotPermitted));
    let wider = Policy::new([permit("all", Operations::ALL, "**")]).unwrap();
    let greedy = scope_of(&root.delegate("greedy", wider).unwrap(), DANA, "greedy");
    assert_eq!(refused(&gate, &delete, &greedy), Some(Reason::NotPermitted));

    // What is delegated explicitly: the orchestrator cannot delete, its cleaner can, and nothing else.
    let owner = scope_of(&root, DANA, "orchestrator");
    assert_eq!(refused(&gate, &delete, &owner), Some(Reason::NotPermitted));
    let cleaner = root.delegate("cleaner", only_inbox().using("clean")).unwrap();
    let scope = scope_of(&cleaner, DANA, "cleaner");
    assert!(passes(&gate, &delete, &scope));
    assert_eq!(refused(&gate, &read, &scope), Some(Reason::NotPermitted));
    assert_eq!(refused(&gate, &delete.with(&archive), &scope), Some(Reason::Forbidden));
    // And it goes no further than it was handed.
    assert!(cleaner.delegate("another", Attenuation::new().using("clean")).is_err());
    println!(
        "S30 ok: the delegate had the intersection; deletion only through the right that was handed on"
    );
}

#[test]
fn s38_a_revocation_holds_at_the_next_decision() {
    let gate = gate();
    let read = Action::read("mail.read", MAIL);
    for _ in 0..100 {
        let (root, [_, _, grandchild]) = family();
        let other = root.delegate("other", Attenuation::new()).unwrap();
        let other = scope_of(&other, DANA, "other");
        assert!(passes(&gate, &read, &grandchild));
        // Not one decision more, by however many clones and threads.
        let clone = grandchild.capability().clone();
        std::thread::spawn(move || clone.revoke()).join().unwrap();
        assert_eq!(refused(&gate, &read, &grandchild), Some(Reason::Revoked));
        assert!(passes(&gate, &read, &other));
    }
    println!("S38 ok: refused at the very next decision, a hundred times; others pass");
}
