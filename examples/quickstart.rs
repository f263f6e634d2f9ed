//! The quickstart of the README, word for word; the first test below compares the two.

use permitgate::Directory;
use permitgate::gate::Halt;
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::{ArgumentError, Readers, Value};
use permitgate::prelude::*;

#[derive(serde::Deserialize)]
struct Mail<'a> {
    to: Vec<&'a str>,
    body: &'a str,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What a call of the tool means: every argument, what it writes to, and who will see it.
    let manifest = Manifest::new([ToolSpec::new("send_mail")
        .argument("to", ArgumentSpec::list(ArgumentSpec::text()))
        .argument("body", ArgumentSpec::text().no_effect())
        .effect(
            EffectSpec::create("mail/{invoker}/outbox").audience(AudienceSpec::recipients(["to"])),
        )])?;
    // What agents may do, and for whom this one works.
    let policy = Policy::new([Statement::permit("mail-colleagues")
        .operations(Operation::Create)
        .resources(["mail/{invoker}/outbox"])
        .readers(Readers::internal())])?;
    let capability = Capability::root(policy, ambient_authority());
    let scope =
        Scope::builder(&capability).invoker("dana@example.com").agent("assistant").build()?;
    let directory = Directory::builder()
        .organisation_domain("example.com")
        .principal("dana@example.com")
        .principal("lee@example.com")
        .build()?;
    let gate = Gate::builder().directory(directory).build()?;

    // The tool, wrapped: it runs only if the gate allows exactly this call, and gets what was allowed.
    let tools = ToolGate::new(gate.clone(), manifest, scope);
    let send = |to: &str| {
        let to = [Value::from(to)];
        let arguments = [("to", Value::List(&to)), ("body", Value::from("See you at nine."))];
        tools.call_blocking("send_mail", &arguments, |call| {
            let mail: Mail<'_> = call.arguments()?;
            Ok::<_, ArgumentError>(format!("to {}: {}", mail.to.join(", "), mail.body))
        })
    };
    assert_eq!(send("lee@example.com")?, "to lee@example.com: See you at nine.");
    // The model hears why not.
    let refusal = send("mallory@evil.example").unwrap_err().to_string();
    assert!(refusal.contains("permitted only for a smaller audience"), "{refusal}");

    gate.halt(Halt::Agent("assistant")); // stop: in force at the very next decision
    assert!(send("lee@example.com").is_err());
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
