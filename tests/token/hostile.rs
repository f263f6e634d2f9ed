//! Tokens that are authentic and mean harm: their holders write what they like into a block.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use permitgate::authority::{Attenuation, Revocations};
use permitgate::flow::Origins;
use permitgate::model::{ActionDigest, Operations, Reader, Readers, Value};
use permitgate::policy::Condition;
use permitgate::prelude::*;
use permitgate::time::{ManualClock, Timestamp};
use permitgate::token::{
    Attestation, Demand, Presentation, RevocationList, RevocationReader, SigningKey, Token,
    TokenBlock, TokenReason, TrustedIssuer, Verifier,
};
use permitgate::{Arguments, Directory, Reason};

use crate::*;

fn approved(action: &Action<'_>, ends: Timestamp) -> (Verifier, Vec<u8>, Attestation) {
    let demand = Demand::for_action("approved", key(50).public_key());
    let token = Token::mint(&key(1), mail().demand(demand)).unwrap();
    let digest = ActionDigest::of(action).unwrap();
    let said = Attestation::for_action(&key(50), "approved", token.link(), digest, ends).unwrap();
    (verifier(), bytes(&token), said)
}

fn scope_of(capability: &Capability) -> Scope {
    Scope::builder(capability).invoker("dana@example.com").agent("triage").build().unwrap()
}

#[test]
fn what_was_approved_begins_once_also_when_two_begin_at_once() {
    let delete = delete_mail();
    let (verifier, token, said) = approved(&delete, at(200));
    let gate = Gate::builder().clock(ManualClock::new(at(100))).build().unwrap();
    let tool = gate.tool("mail.delete", Operation::Delete);
    let presentation = Presentation::of(&token).attestation(&said).for_action(&delete);
    let scope = scope_of(&verifier.present(&presentation, at(100)).unwrap());
    // A permit that is dropped gives everything back.
    drop(gate.authorize(&delete, &scope).unwrap());
    let permits: Vec<_> = (0..8).map(|_| gate.authorize(&delete, &scope).unwrap()).collect();
    let begun = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for permit in permits {
            threads.spawn(|| match permit.begin(&tool) {
                Ok(running) => {
                    begun.fetch_add(1, Ordering::SeqCst);
                    running.done();
                }
                Err(refusal) => assert_eq!(refusal.reason(), Reason::AlreadyUsed),
            });
        }
    });
    assert_eq!(begun.into_inner(), 1);
    assert_eq!(gate.decide(&delete, &scope).reason(), Reason::AlreadyUsed);
    assert_eq!(gate.decide(&read_mail(), &scope).reason(), Reason::NotThisAction);
    // Nor is there a way around it by handing the capability on.
    let below = scope.capability().delegate("triage", Attenuation::new()).unwrap();
    assert_eq!(gate.decide(&delete, &scope_of(&below)).reason(), Reason::AlreadyUsed);
}

#[test]
fn an_approval_that_would_have_to_be_remembered_for_ever_is_refused() {
    let delete = delete_mail();
    let day = Duration::from_secs(permitgate::limits::MAX_ATTESTATION_SECS);
    for (ends, good) in [
        (at(100).saturating_add(day), true),
        (at(100).saturating_add(day + Duration::from_millis(1)), false),
        (Timestamp::MAX, false),
    ] {
        let (verifier, token, said) = approved(&delete, ends);
        let presentation = Presentation::of(&token).attestation(&said).for_action(&delete);
        let presented = verifier.present(&presentation, at(100));
        let reason = presented.err().map(|error| error.reason());
        assert_eq!(reason, (!good).then_some(TokenReason::WrongAttestation), "{ends}");
    }
}

struct Panics;

impl Arguments for Panics {
    fn get(&self, _name: &str) -> Option<Value<'_>> {
        None
    }
    fn visit(&self, _visitor: &mut dyn FnMut(&str, Value<'_>)) {
        panic!("a view that fails");
    }
}

#[test]
fn a_view_that_fails_while_it_is_digested_denies() {
    let delete = delete_mail();
    let (verifier, token, said) = approved(&delete, at(200));
    let presentation = Presentation::of(&token).attestation(&said).for_action(&delete);
    let scope = scope_of(&verifier.present(&presentation, at(100)).unwrap());
    let gate = Gate::builder().clock(ManualClock::new(at(100))).build().unwrap();
    assert_eq!(gate.decide(&delete.with(&Panics), &scope).reason(), Reason::ArgumentsPanicked);
}

