//! What may be used once, remembered exactly as long as it is valid.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::error::TokenReason;
use crate::limits::{MAX_REMEMBERED, MAX_REMEMBERED_PER_ROOT};
use crate::time::Timestamp;

/// Something that can be used once: until when, and what. Whatever can be presented again with the same validity is
/// the same entry, since the validity is signed too.
pub(super) type Once = (Timestamp, [u8; 32]);

/// Proofs and attestations that were used, and challenges that are open.
///
/// Time never goes back here: what was forgotten because its time had come stays out of date. Whoever asks for
/// challenges has shown nothing yet, so their room is apart from that of what was used.
#[derive(Debug)]
pub(super) struct Remembered {
    most: usize,
    most_of_root: usize,
    latest: Timestamp,
    /// What was used, and under which root.
    used: BTreeMap<Once, Root>,
    /// How much of it is of each root, so that no holder takes the room of others.
    of_root: HashMap<Root, usize>,
    open: BTreeSet<Once>,
}

/// The link of a token's root.
type Root = [u8; 32];

impl Default for Remembered {
    fn default() -> Self {
        Self::of(MAX_REMEMBERED, MAX_REMEMBERED_PER_ROOT)
    }
}

impl Remembered {
    fn of(most: usize, most_of_root: usize) -> Self {
        Self {
            most,
            most_of_root,
            latest: Timestamp::MIN,
            used: BTreeMap::new(),
            of_root: HashMap::new(),
            open: BTreeSet::new(),
        }
    }

    /// The time, never below what was seen. Forgets what has ended.
    pub(super) fn at(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        while let Some(entry) = self.used.first_entry()
            && entry.key().0 <= self.latest
        {
            let root = entry.remove();
            if let Entry::Occupied(mut of_root) = self.of_root.entry(root) {
                *of_root.get_mut() -= 1;
                if *of_root.get() == 0 {
                    of_root.remove();
                }
            }
        }
        while self.open.first().is_some_and(|once| once.0 <= self.latest) {
            self.open.pop_first();
        }
        self.latest
    }

    /// Opens a challenge.
    pub(super) fn open(&mut self, challenge: Once) -> Result<(), TokenReason> {
        if self.open.len() >= self.most {
            return Err(TokenReason::TooManyPending);
        }
        self.open.insert(challenge);
        Ok(())
    }

    /// Uses everything under a root, or, where one was used before or is not open, nothing.
    pub(super) fn spend(&mut self, root: &Root, spent: &[Spent]) -> Result<(), TokenReason> {
        for (place, one) in spent.iter().enumerate() {
            let again = spent.iter().take(place).any(|earlier| earlier == one);
            match one {
                // Its time came while it was looked at, so that its use may be forgotten already.
                Spent::Challenge(once) if once.0 <= self.latest => {
                    return Err(TokenReason::UnknownChallenge);
                }
                Spent::Proof(once) if once.0 <= self.latest => {
                    return Err(TokenReason::ProofExpired);
                }
                Spent::Attestation(once) if once.0 <= self.latest => {
                    return Err(TokenReason::AttestationExpired);
                }
                Spent::Challenge(challenge) if again || !self.open.contains(challenge) => {
                    return Err(TokenReason::UnknownChallenge);
                }
                Spent::Proof(proof) if again || self.used.contains_key(proof) => {
                    return Err(TokenReason::ProofReplayed);
                }
                Spent::Attestation(once) if again || self.used.contains_key(once) => {
                    return Err(TokenReason::AttestationReplayed);
                }
                _ => {}
            }
        }
        // An answered challenge takes no room, so that it can be answered while there is none.
        let more = spent.iter().filter(|one| !matches!(one, Spent::Challenge(_))).count();
        let of_root = self.of_root.get(root).copied().unwrap_or(0);
        if more > 0 && (self.used.len() + more > self.most || of_root + more > self.most_of_root) {
            return Err(TokenReason::TooManyPending);
        }
        if more > 0 {
            self.of_root.insert(*root, of_root + more);
        }
        for one in spent {
            match one {
                Spent::Challenge(challenge) => {
                    self.open.remove(challenge);
                }
                Spent::Proof(once) | Spent::Attestation(once) => {
                    self.used.insert(*once, *root);
                }
            }
        }
        Ok(())
    }
}

/// What one presentation uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    Challenge(Once),
    Proof(Once),
    Attestation(Once),
}

