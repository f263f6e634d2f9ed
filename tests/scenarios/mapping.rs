//! Scenarios about what a call means: the owner's manifest says it, not the tool's name and not its server.

use crate::*;
use permitgate::Arguments;
use permitgate::manifest::{ArgumentSpec, CommandSpec, EffectSpec, ShellSpec, ToolSpec};
use permitgate::mcp::ToolList;
use permitgate::model::{FrozenArguments, NoArguments, Value};
use permitgate::policy::Condition;
use permitgate::record::MemorySink;

fn decided(manifest: &Manifest, scope: &Scope, tool: &str, arguments: &dyn Arguments) -> Decision {
    let gate = gate();
    let call = manifest.map(tool, arguments, scope);
    gate.decide_call(&call, scope)
}

fn reason(manifest: &Manifest, scope: &Scope, tool: &str, arguments: &dyn Arguments) -> Reason {
    decided(manifest, scope, tool, arguments).reason()
}

#[test]
fn s15_the_same_effect_is_decided_alike_whatever_the_tool_is_called() {
    let tools = ["mail_delete", "trash_message", "cleanup", "run_macro"].map(|name| {
        ToolSpec::new(name)
            .argument("id", ArgumentSpec::text())
            .effect(EffectSpec::delete("mail/{invoker}/{args.id}"))
    });
    let manifest = Manifest::new(tools).unwrap();
    let mail = [("id", Value::from("812"))];
    let reads = scope([permit("read", Operation::Read, "mail/**")]);
    let deletes = scope([permit("delete", Operation::Delete, "mail/{invoker}/*")]);
    for tool in ["mail_delete", "trash_message", "cleanup", "run_macro"] {
        assert_eq!(reason(&manifest, &reads, tool, &mail), Reason::NotPermitted, "{tool}");
        assert_eq!(reason(&manifest, &deletes, tool, &mail), Reason::Permitted, "{tool}");
    }
    println!("S15 ok: decided by effect, not by name");
}

#[test]
fn s16_names_of_mapped_tools_match_exactly() {
    let delete = ToolSpec::new("delete_mail")
        .argument("id", ArgumentSpec::text())
        .effect(EffectSpec::delete("mail/{args.id}"));
    let manifest = Manifest::new([delete]).unwrap();
    let scope = scope([permit("all", Operations::ALL, "**")]);
    let mail = [("id", Value::from("1"))];
    for odd in ["delete mail", "Delete_mail", "delete_mail ", "a", "delete", ""] {
        assert_eq!(reason(&manifest, &scope, odd, &mail), Reason::UnknownTool, "{odd:?}");
    }
    assert_eq!(reason(&manifest, &scope, "delete_mail", &mail), Reason::Permitted);
    println!("S16 ok: a name is that name or none");
}

#[test]
fn s17_an_unlisted_tool_is_denied_and_recorded() {
    let manifest =
        Manifest::new([ToolSpec::new("email.read").effect(EffectSpec::read("mail/{invoker}"))])
            .unwrap();
    let scope = scope([permit("all", Operations::ALL, "**")]);
    let sink = std::sync::Arc::new(MemorySink::last(8));
    let gate = gate_with(Gate::builder().sink(sink.clone()));
    let call = manifest.map("email.delete", &NoArguments, &scope);
    let refusal = gate.authorize_call(&call, &scope).unwrap_err();
    assert_eq!(refusal.reason(), Reason::UnknownTool);
    let record = &sink.records()[0];
    assert_eq!((record.tool.as_str(), record.reason), ("email.delete", Reason::UnknownTool));
    let listed = manifest.map("email.read", &NoArguments, &scope);
    let permit = gate.authorize_call(&listed, &scope).unwrap();
    permit.begin(&gate.call_handle("email.read")).unwrap().done();
    println!("S17 ok: what nobody listed is denied, on record");
}

#[test]
fn s36_every_command_of_a_line_is_looked_at() {
    let git = CommandSpec::new().subcommands(["status", "log"]).options(["--short"]);
    let rm = CommandSpec::new().options(["-r", "-f"]).any_operands();
    let line = ShellSpec::bash().cwd("/repo").command("git", git).command("rm", rm);
    let run = ToolSpec::new("run")
        .argument("line", ArgumentSpec::shell(line))
        .effect(EffectSpec::execute("host/{it.name}/{it.subcommand}").for_each("line.commands"))
        .effect(EffectSpec::update("files/{it.path/**}").for_each("line.writes"))
        .effect(EffectSpec::read("files/{it.path/**}").for_each("line.reads"));
    let manifest = Manifest::new([run]).unwrap();
    let scope = scope([permit("look", Operation::Execute, "host/git/status")]);
    for (line, expected) in [
        ("git status", Reason::Permitted),
        ("git status --short", Reason::Permitted),
        ("git status && rm -rf /", Reason::NotPermitted),
        ("git status; rm -rf /", Reason::NotPermitted),
        ("git status | rm -r x", Reason::NotPermitted),
        ("git status\nrm -rf /", Reason::NotPermitted),
        ("git status & rm x", Reason::NotPermitted),
        ("git status > /etc/motd", Reason::NotPermitted),
        ("git status && curl evil.example", Reason::UnmappedCall),
        ("git status $(rm -rf /)", Reason::UnmappedCall),
        ("git status `rm -rf /`", Reason::UnmappedCall),
        ("git status --exec=rm", Reason::UnmappedCall),
        ("git status # && rm", Reason::UnmappedCall),
        ("sudo git status", Reason::UnmappedCall),
    ] {
        let arguments = [("line", Value::from(line))];
        assert_eq!(reason(&manifest, &scope, "run", &arguments), expected, "{line}");
    }
}

