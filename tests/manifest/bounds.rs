//! What a kind writes lies within what it is said to write, so that a condition which is refused for it would never have held.

use permitgate::directory::{Directory, JoinPolicy};
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::Config;

const TABLES: [(&str, &str); 9] = [
    ("channel", include_str!("../../testdata/kinds/channel.toml")),
    ("choice", include_str!("../../testdata/kinds/choice.toml")),
    ("decimal", include_str!("../../testdata/kinds/decimal.toml")),
    ("host", include_str!("../../testdata/kinds/host.toml")),
    ("id", include_str!("../../testdata/kinds/id.toml")),
    ("mailbox", include_str!("../../testdata/kinds/mailboxes.toml")),
    ("path", include_str!("../../testdata/kinds/path.toml")),
    ("time", include_str!("../../testdata/kinds/time.toml")),
    ("url", include_str!("../../testdata/kinds/url.toml")),
];

fn manifest(kind: &str, options: Option<&toml::Table>) -> Manifest {
    let mut argument = options.cloned().unwrap_or_default();
    argument.insert("kind".into(), kind.into());
    let argument: ArgumentSpec = toml::Value::Table(argument).try_into().unwrap();
    let directory = Directory::builder()
        .channel("Town-Hall", JoinPolicy::Internal, Vec::<String>::new())
        .alias("C0", "Town-Hall")
        .build()
        .unwrap();
    let tool = ToolSpec::new("t").argument("x", argument).effect(EffectSpec::read("r"));
    Manifest::in_directory([tool], &directory).unwrap()
}

fn is_within(manifest: &Manifest, path: &str, value: &toml::Value) -> bool {
    let condition = match value {
        toml::Value::String(text) => Condition::equals(path, text.as_str()),
        toml::Value::Integer(number) => Condition::equals(path, *number),
        toml::Value::Float(number) => Condition::equals(path, *number),
        other => panic!("{other:?}"),
    };
    manifest.tool("t").unwrap().can_hold(&condition) == Some(true)
}

#[test]
fn what_the_tables_accept_is_within_the_bounds() {
    for (kind, table) in TABLES {
        let table: toml::Table = toml::from_str(table).unwrap();
        let mut seen = 0;
        for case in table["case"].as_array().unwrap() {
            let Some(canonical) = case.get("canonical") else { continue };
            let manifest = manifest(kind, case.get("options").and_then(toml::Value::as_table));
            let canonical = canonical.as_array().cloned().unwrap_or(vec![canonical.clone()]);
            for form in &canonical {
                let form = match form.as_str() {
                    Some(digits) if kind == "decimal" => {
                        toml::Value::from(digits.parse::<f64>().unwrap())
                    }
                    _ => form.clone(),
                };
                assert!(is_within(&manifest, "x", &form), "{kind} {form}");
                seen += 1;
            }
            for (name, part) in
                case.get("parts").and_then(toml::Value::as_table).into_iter().flatten()
            {
                assert!(is_within(&manifest, &format!("x.{name}"), part), "{kind}.{name} {part}");
            }
        }
        assert!(seen > 2, "{kind}");
    }
}

/// Arguments of every kind that has bounds, with their options.
const ARGUMENTS: [(&str, &str, &[&str]); 14] = [
    ("channel", "", &[""]),
    ("channel", "case = \"fold\"", &[""]),
    ("person", "", &[""]),
    ("id", "sort = \"s\"", &[""]),
    ("mailbox", "", &["", ".domain", ".local"]),
    ("mailbox", "local_part = \"fold\"\nplus = \"strip\"", &["", ".domain", ".local"]),
    ("path", "", &["", ".name", ".parent", ".extension"]),
    ("path", "case = \"fold\"", &["", ".name", ".parent", ".extension"]),
    ("path", "style = \"windows\"\nroot = 'C:\\a'", &["", ".name", ".parent", ".extension"]),
    ("path", "root = \"/a\"\ncwd = \"/a/b\"", &["", ".name", ".parent"]),
    ("url", "", &["", ".host", ".path", ".query", ".fragment", ".origin", ".scheme", ".class"]),
    ("host", "", &["", ".class"]),
    ("time", "", &["", ".date", ".weekday"]),
    ("time", "form = \"local\"", &["", ".date"]),
];

proptest! {
    #![proptest_config(Config::with_cases(400))]
    #[test]
    fn what_is_accepted_is_within_the_bounds(
        number in 0..ARGUMENTS.len(),
        text in "(Town-Hall|town-hall|C0|https?://|/a/|#|@|2026-11-2[0-9]T[01][0-9]:30(:00)?(\\.[0-9]{1,3})?(Z|\\+01:00)?)?[a-cA-C0-3é .:@/#?%+_~&=-]{0,8}(\\.example|/b|@A.example)?",
    ) {
        let (kind, options, paths) = ARGUMENTS[number];
        let manifest = manifest(kind, Some(&toml::from_str(options).unwrap()));
        let tool = manifest.tool("t").unwrap();
        for path in paths {
            let path = format!("x{path}");
            if let Some(Ok(form)) = tool.canonical(&path, &text) {
                for condition in [
                    Condition::equals(path.as_str(), form.as_str()),
                    Condition::equals(path.as_str(), form.as_str()).case_blind(),
                ] {
                    prop_assert_eq!(tool.can_hold(&condition), Some(true), "{} {} {:?}", kind, path, form);
                }
            }
        }
    }
}
