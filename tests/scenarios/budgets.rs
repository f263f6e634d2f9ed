//! Scenarios about how much may be done in all.

use std::time::Duration;

use crate::*;
use permitgate::authority::{Budget, Grant};
use permitgate::model::Value;

fn under(budget: Budget, statement: Statement) -> Scope {
    let policy = Policy::new([statement]).unwrap();
    let grant = Grant::new(policy).budget(budget);
    scope_of(&Capability::root(grant, ambient_authority()), DANA, "triage")
}

#[test]
fn s05_a_mailbox_of_any_size_loses_no_more_than_its_budget() {
    const HOUR: Duration = Duration::from_secs(3600);
    let budget = Budget::actions("deletions", 20).per(HOUR).on(Operation::Delete).ask_from(11);
    let gate = gate();
    for mails in [5, 2_000] {
        let statement = permit("tidy", Operation::Delete, "mail/{invoker}/**");
        let scope = under(budget.clone(), statement);
        let mut deleted = 0;
        let mut refusal = None;
        for mail in 0..mails {
            let resource = format!("mail/{DANA}/inbox/{mail}");
            match gate.run(&Action::delete("mail.delete", &resource), &scope, |_| Ok::<_, ()>(())) {
                Ok(()) => deleted += 1,
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        assert_eq!(deleted, mails.min(10));
        if mails > 10 {
            let refusal = refusal.expect("held from the eleventh on");
            assert!(matches!(refusal, permitgate::gate::RunError::Refused(Refusal::Held(_))));
        }
    }
    println!(
        "S05 ok: ten deletions in an hour pass, the eleventh is held, for two thousand mails as for five"
    );
}

#[test]
fn s34_three_times_nine_thousand_is_more_than_ten_thousand() {
    let scope = under(
        Budget::sum("transfers", "usd", 10_000),
        permit("pay", Operation::Create, "payments/*"),
    );
    let gate = gate();
    let pay = |usd: i64| {
        let arguments = [("usd", Value::from(usd))];
        let action = Action::create("bank.pay", "payments/new").with(&arguments);
        gate.run(&action, &scope, |_| Ok::<_, ()>(())).is_ok()
    };
    assert_eq!([pay(9_000), pay(9_000), pay(9_000)], [true, false, false]);
    assert!(pay(1_000) && !pay(1));
    println!("S34 ok: the second 9,000 is denied, and what is left of 10,000 can be paid");
}

#[test]
fn s35_a_budget_that_runs_out_asks_before_it_ends_a_task() {
    let scope = under(
        Budget::actions("searches", 100).ask_from(3),
        permit("search", Operation::Read, "web/*"),
    );
    let gate = gate();
    let action = Action::read("web.search", "web/news");
    let left = || gate.budgets(&scope)[0].clone();
    for expected in [(99, 1), (98, 0)] {
        gate.run(&action, &scope, |_| Ok::<_, ()>(())).unwrap();
        let (most, unasked) = (left().left().unwrap(), left().left_unasked().unwrap());
        assert_eq!((most, unasked), expected, "the program can tell its model before the mark");
    }
    let Err(Refusal::Held(hold)) = gate.authorize(&action, &scope) else { panic!("held") };
    assert_eq!(hold.reason(), Reason::BudgetApproval);
    println!("S35 ok: from its mark on a budget holds, and what is left is told before");
}
