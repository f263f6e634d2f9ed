//! A golden test for every message of the formats: each file of `golden/`, or folder with a `main` file, is
//! loaded, and what comes is compared with the text beside it, letter by letter. Set `BLESS=1` to write
//! what comes, and read the difference before it is committed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use permitgate_files::{Bundle, Code, Finding, Options, limits};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The policy that files called `layer-…` narrow.
const NARROWED: &str = "[[statement]]\nid = \"all\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"**\"]\n\
                        [[tool]]\nname = \"read_mail\"\nargs.id = \"text\"\neffect = [{ operation = \"read\", resource = \"mail/{args.id}\" }]\n";

/// What loading comes to, as a person sees it.
fn shown(name: &str, root: &Path, below: &Path) -> (Vec<Finding>, String) {
    let warnings = if name.starts_with("layer-") {
        let bundle = Bundle::parse("policy.toml", NARROWED).unwrap();
        Options::new().load_layer(&bundle, root).map(|layer| layer.warnings().to_vec())
    } else {
        Options::new().load(root).map(|bundle| bundle.warnings().to_vec())
    };
    let findings = warnings.unwrap_or_else(|error| error.findings().to_vec());
    let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let prefix = format!("{}/", below.display());
    (findings, format!("{}\n", shown.join("\n\n").replace(&prefix, "")))
}

type Case = (String, PathBuf, PathBuf);

/// Every case: its name, its root file, and the folder that is cut off from what is shown.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(golden()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let roots = ["main.toml", "main.json"].map(|root| path.join(root));
            let root = roots.into_iter().find(|root| root.exists()).unwrap();
            cases.push((name, root, path));
        } else if path.extension().is_none_or(|ending| ending != "expected") {
            cases.push((name, path, golden()));
        }
    }
    cases.extend(generated());
    cases.sort();
    cases
}

