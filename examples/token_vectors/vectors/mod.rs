//! The test vectors, written by hand: no line here calls the crate that they test. Bytes are put together by a
//! writer of its own, keys and nonces are fixed, and what is expected stands beside what is sent.

mod attestations;
mod blocks;
mod cbor;
mod chain;
mod chains;
pub mod crypto;
mod digests;
mod envelope;
mod form;
mod good;
mod lists;
mod now;
mod policy;
mod proofs;
mod readable;
mod text;

use serde_json::{Value, json};

use chain::Chain;
use crypto::{Key, hex, key_id_of_secret};

const MALFORMED: &str = "malformed";
const NOT_CANONICAL: &str = "not-canonical";

/// The moment of most vectors.
pub const NOW: u64 = 1_800_000_000_000;

/// The name of the verifier.
pub const VERIFIER: &str = "gateway";

/// The file and the page beside it, as they are checked in.
pub fn files() -> [(&'static str, String); 2] {
    let mut vectors = Vec::new();
    good::add(&mut vectors);
    envelope::add(&mut vectors);
    form::add(&mut vectors);
    chains::add(&mut vectors);
    blocks::add(&mut vectors);
    now::add(&mut vectors);
    proofs::add(&mut vectors);
    attestations::add(&mut vectors);
    lists::add(&mut vectors);
    digests::add(&mut vectors);
    text::add(&mut vectors);
    let about = "Test vectors of the token format, version 1. Written by examples/token_vectors; src/manual/token-format.md says \
                 what they mean. Bytes are hexadecimal; {\"hex\": h, \"zeros\": n} stands for h and n zero bytes.";
    let mut out = String::new();
    print(&json!({"about": about, "verifier": VERIFIER, "vectors": vectors}), 0, &mut out);
    out.push('\n');
    [("vectors.json", out), ("vectors.md", readable::page(&vectors))]
}

/// What an example is called, and what it is about.
pub struct Case {
    name: String,
    comment: String,
    trust: Value,
    revocations: Value,
    steps: Vec<Value>,
}

impl Case {
    pub fn new(name: impl Into<String>, comment: impl Into<String>) -> Self {
        let trust = json!([
            {"public": hex(&Key::of("issuer").public())},
            {"shared": hex(&crypto::secret("shared"))},
        ]);
        let (name, comment) = (name.into(), comment.into());
        Self { name, comment, trust, revocations: Value::Null, steps: Vec::new() }
    }

    pub fn trust(mut self, trust: Value) -> Self {
        self.trust = trust;
        self
    }

    pub fn revocations(mut self, revocations: Value) -> Self {
        self.revocations = revocations;
        self
    }

    /// Presents bytes; `more` are the fields beside token, time and expectation.
    pub fn step(mut self, token: &[u8], more: Value, expect: Value) -> Self {
        let mut step = json!({"token": hex(token), "now": NOW, "expect": expect});
        if let (Some(step), Value::Object(more)) = (step.as_object_mut(), more) {
            step.extend(more);
        }
        self.steps.push(step);
        self
    }

    pub fn add(self, to: &mut Vec<Value>) {
        let Self { name, comment, trust, revocations, steps } = self;
        let mut case = json!({"name": name, "comment": comment, "kind": "present", "trust": trust, "steps": steps});
        if !revocations.is_null() {
            case["revocations"] = revocations;
        }
        to.push(case);
    }
}

/// Adds a token that is refused, alone and now.
pub fn refuse(
    to: &mut Vec<Value>,
    name: &str,
    comment: &str,
    token: &[u8],
    reason: &str,
    block: Option<usize>,
) {
    Case::new(name, comment).step(token, json!({}), refused(reason, block)).add(to);
}

pub fn refused(reason: &str, block: Option<usize>) -> Value {
    json!({"reason": reason, "block": block})
}

/// What an accepted chain means, as far as its blocks say nothing else.
pub fn accepted(chain: &Chain, but: Value) -> Value {
    let blocks: Vec<Value> = chain
        .links
        .iter()
        .zip(&chain.statements)
        .map(|(link, (granting, statements))| {
            json!({"id": hex(&link[..16]), "granting": granting, "statements": statements})
        })
        .collect();
    let mut summary = json!({
        "issuer": hex(&chain.issuer),
        "blocks": blocks,
        "link": hex(chain.link()),
        "holder": null,
        "holder_key": null,
        "sealed": false,
        "not_before": 0,
        "expires": null,
        "delegable": 64 - chain.links.len(),
        "hand_on": [],
        "budgets": [],
    });
    if let (Some(summary), Value::Object(but)) = (summary.as_object_mut(), but) {
        summary.extend(but);
    }
    json!({"ok": summary})
}

/// The issuer of shared-secret chains.
pub fn shared_id() -> [u8; 16] {
    key_id_of_secret(&crypto::secret("shared"))
}

/// JSON with its keys in order, so that the file does not depend on how maps are kept.
fn print(value: &Value, depth: usize, out: &mut String) {
    let newline = |depth: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&" ".repeat(depth));
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            for (place, name) in names.into_iter().enumerate() {
                out.push(if place == 0 { '{' } else { ',' });
                newline(depth + 1, out);
                out.push_str(&format!("{}: ", Value::from(name.as_str())));
                print(&fields[name], depth + 1, out);
            }
            newline(depth, out);
            out.push('}');
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (place, item) in items.iter().enumerate() {
                out.push(if place == 0 { '[' } else { ',' });
                newline(depth + 1, out);
                print(item, depth + 1, out);
            }
            newline(depth, out);
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}
