//! What the tests share: a manifest of an office, and how a call comes out under a request.

use std::sync::LazyLock;

use permitgate::decision::Ruling;
use permitgate::flow::Origin;
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::prelude::*;
use permitgate_task::TaskRequest;
use serde_json::{Map, Value as Json};

pub(crate) static OFFICE: LazyLock<Manifest> = LazyLock::new(|| {
    let text = ArgumentSpec::text;
    let to = || AudienceSpec::recipients(["to"]);
    let tools = [
        ToolSpec::new("read_mail").effect(EffectSpec::read("mail/{invoker}")),
        ToolSpec::new("send_mail")
            .argument("to", text())
            .controls(["to"])
            .asked_by(["send", "mail*", "email*", "write", "tell", "forward*", "reply", "message"])
            .effect(EffectSpec::create("mail/out").audience(to())),
        ToolSpec::new("delete_file")
            .argument("id", text())
            .controls(["id"])
            .asked_by(["delet*", "remov*", "eras*", "purg*"])
            .effect(EffectSpec::delete("files")),
        ToolSpec::new("share_file")
            .argument("id", text())
            .argument("to", text())
            .controls(["id", "to"])
            .asked_by(["shar*", "grant*"])
            .effect(EffectSpec::share("files").audience(to())),
        ToolSpec::new("make_payment")
            .argument("to", text())
            .controls(["to"])
            .asked_by(["pay", "payment", "transfer*", "refund*"])
            .effect(EffectSpec::create("bank/payments").audience(to())),
        ToolSpec::new("create_event")
            .argument("with", text())
            .controls(["with"])
            .asked_by(["creat*", "schedul*", "book"])
            .effect(
                EffectSpec::create("calendar")
                    .audience(AudienceSpec::recipients(["with"]))
                    .reversible(true),
            ),
    ];
    Manifest::new(tools).unwrap()
});

/// The tools of the office that do more than to read.
pub(crate) const ACTING: [&str; 5] =
    ["send_mail", "delete_file", "share_file", "make_payment", "create_event"];

/// How a call of each of them comes out whose values are all the user's own, so that only the words decide.
pub(crate) fn rulings(request: &TaskRequest) -> [Ruling; 5] {
    static GATE: LazyLock<Gate> = LazyLock::new(gate);
    let scope = scope_of(request.policy(&OFFICE).unwrap());
    scope.session().endorse(Origin::User, "lee@x.example");
    ACTING.map(|tool| {
        let controls = OFFICE.tools().find(|known| known.name() == tool).unwrap().controls();
        let arguments: Map<String, Json> =
            controls.map(|name| (name.to_owned(), "lee@x.example".into())).collect();
        GATE.decide_call(&OFFICE.map(tool, &arguments, &scope), &scope).ruling()
    })
}

pub(crate) fn ruling(request: &str, tool: &str) -> Ruling {
    let place = ACTING.iter().position(|known| *known == tool).unwrap();
    rulings(&TaskRequest::new(request))[place]
}

pub(crate) fn scope_of(policy: Policy) -> Scope {
    let capability = Capability::root(policy, ambient_authority());
    Scope::builder(&capability).invoker("dana@x.example").agent("assistant").build().unwrap()
}

pub(crate) fn gate() -> Gate {
    Gate::builder().build().unwrap()
}
