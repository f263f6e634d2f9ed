//! What approvers read, and what they are not flooded with: secrets by their place, the strictest first, and whole words.

use permitgate::Directory;
use permitgate::authority::{Approver, Budget, Requirement, Share};
use permitgate::gate::ApprovalRequest;
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::model::{Operations, Readers, Value};
use permitgate::prelude::*;

fn people() -> Directory {
    Directory::builder()
        .internal_principal("lee")
        .internal_principal("kim")
        .internal_principal("dana")
        .outside_principal("mallory@evil.example")
        .alias("D1", "dana")
        .build()
        .unwrap()
}

fn gate() -> Gate {
    let lee = Requirement::by([Approver::principal("lee")]);
    Gate::builder().directory(people()).approvers(lee).build().unwrap()
}

fn capability() -> Capability {
    let policy = Policy::new([
        Statement::permit("files")
            .operations(Operations::ALL)
            .resources(["files/**"])
            .readers(Readers::public()),
        Statement::require_approval("ask")
            .operations(Operation::Delete | Operation::Share)
            .resources(["files/**"]),
    ]);
    Capability::root(policy.unwrap(), ambient_authority())
}

fn scope_for(invoker: &str) -> Scope {
    Scope::builder(&capability()).invoker(invoker).agent("tidy").build().unwrap()
}

fn ask(wish: Action<'_>) -> ApprovalRequest {
    gate().request_bundle(&[wish], &scope_for("dana")).unwrap()
}

#[test]
fn secrets_are_masked_by_their_place_and_nothing_else_is() {
    let auth = ArgumentSpec::object([("token", ArgumentSpec::text().secret().optional())]);
    let options = ArgumentSpec::object([("auth", auth.other_fields().optional())]);
    let keys = ArgumentSpec::list(ArgumentSpec::object([("key", ArgumentSpec::text().secret())]));
    let tool = ToolSpec::new("send")
        .argument("options", options.other_fields().no_effect())
        .argument("keys", keys.no_effect())
        .other_arguments()
        .effect(EffectSpec::delete("files/draft"));
    let manifest = Manifest::new([tool]).unwrap();
    let arguments = serde_json::json!({
        "options": {"auth": {"token": "s3cret", "token.id": "plain-0"}, "auth.token": "plain-1"},
        "options.auth.token": "plain-2",
        "keys": [{"key": "k3y"}],
    });
    let (gate, scope) = (gate(), scope_for("dana"));
    let call = manifest.map("send", arguments.as_object().unwrap(), &scope);
    let request = gate.request_call_bundle(&[&call], &scope).unwrap();
    for shown in [request.page(), request.json()] {
        assert!(!shown.contains("s3cret") && !shown.contains("k3y"), "{shown}");
        for plain in ["plain-0", "plain-1", "plain-2"] {
            assert!(shown.contains(plain), "{plain} is hidden in {shown}");
        }
    }
}

#[test]
fn a_sentence_names_outsiders_and_the_highest_stake_first() {
    let recipients = ["kim", "lee", "mallory@evil.example"];
    let wish = Action::share("t", "files/1").visible_to(Audience::recipients(&recipients));
    let sentence = ask(wish).sentence();
    assert!(sentence.contains("`mallory@evil.example` outside and 2 more"), "{sentence}");
    let strangers = ["kim", "a@evil.example", "b@evil.example"];
    let wish = Action::share("t", "files/1").visible_to(Audience::recipients(&strangers));
    let sentence = ask(wish).sentence();
    assert!(sentence.contains("and 2 more, 1 of them outside"), "{sentence}");
    let bundle = [
        Action::share("t", "files/small").reversible(),
        Action::share("t", "files/salaries").reversible().visible_to(Audience::Public),
    ];
    let request = gate().request_bundle(&bundle, &scope_for("dana")).unwrap();
    let sentence = request.sentence();
    assert!(sentence.contains("`files/salaries`") && sentence.contains("and 1 more"), "{sentence}");
}

