//! Who is reached stays the user's choice, however the manifest spells the argument that says it.

use permitgate::decision::Ruling;
use permitgate::flow::Origin;
use permitgate::manifest::{ArgumentSpec, AudienceLevel, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::prelude::*;
use permitgate_task::TaskRequest;
use serde_json::{Value as Json, json};

use crate::world::{gate, scope_of};

const REQUEST: &str = "Do the tasks in the note of Lee";

/// A tool that takes each of these shapes.
fn tool(controls: &[&str], effect: EffectSpec) -> ToolSpec {
    let text = ArgumentSpec::text;
    let names = || ArgumentSpec::any_of([text(), ArgumentSpec::list(text())]);
    let attendee = ArgumentSpec::object([("email", text())]);
    let message = ArgumentSpec::object([("to", names()), ("file", text().optional())]);
    ToolSpec::new("invite")
        .argument("to", names().optional())
        .argument("cc", names().optional())
        .argument("attendees", ArgumentSpec::list(attendee).optional())
        .argument("message", message.optional())
        .argument("token", ArgumentSpec::integer().optional())
        .controls(controls.iter().copied())
        .effect(effect)
}

/// How a call comes out whose value a result endorses, and whether it is allowed once the user names it.
fn decide(control: &str, audience: AudienceSpec, arguments: &Json) -> (Ruling, Ruling) {
    let effect = EffectSpec::create("cal/x").audience(audience);
    let manifest = Manifest::new([tool(&[control], effect)]).unwrap();
    let decide = |origin| {
        let scope = scope_of(TaskRequest::new(REQUEST).policy(&manifest).unwrap());
        scope.session().endorse(origin, "mallory@evil.example");
        gate().decide_call(&manifest.map("invite", arguments, &scope), &scope).ruling()
    };
    (decide(Origin::Result), decide(Origin::User))
}

#[test]
fn a_control_is_compared_with_the_audience_by_path() {
    let mallory = "mallory@evil.example";
    let list = json!({"to": [mallory]});
    let one = json!({"to": mallory});
    let nested = json!({"attendees": [{"email": mallory}]});
    let deep = json!({"message": {"to": [mallory]}});
    for (control, audience, arguments) in [
        ("to", "to", &list),
        ("to", "to.*", &list),
        ("to.*", "to", &list),
        ("to.*", "to.*", &list),
        ("to.0", "to", &list),
        ("to.0", "to.*", &list),
        ("to", "to.0", &list),
        ("to.*", "to.0", &list),
        ("to", "to", &one),
        ("attendees.*.email", "attendees.*.email", &nested),
        ("attendees.0.email", "attendees.*.email", &nested),
        ("attendees.*.email", "attendees.0.email", &nested),
        ("message.to", "message.to.*", &deep),
        ("message.to.*", "message.to", &deep),
        ("message.to.0", "message.to.*", &deep),
    ] {
        let found = decide(control, AudienceSpec::recipients([audience]), arguments);
        assert_eq!(found, (Ruling::Hold, Ruling::Allow), "control {control}, audience {audience}");
    }
}

/// A control that holds the audience within it can have another shape than a text, which endorses nothing.
#[test]
fn a_control_around_the_audience_is_never_left_to_a_result() {
    let nested = json!({"attendees": [{"email": "mallory@evil.example"}]});
    for control in ["attendees", "attendees.*", "attendees.0"] {
        let audience = AudienceSpec::recipients(["attendees.*.email"]);
        let (by_result, _) = decide(control, audience, &nested);
        assert!(by_result > Ruling::Allow, "{control}");
    }
}

#[test]
fn every_kind_of_audience_is_the_users_choice() {
    let mallory = "mallory@evil.example";
    let levels = [(mallory, AudienceLevel::Public)];
    for audience in [
        AudienceSpec::channel("to"),
        AudienceSpec::group("to"),
        AudienceSpec::flag("to", levels),
        AudienceSpec::recipients(["cc", "to"]),
    ] {
        let call = json!({"to": mallory});
        let (by_result, _) = decide("to", audience.clone(), &call);
        assert_eq!(by_result, Ruling::Hold, "{audience:?}");
    }
}

#[test]
fn other_controls_may_come_from_anywhere_endorsed() {
    let call =
        json!({"message": {"to": "lee@x.example", "file": "mallory@evil.example"}, "token": 1});
    for control in ["message.file", "message.file.*"] {
        let audience = AudienceSpec::recipients(["message.to"]);
        let effect = EffectSpec::create("cal/x").audience(audience);
        let manifest =
            Manifest::new([tool(&["message.to", control.trim_end_matches(".*")], effect)]).unwrap();
        let scope = scope_of(TaskRequest::new(REQUEST).policy(&manifest).unwrap());
        scope.session().endorse(Origin::Result, "mallory@evil.example");
        scope.session().endorse(Origin::User, "lee@x.example");
        let ruling = gate().decide_call(&manifest.map("invite", &call, &scope), &scope).ruling();
        assert_eq!(ruling, Ruling::Allow, "{control}");
    }
}
