//! Blocks that say what a block of their place cannot say. All of them are signed as they should be.

use serde_json::{Value, json};

use super::attestations::demand;
use super::cbor::Cbor;
use super::chain::{Block, Chain, mail, no};
use super::crypto::{Key, nonce};
use super::good::with_rights;
use super::{policy, refuse};

const INVALID: &str = "invalid-block";

pub fn add(to: &mut Vec<Value>) {
    places(to);
    names(to);
    rights(to);
    depth(to);
    statements(to);
    patterns(to);
    conditions(to);
}

fn root(block: Block) -> Vec<u8> {
    Chain::public().add(block).token()
}

fn later(block: Block) -> Vec<u8> {
    Chain::public().add(Block::root(mail())).add(block).token()
}

fn places(to: &mut Vec<Value>) {
    let nonce = Cbor::bytes(nonce("later"));
    let plain = || Block::root(mail());
    refuse(to, "root-without-nonce", "", &root(Block::grant(mail())), INVALID, Some(0));
    refuse(
        to,
        "later-with-nonce",
        "",
        &later(Block::new().set(0, nonce.clone())),
        INVALID,
        Some(1),
    );
    let restricting = Block::restrict(no("delete")).set(0, nonce.clone());
    refuse(to, "root-restricts", "a root must grant", &root(restricting), INVALID, Some(0));
    refuse(to, "root-without-statements", "", &root(Block::new().set(0, nonce)), INVALID, Some(0));
    refuse(to, "root-keeping", "", &root(plain().set(10, Cbor::texts(&["a"]))), INVALID, Some(0));
    refuse(to, "root-using", "", &root(plain().set(11, Cbor::text("a"))), INVALID, Some(0));
    let right = Cbor::List(vec![Cbor::text("a"), policy::statements(&mail())]);
    refuse(
        to,
        "later-hands-on",
        "only a root has new rights",
        &later(Block::new().set(9, Cbor::List(vec![right]))),
        INVALID,
        Some(1),
    );
    let shared = Chain::shared().add(plain()).add(Block::new().set(11, Cbor::text("a")));
    refuse(to, "shared-using-nothing", "", &shared.token(), INVALID, Some(1));
}

fn names(to: &mut Vec<Value>) {
    let plain = || Block::root(mail());
    for (name, holder) in [
        ("empty", String::new()),
        ("long", "n".repeat(257)),
        ("line-break", "a\nb".into()),
        ("control", "a\u{85}".into()),
    ] {
        refuse(
            to,
            &format!("holder-{name}"),
            "no name",
            &root(plain().set(5, Cbor::text(holder))),
            INVALID,
            Some(0),
        );
    }
    refuse(
        to,
        "later-holder-empty",
        "",
        &later(Block::new().set(5, Cbor::text(""))),
        INVALID,
        Some(1),
    );

    let budget = |name: &str, per: u64| {
        policy::budget(
            &json!({"name": name, "argument": null, "at_most": 1, "per": per, "operations": ["read"]}),
        )
    };
    let budgets = |list| root(plain().set(8, Cbor::List(list)));
    refuse(to, "17-budgets", "", &budgets(vec![budget("b", 1); 17]), INVALID, Some(0));
    refuse(to, "budget-name-empty", "", &budgets(vec![budget("", 1)]), INVALID, Some(0));
    let twice = budgets(vec![budget("b", 60_000), budget("c", 1), budget("b", 1)]);
    let why = "two budgets of one name would share one counter";
    refuse(to, "budget-repeated", why, &twice, INVALID, Some(0));
    refuse(
        to,
        "budget-per-0",
        "a span of no length limits nothing",
        &budgets(vec![budget("b", 0)]),
        INVALID,
        Some(0),
    );
    let argument = policy::budget(
        &json!({"name": "b", "argument": "a\u{7f}", "at_most": 1, "per": null, "operations": ["read"]}),
    );
    refuse(to, "budget-argument-control", "", &budgets(vec![argument]), INVALID, Some(0));
    let of_nothing = policy::budget(
        &json!({"name": "b", "argument": null, "at_most": 1, "per": null, "operations": []}),
    );
    let why = "a budget of no operation limits nothing";
    refuse(to, "budget-no-operation", why, &budgets(vec![of_nothing]), INVALID, Some(0));

    let by = Key::of("approver");
    let demands = |list| root(plain().set(12, Cbor::List(list)));
    refuse(
        to,
        "17-demands",
        "more than can be presented",
        &demands(vec![demand("c", &by, 0); 17]),
        INVALID,
        Some(0),
    );
    refuse(to, "claim-empty", "", &demands(vec![demand("", &by, 0)]), INVALID, Some(0));
    let later = later(Block::new().set(12, Cbor::List(vec![demand("a\tb", &by, 1)])));
    refuse(to, "claim-control", "", &later, INVALID, Some(1));
}

