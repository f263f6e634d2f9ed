//! Revocation lists.

use serde_json::{Value, json};

use super::cbor::{Cbor, wide};
use super::chain::signed;
use super::crypto::{Key, hex};
use super::{NOW, refused};

/// A revocation list in the making.
#[derive(Clone)]
pub struct List {
    fields: [u64; 3],
    entries: [Vec<Cbor>; 3],
}

impl List {
    pub fn new(sequence: u64, after: u64, issued: u64) -> Self {
        Self { fields: [sequence, after, issued], entries: Default::default() }
    }

    pub fn subtree(mut self, id: &[u8]) -> Self {
        self.entries[0].push(Cbor::bytes(id));
        self
    }

    pub fn key(mut self, id: &[u8]) -> Self {
        self.entries[1].push(Cbor::bytes(id));
        self
    }

    pub fn holder(mut self, name: &str) -> Self {
        self.entries[2].push(Cbor::text(name));
        self
    }

    fn fields(&self) -> Vec<(u64, Cbor)> {
        let numbers = (0..).zip(self.fields.map(|number| Cbor::Int(number.into())));
        let lists = (3..).zip(self.entries.clone()).filter(|(_, list)| !list.is_empty());
        numbers.chain(lists.map(|(key, list)| (key, Cbor::List(list)))).collect()
    }

    pub fn bytes(&self) -> Vec<u8> {
        list_of(Cbor::Map(self.fields()).encode(), &Key::of("operator"))
    }
}

fn list_of(body: Vec<u8>, by: &Key) -> Vec<u8> {
    signed(b"permitgate/revocations/1\0", body, by)
}

pub fn add(to: &mut Vec<Value>) {
    let operator = Key::of("operator");
    let mut read = |name: &str, comment: &str, lists: &[(Vec<u8>, &str)]| {
        let lists: Vec<Value> = lists
            .iter()
            .map(|(list, expect)| {
                let expect =
                    if *expect == "ok" { json!({"ok": {}}) } else { refused(expect, None) };
                json!({"list": hex(list), "now": NOW, "expect": expect})
            })
            .collect();
        to.push(json!({"name": name, "comment": comment, "kind": "lists", "signer": hex(&operator.public()), "lists": lists}));
    };
    let full = List::new(3, 0, NOW).subtree(&[1; 16]).key(&[2; 16]).holder("rogue").holder("rogue");
    read(
        "list",
        "all kinds of entries, then one that revokes nothing new",
        &[(full.bytes(), "ok"), (List::new(4, 3, NOW).bytes(), "ok")],
    );
    read(
        "list-old",
        "the same number, a smaller one, an earlier moment",
        &[
            (full.bytes(), "ok"),
            (full.bytes(), "old-list"),
            (List::new(2, 0, NOW + 1).bytes(), "old-list"),
            (List::new(4, 3, NOW - 1).bytes(), "old-list"),
            (List::new(0, 0, NOW).bytes(), "old-list"),
        ],
    );
    read(
        "list-gap",
        "one is missing between; a complete one closes the gap",
        &[
            (List::new(2, 1, NOW).bytes(), "list-gap"),
            (List::new(1, 0, NOW).bytes(), "ok"),
            (List::new(3, 2, NOW).bytes(), "list-gap"),
            (List::new(5, 0, NOW).bytes(), "ok"),
            (List::new(6, 4, NOW).bytes(), "ok"),
        ],
    );
    let body = |fields: Vec<(u64, Cbor)>| list_of(Cbor::Map(fields).encode(), &operator);
    let fields = || full.fields();
    let good = full.bytes();
    let mut wrong =
        |name: &str, comment: &str, list: Vec<u8>| read(name, comment, &[(list, "wrong-list")]);
    wrong("list-of-stranger", "", list_of(Cbor::Map(fields()).encode(), &Key::of("stranger")));
    wrong(
        "list-in-other-domain",
        "signed as an attestation",
        signed(b"permitgate/attestation/1\0", Cbor::Map(fields()).encode(), &operator),
    );
    wrong("list-one-byte-more", "", [&good[..], &[0]].concat());
    wrong("list-cut-short", "", good[..good.len() - 1].to_vec());
    wrong("list-empty", "", Vec::new());
    wrong("list-body-empty", "", list_of(Vec::new(), &operator));
    wrong(
        "list-body-one-byte-more",
        "",
        list_of([Cbor::Map(fields()).encode(), vec![0]].concat(), &operator),
    );
    wrong(
        "list-without-issued",
        "",
        body(fields().into_iter().filter(|(key, _)| *key != 2).collect()),
    );
    wrong(
        "list-unknown-field",
        "",
        body(fields().into_iter().chain([(6, Cbor::Int(0))]).collect()),
    );
    wrong(
        "list-empty-entries",
        "an empty list that is written",
        body(
            List::new(1, 0, NOW)
                .fields()
                .into_iter()
                .chain([(3, Cbor::List(Vec::new()))])
                .collect(),
        ),
    );
    wrong("list-id-15-bytes", "", List::new(1, 0, NOW).subtree(&[1; 15]).bytes());
    let mut long = List::new(1, 0, NOW).fields();
    long[0].1 = Cbor::Raw(wide(0, 1, 4));
    wrong("list-number-long", "", body(long));
}
