//! Every key of a condition, through everything that carries conditions: tokens, policy files in both languages, their
//! canonical form, the vectors, and `explain`.
//!
//! The keys are those that serde reads, so a new one fails here by its name until [`SAMPLES`] says what it means, and
//! then until every place carries it.

#[path = "../../../tests/reference/mod.rs"]
#[expect(dead_code, reason = "this file needs its generator only")]
mod reference;

use std::collections::BTreeSet;

use permitgate::Session;
use permitgate::flow::Origin;
use permitgate::policy::{Applicability, Condition};
use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::token::{SharedSecret, Token, TokenBlock, TrustedIssuer, Verifier};
use permitgate_files::{Bundle, format, schema};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor, value::Error as Plain};
use serde_json::{Value, json};

use reference::generate::{Size, setup};

/// What one key of a condition means.
struct Sample {
    key: &'static str,
    /// A condition in JSON that has the key.
    condition: &'static str,
    /// The same with another meaning, by this key alone.
    twin: &'static str,
    /// Arguments of which the condition holds, and of which it does not; `now` is when it is asked.
    holds: &'static str,
    fails: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        key: "argument",
        condition: r#"{"argument": "a.list.1", "equals": 7}"#,
        twin: r#"{"argument": "a.list.0", "equals": 7}"#,
        holds: r#"{"a": {"list": [1, 7]}}"#,
        fails: r#"{"a": {"list": [7, 1]}}"#,
    },
    Sample {
        key: "not",
        condition: r#"{"argument": "a", "not": true, "equals": 7}"#,
        twin: r#"{"argument": "a", "equals": 7}"#,
        holds: r#"{"a": 8}"#,
        fails: r#"{"a": 7}"#,
    },
    Sample {
        key: "optional",
        condition: r#"{"argument": "a", "optional": true, "equals": 7}"#,
        twin: r#"{"argument": "a", "equals": 7}"#,
        holds: r#"{}"#,
        fails: r#"{"a": 8}"#,
    },
    Sample {
        key: "present",
        condition: r#"{"argument": "a", "present": true}"#,
        twin: r#"{"argument": "a", "present": false}"#,
        holds: r#"{"a": null}"#,
        fails: r#"{"b": 1}"#,
    },
    Sample {
        key: "equals",
        condition: r#"{"argument": "a", "equals": "x"}"#,
        twin: r#"{"argument": "a", "equals": "y"}"#,
        holds: r#"{"a": "x"}"#,
        fails: r#"{"a": "y"}"#,
    },
    Sample {
        key: "one_of",
        condition: r#"{"argument": "a", "one_of": ["x", -2.5, true]}"#,
        twin: r#"{"argument": "a", "one_of": ["x", -2.5]}"#,
        holds: r#"{"a": true}"#,
        fails: r#"{"a": false}"#,
    },
    Sample {
        key: "at_least",
        condition: r#"{"argument": "a", "at_least": 2, "at_most": 5}"#,
        twin: r#"{"argument": "a", "at_least": 1, "at_most": 5}"#,
        holds: r#"{"a": 2}"#,
        fails: r#"{"a": 1}"#,
    },
    Sample {
        key: "at_most",
        condition: r#"{"argument": "a", "at_least": 2, "at_most": 5.5}"#,
        twin: r#"{"argument": "a", "at_least": 2, "at_most": 6.5}"#,
        holds: r#"{"a": 5}"#,
        fails: r#"{"a": 6}"#,
    },
    Sample {
        key: "matches",
        condition: r#"{"argument": "a", "matches": "x*y"}"#,
        twin: r#"{"argument": "a", "matches": "x*"}"#,
        holds: r#"{"a": "x-y"}"#,
        fails: r#"{"a": "x-"}"#,
    },
    Sample {
        key: "endorsed",
        condition: r#"{"argument": "a", "endorsed": "user"}"#,
        twin: r#"{"argument": "a", "endorsed": "directory"}"#,
        holds: r#"{"a": "said by the user"}"#,
        fails: r#"{"a": "known to the directory"}"#,
    },
    Sample {
        key: "holds_for",
        condition: r#"{"argument": "a.*.b", "holds_for": "some", "equals": 7}"#,
        twin: r#"{"argument": "a.*.b", "holds_for": "none", "equals": 7}"#,
        holds: r#"{"a": [{"b": 1}, {"b": 7}]}"#,
        fails: r#"{"a": [{"b": 1}]}"#,
    },
    Sample {
        key: "under",
        condition: r#"{"argument": "a", "under": ["example.com", "example.org"]}"#,
        twin: r#"{"argument": "a", "under": "example.com"}"#,
        holds: r#"{"a": "docs.example.org"}"#,
        fails: r#"{"a": "evilexample.org"}"#,
    },
    Sample {
        key: "below",
        condition: r#"{"argument": "a", "below": "src"}"#,
        twin: r#"{"argument": "a", "below": "srcs"}"#,
        holds: r#"{"a": "src/a.rs"}"#,
        fails: r#"{"a": "srcs/a.rs"}"#,
    },
    Sample {
        key: "in_network",
        condition: r#"{"argument": "a", "in_network": ["10.0.0.0/8", "fd00::/8"]}"#,
        twin: r#"{"argument": "a", "in_network": "10.0.0.0/16"}"#,
        holds: r#"{"a": "10.9.0.1"}"#,
        fails: r#"{"a": "11.0.0.1"}"#,
    },
    Sample {
        key: "at_most_elements",
        condition: r#"{"argument": "a", "at_most_elements": 2}"#,
        twin: r#"{"argument": "a", "at_most_elements": 1}"#,
        holds: r#"{"a": [1, 2]}"#,
        fails: r#"{"a": [1, 2, 3]}"#,
    },
    Sample {
        key: "case_blind",
        condition: r#"{"argument": "a", "one_of": ["Main", "x"], "case_blind": true}"#,
        twin: r#"{"argument": "a", "one_of": ["Main", "x"]}"#,
        holds: r#"{"a": "mAIN"}"#,
        fails: r#"{"a": "maine"}"#,
    },
    Sample {
        key: "regex",
        condition: r#"{"argument": "a", "regex": "[A-Z]{2}-[0-9]+"}"#,
        twin: r#"{"argument": "a", "regex": "[A-Z]{2}-[0-9]"}"#,
        holds: r#"{"a": "AB-12"}"#,
        fails: r#"{"a": "AB-12 "}"#,
    },
    Sample {
        key: "equals_argument",
        condition: r#"{"argument": "a.from", "equals_argument": "b.0"}"#,
        twin: r#"{"argument": "a.from", "equals_argument": "b.1"}"#,
        holds: r#"{"a": {"from": 7}, "b": [7.0, 8]}"#,
        fails: r#"{"a": {"from": 9}, "b": [7, 8]}"#,
    },
    Sample {
        key: "equals_bound",
        condition: r#"{"argument": "a", "equals_bound": "invoker"}"#,
        twin: r#"{"argument": "a", "equals_bound": "agent"}"#,
        holds: r#"{"a": "dana"}"#,
        fails: r#"{"a": "lee"}"#,
    },
    // 1,790,000,000 is Monday, 2026-09-21, 14:13:20 in UTC and 16:13:20 in Berlin.
    Sample {
        key: "clock",
        condition: r#"{"clock": "Europe/Berlin", "from": "16:00", "until": "17:00"}"#,
        twin: r#"{"clock": "UTC", "from": "16:00", "until": "17:00"}"#,
        holds: r#"{"now": 1790000000}"#,
        fails: r#"{"now": 1790003600}"#,
    },
    Sample {
        key: "days",
        condition: r#"{"clock": "UTC", "days": ["mon", "wed-fri"]}"#,
        twin: r#"{"clock": "UTC", "days": "tue-fri"}"#,
        holds: r#"{"now": 1790000000}"#,
        fails: r#"{"now": 1790086400}"#,
    },
    Sample {
        key: "from",
        condition: r#"{"clock": "UTC", "days": "mon", "from": "14:00", "until": "24:00"}"#,
        twin: r#"{"clock": "UTC", "days": "mon", "from": "14:30", "until": "24:00"}"#,
        holds: r#"{"now": 1790000000}"#,
        fails: r#"{"now": 1789990000}"#,
    },
    Sample {
        key: "until",
        condition: r#"{"clock": "UTC", "from": "14:00", "until": "15:00"}"#,
        twin: r#"{"clock": "UTC", "from": "14:00", "until": "14:10"}"#,
        holds: r#"{"now": 1790000000}"#,
        fails: r#"{"now": 1790003600}"#,
    },
];