fn rights(to: &mut Vec<Value>) {
    let names: Vec<String> = (10..27).map(|number| number.to_string()).collect();
    let many: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), json!([]))).collect();
    refuse(to, "17-rights", "", &root(with_rights(&many)), INVALID, Some(0));
    refuse(to, "right-name-empty", "", &root(with_rights(&[("", mail())])), INVALID, Some(0));
    let bad = json!([{"id": "", "effect": "forbid", "operations": ["read"]}]);
    refuse(
        to,
        "right-of-bad-statement",
        "",
        &root(with_rights(&[("a", bad)])),
        "invalid-statement",
        Some(0),
    );

    let chain = Chain::public().add(with_rights(&[("a", mail()), ("b", mail())]));
    let using = |name: &str| Block::new().set(11, Cbor::text(name));
    let keeping = |name: &str| Block::new().set(10, Cbor::texts(&[name]));
    refuse(
        to,
        "using-what-is-not-there",
        "",
        &chain.clone().add(using("c")).token(),
        INVALID,
        Some(1),
    );
    refuse(
        to,
        "keeping-what-is-not-there",
        "",
        &chain.clone().add(keeping("c")).token(),
        INVALID,
        Some(1),
    );
    let kept = chain.clone().add(keeping("a"));
    refuse(to, "using-what-was-not-kept", "", &kept.add(using("b")).token(), INVALID, Some(2));
    let dropped = chain.add(Block::new());
    refuse(to, "using-what-was-dropped", "", &dropped.add(using("a")).token(), INVALID, Some(2));
}

fn depth(to: &mut Vec<Value>) {
    let limited = |times| Block::new().set(7, Cbor::Int(times));
    let last = Chain::public().add(Block::root(mail()).set(7, Cbor::Int(0)));
    refuse(to, "root-not-delegable", "", &last.add(Block::new()).token(), "too-deep", Some(1));
    let once = Chain::public().add(Block::root(mail()).set(7, Cbor::Int(1)));
    let twice = once.clone().add(Block::new()).add(Block::new());
    refuse(to, "delegable-used-up", "", &twice.token(), "too-deep", Some(2));
    let raised = once.add(limited(9)).add(Block::new());
    refuse(
        to,
        "delegable-raised",
        "a later block cannot raise it",
        &raised.token(),
        "too-deep",
        Some(2),
    );
    let ended = Chain::shared().add(Block::root(mail())).add(limited(0)).add(Block::new());
    refuse(to, "shared-too-deep", "", &ended.token(), "too-deep", Some(2));
    // Which reason comes first.
    let both = Chain::public().add(Block::root(mail()).set(7, Cbor::Int(0)));
    let named = both.clone().add(Block::new().set(5, Cbor::text("")));
    refuse(
        to,
        "too-deep-and-no-name",
        "names are looked at first",
        &named.token(),
        INVALID,
        Some(1),
    );
    let using = both.add(Block::new().set(11, Cbor::text("a")));
    refuse(
        to,
        "too-deep-and-using",
        "rights are looked at last",
        &using.token(),
        "too-deep",
        Some(1),
    );
}

/// A root whose only statement is that of reading mail, but for these fields; null takes one away.
fn statement(but: Value) -> Vec<u8> {
    let mut statement = mail()[0].clone();
    for (name, value) in but.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement[name] = value.clone();
        }
    }
    root(Block::root(json!([statement])))
}

fn invalid(to: &mut Vec<Value>, name: &str, comment: &str, token: &[u8]) {
    refuse(to, name, comment, token, "invalid-statement", Some(0));
}

