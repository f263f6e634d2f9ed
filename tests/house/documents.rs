//! What documents say about the repository: links, paths, names of tests, and the table of rooms.
//!
//! The README, the manual and `docs/` are read in two places: as files of the repository and as pages of
//! the documentation. A link in them names an item (`[text][crate::Gate]`) or a file from the root
//! (`[text][crates/cli/README.md]`). Where it leads, the definitions at the end of each page say for the
//! repository, and `src/manual/links.md` for the documentation, which reads that file first. Both are
//! written by `BLESS=1 cargo test --test house`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::assert_none;
use super::source::{Source, files_in, identifier, root, words};
use super::tables::ROOMS;

const LINKS: &str = "src/manual/links.md";
/// The part of the manual that tells what stands beside the core, which the documentation of the core cannot show.
const BESIDE: &str = "crate::manual#beside-the-core";

/// A document with its path from the root.
struct Page {
    name: String,
    text: String,
}

impl Page {
    fn read(path: &Path) -> Self {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        Self { name, text: fs::read_to_string(path).unwrap() }
    }

    /// Those that the documentation shows as well.
    fn mounted() -> Vec<Self> {
        let folders = ["src/manual", "docs"].into_iter().flat_map(|of| files_in(of, &[".md"]));
        let pages = [root().join("README.md")].into_iter().chain(folders);
        pages.map(|path| Self::read(&path)).filter(|page| page.name != LINKS).collect()
    }

    /// Those that are files of the repository alone. The changelog tells of what is gone as well.
    fn beside() -> Vec<Self> {
        let top = ["CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
        let folders = ["crates", "benches", "evaluation", "examples", "fuzz", "testdata"];
        let below = folders.into_iter().flat_map(|of| files_in(of, &["README.md"]));
        top.into_iter().chain(below).map(|path| Self::read(&path)).collect()
    }

    /// The text without code, which holds no links, and without the definitions at its end.
    fn prose(&self) -> String {
        let mut kept = String::new();
        self.each(|text, is_code| kept.extend((!is_code).then_some(text)));
        kept
    }

    /// What stands between backticks, blocks aside.
    fn code(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.each(|text, is_code| found.extend(is_code.then(|| text.to_owned())));
        found
    }

    /// Its blocks of code.
    fn blocks(&self) -> String {
        self.text.split("```").skip(1).step_by(2).collect()
    }

    fn each(&self, mut part: impl FnMut(&str, bool)) {
        let mut in_block = false;
        let mut outside = String::new();
        for line in self.text.lines() {
            let fence = line.trim_start().starts_with("```");
            in_block ^= fence;
            if !fence && !in_block && definition(line).is_none() {
                outside.push_str(line);
                outside.push('\n');
            }
        }
        for (at, text) in outside.split('`').enumerate() {
            part(text, at % 2 == 1);
        }
    }

    /// The labels of its links: `[text][label]`.
    fn labels(&self) -> BTreeSet<String> {
        between(&self.prose(), "][", ']')
    }

    /// The targets of links that stand where they are used: `[text](target)`.
    fn targets(&self) -> BTreeSet<String> {
        between(&self.prose(), "](", ')')
    }

    fn definitions(&self) -> Vec<&str> {
        self.text.lines().filter(|line| definition(line).is_some()).collect()
    }

    fn without_definitions(&self) -> String {
        let lines = self.text.lines().filter(|line| definition(line).is_none());
        lines.collect::<Vec<_>>().join("\n").trim_end().to_owned() + "\n"
    }

    /// How a file of the repository is reached from this page.
    fn way_to(&self, path: &str) -> String {
        let own: Vec<&str> = self.name.split('/').collect();
        let other: Vec<&str> = path.split('/').collect();
        let folders = own.len() - 1;
        let same = own[..folders].iter().zip(&other).take_while(|(one, two)| one == two).count();
        "../".repeat(folders - same) + &other[same..].join("/")
    }
}

fn between(text: &str, open: &str, close: char) -> BTreeSet<String> {
    let after = text.match_indices(open).map(|(at, _)| &text[at + open.len()..]);
    after.filter_map(|rest| rest.find(close).map(|end| rest[..end].replace('\n', " "))).collect()
}

/// `[label]: target`, and no line of prose that a link begins.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (label, rest) = line.strip_prefix('[')?.split_once(']')?;
    Some((label, rest.strip_prefix(": ")?))
}

