//! Bytes that are not of the one form, of a block that is signed as it stands.

use serde_json::Value;

use super::cbor::{Cbor, head, wide};
use super::chain::{Block, Chain, mail, no};
use super::crypto::{Key, nonce, unhex};
use super::{MALFORMED, NOT_CANONICAL, policy, refuse};

pub fn add(to: &mut Vec<Value>) {
    fields(to);
    heads(to);
    values(to);
    keys(to);
}

/// A root whose body is this, signed as it stands.
fn root(body: Vec<u8>) -> Vec<u8> {
    Chain::public().add_body(body, &Key::of("next 0")).token()
}

/// The fields of a root that is in order.
fn plain() -> Vec<(u64, Cbor)> {
    Block::root(mail()).set(13, Cbor::bytes(Key::of("next 0").public())).fields()
}

/// A root with this field.
fn with(key: u64, value: Cbor) -> Vec<u8> {
    let root = Block::root(mail()).set(13, Cbor::bytes(Key::of("next 0").public()));
    self::root(Cbor::Map(root.set(key, value).fields()).encode())
}

fn fields(to: &mut Vec<Value>) {
    let at = Some(0);
    let encoded = |fields: Vec<(u64, Cbor)>| root(Cbor::Map(fields).encode());
    let body = Cbor::Map(plain()).encode();

    refuse(to, "body-empty", "", &root(Vec::new()), MALFORMED, at);
    refuse(to, "body-one-byte-more", "", &root([&body[..], &[0]].concat()), NOT_CANONICAL, at);
    refuse(to, "body-cut-short", "", &root(body[..body.len() - 1].to_vec()), MALFORMED, at);
    let open = [&[0xBF][..], &body[1..], &[0xFF]].concat();
    refuse(to, "body-of-no-length", "a map of indefinite length", &root(open), MALFORMED, at);
    let array = [&[0x83][..], &body[1..]].concat();
    refuse(to, "body-an-array", "", &root(array), MALFORMED, at);
    refuse(to, "unknown-field", "14 is no field", &with(14, Cbor::Int(0)), MALFORMED, at);
    refuse(
        to,
        "field-text",
        "a key that is text",
        &root([&[0xA1][..], &[0x61, b'0', 0x00]].concat()),
        MALFORMED,
        at,
    );
    let mut fields = plain();
    fields.swap(0, 1);
    refuse(to, "fields-out-of-order", "1 before 0", &encoded(fields), MALFORMED, at);
    let mut fields = plain();
    fields.insert(1, fields[0].clone());
    refuse(to, "field-twice", "0 twice", &encoded(fields), MALFORMED, at);
    let both = with(2, policy::statements(&no("delete")));
    refuse(to, "grants-and-restricts", "fields 1 and 2", &both, MALFORMED, at);
    let missing = Cbor::Map(vec![(0, Cbor::text("id")), (1, Cbor::Int(2))]);
    refuse(
        to,
        "statement-without-operations",
        "",
        &with(1, Cbor::List(vec![missing])),
        MALFORMED,
        at,
    );
    let missing = Cbor::Map(vec![(1, Cbor::Int(2)), (2, Cbor::Int(1))]);
    refuse(to, "statement-without-id", "", &with(1, Cbor::List(vec![missing])), MALFORMED, at);
    refuse(
        to,
        "condition-without-argument",
        "",
        &when(Cbor::Map(vec![(3, Cbor::Bool(true))])),
        MALFORMED,
        at,
    );
    let no_test = Cbor::Map(vec![(0, Cbor::text("a")), (1, Cbor::Bool(true))]);
    refuse(to, "condition-no-test", "", &when(no_test), MALFORMED, at);
    let nameless = Cbor::Map(vec![(2, Cbor::Int(1)), (4, Cbor::Int(1))]);
    refuse(to, "budget-without-name", "", &with(8, Cbor::List(vec![nameless])), MALFORMED, at);
    let limitless = Cbor::Map(vec![(0, Cbor::text("b")), (4, Cbor::Int(1))]);
    refuse(to, "budget-without-limit", "", &with(8, Cbor::List(vec![limitless])), MALFORMED, at);

    for (name, key) in [("budgets", 8), ("rights", 9), ("keeping", 10), ("demands", 12)] {
        let token = with(key, Cbor::List(Vec::new()));
        refuse(
            to,
            &format!("empty-{name}"),
            "an empty list that is written",
            &token,
            NOT_CANONICAL,
            at,
        );
    }
    refuse(
        to,
        "not-before-0",
        "a default that is written",
        &with(3, Cbor::Int(0)),
        NOT_CANONICAL,
        at,
    );
    refuse(
        to,
        "expires-never",
        "a default that is written",
        &with(4, Cbor::Int(u64::MAX.into())),
        NOT_CANONICAL,
        at,
    );
    for (name, key) in [("tools", 3), ("resources", 4), ("when", 7)] {
        let token = statement(key, Cbor::List(Vec::new()));
        refuse(
            to,
            &format!("empty-{name}"),
            "an empty list that is written",
            &token,
            NOT_CANONICAL,
            at,
        );
    }
    refuse(to, "flag-of-statement-false", "", &statement(8, Cbor::Bool(false)), NOT_CANONICAL, at);
    let not = Cbor::Map(vec![(0, Cbor::text("a")), (1, Cbor::Bool(false)), (3, Cbor::Bool(true))]);
    refuse(to, "flag-of-condition-false", "", &when(not), NOT_CANONICAL, at);

    let right = |name: &str| Cbor::List(vec![Cbor::text(name), policy::statements(&mail())]);
    let token = with(9, Cbor::List(vec![right("b"), right("a")]));
    refuse(to, "rights-unsorted", "", &token, NOT_CANONICAL, at);
    let token = with(9, Cbor::List(vec![right("a"), right("a")]));
    refuse(to, "right-twice", "", &token, NOT_CANONICAL, at);
    let token = with(10, Cbor::texts(&["a", "a"]));
    refuse(
        to,
        "keeping-twice",
        "found before it is found to be misplaced",
        &token,
        NOT_CANONICAL,
        at,
    );
    let token = with(10, Cbor::texts(&["b", "a"]));
    refuse(to, "keeping-unsorted", "", &token, NOT_CANONICAL, at);
}