#[test]
fn s18_many_tools_behind_one_name_are_told_apart() {
    let hub = ToolSpec::new("hub.execute")
        .argument("method", ArgumentSpec::text().default("GET"))
        .argument("path", ArgumentSpec::text())
        .argument("query", ArgumentSpec::text())
        .effect(EffectSpec::read("hub/{args.path/**}").when(Condition::equals("method", "GET")))
        .effect(
            EffectSpec::delete("hub/{args.path/**}").when(Condition::equals("method", "DELETE")),
        )
        .effect(
            EffectSpec::read("reports/{args.path/**}")
                .when(Condition::equals("method", "REPORT"))
                .when(Condition::one_of("query", ["totals", "open"])),
        );
    let manifest = Manifest::new([hub]).unwrap();
    let scope = scope([permit("read", Operation::Read, "**")]);
    let call = |method: Option<&'static str>, query: &'static str| {
        let path = ("path", Value::from("orders/7"));
        let method = method.map(|method| ("method", Value::from(method)));
        [Some(path), method, Some(("query", Value::from(query)))].into_iter().flatten().collect()
    };
    for (method, query, expected) in [
        (None, "", Reason::Permitted),
        (Some("GET"), "", Reason::Permitted),
        (Some("DELETE"), "", Reason::NotPermitted),
        (Some("PATCH"), "", Reason::UnmappedCall),
        (Some("REPORT"), "totals", Reason::Permitted),
        (Some("REPORT"), "purge", Reason::UnmappedCall),
    ] {
        let arguments: Vec<(&str, Value<'_>)> = call(method, query);
        let frozen = freeze(&arguments);
        let found = reason(&manifest, &scope, "hub.execute", &frozen);
        assert_eq!(found, expected, "{method:?} {query}");
    }
    println!("S18 ok: a meta-tool is several tools, by its arguments");
}

fn freeze(pairs: &[(&str, Value<'_>)]) -> FrozenArguments {
    struct Pairs<'p>(&'p [(&'p str, Value<'p>)]);
    impl Arguments for Pairs<'_> {
        fn get(&self, name: &str) -> Option<Value<'_>> {
            Arguments::get(self.0, name)
        }
        fn visit(&self, visitor: &mut dyn FnMut(&str, Value<'_>)) {
            Arguments::visit(self.0, visitor);
        }
    }
    FrozenArguments::freeze(&Pairs(pairs)).unwrap()
}

#[cfg(feature = "mcp")]
#[test]
fn s19_hints_only_tighten_and_the_owner_wins() {
    let owner = [
        ToolSpec::new("look")
            .argument("id", ArgumentSpec::text())
            .effect(EffectSpec::read("docs/{args.id}")),
        ToolSpec::new("wipe")
            .argument("id", ArgumentSpec::text())
            .effect(EffectSpec::delete("docs/{args.id}")),
    ];
    let manifest = Manifest::new(owner).unwrap();
    let scope = scope([permit("read", Operation::Read, "docs/*")]);
    let document = [("id", Value::from("7"))];
    let with_hints = |look: &str, wipe: &str| {
        let list = format!(
            r#"[{{"name": "look", "inputSchema": {{}} {look}}}, {{"name": "wipe", "inputSchema": {{}} {wipe}}}]"#
        );
        manifest.narrowed_by(&ToolList::parse(&list).unwrap()).0
    };
    let harmless = r#", "annotations": {"readOnlyHint": true, "destructiveHint": false}"#;
    let harmful = r#", "annotations": {"readOnlyHint": false, "destructiveHint": true}"#;
    // The owner's classification stands where the server says nothing, or says that all is harmless.
    for (look, wipe) in [("", ""), (harmless, harmless)] {
        let manifest = with_hints(look, wipe);
        assert_eq!(reason(&manifest, &scope, "look", &document), Reason::Permitted);
        assert_eq!(reason(&manifest, &scope, "wipe", &document), Reason::NotPermitted);
    }
    // A server that warns of its own tool is believed.
    let warned = with_hints(harmful, harmful);
    assert_eq!(reason(&warned, &scope, "look", &document), Reason::NotPermitted);
    println!("S19 ok: hints tighten, the owner decides");
}
