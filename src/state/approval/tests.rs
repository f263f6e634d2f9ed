//! Steps of requests against a reference, forms that must not collide, and calls that were changed after they were approved.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use proptest::prelude::*;

use super::queue::{AskFault, QueueFault, Stakes};
use super::request::{Answer, ApprovalState, Electorate, Step, StepFault};
use super::*;
use crate::authority::requirement::{Approver, Requirement};
use crate::base::time::Timestamp;

/// People with an alias each, and who is in `leads` now.
pub(super) struct Firm {
    leads: Vec<&'static str>,
}

impl Electorate for Firm {
    fn canonical<'n>(&'n self, name: &'n str) -> &'n str {
        name.strip_suffix("@old").unwrap_or(name)
    }
    fn is_member(&self, person: &str, group: &str) -> bool {
        group == "leads" && self.leads.contains(&person)
    }
}

pub(super) fn firm() -> Firm {
    Firm { leads: vec!["lee", "kim", "dana", "bot"] }
}

/// How often, unless `STRESS` says so.
pub(super) fn times(usual: u64) -> u64 {
    std::env::var("STRESS").ok().and_then(|times| times.parse().ok()).unwrap_or(usual)
}

pub(super) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

pub(super) fn digest(number: u8) -> RequestDigest {
    RequestDigest::from_bytes([number; 32])
}

fn asked(number: u8) -> RequestedCall {
    RequestedCall { call: digest(number), matter: digest(number ^ 0x80), used: false }
}

pub(super) fn leads() -> Requirement {
    let seconds = Duration::from_secs;
    Requirement::by([Approver::group("leads")]).decide_within(seconds(100)).use_within(seconds(50))
}

fn request(calls: &[u8], requirements: Vec<Requirement>) -> ApprovalCase {
    let calls = calls.iter().map(|number| asked(*number)).collect();
    ApprovalCase::new(calls, ("dana", "bot"), requirements.into(), at(1_000))
}

pub(super) fn vote(by: &str, answer: Answer) -> Step<'_> {
    Step::Vote { by, answer }
}

pub(super) const YES: Answer = Answer::Approve;
const NO: Answer = Answer::Decline;

#[test]
fn who_may_vote() {
    let person = |name: &str| Requirement::by([Approver::principal(name)]);
    let with_invoker = Requirement::by([Approver::Invoker]);
    let cases = [
        (leads(), "lee", Ok(())),
        (leads(), "lee@old", Ok(())),
        (leads(), "mallory", Err(StepFault::NotAnApprover)),
        (leads(), "", Err(StepFault::NotAnApprover)),
        // In the group, but the one that asks, or on whose behalf it does.
        (leads(), "bot", Err(StepFault::Requester)),
        (leads(), "dana", Err(StepFault::Requester)),
        (leads(), "dana@old", Err(StepFault::Requester)),
        (person("dana"), "dana", Err(StepFault::Requester)),
        (person("bot"), "bot@old", Err(StepFault::Requester)),
        (person("lee@old"), "lee", Ok(())),
        (with_invoker.clone(), "dana", Ok(())),
        (with_invoker.clone(), "lee", Err(StepFault::NotAnApprover)),
        (with_invoker, "bot", Err(StepFault::Requester)),
    ];
    for (requirement, by, expected) in cases {
        let request = request(&[1], vec![requirement]);
        for answer in [YES, NO] {
            let next = request.step(vote(by, answer), at(1_001), &firm());
            assert_eq!(next.map(|_| ()), expected, "{by} {answer:?}");
        }
    }
    // An agent that bears the invoker's name asks for itself.
    let same = ApprovalCase::new(
        vec![asked(1)],
        ("dana", "dana"),
        vec![Requirement::by([Approver::Invoker])].into(),
        at(1_000),
    );
    let voted = same.step(vote("dana", YES), at(1_001), &firm());
    assert_eq!(voted, Err(StepFault::Requester));
}

