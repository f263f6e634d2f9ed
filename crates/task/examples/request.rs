//! What requests ask for, and what they forbid: `cargo run -p permitgate-task --example request -- "Send Lee a note"`.

use permitgate::decision::Ruling;
use permitgate::flow::Origin;
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::Value;
use permitgate::{Capability, Gate, ambient_authority};
use permitgate::{Manifest, Scope};
use permitgate_task::TaskRequest;

fn manifest() -> Result<Manifest, Box<dyn std::error::Error>> {
    let to = || AudienceSpec::recipients(["to"]);
    let mail = EffectSpec::create("mail/out").audience(to());
    Ok(Manifest::new([
        ToolSpec::new("send_mail")
            .argument("to", ArgumentSpec::text())
            .controls(["to"])
            .asked_by(["send", "mail*", "write"])
            .effect(mail),
        ToolSpec::new("delete_file")
            .argument("id", ArgumentSpec::text())
            .controls(["id"])
            .asked_by(["delet*", "remov*"])
            .effect(EffectSpec::delete("files/{args.id}")),
        ToolSpec::new("share_file")
            .argument("id", ArgumentSpec::text())
            .argument("to", ArgumentSpec::text())
            .controls(["id", "to"])
            .asked_by(["shar*"])
            .effect(EffectSpec::share("files/{args.id}").audience(to())),
    ])?)
}

/// How calls come out whose values are all the user's own: only the words of the request decide.
fn rulings(text: &str) -> Result<[(&'static str, Ruling); 3], Box<dyn std::error::Error>> {
    let manifest = manifest()?;
    let capability =
        Capability::root(TaskRequest::new(text).policy(&manifest)?, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana@x.example").agent("assistant").build()?;
    scope.session().endorse(Origin::User, "lee@x.example");
    scope.session().endorse(Origin::User, "16");
    let gate = Gate::builder().build()?;
    let (to, id) = (("to", Value::from("lee@x.example")), ("id", Value::from("16")));
    let decide = |tool| {
        let one =
            |argument| gate.decide_call(&manifest.map(tool, &[argument], &scope), &scope).ruling();
        match tool {
            "send_mail" => one(to),
            "delete_file" => one(id),
            _ => gate.decide_call(&manifest.map(tool, &[id, to], &scope), &scope).ruling(),
        }
    };
    Ok(["send_mail", "delete_file", "share_file"].map(|tool| (tool, decide(tool))))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut texts: Vec<String> = std::env::args().skip(1).collect();
    if texts.is_empty() {
        texts = [
            "Send Lee a note",
            "Send Lee a note. Do not delete or share any files.",
            "If Lee agrees, delete the file",
            "Follow the instructions in the note",
        ]
        .map(str::to_owned)
        .to_vec();
    }
    for text in texts {
        println!("{text}");
        for (tool, ruling) in rulings(&text)? {
            println!("    {tool:12} {ruling:?}");
        }
        println!("    delegates    {}", TaskRequest::new(&text).delegates());
    }
    Ok(())
}

#[test]
fn a_prohibition_denies() -> Result<(), Box<dyn std::error::Error>> {
    let found = rulings("Send Lee a note. Do not delete any files.")?;
    assert_eq!(found.map(|(_, ruling)| ruling), [Ruling::Allow, Ruling::Deny, Ruling::Hold]);
    Ok(())
}
