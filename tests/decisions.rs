//! The cases of `testdata/decisions`, by the core and by the reference.
//!
//! The files are policy files with `[[test]]` tables; here serde reads them, so that the crate that reads policy files takes no
//! part. `crates/files/tests/decisions.rs` runs the same files as bundles, and the command runs them by `test` and `decide`.

use std::collections::BTreeSet;
use std::sync::Arc;

use permitgate::authority::Attenuation;
use permitgate::decision::Ruling;
use permitgate::flow::{LabelRule, Labels, Origin};
use permitgate::manifest::ToolSpec;
use permitgate::model::{Readers, Value};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::{Directory, Session};
use toml::Table;

use file::{Case, File, OneOrMany, argument, fields, rows};
use reference::people::Entry;

#[path = "decisions/file.rs"]
mod file;
#[path = "decisions/plain.rs"]
mod plain;
#[expect(dead_code, reason = "this file needs no generator")]
mod reference;

/// Everything of one file that decides.
struct Setting {
    gate: Gate,
    capability: Capability,
    manifest: Manifest,
    directory: Arc<Directory>,
}

impl Setting {
    /// With a clock that stands still at this second.
    fn new(file: &File, now: u64) -> Self {
        let directory = Arc::new(file.people.directory());
        let mut builder = Gate::builder()
            .directory(directory.clone())
            .clock(ManualClock::new(Timestamp::from_unix_seconds(now)))
            .sink(MemorySink::last(1));
        let guardrails: Vec<Statement> = rows(&file.table, "guardrail");
        if !guardrails.is_empty() {
            builder = builder.guardrails(Restrictions::new(guardrails).unwrap());
        }
        if let Some(labels) = labels(&file.table) {
            builder = builder.labels(labels);
        }
        let root = Policy::new(rows::<Statement>(&file.table, "statement")).unwrap();
        let root = Capability::root(root, ambient_authority());
        let capability = file.layers.iter().fold(root, |held, layer| {
            let statements: Vec<Statement> = rows(layer, "statement");
            let attenuation: Attenuation = if statements.is_empty() {
                Restrictions::new(rows::<Statement>(layer, "guardrail")).unwrap().into()
            } else {
                Policy::new(statements).unwrap().into()
            };
            held.attenuate(attenuation).unwrap()
        });
        let manifest =
            Manifest::in_directory(rows::<ToolSpec>(&file.table, "tool"), &directory).unwrap();
        Self { gate: builder.build().unwrap(), capability, manifest, directory }
    }

    fn session(&self, file: &File, case: &Case) -> Session {
        let session = Session::new();
        for (name, entry) in &file.people.entries {
            let (Entry::Person(_) | Entry::Group(_) | Entry::Channel(..)) = entry;
            assert!(session.endorse(Origin::Directory, name));
        }
        if let Some(said) = &case.user_says {
            assert!(session.endorse_words(Origin::User, said));
            assert!(session.endorse_named(&self.directory, said));
        }
        for fact in &case.facts {
            assert!(session.endorse_value(Origin::Program, argument(fact).value()));
        }
        session
    }

    fn decide(&self, file: &File, case: &Case) -> Decision {
        let session = self.session(file, case);
        let mut scope = Scope::builder(&self.capability)
            .invoker(&case.invoker)
            .agent(&case.agent)
            .session(&session);
        for (name, value) in &case.bind {
            scope = match value {
                OneOrMany::One(value) => scope.bind(name, value),
                OneOrMany::Many(values) => scope.bind_set(name, values.iter().cloned()),
            };
        }
        let scope = scope.build().unwrap();
        for read in &case.reads {
            let arguments = fields(&read.arguments);
            let call = self.manifest.map(&read.tool, &arguments, &scope);
            let permit = self.gate.authorize_call(&call, &scope).unwrap();
            permit.begin(&self.gate.call_handle(read.tool.as_str())).unwrap().done();
            if let Some(result) = &read.result {
                call.endorse_result(Value::Object(&fields(result)), &session);
            }
        }
        if let Some(row) = &case.call {
            let arguments = fields(&row.arguments);
            let call = self.manifest.map(&row.tool, &arguments, &scope);
            let decision = self.gate.decide_call(&call, &scope);
            let ruling = match self.gate.authorize_call(&call, &scope) {
                Ok(_) => Ruling::Allow,
                Err(refusal) => refused(&refusal),
            };
            assert_eq!(ruling, decision.ruling(), "{}: authorize", case.name);
            return decision;
        }
        let row = case.action.as_ref().expect("an action or a call");
        let (audience, arguments) = (&row.audience, row.arguments());
        let action = Action::new(row.operation, &row.tool, &row.resource)
            .visible_to(audience.view())
            .with(&arguments);
        let action = if row.untrusted { action.untrusted() } else { action };
        let action = if row.is_below() { action.below() } else { action };
        let decision = self.gate.decide(&action, &scope);
        let ruling = match self.gate.authorize(&action, &scope) {
            Ok(_) => Ruling::Allow,
            Err(refusal) => refused(&refusal),
        };
        assert_eq!(ruling, decision.ruling(), "{}: authorize", case.name);
        decision
    }
}

fn refused(refusal: &Refusal) -> Ruling {
    match refusal {
        Refusal::Held(_) => Ruling::Hold,
        Refusal::Denied(_) => Ruling::Deny,
    }
}

fn labels(table: &Table) -> Option<Labels> {
    let unlabelled = table.get("labels")?.get("unlabelled")?;
    let labels = Labels::new(rows::<LabelRule>(table, "label")).unwrap();
    let readers: Readers = unlabelled["readers"].clone().try_into().unwrap();
    Some(labels.otherwise(readers, unlabelled["integrity"].clone().try_into().unwrap()).unwrap())
}

#[test]
fn every_case_is_decided_by_the_core_as_it_says() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for file in File::all() {
        let setting = Setting::new(&file, 0);
        for case in &file.cases {
            count += 1;
            // A gate takes no time that is long before what it has seen.
            let own = case.at.as_ref().map(|_| Setting::new(&file, case.now()));
            let decision = own.as_ref().unwrap_or(&setting).decide(&file, case);
            let because = decision.grounds();
            let came = (decision.ruling().to_string(), because.reason().code().to_owned());
            let is_named =
                case.statement.is_none() || because.statement() == case.statement.as_deref();
            if came != (case.expect.clone(), case.reason.clone()) || !is_named {
                wrong.push(format!("{}: {}: {came:?} {because:?}", file.name, case.name));
            }
        }
    }
    println!("{count} cases");
    assert!(count >= 280, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_is_expected_by_the_reference_as_it_says() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for file in File::all() {
        for case in &file.cases {
            let Some(expected) = plain::expected(&file, case) else { continue };
            count += 1;
            let came = (expected.ruling.to_string(), expected.reason.code().to_owned());
            // Where guardrails let it pass, they are the first that allow, and name nothing.
            let named = &expected.statements;
            let is_named =
                named.is_empty() || case.statement.as_ref().is_none_or(|id| named.contains(id));
            if came != (case.expect.clone(), case.reason.clone()) || !is_named {
                wrong.push(format!("{}: {}: {expected:?}", file.name, case.name));
            }
        }
    }
    println!("{count} cases");
    assert!(count >= 220, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_has_a_name_of_its_own_and_says_why() {
    for file in File::all() {
        let names: BTreeSet<&str> = file.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), file.cases.len(), "{}", file.name);
        for case in &file.cases {
            assert!(case.why.len() > 10 && case.why.ends_with('.'), "{}: {}", file.name, case.name);
        }
    }
}
