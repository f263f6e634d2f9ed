//! The quickstart of the README, word for word; the first test below compares the two.

use permitgate::Reason;
use permitgate::gate::{Halt, ToolHandle};
use permitgate::prelude::*;

/// A tool. It cannot be reached without a permit, and does what the permit says.
fn post(reply: &ToolHandle, permit: Permit<'_>) -> Result<String, Refusal> {
    let running = permit.begin(reply)?; // everything is checked again here
    let posted = format!("visible to {}", running.action().audience());
    running.done();
    Ok(posted)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = Policy::new([Statement::permit("answer") // to the invoker alone
        .operations(Operation::Create)
        .resources(["forum/*/replies"])])?;
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability)
        .invoker("dana@example.com") // the person it works for
        .agent("assistant")
        .build()?;
    let gate = Gate::builder().build()?;
    let reply = gate.tool("forum.reply", Operation::Create);

    // The model wants to answer in public. It hears why not, and what is allowed instead.
    let wish = reply.on("forum/8812/replies").visible_to(Audience::Public);
    let refusal = gate.authorize(&wish, &scope).unwrap_err();
    assert_eq!(refusal.reason(), Reason::AudienceTooWide);
    let nearest = gate.alternative(&wish, &scope).ok_or(refusal)?;
    let private = nearest.of(&wish);
    let permit = gate.authorize(&private, &scope)?;
    assert_eq!(post(&reply, permit)?, "visible to the invoker alone");

    gate.halt(Halt::Agent("assistant")); // stop: in force at the very next decision
    assert!(gate.authorize(&private, &scope).is_err());
    Ok(())
}

#[test]
fn it_runs() -> Result<(), Box<dyn std::error::Error>> {
    main()
}

#[test]
fn the_readme_shows_this_code() {
    let file = include_str!("quickstart.rs");
    let code = file.split_once("\n\n").and_then(|(_, rest)| rest.split_once("\n#[test]"));
    let block = format!("```rust\n{}```", code.map_or("", |(code, _)| code));
    assert!(include_str!("../README.md").contains(&block), "the README must hold\n{block}");
}
