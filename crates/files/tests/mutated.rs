//! Good files, damaged at random: loading ends with a bundle or with findings that have a place in the text,
//! and the canonical form is stable and means the same.

use std::fs;
use std::path::Path;

use permitgate_files::{Bundle, LoadError, format};
use proptest::prelude::*;

fn seeds() -> Vec<(&'static str, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let policy = read("policy.toml");
    let (_, policy) = policy.split_once("[labels]").unwrap();
    let toml = format!("[labels]{policy}\n{}", read("people.toml"));
    vec![("x.toml", toml), ("x.json", read("tools.json"))]
}

/// One change: a place as a share of the text, how many characters go, and what comes.
fn change() -> impl Strategy<Value = (f64, usize, String)> {
    const TOKENS: &[&str] = &[
        "",
        "\"",
        "'",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ",",
        ".",
        "#",
        "\n",
        "\r\n",
        "\t",
        "\\",
        "\"\"\"",
        "null",
        "true",
        "7",
        "-0.0",
        "1e999",
        "nan",
        "draft = true\n",
        "include = [\"a\"]\n",
        "é",
        "\u{feff}",
        "\u{202e}",
        "\0",
        "when",
        "[tool.result]\n",
        "[[statement]]\n",
        "id = \"x\"\n",
        ":",
    ];
    (0.0..1.0, 0_usize..12, prop::sample::select(TOKENS).prop_map(str::to_owned))
}

fn apply(text: &str, changes: &[(f64, usize, String)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (share, remove, insert) in changes {
        let from = (share * characters.len() as f64) as usize;
        let to = (from + remove).min(characters.len());
        characters.splice(from..to, insert.chars());
    }
    characters.into_iter().collect()
}

fn check_findings(error: &LoadError, text: &str) {
    let lines: Vec<&str> = text.split('\n').collect();
    assert!(!error.findings().is_empty());
    for finding in error.findings() {
        let position = finding.position();
        let line = lines.get(position.line - 1).unwrap_or_else(|| panic!("{error}"));
        assert!(position.column <= line.chars().count() + 1, "{error}\n{line:?}");
        assert!(!finding.message().is_empty());
        assert!(finding.to_string().chars().all(|c| c == '\n' || !c.is_control()), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_refused_with_a_place(
        seed in 0_usize..2,
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let (name, text) = &seeds()[seed];
        let text = apply(text, &changes);
        let loaded = Bundle::parse(name, text.as_str());
        if let Err(error) = &loaded {
            check_findings(error, &text);
        }
        match format(name, &text) {
            Ok(once) => {
                prop_assert_eq!(&format(name, &once).unwrap(), &once);
                let again = Bundle::parse(name, once.as_str());
                prop_assert_eq!(again.is_ok(), loaded.is_ok(), "{}", once);
            }
            Err(error) => {
                check_findings(&error, &text);
                prop_assert!(loaded.is_err(), "what loads can be formatted: {}", error);
            }
        }
    }
}