/// A key, or a way of meaning something by it, that a place does not carry is told by the name of the key.
#[test]
fn every_condition_is_carried_by_everything_that_carries_conditions() {
    let keys = keys_of::<Condition>();
    let sampled: Vec<_> = SAMPLES.iter().map(|sample| sample.key).collect();
    for key in keys {
        assert!(sampled.contains(key), "the key `{key}` of conditions has no sample in `SAMPLES`");
    }
    assert_eq!(sampled.len(), keys.len(), "each key once: {sampled:?}");
    for sample in SAMPLES {
        let (one, twin) =
            (Carried::new(sample.key, sample.condition), Carried::new(sample.key, sample.twin));
        assert_ne!(one.statement, twin.statement, "`{}` is not compared", sample.key);
        assert_ne!(one.link, twin.link, "`{}` is not in the digest of a token", sample.key);
        one.decides_alike(sample);
        // Of the arguments that tell them apart, they do.
        let alike = |arguments| one.ruling(arguments) == twin.ruling(arguments);
        assert!(!(alike(sample.holds) && alike(sample.fails)), "`{}` says nothing", sample.key);
    }
}

/// The vectors are what other readers of tokens are held to, and the schema is what editors are told.
#[test]
fn every_key_of_a_condition_is_told_to_others() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../testdata/tokens/vectors.json")).unwrap();
    let mut told = BTreeSet::new();
    collect(&vectors, &mut told);
    let manual = include_str!("../../../src/manual/policy-files.md");
    let format_of_tokens = include_str!("../../../src/manual/token-format.md");
    let (_, table) = format_of_tokens.split_once("### A condition").unwrap();
    let (table, _) = table.split_once("###").unwrap();
    for key in keys_of::<Condition>() {
        assert!(told.contains(*key), "no vector of tokens has a condition with `{key}`");
        let described = &schema()["$defs"]["condition"]["properties"][key]["description"];
        assert!(described.is_string(), "the schema does not describe `{key}`");
        let ways = [format!("`{key}`"), format!("`{key} = ")];
        assert!(ways.iter().any(|way| manual.contains(way)), "the manual does not name `{key}`");
        let row = format!("| {} |", key.replace('_', " "));
        assert!(table.contains(&row), "the format of tokens does not name `{key}`");
    }
}

