use proptest::prelude::*;

use super::*;
use crate::manifest::kinds::cases::{KindCase, flat, hold, written};

/// The canonical form and the parts, or the fault.
fn read(path: &Path, text: &str) -> Result<(String, toml::Table), TextFault> {
    written(
        |parts, part| path.read(text, parts, part),
        |part| {
            for part in part.iter() {
                assert!(Path::PARTS.iter().any(|form| form.name == part.name()), "{}", part.name());
            }
            flat(part)
        },
    )
}

fn spec(root: Option<&str>, cwd: Option<&str>) -> PathSpec {
    PathSpec { root: root.map(Into::into), cwd: cwd.map(Into::into), ..PathSpec::default() }
}

/// A canonical path behind the root means itself.
fn is_read_as_itself(spec: &PathSpec, canonical: &str, parts: &toml::Table) {
    let root = spec.root.as_deref().unwrap_or(".");
    // Names that the tool expands are not written, but may stand in the root.
    let path = Path::new(&PathSpec { expands: false, ..spec.clone() }).unwrap();
    let text = format!("{}/{canonical}", root.trim_end_matches('/'));
    assert_eq!(read(&path, &text), Ok((canonical.to_owned(), parts.clone())), "{text}");
}

#[test]
fn every_form_is_read_as_the_table_says() {
    hold(
        include_str!("../../../../testdata/kinds/path.toml"),
        |case: &KindCase<PathSpec>| {
            read(&Path::new(&case.options()).unwrap(), case.text.value().as_text().unwrap())
        },
        |case, (canonical, parts)| {
            assert_eq!(Some(&canonical), case.canonical.as_ref(), "{:?}", case.text);
            assert_eq!(Some(&parts), case.parts.as_ref(), "{:?}", case.text);
            is_read_as_itself(&case.options(), &canonical, &parts);
        },
    );
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let windows = |root: &str| PathSpec { style: Style::Windows, ..spec(Some(root), None) };
    for (spec, field) in [
        (spec(None, Some("/work")), "cwd"),
        (spec(Some("work"), None), "root"),
        (spec(Some(""), None), "root"),
        (spec(Some("~/work"), None), "root"),
        (spec(Some("/work/../x"), None), "root"),
        (spec(Some("C:\\work"), None), "root"),
        (spec(Some("/work"), Some("src")), "cwd"),
        (spec(Some("/work"), Some("/")), "cwd"),
        (spec(Some("/work"), Some("/works")), "cwd"),
        (spec(Some("/work"), Some("/other/work")), "cwd"),
        (windows("/work"), "root"),
        (windows("work"), "root"),
        (windows("C:work"), "root"),
        (windows("\\\\?\\C:\\work"), "root"),
        (PathSpec { cwd: Some("D:\\work".into()), ..windows("C:\\work") }, "cwd"),
        (PathSpec { case: Some(Case::Exact), ..windows("C:\\work") }, "case"),
    ] {
        assert_eq!(Path::new(&spec).unwrap_err().field, field, "{spec:?}");
    }
    let spec = PathSpec { cwd: Some("c:/WORK/src/".into()), ..windows("C:\\work\\") };
    assert!(Path::new(&spec).is_ok());
}

#[test]
fn a_hostile_path_is_read_once() {
    let paths = [
        Path::new(&spec(None, None)).unwrap(),
        Path::new(&spec(Some("/a/a"), Some("/a/a/b"))).unwrap(),
        Path::new(&PathSpec { style: Style::Windows, ..spec(Some("C:\\"), None) }).unwrap(),
    ];
    for piece in [
        "/", "a/", "./", "../", "\\", "\\\\", "~", "%", "%2", ":", "$", ".", "a.", "\u{301}", "é",
        "{", "🚀",
    ] {
        for start in ["", "/", "/a/a/", "C:\\", "\\\\"] {
            for path in &paths {
                let mut text = start.to_owned();
                while text.len() + piece.len() <= 64 * 1024 {
                    text.push_str(piece);
                }
                assert!(read(path, &text).is_err());
                // As long as a path can be: whatever it says, it says it.
                let short: String = text.chars().take(MAX_BYTES / 4).collect();
                let _ = read(path, &short);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_canonical_path_is_read_as_itself(
        text in "(/|/w|/w/|C:|\\\\\\\\w\\\\)?[aWw/.\\\\~$%:1 é\u{301}ßİ*-]{0,16}",
        root in proptest::option::of("(/w)?/|C:\\\\w?|\\\\\\\\w\\\\a"),
        relative in any::<bool>(),
        windows in any::<bool>(),
        folds in any::<bool>(),
    ) {
        let style = if windows { Style::Windows } else { Style::Posix };
        let case = folds.then_some(Case::Fold);
        let cwd = root.clone().filter(|_| relative);
        let spec = PathSpec { root, cwd, style, case, expands: false };
        if let Ok(path) = Path::new(&spec)
            && let Ok((canonical, parts)) = read(&path, &text)
        {
            prop_assert!(canonical.split('/').all(|name| !matches!(name, "" | "..")));
            is_read_as_itself(&spec, &canonical, &parts);
        }
    }
}
