//! Uses of standing approvals: set aside, given back, gone.

use super::tests::at;
use super::*;
use crate::base::time::Timestamp;

/// The first that covers a matter, with a use of it set aside.
fn take<M: Clone>(
    table: &StandingTable<M>,
    now: Timestamp,
    covers: impl Fn(&M) -> bool,
) -> Option<u64> {
    let mut usable = table.usable(now).into_iter();
    usable.find(|(number, matter)| covers(matter) && table.take(*number, now)).map(|(n, _)| n)
}

#[test]
fn a_standing_approval_is_counted_expires_and_is_revoked() {
    let table = StandingTable::default();
    assert!(!table.has_usable());
    let number = table.draw_up("mail/**", 2, at(2_000), at(1_000)).unwrap();
    assert!(
        !table.has_usable() && !table.take(number, at(1_000)) && table.list(at(1_000)).is_empty()
    );
    table.put_in_force(number, at(1_000));
    let covers = |matter: &&str| *matter == "mail/**";
    assert_eq!(table.usable(at(1_000)), [(number, "mail/**")]);
    assert!(table.usable(at(2_000)).is_empty() && table.standing(number, at(2_000)).is_none());
    assert!(take(&table, at(1_000), |matter| *matter == "docs/**").is_none());
    let aside = [(); 2].map(|()| take(&table, at(1_000), covers).unwrap());
    assert!(take(&table, at(1_000), covers).is_none(), "both uses are set aside");
    table.release(aside[1]);
    assert_eq!(take(&table, at(1_000), covers), Some(number));
    assert!(table.consume(number, at(1_999)));
    assert!(!table.consume(number, at(2_000)), "expired since");
    table.release(number);
    assert_eq!(table.list(at(1_999)).iter().map(|row| row.left).collect::<Vec<_>>(), [1]);
    let again = take(&table, at(1_999), covers).unwrap();
    assert!(table.revoke(number, at(1_999)) && !table.revoke(99, at(1_999)));
    assert!(!table.consume(again, at(1_999)), "revoked since");
    assert!(table.list(at(1_999)).is_empty() && !table.has_usable());
}
