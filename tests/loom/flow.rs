//! A read that has begun limits every write that begins after it, in every interleaving.

use std::sync::Arc;

use loom::sync::atomic::Ordering;
use loom::thread;
use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::{OwnedRunning, Running};
use permitgate::model::Readers;
use permitgate::prelude::*;
use permitgate::{Reason, Session};

use crate::world::{World, explore, explore_up_to, flag};

/// The world's tool deletes what only lee may see; what is read is for dana alone.
fn labelled() -> World {
    World::with(|gate| {
        let labels = Labels::new([LabelRule::on(["secret/**"]).readers(Readers::invoker())]);
        gate.labels(labels.unwrap())
    })
}

fn read(world: &World) -> Result<(), Reason> {
    let tool = world.gate.tool("secret.read", Operation::Read);
    let action = tool.on("secret/1");
    let running = world.gate.authorize(&action, &world.scope).and_then(|p| p.begin(&tool));
    running.map(Running::failed).map_err(|refusal| refusal.reason())
}

fn public_write(world: &World) -> Result<(), Reason> {
    let action = world.action().visible_to(Audience::Public);
    let running = world.gate.authorize(&action, &world.scope).and_then(|p| p.begin(&world.tool));
    running.map(Running::done).map_err(|refusal| refusal.reason())
}

#[test]
fn no_write_begins_beyond_a_read_that_began_before() {
    explore_up_to(Some(3), || {
        let (world, began) = (labelled(), flag());
        let reader = thread::spawn({
            let (world, began) = (world.clone(), began.clone());
            move || {
                read(&world).unwrap();
                began.store(true, Ordering::Release);
            }
        });
        let after = began.load(Ordering::Acquire);
        match public_write(&world) {
            Ok(()) => assert!(!after, "written to the public after a private read began"),
            Err(reason) => assert_eq!(reason, Reason::BeyondReaders),
        }
        reader.join().unwrap();
        assert_eq!(public_write(&world), Err(Reason::BeyondReaders));
        assert_eq!(read(&world), Ok(()), "for the invoker alone it goes on");
        world.ledger.assert_settled();
    });
}

#[test]
fn a_permit_from_before_a_read_does_not_begin_after_it() {
    explore_up_to(Some(3), || {
        let (world, began) = (labelled(), flag());
        let action = world.action().visible_to(Audience::Public);
        let permit = world.gate.authorize(&action, &world.scope).unwrap().detach().unwrap();
        let writer = thread::spawn({
            let (world, began) = (world.clone(), began.clone());
            move || {
                let after = began.load(Ordering::Acquire);
                let running = permit.begin(&world.tool);
                assert!(!(after && running.is_ok()), "began after the read");
                running.map(OwnedRunning::done).map_err(|refusal| refusal.reason())
            }
        });
        read(&world).unwrap();
        began.store(true, Ordering::Release);
        assert!(matches!(writer.join().unwrap(), Ok(()) | Err(Reason::BeyondReaders)));
        world.ledger.assert_settled();
    });
}

#[test]
fn what_two_sub_tasks_hand_back_at_once_is_all_there() {
    explore(|| {
        let session = Arc::new(Session::new());
        let below = ["legal", "sales"].map(|group| {
            let below = Session::labelled(Readers::group(group), Integrity::Trusted);
            (session.clone(), below)
        });
        let threads = below.map(|(session, read)| {
            thread::spawn(move || {
                session.take_over(&read);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let label = session.label().to_string();
        assert!(label.contains("group:legal") && label.contains("group:sales"), "{label}");
        assert!(session.is_confined());
    });
}