/// The reference is asked only what its generator draws.
#[test]
fn the_reference_draws_every_key_of_a_condition() {
    let mut runner = TestRunner::deterministic();
    let (setups, mut drawn) = (setup(Size::large()), BTreeSet::new());
    for _ in 0..4 {
        let setup = setups.new_tree(&mut runner).unwrap().current();
        let statements = setup.layers.iter().flat_map(|layer| &layer.statements);
        statements.for_each(|draft| {
            collect(&serde_json::to_value(draft.statement()).unwrap(), &mut drawn);
        });
    }
    for key in keys_of::<Condition>() {
        assert!(drawn.contains(*key), "the generator of the reference draws no `{key}`");
    }
}

/// A condition that was read from JSON, and what came of it elsewhere.
struct Carried {
    statement: Statement,
    bundle: Bundle,
    verified: Capability,
    link: [u8; 32],
}

impl Carried {
    fn new(key: &str, condition: &str) -> Self {
        let condition: Value = serde_json::from_str(condition).unwrap();
        let statement = json!({"id": "it", "effect": "permit", "operations": ["read"],
                               "resources": ["**"], "when": [condition]});
        let file = json!({"statement": [statement]});
        let statement: Statement = serde_json::from_value(statement).unwrap();
        let written = serde_json::to_value(&statement).unwrap();
        let mut bundles = Vec::new();
        for (name, text) in
            [("x.json", file.to_string()), ("x.toml", toml::to_string(&file).unwrap())]
        {
            let canonical = format(name, &text).unwrap();
            for text in [text, canonical] {
                let bundle = Bundle::parse(name, text.as_str()).unwrap();
                assert_eq!(
                    bundle.statements(),
                    std::slice::from_ref(&statement),
                    "`{key}` in {name}:\n{text}"
                );
                bundles.push(bundle);
            }
        }
        // The twin may leave the key out; then it must not come from anywhere.
        let of_key = |of: &Value| of.get(key).cloned();
        assert_eq!(of_key(&written["when"][0]), of_key(&condition), "`{key}` is written otherwise");
        let secret = || SharedSecret::from_bytes(&[7; 32]);
        let block = TokenBlock::grant([statement.clone()]);
        let token = Token::mint(&secret(), block.clone()).unwrap();
        let sent = token.to_bytes().unwrap();
        let received = Token::decode(&sent).unwrap();
        assert_eq!(received.blocks().next().unwrap().1, &block, "`{key}` in a token");
        let verifier =
            Verifier::builder("here").trust(TrustedIssuer::shared(secret())).build().unwrap();
        let verified = verifier.verify(&sent, Timestamp::from_unix_seconds(1)).unwrap();
        let bundle = bundles.swap_remove(0);
        Self { statement, bundle, verified, link: received.link() }
    }

