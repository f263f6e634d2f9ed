//! Files of statements alone: what they hold, what is said of them beside a policy file, and where.

use permitgate::ambient_authority;
use permitgate::policy::Effect;
use permitgate::time::Timestamp;
use permitgate_files::{Bundle, Code, Options};

const POLICY: &str = r#"
[directory]
principals = ["dana@example.com"]

[[statement]]
id = "all"
effect = "permit"
operations = ["read", "delete"]
resources = ["**"]

[[tool]]
name = "read"
args.id = "text"
effect = [{ operation = "read", resource = "docs/{args.id}" }]

[[tool]]
name = "remove"
args.id = "text"
effect = [{ operation = "delete", resource = "docs/{args.id}" }]

[[test]]
name = "removing"
invoker = "dana@example.com"
agent = "a"
call = { tool = "remove", arguments = { id = "7" } }
expect = "allow"
"#;

const NO_DELETES: &str =
    "[[guardrail]]\nid = \"no-deletes\"\neffect = \"forbid\"\noperations = \"delete\"\n";

fn bundle() -> Bundle {
    Bundle::parse("policy.toml", POLICY).unwrap()
}

#[test]
fn the_tests_of_a_bundle_run_under_what_is_narrower() {
    let bundle = bundle();
    let layer = Options::new().parse_layer(&bundle, "task.toml", NO_DELETES).unwrap();
    assert!(layer.warnings().is_empty(), "{:?}", layer.warnings());
    assert_eq!(layer.statements()[0].effect(), Effect::Forbid);
    let root = bundle.capability(ambient_authority());
    let narrower = root.attenuate(layer.attenuation()).unwrap();
    let outcome = bundle.run_tests_under(&narrower, Timestamp::MIN).remove(0);
    assert!(!outcome.passed && outcome.came == "deny", "{outcome:?}");
    assert_eq!(outcome.statement.as_deref(), Some("no-deletes"));
    assert!(bundle.run_tests()[0].passed);
    // A capability that has ended permits nothing, at the moment that is named.
    let ends = Timestamp::from_unix_seconds(10);
    let short = root.attenuate(permitgate::authority::Attenuation::new().expires_at(ends)).unwrap();
    assert!(bundle.run_tests_under(&short, Timestamp::MIN)[0].passed);
    assert_eq!(bundle.run_tests_under(&short, ends)[0].reason, "expired");
}

#[test]
fn what_is_said_of_a_layer_stands_at_its_own_place() {
    let bundle = bundle();
    let text = "[[statement]]\nid = \"task\"\neffect = \"permit\"\noperations = \"read\"\n\
                resources = [\"docs/**\"]\ntools = [\"raed\"]\nreaders = [\"group:staff\"]\n";
    let layer = Options::new().parse_layer(&bundle, "task.toml", text).unwrap();
    let found: Vec<_> = layer
        .warnings()
        .iter()
        .map(|warning| (warning.code(), warning.position().line, warning.source_line().to_owned()))
        .collect();
    assert!(found.contains(&(Code::UnknownTool, 6, "tools = [\"raed\"]".to_owned())), "{found:?}");
    let staff = (Code::UnknownReader, 7, "readers = [\"group:staff\"]".to_owned());
    assert!(found.contains(&staff), "{found:?}");
    assert!(layer.warnings().iter().all(|warning| warning.file().ends_with("task.toml")));
    // What is said of tools belongs to the policy file: a task need not permit all of them.
    assert!(layer.warnings().iter().all(|warning| warning.code() != Code::UnpermittedTool));
    let error = Options::new().deny_warnings(true).parse_layer(&bundle, "task.toml", text);
    assert_eq!(error.unwrap_err().findings().len(), layer.warnings().len());
}

/// What narrows may restrict an operation that the tool does not have; permitting one is a mistake.
#[test]
fn a_layer_may_restrict_what_no_tool_does() {
    let bundle = bundle();
    for (effect, expected) in [("forbid", 0), ("require_approval", 0), ("permit", 1)] {
        let text = format!(
            "[[statement]]\nid = \"all\"\neffect = \"permit\"\noperations = [\"read\", \"delete\"]\n\
             resources = [\"**\"]\n\n[[statement]]\nid = \"ask\"\neffect = \"{effect}\"\n\
             operations = \"share\"\nresources = [\"**\"]\ntools = [\"read\"]\n"
        );
        let layer = Options::new().parse_layer(&bundle, "task.toml", &text).unwrap();
        let codes: Vec<Code> = layer.warnings().iter().map(|warning| warning.code()).collect();
        let unreachable = codes.iter().filter(|code| **code == Code::UnreachableStatement).count();
        assert_eq!(unreachable, expected, "{effect}: {codes:?}");
    }
}

#[test]
fn a_denial_that_could_never_apply_is_an_error_of_the_layer_as_well() {
    let text = NO_DELETES.to_owned() + "when = [{ argument = \"idd\", present = true }]\n";
    let error = Options::new().parse_layer(&bundle(), "task.toml", text).unwrap_err();
    let finding = &error.findings()[0];
    assert_eq!((finding.code(), finding.position().line), (Code::UnknownArgument, 5), "{finding}");
}

#[test]
fn a_layer_includes_statements_and_nothing_else() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("layer");
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    file("no-deletes.toml", NO_DELETES);
    let task = file("task.toml", "include = [\"no-deletes.toml\"]\n");
    // The lock beside it is the policy file's, whatever stands in it.
    file("permitgate.lock", "no lock\n");
    let layer = Options::new().load_layer(&bundle(), &task).unwrap();
    assert_eq!(layer.statements().len(), 1);
    file("no-deletes.toml", "[[tool]]\nname = \"t\"\n");
    let error = Options::new().load_layer(&bundle(), &task).unwrap_err();
    assert_eq!(error.findings()[0].code(), Code::Misplaced);
    assert!(error.findings()[0].file().ends_with("no-deletes.toml"));
    std::fs::remove_dir_all(folder).unwrap();
}