#[test]
fn every_requirement_must_be_met_and_one_vote_counts_once_in_each() {
    let two = leads().approvals(2);
    let kim = Requirement::by([Approver::principal("kim"), Approver::principal("lee")]);
    let mut request = request(&[1], vec![two, kim]);
    for again in ["lee", "lee@old", "lee"] {
        request = request.step(vote(again, YES), at(1_001), &firm()).unwrap();
        assert_eq!(request.state(at(1_001)), ApprovalState::Pending, "one person is not two");
    }
    assert_eq!(request.votes.len(), 1);
    request = request.step(vote("kim", YES), at(1_002), &firm()).unwrap();
    assert_eq!(request.state(at(1_002)), ApprovalState::Approved);
    // The second layer asks for somebody else.
    let cfo = Requirement::by([Approver::principal("cfo")]);
    let request = self::request(&[1], vec![leads(), cfo]);
    let request = request.step(vote("lee", YES), at(1_001), &firm()).unwrap();
    assert_eq!(request.state(at(1_001)), ApprovalState::Pending);
    let request = request.step(vote("cfo", YES), at(1_002), &firm()).unwrap();
    assert_eq!(request.state(at(1_002)), ApprovalState::Approved);
    // Nobody is asked: nobody can say yes.
    let nobody = self::request(&[1], vec![]);
    assert_eq!(nobody.state(at(1_000)), ApprovalState::Expired);
    assert!(nobody.redeemable(digest(1), at(1_000), &firm()).is_err());
}

#[test]
fn time_runs_out_to_the_millisecond() {
    let request = request(&[1], vec![leads(), leads().decide_within(Duration::from_secs(30))]);
    let last = Timestamp::from_unix_millis(1_029_999);
    assert_eq!(request.state(last), ApprovalState::Pending);
    assert_eq!(request.state(at(1_030)), ApprovalState::Expired);
    let late = request.step(vote("lee", YES), at(1_030), &firm());
    assert_eq!(late, Err(StepFault::Is(ApprovalState::Expired)));
    let approved = request.step(vote("lee", YES), last, &firm()).unwrap();
    let until = approved.use_by().unwrap();
    assert_eq!(until, Timestamp::from_unix_millis(1_079_999));
    assert!(
        approved.redeemable(digest(1), Timestamp::from_unix_millis(1_079_998), &firm()).is_ok()
    );
    let expired = Err(StepFault::Is(ApprovalState::Expired));
    assert_eq!(approved.redeemable(digest(1), until, &firm()), expired);
}

#[test]
fn a_vote_that_comes_again_changes_nothing_and_one_that_contradicts_is_refused() {
    let request = request(&[1], vec![leads().approvals(2)]);
    let once = request.step(vote("lee", YES), at(1_001), &firm()).unwrap();
    assert_eq!(once.step(vote("lee", YES), at(1_050), &firm()), Ok(once.clone()));
    assert_eq!(once.step(vote("lee", NO), at(1_050), &firm()), Err(StepFault::SaidOtherwise));
    let declined = once.step(vote("kim", NO), at(1_002), &firm()).unwrap();
    for now in [at(1_003), Timestamp::MAX] {
        assert_eq!(declined.state(now), ApprovalState::Declined, "final");
        assert_eq!(declined.step(vote("kim", NO), now, &firm()), Ok(declined.clone()));
        assert_eq!(declined.step(vote("kim", YES), now, &firm()), Err(StepFault::SaidOtherwise));
        let faults = [Step::Withdraw, Step::Use(digest(1))];
        for step in faults {
            let refused = declined.step(step, now, &firm());
            assert_eq!(refused, Err(StepFault::Is(ApprovalState::Declined)));
        }
    }
}

#[test]
fn who_approved_must_still_be_an_approver_when_it_is_used() {
    let request = request(&[1], vec![leads()]);
    let approved = request.step(vote("lee", YES), at(1_001), &firm()).unwrap();
    let without = Firm { leads: vec!["kim"] };
    let refused = approved.redeemable(digest(1), at(1_002), &without);
    assert_eq!(refused, Err(StepFault::NoLongerEnough));
}

#[test]
fn what_was_declined_is_not_asked_again() {
    let queue = Queue::new(Duration::from_secs(3_600));
    let stakes = Stakes { irreversible: true, reach: 1 };
    let ask = |call: u8, now| {
        let mut again = request(&[call], vec![leads()]);
        again.asked = now;
        queue.ask(again, stakes, now, &firm())
    };
    let first = ask(1, at(1_000)).unwrap();
    assert_eq!(ask(1, at(1_010)).unwrap().asked, at(1_000), "attached");
    queue.step(first.id, vote("kim", NO), at(1_020), &firm()).unwrap();
    assert_eq!(ask(1, at(1_030)), Err(AskFault::Declined(at(4_620))));
    // Another call for the same matter, as a sub-agent would make it, alone or in a bundle.
    let other = RequestedCall { call: digest(9), matter: asked(1).matter, used: false };
    for calls in [vec![other], vec![asked(2), other]] {
        let other = ApprovalCase::new(calls, ("dana", "sub"), vec![leads()].into(), at(1_030));
        assert_eq!(
            queue.ask(other, stakes, at(1_030), &firm()),
            Err(AskFault::Declined(at(4_620)))
        );
    }
    assert!(ask(2, at(1_030)).is_ok());
    assert!(ask(1, at(4_620)).is_ok(), "after its time it may be asked for again");
    // Expiry is not final.
    ask(3, at(5_000)).unwrap();
    assert!(ask(3, at(5_100)).is_ok());
}

