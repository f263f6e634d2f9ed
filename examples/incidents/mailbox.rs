//! February 2026: an agent that was told to suggest deletions deleted, and could not be stopped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use permitgate::Reason;
use permitgate::authority::{Budget, Grant};
use permitgate::gate::{Halt, ToolHandle};
use permitgate::model::ResourceBuf;
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::{ManualClock, Timestamp};

use crate::{DANA, Error, Story, lock};

const MAILS: usize = 220;
/// Mails that the second agent deletes before its owner presses stop.
const BEFORE_STOP: usize = 7;

/// A mailbox in memory, with tools that take permits.
struct Mailbox {
    list: ToolHandle,
    suggest: ToolHandle,
    delete: ToolHandle,
    mails: Mutex<BTreeMap<String, String>>,
    suggestions: Mutex<Vec<String>>,
}

impl Mailbox {
    fn new(gate: &Gate) -> Result<Self, Error> {
        let inbox = ResourceBuf::new("mail")?.push(DANA)?.push("inbox")?;
        let mail = |number| {
            let path = inbox.clone().push(&format!("{number:03}"))?;
            Ok((path.to_string(), format!("subject {number}")))
        };
        Ok(Self {
            list: gate.tool("mail.list", Operation::Read),
            suggest: gate.tool("mail.suggest", Operation::Create),
            delete: gate.tool("mail.delete", Operation::Delete),
            mails: Mutex::new((0..MAILS).map(mail).collect::<Result<_, Error>>()?),
            suggestions: Mutex::default(),
        })
    }

    fn list(&self, permit: Permit<'_>) -> Result<Vec<String>, Error> {
        let running = permit.begin(&self.list)?;
        let below = format!("{}/", running.action().resource());
        let mails = lock(&self.mails);
        let found = mails.keys().filter(|path| path.starts_with(&below)).cloned().collect();
        running.done();
        Ok(found)
    }

    fn suggest(&self, permit: Permit<'_>) -> Result<(), Error> {
        let running = permit.begin(&self.suggest)?;
        lock(&self.suggestions).push(running.action().resource().to_owned());
        running.done();
        Ok(())
    }

    fn delete(&self, permit: Permit<'_>) -> Result<(), Refusal> {
        let running = permit.begin(&self.delete)?;
        lock(&self.mails).remove(running.action().resource());
        running.done();
        Ok(())
    }

    fn left(&self) -> usize {
        lock(&self.mails).len()
    }
}

pub(crate) fn incident() -> Result<String, Error> {
    let mut story =
        Story::new("MAILBOX, February 2026: told to suggest deletions, the agent deletes");
    let sink = Arc::new(MemorySink::full_at(4 * MAILS));
    let gate = Gate::builder().sink(sink.clone()).build()?;
    let mailbox = Mailbox::new(&gate)?;
    suggesting(&mut story, &gate, &mailbox)?;
    sink.drain();
    stopping(&mut story, &gate, &mailbox, &sink)?;
    limiting(&mut story)?;
    Ok(story.0)
}

/// A capability that may look and suggest.
fn suggesting(story: &mut Story, gate: &Gate, mailbox: &Mailbox) -> Result<(), Error> {
    let policy = Policy::new([
        Statement::permit("look").operations(Operation::Read).resources(["mail/{invoker}/**"]),
        Statement::permit("suggest")
            .operations(Operation::Create)
            .resources(["suggestions/{invoker}/*"]),
    ])?;
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker(DANA).agent("tidy").build()?;

    story.step("1. Dana tells the agent: suggest what to delete, delete nothing.");
    let mut context = vec!["Dana: suggest deletions, but do not delete anything".to_owned()];
    let inbox = format!("mail/{DANA}/inbox");
    let mails = mailbox.list(gate.authorize(&mailbox.list.on(&inbox), &scope)?)?;
    for mail in &mails {
        let name = mail.rsplit('/').next().unwrap_or_default();
        let path = ResourceBuf::new("suggestions")?.push(DANA)?.push(name)?;
        mailbox.suggest(gate.authorize(&mailbox.suggest.on(path.as_str()), &scope)?)?;
        context.push(format!("agent: suggested {mail}"));
    }
    let suggested = lock(&mailbox.suggestions).len();
    story.says(format_args!("allowed: {} mails listed, {suggested} suggested", mails.len()));

    story.step("2. It tries to delete one all the same.");
    let first = mails.first().ok_or("an empty inbox")?;
    let delete = mailbox.delete.on(first);
    let before = story.refused(gate.authorize(&delete, &scope))?;

    story.step("3. Its context overflows and is compacted; the instruction is gone.");
    context.drain(..context.len() - 3);
    assert!(!context.iter().any(|line| line.contains("do not delete")));
    story.says(format_args!("the model still reads {} lines, none of them Dana's", context.len()));

    story.step(
        "4. It tries to delete again. The rule was never in the context, so nothing changes.",
    );
    let after = story.refused(gate.authorize(&delete, &scope))?;
    assert_eq!((after.reason(), &after), (Reason::NotPermitted, &before));
    story.says(format_args!("{} of {MAILS} mails are there", mailbox.left()));
    Ok(())
}