/// What makes a thing that is good once unlike others of the same end: its nonce, and who signed it.
pub(super) fn once(until: Timestamp, nonce: &[u8; 16], by: &[u8; 16]) -> Once {
    let mut what = [0; 32];
    for (place, byte) in what.iter_mut().zip(nonce.iter().chain(by)) {
        *place = *byte;
    }
    (until, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Root = [7; 32];

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_unix_millis(millis)
    }

    /// The `n`th thing that is good once, until this moment.
    fn thing(n: u8, until: u64) -> Once {
        once(at(until), &[n; 16], &[0xFF; 16])
    }

    fn proof(n: u8, until: u64) -> Spent {
        Spent::Proof(thing(n, until))
    }

    #[test]
    fn what_is_full_refuses_and_forgets_nothing() {
        let mut remembered = Remembered::of(2, 2);
        remembered.open(thing(1, 50)).unwrap();
        remembered.open(thing(6, 90)).unwrap();
        let full = Err(TokenReason::TooManyPending);
        assert_eq!(remembered.open(thing(4, 80)), full);
        // Challenges leave the room of what is used alone.
        remembered.spend(&ROOT, &[proof(2, 60), Spent::Attestation(thing(3, 70))]).unwrap();
        assert_eq!(remembered.spend(&ROOT, &[proof(4, 80)]), full);
        // All of it or nothing: the open challenge was not used up either.
        assert_eq!(remembered.spend(&ROOT, &[Spent::Challenge(thing(1, 50)), proof(4, 80)]), full);
        assert_eq!(remembered.spend(&ROOT, &[proof(2, 60)]), Err(TokenReason::ProofReplayed));
        remembered.spend(&ROOT, &[Spent::Challenge(thing(1, 50))]).unwrap();
        remembered.open(thing(4, 80)).unwrap();
        // Room for uses comes with time alone.
        assert_eq!(remembered.spend(&ROOT, &[proof(5, 90)]), full);
        remembered.at(at(60));
        remembered.spend(&ROOT, &[proof(5, 90)]).unwrap();
    }

    #[test]
    fn no_root_takes_the_room_of_others() {
        let mut remembered = Remembered::of(10, 2);
        let (one, other) = ([1; 32], [2; 32]);
        remembered.spend(&one, &[proof(1, 50), proof(2, 60)]).unwrap();
        assert_eq!(remembered.spend(&one, &[proof(3, 70)]), Err(TokenReason::TooManyPending));
        remembered.spend(&other, &[proof(3, 70)]).unwrap();
        remembered.at(at(50));
        remembered.spend(&one, &[proof(4, 70)]).unwrap();
        assert_eq!(remembered.spend(&one, &[proof(5, 70)]), Err(TokenReason::TooManyPending));
        remembered.at(at(70));
        assert!(remembered.of_root.is_empty() && remembered.used.is_empty());
    }

    #[test]
    fn the_bound_is_the_stated_one() {
        let Remembered { most, most_of_root, .. } = Remembered::default();
        assert_eq!((most, most_of_root), (MAX_REMEMBERED, MAX_REMEMBERED_PER_ROOT));
    }

    #[test]
    fn a_use_is_forgotten_exactly_when_its_time_has_come() {
        let mut remembered = Remembered::default();
        for n in 0..10 {
            remembered.spend(&ROOT, &[proof(n, 100 + u64::from(n))]).unwrap();
        }
        remembered.open(thing(20, 104)).unwrap();
        for now in 95..115 {
            remembered.at(at(now));
            let left = remembered.used.len() as u64;
            assert_eq!(left, 109_u64.saturating_sub(now).min(10), "at {now}");
            assert_eq!(remembered.open.len(), usize::from(now < 104), "at {now}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_second_use() {
        let mut remembered = Remembered::default();
        remembered.spend(&ROOT, &[proof(1, 100), Spent::Attestation(thing(2, 100))]).unwrap();
        assert_eq!(remembered.at(at(100)), at(100));
        assert_eq!(remembered.at(at(10)), at(100));
        assert!(remembered.used.is_empty());
        assert_eq!(remembered.spend(&ROOT, &[proof(1, 100)]), Err(TokenReason::ProofExpired));
        let said = Spent::Attestation(thing(2, 100));
        assert_eq!(remembered.spend(&ROOT, &[said]), Err(TokenReason::AttestationExpired));
        let challenge = Spent::Challenge(thing(3, 100));
        remembered.open(thing(3, 100)).unwrap();
        assert_eq!(remembered.spend(&ROOT, &[challenge]), Err(TokenReason::UnknownChallenge));
    }

    #[test]
    fn one_presentation_uses_nothing_twice_and_all_or_nothing() {
        let mut remembered = Remembered::default();
        let twice = [proof(1, 50), proof(1, 50)];
        assert_eq!(remembered.spend(&ROOT, &twice), Err(TokenReason::ProofReplayed));
        let said = Spent::Attestation(thing(2, 50));
        assert_eq!(remembered.spend(&ROOT, &[said, said]), Err(TokenReason::AttestationReplayed));
        remembered.open(thing(3, 50)).unwrap();
        let answer = Spent::Challenge(thing(3, 50));
        assert_eq!(remembered.spend(&ROOT, &[answer, answer]), Err(TokenReason::UnknownChallenge));
        remembered.spend(&ROOT, &[proof(1, 50)]).unwrap();
        assert_eq!(
            remembered.spend(&ROOT, &[answer, said, proof(1, 50)]),
            Err(TokenReason::ProofReplayed)
        );
        remembered.spend(&ROOT, &[answer, said]).unwrap();
    }
}
