//! Every error of a manifest, word by word.

use permitgate::limits::*;
use permitgate::manifest::{
    ArgumentSpec, AudienceLevel, AudienceSpec, EffectSpec, ManifestSpec, ResultSpec, ToolSpec,
};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::text::visible;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::world::tool;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorRow {
    why: String,
    tool: Json,
    error: String,
}

#[test]
fn errors_name_tool_effect_and_field() {
    let rows: Vec<ErrorRow> =
        serde_json::from_str(include_str!("../../testdata/manifests/errors.json")).unwrap();
    for ErrorRow { why, tool: data, error } in rows {
        let found = Manifest::new([tool(&data)]).expect_err(&why);
        assert_eq!(found.to_string(), error, "{why}");
        assert!(found.tool().is_some(), "{why}");
        let place = found.effect().map(|number| format!(", effect {number}")).unwrap_or_default();
        assert!(
            error.contains(&format!("{place}, {}: ", visible(found.field()))),
            "{why}: {}",
            found.field()
        );
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormRow {
    why: String,
    text: String,
    error: String,
}

#[test]
fn forms_are_refused_where_they_stand() {
    let rows: Vec<FormRow> =
        serde_json::from_str(include_str!("../../testdata/manifests/forms.json")).unwrap();
    let mut faults = Vec::new();
    for FormRow { why, text, error } in rows {
        let found = serde_json::from_str::<ToolSpec>(&text).expect_err(&why).to_string();
        if found != error {
            faults.push(format!("{why}: {found}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn plain(name: &str) -> ToolSpec {
    ToolSpec::new(name).effect(EffectSpec::read("x"))
}

/// A text in lists, so many deep.
fn nested(depth: usize) -> ArgumentSpec {
    (1..depth).fold(ArgumentSpec::text(), |inner, _| ArgumentSpec::list(inner))
}

#[test]
fn one_name_is_one_argument() {
    let twice = plain("t").argument("a", ArgumentSpec::text()).argument("a", ArgumentSpec::flag());
    let expected = "tool `t`, args.a: two arguments have this name; one describes all its kinds";
    assert_eq!(error_of(twice), expected);
    let other_case =
        plain("t").argument("a", ArgumentSpec::text()).argument("A", ArgumentSpec::flag());
    assert!(Manifest::new([other_case]).is_ok());
}

fn error_of(tool: ToolSpec) -> String {
    Manifest::new([tool]).unwrap_err().to_string()
}

#[test]
fn what_is_too_much_is_refused() {
    let many = |count: usize| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>();
    let too_many = many(MAX_ITEMS_PER_TOOL + 1);
    let entries = format!("more than {MAX_ITEMS_PER_TOOL} entries");
    let describe = |tool: ToolSpec, names: &[String]| {
        names.iter().fold(tool, |tool, name| tool.argument(name, ArgumentSpec::text()))
    };
    let at_limit = many(MAX_ITEMS_PER_TOOL);
    let at_limit = describe(plain("t"), &at_limit).controls(&at_limit).asked_by(&at_limit);
    assert!(Manifest::new([at_limit]).is_ok());

    assert_eq!(error_of(plain("t").controls(&too_many)), format!("tool `t`, controls: {entries}"));
    assert_eq!(error_of(plain("t").asked_by(&too_many)), format!("tool `t`, asked_by: {entries}"));
    let arguments = describe(plain("t"), &too_many);
    assert_eq!(error_of(arguments), format!("tool `t`, args: {entries}"));
    let with = |argument| error_of(plain("t").argument("a", argument));
    let numbers = ArgumentSpec::list(ArgumentSpec::integer());
    let list = numbers.default_list(vec![1; MAX_ITEMS_PER_TOOL + 1]);
    assert_eq!(with(list), format!("tool `t`, args.a.default: {entries}"));
    let long = ArgumentSpec::text().default("x".repeat(MAX_CONDITION_BYTES + 1));
    let bytes = format!("longer than {MAX_CONDITION_BYTES} bytes");
    assert_eq!(with(long), format!("tool `t`, args.a.default: {bytes}"));
    let endless = ArgumentSpec::number().default(f64::INFINITY);
    assert_eq!(with(endless), "tool `t`, args.a.default: not a finite number");
    let result = plain("t").result(ResultSpec::new().trusted(&too_many));
    assert_eq!(error_of(result), format!("tool `t`, result.trusted: {entries}"));

    let effect = |effect: EffectSpec| error_of(ToolSpec::new("t").effect(effect));
    let when = |effect: EffectSpec, name: &String| effect.when(Condition::present(name));
    let conditions = too_many.iter().fold(EffectSpec::read("x"), when);
    assert_eq!(effect(conditions), format!("tool `t`, effect 1, when: {entries}"));
    let amounts = EffectSpec::read("x").amounts(&too_many);
    assert_eq!(effect(amounts), format!("tool `t`, effect 1, amounts: {entries}"));
    let recipients = EffectSpec::read("x").audience(AudienceSpec::recipients(&too_many));
    assert_eq!(effect(recipients), format!("tool `t`, effect 1, audience.recipients: {entries}"));
    let values = too_many.iter().map(|value| (value, AudienceLevel::Public));
    let flag = EffectSpec::read("x").audience(AudienceSpec::flag("a", values));
    assert_eq!(effect(flag), format!("tool `t`, effect 1, audience.values: {entries}"));
    let template = EffectSpec::read("x".repeat(MAX_RESOURCE_BYTES + 1));
    let bytes = format!("longer than {MAX_RESOURCE_BYTES} bytes");
    assert_eq!(effect(template), format!("tool `t`, effect 1, resource: {bytes}"));
    let long = EffectSpec::read("x").amounts(["x".repeat(MAX_CONDITION_BYTES + 1)]);
    let bytes = format!("longer than {MAX_CONDITION_BYTES} bytes");
    assert_eq!(effect(long), format!("tool `t`, effect 1, amounts[0]: {bytes}"));

    let effects =
        |count| (0..count).fold(ToolSpec::new("t"), |tool, _| tool.effect(EffectSpec::read("x")));
    assert!(Manifest::new([effects(MAX_TOOL_EFFECTS)]).is_ok());
    assert_eq!(with(nested(MAX_ARGUMENT_STEPS + 1)), {
        let items = ".items".repeat(MAX_ARGUMENT_STEPS);
        format!("tool `t`, args.a{items}: nested more than {MAX_ARGUMENT_STEPS} deep")
    });
    assert!(Manifest::new([plain("t").argument("a", nested(MAX_ARGUMENT_STEPS))]).is_ok());
    let wide = || ArgumentSpec::object(many(200).into_iter().map(|n| (n, ArgumentSpec::text())));
    let wide = many(30).into_iter().fold(plain("t"), |tool, name| tool.argument(name, wide()));
    let found = error_of(wide);
    let all = format!("more than {MAX_TOOL_ARGUMENTS} arguments, fields and elements in all");
    assert!(found.ends_with(&all), "{found}");
    let found = error_of(effects(MAX_TOOL_EFFECTS + 1));
    assert_eq!(found, format!("tool `t`, effect: more than {MAX_TOOL_EFFECTS} effects"));
    let found = Manifest::new(vec![plain("t"); MAX_MANIFEST_TOOLS + 1]).unwrap_err();
    assert_eq!(found.to_string(), format!("manifest, tool: more than {MAX_MANIFEST_TOOLS} tools"));
    assert_eq!((found.tool(), found.effect(), found.field()), (None, None, "tool"));
    let found = error_of(plain(&"x".repeat(MAX_NAME_BYTES + 1)));
    assert!(found.ends_with(&format!("longer than {MAX_NAME_BYTES} bytes")), "{found}");
}

#[test]
fn one_name_is_one_tool() {
    let found = Manifest::new([plain("t"), plain("u"), plain("t")]).unwrap_err();
    let expected = "tool `t`, name: two tools have this name; one tool holds all its effects";
    assert_eq!(found.to_string(), expected);
    let other_case = Manifest::new([plain("t"), plain("T")]).unwrap();
    assert!(other_case.knows("T") && !other_case.knows("t ") && other_case.len() == 2);
}

#[test]
fn builders_and_data_say_the_same() {
    let text = r#"{
        "name": "t", "controls": ["to"], "asked_by": ["send"],
        "args": {
            "to": "text", "cc": {"kind": "list", "items": "text", "default": ["a"]},
            "method": {"kind": "text", "default": "GET"}, "n": {"kind": ["number", "null"], "default": 1.5},
            "key": {"kind": "text", "secret": true, "no_effect": true},
            "o": {"kind": ["flag", "object"], "other_fields": "any",
                  "fields": {"x": {"kind": "integer", "optional": true}}}
        },
        "other_arguments": "any",
        "effect": [
            {"operation": "create", "resource": "x/{args.a}", "reversible": true, "amounts": ["n"],
             "audience": {"recipients": ["to"]}, "when": [{"argument": "method", "equals": "GET"}]},
            {"operation": "delete", "resource": "x",
             "audience": {"flag": "v", "values": {"a": "internal", "b": "private"}}},
            {"operation": "read", "resource": "x", "audience": "public"},
            {"operation": "read", "resource": "x", "audience": {"channel": "c"}},
            {"operation": "read", "resource": "x", "audience": {"group": "c"}},
            {"operation": "read", "resource": "x", "audience": {"host": "c"}},
            {"operation": "update", "resource": "x"}
        ],
        "result": {"trusted": ["id"], "outsider": ["body"]}
    }"#;
    let flag = [("b", AudienceLevel::Private), ("a", AudienceLevel::Internal)];
    let built = ToolSpec::new("t")
        .controls(["to"])
        .asked_by(["send"])
        .argument("to", ArgumentSpec::text())
        .argument("cc", ArgumentSpec::list(ArgumentSpec::text()).default_list(["a"]))
        .argument("method", ArgumentSpec::text().default("GET"))
        .argument("n", ArgumentSpec::number().or_null().default(1.5))
        .argument("key", ArgumentSpec::text().secret().no_effect())
        .argument(
            "o",
            ArgumentSpec::any_of([
                ArgumentSpec::flag(),
                ArgumentSpec::object([("x", ArgumentSpec::integer().optional())]).other_fields(),
            ]),
        )
        .other_arguments()
        .effect(
            EffectSpec::create("x/{args.a}")
                .reversible(true)
                .amounts(["n"])
                .audience(AudienceSpec::recipients(["to"]))
                .when(Condition::equals("method", "GET")),
        )
        .effect(EffectSpec::delete("x").audience(AudienceSpec::flag("v", flag)))
        .effect(EffectSpec::read("x").audience(AudienceSpec::public()))
        .effect(EffectSpec::read("x").audience(AudienceSpec::channel("c")))
        .effect(EffectSpec::read("x").audience(AudienceSpec::group("c")))
        .effect(EffectSpec::read("x").audience(AudienceSpec::host("c")))
        .effect(EffectSpec::update("x").audience(AudienceSpec::private()))
        .result(ResultSpec::new().trusted(["id"]).outsider(["body"]));
    let read: ToolSpec = serde_json::from_str(text).unwrap();
    assert_eq!(read, built);
    let written = serde_json::to_value(&built).unwrap();
    assert_eq!(written, serde_json::from_str::<Json>(text).unwrap(), "defaults are left out");
    let data = ManifestSpec { tools: vec![built] };
    let again: ManifestSpec = serde_json::from_str(&serde_json::to_string(&data).unwrap()).unwrap();
    assert_eq!(again, data);
}