#[test]
fn a_line_of_prose_defines_no_link() {
    assert_eq!(
        definition("[crate::Gate]: ../gate/mod.rs"),
        Some(("crate::Gate", "../gate/mod.rs"))
    );
    for prose in
        ["[`a`][crate::A]: what it is", "[`a`](crate::A): what it is", "a [b]: c", "[ ] done"]
    {
        assert_eq!(definition(prose), None, "{prose}");
    }
}

/// The file that shows what a label names.
fn file_of(label: &str, sources: &[Source]) -> Option<String> {
    let Some(item) = label.strip_prefix("crate::") else {
        return root().join(label).exists().then(|| label.to_owned());
    };
    if let Some(page) = item.strip_prefix("manual::") {
        let name = page.replace('_', "-");
        let places = [format!("src/manual/{name}.md"), format!("docs/{name}.md")];
        return places.into_iter().find(|place| root().join(place).exists());
    }
    let parts: Vec<&str> = item.trim_end_matches("()").split("::").collect();
    let folders = ["", "base/", "gate/"].map(|folder| format!("src/{folder}{}", parts[0]));
    let mut module = folders.iter().flat_map(|at| [format!("{at}.rs"), format!("{at}/mod.rs")]);
    if parts.len() == 1 && !item.ends_with("()") && item.starts_with(char::is_lowercase) {
        let place = module.find(|place| root().join(place).exists());
        if place.is_some() {
            return place;
        }
    }
    if parts.len() == 1 && !item.ends_with("()") {
        let root = sources.iter().find(|source| source.name == "lib.rs")?;
        let declared = format!("pub mod {} {{", parts[0]);
        if root.code.contains(&declared) {
            return Some("src/lib.rs".to_owned());
        }
    }
    let named = parts.iter().find(|part| part.starts_with(char::is_uppercase));
    let name = named.unwrap_or(parts.last()?);
    let kinds = ["struct", "enum", "trait", "fn", "const", "type"];
    let declares = |source: &&Source| {
        let public = |at: usize| source.code[..at].trim_end().ends_with(['b', 't']);
        let is_it = |kind: &str, at: usize| {
            identifier(source.code[at + kind.len()..].trim_start()) == *name
        };
        kinds.iter().any(|kind| words(&source.code, kind).any(|at| public(at) && is_it(kind, at)))
    };
    sources.iter().find(declares).map(|source| format!("src/{}", source.name))
}

#[test]
fn links_of_mounted_pages_lead_somewhere_in_both_places() {
    let (sources, pages) = (Source::all(), Page::mounted());
    let (mut wrong, mut all) = (Vec::new(), BTreeSet::new());
    let write = std::env::var_os("BLESS").is_some();
    let mut check = |path: &str, is: &str, should: String| {
        if write && is != should {
            fs::write(root().join(path), &should).unwrap();
        } else if is != should {
            wrong.push(format!("{path}: `BLESS=1 cargo test --test house` defines its links"));
        }
    };
    let mut unknown = Vec::new();
    for page in &pages {
        let mut lines = Vec::new();
        for label in page.labels() {
            match file_of(&label, &sources) {
                Some(file) => lines.push(format!("[{label}]: {}", page.way_to(&file))),
                None => unknown.push(format!("{}: `[{label}]` names nothing", page.name)),
            }
            all.insert(label);
        }
        let text = page.without_definitions();
        let end =
            if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join("\n")) };
        check(&page.name, &page.text, text + &end);
        let fixed = page.targets().into_iter();
        let fixed = fixed.filter(|to| !to.starts_with("https://") && !to.starts_with('#'));
        unknown.extend(fixed.map(|to| format!("{}: `({to})`: use a label", page.name)));
    }
    let links = all.iter().map(|label| {
        let to = if label.starts_with("crate::") { label.as_str() } else { BESIDE };
        format!("[{label}]: {to}\n")
    });
    let is = fs::read_to_string(root().join(LINKS)).unwrap_or_default();
    check(LINKS, &is, links.collect());
    assert_none("links that lead nowhere", unknown.into_iter().chain(wrong));
}