#[test]
fn used_once_and_by_one() {
    let queue = Queue::new(Duration::from_secs(60));
    assert!(!queue.has_granted());
    let asked = request(&[1], vec![leads()]);
    let stakes = Stakes { irreversible: false, reach: 0 };
    let id = queue.ask(asked, stakes, at(1_000), &firm()).unwrap().id;
    assert!(
        queue.reserve(digest(1), &[leads()], at(1_000), &firm()).is_none(),
        "nobody approved it"
    );
    queue.step(queue.last_of(digest(1)), vote("lee", YES), at(1_001), &firm()).unwrap();
    assert!(
        queue.has_granted() && queue.check(digest(1), &[leads()], at(1_002), &firm()).is_some()
    );
    assert!(queue.consume((id, digest(1)), at(1_002), &firm()).is_err(), "not set aside");
    assert!(queue.reserve(digest(1), &[leads()], at(1_002), &firm()).is_some());
    assert!(
        queue.reserve(digest(1), &[leads()], at(1_002), &firm()).is_none()
            && queue.check(digest(1), &[leads()], at(1_002), &firm()).is_none()
    );
    queue.release(id, digest(1));
    assert!(queue.reserve(digest(1), &[leads()], at(1_003), &firm()).is_some(), "given back");
    assert_eq!(queue.consume((id, digest(1)), at(1_003), &firm()), Ok(()));
    assert_eq!(queue.consume((id, digest(1)), at(1_003), &firm()), Err(QueueFault::Unknown));
    queue.release(id, digest(1));
    assert!(
        queue.reserve(digest(1), &[leads()], at(1_004), &firm()).is_none() && !queue.has_granted()
    );
    assert_eq!(queue.find(id).unwrap().state(at(1_004)), ApprovalState::Used);
}

#[test]
fn a_permit_does_not_begin_on_what_was_withdrawn_or_expired() {
    for withdrawn in [false, true] {
        let queue = Queue::new(Duration::from_secs(60));
        let stakes = Stakes { irreversible: false, reach: 0 };
        queue.ask(request(&[1], vec![leads()]), stakes, at(1_000), &firm()).unwrap();
        queue.step(queue.last_of(digest(1)), vote("lee", YES), at(1_001), &firm()).unwrap();
        assert!(queue.reserve(digest(1), &[leads()], at(1_002), &firm()).is_some());
        if withdrawn {
            queue.step(queue.last_of(digest(1)), Step::Withdraw, at(1_003), &firm()).unwrap();
        }
        let now = if withdrawn { at(1_004) } else { at(1_051) };
        let state = if withdrawn { ApprovalState::Withdrawn } else { ApprovalState::Expired };
        let refused = queue.consume((queue.last_of(digest(1)), digest(1)), now, &firm());
        assert_eq!(refused, Err(QueueFault::Step(StepFault::Is(state))));
    }
}

#[test]
fn a_bundle_is_approved_once_and_each_call_used_once() {
    let queue = Queue::new(Duration::from_secs(60));
    let stakes = Stakes { irreversible: false, reach: 0 };
    let bundle = queue.ask(request(&[1, 2, 3], vec![leads()]), stakes, at(1_000), &firm()).unwrap();
    let reordered =
        queue.ask(request(&[3, 1, 2], vec![leads()]), stakes, at(1_001), &firm()).unwrap();
    assert_eq!(reordered, bundle, "the order of a bundle is nobody's business");
    queue.step(bundle.id, vote("lee", YES), at(1_002), &firm()).unwrap();
    // One of them is asked for by itself as well; that takes nothing from the bundle.
    queue.ask(request(&[2], vec![leads()]), stakes, at(1_003), &firm()).unwrap();
    for call in [2, 1, 3] {
        assert!(queue.has_granted());
        let id = queue.reserve(digest(call), &[leads()], at(1_004), &firm());
        assert_eq!(id, Some(bundle.id), "{call}");
        assert!(
            queue.reserve(digest(call), &[leads()], at(1_004), &firm()).is_none(),
            "{call} twice"
        );
        queue.consume((bundle.id, digest(call)), at(1_004), &firm()).unwrap();
        assert!(
            queue.reserve(digest(call), &[leads()], at(1_004), &firm()).is_none(),
            "{call} used"
        );
    }
    assert!(!queue.has_granted());
    assert!(
        queue.reserve(bundle.digest, &[leads()], at(1_004), &firm()).is_none(),
        "a bundle is no call"
    );
}

