use serde::Deserialize;

use super::{Change, Patch, PatchSpec, rules};
use crate::manifest::kinds::rule::TextFault;
use crate::model::parts::{Part, Parts};

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    why: String,
    #[serde(default)]
    options: PatchSpec,
    #[serde(default)]
    creates: Vec<String>,
    #[serde(default)]
    changes: Vec<String>,
    #[serde(default)]
    deletes: Vec<String>,
    refused: Option<String>,
    at: Option<u32>,
}

/// The files that it creates, changes and deletes.
fn read(options: PatchSpec, text: &str) -> Result<[Vec<String>; 3], TextFault> {
    let kind = Patch::new(&options).unwrap();
    let mut parts = Parts::default();
    let begun = parts.argument("diff");
    let read = kind.read(text, &mut parts, &begun);
    parts.end(begun);
    read?;
    let diff = parts.get("diff").unwrap();
    assert_eq!(diff.as_text(), Some(text));
    let path = |file: Part<'_>| file.get("path").and_then(Part::as_text).unwrap().to_owned();
    Ok(Change::ALL.map(|change| diff.get(change.name()).unwrap().iter().map(path).collect()))
}

#[test]
fn each_patch_of_the_table_is_read_as_it_says() {
    let table: Table =
        toml::from_str(&std::fs::read_to_string("testdata/kinds/patch.toml").unwrap()).unwrap();
    assert!(table.case.len() >= 40, "{}", table.case.len());
    for case in table.case {
        match (read(case.options, &case.text), &case.refused) {
            (Ok(found), None) => {
                assert_eq!(found, [case.creates, case.changes, case.deletes], "{}", case.why);
            }
            (Err(fault), Some(code)) => {
                let says = (fault.rule.code, Some(fault.at));
                assert_eq!(says, (code.as_str(), case.at), "{}", case.why);
            }
            (read, _) => panic!("{}: {read:?}", case.why),
        }
    }
}

fn changed(name: &str) -> String {
    format!("--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-a\n+b\n")
}

#[test]
fn as_many_files_as_are_promised_and_no_more() {
    let patch =
        |files: usize| (0..files).map(|file| changed(&format!("f{file}"))).collect::<String>();
    let [creates, changes, deletes] = read(PatchSpec::new(), &patch(128)).unwrap();
    assert_eq!((creates.len(), changes.len(), deletes.len()), (0, 128, 0));
    let fault = read(PatchSpec::new(), &patch(129)).unwrap_err();
    assert_eq!(fault.rule, &rules::MANY);
}

#[test]
fn a_long_patch_is_refused() {
    let lines = "+x\n".repeat(20_000);
    let text = format!("--- a/x\n+++ b/x\n@@ -0,0 +1,20000 @@\n{lines}");
    assert_eq!(read(PatchSpec::new(), &text).unwrap()[1], ["x"]);
    let text = format!("{text}{}", changed(&"y".repeat(6_000)));
    assert_eq!(read(PatchSpec::new(), &text).unwrap_err().rule, &rules::LONG);
}

/// Whatever is cut off or put in: no file is read that no line of names or of a header says.
#[test]
fn every_beginning_of_a_patch_reads_the_files_of_the_whole_or_none() {
    let text = "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+a\n\
                diff --git a/o b/p\nsimilarity index 100%\nrename from o\nrename to p\n\
                diff --git a/q b/q\n--- a/q\n+++ b/q\n@@ -1,2 +1,2 @@\n-a\n--- b\n+c\n+d\n";
    let [creates, changes, deletes] = read(PatchSpec::new(), text).unwrap();
    assert_eq!(
        (creates.join(" "), changes.join(" "), deletes.join(" ")),
        ("n p".into(), "q".into(), "o".into())
    );
    for end in 0..text.len() {
        if let Ok(found) = read(PatchSpec::new(), &text[..end]) {
            for (part, whole) in found.iter().zip([&creates, &changes, &deletes]) {
                assert_eq!(*part, whole[..part.len()], "{:?}", &text[..end]);
            }
        }
    }
}
