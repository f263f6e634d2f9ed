//! The tables: each text, and which tools it allows, holds and denies; and what is known to be taken for a request.

use permitgate::decision::Ruling;
use permitgate_task::TaskRequest;
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

/// What the rules miss is known, sentence by sentence, and the figure in the README is this one.
#[test]
fn hostile_sentences_ask_for_nothing_but_for_those_that_are_marked() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let text = std::fs::read_to_string(format!("{folder}/tests/data/hostile.txt")).unwrap();
    let sentences = text.lines().filter(|line| line.starts_with("  ") || line.starts_with("! "));
    let (mut all, mut asking, mut wrong) = (0, 0, Vec::new());
    for line in sentences {
        let (mark, sentence) = line.split_at(2);
        let request = TaskRequest::new(&sentence.replace("\\n", "\n"));
        let asks = rulings(&request).contains(&Ruling::Allow);
        (all, asking) = (all + 1, asking + usize::from(asks));
        if asks != (mark == "! ") {
            wrong.push(format!("{sentence:?} {}", if asks { "asks" } else { "asks for nothing" }));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let readme = std::fs::read_to_string(format!("{folder}/README.md")).unwrap();
    assert!(
        readme.contains(&format!("Of {all} hostile sentences {asking} ask")),
        "{all}, {asking}"
    );
}