#[test]
fn floods_are_bounded_and_hide_nothing() {
    let queue = Queue::new(Duration::from_secs(60)).bounded(5, 8);
    let small = Stakes { irreversible: false, reach: 0 };
    for call in 1..=5 {
        queue.ask(request(&[call], vec![leads()]), small, at(1_000), &firm()).unwrap();
    }
    let sixth = queue.ask(request(&[6], vec![leads()]), small, at(1_001), &firm());
    assert_eq!(sixth, Err(AskFault::TooManyPending));
    assert!(queue.ask(request(&[5], vec![leads()]), small, at(1_001), &firm()).is_ok(), "attached");
    let of = |agent: &str, call: u8, now| {
        ApprovalCase::new(vec![asked(call)], ("dana", agent), vec![leads()].into(), now)
    };
    for (call, stakes) in [
        (10, Stakes { irreversible: false, reach: 3 }),
        (11, Stakes { irreversible: true, reach: 0 }),
        (12, Stakes { irreversible: true, reach: 3 }),
    ] {
        queue.ask(of("other", call, at(1_010)), stakes, at(1_010), &firm()).unwrap();
    }
    let listed: Vec<_> = queue.pending(at(1_010)).iter().map(|request| request.digest).collect();
    assert_eq!(listed, [12, 11, 10, 1, 2, 3, 4, 5].map(digest));
    assert_eq!(
        queue.ask(of("third", 20, at(1_010)), small, at(1_010), &firm()),
        Err(AskFault::Full)
    );
    // They expire, and make room.
    assert!(queue.ask(of("third", 20, at(1_110)), small, at(1_110), &firm()).is_ok());
    assert_eq!(queue.pending(at(1_110)).len(), 1);
}

#[test]
fn requests_are_bounded_and_a_decline_always_has_room() {
    let queue = Queue::new(Duration::from_secs(3_600)).bounded(100, 4);
    let small = Stakes { irreversible: false, reach: 0 };
    let ask = |calls: &[u8], requirements, now| {
        let mut again = request(calls, requirements);
        again.asked = now;
        queue.ask(again, small, now, &firm())
    };
    assert_eq!(ask(&[], vec![leads()], at(1_000)), Err(AskFault::TooLarge));
    let many: Vec<u8> = (0..=64).collect();
    assert_eq!(ask(&many, vec![leads()], at(1_000)), Err(AskFault::TooLarge));
    assert_eq!(ask(&[1], vec![leads(); 33], at(1_000)), Err(AskFault::TooLarge));
    // Eight calls in two requests, all of which may be declined: a ninth has no room, and has none when they are.
    for calls in [[1, 2, 3, 4], [5, 6, 7, 8]] {
        ask(&calls, vec![leads(); 32], at(1_000)).unwrap();
    }
    assert_eq!(ask(&[9], vec![leads()], at(1_001)), Err(AskFault::Full));
    for pending in queue.pending(at(1_001)) {
        queue.step(pending.id, vote("lee", NO), at(1_002), &firm()).unwrap();
    }
    assert_eq!(ask(&[9], vec![leads()], at(1_003)), Err(AskFault::Full));
    for call in 1..=8 {
        assert_eq!(ask(&[call], vec![leads()], at(1_003)), Err(AskFault::Declined(at(4_602))));
    }
    assert!(ask(&[9], vec![leads()], at(4_602)).is_ok(), "they have run out");
}

/// What the rules say, written down a second time and without a row: only what was done.
#[derive(Default)]
struct Reference {
    votes: HashMap<&'static str, Answer>,
    over: Option<(ApprovalState, u64)>,
    used: bool,
}

impl Reference {
    fn state(&self, now: u64) -> ApprovalState {
        match self.over {
            Some((ApprovalState::Approved, _)) if self.used => ApprovalState::Used,
            Some((ApprovalState::Approved, at)) if now >= at + 50 => ApprovalState::Expired,
            Some((state, _)) => state,
            None if now >= 1_100 => ApprovalState::Expired,
            None => ApprovalState::Pending,
        }
    }

