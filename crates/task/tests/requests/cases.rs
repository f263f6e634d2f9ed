//! The table: each text, and which tools it allows, holds and denies.

use portcullis::Ruling;
use portcullis_task::TaskRequest;
use serde::Deserialize;

use crate::world::{ACTING, rulings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

/// Every tool that acts and is not named is held.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    why: String,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    #[serde(default)]
    delegates: bool,
}

#[test]
fn every_case_comes_out_as_the_table_says() {
    let mut wrong = Vec::new();
    for file in ["negated.toml", "doubtful.toml", "plain.toml"] {
        let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
        let table: Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(table.case.len() >= 20, "{file}");
        for Case { text, why, allow, deny, delegates } in table.case {
            let request = TaskRequest::new(&text);
            if request.delegates() != delegates {
                wrong.push(format!("{file}: {text:?} ({why}): delegates: {}", !delegates));
            }
            let found = ACTING.into_iter().zip(rulings(&request));
            for (tool, found) in found.filter(|_| !delegates) {
                let stands = |list: &[String]| list.iter().any(|name| name == tool);
                let expected = match (stands(&allow), stands(&deny)) {
                    (true, _) => Ruling::Allow,
                    (_, true) => Ruling::Deny,
                    _ => Ruling::Hold,
                };
                if found != expected {
                    wrong.push(format!(
                        "{file}: {text:?} ({why}): {tool} is {found:?}, not {expected:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
