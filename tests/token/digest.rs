//! The digest that proofs and approvals sign: the same for what means the same, another for everything else.

use std::collections::HashSet;

use permitgate::model::{ActionDigest, Value};
use permitgate::prelude::*;

use crate::*;

fn digest(action: &Action<'_>) -> ActionDigest {
    ActionDigest::of(action).unwrap()
}

#[test]
fn order_and_repetition_do_not_count() {
    let orders: [&[&str]; 4] = [
        &["a@x.org", "b@x.org"],
        &["b@x.org", "a@x.org"],
        &["a@x.org", "b@x.org", "a@x.org"],
        &["b@x.org", "b@x.org", "a@x.org"],
    ];
    let digests: HashSet<_> = orders
        .iter()
        .map(|names| digest(&read_mail().visible_to(Audience::recipients(*names))))
        .collect();
    assert_eq!(digests.len(), 1);
    let (one, other) = (
        [("a", Value::from(1)), ("b", Value::from(2))],
        [("b", Value::from(2)), ("a", Value::from(1))],
    );
    assert_eq!(digest(&read_mail().with(&one)), digest(&read_mail().with(&other)));
}

#[test]
fn every_part_counts() {
    let base = Action::read("mail.read", "mail/1");
    let one = ["a@x.org"];
    let two = ["a@x.org", "b@x.org"];
    let joined = ["a@x.orgb@x.org"];
    let text = [("n", Value::from("1"))];
    let whole = [("n", Value::from(1))];
    let fraction = [("n", Value::from(1.0))];
    let truth = [("n", Value::from(true))];
    let null = [("n", Value::Null)];
    let renamed = [("m", Value::from(1))];
    let more = [("n", Value::from(1)), ("o", Value::from(1))];
    let negative = [("n", Value::from(-0.0))];
    let zero = [("n", Value::from(0.0))];
    let moved = [("nx", Value::from("1"))];
    let shifted = [("n", Value::from("x1"))];
    let mut actions: Vec<_> = Operation::ALL
        .iter()
        .map(|operation| Action::new(*operation, "mail.read", "mail/1"))
        .collect();
    actions.extend([
        Action::read("mail.rea", "dmail/1"),
        Action::read("mail.read2", "mail/1"),
        Action::read("mail.read", "mail/12"),
        base.irreversible(),
        base.untrusted(),
        base.visible_to(Audience::Public),
        base.visible_to(Audience::Internal),
        base.visible_to(Audience::Group("a@x.org")),
        base.visible_to(Audience::Channel("a@x.org")),
        base.visible_to(Audience::recipients(&[])),
        base.visible_to(Audience::recipients(&one)),
        base.visible_to(Audience::recipients(&two)),
        base.visible_to(Audience::recipients(&joined)),
        base.with(&text),
        base.with(&whole),
        base.with(&fraction),
        base.with(&truth),
        base.with(&null),
        base.with(&renamed),
        base.with(&more),
        base.with(&negative),
        base.with(&zero),
        base.with(&moved),
        base.with(&shifted),
    ]);
    let digests: HashSet<_> = actions.iter().map(digest).collect();
    assert_eq!(digests.len(), actions.len());
    assert_eq!(digest(&actions[0]).to_string().len(), 64);
    assert_eq!(ActionDigest::from_bytes(*digest(&base).as_bytes()), digest(&actions[0]));
}