/// A capability that may delete, and a stop from another thread in mid-loop.
fn stopping(
    story: &mut Story,
    gate: &Gate,
    mailbox: &Mailbox,
    sink: &MemorySink,
) -> Result<(), Error> {
    let policy = Policy::new([Statement::permit("tidy-up")
        .operations(Operation::Read | Operation::Delete)
        .resources(["mail/{invoker}/inbox/**"])])?;
    let capability = Capability::root(policy, ambient_authority());
    let scope = Scope::builder(&capability).invoker(DANA).agent("tidy").build()?;
    let other = Scope::builder(&capability).invoker(DANA).agent("reader").build()?;

    story.step("5. Later, Dana grants deletion. The loop runs too far, and she presses stop.");
    let (permit_in_hand, phone) = mpsc::channel();
    let (pressed, released) = mpsc::channel();
    let stopped = &scope;
    let run = thread::scope(move |threads| {
        // The permit for the next mail is already given when stop is pressed.
        let agent = threads.spawn(move || {
            delete_everything(gate, stopped, mailbox, || {
                permit_in_hand.send(())?;
                Ok(released.recv()?)
            })
        });
        phone.recv()?;
        gate.halt_and_wait(Halt::Agent("tidy"), Duration::from_secs(10))?;
        pressed.send(())?;
        agent.join().unwrap_or_else(|_| Err("the agent's thread panicked".into()))
    })?;
    story.says(format_args!("allowed: {} mails deleted one by one, then stop", run.deleted));
    story.says(format_args!("for the permit in its hand: {}", run.at_begin));
    story.says(format_args!("the very next decision: {}", run.next));
    story.says(format_args!("it asks {} times more and hears the same", run.asked));
    story.says(format_args!("{} of {MAILS} mails are there", mailbox.left()));

    story.step("6. Her other agent was not stopped.");
    let inbox = format!("mail/{DANA}/inbox");
    let mails = mailbox.list(gate.authorize(&mailbox.list.on(&inbox), &other)?)?;
    story.says(format_args!("allowed: {} mails listed", mails.len()));

    story.step("7. What the record says about the agent that was stopped:");
    let mut counts = BTreeMap::new();
    for record in sink.records().iter().filter(|record| record.agent == "tidy") {
        let outcome =
            record.outcome.map_or("no effect".to_owned(), |(outcome, _)| outcome.to_string());
        *counts.entry(format!("{}, {}: {outcome}", record.ruling, record.reason)).or_insert(0) += 1;
    }
    for (what, count) in counts {
        story.says(format_args!("{count:>3} x {what}"));
    }
    Ok(())
}

/// A grant that says how much, so that the loop ends although nobody watches it.
fn limiting(story: &mut Story) -> Result<(), Error> {
    const HOUR: Duration = Duration::from_secs(3600);
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_seconds(1_770_000_000)));
    let gate = Gate::builder().clock(Arc::clone(&clock)).build()?;
    let mailbox = Mailbox::new(&gate)?;
    let policy = Policy::new([Statement::permit("tidy-up")
        .operations(Operation::Delete)
        .resources(["mail/{invoker}/inbox/**"])])?;
    let deletions = Budget::actions("deletions", 20).per(HOUR).ask_from(6);
    let capability = Capability::root(Grant::new(policy).budget(deletions), ambient_authority());
    let scope = Scope::builder(&capability).invoker(DANA).agent("tidy").build()?;
    let all = || {
        let mails: Vec<String> = lock(&mailbox.mails).keys().cloned().collect();
        for mail in &mails {
            mailbox.delete(gate.authorize(&mailbox.delete.on(mail), &scope)?)?;
        }
        Ok::<_, Refusal>(())
    };

    story.step("8. The week after she is away. The grant has a budget: five deletions in any hour, then a person is asked.");
    story.refused(all())?;
    story.says(format_args!("{} of {MAILS} mails are there", mailbox.left()));

    story.step(
        "9. Three quarters of an hour later the loop tries again, and after the hour once more.",
    );
    clock.advance(HOUR * 3 / 4);
    story.refused(all())?;
    clock.advance(HOUR / 4);
    story.refused(all())?;
    story.says(format_args!("{} of {MAILS} mails are there", mailbox.left()));
    Ok(())
}

/// What came of the loop.
struct Run {
    deleted: usize,
    at_begin: String,
    next: String,
    asked: usize,
}

/// An agent that listens to nobody: it goes through the whole inbox whatever it is told. `pause` is
/// called once, with a permit in hand.
fn delete_everything(
    gate: &Gate,
    scope: &Scope,
    mailbox: &Mailbox,
    pause: impl Fn() -> Result<(), Error>,
) -> Result<Run, Error> {
    let mut run = Run { deleted: 0, at_begin: String::new(), next: String::new(), asked: 0 };
    let mails: Vec<String> = lock(&mailbox.mails).keys().cloned().collect();
    for (number, mail) in mails.iter().enumerate() {
        match gate.authorize(&mailbox.delete.on(mail), scope) {
            Ok(permit) => {
                if number == BEFORE_STOP {
                    pause()?;
                }
                match mailbox.delete(permit) {
                    Ok(()) => run.deleted += 1,
                    Err(refusal) => run.at_begin = refusal.to_string(),
                }
            }
            Err(refusal) if run.next.is_empty() => run.next = refusal.to_string(),
            Err(refusal) if refusal.to_string() == run.next => run.asked += 1,
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(run)
}
