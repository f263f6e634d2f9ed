//! What was verified before, by the digest of its bytes.

use std::collections::HashMap;
use std::sync::Arc;

pub(super) type TokenDigest = [u8; 32];

/// A bounded map in two generations: when the young one is full, it becomes the old one, and what nobody asked
/// for since then is forgotten.
pub(super) struct Cache<V> {
    young: HashMap<TokenDigest, Arc<V>>,
    old: HashMap<TokenDigest, Arc<V>>,
    half: usize,
}

impl<V> Cache<V> {
    pub(super) fn of(entries: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: entries.div_ceil(2) }
    }

    pub(super) fn get(&mut self, digest: &TokenDigest) -> Option<Arc<V>> {
        if let Some(verified) = self.young.get(digest) {
            return Some(verified.clone());
        }
        let verified = self.old.remove(digest)?;
        self.insert(*digest, verified.clone());
        Some(verified)
    }

    pub(super) fn insert(&mut self, digest: TokenDigest, verified: Arc<V>) {
        if self.half == 0 {
            return;
        }
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, verified);
    }

    pub(super) fn remove(&mut self, digest: &TokenDigest) {
        self.young.remove(digest);
        self.old.remove(digest);
    }

    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}
