//! What may be used once, remembered exactly as long as it is valid.

use std::collections::BTreeSet;

use super::error::TokenReason;
use crate::limits::MAX_REMEMBERED;
use crate::time::Timestamp;

/// Something that can be used once: until when, and what. Whatever can be presented again with the same validity is
/// the same entry, since the validity is signed too.
pub(super) type Once = (Timestamp, [u8; 32]);

/// Proofs and attestations that were used, and challenges that are open.
///
/// Time never goes back here: what was forgotten because its time had come stays out of date.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    latest: Timestamp,
    used: BTreeSet<Once>,
    open: BTreeSet<Once>,
}

impl Remembered {
    /// The time, never below what was seen. Forgets what has ended.
    pub(super) fn at(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        let rest = (self.latest, [0xFF; 32]);
        for entries in [&mut self.used, &mut self.open] {
            if entries.first().is_some_and(|first| *first <= rest) {
                *entries = entries.split_off(&(
                    Timestamp::from_unix_millis(self.latest.as_unix_millis().saturating_add(1)),
                    [0; 32],
                ));
            }
        }
        self.latest
    }

    /// Opens a challenge.
    pub(super) fn open(&mut self, challenge: Once) -> Result<(), TokenReason> {
        self.room(1)?;
        self.open.insert(challenge);
        Ok(())
    }

    /// Uses everything, or, where one was used before or is not open, nothing.
    pub(super) fn spend(&mut self, spent: &[Spent]) -> Result<(), TokenReason> {
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
                Spent::Proof(proof) if again || self.used.contains(proof) => {
                    return Err(TokenReason::ProofReplayed);
                }
                Spent::Attestation(once) if again || self.used.contains(once) => {
                    return Err(TokenReason::AttestationReplayed);
                }
                _ => {}
            }
        }
        self.room(spent.len())?;
        for one in spent {
            match one {
                Spent::Challenge(challenge) => {
                    self.open.remove(challenge);
                }
                Spent::Proof(once) | Spent::Attestation(once) => {
                    self.used.insert(*once);
                }
            }
        }
        Ok(())
    }

    fn room(&self, more: usize) -> Result<(), TokenReason> {
        if self.used.len() + self.open.len() + more > MAX_REMEMBERED {
            Err(TokenReason::TooManyPending)
        } else {
            Ok(())
        }
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
