//! Mapping an ordinary call allocates nothing, whatever comes of it.

use permitgate::flow::{Origin, Origins};
use permitgate::manifest::{
    ArgumentSpec, AudienceLevel, AudienceSpec, CallFault, CommandSpec, DecimalSpec, EffectSpec,
    MailboxSpec, PathSpec, ShellSpec, TimeSpec, ToolSpec, UrlSpec,
};
use permitgate::model::{Operations, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::{Arguments, Reason};

use crate::allocations::counted;
use crate::world::any_scope;

fn manifest() -> Manifest {
    let mail = EffectSpec::create("mail/{invoker}/outbox")
        .audience(AudienceSpec::recipients(["to", "cc"]))
        .when(Condition::one_of("kind", ["mail", "reply"]))
        .amounts(["size"]);
    let delete =
        EffectSpec::delete("mail/{invoker}/{args.ids}").when(Condition::equals("kind", "delete"));
    Manifest::new([
        ToolSpec::new("mail")
            .argument("kind", ArgumentSpec::text().default("mail"))
            .argument("to", ArgumentSpec::list(ArgumentSpec::text()).optional())
            .argument("cc", ArgumentSpec::list(ArgumentSpec::text()).default_list([""; 0]))
            .argument("ids", ArgumentSpec::list(ArgumentSpec::integer()).optional())
            .argument("size", ArgumentSpec::number().optional())
            .effect(mail)
            .effect(delete),
        ToolSpec::new("web")
            .argument("url", ArgumentSpec::text())
            .argument("depth", ArgumentSpec::integer())
            .effect(EffectSpec::read("web/{args.depth}").audience(AudienceSpec::host("url"))),
        ToolSpec::new("file")
            .argument("path", ArgumentSpec::text())
            .argument(
                "level",
                ArgumentSpec::any_of([ArgumentSpec::integer(), ArgumentSpec::flag()]),
            )
            .effect(EffectSpec::update("files/{agent}/{args.path/**}").audience(
                AudienceSpec::flag(
                    "level",
                    [("1", AudienceLevel::Internal), ("true", AudienceLevel::Public)],
                ),
            )),
    ])
    .unwrap()
}

#[test]
fn mapping_allocates_nothing() {
    let (boxed, one) = counted(|| std::hint::black_box(Box::new(7_u64)));
    assert_eq!((*boxed, one), (7, 1), "the counter counts");

    let (manifest, scope) = (manifest(), any_scope("dana@example.com", "triage"));
    let to = ["a", "b", "c", "d", "e", "f", "g", "h"].map(Value::from);
    let ids = [1, 2, 3, 4, 5, 6, 7, 8].map(Value::from);
    let kind = |kind| ("kind", Value::from(kind));
    let pairs: [(&str, Vec<Pair<'_>>, Option<Reason>); 13] = [
        ("mail", vec![("to", Value::List(&to)), ("size", Value::from(1.5))], None),
        ("mail", vec![kind("delete"), ("ids", Value::List(&ids))], None),
        ("mail", vec![kind("delete")], Some(Reason::UnmappedCall)),
        ("mail", vec![kind("forward")], Some(Reason::UnmappedCall)),
        ("mail", vec![kind("mail"), ("size", Value::from(-1))], Some(Reason::UnmappedCall)),
        (
            "web",
            vec![("url", Value::from("https://docs.example.com/a")), ("depth", Value::from(3))],
            None,
        ),
        (
            "web",
            vec![("url", Value::from("https://a@b")), ("depth", Value::from(3))],
            Some(Reason::UnmappedCall),
        ),
        (
            "file",
            vec![("path", Value::from("/a b/../c%é")), ("level", Value::from(1))],
            Some(Reason::UnmappedCall),
        ),
        ("file", vec![("path", Value::from("/a b/*/c%é\n")), ("level", Value::from(true))], None),
        ("nothing", vec![], Some(Reason::UnknownTool)),
        ("mail", vec![("bcc", Value::List(&to))], Some(Reason::UnmappedCall)),
        ("mail", vec![("to", Value::List(&ids))], Some(Reason::UnmappedCall)),
        (
            "web",
            vec![("url", Value::from("https://docs.example.com/a"))],
            Some(Reason::UnmappedCall),
        ),
    ];
    for (tool, pairs, reason) in &pairs {
        let arguments = Pairs(pairs);
        let (found, count) = counted(|| {
            let call = manifest.map(tool, &arguments, &scope);
            let bytes: usize = call.actions().map(|action| action.resource().len()).sum();
            (call.fault().map(CallFault::reason), std::hint::black_box(bytes), call.actions().len())
        });
        assert_eq!((found.0, count), (*reason, 0), "{tool} {pairs:?}");
    }
}

/// Whatever a model calls an argument: to refuse the call, and to say where, copies nothing.
#[test]
fn refusing_a_call_allocates_nothing() {
    let (manifest, scope) = (manifest(), any_scope("dana@example.com", "triage"));
    let gate = Gate::builder().build().unwrap();
    for bytes in [1, 24, 25, 64, 300, 4096] {
        let name = "n".repeat(bytes);
        let arguments = [(name.as_str(), Value::from("x"))];
        let call = manifest.map("mail", &arguments, &scope);
        let (reason, count) = counted(|| gate.decide_call(&call, &scope).reason());
        assert_eq!((reason, count), (Reason::UnmappedCall, 0), "{bytes}");
        let (refused, count) = counted(|| gate.authorize_call(&call, &scope).is_err());
        assert_eq!((refused, count), (true, 0), "{bytes}");
        let shown = call.fault().and_then(CallFault::argument).map(str::len);
        assert_eq!(shown, Some(bytes.min(512)));
    }
}

/// Where a long path came from is looked up as it is spelled from its root, which is written first.
#[test]
fn asking_where_a_long_path_came_from_allocates_nothing() {
    let path = ArgumentSpec::path(PathSpec::new().root("/home/dana").cwd("/home/dana/work"));
    let manifest = Manifest::new([ToolSpec::new("wipe")
        .argument("path", path)
        .effect(EffectSpec::delete("files/{args.path.name}"))])
    .unwrap();
    let statement = Statement::permit("wipe").operations(Operations::ALL).resources(["**"]);
    let statement = statement.when(Condition::endorsed("path", Origins::ANY));
    let policy = Policy::new([statement]).unwrap();
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("a").build().unwrap();
    let gate = Gate::builder().build().unwrap();
    for names in [10, 120, 150] {
        let path = format!("/home/dana/{}", vec!["name"; names].join("/"));
        let arguments = [("path", Value::from(&*path))];
        let call = manifest.map("wipe", &arguments, &scope);
        assert!(call.fault().is_none(), "{:?}", call.fault());
        let (allowed, count) = counted(|| gate.decide_call(&call, &scope).is_allow());
        assert_eq!((allowed, count), (false, 0), "{}", path.len());
        assert!(scope.session().endorse(Origin::User, &path));
        let (allowed, count) = counted(|| gate.decide_call(&call, &scope).is_allow());
        assert_eq!((allowed, count), (true, 0), "{}", path.len());
    }
}

type Pair<'p> = (&'p str, Value<'p>);

struct Pairs<'p>(&'p [Pair<'p>]);

impl Arguments for Pairs<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Arguments::get(self.0, name)
    }
    fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
        Arguments::visit(self.0, visitor);
    }
}

