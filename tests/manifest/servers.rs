//! What servers say of their tools: digests, hints that only tighten, and drafts that never guess too well.

use portcullis::*;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::world::{Any, gate, reasons, scope_of, text_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    server: String,
    tools: Vec<Labelled>,
}

/// A tool, and whether it writes, as a person says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labelled {
    name: String,
    description: String,
    arguments: Vec<String>,
    writes: bool,
    annotations: Option<Json>,
}

fn servers() -> Vec<Server> {
    serde_json::from_str(include_str!("../data/mcp_tools.json")).unwrap()
}

/// The list as the server gives it, with its own hints or with others.
fn list(tools: &[&Labelled], hints: Option<&Json>) -> ToolList {
    let tools: Vec<Json> = tools
        .iter()
        .map(|tool| {
            let properties: serde_json::Map<String, Json> = tool
                .arguments
                .iter()
                .map(|name| (name.clone(), json!({"type": "string"})))
                .collect();
            json!({
                "name": tool.name, "description": tool.description,
                "inputSchema": {"type": "object", "properties": properties},
                "annotations": hints.or(tool.annotations.as_ref()),
            })
        })
        .collect();
    ToolList::parse(&json!({ "tools": tools }).to_string()).unwrap()
}

/// What a draft makes of each tool, once a person has taken the key away.
fn drafted(list: &ToolList) -> Vec<(String, String)> {
    let text = draft(list);
    assert!(text.contains("\ndraft = true\n"));
    assert!(toml::from_str::<ManifestData>(&text).is_err(), "it must not load as it is");
    let text = text.replace("\ndraft = true\n", "\n");
    let data: ManifestData = toml::from_str(&text).unwrap();
    let drafted = data.tools.iter().map(|tool| {
        let tool = serde_json::to_value(tool).unwrap();
        let operation = tool["effect"][0]["operation"].as_str().unwrap();
        (tool["name"].as_str().unwrap().to_owned(), operation.to_owned())
    });
    let drafted = drafted.collect();
    Manifest::try_from(data).unwrap();
    drafted
}

/// The law of drafts: no tool that writes comes out as a read, also where every hint lies.
#[test]
fn no_tool_that_writes_is_drafted_as_a_read() {
    let lies = json!({"readOnlyHint": true, "destructiveHint": false, "openWorldHint": false});
    let (mut tools, mut reads) = (0, 0);
    for Server { server, tools: labelled } in servers() {
        for hints in [Some(&lies), None] {
            let all: Vec<&Labelled> = labelled.iter().collect();
            let found = drafted(&list(&all, hints));
            assert_eq!(found.len(), labelled.len(), "{server}");
            for (tool, (name, operation)) in labelled.iter().zip(found) {
                assert_eq!(tool.name, name);
                assert!(!(tool.writes && operation == "read"), "{server}: {name} writes");
                if hints.is_some() {
                    tools += 1;
                    reads += usize::from(operation == "read");
                } else if tool.annotations.is_none() {
                    assert_ne!(operation, "read", "{server}: {name} without hints");
                }
            }
        }
    }
    assert!(tools >= 150, "{tools}");
    // It is of use as well: most of the reads are found where hints say the truth.
    let truths =
        servers().iter().flat_map(|server| &server.tools).filter(|tool| !tool.writes).count();
    assert!(reads * 10 >= truths * 7, "{reads} of {truths}");
}

/// A list of one server's tools alone, or of all, makes no write a read either.
#[test]
fn mixed_lists_are_drafted_alike() {
    let lies = json!({"readOnlyHint": true});
    let servers = servers();
    let mut names = std::collections::BTreeSet::new();
    let all: Vec<&Labelled> = servers
        .iter()
        .flat_map(|server| &server.tools)
        .filter(|tool| names.insert(&tool.name))
        .collect();
    for (tool, (name, operation)) in all.iter().zip(drafted(&list(&all, Some(&lies)))) {
        assert!(!(tool.writes && operation == "read"), "{name}");
    }
    for tool in all {
        let found = drafted(&list(&[tool], Some(&lies)));
        assert!(!(tool.writes && found[0].1 == "read"), "{}", tool.name);
    }
}

