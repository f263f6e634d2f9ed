//! What may be used once, remembered exactly as long as it is valid.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chain::Link;
use super::error::TokenReason;
use crate::base::limits::{MAX_REMEMBERED, MAX_REMEMBERED_PER_ROOT};
use crate::base::time::Timestamp;

/// Something that can be used once: until when, and what. Whatever can be presented again with the same validity is
/// the same entry, since the validity is signed too.
pub(super) type Once = (Timestamp, [u8; 32]);

/// Proofs and attestations that were used, and challenges that are open.
///
/// Time never goes back here: what was forgotten because its time had come stays out of date. Whoever asks for
/// challenges has shown nothing yet, so their room is apart from that of what was used.
///
/// Whoever holds an open token can add blocks to it without end, demand what it says itself, and use that up. So what is
/// used counts in every branch that it lies in, from the root of the token down to its last block, and a branch leaves
/// most of the room that it finds to others: see [`has_room`](Self::has_room). Nothing is forgotten early to make room, so
/// that nothing is good twice; a branch that has used its share up is refused until its own uses end.
#[derive(Debug)]
pub(super) struct Remembered {
    most: usize,
    most_of_root: usize,
    latest: Timestamp,
    /// What was used, and with a token that ends in which block.
    used: BTreeMap<Once, Link>,
    branches: HashMap<Link, Branch>,
    open: BTreeSet<Once>,
}

/// A block under which something was used.
#[derive(Debug)]
struct Branch {
    above: Option<Link>,
    /// What is remembered in it: what was used with tokens that pass through the block, and their blocks from this one on.
    held: usize,
}