    /// The file and the token decide alike, as the sample says, and `explain` names the condition that does not hold.
    fn decides_alike(&self, sample: &Sample) {
        let key = sample.key;
        assert_eq!(self.ruling(sample.holds), [true, true], "`{key}` of {}", sample.holds);
        assert_eq!(self.ruling(sample.fails), [false, false], "`{key}` of {}", sample.fails);
        let arguments: Value = serde_json::from_str(sample.fails).unwrap();
        let action = Action::read("t", "x").with(&arguments);
        for scope in self.scopes() {
            let explanation = gate_at(&arguments).explain(&action, &scope);
            let why = &explanation.layers.last().unwrap().statements[0].applicability;
            let argument = self.condition()["argument"].as_str().map(str::to_owned);
            let Applicability::Condition(unmet) = why else { panic!("`{key}`: {why}") };
            let [one] = &*unmet.conditions else { panic!("`{key}`: {unmet}") };
            assert_eq!((one.number, &one.argument), (0, &argument), "`{key}` is not explained");
            assert_eq!((one.holds, unmet.more), (Some(false), 0), "`{key}`");
            assert!(!one.asked.is_empty(), "`{key}`: {unmet}");
            let about = if argument.is_some() { "`a" } else { "the time: is " };
            let line = format!("when[0] does not hold for {about}");
            assert!(explanation.to_string().contains(&line), "{explanation}");
        }
    }

    /// Whether it is allowed by the file, and by the token.
    fn ruling(&self, arguments: &str) -> [bool; 2] {
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        let action = Action::read("t", "x").with(&arguments);
        let gate = gate_at(&arguments);
        self.scopes().map(|scope| gate.decide(&action, &scope).is_allow())
    }

    fn scopes(&self) -> [Scope; 2] {
        [self.bundle.capability(ambient_authority()), self.verified.clone()].map(|capability| {
            let session = Session::new();
            assert!(session.endorse(Origin::User, "said by the user"));
            assert!(session.endorse(Origin::Directory, "known to the directory"));
            let scope = Scope::builder(&capability).invoker("dana").agent("triage");
            scope.session(&session).build().unwrap()
        })
    }

    fn condition(&self) -> Value {
        serde_json::to_value(&self.statement).unwrap()["when"][0].clone()
    }
}

/// A gate whose clock stands still.
fn gate_at(arguments: &Value) -> Gate {
    let now = Timestamp::from_unix_seconds(arguments["now"].as_u64().unwrap_or_default());
    Gate::builder().clock(ManualClock::new(now)).build().unwrap()
}

/// The keys of all conditions within.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("argument") || fields.contains_key("clock") {
                found.extend(fields.keys().cloned());
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// The keys that a type reads, as it tells whoever gives it a value.
fn keys_of<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let mut keys: &'static [&'static str] = &[];
    assert!(T::deserialize(Keys(&mut keys)).is_err() && !keys.is_empty());
    keys
}

struct Keys<'k>(&'k mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Keys<'_> {
    type Error = Plain;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Plain> {
        *self.0 = fields;
        Err(Plain::custom("only the keys are asked for"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Plain> {
        Err(Plain::custom("no struct"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