#[test]
fn links_of_other_documents_lead_to_files() {
    let mut wrong = Vec::new();
    for page in Page::beside().into_iter().chain([Page::read(&root().join("CHANGELOG.md"))]) {
        let folder = root().join(&page.name).parent().map(PathBuf::from).unwrap();
        let defined =
            page.definitions().into_iter().filter_map(definition).map(|(_, to)| to.to_owned());
        for target in page.targets().into_iter().chain(defined) {
            let path = target.split('#').next().unwrap_or_default();
            if !target.starts_with("https://") && !folder.join(path).exists() {
                wrong.push(format!("{}: `{target}`", page.name));
            }
        }
    }
    assert_none("links that lead nowhere", wrong);
}

/// A path that ends with `.rs` or begins with a folder of the repository, `path::test` and a name in snake case are
/// citations. Patterns, such as `tests/*.rs`, are none.
#[test]
fn what_documents_cite_exists() {
    let folders =
        ["src", "tests", "crates", "docs", "benches", "examples", "fuzz", "evaluation", "testdata"];
    let sources: Vec<PathBuf> =
        folders.iter().flat_map(|folder| files_in(folder, &[".rs"])).collect();
    let rust: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let files: BTreeSet<String> = sources.iter().map(stem).collect();
    let mut wrong = Vec::new();
    let mut cited = 0;
    for page in Page::mounted().into_iter().chain(Page::beside()) {
        for code in page.code() {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
            if !code.chars().all(plain) {
                continue;
            }
            let is_path = code.ends_with(".rs")
                || code.split_once('/').is_some_and(|(first, _)| folders.contains(&first));
            let found = match code.split_once("::") {
                Some((path, name)) if is_path => has_test(path, name),
                None if is_path => is_there(&page, &code),
                _ if !code.contains('_') || code.contains(['.', '/', ':', '-']) => {
                    continue;
                }
                _ => {
                    let everywhere = words(&rust, &code).next().is_some() || files.contains(&code);
                    everywhere || words(&page.blocks(), &code).next().is_some()
                }
            };
            cited += 1;
            if !found {
                wrong.push(format!("{}: `{code}`", page.name));
            }
        }
    }
    assert_none("cited and not there", wrong);
    assert!(cited > 200, "only {cited} citations were found");
}

/// From the root, from `src`, or, of a README below the root, from its own folder.
fn is_there(page: &Page, path: &str) -> bool {
    let own = root().join(&page.name).parent().map(PathBuf::from).unwrap();
    [root().join(path), root().join("src").join(path), own.join(path)].iter().any(|at| at.exists())
}

fn has_test(path: &str, name: &str) -> bool {
    let Ok(text) = fs::read_to_string(root().join(path)) else {
        return false;
    };
    let code = Source::new(path.to_owned(), &text).code;
    let tests = code.match_indices("#[test]").filter_map(|(at, _)| {
        let after = &code[at..];
        words(after, "fn").next().map(|at| identifier(after[at + 2..].trim_start()))
    });
    tests.into_iter().any(|test| test == name)
}

/// Each incident has one line, with a test or with what is open, and each test that bears its id stands there.
#[test]
fn every_incident_names_its_tests_or_is_open() {
    let page = Page::read(&root().join("docs/incidents.md"));
    let is_row = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| id") && !line.starts_with("| what |")
    };
    let rows: Vec<&str> = page.text.lines().filter(is_row).collect();
    let silent =
        rows.iter().filter(|row| !row.contains(".rs::") && !words(row, "open").any(|_| true));
    assert_none("no test, and not said to be open", silent.map(|row| (*row).to_owned()));
    let row_of = |id: &str| rows.iter().filter(|row| row.starts_with(&format!("| {id} |"))).count();
    let ids = (1..=45).map(|number| format!("S{number:02}"));
    assert_none("not one line of its own", ids.filter(|id| row_of(id) != 1));
    let sources = ["tests", "crates"].into_iter().flat_map(|folder| files_in(folder, &[".rs"]));
    let mut unnamed = Vec::new();
    for path in sources {
        let code = fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(root()).unwrap().display().to_string();
        for name in words(&code, "fn").map(|at| identifier(code[at + 2..].trim_start())) {
            let mut letters = name.chars();
            let is_id = letters.next() == Some('s')
                && letters.by_ref().take(2).filter(char::is_ascii_digit).count() == 2
                && letters.next() == Some('_');
            let cited = page.text.contains(&format!("`{path}::{name}`"));
            unnamed.extend((is_id && !cited).then(|| format!("{path}::{name}")));
        }
    }
    assert_none("bear the id of an incident, and the document does not name them", unnamed);
}

