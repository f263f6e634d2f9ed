//! Every error says what is wrong as a code, and where, so that nobody reads its message.

use std::collections::BTreeSet;

use permitgate::authority::{Attenuation, CapabilityId};
use permitgate::gate::RuleContext;
use permitgate::kinds::*;
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::model::{FreezeError, NoArguments, Reader, Resource, Value};
use permitgate::policy::PolicyError;
use permitgate::prelude::*;
use permitgate::{Arguments, Directory, Reason, Verdict};

fn read(id: &str) -> Statement {
    Statement::permit(id).operations(Operation::Read).resources(["docs/**"])
}

fn policy(statements: impl IntoIterator<Item = Statement>) -> PolicyError {
    Policy::new(statements).unwrap_err()
}

#[test]
fn codes_of_one_error_differ() {
    fn differ(of: &str, codes: impl Iterator<Item = &'static str>) {
        let mut seen = BTreeSet::new();
        for code in codes {
            let is_plain = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            assert!(is_plain && !code.is_empty(), "{of}: {code}");
            assert!(seen.insert(code), "{of}: {code} stands twice");
        }
    }
    differ("policy", PolicyErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("manifest", ManifestErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("call", CallFaultKind::ALL.iter().map(|kind| kind.code()));
    differ("label", LabelErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("configuration", ConfigurationErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("directory", DirectoryErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("scope", ScopeErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("attenuation", AttenuateErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("resource", ResourceErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("reader", ReaderErrorKind::ALL.iter().map(|kind| kind.code()));
    differ("stamp", StampErrorKind::ALL.iter().map(|kind| kind.code()));
}

#[test]
fn an_error_of_a_policy_says_kind_statement_and_field() {
    let error = policy([read("a"), read("a")]);
    assert_eq!((error.kind(), error.statement()), (PolicyErrorKind::RepeatedId, Some("a")));
    let error = policy([Statement::permit("b").operations(Operation::Read).resources(["a/../b"])]);
    let place = (error.statement(), error.field());
    assert_eq!(
        (error.kind(), place),
        (PolicyErrorKind::MalformedPattern, (Some("b"), "resources[0]"))
    );
    let error = policy([read("c").readers(Reader::group(""))]);
    assert_eq!(error.kind(), PolicyErrorKind::MalformedReader);
    assert_eq!(error.kind().to_string(), "malformed-reader");
}

#[test]
fn an_error_of_a_manifest_or_call_says_kind_and_place() {
    let tool = ToolSpec::new("t").effect(EffectSpec::read("files/{path}"));
    let error = Manifest::new([tool]).unwrap_err();
    let place = (error.tool(), error.effect(), error.field());
    assert_eq!(error.kind(), ManifestErrorKind::UnknownPlaceholder);
    assert_eq!(place, (Some("t"), Some(1), "resource"));

    let tool = ToolSpec::new("t")
        .argument("path", ArgumentSpec::text())
        .effect(EffectSpec::read("files/{args.path/**}"));
    let manifest = Manifest::new([tool]).unwrap();
    let policy = Policy::new([read("a")]).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
    let kind = |tool: &str, arguments: &dyn Arguments| {
        let call = manifest.map(tool, arguments, &scope);
        let fault = call.fault().unwrap();
        (fault.kind(), fault.reason(), fault.argument().map(str::to_owned))
    };
    let path = || Some("path".to_owned());
    assert_eq!(kind("u", &NoArguments), (CallFaultKind::UnknownTool, Reason::UnknownTool, None));
    let found = kind("t", &[("path", Value::from("a/../b"))]);
    assert_eq!(found, (CallFaultKind::PathPart, Reason::UnmappedCall, path()));
    let found = kind("t", &[("path", Value::from(1))]);
    assert_eq!(found, (CallFaultKind::KindMismatch, Reason::UnmappedCall, path()));
    assert_eq!(
        kind("t", &NoArguments),
        (CallFaultKind::MissingArgument, Reason::UnmappedCall, path())
    );
}

#[test]
fn errors_of_gate_scope_and_authority_say_kind_and_place() {
    let pass = |_: &RuleContext<'_>| Verdict::Pass;
    let error = Gate::builder().rule("r", pass).rule("r", pass).build().unwrap_err();
    assert_eq!((error.kind(), error.rule()), (ConfigurationErrorKind::RepeatedRule, Some("r")));
    let error = Gate::builder().rule("", pass).build().unwrap_err();
    assert_eq!((error.kind(), error.rule()), (ConfigurationErrorKind::MalformedRuleName, Some("")));

    let policy = Policy::new([read("a").tools(["x"]).resources(["{team}/**"])]).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let error = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap_err();
    assert_eq!((error.kind(), error.name()), (ScopeErrorKind::UnboundName, Some("team")));

    let error = capability.attenuate(Attenuation::new().held_by("")).unwrap_err();
    assert_eq!((error.kind(), error.field()), (AttenuateErrorKind::MalformedHolder, "held_by"));
}

#[test]
fn errors_of_names_and_paths_say_kind_and_place() {
    let error = Resource::parse("a/./b").unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ResourceErrorKind::DotSegment, 2));
    let error = "domain:@x".parse::<Reader>().unwrap_err();
    assert_eq!((error.kind(), error.text()), (ReaderErrorKind::MalformedDomain, "domain:@x"));
    let error = "xyz".parse::<CapabilityId>().unwrap_err();
    assert_eq!(error.kind(), IdErrorKind::MalformedDigits);
    let error = Directory::builder().group("g", ["nobody"]).build().unwrap_err();
    assert_eq!((error.kind(), error.entry()), (DirectoryErrorKind::UnknownMember, "g"));
    assert_eq!(FreezeError::TooDeep.code(), "too-deep");
}
