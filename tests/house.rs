//! The tidy rules, held by tests, since a compiler does not: which part of the crate may know which,
//! what hot code must not do, which words must not stand anywhere, how long files and functions may
//! be, that no file lies around unused, and that documents speak of what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use source::{Source, files_in, identifier, root, words};
use tables::{
    BUILDS, COLD, CRATES, CRATES_UPWARD, FRONTS, HOT, NOT_IN_HOT, ON_THE_PATH, ORDERS, PACKAGES,
    ROOMS, UPWARD,
};

#[path = "house/documents.rs"]
mod documents;
#[path = "house/source.rs"]
mod source;
#[path = "house/tables.rs"]
mod tables;

const LONGEST_FILE: usize = 500;
const LONGEST_FUNCTION: usize = 70;

#[track_caller]
fn assert_none(what: &str, found: impl IntoIterator<Item = String>) {
    let found: BTreeSet<String> = found.into_iter().collect();
    let list: Vec<&str> = found.iter().map(String::as_str).collect();
    assert!(found.is_empty(), "{what}:\n  {}", list.join("\n  "));
}

/// `lib.rs` names everything, so it has no room.
fn sources() -> impl Iterator<Item = Source> {
    Source::all()
        .into_iter()
        .filter(|source| !matches!(source.name.as_str(), "lib.rs" | "prelude.rs"))
}

/// The room of a module or of what is imported: of those in the table that hold it, the innermost.
fn room_of(path: &str) -> &str {
    let holds = |room: &&str| {
        path.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let rooms = ROOMS.iter().map(|(room, ..)| *room).filter(holds);
    rooms.max_by_key(|room| room.len()).unwrap_or_else(|| path.split("::").next().unwrap_or(path))
}

/// What a folder of rooms names for its users is no room. An import of the code goes to the room itself.
fn is_front(source: &Source) -> bool {
    FRONTS.contains(&source.module().as_str())
}

#[test]
fn the_table_of_rooms_points_downward() {
    let floors: BTreeMap<_, _> = ROOMS.iter().map(|(room, floor, _)| (*room, *floor)).collect();
    let position = |room: &str| ROOMS.iter().position(|(name, ..)| *name == room);
    let mut wrong = Vec::new();
    for (room, floor, known) in ROOMS {
        for other in *known {
            // On one floor the order of the table decides, so that there is no circle.
            let below = floors.get(other).is_some_and(|of_other| of_other <= floor);
            if !below || position(other) >= position(room) {
                wrong.push(format!("{room} knows {other}"));
            }
        }
    }
    assert_none("the table allows what points upward or stands below", wrong);
}

#[test]
fn every_room_knows_only_what_it_may() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for source in sources().filter(|source| !is_front(source)) {
        let module = source.module();
        let room = room_of(&module);
        let Some((_, _, known)) = ROOMS.iter().find(|(name, ..)| *name == room) else {
            wrong.push(format!("{}: give the room `{room}` a place in the table", source.name));
            continue;
        };
        for import in source.imports() {
            let other = room_of(&import);
            let upward =
                UPWARD.iter().find(|(from, path, _)| *from == room && import.starts_with(path));
            if other == room || known.contains(&other) {
                continue;
            }
            match upward {
                Some((from, path, _)) => _ = used.insert((*from, *path)),
                None => wrong.push(format!("{}: `{import}`", source.name)),
            }
        }
    }
    assert_none("imports that the table does not allow", wrong);
    let stale = UPWARD.iter().filter(|(from, path, _)| !used.contains(&(*from, *path)));
    assert_none("no longer needed; take it off the list", stale.map(|entry| format!("{entry:?}")));
}

#[test]
fn files_of_a_room_know_only_those_below_them() {
    let mut wrong = Vec::new();
    for source in sources().filter(|source| !is_front(source)) {
        let module = source.module();
        let room = room_of(&module);
        let within = |path: &str| {
            let rest = path.strip_prefix(room)?.strip_prefix("::")?;
            rest.split("::").next().map(str::to_owned)
        };
        let Some(file) = within(&module) else { continue };
        let order = ORDERS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, o)| *o);
        let Some(place) = order.iter().position(|name| **name == file) else {
            wrong.push(format!("{}: give it a place in the order of `{room}`", source.name));
            continue;
        };
        for import in source.imports() {
            let sibling = within(&import).filter(|_| room_of(&import) == room);
            let above = order.iter().position(|name| Some(*name) == sibling.as_deref());
            if above.is_some_and(|above| above > place) {
                wrong.push(format!("{}: `{import}`", source.name));
            }
        }
    }
    assert_none("a file knows one above it", wrong);
}