#[test]
fn a_statement_that_repeats_itself_takes_no_more_room() {
    let many = |text: &str, count: usize| vec![text.to_owned(); count];
    let statement = |tools: Vec<String>, resources: Vec<String>| {
        Statement::forbid("f").operations(Operation::Read).tools(tools).resources(resources)
    };
    let memory = |statement| Restrictions::new([statement]).unwrap().memory_bytes();
    let once = memory(statement(many("t", 1), many("a/*", 1)));
    assert_eq!(memory(statement(many("t", 256), many("a/*", 256))), once);
    let numbered = |prefix: &str| (0..256).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
    assert!(memory(statement(numbered("t"), numbered("a/"))) < 256 * 1024);
}

/// Each tool of a statement is still asked for where it is not looked up by.
#[test]
fn many_tools_and_resources_decide_as_few_do() {
    let numbered = |prefix: &str| (0..256).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
    let all = Statement::permit("all").operations(Operation::Read);
    let all = all.tools(numbered("t")).resources(numbered("r/"));
    let capability = Capability::root(Policy::new([all]).unwrap(), ambient_authority());
    let (gate, scope) = (Gate::builder().build().unwrap(), scope_of(&capability));
    for (tool, resource, allowed) in [
        ("t0", "r/0", true),
        ("t255", "r/7", true),
        ("t256", "r/7", false),
        ("t7", "r/256", false),
        ("t", "r/0", false),
    ] {
        let decision = gate.decide(&Action::read(tool, resource), &scope);
        assert_eq!(decision.is_allow(), allowed, "{tool} {resource}");
    }
}

#[test]
fn statements_that_would_be_too_dear_to_ask_are_refused() {
    let patterns = (1..=100).map(|n| format!("**/*{}*", "x".repeat(n)));
    let dear = Statement::forbid("dear").operations(Operation::Read).resources(patterns);
    let dear = (0..200)
        .fold(dear, |dear, n| dear.when(Condition::matches("text", format!("*a{n}*b*c*d*e*"))));
    let token = Token::mint(&key(1), mail()).unwrap();
    let token = token.attenuate(TokenBlock::restrict([dear])).unwrap();
    let error = verifier().verify(&bytes(&token), at(100)).unwrap_err();
    assert_eq!(error.reason(), TokenReason::InvalidStatement);
    assert!(error.to_string().contains("could take too long"), "{error}");
}

/// A right that is laid out can stand in place of what the root grants, so it counts whether it is used or not.
#[test]
fn rights_to_hand_on_count_as_what_they_may_replace() {
    let issuer = SigningKey::generate().unwrap();
    let dear = |count: usize| {
        (0..count).map(|n| {
            Statement::permit(format!("s{n}"))
                .operations(Operation::Execute)
                .resources(["db"])
                .when(Condition::endorsed("rows.*.to", Origins::ANY))
        })
    };
    let steps = Policy::new(dear(1)).unwrap().worst_case_steps(&Directory::empty());
    let most = (permitgate::limits::MAX_TOKEN_STEPS / steps) as usize;
    let reason = |token: &Token| {
        let trusted = TrustedIssuer::public(issuer.public_key());
        let verifier = Verifier::builder("v").trust(trusted).build().unwrap();
        verifier.verify(&bytes(token), at(100)).err().map(|error| error.reason())
    };
    let mint = |block| Token::mint(&issuer, block).unwrap();
    let right = |count| TokenBlock::grant([]).hand_on("h", dear(count));
    let too_dear = Some(TokenReason::InvalidStatement);
    assert_eq!(reason(&mint(TokenBlock::grant(dear(most + 1)))), too_dear);
    assert_eq!(reason(&mint(right(most + 1))), too_dear);
    assert_eq!(reason(&mint(right(most - 1))), None);
    let using = mint(right(most + 1)).attenuate(TokenBlock::new().using("h")).unwrap();
    assert_eq!(reason(&using), too_dear);
    // One of them is asked, never both: the dearest counts.
    let token = mint(right(most / 2).hand_on("other", dear(most / 2)));
    assert_eq!(reason(&token), None);
    // What is added below is asked beside it, used or not.
    let below = |count| token.attenuate(TokenBlock::at_most(dear(count))).unwrap();
    assert_eq!(reason(&below(most / 2 - 1)), None);
    assert_eq!(reason(&below(most / 2 + 2)), too_dear);
}