fn statements(to: &mut Vec<Value>) {
    invalid(to, "id-empty", "", &statement(json!({"id": ""})));
    invalid(to, "id-129-bytes", "", &statement(json!({"id": "i".repeat(129)})));
    invalid(to, "id-control", "", &statement(json!({"id": "a\u{0}"})));
    invalid(to, "id-twice", "", &root(Block::root(json!([mail()[0], mail()[0]]))));
    invalid(to, "no-operation", "", &statement(json!({"operations": []})));
    invalid(to, "no-resource", "a grant without resources", &statement(json!({"resources": null})));
    for (name, tool) in [
        ("empty", ""),
        ("star", "mail.*"),
        ("space-first", " mail"),
        ("space-last", "mail "),
        ("between-slashes", "/mail/"),
        ("comma", "a,b"),
        ("escape", "a%2Fb"),
    ] {
        invalid(to, &format!("tool-{name}"), "", &statement(json!({"tools": [tool]})));
    }
    let tools: Vec<String> = (0..257).map(|number| format!("t{number}")).collect();
    invalid(to, "257-tools", "", &statement(json!({"tools": tools})));
    invalid(to, "readers-empty", "", &statement(json!({"readers": []})));
    invalid(to, "permit-beyond", "", &statement(json!({"beyond": ["internal"]})));
    invalid(to, "permit-after-untrusted", "", &statement(json!({"after_untrusted": true})));
    invalid(
        to,
        "forbid-readers",
        "",
        &statement(json!({"effect": "forbid", "readers": ["internal"]})),
    );
    invalid(to, "forbid-beyond-nobody", "", &statement(json!({"effect": "forbid", "beyond": []})));
    invalid(
        to,
        "forbid-only-while-trusted",
        "",
        &statement(json!({"effect": "forbid", "only_while_trusted": true})),
    );
    let ask =
        json!({"effect": "require_approval", "after_untrusted": true, "readers": ["internal"]});
    invalid(
        to,
        "readers-after-untrusted",
        "what does not grant allows no readers",
        &statement(ask),
    );

    for (name, but) in [
        ("clock-alone", json!({"clock": "UTC"})),
        ("clock-abbreviated", json!({"clock": "EST", "days": "mon"})),
        ("clock-turned-round", json!({"clock": "Etc/GMT+5", "days": "mon"})),
        ("days-empty", json!({"clock": "UTC", "days": []})),
        ("days-to-itself", json!({"clock": "UTC", "days": "mon-mon"})),
        ("days-capital", json!({"clock": "UTC", "days": ["mon", "Tue"]})),
        ("hours-half", json!({"clock": "UTC", "from": "08:00"})),
        ("hours-none", json!({"clock": "UTC", "from": "08:00", "until": "08:00"})),
        ("hours-short", json!({"clock": "UTC", "from": "8:00", "until": "18:00"})),
        ("hours-late", json!({"clock": "UTC", "from": "08:00", "until": "24:01"})),
        (
            "hours-without-clock",
            json!({"argument": "a", "present": true, "from": "08:00", "until": "18:00"}),
        ),
        ("clock-beside-test", json!({"clock": "UTC", "days": "mon", "equals": 1})),
    ] {
        invalid(to, name, "", &statement(json!({"when": [but]})));
    }
    for (name, but) in [
        ("excepts-everything", json!({"except_resources": ["a/*", "**"]})),
        ("excepts-itself", json!({"resources": ["a/*"], "except_resources": ["a/*"]})),
        ("exception-malformed", json!({"except_resources": ["a//b"]})),
        ("permit-otherwise", json!({"otherwise": true})),
        ("forbid-otherwise", json!({"effect": "forbid", "otherwise": true})),
        (
            "beyond-otherwise",
            json!({"effect": "require_approval", "beyond": ["internal"], "otherwise": true}),
        ),
        (
            "otherwise-after-untrusted",
            json!({"effect": "require_approval", "after_untrusted": true, "otherwise": true}),
        ),
    ] {
        invalid(to, name, "", &statement(but));
    }

    let restricting = |list: Value| later(Block::restrict(list));
    let ask = json!([{"id": "ask", "effect": "require_approval", "operations": ["read"], "resources": ["**"], "otherwise": true}]);
    let note = "what only restricts passes what it does not name";
    refuse(
        to,
        "otherwise-among-restrictions",
        note,
        &restricting(ask),
        "invalid-statement",
        Some(1),
    );
    let permit = restricting(mail());
    refuse(to, "permit-among-restrictions", "", &permit, "invalid-statement", Some(1));
    let ask = json!([{"id": "ask", "effect": "require_approval", "operations": ["read"], "readers": ["internal"]}]);
    refuse(to, "readers-among-restrictions", "", &restricting(ask), "invalid-statement", Some(1));
    let granting =
        later(Block::grant(json!([{"id": "p", "effect": "permit", "operations": ["read"]}])));
    refuse(to, "later-grant-without-resource", "", &granting, "invalid-statement", Some(1));
}

