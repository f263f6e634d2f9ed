//! The policy of a task: what needs to be asked for, which values it may act on, and what needs a person.

use permitgate::Arguments;
use permitgate::decision::Ruling;
use permitgate::flow::Origin;
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::{List, NoArguments, Value};
use permitgate::prelude::*;
use permitgate_task::TaskRequest;

use crate::world::{gate, scope_of};

/// A name, or a list of names.
fn names() -> ArgumentSpec {
    ArgumentSpec::any_of([ArgumentSpec::text(), ArgumentSpec::list(ArgumentSpec::text())])
}

fn manifest() -> Manifest {
    Manifest::new([
        ToolSpec::new("read_mail").effect(EffectSpec::read("mail/{invoker}")),
        ToolSpec::new("send_mail")
            .argument("to", names())
            .argument("cc", names().or_null().optional())
            .controls(["to", "cc"])
            .asked_by(["send", "mail*"])
            .effect(
                EffectSpec::create("mail/out").audience(AudienceSpec::recipients(["to", "cc"])),
            ),
        ToolSpec::new("fetch")
            .argument("url", ArgumentSpec::text())
            .controls(["url"])
            .asked_by(["visit"])
            .effect(EffectSpec::read("web").audience(AudienceSpec::host("url"))),
        ToolSpec::new("wipe").effect(EffectSpec::delete("mail")),
    ])
    .unwrap()
}

fn policy(request: &str, manifest: &Manifest) -> Policy {
    TaskRequest::new(request).policy(manifest).unwrap()
}

fn decide(request: &str, tool: &str, arguments: &dyn Arguments) -> Ruling {
    let manifest = manifest();
    let scope = scope_of(policy(request, &manifest));
    scope.session().endorse_words(Origin::User, request);
    gate().decide_call(&manifest.map(tool, arguments, &scope), &scope).ruling()
}

#[test]
fn a_write_needs_to_be_asked_for_and_its_controls_endorsed() {
    let lee = ("to", Value::from("lee@x.example"));
    let mallory = Value::from("mallory@evil.example");
    let both = [Value::from("lee@x.example"), mallory];
    let requests =
        ["Send a note to lee@x.example", "Please mail lee@x.example: hi", "MAIL lee@x.example"];
    for request in requests {
        let decide = |tool, arguments: &dyn Arguments| decide(request, tool, arguments);
        assert_eq!(decide("send_mail", &[lee]), Ruling::Allow, "{request}");
        assert_eq!(decide("send_mail", &[("to", mallory)]), Ruling::Hold, "{request}");
        assert_eq!(decide("send_mail", &[lee, ("cc", mallory)]), Ruling::Hold, "{request}");
        assert_eq!(decide("send_mail", &[("to", Value::List(&both))]), Ruling::Hold, "{request}");
        assert_eq!(decide("wipe", &NoArguments), Ruling::Hold, "{request}");
        assert_eq!(decide("read_mail", &NoArguments), Ruling::Allow, "{request}");
        assert_eq!(decide("reformat", &NoArguments), Ruling::Deny, "{request}");
    }
    for request in ["Tell lee@x.example", "resend lee@x.example", "email lee@x.example", ""] {
        assert_eq!(decide(request, "send_mail", &[lee]), Ruling::Hold, "{request}");
    }
    for request in ["Don't send lee@x.example anything", "No mails to lee@x.example"] {
        assert_eq!(decide(request, "send_mail", &[lee]), Ruling::Deny, "{request}");
        assert_eq!(decide(request, "read_mail", &NoArguments), Ruling::Allow, "{request}");
    }
    assert_eq!(decide("Do not wipe it", "wipe", &NoArguments), Ruling::Deny, "by its name");
}

#[test]
fn a_read_that_sends_something_out_is_like_a_write() {
    let url = |text| [("url", Value::from(text))];
    let request = "Visit https://docs.example.com/a and tell me what it says";
    assert_eq!(decide(request, "fetch", &url("https://docs.example.com/a")), Ruling::Allow);
    assert_eq!(decide(request, "fetch", &url("https://evil.example/?q=secret")), Ruling::Hold);
    assert_eq!(decide("Read it", "fetch", &url("https://docs.example.com/a")), Ruling::Hold);
    let request = "Do not visit https://docs.example.com/a";
    assert_eq!(decide(request, "fetch", &url("https://docs.example.com/a")), Ruling::Deny);
}

/// A tool that reads for the invoker and also sends: what it reads for the invoker needs nobody.
#[test]
fn a_private_read_of_a_tool_that_sends_is_permitted() {
    let tool = |asked_by: &[&str]| {
        ToolSpec::new("web")
            .argument("to", names().optional())
            .controls(["to"])
            .asked_by(asked_by.iter().copied())
            .effect(EffectSpec::read("web").audience(AudienceSpec::recipients(["to"])))
    };
    for asked_by in [&["look"][..], &[]] {
        let manifest = Manifest::new([tool(asked_by)]).unwrap();
        let scope = scope_of(policy("look", &manifest));
        let decide = |to: Value<'_>| {
            let arguments = [("to", to)];
            gate().decide_call(&manifest.map("web", &arguments, &scope), &scope).ruling()
        };
        let nobody: [Value<'_>; 0] = [];
        assert_eq!(decide(Value::List(&nobody)), Ruling::Allow, "{asked_by:?}");
        assert_eq!(decide(Value::from("x")), Ruling::Hold, "{asked_by:?}");
    }
}

