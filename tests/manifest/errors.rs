//! Every error of a manifest, word by word.

use portcullis::limits::*;
use portcullis::*;
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
        serde_json::from_str(include_str!("../data/manifest_errors.json")).unwrap();
    for ErrorRow { why, tool: data, error } in rows {
        let found = Manifest::new([tool(&data)]).expect_err(&why);
        assert_eq!(found.to_string(), error, "{why}");
        assert!(found.tool().is_some(), "{why}");
        let place = found.effect().map(|number| format!(", effect {number}")).unwrap_or_default();
        assert!(
            error.contains(&format!("{place}, {}: ", found.field())),
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
        serde_json::from_str(include_str!("../data/manifest_forms.json")).unwrap();
    let mut faults = Vec::new();
    for FormRow { why, text, error } in rows {
        let found = serde_json::from_str::<ToolData>(&text).expect_err(&why).to_string();
        if found != error {
            faults.push(format!("{why}: {found}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn plain(name: &str) -> ToolData {
    ToolData::new(name).effect(EffectData::read("x"))
}

fn error_of(tool: ToolData) -> String {
    Manifest::new([tool]).unwrap_err().to_string()
}

#[test]
fn what_is_too_much_is_refused() {
    let many = |count: usize| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>();
    let too_many = many(MAX_ITEMS_PER_TOOL + 1);
    let entries = format!("more than {MAX_ITEMS_PER_TOOL} entries");
    let at_limit = plain("t").controls(many(MAX_ITEMS_PER_TOOL)).asked_by(many(MAX_ITEMS_PER_TOOL));
    assert!(Manifest::new([at_limit]).is_ok());

    assert_eq!(error_of(plain("t").controls(&too_many)), format!("tool `t`, controls: {entries}"));
    assert_eq!(error_of(plain("t").asked_by(&too_many)), format!("tool `t`, asked_by: {entries}"));
    let defaults = too_many.iter().fold(plain("t"), |tool, name| tool.default(name, 1));
    assert_eq!(error_of(defaults), format!("tool `t`, defaults: {entries}"));
    let list = plain("t").default_list("a", vec![1; MAX_ITEMS_PER_TOOL + 1]);
    assert_eq!(error_of(list), format!("tool `t`, defaults.a: {entries}"));
    let long = plain("t").default("a", "x".repeat(MAX_CONDITION_BYTES + 1));
    let bytes = format!("longer than {MAX_CONDITION_BYTES} bytes");
    assert_eq!(error_of(long), format!("tool `t`, defaults.a: {bytes}"));
    let endless = plain("t").default("a", f64::INFINITY);
    assert_eq!(error_of(endless), "tool `t`, defaults.a: not a finite number");
    let result = plain("t").result(ResultData::new().trusted(&too_many));
    assert_eq!(error_of(result), format!("tool `t`, result.trusted: {entries}"));

    let effect = |effect: EffectData| error_of(ToolData::new("t").effect(effect));
    let when = |effect: EffectData, name: &String| effect.when(Condition::present(name));
    let conditions = too_many.iter().fold(EffectData::read("x"), when);
    assert_eq!(effect(conditions), format!("tool `t`, effect 1, when: {entries}"));
    let amounts = EffectData::read("x").amounts(&too_many);
    assert_eq!(effect(amounts), format!("tool `t`, effect 1, amounts: {entries}"));
    let recipients = EffectData::read("x").audience(AudienceData::recipients(&too_many));
    assert_eq!(effect(recipients), format!("tool `t`, effect 1, audience.recipients: {entries}"));
    let values = too_many.iter().map(|value| (value, AudienceLevel::Public));
    let flag = EffectData::read("x").audience(AudienceData::flag("a", values));
    assert_eq!(effect(flag), format!("tool `t`, effect 1, audience.values: {entries}"));
    let template = EffectData::read("x".repeat(MAX_RESOURCE_BYTES + 1));
    let bytes = format!("longer than {MAX_RESOURCE_BYTES} bytes");
    assert_eq!(effect(template), format!("tool `t`, effect 1, resource: {bytes}"));
    let long = EffectData::read("x").amounts(["x".repeat(MAX_CONDITION_BYTES + 1)]);
    let bytes = format!("longer than {MAX_CONDITION_BYTES} bytes");
    assert_eq!(effect(long), format!("tool `t`, effect 1, amounts[0]: {bytes}"));

    let effects =
        |count| (0..count).fold(ToolData::new("t"), |tool, _| tool.effect(EffectData::read("x")));
    assert!(Manifest::new([effects(MAX_TOOL_EFFECTS)]).is_ok());
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
        "defaults": {"cc": ["a"], "method": "GET", "n": 1.5},
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
    let built = ToolData::new("t")
        .controls(["to"])
        .asked_by(["send"])
        .default_list("cc", ["a"])
        .default("method", "GET")
        .default("n", 1.5)
        .effect(
            EffectData::create("x/{args.a}")
                .reversible(true)
                .amounts(["n"])
                .audience(AudienceData::recipients(["to"]))
                .when(Condition::equals("method", "GET")),
        )
        .effect(EffectData::delete("x").audience(AudienceData::flag("v", flag)))
        .effect(EffectData::read("x").audience(AudienceData::public()))
        .effect(EffectData::read("x").audience(AudienceData::channel("c")))
        .effect(EffectData::read("x").audience(AudienceData::group("c")))
        .effect(EffectData::read("x").audience(AudienceData::host("c")))
        .effect(EffectData::update("x").audience(AudienceData::private()))
        .result(ResultData::new().trusted(["id"]).outsider(["body"]));
    let read: ToolData = serde_json::from_str(text).unwrap();
    assert_eq!(read, built);
    let written = serde_json::to_value(&built).unwrap();
    assert_eq!(written, serde_json::from_str::<Json>(text).unwrap(), "defaults are left out");
    let data = ManifestData { tools: vec![built] };
    let again: ManifestData = serde_json::from_str(&serde_json::to_string(&data).unwrap()).unwrap();
    assert_eq!(again, data);
}