fn patterns(to: &mut Vec<Value>) {
    let variables: Vec<String> = (0..17).map(|number| format!("a/{{v{number}}}")).collect();
    invalid(
        to,
        "17-bound-names",
        "in one list of statements",
        &statement(json!({"resources": variables})),
    );
    let many: Vec<String> = (0..257).map(|number| format!("r{number}")).collect();
    invalid(to, "257-patterns", "", &statement(json!({"resources": many})));
    let (deep, long) = (["a"; 32].join("/"), format!("a/{}", "b".repeat(1023)));
    let cases = [
        ("empty", ""),
        ("empty-segment", "a//b"),
        ("slash-at-end", "a/"),
        ("dot", "a/./b"),
        ("dot-dot", "a/../b"),
        ("32-segments", deep.as_str()),
        ("1025-bytes", long.as_str()),
        ("rest-in-segment", "a/b**"),
        ("5-rests", "**/a/**/b/**/c/**/d/**"),
        ("9-stars", "a/*1*2*3*4*5*6*7*8*"),
        ("brace", "a/x{invoker}"),
        ("brace-inside", "a/{in{voker}"),
        ("bound-name-empty", "a/{}"),
        ("backslash", "a\\b"),
        ("control", "a/b\u{1f}"),
        ("percent", "a/100%"),
        ("escape-lower-case", "a/%2f"),
        ("escape-not-needed", "a/%41"),
        ("escape-of-dot", "a/b%2E"),
        ("escape-unfinished", "a/b%2"),
        ("escape-of-no-character", "a/%FF"),
        ("escape-of-letter", "a/gr%C3%B6%C3%9Fe"),
        ("class", "a/[kK]"),
        ("one-character", "a/b?"),
        ("alternative", "a/(b|c)"),
        ("list", "a/b,c"),
        ("anchor", "^a/b$"),
        ("any-of-another-language", "a/.*"),
        ("dot-before-star", "a/b.*"),
        ("three-dots", "a/..."),
        ("negation", "a/!b"),
        ("repetition", "a/b+"),
        ("plus-behind-star", "a/*+b"),
        ("home", "~/a"),
        ("colon-first", "a/:id"),
        ("angle", "a/<id>"),
        ("space-first", "a/ b"),
        ("space-last", "a/b "),
        ("no-break-space", "a/b\u{a0}c"),
        ("two-stars-in-text", "a/b**c"),
        ("bound-name-with-digit-first", "a/{1}"),
        ("bound-name-with-dot", "a/{in.voker}"),
    ];
    for (name, pattern) in cases {
        invalid(to, &format!("pattern-{name}"), "", &statement(json!({"resources": [pattern]})));
    }
}

/// A root with this condition.
fn when(condition: Value) -> Vec<u8> {
    statement(json!({"when": [condition]}))
}