#[test]
fn values_are_shown_as_they_are() {
    let arguments = [
        ("most", Value::from(f64::INFINITY)),
        ("none", Value::from(f64::NAN)),
        ("null", Value::Null),
        ("cyrillic", Value::from("он пришёл \"домой\"\nпривет")),
        ("greek", Value::from("Ελλάδα")),
        ("mixed", Value::from("p\u{430}ypal")),
        ("hidden", Value::from("pay\u{202e}lap")),
    ];
    let request = ask(Action::delete("t", "files/1").with(&arguments));
    let (page, json) = (request.page(), request.json());
    for shown in [&page, &json] {
        assert!(
            shown.contains("\"(number) inf\"") && shown.contains("\"(number) NaN\""),
            "{shown}"
        );
        assert!(shown.contains("он пришёл \\\"домой\\\"\\u000aпривет"), "{shown}");
        assert!(shown.contains("\"Ελλάδα\""), "{shown}");
        assert!(shown.contains("p\\u0430ypal") && !shown.contains("p\\\\u0430ypal"), "{shown}");
        assert!(shown.contains("pay\\u202elap"), "{shown}");
    }
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    let values = &read["calls"][0]["arguments"];
    let texts = values.as_array().unwrap().iter().map(|argument| &argument["value"]);
    assert!(texts.clone().any(|text| text == "p\u{430}ypal"), "{values}");
    assert!(texts.clone().any(|text| text == "он пришёл \"домой\"\nпривет"), "{values}");
}

#[test]
fn secrets_count_toward_what_one_request_may_hold() {
    let tool = ToolSpec::new("send")
        .argument("token", ArgumentSpec::text().no_effect().secret())
        .effect(EffectSpec::delete("files/draft"));
    let manifest = Manifest::new([tool]).unwrap();
    let (gate, scope) = (gate(), scope_for("dana"));
    let ask = |length: usize| {
        let token = "x".repeat(length);
        let arguments = [("token", Value::from(&*token))];
        let call = manifest.map("send", &arguments, &scope);
        gate.request_call_bundle(&[&call], &scope).map(|_| ()).map_err(|refusal| refusal.reason())
    };
    assert_eq!(ask(permitgate::limits::MAX_REQUEST_BYTES), Err(Reason::RequestTooLarge));
    assert_eq!(ask(1_000), Ok(()));
}

#[test]
fn the_requests_of_one_person_leave_room_for_others() {
    let gate = gate();
    let files: Vec<String> = (0..40).map(|number| format!("files/{number}")).collect();
    let ask = |invoker: &str, file: &str| {
        gate.request_bundle(&[Action::delete("t", file)], &scope_for(invoker)).is_ok()
    };
    let asked = files.iter().filter(|file| ask("dana", file)).count();
    assert_eq!(asked, permitgate::limits::MAX_PENDING_OF_AGENT);
    assert!(ask("kim", "files/0"), "the same agent, for somebody else");
}

#[test]
fn a_budget_of_an_invoker_is_one_under_every_name() {
    let one = || Budget::actions("n", 1).shared_by(Share::Invoker);
    let gate = Gate::builder().directory(people()).budget(one()).build().unwrap();
    let run = |invoker: &str| {
        let wish = Action::create("t", "files/1");
        gate.run(&wish, &scope_for(invoker), |_| Ok::<_, String>(())).is_ok()
    };
    assert_eq!(["D1", "dana", "Dana", "DANA", "kim"].map(run), [true, false, false, false, true]);
}

#[test]
fn a_budget_follows_a_directory_that_changes() {
    let before = Directory::builder().internal_principal("dana").build().unwrap();
    let budget = Budget::actions("n", 2).shared_by(Share::Invoker);
    let gate = Gate::builder().directory(before).budget(budget).build().unwrap();
    let wish = Action::create("t", "files/1");
    let run = |scope: &Scope| gate.run(&wish, scope, |_| Ok::<_, String>(())).is_ok();
    let (dana, alias) = (scope_for("dana"), scope_for("D1"));
    assert!(run(&dana) && gate.decide(&wish, &alias).is_allow());
    // From now on they are one, also for a scope that was used before.
    gate.reconfigure(|configuration| configuration.directory(people())).unwrap();
    assert!(run(&alias) && !run(&dana) && !run(&alias));
}
