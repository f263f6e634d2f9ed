//! What one action draws, and which calls are alike.

use super::amount::{amount, fingerprint};
use crate::authority::budget::Measure;
use crate::base::name::Name;
use crate::directory::{Directory, ResolvedAudience};
use crate::model::action::Action;
use crate::model::arguments::{Arguments, Value};
use crate::model::audience::Audience;

fn sum(value: Value<'_>, decimals: u8) -> Option<u64> {
    let arguments = [("x", value)];
    amount_of(
        &Measure::Sum { argument: "x".into(), decimals },
        Action::create("t", "r").with(&arguments),
    )
}

fn amount_of(measure: &Measure, action: Action<'_>) -> Option<u64> {
    let (directory, dana) = (Directory::empty(), Name::new("dana"));
    let mut audience = ResolvedAudience::new(&directory, &dana);
    audience.resolve(action.audience()).unwrap();
    amount(measure, &action, &audience)
}

#[test]
fn sums_are_exact_or_not_counted() {
    let cases = [
        (Value::from(12), 0, Some(12)),
        (Value::from(12), 2, Some(1_200)),
        (Value::from(0.1), 2, Some(10)),
        (Value::from(0.29), 2, Some(29)),
        (Value::from(1.15), 2, Some(115)),
        (Value::from(4.35), 2, Some(435)),
        (Value::from(-0.0), 2, Some(0)),
        (Value::from(1e15), 0, Some(1_000_000_000_000_000)),
        (Value::from(9_007_199_254_740_993_i64), 0, Some(9_007_199_254_740_993)),
        (Value::from(u64::MAX), 0, Some(u64::MAX)),
        // Finer than is counted, below zero, too large, or no number.
        (Value::from(0.001), 2, None),
        (Value::from(1e-300), 9, None),
        (Value::from(f64::MIN_POSITIVE), 9, None),
        (Value::from(-0.01), 2, None),
        (Value::from(-1), 0, None),
        (Value::from(u64::MAX), 1, None),
        (Value::Integer(i128::MAX), 9, None),
        (Value::from(1e300), 0, None),
        (Value::from(f64::NAN), 0, None),
        (Value::from(f64::INFINITY), 0, None),
        (Value::from("12"), 0, None),
        (Value::Null, 0, None),
        (Value::from(true), 0, None),
        (Value::List(&[Value::Null]), 0, None),
    ];
    for (value, decimals, expected) in cases {
        assert_eq!(sum(value, decimals), expected, "{value:?} {decimals}");
    }
}

#[test]
fn a_way_leads_through_objects_and_nothing_else() {
    let measure = Measure::Sum { argument: "payment.cents".into(), decimals: 0 };
    let of =
        |arguments: &dyn Arguments| amount_of(&measure, Action::create("t", "r").with(arguments));
    assert_eq!(of(&[("payment", Value::Object(&[("cents", Value::from(7))]))]), Some(7));
    assert_eq!(of(&[("payment", Value::from(7))]), None);
    assert_eq!(of(&[("payment.cents", Value::from(7))]), None);
    assert_eq!(of(&[("payment", Value::List(&[Value::from(7)]))]), None);
    assert_eq!(of(&[("other", Value::from(7))]), None);
}

#[test]
fn who_is_reached_is_counted_or_not_at_all() {
    let of =
        |audience| amount_of(&Measure::Recipients, Action::create("t", "r").visible_to(audience));
    assert_eq!(of(Audience::Private), Some(0));
    for unknown in [Audience::Public, Audience::Internal, Audience::Group("nobody-knows")] {
        assert_eq!(of(unknown), None, "{unknown:?}");
    }
    // To delete a tree is one call and nobody knows how many deletions; to list one is to list it.
    for measure in [Measure::Actions, Measure::Irreversible] {
        assert_eq!(amount_of(&measure, Action::delete("t", "r").below()), None);
    }
    assert_eq!(
        amount_of(&Measure::Irreversible, Action::delete("t", "r").below().reversible()),
        Some(0)
    );
    assert_eq!(amount_of(&Measure::Actions, Action::read("t", "r").below()), Some(1));
    let irreversible = |action| amount_of(&Measure::Irreversible, action);
    assert_eq!(irreversible(Action::delete("t", "r").irreversible()), Some(1));
    assert_eq!(irreversible(Action::delete("t", "r").reversible()), Some(0));
}

#[test]
fn equal_calls_have_equal_fingerprints() {
    let state = ahash::RandomState::new();
    let print = |action: Action<'_>| fingerprint(&action, &state).unwrap();
    let base = Action::create("t", "r");
    let inner = [("c", Value::from(1)), ("d", Value::Null)];
    let (ab, ba) = (
        [("a", Value::from(1)), ("b", Value::Object(&inner))],
        [("b", Value::Object(&inner)), ("a", Value::from(1))],
    );
    assert_eq!(print(base.with(&ab)), print(base.with(&ba)));
    let to = |names: &'static [&'static str]| print(base.visible_to(Audience::recipients(names)));
    assert_eq!(to(&["x", "y", "x"]), to(&["y", "x"]));
    let others = [
        print(base),
        print(base.with(&ab)),
        print(Action::create("u", "r")),
        print(Action::update("t", "r")),
        print(Action::create("t", "s")),
        print(base.reversible()),
        print(base.below()),
        print(base.untrusted()),
        print(base.visible_to(Audience::Public)),
        print(base.visible_to(Audience::Group("x"))),
        print(base.visible_to(Audience::Channel("x"))),
        to(&["x"]),
        to(&["xy"]),
        to(&["x", "y"]),
        print(base.with(&[("a", Value::from(1))])),
        print(base.with(&[("a", Value::from(1.0))])),
        print(base.with(&[("a", Value::from("1"))])),
        print(base.with(&[("a", Value::List(&[Value::from(1)]))])),
        print(base.with(&[("a", Value::List(&[Value::from(1), Value::Null]))])),
        print(base.with(&[("a", Value::Object(&[("b", Value::Null)]))])),
    ];
    for (place, one) in others.iter().enumerate() {
        assert!(!others[..place].contains(one), "{place}");
    }
}