fn conditions(to: &mut Vec<Value>) {
    let steps = ["a"; 17].join(".");
    let numbers: Vec<u64> = (0..4097).collect();
    let cases = [
        ("two-tests", json!({"argument": "a", "equals": 1, "at_most": 2})),
        ("present-and-endorsed", json!({"argument": "a", "present": true, "endorsed": "any"})),
        ("optional-presence", json!({"argument": "a", "present": true, "optional": true})),
        ("argument-empty", json!({"argument": "", "present": true})),
        ("argument-empty-step", json!({"argument": "a..b", "present": true})),
        ("argument-17-steps", json!({"argument": steps, "present": true})),
        ("argument-1025-bytes", json!({"argument": "a".repeat(1025), "present": true})),
        ("every-place-of-equals", json!({"argument": "a.*", "equals": 1})),
        ("every-place-of-under", json!({"argument": "a.*", "under": "example.com"})),
        (
            "every-place-three-times",
            json!({"argument": "a.*.*.*", "holds_for": "all", "equals": 1}),
        ),
        ("holds-for-no-place", json!({"argument": "a.b", "holds_for": "all", "equals": 1})),
        ("holds-for-presence", json!({"argument": "a.*", "holds_for": "some", "present": true})),
        ("holds-for-endorsed", json!({"argument": "a.*", "holds_for": "all", "endorsed": "any"})),
        ("under-nothing", json!({"argument": "a", "under": []})),
        ("under-capital", json!({"argument": "a", "under": "Example.com"})),
        ("under-dot", json!({"argument": "a", "under": "example.com."})),
        ("under-url", json!({"argument": "a", "under": "https://example.com"})),
        ("below-parent", json!({"argument": "a", "below": "src/../etc"})),
        ("below-star", json!({"argument": "a", "below": "src/*"})),
        ("below-slash", json!({"argument": "a", "below": "src/"})),
        ("network-host-bits", json!({"argument": "a", "in_network": "10.0.0.1/8"})),
        ("network-name", json!({"argument": "a", "in_network": "example.com"})),
        ("network-33-bits", json!({"argument": "a", "in_network": "10.0.0.0/33"})),
        ("case-of-range", json!({"argument": "a", "at_most": 1, "case_blind": true})),
        ("case-of-number", json!({"argument": "a", "equals": 1, "case_blind": true})),
        ("case-of-kelvin", json!({"argument": "a", "equals": "\u{212a}", "case_blind": true})),
        (
            "case-of-sharp-s",
            json!({"argument": "a", "matches": "stra\u{df}e*", "case_blind": true}),
        ),
        ("regex-open", json!({"argument": "a", "regex": "a)|(.*"})),
        ("regex-look-ahead", json!({"argument": "a", "regex": "(?=a)a"})),
        ("regex-unicode", json!({"argument": "a", "regex": "\\p{Greek}"})),
        ("regex-1025-bytes", json!({"argument": "a", "regex": "a".repeat(1025)})),
        ("equals-every-argument", json!({"argument": "a", "equals_argument": "b.*"})),
        ("equals-no-name", json!({"argument": "a", "equals_bound": "{invoker}"})),
        ("two-further-tests", json!({"argument": "a", "under": "example.com", "regex": "a"})),
        ("every-place-first", json!({"argument": "*.a", "endorsed": "any"})),
        ("every-place-twice", json!({"argument": "a.*.*", "endorsed": "any"})),
        ("set-empty", json!({"argument": "a", "one_of": []})),
        ("set-4097", json!({"argument": "a", "one_of": numbers})),
        ("equals-1025-bytes", json!({"argument": "a", "equals": "x".repeat(1025)})),
        ("range-of-text", json!({"argument": "a", "at_least": "a"})),
        ("range-of-truth", json!({"argument": "a", "at_most": true})),
        ("range-empty", json!({"argument": "a", "at_least": 2, "at_most": 1})),
        (
            "range-empty-exactly",
            json!({"argument": "a", "at_least": 9_007_199_254_740_993_u64, "at_most": 9_007_199_254_740_992.0}),
        ),
        ("matches-9-stars", json!({"argument": "a", "matches": "*********"})),
        ("matches-1025-bytes", json!({"argument": "a", "matches": "x".repeat(1025)})),
        ("matches-two-stars", json!({"argument": "a", "matches": "a**"})),
        ("matches-class", json!({"argument": "a", "matches": "[kK]*"})),
        ("matches-dot-star", json!({"argument": "a", "matches": "a.*"})),
        ("matches-anchor", json!({"argument": "a", "matches": "^a"})),
        ("matches-space-last", json!({"argument": "a", "matches": "a "})),
        ("matches-three-dots", json!({"argument": "a", "matches": "a/.../b"})),
        ("matches-colon-first", json!({"argument": "a", "matches": "a/:b"})),
        ("matches-escape-not-needed", json!({"argument": "a", "matches": "a%2Fb"})),
        ("matches-escape-lower-case", json!({"argument": "a", "matches": "a%3fb"})),
    ];
    for (name, condition) in cases {
        invalid(to, &format!("condition-{name}"), "", &when(condition));
    }
    let many = vec![json!({"argument": "a", "present": true}); 257];
    invalid(to, "257-conditions", "", &statement(json!({"when": many})));
    for (name, value) in
        [("nan", f64::NAN), ("infinity", f64::INFINITY), ("minus-infinity", f64::NEG_INFINITY)]
    {
        let condition = Cbor::Map(vec![(0, Cbor::text("a")), (4, Cbor::Float(value))]);
        let Cbor::Map(mut fields) = policy::statement(&mail()[0]) else { unreachable!() };
        fields.push((7, Cbor::List(vec![condition])));
        let block = Block::root(mail()).set(1, Cbor::List(vec![Cbor::Map(fields)]));
        invalid(to, &format!("condition-{name}"), "not a finite number", &root(block));
    }
}