/// Of the crates beside the core: a module knows those before it in the table.
#[test]
fn modules_of_other_crates_know_only_those_below_them() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (folder, order) in CRATES {
        for source in Source::of(folder) {
            let place = |module: &str| order.iter().position(|name| *name == module);
            let room = source.room();
            if room == "lib" || room == "main" {
                continue;
            }
            let Some(own) = place(&room) else {
                wrong.push(format!("{folder}/{}: give it a place in the order", source.name));
                continue;
            };
            for import in source.imports() {
                let other = room_of(&import);
                // Constants of the crate stand in its root. What the root exports of a module has another name.
                let is_constant = other.chars().all(|c| c.is_ascii_uppercase() || c == '_');
                if is_constant || place(other).is_some_and(|other| other <= own) {
                    continue;
                }
                let mut upward = CRATES_UPWARD.iter().map(|(of, from, to, _)| (*of, *from, *to));
                match upward.find(|entry| *entry == (*folder, room.as_str(), other)) {
                    Some(entry) => _ = used.insert(entry),
                    None => wrong.push(format!("{folder}/{}: `{import}`", source.name)),
                }
            }
        }
    }
    assert_none("a module knows one above it", wrong);
    let entries = CRATES_UPWARD.iter().map(|(of, from, to, _)| (*of, *from, *to));
    let stale = entries.filter(|entry| !used.contains(entry));
    assert_none("no longer needed; take it off the list", stale.map(|entry| format!("{entry:?}")));
}

/// Which package may know which, in any table of dependencies.
#[test]
fn packages_know_only_what_they_may() {
    let mut wrong = Vec::new();
    for path in files_in("", &["Cargo.toml"]) {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        let Some((_, known)) = PACKAGES.iter().find(|(of, _)| *of == name) else {
            wrong.push(format!("{name}: give it a place in the table"));
            continue;
        };
        let package: toml::Table = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for other in dependencies(&package) {
            if other.starts_with("permitgate") && !known.contains(&other.as_str()) {
                wrong.push(format!("{name}: `{other}`"));
            }
        }
    }
    let missing = PACKAGES.iter().filter(|(name, _)| !root().join(name).exists());
    wrong.extend(missing.map(|(name, _)| format!("{name}: gone or renamed")));
    assert_none("a package knows one that it may not", wrong);
}

/// Of all kinds and for all targets, by the name of the package.
fn dependencies(table: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in table {
        let Some(below) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            found.extend(below.iter().map(|(name, said)| {
                let package = said.get("package").and_then(toml::Value::as_str);
                package.unwrap_or(name).to_owned()
            }));
        } else {
            found.extend(dependencies(below));
        }
    }
    found
}

#[test]
fn every_file_on_the_path_of_a_decision_is_hot_or_says_why_not() {
    let cold: BTreeMap<_, _> = COLD.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources()
        .filter(|source| !is_front(source) && ON_THE_PATH.contains(&room_of(&source.module())))
    {
        let name = source.name.as_str();
        match (HOT.contains(&name), cold.contains_key(name)) {
            (true, false) | (false, true) => {}
            (true, true) => wrong.push(format!("{name}: in both lists")),
            (false, false) => wrong.push(format!("{name}: in neither list")),
        }
    }
    let missing = cold.keys().filter(|name| !root().join("src").join(name).exists());
    wrong.extend(missing.map(|name| format!("{name}: gone or renamed")));
    assert_none("say whether it runs at every decision", wrong);
}

#[test]
fn hot_code_reads_no_clock_does_no_io_and_allocates_nothing() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for source in Source::all() {
        let Some(file) = HOT.iter().find(|name| **name == source.name) else {
            continue;
        };
        let functions = Source::functions(&source.shipped);
        for banned in NOT_IN_HOT {
            for at in words(&source.shipped, banned) {
                let around = functions.iter().filter(|(_, body)| body.contains(&at));
                let name = around.map(|(name, _)| name.as_str()).next_back().unwrap_or("");
                match BUILDS.iter().find(|(of, function, _)| of == file && *function == name) {
                    Some((_, function, _)) => _ = used.insert((*file, *function)),
                    None => wrong.push(format!("{file}, fn `{name}`: `{banned}`")),
                }
            }
        }
    }
    assert_none("not in hot code", wrong);
    let stale = BUILDS.iter().filter(|(file, function, _)| !used.contains(&(*file, *function)));
    assert_none("no longer needed; take it off the list", stale.map(|entry| format!("{entry:?}")));
    let missing = HOT.iter().filter(|name| !root().join("src").join(name).exists());
    assert_none("gone or renamed", missing.map(|name| (*name).to_owned()));
}

