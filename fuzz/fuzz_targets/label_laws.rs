//! Labels are a lattice: joining is commutative, associative and idempotent, and never lets more pass.

#![no_main]

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use permitgate::directory::JoinPolicy;
use permitgate::flow::Integrity;
use permitgate::model::{Operations, Reader, Readers};
use permitgate::prelude::*;
use permitgate::record::MemorySink;
use permitgate::time::ManualClock;
use permitgate::{Directory, Session};

const NAMES: [&str; 4] =
    ["dana@example.com", "lee@example.com", "sam@partner.example", "who@elsewhere.example"];

/// What a session has read: sets of readers, and whether strangers spoke.
#[derive(Debug)]
struct Heard(Vec<(Vec<Reader>, bool)>);

impl<'a> Arbitrary<'a> for Heard {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let parts = (0..bytes.int_in_range(0..=4)?).map(|_| {
            let readers = (0..bytes.int_in_range(1..=3)?).map(|_| reader(bytes));
            Ok((readers.collect::<Result<_>>()?, bytes.arbitrary()?))
        });
        Ok(Self(parts.collect::<Result<_>>()?))
    }
}

fn reader(bytes: &mut Unstructured<'_>) -> Result<Reader> {
    Ok(match bytes.int_in_range(0..=6)? {
        0 => Reader::Invoker,
        1 => Reader::Internal,
        2 => Reader::Public,
        3 => Reader::principal(*bytes.choose(&NAMES)?),
        4 => Reader::group(*bytes.choose(&["platform", "mixed", "nobody"])?),
        5 => Reader::channel(*bytes.choose(&["den", "general", "lobby"])?),
        _ => Reader::domain(*bytes.choose(&["example.com", "partner.example"])?),
    })
}

impl Heard {
    fn session(&self) -> Session {
        let session = Session::new();
        for (readers, untrusted) in &self.0 {
            let integrity = if *untrusted { Integrity::Untrusted } else { Integrity::Trusted };
            let part: Readers = readers.iter().cloned().collect();
            session.take_over(&Session::labelled(part, integrity));
        }
        session
    }
}

static GATE: LazyLock<Gate> = LazyLock::new(|| {
    let directory = Directory::builder()
        .organisation_domain("example.com")
        .principal(NAMES[0])
        .principal(NAMES[1])
        .principal(NAMES[2])
        .group("platform", [NAMES[0], NAMES[1]])
        .group("mixed", [NAMES[0], NAMES[2]])
        .channel("den", JoinPolicy::ByInvitation, ["platform"])
        .channel("general", JoinPolicy::Internal, [NAMES[1]])
        .channel("lobby", JoinPolicy::Anyone, [NAMES[2]]);
    let gate = Gate::builder().directory(directory.build().expect("a directory"));
    gate.clock(ManualClock::default()).sink(MemorySink::last(1)).build().expect("a gate")
});

static ALL: LazyLock<Capability> = LazyLock::new(|| {
    let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    let policy = Policy::new([all.readers(Readers::public())]).expect("a policy");
    Capability::root(policy, ambient_authority())
});

/// Which audiences a session may write to, and its integrity.
fn reach(session: &Session) -> (Vec<bool>, bool) {
    let scope = Scope::builder(&ALL).invoker(NAMES[0]).agent("a").session(session);
    let scope = scope.build().expect("a scope");
    let recipients = NAMES.map(|name| [name]);
    let named = recipients.iter().map(|names| Audience::recipients(names));
    let others = [
        Audience::Private,
        Audience::Internal,
        Audience::Public,
        Audience::Group("platform"),
        Audience::Group("mixed"),
        Audience::Channel("den"),
        Audience::Channel("general"),
        Audience::Channel("lobby"),
    ];
    let passes = |audience| {
        let action = Action::create("write", "out/x").visible_to(audience);
        GATE.decide(&action, &scope).is_allow()
    };
    (named.chain(others).map(passes).collect(), session.is_untrusted())
}

fn join(one: &Session, other: &Session) -> Session {
    let joined = Session::new();
    joined.take_over(one);
    joined.take_over(other);
    joined
}

fuzz_target!(|heard: [Heard; 3]| {
    let [a, b, c] = heard.each_ref().map(Heard::session);
    let ab = reach(&join(&a, &b));
    assert_eq!(ab, reach(&join(&b, &a)), "commutative");
    assert_eq!(reach(&join(&join(&a, &b), &c)), reach(&join(&a, &join(&b, &c))), "associative");
    assert_eq!(reach(&join(&a, &a)), reach(&a), "idempotent");
    assert_eq!(reach(&join(&a, &Session::new())), reach(&a), "nothing read adds nothing");
    let ((one, untrusted), (other, also)) = (reach(&a), reach(&b));
    let both: Vec<bool> = one.iter().zip(&other).map(|(one, other)| *one && *other).collect();
    assert_eq!(ab, (both, untrusted || also), "a join reaches whom both reach");
    // A sub-task starts with all of it and hands all of it back.
    let below = a.subtask().expect("not deep");
    assert_eq!(reach(&below), reach(&a));
    below.take_over(&b);
    below.hand_back();
    assert_eq!(reach(&a), ab, "handed back");
});