/// A root whose only statement has this field.
fn statement(key: u64, value: Cbor) -> Vec<u8> {
    let Cbor::Map(mut fields) = policy::statement(&mail()[0]) else { unreachable!() };
    fields.retain(|(other, _)| *other != key);
    fields.push((key, value));
    fields.sort_by_key(|(key, _)| *key);
    with(1, Cbor::List(vec![Cbor::Map(fields)]))
}

/// A root whose only statement has this condition.
fn when(condition: Cbor) -> Vec<u8> {
    statement(7, Cbor::List(vec![condition]))
}

/// A root with a condition that compares with this.
fn equals(value: Cbor) -> Vec<u8> {
    when(Cbor::Map(vec![(0, Cbor::text("a")), (4, value)]))
}

fn heads(to: &mut Vec<Value>) {
    let at = Some(0);
    let body = Cbor::Map(plain()).encode();
    let long = [&wide(5, 3, 1)[..], &body[1..]].concat();
    refuse(to, "map-head-long", "", &root(long), NOT_CANONICAL, at);
    let long = [&[0xA3][..], &wide(0, 0, 1), &body[2..]].concat();
    refuse(to, "field-key-long", "0 in two bytes", &root(long), NOT_CANONICAL, at);
    let text = |bytes| Cbor::Raw([&wide(3, 1, bytes)[..], b"a"].concat());
    for bytes in [1, 2, 4, 8] {
        let name = format!("text-head-{bytes}");
        refuse(
            to,
            &name,
            "a length of 1, longer than it must be",
            &with(5, text(bytes)),
            NOT_CANONICAL,
            at,
        );
    }
    refuse(
        to,
        "number-long",
        "23 in two bytes",
        &with(3, Cbor::Raw(wide(0, 23, 1))),
        NOT_CANONICAL,
        at,
    );
    refuse(
        to,
        "small-number-long",
        "delegable in eight bytes",
        &with(7, Cbor::Raw(wide(0, 3, 8))),
        NOT_CANONICAL,
        at,
    );
    refuse(
        to,
        "negative-long",
        "-1 in two bytes",
        &equals(Cbor::Raw(wide(1, 0, 1))),
        NOT_CANONICAL,
        at,
    );
    let list = Cbor::Raw([wide(4, 1, 1), policy::statement(&mail()[0]).encode()].concat());
    refuse(to, "list-head-long", "", &with(1, list), NOT_CANONICAL, at);
    let nonce = [wide(2, 16, 1), nonce("root").to_vec()].concat();
    refuse(to, "bytes-head-long", "", &with(0, Cbor::Raw(nonce)), NOT_CANONICAL, at);
    refuse(
        to,
        "reserved-head",
        "additional information 28",
        &with(3, Cbor::Raw(vec![0x1C])),
        MALFORMED,
        at,
    );
    let later =
        Chain::public().add(Block::root(mail())).add(Block::new().set(3, Cbor::Raw(wide(0, 1, 1))));
    refuse(to, "later-number-long", "of a later block", &later.token(), NOT_CANONICAL, Some(1));
    let later = Chain::public().add(Block::root(mail())).add(Block::new().set(14, Cbor::Int(1)));
    refuse(to, "later-unknown-field", "of a later block", &later.token(), MALFORMED, Some(1));
}