/// The README names every feature of the core, and no other.
#[test]
fn the_readme_shows_the_features() {
    let readme = Page::read(&root().join("README.md"));
    let rows = readme.text.lines().skip_while(|line| !line.starts_with("| feature |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let shown: BTreeSet<String> =
        rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    let package: toml::Table =
        toml::from_str(&fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    let features = package["features"].as_table().unwrap().keys();
    let built: BTreeSet<String> = features.filter(|name| *name != "default").cloned().collect();
    assert_eq!(shown, built, "left the table of the README, right `Cargo.toml`");
}

/// The manual shows the rooms floor by floor, from the top; the table of the house has them from the bottom.
#[test]
fn the_manual_shows_the_rooms_of_the_table() {
    let manual = Page::read(&root().join("src/manual/architecture.md"));
    let rows = manual.text.lines().skip_while(|line| !line.starts_with("| floor |")).skip(2);
    let mut shown: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let floor = cells.next().and_then(|floor| floor.parse().ok()).expect(row);
        let rooms = cells.next().unwrap_or_default().split(", ");
        let rooms = rooms.map(|room| room.trim_matches('`').to_owned());
        shown.entry(floor).or_default().extend(rooms);
    }
    let mut built: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
    for (room, floor, _) in ROOMS {
        built.entry(*floor).or_default().insert((*room).to_owned());
    }
    assert_eq!(shown, built, "left the manual's table of rooms, right `tests/house/tables.rs`");
}

/// The specification of tokens writes each prefix of what is hashed as text and as bytes; a reader may take either.
#[test]
fn prefixes_of_the_token_format_are_those_of_the_code() {
    let page = Page::read(&root().join("src/manual/token-format.md"));
    let code: String = files_in("src", &[".rs"])
        .into_iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut prefixes = 0;
    for row in page.text.lines().filter(|line| line.contains("| `permitgate/")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, _, text, hex, _] = cells[..] else { panic!("{row}") };
        let bytes: String = text.bytes().chain([0]).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(bytes, hex, "{row}");
        assert!(code.contains(&format!("b\"{text}\\0\"")), "no code has `{text}`");
        prefixes += 1;
    }
    assert_eq!(prefixes, code.matches("b\"permitgate/").count(), "prefixes in the code");
}

#[test]
fn the_reader_of_documents_reads() {
    let text = "See [a `b`][crate::B], [c](d.md) and `tests/x.rs::name`.\n\n```rust\n\
                x[0][1](2) `e`\n```\n\n[crate::B]: ../b.rs\n";
    let page = Page { name: "docs/page.md".to_owned(), text: text.to_owned() };
    assert_eq!(page.labels(), BTreeSet::from(["crate::B".to_owned()]));
    assert_eq!(page.targets(), BTreeSet::from(["d.md".to_owned()]));
    assert_eq!(page.code(), ["b", "tests/x.rs::name"]);
    assert_eq!(page.definitions(), ["[crate::B]: ../b.rs"]);
    assert_eq!(page.way_to("docs/other.md"), "other.md");
    assert_eq!(page.way_to("src/manual/a.md"), "../src/manual/a.md");
    assert!(has_test("tests/house.rs", "some_words_stand_nowhere"));
    assert!(!has_test("tests/house.rs", "sources"), "a function, no test");
    assert!(!has_test("tests/house.rs", "some_words"));
}