/// Cases that are too large to be kept, or that cannot be kept as a file.
fn generated() -> Vec<Case> {
    let folder = std::env::temp_dir().join(format!("permitgate-golden-{}", std::process::id()));
    let mut cases = Vec::new();
    let mut case = |name: &str, files: &[(String, Vec<u8>)]| {
        let below = folder.join(name);
        fs::create_dir_all(&below).unwrap();
        for (file, bytes) in files {
            fs::write(below.join(file), bytes).unwrap();
        }
        cases.push((name.to_owned(), below.join(&files[0].0), below));
    };
    let main = |bytes: Vec<u8>| [("main.toml".to_owned(), bytes)];
    case("too-large", &main(vec![b'#'; limits::MAX_FILE_BYTES + 1]));
    case("not-utf8", &main(b"include = [\"\xff\"]\n".to_vec()));
    let includes = |count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("\"f{at}.toml\"")).collect();
        format!("include = [{}]\n", names.join(", ")).into_bytes()
    };
    let mut many = main(includes(limits::MAX_FILES)).to_vec();
    many.extend((0..limits::MAX_FILES).map(|at| (format!("f{at}.toml"), Vec::new())));
    case("too-many-files", &many);
    let deep =
        |at: usize| (format!("f{at}.toml"), format!("include = [\"f{}.toml\"]\n", at + 1).into());
    case("include-depth", &(0..=limits::MAX_INCLUDE_DEPTH).map(deep).collect::<Vec<_>>());
    let test = |at: usize| format!("[[test]]\nname = \"{at}\"\n");
    case("too-many-tests", &main((0..=limits::MAX_TESTS).map(test).collect::<String>().into()));
    let unknown = |at: usize| format!("key{at} = 1\n");
    case("more-faults", &main((0..200).map(unknown).collect::<String>().into()));
    let deep = format!("x = {}{}\n", "[".repeat(200), "]".repeat(200));
    case("too-deep", &main(deep.into()));
    case("too-deep-json", &[("main.json".to_owned(), "[".repeat(100_000).into_bytes())]);
    case("unreadable", &[("main.toml".to_owned(), b"include = [\"absent.toml\"]\n".to_vec())]);
    let read = "{ tool = \"a\" }, ".repeat(limits::MAX_TEST_READS + 1);
    let rest = "name = \"x\"\ninvoker = \"x\"\nagent = \"x\"\nexpect = \"deny\"\ncall = { tool = \"a\" }\n";
    case("bad-test-reads", &main(format!("[[test]]\nreads = [{read}]\n{rest}").into()));
    let statement = "[[statement]]\nid = \"x\"\neffect = \"permit\"\noperations = \"read\"\n";
    let long = |what: String| main(format!("{statement}{what}\n").into());
    case("policy-pattern-too-long", &long(format!("resources = [\"{}\"]", "a".repeat(1025))));
    case(
        "policy-name-too-long",
        &long(format!("resources = [\"a\"]\ntools = [\"{}\"]", "a".repeat(257))),
    );
    case("policy-path-too-long", &long(format!("resources = [\"{}\"]", "a/".repeat(40) + "a")));
    let items = "\"a\", ".repeat(257);
    case("policy-too-many-items", &long(format!("resources = [{items}]")));
    let when =
        |test: &str| long(format!("resources = [\"a\"]\nwhen = [{{ argument = \"x\", {test} }}]"));
    case("policy-value-too-long", &when(&format!("equals = \"{}\"", "a".repeat(1025))));
    case("policy-set-too-large", &when(&format!("one_of = [{}]", "1, ".repeat(4097))));
    let people: String = (0..65).map(|at| format!("\"principal:p{at}\", ")).collect();
    let asks = statement.replace("\"permit\"", "\"require_approval\"");
    let asks = format!("{asks}resources = [\"a\"]\nby = [{people}]\n");
    case("policy-too-many-approvers", &main(asks.into()));
    // Each letter of an expression is a row of its table, as wide as there are letters.
    let letters: String =
        ('a'..='z').chain('A'..='Z').chain('0'..='9').cycle().take(1000).collect();
    let expressions = (0..250).map(|from| {
        format!("{{ argument = \"x\", regex = \"{}\" }}", &letters[from..from + 400 + from / 62])
    });
    let expressions = expressions.collect::<Vec<_>>().join(", ");
    let text = format!("resources = [\"a\"]\nwhen = [{expressions}]");
    case("policy-too-many-regexes", &long(text));
    let entries = ["\"a\""; 300].join(", ");
    let tool = |name: &str, rest: &str| format!("[[tool]]\nname = \"{name}\"\n{rest}\n");
    let effect = "[[tool.effect]]\noperation = \"read\"\nresource = \"a\"\n";
    let one = |rest: String| main(tool("t", &rest).into());
    case("manifest-too-many-effects", &one(effect.repeat(300)));
    case("manifest-too-many-items", &one(format!("controls = [{entries}]\n{effect}")));
    let template = "[[tool.effect]]\noperation = \"read\"\nresource = ";
    case("manifest-template-too-long", &one(format!("{template}\"{}\"\n", "a".repeat(1025))));
    let value =
        format!("args.a = {{ kind = \"text\", default = \"{}\" }}\n{effect}", "a".repeat(1025));
    case("manifest-default-too-long", &one(value));
    let fields: String = (0..200).map(|at| format!("f{at} = \"text\", ")).collect();
    let objects: String = (0..25)
        .map(|at| format!("args.a{at} = {{ kind = \"object\", fields = {{ {fields} }} }}\n"))
        .collect();
    case("manifest-too-many-arguments", &one(format!("{objects}{effect}")));
    let statements: String = (0..1_001)
        .map(|at| statement.replace("\"x\"", &format!("\"{at}\"")) + "resources = [\"a\"]\n")
        .collect();
    let tools: String = (0..2_000).map(|at| tool(&format!("t{at}"), effect)).collect();
    case("not-compared", &main((statements + &tools).into()));
    let things = |things: String| main(format!("[directory.things]\n{things}\n").into());
    let thing = |at: usize| format!("thing{at} = [\"{at}\"]\n");
    case("directory-too-many-things", &things((0..=10_001).map(thing).collect()));
    let rest = format!("gas = [{}]\n{} = [\"7\"]", "\"7\", ".repeat(65), "x".repeat(257));
    case("directory-thing-too-long", &things(format!("rent = [\"{}\"]\n{rest}", "7".repeat(1025))));
    let domain = format!("{0}.{0}.example.com", "d".repeat(60));
    let name = |at: usize| format!("\"{at:0>60}@{domain}\"");
    let names = |count: usize| (0..count).map(name).collect::<Vec<_>>().join(",\n");
    let directory = |keys: String| main(format!("[directory]\n{keys}").into());
    case("names-without-room", &directory(format!("principals = [\n{}]\n", names(2_000))));
    let own = format!("own = [{{ kind = \"person\", values = [\n{}] }}]\n", names(4_000));
    case("own-without-room", &directory(own));
    let variables: Vec<String> = (0..17).map(|at| format!("\"{{v{at}}}/x\"")).collect();
    case("policy-too-many-variables", &long(format!("resources = [{}]", variables.join(", "))));
    cases
}

