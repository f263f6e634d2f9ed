//! March 2026: an agent posted in public what one engineer had asked for.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;

use permitgate::authority::{Approver, Requirement};
use permitgate::gate::{Answer, ApproverCredential, ToolHandle};
use permitgate::model::{Readers, Value};
use permitgate::policy::PolicyError;
use permitgate::prelude::*;
use permitgate::{Directory, Reason};

use crate::{DANA, Error, Story, lock};

const KIM: &str = "kim@example.com";
const LEE: &str = "lee@example.com";
const STRANGER: &str = "sam@elsewhere.example";

/// A forum in memory. Every tool takes a permit by value and acts on what `begin` gives it.
struct Forum {
    read: ToolHandle,
    reply: ToolHandle,
    threads: BTreeMap<&'static str, &'static str>,
    posts: Mutex<Vec<Post>>,
}

struct Post {
    body: String,
    readers: Audience<'static>,
    invoker: String,
}

impl Forum {
    fn new(gate: &Gate) -> Self {
        Self {
            read: gate.tool("forum.read", Operation::Read),
            reply: gate.tool("forum.reply", Operation::Create),
            threads: [("forum/threads/8812", "How do I open the export to my team?")].into(),
            posts: Mutex::default(),
        }
    }

    fn read(&self, permit: Permit<'_>) -> Result<&'static str, Error> {
        let running = permit.begin(&self.read)?;
        let text = self.threads.get(running.action().resource()).ok_or("no such thread")?;
        running.done();
        Ok(text)
    }

    fn reply(&self, permit: Permit<'_>) -> Result<(), Error> {
        let invoker = permit.scope().invoker().to_owned();
        let running = permit.begin(&self.reply)?;
        // Who will see it comes from the permit. What this forum cannot do, it does not do.
        let readers = match running.action().audience() {
            Audience::Private => Audience::Private,
            Audience::Internal => Audience::Internal,
            Audience::Public => Audience::Public,
            _ => return Err("this forum knows no groups".into()),
        };
        let Some(Value::Text(body)) = running.action().arguments().get("body") else {
            return Err("a reply needs a body".into());
        };
        lock(&self.posts).push(Post { body: body.to_owned(), readers, invoker });
        running.done();
        Ok(())
    }

    /// The replies that one person sees.
    fn seen_by(&self, person: &str) -> Vec<String> {
        let sees = |post: &&Post| match post.readers {
            Audience::Public => true,
            Audience::Internal => person.ends_with("@example.com"),
            _ => person == post.invoker,
        };
        lock(&self.posts).iter().filter(sees).map(|post| post.body.clone()).collect()
    }
}

/// What Dana's assistant may do: read, answer Dana, answer colleagues once a person approved it,
/// and keep notes on the data. Sharing and administering are not mentioned, so they are denied.
fn forum_policy() -> Result<Policy, PolicyError> {
    Policy::new([
        Statement::permit("read").operations(Operation::Read).resources([
            "forum/**",
            "data/**",
            "config/**",
        ]),
        Statement::permit("answer-dana")
            .operations(Operation::Create)
            .resources(["forum/threads/*/replies"]),
        Statement::require_approval("answer-colleagues")
            .operations(Operation::Create)
            .resources(["forum/threads/*/replies"])
            .readers(Readers::internal())
            .beyond(Readers::invoker()),
        Statement::permit("keep-notes").operations(Operation::Update).resources(["data/*/notes"]),
    ])
}

pub(crate) fn incident() -> Result<String, Error> {
    let mut story =
        Story::new("FORUM, March 2026: advice meant for one engineer is posted in public");
    let directory = Directory::builder()
        .organisation_domain("example.com")
        .principal(DANA)
        .principal(KIM)
        .principal(LEE);
    let colleagues = Requirement::by([Approver::principal(KIM), Approver::principal(LEE)]);
    let gate = Gate::builder().directory(directory.build()?).approvers(colleagues).build()?;
    let capability = Capability::root(forum_policy()?, ambient_authority());
    let scope = Scope::builder(&capability).invoker(DANA).agent("assistant").build()?;
    let forum = Forum::new(&gate);

    story.step("1. Dana asks her assistant to analyse Kim's question.");
    let question = forum.read(gate.authorize(&forum.read.on("forum/threads/8812"), &scope)?)?;
    story.says(format_args!("allowed: the assistant reads \"{question}\""));

    wide_answers(&mut story, &gate, &scope, &forum)?;
    opening_data(&mut story, &gate, &scope)?;
    Ok(story.0)
}

fn wide_answers(story: &mut Story, gate: &Gate, scope: &Scope, forum: &Forum) -> Result<(), Error> {
    let advice = [("body", Value::from("Set sharing=all on the export."))];
    let reply = forum.reply.on("forum/threads/8812/replies").with(&advice);

    story.step("2. The assistant posts its answer where anybody can read it.");
    let public = reply.visible_to(Audience::Public);
    let refusal = story.refused(gate.authorize(&public, scope))?;
    assert_eq!(refusal.reason(), Reason::AudienceTooWide);
    let nearest = gate.alternative(&public, scope).ok_or("a private answer is allowed")?;
    story.says(format_args!("but {nearest}"));
    assert!(forum.seen_by(STRANGER).is_empty());

    story.step("3. It adds \"written by an AI\" and tries again. A label is no control.");
    let labelled = [("body", Value::from("Set sharing=all on the export. (Written by an AI.)"))];
    let again = story.refused(gate.authorize(&public.with(&labelled), scope))?;
    assert_eq!(again, refusal);

    story.step("4. It does what it was offered: the same answer, for Dana alone.");
    forum.reply(gate.authorize(&reply.visible_to(nearest.audience()), scope)?)?;
    for (name, person) in [("Dana", DANA), ("Kim", KIM), ("a stranger", STRANGER)] {
        story.says(format_args!("allowed: {name} sees {:?}", forum.seen_by(person)));
    }

    story.step("5. It wants all colleagues to see it: a person must look at that first.");
    let inside = reply.visible_to(Audience::Internal);
    let refusal = story.refused(gate.authorize(&inside, scope))?;
    assert!(matches!(refusal, Refusal::Held(_)));
    let Refusal::Held(hold) = refusal else { return Err("held".into()) };
    let request = gate.request_approval(&hold, &inside, scope)?;
    story.says(format_args!("the approver reads: {}", request.sentence()));
    let dana = ApproverCredential::new(DANA, ambient_authority())?;
    let refused = gate.approvals().vote(request.id(), Answer::Approve, &dana).err();
    story.says(format_args!(
        "Dana cannot approve what is asked for her: {}",
        refused.ok_or("refused")?
    ));
    let lee = ApproverCredential::new(LEE, ambient_authority())?;
    let state = gate.approvals().vote(request.id(), Answer::Decline, &lee)?;
    story.says(format_args!("Lee knows the export, and the advice is wrong: {}", state.as_str()));
    story.refused(gate.authorize(&inside, scope))?;
    assert!(forum.seen_by(KIM).is_empty());
    better_advice(story, gate, scope, forum)
}

fn better_advice(
    story: &mut Story,
    gate: &Gate,
    scope: &Scope,
    forum: &Forum,
) -> Result<(), Error> {
    story.step("6. It corrects itself. Lee reads exactly what Kim will, and approves that.");
    let advice = [("body", Value::from("Ask for an export of your own; do not open this one."))];
    let reply = forum.reply.on("forum/threads/8812/replies").with(&advice);
    let inside = reply.visible_to(Audience::Internal);
    let Err(Refusal::Held(hold)) = gate.authorize(&inside, scope) else {
        return Err("held".into());
    };
    let request = gate.request_approval(&hold, &inside, scope)?;
    let lee = ApproverCredential::new(LEE, ambient_authority())?;
    gate.approvals().vote(request.id(), Answer::Approve, &lee)?;
    let other = [("body", Value::from("Or set sharing=all on the export."))];
    story.refused(gate.authorize(&inside.with(&other), scope))?;
    forum.reply(gate.authorize(&inside, scope)?)?;
    story.says(format_args!("allowed: Kim sees {:?}", forum.seen_by(KIM)));
    assert!(matches!(gate.authorize(&inside, scope), Err(Refusal::Held(_))), "approved once");
    assert!(forum.seen_by(STRANGER).is_empty());
    Ok(())
}

fn opening_data(story: &mut Story, gate: &Gate, scope: &Scope) -> Result<(), Error> {
    story.step("7. It follows its own advice. Writing notes is allowed; giving access is not.");
    let note = Action::update("data.annotate", "data/export/notes");
    let path =
        gate.run(&note, scope, |started| Ok::<_, Infallible>(started.action().resource()))?;
    story.says(format_args!("allowed: a note in {path}"));
    let share = Action::share("data.share", "data/export/notes").visible_to(Audience::Internal);
    let refusal = story.refused(gate.authorize(&share, scope))?;
    assert_eq!(refusal.reason(), Reason::NotPermitted);
    assert!(gate.alternative(&share, scope).is_none(), "no audience makes sharing allowed");

    story.step("8. Reading the configuration is allowed; changing who has clearance is not.");
    let read = Action::read("config.read", "config/clearance");
    let path =
        gate.run(&read, scope, |started| Ok::<_, Infallible>(started.action().resource()))?;
    story.says(format_args!("allowed: a look at {path}"));
    let set = Action::administer("config.set", "config/clearance");
    let refusal = story.refused(gate.authorize(&set, scope))?;
    assert_eq!(refusal.reason(), Reason::NotPermitted);
    Ok(())
}
