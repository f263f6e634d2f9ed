//! Incidents that manifests exist for, each with what must come of it.

use permitgate::Reason;
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::model::{NoArguments, Operations, Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;

use crate::world::{gate, reasons, scope_of};

fn policy(statements: impl IntoIterator<Item = Statement>) -> Policy {
    Policy::new(statements).unwrap()
}

/// S15: what counts is the effect, not the name of the tool. The same operation on the same resource is
/// decided alike through whichever tool it comes.
#[test]
fn the_same_effect_through_another_tool_is_decided_alike() {
    let write = |tool: &str, path: &str| {
        ToolSpec::new(tool)
            .argument(path, ArgumentSpec::text())
            .effect(EffectSpec::update(format!("files/{{args.{path}/**}}")))
    };
    let manifest =
        Manifest::new([write("write_file", "path"), write("bash_redirect", "target")]).unwrap();
    let forbid =
        Statement::forbid("no-secrets").operations(Operation::Update).resources(["files/etc/**"]);
    let permit = Statement::permit("files").operations(Operation::Update).resources(["files/**"]);
    let scope = scope_of("dana", "coder", policy([forbid, permit]));
    for (path, reason) in [("/etc/shadow", Reason::Forbidden), ("/home/x", Reason::Permitted)] {
        for (tool, argument) in [("write_file", "path"), ("bash_redirect", "target")] {
            let arguments = [(argument, Value::from(path))];
            let call = manifest.map(tool, &arguments, &scope);
            assert_eq!(reasons(&call, &scope), [reason], "{tool} {path}");
        }
    }
}

/// S16: names match exactly, not by the words in them.
#[test]
fn names_of_tools_match_exactly() {
    let manifest = Manifest::new([ToolSpec::new("delete_mail")
        .argument("id", ArgumentSpec::text())
        .effect(EffectSpec::delete("mail/{args.id}"))])
    .unwrap();
    let permit = Statement::permit("p").operations(Operations::ALL).resources(["**"]);
    let scope = scope_of("dana", "a", policy([permit]));
    let arguments = [("id", Value::from("7"))];
    let decide = |tool| reasons(&manifest.map(tool, &arguments, &scope), &scope);
    assert_eq!(decide("delete_mail"), [Reason::Permitted]);
    for other in
        ["delete mail", "Delete_mail", "delete_mail ", "delete", "mail", "a", "", "delete_mail\0"]
    {
        assert_eq!(decide(other), [Reason::UnknownTool], "{other:?}");
    }
}

/// S17: a tool that nobody listed is refused, whatever the policy permits.
#[test]
fn an_unlisted_tool_is_refused() {
    let manifest =
        Manifest::new([ToolSpec::new("email.read").effect(EffectSpec::read("mail"))]).unwrap();
    let everything = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    let scope = scope_of("dana", "a", policy([everything.readers(Readers::public())]));
    let call = manifest.map("email.delete", &NoArguments, &scope);
    assert_eq!(reasons(&call, &scope), [Reason::UnknownTool]);
    let action = call.actions().next().unwrap();
    assert!(gate().authorize(&action, &scope).is_err());
}

/// S18: three hundred tools behind one name differ by an argument, and what is not described has no meaning.
#[test]
fn one_name_for_many_tools_is_told_apart_by_its_arguments() {
    let tool = ToolSpec::new("call_handle")
        .argument("name", ArgumentSpec::text())
        .argument("arguments", ArgumentSpec::object([("id", ArgumentSpec::text())]));
    let tool = (0..60).fold(tool, |tool, number| {
        let name = format!("tool-{number}");
        let resource = format!("tools/{name}/{{args.arguments.id}}");
        let operation = if number % 2 == 0 { Operation::Read } else { Operation::Delete };
        tool.effect(EffectSpec::new(operation, resource).when(Condition::equals("name", name)))
    });
    let manifest = Manifest::new([tool]).unwrap();
    let permit = Statement::permit("look").operations(Operation::Read).resources(["tools/**"]);
    let scope = scope_of("dana", "a", policy([permit]));
    let decide = |name: &str| {
        let inner = [("id", Value::from("../x"))];
        let arguments = [("name", Value::from(name)), ("arguments", Value::Object(&inner))];
        let call = manifest.map("call_handle", &arguments, &scope);
        let resource = call.actions().next().unwrap().resource().to_owned();
        (resource, reasons(&call, &scope))
    };
    assert_eq!(decide("tool-4"), ("tools/tool-4/..%2Fx".into(), vec![Reason::Permitted]));
    assert_eq!(decide("tool-5"), ("tools/tool-5/..%2Fx".into(), vec![Reason::NotPermitted]));
    assert_eq!(decide("tool-61"), (String::new(), vec![Reason::UnmappedCall]));
}

/// S18: a job is told apart by its name, a request by its method; a call with two effects needs both.
#[test]
fn a_call_with_two_effects_needs_both() {
    let reads = || Condition::one_of("job", ["status", "totals"]);
    let job = ToolSpec::new("job")
        .argument("job", ArgumentSpec::text())
        .effect(EffectSpec::read("db/main").when(reads()))
        .effect(EffectSpec::update("db/main").when(!reads()));
    let copy = ToolSpec::new("copy")
        .argument("from", ArgumentSpec::text())
        .argument("to", ArgumentSpec::text())
        .effect(EffectSpec::read("files/{args.from/**}"))
        .effect(EffectSpec::create("files/{args.to/**}"));
    let manifest = Manifest::new([job, copy]).unwrap();
    let scope = scope_of(
        "dana",
        "a",
        policy([
            Statement::permit("look").operations(Operation::Read).resources(["**"]),
            Statement::permit("mine").operations(Operation::Create).resources(["files/dana/**"]),
        ]),
    );
    let job = |name| {
        let arguments = [("job", name)];
        reasons(&manifest.map("job", &arguments, &scope), &scope)
    };
    assert_eq!(job(Value::from("totals")), [Reason::Permitted]);
    assert_eq!(job(Value::from("purge")), [Reason::NotPermitted]);
    assert_eq!(job(Value::from(7)), [Reason::UnmappedCall]);
    let copy = |from, to| {
        let arguments = [("from", Value::from(from)), ("to", Value::from(to))];
        reasons(&manifest.map("copy", &arguments, &scope), &scope)
    };
    assert_eq!(copy("a", "dana/a"), [Reason::Permitted, Reason::Permitted]);
    assert_eq!(copy("a", "lee/a"), [Reason::Permitted, Reason::NotPermitted]);
    assert_eq!(copy("a", "dana/../lee/a"), [Reason::UnmappedCall]);
}
