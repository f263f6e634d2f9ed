//! `authorize` with a journal behind it allocates nothing, whatever the answer, at every durability that writes for itself.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected should stop")]

#[path = "../../../tests/testkit/allocations.rs"]
mod allocations;
mod support;

use allocations::counted;
use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
use permitgate::model::Value;
use permitgate::prelude::*;
use permitgate_journal::{Durability, JournalOptions};
use support::Desk;

#[test]
fn recording_allocates_nothing() {
    let tool = ToolSpec::new("docs.read")
        .argument("name", ArgumentSpec::text())
        .argument("password", ArgumentSpec::text().secret())
        .effect(EffectSpec::read("docs/{args.name}"));
    let manifest = Manifest::new([tool]).unwrap();
    for durability in [Durability::Written, Durability::Durable] {
        let path = std::env::temp_dir()
            .join(format!("permitgate-alloc-{durability:?}-{}", std::process::id()));
        let options = JournalOptions::new().durability(durability).holding(&manifest);
        let desk = Desk::new(options.open_folder(&path).unwrap());
        // Room is made ready once for hundreds of records; that is not counted.
        assert!(desk.read("first"));
        let arguments = [("name", Value::from("intro")), ("password", Value::from("hunter2"))];
        for action in
            [Action::read("docs.read", "docs/intro"), Action::delete("docs.delete", "docs/intro")]
        {
            let action = action.with(&arguments);
            let (is_allowed, count) = counted(|| desk.gate.authorize(&action, &desk.scope).is_ok());
            assert_eq!(
                (is_allowed, count),
                (!action.operation().is_write(), 0),
                "{durability:?} {action:?}"
            );
        }
        desk.journal.close().unwrap();
        std::fs::remove_dir_all(&path).unwrap();
    }
}