#[test]
fn only_the_clock_reads_the_clock() {
    let others = sources().filter(|source| source.name != "base/clock.rs");
    let reads = others.flat_map(|source| {
        let found = ["SystemTime", "Instant"].map(|word| words(&source.code, word).count());
        (found.iter().sum::<usize>() > 0).then_some(source.name)
    });
    assert_none("only src/base/clock.rs may read the machine's clock", reads);
}

/// Words are put together here, so that this file does not hold them.
#[test]
fn some_words_stand_nowhere() {
    let everywhere = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X"].concat(),
        ["to", "do!"].concat(),
        ["unimpl", "emented!"].concat(),
        ["db", "g!"].concat(),
        ["#[al", "low("].concat(),
        ["#![al", "low("].concat(),
        ["#[ig", "nore"].concat(),
    ];
    let in_source = ["un", "safe"].concat();
    let mut wrong = Vec::new();
    for folder in ["src", "crates", "tests", "examples", "benches", "docs", "fuzz"] {
        for path in files_in(folder, &[".rs", ".md", ".toml"]) {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            let is_source = folder == "src" && name.ends_with(".rs");
            let only_here = is_source.then_some(&in_source);
            for word in everywhere.iter().chain(only_here) {
                for at in words(&text, word) {
                    let line = text[..at].matches('\n').count() + 1;
                    wrong.push(format!("{name}, line {line}: `{word}`"));
                }
            }
        }
    }
    assert_none("words that must not stand here", wrong);
}

#[test]
fn no_type_is_named_after_nothing() {
    let empty = ["Manager", "Util", "Utils", "Engine", "Helper"];
    let mut wrong = Vec::new();
    // Benches against other crates may name those as they are.
    for path in ["src", "crates", "tests", "examples", "fuzz"]
        .iter()
        .flat_map(|dir| files_in(dir, &[".rs"]))
    {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let source = Source::new(name, &fs::read_to_string(&path).unwrap());
        for keyword in ["struct", "enum", "trait", "type", "union"] {
            for at in words(&source.code, keyword) {
                let name = identifier(source.code[at + keyword.len()..].trim_start());
                if empty.iter().any(|ending| name.ends_with(ending)) {
                    wrong.push(format!("{}: `{name}`", source.name));
                }
            }
        }
    }
    assert_none("say what the type is instead", wrong);
}

#[test]
fn files_and_functions_are_short() {
    let mut wrong = Vec::new();
    let crates = CRATES.iter().flat_map(|(folder, _)| Source::of(folder));
    for source in Source::all().into_iter().chain(crates) {
        if source.lines > LONGEST_FILE {
            wrong.push(format!("{}: {} lines", source.name, source.lines));
        }
        for (name, body) in Source::functions(&source.code) {
            let lines = source.code[body].lines().count();
            if lines > LONGEST_FUNCTION {
                wrong.push(format!("{}, fn `{name}`: {lines} lines", source.name));
            }
        }
    }
    assert_none("too long", wrong);
}

#[test]
fn every_file_is_part_of_the_crate() {
    let all: BTreeMap<String, Source> =
        Source::all().into_iter().map(|source| (source.name.clone(), source)).collect();
    let (mut open, mut reached) = (vec!["lib.rs".to_owned()], BTreeSet::new());
    while let Some(name) = open.pop() {
        let source = &all[&name];
        let folder = match name.as_str() {
            "lib.rs" => String::new(),
            _ => format!("{}/", source.module().replace("::", "/")),
        };
        for module in source.declared_modules() {
            let places = [format!("{folder}{module}.rs"), format!("{folder}{module}/mod.rs")];
            open.extend(places.into_iter().filter(|place| all.contains_key(place)));
        }
        reached.insert(name);
    }
    assert_none("declared by no module", all.into_keys().filter(|name| !reached.contains(name)));
}

#[test]
fn the_reader_of_sources_reads() {
    let text = r##"
use crate::{a::B, c::{d, e}, f};
use super::wall::{X, Y};
/// crate::doc
fn long<'a>(x: &'a str) -> char { let s = "crate::text }"; '}' /* { */ }
#[cfg(test)]
mod tests { use crate::only_for_tests; }
fn last() { let raw = r#"fn not"#; vec![1] }
mod below;
"##;
    let source = Source::new("gate/run.rs".to_owned(), text);
    assert_eq!(
        source.imports(),
        ["a::B", "c::d", "c::e", "f", "gate::wall::X", "gate::wall::Y"].map(String::from)
    );
    let functions = Source::functions(&source.shipped);
    let names: Vec<&str> = functions.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["long", "last"]);
    assert!(source.shipped[functions[1].1.clone()].contains("vec!"));
    assert_eq!(source.declared_modules(), ["below"]);
    assert_eq!((source.module().as_str(), source.room().as_str()), ("gate::run", "gate"));
    assert_eq!(words("dbg dbgs a_dbg dbg", "dbg").count(), 2);
}
