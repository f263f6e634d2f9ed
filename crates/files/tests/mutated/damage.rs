//! Damaged policy files, and what holds for each.

use std::sync::LazyLock;

use permitgate_files::{Bundle, LoadError, format};
use proptest::prelude::*;

/// A file of TOML, and one of JSON, that load.
static SEEDS: LazyLock<[(&str, String); 2]> = LazyLock::new(|| {
    let policy = include_str!("../bundle/policy.toml");
    let (_, policy) = policy.split_once("[labels]").unwrap();
    let toml = format!("[labels]{policy}\n{}", include_str!("../bundle/people.toml"));
    [("x.toml", toml), ("x.json", include_str!("../bundle/tools.json").to_owned())]
});

/// The name and the text of a file with up to three changes.
pub(crate) fn damaged() -> impl Strategy<Value = (&'static str, String)> {
    (0_usize..2, prop::collection::vec(change(), 1..4)).prop_map(|(seed, changes)| {
        let (name, text) = &SEEDS[seed];
        (*name, apply(text, &changes))
    })
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

/// Panics where a damaged file is neither loaded nor refused with a place, or its canonical form says something else.
/// Gives whether it loaded.
pub(crate) fn check(name: &str, text: &str) -> bool {
    let loaded = Bundle::parse(name, text);
    if let Err(error) = &loaded {
        check_findings(error, text);
    }
    match format(name, text) {
        Ok(once) => {
            assert_eq!(format(name, &once).unwrap(), once);
            let again = Bundle::parse(name, once.as_str());
            assert_eq!(again.is_ok(), loaded.is_ok(), "{once}");
        }
        Err(error) => {
            check_findings(&error, text);
            assert!(loaded.is_err(), "what loads can be formatted: {error}");
        }
    }
    loaded.is_ok()
}
