//! Forms that must not collide, and calls that were changed after they were approved.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;

use super::digest::{Subject, encode};
use super::queue::Stakes;
use super::tests::{YES, at, digest, firm, leads, times, vote};
use super::*;
use crate::model::action::{Action, ActionDigest};
use crate::model::arguments::Value;
use crate::model::audience::Audience;

/// A subject that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Owned {
    actions: Vec<([u8; 32], [u8; 32])>,
    tool: Option<[u8; 32]>,
    invoker: String,
    agent: String,
    bound: Vec<(String, Vec<String>)>,
    lineage: [u8; 32],
    configuration: [u8; 32],
}

impl Owned {
    fn with<T>(&self, run: impl FnOnce(&Subject<'_>) -> T) -> T {
        let actions: Vec<_> = self
            .actions
            .iter()
            .map(|(one, reached)| (ActionDigest::from_bytes(*one), *reached))
            .collect();
        let values: Vec<Vec<&str>> = self
            .bound
            .iter()
            .map(|(_, values)| values.iter().map(String::as_str).collect())
            .collect();
        let bound: Vec<(&str, &[&str])> = self
            .bound
            .iter()
            .zip(&values)
            .map(|((name, _), values)| (&**name, &**values))
            .collect();
        run(&Subject {
            actions: &actions,
            tool: self.tool,
            invoker: &self.invoker,
            agent: &self.agent,
            bound: &bound,
            lineage: self.lineage,
            configuration: self.configuration,
        })
    }

    fn form(&self) -> Vec<u8> {
        let mut form = Vec::new();
        self.with(|subject| encode(subject, &mut |bytes| form.extend_from_slice(bytes)));
        form
    }

    fn digest(&self) -> RequestDigest {
        self.with(RequestDigest::of)
    }
}

/// Few letters and few bytes, so that likely collisions are tried often.
fn owned() -> impl Strategy<Value = Owned> {
    let text = "[ab\u{0}\u{1}]{0,3}";
    let hash = || (0_u8..3).prop_map(|byte| [byte; 32]);
    let bound = proptest::collection::vec((text, proptest::collection::vec(text, 0..3)), 0..3);
    let actions = proptest::collection::vec((hash(), hash()), 0..3);
    let tool = proptest::option::of(hash());
    (actions, tool, text, text, bound, hash(), hash()).prop_map(
        |(actions, tool, invoker, agent, bound, lineage, configuration)| Owned {
            actions,
            tool,
            invoker,
            agent,
            bound,
            lineage,
            configuration,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn two_subjects_have_one_form_only_where_they_are_the_same(one in owned(), other in owned()) {
        prop_assert_eq!(one == other, one.form() == other.form());
        prop_assert_eq!(one == other, one.digest() == other.digest());
    }
}

/// Pairs that other systems took for one: parts that were joined without their lengths, nothing for what is empty, lists whose
/// elements ran together.
#[test]
fn forms_that_collided_elsewhere_do_not() {
    let base = Owned {
        actions: vec![([1; 32], [2; 32])],
        tool: None,
        invoker: "dana".into(),
        agent: "bot".into(),
        bound: vec![("team".into(), vec!["a".into(), "b".into()])],
        lineage: [3; 32],
        configuration: [4; 32],
    };
    let bound = |bound: &[(&str, &[&str])]| Owned {
        bound: bound
            .iter()
            .map(|(name, values)| ((*name).into(), values.iter().map(|v| (*v).into()).collect()))
            .collect(),
        ..base.clone()
    };
    let names = |invoker: &str, agent: &str| Owned {
        invoker: invoker.into(),
        agent: agent.into(),
        ..base.clone()
    };
    let actions = |actions: &[(u8, u8)]| Owned {
        actions: actions.iter().map(|(one, other)| ([*one; 32], [*other; 32])).collect(),
        ..base.clone()
    };
    let all = [
        base.clone(),
        names("danab", "ot"),
        names("dan", "abot"),
        names("", "danabot"),
        names("danabot", ""),
        names("dana\u{0}", "bot"),
        names("dana", "\u{0}bot"),
        names("bot", "dana"),
        names("Dana", "bot"),
        names("dana ", "bot"),
        bound(&[]),
        bound(&[("team", &[])]),
        bound(&[("team", &[""])]),
        bound(&[("team", &["", ""])]),
        bound(&[("team", &["ab"])]),
        bound(&[("team", &["a", "b", ""])]),
        bound(&[("team", &["a"]), ("b", &[])]),
        bound(&[("teama", &["b"])]),
        bound(&[("team", &["b", "a"])]),
        bound(&[("team", &["a,b"])]),
        bound(&[("team", &["a"]), ("team2", &["b"])]),
        bound(&[("", &["team", "a", "b"])]),
        actions(&[]),
        actions(&[(2, 1)]),
        actions(&[(1, 2), (1, 2)]),
        actions(&[(1, 1), (2, 2)]),
        Owned { tool: Some([0; 32]), ..base.clone() },
        Owned { tool: Some([3; 32]), ..base.clone() },
        Owned { lineage: [4; 32], configuration: [3; 32], ..base.clone() },
        Owned { configuration: [5; 32], ..base.clone() },
    ];
    let forms: HashSet<_> = all.iter().map(Owned::form).collect();
    let digests: HashSet<_> = all.iter().map(Owned::digest).collect();
    let matters: HashSet<_> =
        all.iter().map(|one| one.with(|s| RequestDigest::of_matter(s, b"r"))).collect();
    assert_eq!((forms.len(), digests.len()), (all.len(), all.len()));
    assert!(digests.is_disjoint(&matters), "a matter is no call");
}

#[test]
fn a_bundle_is_none_of_its_calls_and_has_no_order() {
    let [a, b] = [digest(1), digest(2)];
    let bundles = [vec![], vec![a], vec![b], vec![a, b]];
    let bundles: HashSet<_> =
        bundles.iter().map(|bundle| RequestDigest::of_bundle(bundle)).collect();
    assert!(bundles.len() == 4 && bundles.is_disjoint(&HashSet::from([a, b])));
    assert_eq!(RequestDigest::of_bundle(&[b, a, b]), RequestDigest::of_bundle(&[a, b]));
}

#[test]
fn whoever_asks_for_a_matter_again_asks_for_the_same() {
    let base = Owned {
        actions: vec![([1; 32], [2; 32])],
        tool: Some([9; 32]),
        invoker: "dana".into(),
        agent: "bot".into(),
        bound: vec![("team".into(), vec!["a".into()])],
        lineage: [3; 32],
        configuration: [4; 32],
    };
    let matter =
        |one: &Owned, root: &[u8]| one.with(|subject| RequestDigest::of_matter(subject, root));
    let again = Owned {
        agent: "sub".into(),
        bound: vec![],
        lineage: [5; 32],
        configuration: [6; 32],
        ..base.clone()
    };
    assert_eq!(matter(&base, b"root"), matter(&again, b"root"));
    assert_ne!(base.digest(), again.digest());
    let others = [
        Owned { invoker: "lee".into(), ..base.clone() },
        Owned { tool: None, ..base.clone() },
        Owned { actions: vec![([1; 32], [3; 32])], ..base.clone() },
        Owned { actions: vec![([2; 32], [2; 32])], ..base.clone() },
    ];
    for other in &others {
        assert_ne!(matter(&base, b"root"), matter(other, b"root"), "{other:?}");
    }
    assert_ne!(matter(&base, b"root"), matter(&base, b"other"));
}

/// What an agent asks for, as it would be changed after it was approved.
#[derive(Clone, PartialEq)]
struct Wish {
    tool: String,
    resource: String,
    to: Vec<String>,
    cents: i64,
    note: String,
    reached: [u8; 32],
    rest: Owned,
}

impl Wish {
    fn call(&self) -> RequestDigest {
        let names: Vec<&str> = self.to.iter().map(String::as_str).collect();
        let inner = [("note", Value::from(&*self.note))];
        let arguments = [("cents", Value::from(self.cents)), ("more", Value::Object(&inner))];
        let action = Action::create(&self.tool, &self.resource)
            .visible_to(Audience::recipients(names.as_slice()))
            .with(&arguments);
        let action = ActionDigest::of(&action).unwrap();
        let owned =
            Owned { actions: vec![(*action.as_bytes(), self.reached)], ..self.rest.clone() };
        owned.digest()
    }

    /// The same with something changed, by a number.
    fn changed(&self, mut by: u64) -> Self {
        let mut next = self.clone();
        let mut draw = |below: u64| {
            by = by.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (by >> 33) % below
        };
        let edit = |text: &mut String, draw: &mut dyn FnMut(u64) -> u64| {
            let place = draw(text.len() as u64 + 1) as usize;
            match draw(3) {
                0 => text.insert(place, char::from(b'a' + draw(26) as u8)),
                1 if place < text.len() => _ = text.remove(place),
                _ => text.insert(place, ' '),
            }
        };
        match draw(12) {
            0 => edit(&mut next.tool, &mut draw),
            1 => edit(&mut next.resource, &mut draw),
            2 => next.to.push(format!("p{}@example.com", draw(1_000))),
            3 => edit(&mut next.to[0], &mut draw),
            4 => next.cents += draw(1_000_000) as i64 + 1,
            5 => next.cents = -next.cents - draw(9) as i64,
            6 => edit(&mut next.note, &mut draw),
            7 => next.reached[draw(32) as usize] ^= 1 << draw(8),
            8 => edit(&mut next.rest.invoker, &mut draw),
            9 => edit(&mut next.rest.agent, &mut draw),
            10 => next.rest.lineage[draw(32) as usize] ^= 1 << draw(8),
            _ => next.rest.configuration[draw(32) as usize] ^= 1 << draw(8),
        }
        next
    }
}

/// `STRESS=1000000 cargo test --release --lib changed` takes its time.
#[test]
fn no_call_that_was_changed_after_it_was_approved_is_used() {
    let times = times(100_000);
    let wish = Wish {
        tool: "pay".into(),
        resource: "payments/dana".into(),
        to: vec!["lee@example.com".into()],
        cents: 12_00,
        note: "lunch".into(),
        reached: [7; 32],
        rest: Owned {
            actions: vec![],
            tool: Some([9; 32]),
            invoker: "dana".into(),
            agent: "bot".into(),
            bound: vec![("team".into(), vec!["a".into()])],
            lineage: [3; 32],
            configuration: [4; 32],
        },
    };
    let queue = Queue::new(Duration::from_secs(60));
    let asked = RequestedCall { call: wish.call(), matter: digest(0), used: false };
    let request = ApprovalCase::new(vec![asked], ("dana", "bot"), vec![leads()].into(), at(1_000));
    let stakes = Stakes { irreversible: true, reach: 3 };
    let request = queue.ask(request, stakes, at(1_000), &firm()).unwrap();
    queue.step(request.id, vote("lee", YES), at(1_001), &firm()).unwrap();
    let (mut tried, mut kinds) = (0, HashSet::new());
    for number in 0..times {
        // One change, or several of them.
        let changed =
            (0..=number % 3).fold(wish.clone(), |wish, more| wish.changed(number << 2 | more));
        if changed == wish {
            continue;
        }
        tried += 1;
        kinds.insert(changed.call());
        assert!(
            queue.reserve(changed.call(), &[leads()], at(1_002), &firm()).is_none(),
            "change {number} was used"
        );
    }
    assert!(tried > times * 9 / 10 && kinds.len() as u64 > times / 4, "{tried}, {}", kinds.len());
    assert!(
        queue.reserve(wish.call(), &[leads()], at(1_002), &firm()).is_some(),
        "the call itself"
    );
}
