//! The cases of `testdata/decisions` as what they are: tests of policy files. `tests/decisions.rs` decides the same without
//! this crate.

use std::fs;
use std::path::{Path, PathBuf};

use permitgate::ambient_authority;
use permitgate::time::Timestamp;
use permitgate_files::{Options, format};

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/decisions")
}

#[test]
fn every_case_passes_under_what_narrows_its_file() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for path in listed(&folder()) {
        let bundle = Options::new().without_tests(true).load(&path).unwrap();
        let narrower = path.with_extension("");
        let layers = if narrower.is_dir() { listed(&narrower) } else { Vec::new() };
        let mut capability = bundle.capability(ambient_authority());
        for layer in layers {
            let layer = Options::new().load_layer(&bundle, &layer).unwrap();
            capability = capability.attenuate(layer.attenuation()).unwrap();
        }
        let outcomes = bundle.run_tests_under(&capability, Timestamp::MIN);
        assert!(outcomes.iter().all(|outcome| outcome.why.is_some()), "{}", path.display());
        count += outcomes.len();
        let failed = outcomes.iter().filter(|outcome| !outcome.passed);
        wrong.extend(failed.map(|outcome| format!("{outcome:?}")));
    }
    println!("{count} cases");
    assert!(count >= 280, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_in_its_canonical_form() {
    for path in listed(&folder()) {
        let text = fs::read_to_string(&path).unwrap();
        let formatted = format(path.to_str().unwrap(), &text).unwrap();
        assert!(formatted == text, "run `permitgate fmt {}`", path.display());
    }
}
