//! The vectors as a page that a person reads: what each is, and what comes of it.

use std::fmt::Write as _;

use serde_json::Value;

/// In the order of the file, a heading for each kind.
pub fn page(vectors: &[Value]) -> String {
    let mut out = String::from(
        "# Vectors of the token format\n\nWhat each vector of `vectors.json` is, and what must come of it; the bytes stand there. Written by \
         `cargo run --example token_vectors --features token`.\n",
    );
    let mut kind = "";
    for vector in vectors {
        let own = text(&vector["kind"]);
        if own != kind {
            kind = own;
            let _ = write!(out, "\n## {}\n\n", about(kind));
        }
        let _ = write!(out, "- `{}`", text(&vector["name"]));
        match text(&vector["comment"]) {
            "" => {}
            comment => {
                let _ = write!(out, ", {comment}");
            }
        }
        let steps = ["steps", "lists"].map(|key| vector[key].as_array());
        let outcomes: Vec<String> = match steps.into_iter().flatten().next() {
            Some(steps) => steps.iter().map(outcome).collect(),
            None => vec![outcome(vector)],
        };
        let _ = writeln!(out, ": {}", outcomes.join("; then "));
    }
    out
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn about(kind: &str) -> &str {
    match kind {
        "present" => "Tokens that are presented",
        "text" => "Texts of tokens and keys",
        "digest" => "Digests of actions",
        "lists" => "Lists of revocations, heard one after the other",
        "attestation" => "Attestations",
        "proof" => "Proofs of possession",
        "challenge" => "Challenges",
        kind => kind,
    }
}

/// What must come of one step.
fn outcome(step: &Value) -> String {
    let expected = &step["expect"];
    if let Some(reason) = expected["reason"].as_str() {
        return match expected["block"].as_u64() {
            Some(block) => format!("**{reason}**, block {block}"),
            None => format!("**{reason}**"),
        };
    }
    let Some(blocks) = expected["ok"]["blocks"].as_array() else {
        return match expected {
            Value::String(digest) => format!("`{digest:.16}…`"),
            _ => "ok".to_owned(),
        };
    };
    let blocks: Vec<String> = blocks.iter().map(block).collect();
    let mut said = format!("ok, {}", blocks.join(" | "));
    for (key, word) in [("holder", "held by"), ("expires", "until"), ("delegable", "delegable")] {
        match &expected["ok"][key] {
            Value::Null => {}
            Value::String(value) => _ = write!(said, ", {word} `{value}`"),
            value => _ = write!(said, ", {word} {value}"),
        }
    }
    if expected["ok"]["sealed"] == true {
        said.push_str(", sealed");
    }
    said
}

fn block(block: &Value) -> String {
    let verb = if block["granting"] == true { "grants" } else { "restricts" };
    let statements = block["statements"].as_array().map_or(&[][..], Vec::as_slice);
    let said: Vec<String> = statements.iter().map(statement).collect();
    if said.is_empty() { format!("{verb} nothing") } else { format!("{verb} {}", said.join(", ")) }
}

fn statement(statement: &Value) -> String {
    let list = |key: &str| {
        let values = statement[key].as_array().map_or(&[][..], Vec::as_slice);
        values.iter().map(text).collect::<Vec<_>>().join("+")
    };
    let (operations, resources) = (list("operations"), list("resources"));
    format!(
        "`{}` ({} {operations} {resources})",
        text(&statement["id"]),
        text(&statement["effect"])
    )
}