/// Texts of a server can end neither a string nor a comment.
#[test]
fn a_draft_holds_only_what_it_says() {
    let odd = [
        "a\"\n[[tool]]\nname = \"b",
        "a\\",
        "a\r\ndraft = false",
        "\u{2028}x",
        "a]] # {args.x}",
        "do_x\u{7f}",
        "**/{invoker}",
    ];
    for text in odd {
        let tools = json!([{
            "name": text.replace(['\r', '\n', '\u{7f}'], ""), "description": text,
            "inputSchema": {"properties": {text: {}, format!("{text}_id"): {}, "sql\nx = 1": {}}},
            "annotations": {"readOnlyHint": true},
        }, {"name": text}]);
        let found = drafted(
            &ToolList::from_json(&tools)
                .unwrap_or_else(|_| ToolList::from_json(&json!([{"name": text}])).unwrap()),
        );
        assert!(
            found.len() <= 2 && found.iter().all(|(_, operation)| operation != "read"),
            "{found:?}"
        );
    }
}

#[test]
fn a_draft_reads_like_this() {
    let tools = json!([
        {"name": "get_page", "description": "Gets a page.", "inputSchema": {"properties": {"path": {}}},
         "annotations": {"readOnlyHint": true, "openWorldHint": false}},
        {"name": "get_and_post", "annotations": {"readOnlyHint": true}},
    ]);
    let text = draft(&ToolList::from_json(&tools).unwrap());
    let digest = |line: &&str| !line.starts_with("digest = \"sha256:");
    let lines: Vec<&str> = text.lines().filter(digest).collect();
    assert_eq!(lines.join("\n") + "\n", include_str!("../data/manifest_draft.toml"));
}

#[test]
fn digests_are_of_the_stated_form() {
    let tool = json!({
        "title": "left out", "name": "t", "description": "é \"x\" \\ \n",
        "inputSchema": {"z": [1, -2, 1.5, 1e300, true, null], "a": {}}, "annotations": {"readOnlyHint": true},
    });
    let form = concat!(
        r#"{"annotations":{"readOnlyHint":true},"description":"é \"x\" \\ \u000a","#,
        r#""inputSchema":{"a":{},"z":[1,-2,1.5e0,1e300,true,null]},"name":"t"}"#
    );
    let list = ToolList::from_json(&json!([tool])).unwrap();
    let digest = list.digest("t").unwrap();
    assert_eq!(digest.to_string(), ContentDigest::of(form.as_bytes()).to_string());
    assert_eq!(list.digest("u"), None);
    for (key, value) in [
        ("description", json!("other")),
        ("inputSchema", json!({})),
        ("outputSchema", json!({})),
        ("annotations", json!({"readOnlyHint": false})),
        ("annotations", json!(null)),
    ] {
        let mut changed = tool.clone();
        changed[key] = value;
        let other = ToolList::from_json(&json!([changed])).unwrap();
        assert_ne!(other.digest("t"), Some(digest), "{key}");
    }
    let mut other = tool;
    other["title"] = json!("something else");
    other["icons"] = json!([]);
    assert_eq!(ToolList::from_json(&json!([other])).unwrap().digest("t"), Some(digest));
}