fn parsed() -> Manifest {
    let (paths, urls) = (PathSpec::new().root("/home/dana").cwd("/home/dana"), UrlSpec::new());
    let line = ShellSpec::bash().command("git", CommandSpec::new().subcommands(["status"]));
    Manifest::new([
        ToolSpec::new("mail")
            .argument("to", ArgumentSpec::mailboxes(MailboxSpec::new()))
            .argument("amount", ArgumentSpec::decimal(DecimalSpec::new(2)))
            .argument("order", ArgumentSpec::id("order"))
            .effect(
                EffectSpec::create("orders/{args.order}")
                    .audience(AudienceSpec::recipients(["to"]))
                    .amounts(["amount"])
                    .when(Condition::at_most("amount", 99.5)),
            ),
        ToolSpec::new("fetch").argument("url", ArgumentSpec::url(urls)).effect(
            EffectSpec::read("web/{args.url.host}/{args.url.path/**}")
                .audience(AudienceSpec::host("url"))
                .when(Condition::one_of("url.class", ["name", "public"])),
        ),
        ToolSpec::new("book").argument("at", ArgumentSpec::time(TimeSpec::instant())).effect(
            EffectSpec::create("plan/{args.at}/{args.at.weekday}")
                .when(Condition::at_least("at.hour", 8)),
        ),
        ToolSpec::new("run")
            .argument("line", ArgumentSpec::shell(line))
            .effect(EffectSpec::execute("host/{it.name}/{it.subcommand}").for_each("line.commands"))
            .effect(EffectSpec::update("files/{it.path/**}").for_each("line.writes"))
            .effect(EffectSpec::read("files/{it.path/**}").for_each("line.reads")),
        ToolSpec::new("remove")
            .argument("paths", ArgumentSpec::list(ArgumentSpec::path(paths)))
            .effect(EffectSpec::delete("files/{it/**}").for_each("paths")),
    ])
    .unwrap()
}

/// What kinds find lies on the stack for ordinary texts, and in a bounded number of pieces of memory for long lists.
#[test]
fn mapping_what_kinds_parse_allocates_nothing() {
    let (manifest, scope) = (parsed(), any_scope("dana@example.com", "triage"));
    let files = ["a/b.txt", "/home/dana/notes/"].map(Value::from);
    let names: Vec<String> = (0..256).map(|number| format!("folder/{number}.txt")).collect();
    let many: [Value<'_>; 256] = std::array::from_fn(|n| Value::from(names[n].as_str()));
    let calls: [(&str, Vec<Pair<'_>>, usize, u64); 7] = [
        (
            "mail",
            vec![
                ("to", Value::from("Lee <lee@Example.com>, dana@example.com")),
                ("amount", Value::from("12.50")),
                ("order", Value::from(7)),
            ],
            1,
            0,
        ),
        ("fetch", vec![("url", Value::from("https://Docs.example.com/a/b?c=d"))], 1, 0),
        ("book", vec![("at", Value::from("2026-11-28 10:30:00.5+01:00"))], 1, 0),
        ("run", vec![("line", Value::from("git status > log"))], 2, 0),
        ("remove", vec![("paths", Value::List(&files))], 2, 0),
        ("remove", vec![("paths", Value::List(&[]))], 0, 0),
        // Each of five pieces grows by doubling.
        ("remove", vec![("paths", Value::List(&many))], 256, 40),
    ];
    for (tool, pairs, actions, most) in &calls {
        let arguments = Pairs(pairs);
        let (found, count) = counted(|| {
            let call = manifest.map(tool, &arguments, &scope);
            let bytes: usize = call.actions().map(|action| action.resource().len()).sum();
            let taken = if call.fault().is_some() { 0 } else { call.actions().len() };
            (taken, std::hint::black_box(bytes))
        });
        assert_eq!(found.0, *actions, "{tool}");
        assert!(count <= *most, "{tool}: {count} allocations");
    }
}
