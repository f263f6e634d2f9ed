//! Drafts of manifests: they never guess too well.

use portcullis::*;
use portcullis_files::{Bundle, Code};
use portcullis_task::draft;
use serde::Deserialize;
use serde_json::{Value as Json, json};

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
    serde_json::from_str(include_str!("data/mcp_tools.json")).unwrap()
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
    assert_eq!(text, include_str!("data/manifest_draft.toml"));
}

/// A drafted manifest is refused until somebody has reviewed it, and loads then.
#[test]
fn a_draft_loads_once_its_mark_is_gone() {
    let draft = include_str!("data/manifest_draft.toml");
    let error = Bundle::parse("draft.toml", draft).unwrap_err();
    let codes: Vec<Code> = error.findings().iter().map(|finding| finding.code()).collect();
    assert_eq!(codes, [Code::Draft]);
    let reviewed = draft.replacen("draft = true", "", 1);
    let bundle = Bundle::parse("draft.toml", reviewed).unwrap_or_else(|error| panic!("{error}"));
    assert!(!bundle.manifest().is_empty());
    let written = portcullis_files::format("draft.toml", draft).unwrap();
    assert_eq!(portcullis_files::format("draft.toml", &written).unwrap(), written);
}