/// Its readers are the token's word, groups are the operator's: together they take no longer than is stated.
#[test]
fn a_token_does_not_compare_readers_with_members_without_end() {
    let long = "p".repeat(230);
    let people: Vec<String> = (0..3000).map(|n| format!("{long}{n}@b.example")).collect();
    let mut directory = Directory::builder();
    for name in &people {
        directory = directory.principal(name.as_str());
    }
    let directory = directory
        .group("few", people[..50].iter().cloned())
        .group("many", people.iter().cloned())
        .build()
        .unwrap();
    let gate = Gate::builder().clock(ManualClock::new(at(100))).directory(directory);
    let gate = gate.build().unwrap();
    let statements = |count: usize| {
        (0..count).map(|n| {
            let strangers = (0..200).map(|n| Reader::principal(format!("a{n}")));
            Statement::permit(format!("s{n}"))
                .operations(Operation::Create)
                .resources(["board/*"])
                .readers(strangers.chain([Reader::domain("b.example")]).collect::<Readers>())
        })
    };
    let post = |group| Action::create("board.post", "board/1").visible_to(Audience::Group(group));
    let decided = |capability: &Capability| {
        let scope = scope_of(capability);
        let decide = |group| gate.decide(&post(group), &scope).reason();
        (decide("few"), decide("many"))
    };
    let under = |issuer: TrustedIssuer, block: TokenBlock| {
        let verifier = Verifier::builder("v").trust(issuer).build().unwrap();
        let token = Token::mint(&key(1), block).unwrap();
        verifier.verify(&bytes(&token), at(100)).unwrap()
    };
    let issuer = || TrustedIssuer::public(key(1).public_key());
    let dear = under(issuer(), TokenBlock::grant(statements(20)));
    assert_eq!(decided(&dear), (Reason::Permitted, Reason::AudienceTooWide));
    let explanation = gate.explain(&post("many"), &scope_of(&dear)).to_string();
    assert!(explanation.contains("too large to be compared"), "{explanation}");
    // Layers share what is allowed, also those that are added in the process.
    let half = under(issuer(), TokenBlock::grant(statements(9)));
    assert_eq!(decided(&half), (Reason::Permitted, Reason::Permitted));
    let twice = half.attenuate(Policy::new(statements(9)).unwrap()).unwrap();
    assert_eq!(decided(&twice), (Reason::Permitted, Reason::AudienceTooWide));
    // What the operator says is not limited: a root of its own, and what an issuer may grant.
    let own = Capability::root(Policy::new(statements(20)).unwrap(), ambient_authority());
    assert_eq!(decided(&own), (Reason::Permitted, Reason::Permitted));
    let ceiling = issuer().at_most(Policy::new(statements(20)).unwrap());
    let open = statements(1).map(|statement| statement.readers(Readers::public()));
    let below = under(ceiling, TokenBlock::grant(open));
    assert_eq!(decided(&below), (Reason::Permitted, Reason::Permitted));
}

#[test]
fn what_is_said_twice_only_narrows() {
    let (early, late) = (at(200), at(300));
    for block in [
        mail().expires_at(early).expires_at(late).valid_from(at(50)).valid_from(at(10)),
        mail().expires_at(late).expires_at(early).valid_from(at(10)).valid_from(at(50)),
    ] {
        let block = block.delegable(0).delegable(3);
        let token = Token::mint(&key(1), block).unwrap();
        let capability = verifier().verify(&bytes(&token), at(100)).unwrap();
        let terms = (capability.not_before(), capability.expires(), capability.delegable());
        assert_eq!(terms, (at(50), early, 0));
    }
    let reading = Policy::new([Statement::permit("r")
        .operations(Operation::Read)
        .resources(["mail/**"])
        .readers(Readers::public())])
    .unwrap();
    let no_drafts = Restrictions::new([Statement::forbid("no-drafts")
        .operations(Operations::ALL)
        .resources(["mail/*/drafts/**"])])
    .unwrap();
    let issuer = TrustedIssuer::public(key(1).public_key());
    let issuer = issuer.at_most(reading.clone()).restrict(no_drafts.clone());
    let verifier = Verifier::builder(HERE).trust(issuer).build().unwrap();
    let token = Token::mint(&key(1), mail()).unwrap();
    let scope = scope_of(&verifier.verify(&bytes(&token), at(100)).unwrap());
    let gate = Gate::builder().clock(ManualClock::new(at(100))).build().unwrap();
    assert!(gate.decide(&read_mail(), &scope).is_allow());
    assert!(!gate.decide(&delete_mail(), &scope).is_allow(), "the first ceiling holds");
    let draft = Action::read("mail.read", "mail/dana@example.com/drafts/1");
    assert!(!gate.decide(&draft, &scope).is_allow(), "and so does the second");
    let both = Attenuation::new().at_most(reading).restrict(no_drafts);
    let error = scope.capability().attenuate(both).unwrap_err();
    assert!(error.to_string().contains("one layer"), "{error}");
}

#[test]
fn a_list_has_one_envelope() {
    let operator = key(60);
    let reader = RevocationReader::new(operator.public_key(), &Revocations::default());
    let list = RevocationList::new(1, 0, at(100)).holder("rogue").sign(&operator);
    // `82` as `98 02`: the same pair with a longer head.
    let longer = [&[0x98, 0x02], &list[1..]].concat();
    let reason = reader.apply(&longer, at(100)).unwrap_err().reason();
    assert_eq!(reason, TokenReason::WrongList);
    reader.apply(&list, at(100)).unwrap();
}