    fn vote(&mut self, by: &'static str, answer: Answer, now: u64) -> bool {
        if let Some(said) = self.votes.get(by) {
            return *said == answer;
        }
        if self.state(now) != ApprovalState::Pending || !["lee", "kim", "cfo"].contains(&by) {
            return false;
        }
        self.votes.insert(by, answer);
        let yes: BTreeSet<_> =
            self.votes.iter().filter(|(_, said)| **said == YES).map(|(by, _)| *by).collect();
        let leads = yes.iter().filter(|by| ["lee", "kim"].contains(by)).count();
        if answer == NO {
            self.over = Some((ApprovalState::Declined, now));
        } else if leads == 2 && yes.contains("cfo") {
            self.over = Some((ApprovalState::Approved, now));
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Two of the leads and the CFO must approve; anybody does anything at any time.
    #[test]
    fn every_run_of_steps_ends_where_the_rules_say(
        steps in proptest::collection::vec((0_u64..30, 0_usize..7, 0_u8..12), 1..24),
    ) {
        const PEOPLE: [&str; 7] = ["lee", "kim", "cfo", "dana", "bot", "mallory", "lee@old"];
        let cfo = Requirement::by([Approver::principal("cfo")]).use_within(Duration::from_secs(70));
        let mut row = request(&[1], vec![leads().approvals(2), cfo]);
        let (mut reference, mut now) = (Reference::default(), 1_000);
        for (pause, by, what) in steps {
            now += pause;
            let before = row.clone();
            let (step, expected) = match what {
                0..=6 => {
                    let answer = if what < 6 { YES } else { NO };
                    let by = PEOPLE[by];
                    let known = if by == "lee@old" { "lee" } else { by };
                    (vote(by, answer), reference.vote(known, answer, now))
                }
                7 => {
                    let state = reference.state(now);
                    let open = matches!(state, ApprovalState::Pending | ApprovalState::Approved);
                    if open {
                        reference.over = Some((ApprovalState::Withdrawn, now));
                    }
                    (Step::Withdraw, open || state == ApprovalState::Withdrawn)
                }
                8 => (Step::Use(digest(2)), false),
                _ => {
                    let may = reference.state(now) == ApprovalState::Approved;
                    reference.used |= may;
                    (Step::Use(digest(1)), may)
                }
            };
            match row.step(step, at(now), &firm()) {
                Ok(next) => {
                    prop_assert!(expected, "{step:?} at {now}");
                    row = next;
                }
                Err(fault) => {
                    prop_assert!(!expected, "{step:?} at {now}: {fault:?}");
                    prop_assert_eq!(&row, &before);
                }
            }
            for moment in [now, now + 29, now + 49, now + 50, now + 200] {
                prop_assert_eq!(row.state(at(moment)), reference.state(moment));
            }
        }
    }
}

/// Many threads want what was approved once. `STRESS=1000000 cargo test --release --lib race` takes its time.
#[test]
fn a_race_for_one_approval_has_one_winner() {
    let times = times(2_000);
    let queue = Queue::new(Duration::from_secs(60));
    let stakes = Stakes { irreversible: false, reach: 0 };
    let barrier = std::sync::Barrier::new(3);
    let numbered = |number: u64| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        RequestDigest::from_bytes(bytes)
    };
    let wins = |number: u64| {
        let (call, mut wins) = (numbered(number), 0_u64);
        if let Some(id) = queue.reserve(call, &[leads()], at(1_002), &firm()) {
            if number.is_multiple_of(2) {
                queue.release(id, call);
            } else {
                wins += u64::from(queue.consume((id, call), at(1_002), &firm()).is_ok());
            }
        }
        wins
    };
    let won = std::thread::scope(|threads| {
        let race = || {
            let won = |number| {
                barrier.wait();
                let won = wins(number);
                barrier.wait();
                won
            };
            (0..times).map(won).collect::<Vec<_>>()
        };
        let (other, third) = (threads.spawn(race), threads.spawn(race));
        for number in 0..times {
            let asked =
                RequestedCall { call: numbered(number), matter: numbered(number), used: false };
            let request =
                ApprovalCase::new(vec![asked], ("dana", "bot"), vec![leads()].into(), at(1_000));
            queue.ask(request, stakes, at(1_000), &firm()).unwrap();
            queue
                .step(queue.last_of(numbered(number)), vote("lee", YES), at(1_001), &firm())
                .unwrap();
            barrier.wait();
            barrier.wait();
            if number.is_multiple_of(2) {
                // Given back by everybody who had it; it can be used still, once.
                let again = queue.reserve(numbered(number), &[leads()], at(1_002), &firm());
                let id = again.unwrap_or_else(|| panic!("{number} was lost"));
                queue.consume((id, numbered(number)), at(1_002), &firm()).unwrap();
            }
        }
        let (other, third) = (other.join().unwrap(), third.join().unwrap());
        other.into_iter().zip(third).map(|(one, other)| one + other).collect::<Vec<u64>>()
    });
    for (number, won) in won.iter().enumerate() {
        assert_eq!(*won, number as u64 % 2, "race {number}");
    }
}