#[test]
fn every_message_is_as_it_was_written() {
    let mut wrong = Vec::new();
    let mut codes = BTreeSet::new();
    for (name, root, below) in cases() {
        let (findings, shown) = shown(&name, &root, &below);
        codes.extend(findings.iter().map(Finding::code));
        let path = golden().join(format!("{name}.expected"));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &shown).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if shown != expected {
            wrong.push(format!("--- {name}: expected\n{expected}--- came\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !codes.contains(code)).collect();
    assert!(missing.is_empty(), "no golden file for {missing:?}");
}

/// Every expectation belongs to a case.
#[test]
fn no_expectation_is_left_over() {
    let names: BTreeSet<String> = cases().into_iter().map(|(name, ..)| name).collect();
    for entry in fs::read_dir(golden()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "expected") {
            assert!(names.contains(path.file_stem().unwrap().to_str().unwrap()), "{path:?}");
        }
    }
}

/// The texts of a file's `#[error("…")]` attributes, cut at what is filled in.
fn templates(file: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src").join(file);
    let text = fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    for part in text.split("#[error(").skip(1) {
        let Some(open) = part.find('"').filter(|open| part[..*open].trim().is_empty()) else {
            continue;
        };
        let text = &part[open + 1..];
        let close =
            text.match_indices('"').map(|(at, _)| at).find(|at| !text[..*at].ends_with('\\'));
        let text = text[..close.unwrap()].replace("{{", "\u{1}").replace("}}", "\u{2}");
        let lines: Vec<&str> = text.split("\\\n").map(str::trim_start).collect();
        let pieces = lines.concat();
        let mut pieces: Vec<String> = pieces.split(['{', '}']).map(str::to_owned).collect();
        let mut at = 0;
        pieces.retain(|_| {
            at += 1;
            at % 2 == 1
        });
        let plain = |piece: String| piece.replace('\u{1}', "{").replace('\u{2}', "}");
        found.push(pieces.into_iter().map(plain).collect());
    }
    found
}

/// The core has messages of its own, which reach people through these files.
#[test]
fn every_message_of_the_core_has_a_golden_file() {
    /// What no file can bring about within its limits, each with the reason.
    const NOT_FROM_FILES: &[(&str, &str)] = &[
        (" rules", "a few thousand labels; a limit like that of statements"),
        (" tools", "the same"),
        (" statements", "so many do not fit into a file of the largest size"),
        ("put it into a `Policy`", "told with the word `guardrail`"),
        (" entries", "of a directory: so many do not fit into a file of the largest size"),
        (" members", "the same"),
        ("the name stands in the directory twice", "found before, with both places"),
        ("is not in the directory; add it", "found before, where the member is named"),
        ("is a channel; only principals", "found before, where the member is named"),
        ("two statements have this id", "found before, with both places"),
        ("two things have this name", "found before, with both places"),
        ("a digest of a tool is", "a lock is read with its digests checked"),
        ("this digest is of an older form", "the lock says it first"),
        ("two arguments have this name", "found before, as a key that stands twice"),
    ];
    let expected: Vec<String> = fs::read_dir(golden())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "expected"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut missing = Vec::new();
    for file in [
        "policy/error.rs",
        "authority/requirement.rs",
        "directory/build.rs",
        "directory/things.rs",
        "base/name.rs",
        "flow/label/error.rs",
        "manifest/error.rs",
    ] {
        for pieces in templates(file) {
            let is_there = |text: &String| pieces.iter().all(|piece| text.contains(piece.as_str()));
            let excused = NOT_FROM_FILES
                .iter()
                .any(|(words, _)| pieces.iter().any(|piece| piece.contains(words)));
            if !excused && !expected.iter().any(is_there) {
                missing.push(format!("{file}: {pieces:?}"));
            }
        }
    }
    assert!(missing.is_empty(), "no golden file for\n  {}", missing.join("\n  "));
}

/// With the option, a warning is an error, and advice is not.
#[test]
fn warnings_can_be_errors() {
    let path = golden().join("nothing-allowed.toml");
    assert!(Bundle::load(&path).is_ok());
    let error = Options::new().deny_warnings(true).load(&path).unwrap_err();
    assert_eq!(error.findings()[0].code(), Code::NothingAllowed);
}
