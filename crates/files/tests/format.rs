//! The canonical form: by example, over all golden files, and by random documents.

use std::fs;
use std::path::Path;

use permitgate_files::format;
use proptest::prelude::*;

#[track_caller]
fn assert_formats(text: &str, expected: &str) {
    let written = format("x.toml", text).unwrap();
    assert_eq!(written, expected, "--- came\n{written}");
    assert_eq!(format("x.toml", &written).unwrap(), written, "a second time");
}

#[test]
fn keys_stand_in_order_and_comments_stay_with_them() {
    assert_formats(
        "\u{feff}# The head of the file.\r\n\r\n\r\n# About includes.\r\ninclude   = ['a.toml' ,\"b.toml\"]\r\n\r\n\r\n\r\n# About statements.\r\n  [[statement]]   # first\r\n\teffect = \"permit\"# why\r\n   # the id\r\n\"id\" = 'x'\r\n\r\n[[statement]]\r\nid = \"y\"\r\n# end",
        "# The head of the file.\n\n# About includes.\ninclude = [\"a.toml\", \"b.toml\"]\n\n# About statements.\n[[statement]] # first\n# the id\nid = \"x\"\neffect = \"permit\" # why\n\n[[statement]]\nid = \"y\"\n\n# end\n",
    );
}

#[test]
fn who_approves_stands_behind_what_is_held() {
    assert_formats(
        "[[test]]\nexpect=\"allow\"\napproved_by=['lee']\nname=\"t\"\n[[statement]]\nuse_within=\"5m\"\napprovals=2\nby='invoker'\ndecide_within='1d'\notherwise=true\nid=\"x\"\n[approvers]\nuse_within=\"1h\"\nby=[\"group:leads\"]\n",
        "[[test]]\nname = \"t\"\napproved_by = [\"lee\"]\nexpect = \"allow\"\n\n[[statement]]\nid = \"x\"\notherwise = true\nby = \"invoker\"\napprovals = 2\ndecide_within = \"1d\"\nuse_within = \"5m\"\n\n[approvers]\nby = [\"group:leads\"]\nuse_within = \"1h\"\n",
    );
}

#[test]
fn wide_lists_are_broken_and_narrow_ones_are_not() {
    assert_formats(
        "[[statement]]\nresources = [\n  \"a\",\n  \"b\",\n]\nwhen = [{at_most=5,argument=\"x\"},{argument=\"a rather long name of an argument\", one_of=[\"EUR\",\"CHF\",\"USD\"]},]\n",
        "[[statement]]\nresources = [\"a\", \"b\"]\nwhen = [\n    { argument = \"x\", at_most = 5 },\n    { argument = \"a rather long name of an argument\", one_of = [\"EUR\", \"CHF\", \"USD\"] },\n]\n",
    );
}

#[test]
fn comments_in_lists_keep_their_lines() {
    assert_formats(
        "[[statement]]\ntools = [ # all, or some,\n \"a\", # first,\n # second\n \"b\" # also second\n , \"c\", # third\n # last\n ]\n",
        "[[statement]]\ntools = [\n    # all, or some,\n    \"a\", # first,\n    # second\n    \"b\", # also second\n    \"c\", # third\n    # last\n]\n",
    );
}

#[test]
fn sub_tables_stay_with_theirs() {
    assert_formats(
        "[[tool]]\nname=\"a\"\n[tool.result]\noutsider=[]\ntrusted=[]\n[[tool.effect]]\nresource=\"x\"\noperation=\"read\"\n[[tool]]\nname=\"b\"\n[[tool.effect]]\noperation=\"read\"\naudience = {values={a=\"public\"},flag=\"v\"}\n",
        "[[tool]]\nname = \"a\"\n\n[tool.result]\ntrusted = []\noutsider = []\n\n[[tool.effect]]\noperation = \"read\"\nresource = \"x\"\n\n[[tool]]\nname = \"b\"\n\n[[tool.effect]]\noperation = \"read\"\naudience = { flag = \"v\", values = { a = \"public\" } }\n",
    );
}