fn values(to: &mut Vec<Value>) {
    let at = Some(0);
    let mut malformed = |name: &str, comment: &str, token: Vec<u8>| {
        refuse(to, name, comment, &token, MALFORMED, at)
    };
    malformed("nonce-15-bytes", "", with(0, Cbor::bytes(&nonce("root")[..15])));
    malformed("nonce-text", "", with(0, Cbor::text("0123456789abcdef")));
    malformed("expires-negative", "", with(4, Cbor::Int(-1)));
    malformed("expires-float", "", with(4, Cbor::Float(1.0)));
    malformed("expires-tagged", "a tag for an epoch", with(4, Cbor::Raw(vec![0xC1, 0x01])));
    malformed("holder-null", "absent is absent", with(5, Cbor::Raw(vec![0xF6])));
    malformed("holder-bytes", "", with(5, Cbor::bytes(b"a")));
    malformed("holder-no-utf8", "", with(5, Cbor::Raw(vec![0x61, 0xFF])));
    malformed(
        "holder-surrogate",
        "half of a pair in UTF-8",
        with(5, Cbor::Raw(vec![0x63, 0xED, 0xA0, 0x80])),
    );
    malformed("holder-in-chunks", "", with(5, Cbor::Raw(vec![0x7F, 0x61, b'a', 0xFF])));
    malformed("delegable-256", "", with(7, Cbor::Int(256)));
    malformed("statements-a-map", "", with(1, Cbor::Map(Vec::new())));
    malformed("statements-of-no-length", "", with(1, Cbor::Raw(vec![0x9F, 0xFF])));
    malformed(
        "claims-many-statements",
        "a length without what it says",
        with(1, Cbor::Raw(head(4, u64::MAX))),
    );
    malformed(
        "claims-much-text",
        "a length without what it says",
        with(5, Cbor::Raw(head(3, u64::MAX))),
    );
    malformed("effect-3", "", statement(1, Cbor::Int(3)));
    malformed("operations-128", "a bit that is no operation", statement(2, Cbor::Int(128)));
    malformed("operations-256", "more than a byte", statement(2, Cbor::Int(256)));
    malformed("flag-a-number", "", statement(8, Cbor::Int(1)));
    malformed("unknown-field-of-statement", "", statement(10, Cbor::Int(1)));
    malformed("reader-of-no-kind", "", statement(5, Cbor::texts(&["grp:legal"])));
    malformed("reader-without-name", "", statement(5, Cbor::texts(&["group:"])));
    malformed("reader-with-line-break", "", statement(5, Cbor::texts(&["group:a\nb"])));
    malformed("reader-person-of-stars", "", statement(5, Cbor::texts(&["principal:*@a.example"])));
    malformed("reader-domain-of-stars", "", statement(6, Cbor::texts(&["domain:*.example"])));
    malformed("reader-domain-with-at", "", statement(5, Cbor::texts(&["domain:@a.example"])));
    malformed("reader-domain-with-dots", "", statement(5, Cbor::texts(&["domain:a..example"])));
    malformed("reader-upper-case", "", statement(6, Cbor::texts(&["Public"])));
    malformed(
        "endorsed-by-nobody",
        "no origin at all",
        when(Cbor::Map(vec![(0, Cbor::text("a")), (10, Cbor::Int(0))])),
    );
    malformed(
        "endorsed-16",
        "a bit that is no origin",
        when(Cbor::Map(vec![(0, Cbor::text("a")), (10, Cbor::Int(16))])),
    );
    malformed(
        "test-of-sql-verbs",
        "9 held one once",
        when(Cbor::Map(vec![(0, Cbor::text("a")), (9, Cbor::texts(&["select"]))])),
    );
    malformed("equals-half", "a float of two bytes", equals(Cbor::Raw(vec![0xF9, 0x3C, 0x00])));
    malformed(
        "equals-single",
        "a float of four bytes",
        equals(Cbor::Raw(vec![0xFA, 0x3F, 0x80, 0x00, 0x00])),
    );
    malformed("equals-null", "", equals(Cbor::Raw(vec![0xF6])));
    malformed("equals-undefined", "", equals(Cbor::Raw(vec![0xF7])));
    malformed("equals-bytes", "", equals(Cbor::bytes(b"a")));
    malformed("equals-list", "", equals(Cbor::List(Vec::new())));
    malformed("equals-big", "a big number", equals(Cbor::Raw(unhex("c249010000000000000000"))));
    malformed("equals-too-negative", "-2^63 - 1", equals(Cbor::Raw(unhex("3b8000000000000000"))));
    malformed(
        "demand-a-pair",
        "",
        with(
            12,
            Cbor::List(vec![Cbor::List(vec![Cbor::text("c"), Cbor::bytes(Key::of("a").public())])]),
        ),
    );
    malformed("binding-2", "", demand(&Key::of("a").public(), 2));
    malformed("right-a-text", "", with(9, Cbor::texts(&["a"])));
}

