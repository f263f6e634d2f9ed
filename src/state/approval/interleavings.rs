//! Every interleaving of the few threads that meet at one request, tried by a model checker. Run with
//! `RUSTFLAGS="--cfg loom" cargo test --release --all-features --lib interleavings`.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::queue::Stakes;
use super::request::{Answer, Electorate, Step};
use super::standing::StandingTable;
use super::*;
use crate::authority::requirement::{Approver, Requirement};
use crate::base::time::Timestamp;

struct Everybody;

impl Electorate for Everybody {
    fn canonical<'n>(&'n self, name: &'n str) -> &'n str {
        name
    }
    fn is_member(&self, _person: &str, group: &str) -> bool {
        group == "leads"
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

const CALL: RequestDigest = RequestDigest::from_bytes([1; 32]);
const LEE: Step<'static> = Step::Vote { by: "lee", answer: Answer::Approve };
const KIM: Step<'static> = Step::Vote { by: "kim", answer: Answer::Decline };

fn leads() -> Requirement {
    let seconds = Duration::from_secs;
    Requirement::by([Approver::group("leads")]).decide_within(seconds(100)).use_within(seconds(50))
}

/// One request, asked for at 1,000, to be decided within a hundred seconds and used within fifty.
fn asked() -> Arc<Queue> {
    let queue = Queue::new(Duration::from_secs(60));
    let call =
        RequestedCall { call: CALL, matter: RequestDigest::from_bytes([2; 32]), used: false };
    let request = ApprovalCase::new(vec![call], ("dana", "bot"), vec![leads()].into(), at(1_000));
    queue.ask(request, Stakes { irreversible: false, reach: 0 }, at(1_000), &Everybody).unwrap();
    Arc::new(queue)
}

fn approved() -> Arc<Queue> {
    let queue = asked();
    queue.step(queue.last_of(CALL), LEE, at(1_001), &Everybody).unwrap();
    queue
}

fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 100_000;
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Sets aside and uses, at a moment.
fn uses(queue: &Queue, now: Timestamp) -> bool {
    queue.has_granted()
        && queue
            .reserve(CALL, &[leads()], now, &Everybody)
            .is_some_and(|id| queue.consume((id, CALL), now, &Everybody).is_ok())
}

#[test]
fn redeem_against_redeem() {
    explore(|| {
        let queue = approved();
        let other = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || uses(&queue, at(1_002)))
        };
        let own = uses(&queue, at(1_002));
        assert!(own ^ other.join().unwrap(), "used twice, or by nobody");
        assert!(!queue.has_granted());
    });
}

/// One gives back what it had set aside, and another wants it: afterwards it can be used, once.
#[test]
fn redeem_against_release() {
    explore(|| {
        let queue = approved();
        let id = queue.reserve(CALL, &[leads()], at(1_002), &Everybody).unwrap();
        let other = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.release(id, CALL))
        };
        let own = uses(&queue, at(1_002));
        other.join().unwrap();
        assert!(own ^ uses(&queue, at(1_002)));
    });
}

#[test]
fn approve_against_decline() {
    explore(|| {
        let queue = asked();
        let declines = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                queue.step(queue.last_of(CALL), KIM, at(1_001), &Everybody).is_ok()
            })
        };
        let approves = queue.step(queue.last_of(CALL), LEE, at(1_001), &Everybody).is_ok();
        assert!(approves ^ declines.join().unwrap(), "both, or neither");
        assert_eq!(uses(&queue, at(1_002)), approves);
    });
}

/// Withdrawn before, while or after somebody approves: nothing is used once the withdrawal has returned.
#[test]
fn approve_and_redeem_against_withdrawal() {
    explore(|| {
        let queue = asked();
        let approves = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let _ = queue.step(queue.last_of(CALL), LEE, at(1_001), &Everybody);
                uses(&queue, at(1_002))
            })
        };
        let withdrawn =
            queue.step(queue.last_of(CALL), Step::Withdraw, at(1_002), &Everybody).is_ok();
        let after = uses(&queue, at(1_003));
        let used = approves.join().unwrap();
        assert!(!after, "used after it was withdrawn, or twice");
        assert!(withdrawn ^ used, "withdrawn and used, or neither");
        assert!(!uses(&queue, at(1_003)));
    });
}

/// One thread approves just in time, another finds it expired: what one sees is not used by the other.
#[test]
fn approve_against_expiry() {
    explore(|| {
        let queue = asked();
        let approves = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                queue.step(queue.last_of(CALL), LEE, at(1_099), &Everybody).is_ok()
            })
        };
        let late = queue.step(queue.last_of(CALL), KIM, at(1_100), &Everybody);
        assert!(late.is_err(), "decided after its time");
        assert!(approves.join().unwrap(), "in time");
        assert!(uses(&queue, at(1_148)));
        assert!(!uses(&queue, at(1_148)));
    });
}

/// Two votes of two that are needed come at once: together they are enough.
#[test]
fn no_vote_is_lost() {
    explore(|| {
        let queue = Arc::new(Queue::new(Duration::from_secs(60)));
        let two = Requirement::by([Approver::group("leads")]).approvals(2);
        let call = RequestedCall { call: CALL, matter: CALL, used: false };
        let request = ApprovalCase::new(vec![call], ("dana", "bot"), vec![two].into(), at(1_000));
        queue
            .ask(request, Stakes { irreversible: false, reach: 0 }, at(1_000), &Everybody)
            .unwrap();
        let other = {
            let queue = Arc::clone(&queue);
            let vote = Step::Vote { by: "kim", answer: Answer::Approve };
            thread::spawn(move || {
                queue.step(queue.last_of(CALL), vote, at(1_001), &Everybody).is_ok()
            })
        };
        assert!(queue.step(queue.last_of(CALL), LEE, at(1_001), &Everybody).is_ok());
        assert!(other.join().unwrap());
        assert!(uses(&queue, at(1_002)));
    });
}

/// A standing approval has one use left, and is revoked: it is used at most once, and not after it was revoked.
#[test]
fn a_standing_approval_against_its_revocation() {
    explore(|| {
        let table = Arc::new(StandingTable::default());
        let number = table.draw_up((), 1, Timestamp::MAX, at(1_000)).unwrap();
        table.put_in_force(number, at(1_000));
        let takes = |table: &StandingTable<()>| {
            let mut usable = table.usable(at(1_000)).into_iter();
            let aside = usable.find(|(number, ())| table.take(*number, at(1_000)));
            aside.is_some_and(|(number, ())| table.consume(number, at(1_000)))
        };
        let other = {
            let table = Arc::clone(&table);
            thread::spawn(move || takes(&table))
        };
        let own = takes(&table);
        table.revoke(number, at(1_000));
        let after = takes(&table);
        let other = other.join().unwrap();
        assert!(!after && !(own && other));
        assert!(!takes(&table));
    });
}