#[test]
fn names_of_people_keep_their_order() {
    assert_formats(
        "[directory.groups]\nzebra = []\n\"dana@example.com\" = []\n\nalpha=[]\n[directory]\nprincipals=[{inside=true,name=\"b\"}]\n",
        "[directory.groups]\nzebra = []\n\"dana@example.com\" = []\n\nalpha = []\n\n[directory]\nprincipals = [{ name = \"b\", inside = true }]\n",
    );
}

#[test]
fn names_of_things_keep_their_order() {
    assert_formats(
        "[directory.things]\n'team calendar'=['cal-881' , \"cal-882\"]# both\nrent=[ '7' ]\n",
        "[directory.things]\n\"team calendar\" = [\"cal-881\", \"cal-882\"] # both\nrent = [\"7\"]\n",
    );
    assert_formats(
        "[directory]\nthings={ rent=['7'] }\nprincipals=[]\n",
        "[directory]\nprincipals = []\nthings = { rent = [\"7\"] }\n",
    );
}

#[test]
fn texts_of_several_lines_stay_as_they_are() {
    assert_formats(
        "[[test]]\nuser_says = \"\"\"\nsend # no comment\n  it\\\n   now\"\"\"\nname = '''a'b'''\n",
        "[[test]]\nname = '''a'b'''\nuser_says = \"\"\"\nsend # no comment\n  it\\\n   now\"\"\"\n",
    );
}

