//! Loads a policy file, with the tests in it, and decides two calls by it:
//! `cargo run -p permitgate-files --example decide`.

use std::error::Error;
use std::path::Path;

use permitgate::model::Value;
use permitgate::prelude::*;
use permitgate_files::Bundle;

fn main() -> Result<(), Box<dyn Error>> {
    for line in decided()? {
        println!("{line}");
    }
    Ok(())
}

/// One line for each call: the decision as the model is told it.
fn decided() -> Result<Vec<String>, Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/policy.toml");
    let bundle = Bundle::load(file)?;
    let gate = bundle.gate().build()?;
    let capability = bundle.capability(ambient_authority());
    // The session begins with what the tests of the file have: the names of the directory, and what is Dana's own.
    let session = bundle.ground().session_of("dana@example.com");
    let scope = Scope::builder(&capability)
        .invoker("dana@example.com")
        .agent("assistant")
        .session(&session)
        .build()?;
    let calls = ["lee@example.com", "fay@elsewhere.example"].map(|to| {
        let arguments = [("to", Value::from(to)), ("body", Value::from("Lunch?"))];
        let call = bundle.manifest().map("send_mail", &arguments, &scope);
        format!("mail to {to}: {}", gate.decide_call(&call, &scope))
    });
    Ok(calls.into())
}

#[test]
fn the_policy_tells_colleagues_from_others() {
    let lines = decided().unwrap();
    assert!(lines[0].starts_with("mail to lee@example.com: allow: "), "{}", lines[0]);
    let denied = "mail to fay@elsewhere.example: deny: it is permitted only for a smaller audience \
                  (statement `mail-inside` of the capability), not for `fay@elsewhere.example` (recipient 1), \
                  whom the directory does not know";
    assert_eq!(lines[1], denied);
}
