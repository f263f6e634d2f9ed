//! Laws that every decision keeps, over random policies and attempts near them.
//!
//! Each law is a test of its own, named as the contract names it. The strongest one compares the
//! gate with a naive second evaluator in `reference`, which shares no code with the crate.
//! `PROPTEST_CASES` sets the number of cases per law.

#[expect(dead_code, reason = "this file needs a part of the reference only")]
mod reference;

use std::panic::resume_unwind;

use permitgate::Verdict;
use permitgate::decision::Ruling;
use permitgate::gate::RuleContext;
use permitgate::policy::{Condition, Effect};
use permitgate::prelude::*;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use reference::comparison::{builder, difference, gate, scope};
use reference::generate::{Plan, Size, blank, plan, setup};
use reference::{Arg, Attempt, Draft, Fields, Items, Kind, LayerDraft, Setup};

/// `share` thousandths of the cases that `PROPTEST_CASES` asks for; a thousand without it.
fn cases(share: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let cases = (u64::from(asked.unwrap_or(1000_u32)) * u64::from(share)).div_ceil(1000) as u32;
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn decide(setup: &Setup, attempt: &Attempt) -> Decision {
    gate(setup).decide(&attempt.action(), &scope(setup))
}

/// A small setup and an attempt near it.
fn case() -> impl Strategy<Value = (Setup, Attempt)> {
    (setup(Size::small()), plan()).prop_map(|(setup, plan)| {
        let attempt = plan.attempt(&setup);
        (setup, attempt)
    })
}

/// A statement that applies to exactly this attempt, whatever its audience and arguments.
fn exactly(effect: Effect, id: &str, attempt: &Attempt) -> Draft {
    Draft {
        id: id.to_owned(),
        operations: vec![attempt.operation],
        tools: vec![attempt.tool.clone()],
        resources: vec![attempt.resource.clone()],
        ..blank(effect)
    }
}

/// One of the guardrails and layers.
fn any_layer(setup: &mut Setup, which: Index) -> &mut LayerDraft {
    let mut layers: Vec<_> = setup.guardrails.iter_mut().chain(&mut setup.layers).collect();
    layers.swap_remove(which.index(layers.len()))
}

fn shuffled(setup: &Setup, seed: &[Index]) -> Setup {
    let mut shuffled = setup.clone();
    let mut seed = seed.iter().cycle();
    let mut swap = |len: usize, swap: &mut dyn FnMut(usize, usize)| {
        for place in 1..len {
            swap(place, seed.next().unwrap().index(place + 1));
        }
    };
    for layer in shuffled.guardrails.iter_mut().chain(&mut shuffled.layers) {
        swap(layer.statements.len(), &mut |a, b| layer.statements.swap(a, b));
        for draft in &mut layer.statements {
            swap(draft.operations.len(), &mut |a, b| draft.operations.swap(a, b));
            swap(draft.tools.len(), &mut |a, b| draft.tools.swap(a, b));
            swap(draft.resources.len(), &mut |a, b| draft.resources.swap(a, b));
            swap(draft.when.len(), &mut |a, b| draft.when.swap(a, b));
            for readers in draft.readers.iter_mut().chain(&mut draft.beyond) {
                swap(readers.len(), &mut |a, b| readers.swap(a, b));
            }
        }
    }
    shuffled
}

fn agrees(setup: &Setup, attempt: &Attempt, decision: &Decision) -> Result<(), TestCaseError> {
    prop_assert_eq!(difference(setup, attempt, decision), None);
    Ok(())
}

proptest! {
    #![proptest_config(cases(700))]

    #[test]
    fn default_deny((setup, attempt) in case()) {
        let mut ungranted = setup.clone();
        ungranted.layers[0].statements.retain(|draft| draft.effect == Effect::Forbid);
        prop_assert_eq!(decide(&ungranted, &attempt).ruling(), Ruling::Deny);
        // Whatever is not denied is granted by some one statement of the root alone.
        if decide(&setup, &attempt).ruling() != Ruling::Deny {
            let alone = |draft: &Draft| {
                let root = LayerDraft { grants: true, statements: vec![draft.clone()] };
                let alone = Setup { guardrails: None, layers: vec![root], ..setup.clone() };
                decide(&alone, &attempt).ruling() != Ruling::Deny
            };
            prop_assert!(setup.layers[0].statements.iter().any(alone));
        }
    }

    #[test]
    fn forbid_overrides((setup, attempt) in case(), which: Index, id in "[a-z]{3}") {
        let mut forbidding = setup.clone();
        let forbid = exactly(Effect::Forbid, &id, &attempt);
        any_layer(&mut forbidding, which).statements.push(forbid);
        prop_assert_eq!(decide(&forbidding, &attempt).ruling(), Ruling::Deny);
    }

    #[test]
    fn approval_beats_permit((setup, attempt) in case(), which: Index, id in "[a-z]{3}") {
        let before = decide(&setup, &attempt).ruling();
        let mut asking = setup.clone();
        let layer = any_layer(&mut asking, which);
        layer.statements.push(exactly(Effect::RequireApproval, &id, &attempt));
        let grants = layer.grants;
        let after = decide(&asking, &attempt).ruling();
        match before {
            Ruling::Allow | Ruling::Hold => prop_assert_eq!(after, Ruling::Hold),
            // Where it may grant, it grants no more than "once approved".
            Ruling::Deny if grants => prop_assert_ne!(after, Ruling::Allow),
            Ruling::Deny => prop_assert_eq!(after, Ruling::Deny),
        }
    }

    #[test]
    fn order_and_duplicates_do_not_matter(
        (setup, attempt) in case(),
        seed in prop::collection::vec(any::<Index>(), 24),
        copied: Index,
        which: Index,
    ) {
        let before = decide(&setup, &attempt);
        prop_assert_eq!(&decide(&shuffled(&setup, &seed), &attempt), &before);
        let mut doubled = setup.clone();
        let layer = any_layer(&mut doubled, which);
        let mut copy = layer.statements[copied.index(layer.statements.len())].clone();
        copy.id.push_str("-again");
        copy.resources.extend(copy.resources.clone());
        copy.tools.extend(copy.tools.clone());
        copy.when.extend(copy.when.clone());
        layer.statements.push(copy);
        let after = decide(&doubled, &attempt);
        prop_assert_eq!((after.ruling(), after.reason()), (before.ruling(), before.reason()));
    }

    #[test]
    fn adding_a_layer_never_widens((setup, attempt) in case(), other in setup(Size::small())) {
        let before = decide(&setup, &attempt).ruling();
        for layer in other.layers.iter().chain(&other.guardrails) {
            let mut deeper = setup.clone();
            deeper.layers.push(layer.clone());
            prop_assert!(decide(&deeper, &attempt).ruling() >= before, "with {layer:?}");
        }
        let guardrails = other.guardrails.filter(|_| setup.guardrails.is_none());
        let guarded = Setup { guardrails: guardrails.or(setup.guardrails.clone()), ..setup };
        prop_assert!(decide(&guarded, &attempt).ruling() >= before);
    }

    #[test]
    fn adding_a_rule_never_widens((setup, attempt) in case(), says in 0_u8..4) {
        let before = decide(&setup, &attempt);
        let rule = move |_: &RuleContext<'_>| match says {
            0 => Verdict::Pass,
            1 => Verdict::require_approval("asked"),
            2 => Verdict::deny("no"),
            // Unlike `panic!`, this does not print.
            _ => resume_unwind(Box::new("failed")),
        };
        let gate = builder(&setup).rule("added", rule).build().unwrap();
        let after = gate.decide(&attempt.action(), &scope(&setup));
        let verdict = [Ruling::Allow, Ruling::Hold, Ruling::Deny, Ruling::Deny][usize::from(says)];
        prop_assert_eq!(after.ruling(), before.ruling().max(verdict));
        if verdict == Ruling::Allow {
            prop_assert_eq!(after, before);
        }
    }

    #[test]
    fn what_cannot_be_evaluated_narrows(
        (setup, attempt) in case(),
        argument in prop::sample::select(vec!["n", "t", "f", "o", "l"]),
        spoiled in prop::sample::select(spoiled()),
    ) {
        // Whether an argument is present can always be told, so those tests are left out; and so are those that
        // let a missing argument pass, and an empty list, in which nothing came from elsewhere.
        let is_list = matches!(spoiled, Some(Arg::List(_)));
        let mut setup = setup;
        for layer in setup.guardrails.iter_mut().chain(&mut setup.layers) {
            for draft in &mut layer.statements {
                draft.when.retain(|test| match test.kind {
                    Kind::Present(_) => false,
                    Kind::Endorsed(_) => !test.optional && !is_list,
                    _ => !test.optional,
                });
            }
        }
        let before = decide(&setup, &attempt).ruling();
        let mut spoiled_attempt = attempt.clone();
        let fields = &mut spoiled_attempt.arguments.0;
        fields.retain(|(name, _)| name != argument);
        fields.extend(spoiled.map(|value| (argument.to_owned(), value)));
        prop_assert!(decide(&setup, &spoiled_attempt).ruling() >= before);
    }

    #[test]
    fn same_input_same_decision((setup, attempt) in case()) {
        let (gate_once, scope_once) = (gate(&setup), scope(&setup));
        let first = gate_once.decide(&attempt.action(), &scope_once);
        prop_assert_eq!(&gate_once.decide(&attempt.action(), &scope_once), &first);
        prop_assert_eq!(&decide(&setup, &attempt), &first);
        let other_thread = || decide(&setup, &attempt);
        let elsewhere = std::thread::scope(|s| s.spawn(other_thread).join().unwrap());
        prop_assert_eq!(&elsewhere, &first);
        // And `authorize` answers as `decide` does.
        let action = attempt.action();
        match (gate_once.authorize(&action, &scope_once), &first) {
            (Ok(_), Decision::Allow(_)) => {}
            (Err(Refusal::Held(ticket)), Decision::Hold(because)) => {
                prop_assert_eq!(ticket.grounds(), because);
            }
            (Err(Refusal::Denied(denial)), Decision::Deny(because)) => {
                prop_assert_eq!(denial.grounds(), because);
            }
            (answer, _) => prop_assert!(false, "{answer:?} but {first:?}"),
        }
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn decisions_agree_with_the_reference(
        setup in setup(Size::small()),
        plans in prop::collection::vec(plan(), 8),
    ) {
        let (gate, scope) = (gate(&setup), scope(&setup));
        for plan in plans {
            let attempt = plan.attempt(&setup);
            agrees(&setup, &attempt, &gate.decide(&attempt.action(), &scope))?;
        }
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn decisions_of_large_policies_agree_with_the_reference(
        setup in setup(Size::large()),
        plans in prop::collection::vec(plan(), 80),
    ) {
        let (gate, scope) = (gate(&setup), scope(&setup));
        for plan in plans {
            let attempt = plan.attempt(&setup);
            agrees(&setup, &attempt, &gate.decide(&attempt.action(), &scope))?;
        }
    }
}

/// What no test can compare with: missing, of a type without equals, or not finite.
fn spoiled() -> Vec<Option<Arg>> {
    vec![
        None,
        Some(Arg::Null),
        Some(Arg::NotFinite(f64::NAN)),
        Some(Arg::NotFinite(f64::NEG_INFINITY)),
        Some(Arg::List(Items(vec![]))),
        Some(Arg::Object(Fields::default())),
    ]
}

/// The law above, spelled out for single conditions: turned round or not, a permit does not apply,
/// while a forbid and a required approval do.
#[test]
fn an_unevaluable_condition_narrows_under_negation() {
    let conditions: [fn() -> Condition; 7] = [
        || Condition::equals("n", "text"),
        || Condition::equals("n", 1),
        || Condition::one_of("n", [true]),
        || Condition::at_least("n", 1),
        || Condition::at_most("n", 0.5),
        || Condition::between("n", 1, 2),
        || Condition::matches("n", "*"),
    ];
    for condition in conditions {
        for condition in [condition(), !condition(), !!condition()] {
            for value in spoiled() {
                let fields =
                    Fields(value.map(|value| ("n".to_owned(), value)).into_iter().collect());
                let action = Action::read("t", "a").with(&fields);
                let one = |effect, id: &str| {
                    let statement = Statement::new(effect, id).operations(Operation::Read);
                    statement.resources(["a"])
                };
                let ruling = |effect| {
                    let all = one(Effect::Permit, "all");
                    let statements = match effect {
                        Effect::Permit => vec![one(effect, "it").when(condition.clone())],
                        _ => vec![all, one(effect, "it").when(condition.clone())],
                    };
                    let capability =
                        Capability::root(Policy::new(statements).unwrap(), ambient_authority());
                    let scope =
                        Scope::builder(&capability).invoker("i").agent("a").build().unwrap();
                    Gate::builder().build().unwrap().decide(&action, &scope).ruling()
                };
                let rulings = [Effect::Permit, Effect::RequireApproval, Effect::Forbid].map(ruling);
                let expected = [Ruling::Deny, Ruling::Hold, Ruling::Deny];
                assert_eq!(rulings, expected, "{condition:?} on {fields:?}");
            }
        }
    }
}

/// The laws say something only if the cases are neither all allowed nor all denied.
#[test]
fn the_cases_are_neither_all_allowed_nor_all_denied() {
    let mut runner = TestRunner::deterministic();
    let mut counts = [0; 3];
    for _ in 0..500 {
        let (setup, attempt) = case().new_tree(&mut runner).unwrap().current();
        counts[decide(&setup, &attempt).ruling() as usize] += 1;
    }
    println!("small policies, of 500: allow, hold, deny = {counts:?}");
    assert!(counts[0] >= 100 && counts[1] >= 25 && counts[2] >= 100, "{counts:?}");

    let mut counts = [0; 3];
    for _ in 0..10 {
        let setup = setup(Size::large()).new_tree(&mut runner).unwrap().current();
        let (gate, scope) = (gate(&setup), scope(&setup));
        for _ in 0..50 {
            let plan: Plan = plan().new_tree(&mut runner).unwrap().current();
            let attempt = plan.attempt(&setup);
            counts[gate.decide(&attempt.action(), &scope).ruling() as usize] += 1;
        }
    }
    println!("large policies, of 500: allow, hold, deny = {counts:?}");
    assert!(counts[0] >= 100 && counts[1] >= 10 && counts[2] >= 50, "{counts:?}");
}