#[test]
fn what_cannot_be_seen_stays_an_escape_in_json() {
    let text =
        r#"{"statement":[{"id":"a\u202eb\u200bc é \ud83d\ude00 \udb40\udc41","effect":"permit"}]}"#;
    let written = format("x.json", text).unwrap();
    assert!(written.contains(r#""a\u202eb\u200bc é 😀 \udb40\udc41""#), "{written}");
    assert_eq!(format("x.json", &written).unwrap(), written);
    // What JSON escapes of itself stays beside it.
    let text = r#"{"statement":[{"id":"a\\b\"c\nd`\u202e\u005c","\\k":1}]}"#;
    let written = format("x.json", text).unwrap();
    let values = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(values(&written), values(text), "{written}");
    assert!(written.contains(r#""a\\b\"c\nd`\u202e\\""#), "{written}");
    assert_eq!(format("x.json", &written).unwrap(), written);
}

#[test]
fn a_table_within_braces_stays_on_its_line_around_a_text_of_several() {
    assert_formats(
        "[[statement]]\nwhen = [{ argument = \"x\", equals = \"\"\"\na\nb\"\"\" }, {argument=\"y\"}]\n",
        "[[statement]]\nwhen = [\n    { argument = \"x\", equals = \"\"\"\na\nb\"\"\" },\n    { argument = \"y\" },\n]\n",
    );
    assert_formats(
        "a = { b = [ { c = '''\nd''', e = 1 } ] }\n",
        "a = { b = [\n    { c = '''\nd''', e = 1 },\n] }\n",
    );
}

#[test]
fn json_has_a_canonical_form() {
    let text = r#"{"statement":[{"effect":"permit","id":"a","operations":["read"],"resources":["docs/a/rather/long/path/**","docs/another/rather/long/path/**"]}],"include":[]}"#;
    let expected = "{\n  \"include\": [],\n  \"statement\": [\n    {\n      \"id\": \"a\",\n      \"effect\": \"permit\",\n      \"operations\": [\"read\"],\n      \"resources\": [\"docs/a/rather/long/path/**\", \"docs/another/rather/long/path/**\"]\n    }\n  ]\n}\n";
    let written = format("x.json", text).unwrap();
    assert_eq!(written, expected, "--- came\n{written}");
    assert_eq!(format("x.json", &written).unwrap(), written);
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_place() {
    let error = format("x.toml", "a = \n").unwrap_err();
    assert!(error.to_string().starts_with("x.toml:1:"), "{error}");
    for text in ["[]", "\"a\"", " 1", "null"] {
        let error = format("x.json", text).unwrap_err();
        assert!(error.to_string().contains("a file is one table"), "{error}");
    }
    let error = format("x.yaml", "a: 1\n").unwrap_err();
    assert!(error.to_string().contains("the format of a file is told by its name"), "{error}");
}

#[test]
fn every_golden_file_formats_twice_alike() {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")];
    let mut count = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            if let Ok(once) = format(name, &text) {
                assert_eq!(format(name, &once).unwrap(), once, "{name}");
                count += 1;
            }
        }
    }
    assert!(count > 50, "only {count}");
}

/// What may stand between two things of a list.
fn between() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            Just(" "),
            Just("\n"),
            Just("\t"),
            Just("# c, [x] \"y\n"),
            Just("\r\n"),
            Just("#\n")
        ],
        0..4,
    )
    .prop_map(|parts| parts.concat())
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z/*{}# ]{0,12}".prop_map(|text| format!("\"{text}\"")),
        "[a-z#\" ]{0,12}".prop_map(|text| format!("'{text}'")),
        Just("\"\"\"\n a # b\n\"\"\"".to_owned()),
        Just("'''a\n'b'''''".to_owned()),
        Just("\"\\u00e9\\\"#\"".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        Just("0x1F".to_owned()),
        Just("1_000.50".to_owned()),
        Just("true".to_owned()),
        Just("inf".to_owned()),
        Just("2026-01-01T00:00:00Z".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 24, 5, |inner| {
        let items = (prop::collection::vec((between(), inner.clone(), between()), 0..5), between());
        let list = (items, any::<bool>()).prop_map(|((items, end), comma)| {
            let text: Vec<String> = items.iter().map(|(a, v, b)| format!("{a}{v}{b}")).collect();
            let comma = if comma && !text.is_empty() { "," } else { "" };
            format!("[{}{comma}{end}]", text.join(","))
        });
        let entry = (between(), key(), inner, between());
        let table = (prop::collection::vec(entry, 0..4), between()).prop_map(|(entries, end)| {
            let text: Vec<String> = entries
                .iter()
                .enumerate()
                .map(|(at, (a, key, value, b))| format!("{a}{key}{at} = {value}{b}"))
                .collect();
            format!("{{{}{end}}}", text.join(","))
        });
        prop_oneof![list, table]
    })
}

fn key() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] =
        &["id", "effect", "when", "tools", "argument", "resources", "a.b", "\"q x\".c", "'l'.m"];
    prop::sample::select(KNOWN).prop_map(str::to_owned)
}

fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("\n"),
        Just("# comment\n"),
        Just("  # indented\t\n"),
        Just("\r\n"),
        Just("")
    ];
    prop::collection::vec(line, 0..4).prop_map(|lines| lines.concat())
}

fn document() -> impl Strategy<Value = String> {
    let entry = || (lines(), key(), value(), prop_oneof![Just(""), Just(" # beside"), Just("\t")]);
    let header = prop::sample::select(
        &[
            "[[statement]]",
            "[[tool]]",
            "[[ guardrail ]] # x",
            "[[x.y]]",
            "[[tool.effect]]",
            "[[x.\"y\".z]]",
        ][..],
    );
    let table = (lines(), header, prop::collection::vec(entry(), 0..4));
    let entries = |entries: Vec<(String, String, String, &str)>, table: usize| {
        let text: Vec<String> = entries
            .into_iter()
            .enumerate()
            .map(|(at, (above, key, value, beside))| {
                format!("{above}{key}{at}-{table} = {value}{beside}\n")
                    .replace("\"-", "-")
                    .replace("'-", "-")
            })
            .collect();
        text.concat()
    };
    let tables = prop::collection::vec(table, 0..5);
    (prop::collection::vec(entry(), 0..3), tables, lines()).prop_map(move |(root, tables, end)| {
        let tables = tables.into_iter().enumerate().map(|(at, (above, header, of_table))| {
            format!("{above}{header}\n{}", entries(of_table, at))
        });
        format!("{}{}{end}", entries(root, 99), tables.collect::<String>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// That the meaning and the comments stay is checked by `format` itself, which would refuse.
    #[test]
    fn formatting_twice_changes_nothing_more(text in document()) {
        prop_assume!(text.parse::<toml_edit::DocumentMut>().is_ok());
        let once = format("x.toml", &text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let twice = format("x.toml", &once).unwrap();
        prop_assert_eq!(&once, &twice, "--- from\n{}\n--- once\n{}\n--- twice\n{}", text, once, twice);
    }
}