fn demand(attester: &[u8; 32], binding: i128) -> Vec<u8> {
    let demand = vec![Cbor::text("claim"), Cbor::bytes(attester), Cbor::Int(binding)];
    with(12, Cbor::List(vec![Cbor::List(demand)]))
}

fn keys(to: &mut Vec<Value>) {
    let little = |first: u8, rest: u8, last: u8| {
        let mut key = [rest; 32];
        (key[0], key[31]) = (first, last);
        key
    };
    let bad = [
        ("zero-point", "the neutral point, of order 1", little(1, 0, 0)),
        ("order-2", "the point of order 2", little(0xEC, 0xFF, 0x7F)),
        ("order-4", "a point of order 4", little(0, 0, 0)),
        ("order-4-negative", "the other one", little(0, 0, 0x80)),
        (
            "not-reduced",
            "the coordinate is 3 + p, where 3 would be a point",
            little(0xF0, 0xFF, 0x7F),
        ),
        ("not-reduced-negative", "the coordinate is 18 + p", little(0xFF, 0xFF, 0xFF)),
        ("no-point", "the coordinate is 2, which is no point's", little(2, 0, 0)),
    ];
    for (name, comment, key) in bad {
        refuse(
            to,
            &format!("holder-key-{name}"),
            comment,
            &with(6, Cbor::bytes(key)),
            MALFORMED,
            Some(0),
        );
        refuse(to, &format!("attester-{name}"), comment, &demand(&key, 0), MALFORMED, Some(0));
    }
    let short = with(6, Cbor::bytes(&Key::of("holder").public()[..31]));
    refuse(to, "holder-key-31-bytes", "", &short, MALFORMED, Some(0));
}