#[test]
fn a_control_within_a_list_is_asked_of_each_element() {
    let user = ArgumentSpec::object([("user", ArgumentSpec::text())]);
    let tool = ToolSpec::new("share")
        .argument("with", ArgumentSpec::list(user))
        .controls(["with.*.user"])
        .asked_by(["share"])
        .effect(EffectSpec::share("doc"));
    let manifest = Manifest::new([tool]).unwrap();
    let scope = scope_of(policy("share it with lee", &manifest));
    scope.session().endorse_words(Origin::User, "share it with lee");
    let decide = |arguments: &dyn Arguments| {
        gate().decide_call(&manifest.map("share", arguments, &scope), &scope).ruling()
    };
    let (lee, mallory) = ([("user", Value::from("lee"))], [("user", Value::from("mallory"))]);
    let (lee, mallory) = (Value::Object(&lee), Value::Object(&mallory));
    assert_eq!(decide(&[("with", Value::List(&[lee]))]), Ruling::Allow);
    assert!(decide(&[("with", Value::List(&[lee, mallory]))]) > Ruling::Allow);
    assert!(decide(&[("with", mallory)]) > Ruling::Allow, "another shape is not left out");
}

#[test]
fn many_tools_make_a_valid_policy() {
    let tools = (0..1500).map(|number| {
        let name = format!("{number}-{}", "é".repeat(100));
        let tool = ["a", "b"]
            .iter()
            .fold(ToolSpec::new(name), |tool, name| tool.argument(*name, ArgumentSpec::text()))
            .controls(["a", "b"])
            .effect(EffectSpec::create("x"));
        if number % 3 == 0 { tool.asked_by(["go"]) } else { tool.asked_by(["call"]) }
    });
    let manifest = Manifest::new(tools).unwrap();
    // Reads; a permit and two times two questions for each tool asked for; the others by hundreds.
    let others = 2 * 1000_usize.div_ceil(256);
    assert_eq!(policy("go", &manifest).len(), 1 + 500 * 5 + others);
    assert_eq!(policy("go. Never call me.", &manifest).len(), 1 + 500 * 5 + others);
}

/// Under the owner's own authority a task's policy can only narrow.
#[test]
fn as_an_attenuation_it_only_narrows() {
    let manifest = manifest();
    let look = Statement::permit("look").operations(Operation::Read).resources(["**"]);
    let owner = Capability::root(Policy::new([look]).unwrap(), ambient_authority());
    let request = TaskRequest::new("Send a note to lee@x.example");
    let task = owner.attenuate(request.policy(&manifest).unwrap()).unwrap();
    let scope = Scope::builder(&task).invoker("dana@x.example").agent("a").build().unwrap();
    scope.session().endorse(Origin::User, "lee@x.example");
    let to = [("to", Value::from("lee@x.example"))];
    let decide = |tool, arguments: &dyn Arguments| {
        gate().decide_call(&manifest.map(tool, arguments, &scope), &scope).ruling()
    };
    assert_eq!(decide("send_mail", &to), Ruling::Deny);
    assert_eq!(decide("read_mail", &NoArguments), Ruling::Allow);
}

#[test]
fn what_can_be_undone_is_free_only_where_the_operator_says_so() {
    let to = || AudienceSpec::recipients(["to"]);
    let event = EffectSpec::create("calendar/{invoker}").reversible(true);
    let kept = EffectSpec::create("notes/{invoker}").reversible(true);
    let manifest = Manifest::new([
        ToolSpec::new("plan_event")
            .argument("to", ArgumentSpec::list(ArgumentSpec::text()))
            .controls(["to"])
            .asked_by(["event*"])
            .effect(event.audience(to())),
        ToolSpec::new("keep_note").asked_by(["note*"]).effect(kept.clone()),
        ToolSpec::new("swap_note").effect(kept).effect(EffectSpec::delete("notes/{invoker}/old")),
        ToolSpec::new("sign").effect(EffectSpec::create("contracts/{invoker}")),
    ])
    .unwrap();
    let (alone, with_lee): ([Value<'_>; 0], _) = ([], [Value::from("lee@x.example")]);
    let ruling = |request: TaskRequest, tool: &str, to: &dyn List| {
        let scope = scope_of(request.policy(&manifest).unwrap());
        let arguments = [("to", Value::List(to))];
        let given: &dyn Arguments = if tool == "plan_event" { &arguments } else { &NoArguments };
        gate().decide_call(&manifest.map(tool, given, &scope), &scope).ruling()
    };
    let rulings = |request: &dyn Fn() -> TaskRequest| {
        [
            ruling(request(), "plan_event", &alone),
            ruling(request(), "plan_event", &with_lee),
            ruling(request(), "keep_note", &alone),
            ruling(request(), "swap_note", &alone),
            ruling(request(), "sign", &alone),
        ]
    };
    use Ruling::{Allow, Deny, Hold};
    let read = || TaskRequest::new("Summarise my mail");
    assert_eq!(rulings(&read), [Hold; 5]);
    assert_eq!(rulings(&|| read().permit_undoable()), [Allow, Hold, Allow, Hold, Hold]);
    let denied = || TaskRequest::new("Summarise my mail. Do not add any notes.").permit_undoable();
    assert_eq!(rulings(&denied), [Allow, Hold, Deny, Hold, Hold]);
    let doubtful = || TaskRequest::new("Add a note. Never add a note.").permit_undoable();
    assert_eq!(rulings(&doubtful)[2], Hold);
}