/// How many times what a branch holds must find room in the branch above: its share is one part of so many and one.
const SHARE: usize = 4;

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
            branches: HashMap::new(),
            open: BTreeSet::new(),
        }
    }

    /// The time, never below what was seen. Forgets what has ended.
    pub(super) fn at(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        while let Some(entry) = self.used.first_entry()
            && entry.key().0 <= self.latest
        {
            let last = entry.remove();
            self.forget_one_of(last);
        }
        while self.open.first().is_some_and(|once| once.0 <= self.latest) {
            self.open.pop_first();
        }
        self.latest
    }

    /// One use with a token that ends in this block has ended: so do the branches in which it was the only one.
    fn forget_one_of(&mut self, last: Link) {
        let (mut next, mut forgotten) = (Some(last), 1);
        while let Some(link) = next
            && let Entry::Occupied(mut branch) = self.branches.entry(link)
        {
            let Branch { above, held } = branch.get_mut();
            next = *above;
            *held = held.saturating_sub(forgotten);
            if *held <= 1 {
                branch.remove();
                forgotten += 1;
            }
        }
    }

    /// Whether so many more uses fit into the room of the whole, of the root, and of every branch below it.
    ///
    /// What the root holds, and what each branch on the way holds times [`SHARE`], must together fit into the room of the
    /// root. So one branch can take a fifth of what it finds there, the next one a fifth of what is left, and however
    /// many branches a holder makes, they all lie in its own. The same holds of roots once half of the whole is taken.
    fn has_room(&self, path: &[Link], more: usize) -> bool {
        let known = path.iter().take_while(|link| self.branches.contains_key(*link)).count();
        // Without the blocks of the token itself, which take no share.
        let load = |place: usize, link: &Link| {
            let held = self.branches.get(link).map_or(0, |branch| branch.held);
            held.saturating_sub(known.saturating_sub(place)).saturating_add(more)
        };
        let loads = path.iter().enumerate().map(|(place, link)| (place, load(place, link)));
        let shares = loads.map(|(place, load)| if place == 0 { load } else { load * SHARE });
        let of_root: usize = shares.fold(0, usize::saturating_add);
        let taken = self.used.len() + self.branches.len();
        let left = self.most.saturating_sub(taken);
        let root = path.first().map_or(0, |root| load(0, root));
        more + path.len().saturating_sub(known) <= left
            && of_root <= self.most_of_root
            && (taken <= self.most / 2 || root * SHARE <= left)
    }

    /// Counts so many more uses in every branch of a token.
    fn count(&mut self, path: &[Link], more: usize) {
        let known = path.iter().take_while(|link| self.branches.contains_key(*link)).count();
        let mut above = None;
        for (place, link) in path.iter().enumerate() {
            let branch = self.branches.entry(*link).or_insert(Branch { above, held: 0 });
            branch.held += more + path.len() - known.max(place);
            above = Some(*link);
        }
    }

    /// Opens a challenge.
    pub(super) fn open(&mut self, challenge: Once) -> Result<(), TokenReason> {
        if self.open.len() >= self.most {
            return Err(TokenReason::TooManyPending);
        }
        self.open.insert(challenge);
        Ok(())
    }

    /// Uses everything with a token of these links, or, where one was used before or is not open, nothing.
    pub(super) fn spend(&mut self, path: &[Link], spent: &[Spent]) -> Result<(), TokenReason> {
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
        let last = path.last().copied().unwrap_or_default();
        if more > 0 {
            if !self.has_room(path, more) {
                return Err(TokenReason::TooManyPending);
            }
            self.count(path, more);
        }
        for one in spent {
            match one {
                Spent::Challenge(challenge) => {
                    self.open.remove(challenge);
                }
                Spent::Proof(once) | Spent::Attestation(once) => {
                    self.used.insert(*once, last);
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
    use sha2::{Digest, Sha256};

    use super::*;

    const ROOT: [Link; 1] = [[7; 32]];

    /// A token of blocks with these numbers, the root first.
    fn path<const N: usize>(blocks: [u16; N]) -> [Link; N] {
        let mut before = Link::default();
        blocks.map(|block| {
            let link = Sha256::new().chain_update(before).chain_update(block.to_be_bytes());
            before = link.finalize().into();
            before
        })
    }

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
        let mut few = Remembered::of(2, 2);
        few.open(thing(1, 50)).unwrap();
        few.open(thing(6, 90)).unwrap();
        let full = Err(TokenReason::TooManyPending);
        assert_eq!(few.open(thing(4, 80)), full);
        let mut remembered = Remembered::of(100, 2);
        remembered.open(thing(1, 50)).unwrap();
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
        let mut remembered = Remembered::of(100, 2);
        let (one, other) = (path([1]), path([2]));
        remembered.spend(&one, &[proof(1, 50), proof(2, 60)]).unwrap();
        assert_eq!(remembered.spend(&one, &[proof(3, 70)]), Err(TokenReason::TooManyPending));
        remembered.spend(&other, &[proof(3, 70)]).unwrap();
        remembered.at(at(50));
        remembered.spend(&one, &[proof(4, 70)]).unwrap();
        assert_eq!(remembered.spend(&one, &[proof(5, 70)]), Err(TokenReason::TooManyPending));
        remembered.at(at(70));
        assert!(remembered.branches.is_empty() && remembered.used.is_empty());
    }

    /// Something that is good once until this moment, by a number of any size.
    fn numbered(n: u32, until: u64) -> Spent {
        let mut nonce = [0; 16];
        for (place, byte) in nonce.iter_mut().zip(n.to_be_bytes()) {
            *place = byte;
        }
        Spent::Attestation(once(at(until), &nonce, &[1; 16]))
    }

    /// How many uses a token has until it is refused; `next` numbers them.
    fn flood(
        remembered: &mut Remembered,
        mut token: impl FnMut(u32) -> Vec<Link>,
        next: &mut u32,
    ) -> u32 {
        let before = *next;
        while remembered.spend(&token(*next), &[numbered(*next, 1000)]).is_ok() {
            *next += 1;
        }
        *next - before
    }

    #[test]
    fn a_branch_leaves_room_to_its_siblings_cousins_and_the_root() {
        let (mut remembered, mut next) = (Remembered::of(1_000_000, 10_000), 0);
        // The root is 1, and 2 a holder below it, who demands what it says itself in a block of its own.
        assert_eq!(flood(&mut remembered, |_| path([1, 2, 3]).into(), &mut next), 1111);
        // A child of its own for every use changes little, and neither do chains as deep as they go.
        let children = flood(&mut remembered, |n| path([1, 2, 4 + n as u16]).into(), &mut next);
        assert!(children < 1000, "{children}");
        let deep = |n: u32| {
            let mut blocks = [0; 64];
            (blocks[0], blocks[1], blocks[2]) = (1, 2, 9000 + n as u16);
            path(blocks).into()
        };
        let deep = flood(&mut remembered, deep, &mut next);
        assert!(deep < 100, "{deep}");
        // A sibling, a cousin and the root itself go on.
        for token in [vec![1, 5], vec![1, 6, 7], vec![1, 6, 8], vec![1]] {
            let token: Vec<Link> = match *token.as_slice() {
                [root] => path([root]).into(),
                [root, child] => path([root, child]).into(),
                [root, child, below] => path([root, child, below]).into(),
                _ => continue,
            };
            for _ in 0..100 {
                remembered.spend(&token, &[numbered(next, 1000)]).unwrap();
                next += 1;
            }
        }
        // What was used stays used, by whomever, and the flooding branch stays refused until its uses end.
        let again = remembered.spend(&path([1, 5]), &[numbered(0, 1000)]);
        assert_eq!(again, Err(TokenReason::AttestationReplayed));
        remembered.at(at(999));
        let more = [numbered(next, 2000)];
        assert_eq!(remembered.spend(&path([1, 2]), &more), Err(TokenReason::TooManyPending));
        remembered.at(at(1000));
        assert!(remembered.branches.is_empty() && remembered.used.is_empty());
        remembered.spend(&path([1, 2]), &more).unwrap();
    }

    #[test]
    fn a_child_leaves_room_to_its_parent() {
        let (mut remembered, mut next) = (Remembered::of(1_000_000, 10_000), 0);
        let children = flood(&mut remembered, |n| path([1, 2, 3, n as u16]).into(), &mut next);
        assert!(children > 100, "{children}");
        assert!(flood(&mut remembered, |_| path([1, 2]).into(), &mut next) > 100);
        assert!(flood(&mut remembered, |_| path([1, 9, 9]).into(), &mut next) > 100);
    }

    #[test]
    fn many_siblings_that_flood_together_leave_something() {
        let (mut remembered, mut next) = (Remembered::of(1_000_000, 10_000), 0);
        for sibling in 0..20 {
            flood(&mut remembered, |_| path([1, 100 + sibling]).into(), &mut next);
        }
        assert!(flood(&mut remembered, |_| path([1, 2]).into(), &mut next) > 10);
    }

    /// Many roots can fill the whole, but one that comes late still finds a share.
    #[test]
    fn many_roots_leave_room_to_others() {
        let (mut remembered, mut next) = (Remembered::of(20_000, 1_000), 0);
        for root in 0..40 {
            flood(&mut remembered, |_| path([100 + root]).into(), &mut next);
        }
        assert!(flood(&mut remembered, |_| path([1]).into(), &mut next) > 0);
        assert!(remembered.used.len() + remembered.branches.len() <= 20_000);
    }

    /// Uses that end one after the other leave exactly what a count of those that are left says.
    #[test]
    fn branches_hold_what_is_used_in_them() {
        let (mut remembered, mut seed) = (Remembered::of(100_000, 100_000), 1_u32);
        let mut draw = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % below
        };
        let mut tokens = Vec::new();
        for n in 0..2000 {
            let token = path([draw(3) as u16, draw(3) as u16, draw(4) as u16]);
            let token = &token[..1 + draw(3) as usize];
            let until = 10 + u64::from(draw(200));
            remembered.spend(token, &[numbered(n, until)]).unwrap();
            tokens.push((token.to_vec(), until));
        }
        for now in (0..=210).step_by(7) {
            remembered.at(at(now));
            let left: Vec<_> = tokens.iter().filter(|(_, until)| *until > now).collect();
            let blocks: BTreeSet<&[Link]> = left
                .iter()
                .flat_map(|(token, _)| (1..=token.len()).map(|length| &token[..length]))
                .collect();
            assert_eq!(remembered.branches.len(), blocks.len(), "at {now}");
            for block in &blocks {
                let uses = left.iter().filter(|(token, _)| token.starts_with(block)).count();
                let below = blocks.iter().filter(|other| other.starts_with(block)).count();
                let held = remembered.branches[block.last().unwrap()].held;
                assert_eq!(held, uses + below, "at {now}");
            }
        }
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
