//! The lock beside a policy file: it pins the tools of a bundle, and what is wrong with it stops the bundle.

use std::fs;
use std::path::PathBuf;

use permitgate::Reason;
use permitgate::mcp::ToolList;
use permitgate::model::NoArguments;
use permitgate::prelude::*;
use permitgate_files::{Bundle, Code, LOCK_FILE, Lock, Options, Reload, Reloader};

const POLICY: &str = "\
[[tool]]
name = \"look\"
[[tool.effect]]
operation = \"read\"
resource = \"docs\"

[[statement]]
id = \"read\"
effect = \"permit\"
operations = \"read\"
resources = [\"docs\"]
";

const LISTED: &str = r#"[{"name": "look", "description": "Looks."}]"#;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("permitgate-lock-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        folder.write("policy.toml", POLICY);
        folder
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn policy(&self) -> PathBuf {
        self.0.join("policy.toml")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn list(text: &str) -> ToolList {
    ToolList::parse(text).unwrap()
}

fn lock_of(text: &str) -> String {
    let mut lock = Lock::default();
    list(text).tools().iter().for_each(|tool| lock.approve(tool));
    lock.to_text()
}

fn reason(bundle: &Bundle, listed: &str) -> Reason {
    let manifest = bundle.manifest().narrowed_by(&list(listed)).0;
    let capability = bundle.capability(ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    let gate = bundle.gate().build().unwrap();
    gate.decide_call(&manifest.map("look", &NoArguments, &scope), &scope).reason()
}

#[test]
fn a_lock_pins_the_tools_of_its_bundle() {
    let folder = Folder::new("pins");
    let changed = r#"[{"name": "look", "description": "Looks.", "title": "Look first"}]"#;
    let free = Bundle::load(folder.policy()).unwrap();
    assert!(free.lock().is_empty());
    assert_eq!(reason(&free, changed), Reason::Permitted);
    folder.write(LOCK_FILE, &lock_of(LISTED));
    let pinned = Bundle::load(folder.policy()).unwrap();
    assert_eq!(pinned.lock().len(), 1);
    assert_eq!(reason(&pinned, LISTED), Reason::Permitted);
    for other in [changed, "[]", r#"[{"name": "look ", "description": "Looks."}]"#] {
        assert_eq!(reason(&pinned, other), Reason::ToolChanged, "{other}");
    }
    // Included files have no locks of their own, and the name of the root file makes no difference.
    fs::create_dir_all(folder.0.join("below")).unwrap();
    folder.write("below/tools.toml", POLICY);
    let root = folder.write("root.toml", "include = [\"below/tools.toml\"]\n");
    folder.write("below/permitgate.lock", "nonsense");
    assert_eq!(reason(&Bundle::load(root).unwrap(), changed), Reason::ToolChanged);
}

#[test]
fn a_lock_that_cannot_be_read_stops_the_bundle() {
    let folder = Folder::new("unreadable");
    let load =
        || Bundle::load(folder.policy()).map(|_| ()).map_err(|error| error.findings()[0].code());
    assert_eq!(load(), Ok(()));
    for (text, code) in [
        ("", Code::MissingKey),
        ("format = 2\n", Code::BadValue),
        ("format = 1\n[tools", Code::Syntax),
        ("format = 1\n[tools]\nlook = \"sha256:0\"\n", Code::MissingKey),
    ] {
        folder.write(LOCK_FILE, text);
        assert_eq!(load(), Err(code), "{text}");
    }
    fs::write(folder.0.join(LOCK_FILE), b"\xff\xfe").unwrap();
    assert_eq!(load(), Err(Code::NotUtf8));
    fs::remove_file(folder.0.join(LOCK_FILE)).unwrap();
    fs::create_dir(folder.0.join(LOCK_FILE)).unwrap();
    assert_eq!(load(), Err(Code::Unreadable));
}

#[test]
fn a_lock_that_comes_changes_or_goes_is_seen() {
    let folder = Folder::new("reload");
    let mut reloader = Reloader::new(folder.policy(), Options::new()).unwrap();
    let pins = |reloader: &Reloader| reloader.bundle().lock().len();
    assert!(matches!(reloader.check_for_changes(), Reload::Unchanged));
    folder.write(LOCK_FILE, &lock_of(LISTED));
    assert!(matches!(reloader.check_for_changes(), Reload::Replaced(_)));
    assert_eq!(pins(&reloader), 1);
    assert!(matches!(reloader.check_for_changes(), Reload::Unchanged));
    // What cannot be read leaves the old pins in force.
    folder.write(LOCK_FILE, "format = 9\n");
    assert!(matches!(reloader.check_for_changes(), Reload::Failed(_)));
    assert_eq!(pins(&reloader), 1);
    fs::remove_file(folder.0.join(LOCK_FILE)).unwrap();
    assert!(matches!(reloader.check_for_changes(), Reload::Replaced(_)));
    assert_eq!(pins(&reloader), 0);
    // From absent to something that is no file.
    fs::create_dir(folder.0.join(LOCK_FILE)).unwrap();
    assert!(matches!(reloader.check_for_changes(), Reload::Failed(_)));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_no_missing_lock() {
    let folder = Folder::new("dangling");
    std::os::unix::fs::symlink(folder.0.join("gone.lock"), folder.0.join(LOCK_FILE)).unwrap();
    let error = Bundle::load(folder.policy()).unwrap_err();
    assert_eq!(error.findings()[0].code(), Code::Unreadable);
    assert!(error.findings()[0].message().contains("cannot be read"), "{error}");
}