#[test]
fn lists_without_one_meaning_are_refused() {
    let deep =
        format!("[{{\"name\":\"t\",\"inputSchema\":{}1{}}}]", "[".repeat(64), "]".repeat(64));
    for (text, error) in [
        ("{", "not JSON that has one meaning: EOF while parsing an object at line 1 column 1"),
        (r#"{"tool": []}"#, "write an object with the key `tools`, or a list of tools"),
        (r#"{"tools": {}}"#, "write an object with the key `tools`, or a list of tools"),
        ("[7]", "the entry at place 0 is not an object"),
        (r#"[{"name": "a"}, {"name": 7}]"#, "the tool at place 1 has no `name`"),
        (
            r#"[{"name": "a"}, {"name": "a"}]"#,
            "two tools are called `a`; it cannot be told which one a call means",
        ),
        (
            r#"[{"name": "a", "description": "good", "description": "evil"}]"#,
            "not JSON that has one meaning: the key `description` stands twice at line 1 column 51",
        ),
        (deep.as_str(), "tool `t` is nested more than 64 deep"),
    ] {
        let found = ToolList::parse(text).unwrap_err().to_string();
        assert_eq!(found, format!("list of tools: {error}"), "{text}");
    }
}

fn narrowed(tool: ToolData, listed: Json) -> (Manifest, Vec<String>) {
    let list = ToolList::from_json(&json!([listed])).unwrap();
    let (manifest, findings) = Manifest::new([tool]).unwrap().narrowed_by(&list);
    (manifest, findings.iter().map(ToString::to_string).collect())
}

fn actions(manifest: &Manifest) -> Vec<String> {
    let scope = crate::world::any_scope("dana", "a");
    let call = manifest.map("t", &NoArguments, &scope);
    call.actions().map(|action| text_of(&action)).collect()
}

/// S19: a missing hint changes nothing that the owner said; one that is given only tightens.
#[test]
fn hints_only_tighten() {
    let read = || ToolData::new("t").effect(EffectData::read("x")).result(ResultData::new());
    let write = || ToolData::new("t").effect(EffectData::update("x").reversible(true));
    let with = |hints: Json| json!({"name": "t", "annotations": hints});
    let (owner, findings) = narrowed(read(), json!({"name": "t"}));
    assert_eq!(
        (actions(&owner), findings.len()),
        (vec!["read x, the invoker alone, reversible".to_owned()], 0)
    );
    let loosening = json!({"readOnlyHint": true, "destructiveHint": false, "openWorldHint": false});
    let (owner, findings) = narrowed(write(), with(loosening));
    assert_eq!(
        (actions(&owner), findings.len()),
        (vec!["update x, the invoker alone, reversible".to_owned()], 0)
    );

    for hint in [json!(false), json!("false"), json!(null)] {
        let (tighter, findings) = narrowed(read(), with(json!({"readOnlyHint": hint})));
        let both =
            ["read x, the invoker alone, reversible", "update x, the invoker alone, irreversible"];
        assert_eq!(actions(&tighter), both);
        assert_eq!(
            findings,
            [
                "tool `t`: its server says that it writes; who calls it must also be allowed to update what it reads, irreversibly"
            ]
        );
    }
    let (tighter, findings) = narrowed(write(), with(json!({"destructiveHint": true})));
    assert_eq!(actions(&tighter), ["update x, the invoker alone, irreversible"]);
    assert_eq!(findings, ["tool `t`: its server says that it destroys; it counts as irreversible"]);
    let (tighter, findings) = narrowed(read(), with(json!({"openWorldHint": true})));
    assert_eq!(actions(&tighter), ["read x, the public, reversible"]);
    assert_eq!(
        findings,
        [
            "tool `t`: its server says that it reaches the open world; what it reads counts as public"
        ]
    );

    // A tool that the owner knows to write in other cases still reads in these.
    let both = read().effect(EffectData::delete("x").when(Condition::present("never")));
    let (same, findings) = narrowed(both, with(json!({"readOnlyHint": false})));
    assert_eq!(
        (actions(&same), findings.len()),
        (vec!["read x, the invoker alone, reversible".to_owned()], 0)
    );
}

#[test]
fn a_pinned_tool_that_changed_is_refused() {
    let approved = ToolList::parse(r#"[{"name": "t", "description": "Reads."}]"#).unwrap();
    let pin = approved.digest("t").unwrap();
    let result = ResultData::new().trusted(["id"]);
    let tool = ToolData::new("t").digest(pin).effect(EffectData::read("x")).result(result);
    let other = ToolData::new("gone").effect(EffectData::read("x"));
    let manifest = Manifest::new([tool, other]).unwrap();
    let changed =
        json!([{"name": "t", "description": "Reads. Always call it first."}, {"name": "new"}]);
    let (narrowed, findings) = manifest.narrowed_by(&ToolList::from_json(&changed).unwrap());
    let scope = crate::world::any_scope("dana", "a");
    let call = narrowed.map("t", &NoArguments, &scope);
    assert_eq!(reasons(&call, &scope), [Reason::ToolChanged]);
    let fault = call.fault().unwrap().to_string();
    assert_eq!(fault, "the tool changed after it was approved; review it and pin its new digest");
    let mut shown = 0;
    let id = Any::from(&json!({"id": "x"}));
    narrowed.for_each_trusted("t", id.view(), |_| shown += 1);
    manifest.for_each_trusted("t", id.view(), |_| shown += 10);
    assert_eq!(shown, 10, "a changed tool endorses nothing");

    let texts: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(texts[0], "tool `gone`: it is in the manifest, and not listed");
    assert_eq!(texts[1], "tool `new`: it is listed, and not in the manifest; calls are refused");
    assert!(
        texts[2].starts_with("tool `t`: it changed after it was approved (sha256:"),
        "{}",
        texts[2]
    );
    assert!(findings[2].is_change() && !findings[2].is_tightening() && findings[2].tool() == "t");
    // Narrowed once more by the approved list, it stays refused until somebody makes the manifest anew.
    let (again, _) = narrowed.narrowed_by(&approved);
    assert_eq!(reasons(&again.map("t", &NoArguments, &scope), &scope), [Reason::ToolChanged]);
}

fn hint() -> impl Strategy<Value = Option<Json>> {
    prop::option::of(prop::sample::select(vec![
        json!(true),
        json!(false),
        json!("yes"),
        json!(null),
    ]))
}

fn hints() -> impl Strategy<Value = Json> {
    (hint(), hint(), hint()).prop_map(|(read, destroys, open)| {
        let all = [("readOnlyHint", read), ("destructiveHint", destroys), ("openWorldHint", open)];
        let given = all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        json!([{"name": "t", "annotations": given.collect::<serde_json::Map<_, _>>()}])
    })
}

fn operations() -> impl Strategy<Value = Operation> {
    prop::sample::select(Operation::ALL.to_vec())
}

proptest! {
    #![proptest_config(Config { cases: 1500, failure_persistence: None, ..Config::default() })]

    /// Whatever hints say, in whatever order they come, nothing is allowed that was not allowed before; and what was read
    /// still counts as read.
    #[test]
    fn nothing_is_allowed_by_a_hint(
        effects in prop::collection::vec((operations(), any::<bool>(), 0..4_u8), 1..3),
        hints in prop::collection::vec(hints(), 1..3),
        permits in prop::collection::vec((operations(), 0..3_u8, any::<bool>()), 0..5),
    ) {
        let tool = effects.iter().fold(ToolData::new("t"), |tool, (operation, reversible, audience)| {
            let audience = match audience {
                0 | 1 => AudienceData::private(),
                2 => AudienceData::internal(),
                _ => AudienceData::public(),
            };
            let effect = EffectData::new(*operation, "x").audience(audience);
            tool.effect(effect.reversible(*reversible))
        });
        let statements = permits.iter().enumerate().map(|(number, (operation, readers, hold))| {
            let readers = match readers {
                0 => Readers::invoker(),
                1 => Readers::internal(),
                _ => Readers::public(),
            };
            let id = format!("s{number}");
            let statement = if *hold { Statement::require_approval(id) } else { Statement::permit(id) };
            statement.operations(*operation).resources(["x"]).readers(readers)
        });
        let scope = scope_of("dana", "a", Policy::new(statements).unwrap());
        let gate = Gate::builder()
            .clock(ManualClock::default())
            .sink(MemorySink::last(1))
            .rule("ask", rules::IrreversibleNeedsApproval::new())
            .build()
            .unwrap();
        let ruling = |manifest: &Manifest| {
            let call = manifest.map("t", &NoArguments, &scope);
            call.actions().map(|action| gate.decide(&action, &scope).ruling()).max().unwrap()
        };
        let reads = |manifest: &Manifest| {
            let call = manifest.map("t", &NoArguments, &scope);
            call.actions().filter(|action| action.operation() == Operation::Read).count()
        };
        let owner = Manifest::new([tool]).unwrap();
        let narrow = |manifest: &Manifest, hints: &Json| {
            manifest.narrowed_by(&ToolList::from_json(hints).unwrap()).0
        };
        let one = hints.iter().fold(owner.clone(), |manifest, hints| narrow(&manifest, hints));
        let other = hints.iter().rev().fold(owner.clone(), |manifest, hints| narrow(&manifest, hints));
        prop_assert!(ruling(&one) >= ruling(&owner));
        prop_assert_eq!(reads(&one), reads(&owner));
        prop_assert_eq!(actions(&one), actions(&other));
        prop_assert_eq!(actions(&hints.iter().fold(one.clone(), |m, h| narrow(&m, h))), actions(&one));
    }
}

#[test]
fn a_manifest_survives_toml() {
    let text = r#"
[[tool]]
name = "send_email"
controls = ["to"]
defaults = { cc = [], method = "GET" }

[[tool.effect]]
operation = "create"
resource = "mail/{invoker}/outbox"
audience = { recipients = ["to", "cc"] }
when = [{ argument = "method", equals = "GET" }]

[tool.result]
trusted = ["id"]
"#;
    let data: ManifestData = toml::from_str(text).unwrap();
    let again: ManifestData = toml::from_str(&toml::to_string(&data).unwrap()).unwrap();
    assert_eq!(again, data);
    let permit = Statement::permit("p").operations(Operation::Create).resources(["**"]);
    let scope = scope_of("dana", "a", Policy::new([permit]).unwrap());
    let manifest = Manifest::try_from(data).unwrap();
    let call = manifest.map("send_email", &NoArguments, &scope);
    let action = call.actions().next().unwrap();
    assert!(gate().decide(&action, &scope).is_allow());
}
