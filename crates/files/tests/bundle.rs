//! Bundles as programs use them: a policy in several files, its tests, and reloading it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use permitgate::authority::{Approver, Requirement};
use permitgate::model::Value;
use permitgate::{Action, Audience, Gate, Operation, Reason, Refusal, Scope, ambient_authority};
use permitgate_files::{Bundle, Code, LoadError, Options, Reload, Reloader, Severity};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle/policy.toml")
}

/// A folder that is gone with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("permitgate-bundle-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn codes(error: &LoadError) -> Vec<Code> {
    error.findings().iter().map(|finding| finding.code()).collect()
}

const READ: &str = "[[statement]]\nid = \"a\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"docs/**\"]\n";

#[test]
fn the_example_loads_without_a_word() {
    let bundle = Bundle::load(example()).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<_> = bundle.files().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["policy.toml", "people.toml", "tools.json"]);
    let warnings: Vec<String> = bundle.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.is_empty(), "{}", warnings.join("\n"));
    assert_eq!((bundle.manifest().len(), bundle.tests(), bundle.directory().len()), (4, 7, 6));
    let outcomes = bundle.run_tests();
    assert!(outcomes.iter().all(|outcome| outcome.passed), "{outcomes:?}");
    assert_eq!(outcomes[0].reason, "audience-too-wide");
    let json = serde_json::to_value(&outcomes[5]).unwrap();
    assert_eq!(json["came"], "hold");
    assert_eq!(json["statement"], "transfers-after-outside-text");
}

#[test]
fn the_example_is_in_its_canonical_form() {
    for name in ["policy.toml", "people.toml", "tools.json"] {
        let text = fs::read_to_string(example().with_file_name(name)).unwrap();
        assert_eq!(permitgate_files::format(name, &text).unwrap(), text);
    }
}

/// Scenario S09: a malformed rule file silently dropped its denials.
#[test]
fn a_policy_that_does_not_load_completely_never_replaces_one_that_did() {
    let folder = Folder::new();
    let forbid = "[[guardrail]]\nid = \"no-secrets\"\neffect = \"forbid\"\noperations = \"read\"\nresources = [\"docs/secret/**\"]\n";
    let path = folder.write("policy.toml", &format!("{READ}{forbid}"));
    let mut reloader = Reloader::new(&path, Options::new()).unwrap();
    let gate = reloader.bundle().gate().build().unwrap();
    let secret = || {
        let capability = reloader_capability(&reloader);
        let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
        gate.decide(&Action::read("docs.read", "docs/secret/1"), &scope).reason()
    };
    assert_eq!(secret(), Reason::GuardrailForbids);

    folder.write("policy.toml", &format!("{READ}{}", forbid.replace("resources", "resorces")));
    for _ in 0..3 {
        let Reload::Failed(error) = reloader.apply(&gate).unwrap() else { panic!("it must fail") };
        assert_eq!(codes(&error), [Code::UnknownKey]);
    }
    assert!(reloader.error().is_some());
    let secret = gate.decide(&Action::read("docs.read", "docs/secret/1"), &scope_of(&reloader));
    assert_eq!(secret.reason(), Reason::GuardrailForbids, "the old guardrail is in force");

    folder.write("policy.toml", READ);
    assert!(matches!(reloader.apply(&gate).unwrap(), Reload::Replaced(_)));
    assert!(matches!(reloader.apply(&gate).unwrap(), Reload::Unchanged));
    assert!(reloader.error().is_none());
    let secret = Action::read("docs.read", "docs/secret/1");
    assert!(gate.decide(&secret, &scope_of(&reloader)).is_allow(), "the guardrail is gone");
}

fn reloader_capability(reloader: &Reloader) -> permitgate::Capability {
    reloader.bundle().capability(ambient_authority())
}

fn scope_of(reloader: &Reloader) -> Scope {
    let capability = reloader_capability(reloader);
    Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap()
}

#[test]
fn a_change_of_an_included_file_is_seen_and_so_is_one_that_is_missing() {
    let folder = Folder::new();
    let path = folder.write("policy.toml", &format!("include = [\"more/people.toml\"]\n{READ}"));
    let people = |names: &str| format!("[directory]\nprincipals = [{names}]\n");
    let other = folder.write("more/people.toml", &people("\"dana\""));
    let mut reloader = Reloader::new(&path, Options::new()).unwrap();
    assert!(matches!(reloader.check_for_changes(), Reload::Unchanged));
    // As long as before, and perhaps within one tick of the file system's clock.
    folder.write("more/people.toml", &people("\"lee \""));
    assert!(matches!(reloader.check_for_changes(), Reload::Replaced(_)));
    fs::remove_file(&other).unwrap();
    let Reload::Failed(error) = reloader.check_for_changes() else { panic!("it must fail") };
    assert_eq!(codes(&error), [Code::Unreadable]);
    assert!(matches!(reloader.check_for_changes(), Reload::Failed(_)));
    folder.write("more/people.toml", &people("\"dana\", \"lee\""));
    let Reload::Replaced(bundle) = reloader.check_for_changes() else { panic!("it loads") };
    assert_eq!(bundle.directory().len(), 2);
    fs::remove_file(&path).unwrap();
    assert!(matches!(reloader.check_for_changes(), Reload::Failed(_)));
    assert_eq!(reloader.bundle().directory().len(), 2);
}

#[test]
fn a_failing_test_keeps_the_old_policy() {
    let folder = Folder::new();
    let test = |expect: &str| {
        format!(
            "{READ}\n[[test]]\nname = \"t\"\ninvoker = \"dana\"\nagent = \"a\"\naction = {{ operation = \"read\", tool = \"t\", resource = \"docs/x\" }}\nexpect = \"{expect}\"\n"
        )
    };
    let path = folder.write("policy.toml", &test("allow"));
    let mut reloader = Reloader::new(&path, Options::new()).unwrap();
    folder.write("policy.toml", &test("deny"));
    let Reload::Failed(error) = reloader.check_for_changes() else { panic!("it must fail") };
    assert_eq!(codes(&error), [Code::TestFailed]);
    let untested = Options::new().without_tests(true).load(&path).unwrap();
    let outcomes = untested.run_tests();
    assert!(!outcomes[0].passed && outcomes[0].came == "allow" && outcomes[0].line == 12);
}

#[test]
fn files_outside_need_to_be_allowed() {
    let folder = Folder::new();
    folder.write("shared/people.toml", "[directory]\nprincipals = [\"dana\"]\n");
    let path =
        folder.write("own/policy.toml", &format!("include = [\"../shared/people.toml\"]\n{READ}"));
    let error = Bundle::load(&path).unwrap_err();
    assert_eq!(codes(&error), [Code::IncludeOutside]);
    let bundle = Options::new().allow_outside(true).load(&path).unwrap();
    assert_eq!(bundle.directory().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_no_way_out() {
    let folder = Folder::new();
    folder.write("shared/people.toml", "[directory]\nprincipals = [\"dana\"]\n");
    let path = folder.write("own/policy.toml", &format!("include = [\"people.toml\"]\n{READ}"));
    std::os::unix::fs::symlink(
        folder.0.join("shared/people.toml"),
        folder.0.join("own/people.toml"),
    )
    .unwrap();
    assert_eq!(codes(&Bundle::load(&path).unwrap_err()), [Code::IncludeOutside]);
}

#[test]
fn a_file_that_two_others_include_is_read_once() {
    let folder = Folder::new();
    folder.write("people.toml", "[directory]\nprincipals = [\"dana\"]\n");
    folder.write("more.toml", "include = [\"./people.toml\"]\n");
    let text = format!("include = [\"people.toml\", \"more.toml\", \"people.toml\"]\n{READ}");
    let bundle = Bundle::load(folder.write("policy.toml", &text)).unwrap();
    assert_eq!((bundle.files().count(), bundle.directory().len()), (3, 1));
}

#[test]
fn a_text_includes_nothing() {
    let error = Bundle::parse("policy.toml", "include = [\"/etc/passwd\"]\n").unwrap_err();
    assert_eq!(codes(&error), [Code::IncludeOutside]);
}

#[test]
fn advice_and_warnings_differ() {
    assert_eq!(Code::UnendorsedControl.severity(), Severity::Advice);
    let folder = Folder::new();
    let groups = "[directory]\nprincipals = [\"lee\"]\ngroups = { unused = [\"lee\"] }\n";
    let path = folder.write("policy.toml", &format!("{READ}{groups}"));
    assert_eq!(Bundle::load(&path).unwrap().warnings()[0].code(), Code::UnusedGroup);
    let error = Options::new().deny_warnings(true).load(&path).unwrap_err();
    assert_eq!(codes(&error), [Code::UnusedGroup]);
}

/// What no file should do to the program that reads it.
#[test]
fn hostile_texts_give_one_error() {
    let deep = format!("a = {}", "[".repeat(1 << 20));
    let dots = format!("{} = 1", vec!["a"; 1 << 16].join("."));
    let headers =
        (0..70).map(|at| format!("[{}]\n", vec!["a"; at + 1].join("."))).collect::<String>();
    let texts: [&str; 12] = [
        &deep,
        &dots,
        &headers,
        "\0",
        "\u{feff}\u{feff}",
        "[[statement]]\r[[statement]]",
        "statement = { id = \"x\" }",
        "[statement.a.b]\n[[statement.a]]",
        "\"\" = 1",
        "include = [[\"x\"]]",
        "directory = [[]]",
        "test = [[{}]]",
    ];
    for text in texts {
        for name in ["x.toml", "x.json"] {
            let error = Bundle::parse(name, text).unwrap_err();
            assert!(!error.findings().is_empty(), "{name}: {text:.40}");
            assert!(error.to_string().len() < 4_000, "{name}: {text:.40}");
        }
    }
    assert!(Bundle::parse("x.toml", "").unwrap().warnings().is_empty());
    assert!(Bundle::parse("x.json", "").is_err());
}

#[test]
fn a_large_policy_loads_in_reasonable_time() {
    let statement = |at: usize| {
        format!(
            "[[statement]]\nid = \"s{at}\"\neffect = \"permit\"\noperations = [\"read\"]\nresources = [\"docs/{at}/**\"]\nreaders = \"internal\"\n\n"
        )
    };
    let text: String = (0..5_000).map(statement).collect();
    let bundle = Bundle::parse("policy.toml", text).unwrap();
    assert_eq!(bundle.policy().len(), 5_000);
}

#[test]
fn a_bundle_configures_a_gate_that_runs() {
    let bundle = Bundle::load(example()).unwrap();
    let gate = Gate::builder().build().unwrap();
    gate.reconfigure(|present| bundle.configure(present)).unwrap();
    let capability = bundle.capability(ambient_authority());
    let scope =
        Scope::builder(&capability).invoker("dana@example.com").agent("triage").build().unwrap();
    let reply = Action::new(Operation::Create, "forum.reply", "forum/1/replies");
    assert!(gate.decide(&reply.visible_to(Audience::Group("engineering")), &scope).is_allow());
    assert!(!gate.decide(&reply.visible_to(Audience::Public), &scope).is_allow());
}

const APPROVALS: &str = r#"
[directory]
principals = ["dana", "kim", "lee"]
groups = { leads = ["kim", "lee"] }
aliases = { U1 = "dana" }

[approvers]
by = "group:leads"
use_within = "5m"

[[statement]]
id = "ask"
effect = "require_approval"
operations = "delete"
resources = ["crm/**"]

[[guardrail]]
id = "twice"
effect = "require_approval"
operations = "delete"
resources = ["crm/all"]
by = ["principal:U1", "invoker", "group:leads"]
approvals = 2
decide_within = "1d"
"#;

/// Those of the file are on the gate, from the start and when they are replaced.
#[test]
fn approvers_of_the_file_approve_at_the_gate() {
    let bundle = Bundle::parse("policy.toml", APPROVALS).unwrap();
    let capability = bundle.capability(ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("desk").build().unwrap();
    let wish = Action::delete("crm.delete", "crm/7");
    let asked = |gate: &Gate| {
        let Err(Refusal::Held(hold)) = gate.authorize(&wish, &scope) else { panic!("held") };
        let request = gate.request_approval(&hold, &wish, &scope);
        request.map(|request| request.requirements().to_vec()).map_err(|refusal| refusal.reason())
    };
    let leads = Requirement::by([Approver::group("leads")]).use_within(Duration::from_secs(300));
    assert_eq!(bundle.approvers(), Some(&leads));
    assert_eq!(asked(&bundle.gate().build().unwrap()), Ok(vec![leads.clone()]));
    let other = Requirement::by([Approver::principal("mallory")]);
    let gate = Gate::builder().approvers(other).build().unwrap();
    gate.reconfigure(|present| bundle.configure(present)).unwrap();
    assert_eq!(asked(&gate), Ok(vec![leads]));
    // A file that names nobody leaves nobody of the file before.
    let (before, rest) = APPROVALS.split_once("[approvers]").unwrap();
    let silent = format!("{before}{}", &rest[rest.find("[[statement]]").unwrap()..]);
    let silent = Bundle::parse("policy.toml", silent).unwrap();
    gate.reconfigure(|present| silent.configure(present)).unwrap();
    assert_eq!(asked(&gate), Err(Reason::NoApprovers));
}

/// What is read is written again as it was, key for key.
#[test]
fn who_approves_is_written_as_it_is_read() {
    let bundle = Bundle::parse("policy.toml", APPROVALS).unwrap();
    let written = serde_json::json!({
        "approvers": bundle.approvers(),
        "directory": { "principals": ["dana", "kim", "lee"], "groups": { "leads": ["kim", "lee"] } },
        "statement": bundle.statements(),
        "guardrail": bundle.restrictions(),
    });
    assert_eq!(written["guardrail"][0]["by"][0], "principal:U1");
    assert_eq!(written["guardrail"][0]["decide_within"], "1d");
    assert_eq!(
        written["approvers"],
        serde_json::json!({ "by": ["group:leads"], "use_within": "5m" })
    );
    let again = Bundle::parse("policy.json", written.to_string()).unwrap();
    assert_eq!(again.approvers(), bundle.approvers());
    assert_eq!(again.statements(), bundle.statements());
    assert_eq!(again.restrictions(), bundle.restrictions());
    for key in ["by", "approvals", "decide_within", "use_within"] {
        let mut nothing = written.clone();
        nothing["guardrail"][0][key] = serde_json::Value::Null;
        assert!(Bundle::parse("policy.json", nothing.to_string()).is_err(), "{key} is null");
        nothing = written.clone();
        nothing["approvers"][key] = serde_json::Value::Null;
        assert!(Bundle::parse("policy.json", nothing.to_string()).is_err(), "{key} is null");
    }
}

/// Votes of tests count as they count at a gate: of each requirement so many, each person once, of a call as one.
#[test]
fn tests_vote_as_people_do() {
    let came = |more: &str, votes: &str, invoker: &str| {
        let text = format!(
            "{APPROVALS}{more}\n[[test]]\nname = \"t\"\ninvoker = \"{invoker}\"\nagent = \"desk\"\n{votes}\nexpect = \"allow\"\n"
        );
        let bundle = Options::new().without_tests(true).parse("policy.toml", text).unwrap();
        let outcome = bundle.run_tests().remove(0);
        (outcome.came, outcome.reason, outcome.explanation)
    };
    let all = |votes: &str, invoker: &str| {
        let action = "action = { operation = \"delete\", tool = \"t\", resource = \"crm/all\" }";
        came("", &format!("{action}\napproved_by = {votes}"), invoker)
    };
    let (ruling, reason, _) = all("[\"dana\", \"lee\"]", "dana");
    assert_eq!((&*ruling, &*reason), ("allow", "approved"), "the invoker is named as such");
    assert_eq!(all("[\"kim\", \"lee\"]", "dana").0, "allow");
    // A vote more than is needed is none that fails.
    assert_eq!(all("[\"kim\", \"lee\", \"dana\"]", "dana").0, "allow");
    for (votes, missing) in [
        (
            "[\"lee\"]",
            "it needs 1 more for the approval of 2 of `U1`, the invoker, the group `leads`: `dana`, `kim`",
        ),
        ("[\"dana\"]", "it needs the approval of 1 of the group `leads`: `kim`, `lee`"),
        ("[\"desk\"]", "the vote of `desk` does not count: whoever asks does not vote"),
    ] {
        let (ruling, _, explanation) = all(votes, "dana");
        assert_eq!(ruling, "hold", "{votes}");
        assert!(explanation.contains(missing), "{explanation}");
    }
    // An alias is the person, also where the agent works for somebody else.
    assert_eq!(all("[\"U1\", \"lee\"]", "sam").0, "allow");
    let (ruling, _, explanation) = all("[\"dana\"]", "sam");
    assert_eq!(ruling, "hold");
    assert!(explanation.contains("the group `leads`: `kim`, `lee`, `sam`"), "{explanation}");
    // Kim is a lead, and the gate's approvers do not name the invoker.
    let (ruling, _, explanation) = all("[\"kim\", \"dana\"]", "kim");
    assert_eq!(ruling, "hold");
    assert!(
        explanation.contains("it needs the approval of 1 of the group `leads`: `lee`"),
        "{explanation}"
    );
    let tool = "[[tool]]\nname = \"wipe\"\neffect = [{ operation = \"delete\", resource = \"crm/1\" }, { operation = \"delete\", resource = \"crm/2\" }]\n";
    let call = |votes: &str| came(tool, &format!("call = {{ tool = \"wipe\" }}\n{votes}"), "dana");
    assert_eq!(call("approved_by = [\"lee\"]").0, "allow");
    let (ruling, _, explanation) = call("");
    assert_eq!(ruling, "hold");
    assert!(
        explanation.ends_with("it needs the approval of 1 of the group `leads`: `kim`, `lee`"),
        "{explanation}"
    );
}

/// What a budget asks for is approved by those of `[approvers]`, and what has no room at all by nobody.
#[test]
fn tests_vote_on_what_a_budget_asks_for() {
    let text = |spent: u32, expect: &str| {
        format!(
            "[approvers]\nby = \"principal:lee\"\n\n[[budget]]\nname = \"mails\"\ncounts = \"actions\"\nask_from = 10\nat_most = 20\n\n\
             {READ}\n[[test]]\nname = \"t\"\ninvoker = \"dana\"\nagent = \"a\"\nspent = {{ mails = {spent} }}\n\
             action = {{ operation = \"read\", tool = \"t\", resource = \"docs/x\" }}\napproved_by = [\"lee\"]\nexpect = \"{expect}\"\n"
        )
    };
    for (spent, expect, passes) in
        [(10, "allow", true), (10, "hold", false), (20, "deny", true), (3, "allow", false)]
    {
        let loaded = Bundle::parse("policy.toml", text(spent, expect));
        assert_eq!(loaded.is_ok(), passes, "{spent} {expect}: {loaded:?}");
    }
}

/// A manifest that is too large to compare hides no misspelt denial.
#[test]
fn a_denial_of_an_unknown_argument_is_refused_beside_any_number_of_tools() {
    use std::fmt::Write;
    let mut text = String::new();
    for at in 0..1_001 {
        let _ = write!(
            text,
            "[[statement]]\nid = \"{at}\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"a\"]\n"
        );
    }
    for at in 0..2_000 {
        let _ = write!(
            text,
            "[[tool]]\nname = \"t{at}\"\nargs.amount = \"integer\"\n\
             [[tool.effect]]\noperation = \"read\"\nresource = \"a\"\namounts = [\"amount\"]\n"
        );
    }
    let forbid = |argument: &str| {
        format!(
            "{text}[[guardrail]]\nid = \"g\"\neffect = \"forbid\"\noperations = \"read\"\n\
             when = [{{ argument = \"{argument}\", present = true }}]\n"
        )
    };
    assert!(Bundle::parse("policy.toml", forbid("amount")).is_ok());
    let error = Bundle::parse("policy.toml", forbid("amout")).unwrap_err();
    assert_eq!(error.findings()[0].code(), Code::UnknownArgument);
    assert_eq!(error.findings()[0].hint(), Some("did you mean `amount`?"));
}

const REFUNDS: &str = r#"
[[statement]]
id = "desk"
effect = "permit"
operations = ["create", "update"]
resources = ["orders/**"]

[[budget]]
name = "refunds"
counts = "sum"
argument = "amount"
decimals = 2
tools = ["refund"]
ask_from = "100.00"
at_most = 500
window = "1d"

[[budget]]
name = "loop"
counts = "repeats"
halts_agent = 2
window = "1m"
shared_by = "agent"

[[tool]]
name = "refund"
args.order = "text"
args.amount = { kind = "decimal", scale = 2, no_effect = true }
effect = [{ operation = "create", resource = "orders/{args.order}/refunds" }]

[[tool]]
name = "note"
args.order = "text"
args.text = { kind = "text", no_effect = true }
effect = [{ operation = "update", resource = "orders/{args.order}/notes" }]
"#;

const REFUND_TESTS: &str = r#"
[[test]]
name = "a small refund passes"
invoker = "dana"
agent = "desk"
call = { tool = "refund", arguments = { order = "7", amount = "20.00" } }
expect = "allow"

[[test]]
name = "what brings a day to a hundred is asked for"
invoker = "dana"
agent = "desk"
spent = { refunds = "90.00" }
call = { tool = "refund", arguments = { order = "7", amount = "10.00" } }
expect = "hold"
reason = "budget-approval"
budget = "refunds"

[[test]]
name = "no day refunds more than five hundred"
invoker = "dana"
agent = "desk"
spent = { refunds = 490.5 }
call = { tool = "refund", arguments = { order = "7", amount = "10.00" } }
expect = "deny"
reason = "budget-spent"
budget = "refunds"

[[test]]
name = "earlier calls count as well"
invoker = "dana"
agent = "desk"
reads = [
  { tool = "refund", arguments = { order = "7", amount = "60.00" } },
  { tool = "refund", arguments = { order = "8", amount = "39.99" } },
]
call = { tool = "refund", arguments = { order = "7", amount = "0.01" } }
expect = "hold"
budget = "refunds"

[[test]]
name = "notes are no refunds"
invoker = "dana"
agent = "desk"
spent = { refunds = 500 }
call = { tool = "note", arguments = { order = "7", text = "hello" } }
expect = "allow"
"#;

#[test]
fn tests_spend_from_budgets() {
    let bundle = Bundle::parse("policy.toml", format!("{REFUNDS}{REFUND_TESTS}")).unwrap();
    assert_eq!((bundle.budgets().len(), bundle.tests()), (2, 5));
    assert!(bundle.warnings().is_empty(), "{:?}", bundle.warnings());
    let outcomes = bundle.run_tests();
    assert_eq!(outcomes[2].budget.as_deref(), Some("refunds"));
    assert!(
        outcomes[2]
            .explanation
            .contains("of `refunds` 490.50 of 500.00 is used, and this needs 10.00")
    );
    // Each is wrong where the budget is not there.
    let without = REFUND_TESTS
        .replace("budget = \"refunds\"\n", "")
        .replace("spent = { refunds", "facts = [] # {");
    let policy =
        REFUNDS.replace("at_most = 500", "at_most = 1000000").replace("\"100.00\"", "900000");
    let error = Bundle::parse("policy.toml", format!("{policy}{without}")).unwrap_err();
    assert_eq!(error.findings().len(), 3, "{error}");
}

#[test]
fn budgets_of_a_file_are_the_gates_and_count_on_after_a_reload() {
    let bundle = Bundle::parse("policy.toml", REFUNDS).unwrap();
    let gate = bundle.gate().build().unwrap();
    let capability = bundle.capability(ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("desk").build().unwrap();
    let refund = |bundle: &Bundle, amount: &str| {
        let arguments = [("order", Value::from("7")), ("amount", Value::from(amount))];
        let call = bundle.manifest().map("refund", &arguments, &scope);
        let permit = gate.authorize_call(&call, &scope).map_err(|refusal| refusal.reason())?;
        permit.begin(&gate.call_handle("refund")).unwrap().done();
        Ok(())
    };
    assert_eq!(refund(&bundle, "80.00"), Ok(()));
    assert_eq!(refund(&bundle, "20.00"), Err(Reason::BudgetApproval));
    let next =
        REFUNDS.replace("ask_from = \"100.00\"\n", "").replace("at_most = 500", "at_most = 90");
    let next = Bundle::parse("policy.toml", next).unwrap();
    gate.reconfigure(|present| next.configure(present)).unwrap();
    assert_eq!(refund(&next, "10.01"), Err(Reason::BudgetSpent), "80.00 is counted still");
    assert_eq!(refund(&next, "10.00"), Ok(()));
    let without = Bundle::parse(
        "policy.toml",
        "[[statement]]\nid = \"a\"\neffect = \"permit\"\noperations = \"read\"\nresources = [\"**\"]\n",
    );
    gate.reconfigure(|present| without.unwrap().configure(present)).unwrap();
    assert!(gate.budgets(&scope).is_empty());
}

#[test]
fn the_budgets_of_a_layer_narrow() {
    let bundle = Bundle::parse("policy.toml", REFUNDS).unwrap();
    let layer = "[[budget]]\nname = \"one\"\ncounts = \"actions\"\nat_most = 1\n";
    let layer = Options::new().parse_layer(&bundle, "task.toml", layer).unwrap();
    let narrowed = bundle.capability(ambient_authority()).attenuate(layer.attenuation()).unwrap();
    let scope = Scope::builder(&narrowed).invoker("dana").agent("desk").build().unwrap();
    let gate = bundle.gate().build().unwrap();
    let update = Action::update("note", "orders/7/notes");
    gate.run(&update, &scope, |_| Ok::<_, Refusal>(())).unwrap();
    let decision = gate.decide(&update, &scope);
    assert_eq!(decision.reason(), Reason::BudgetSpent);
    assert_eq!(decision.grounds().budget().map(|budget| budget.name()), Some("one"));
}
