//! What was seen before, and how much of it is kept.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// A bounded map in two generations: when the young one is full, it becomes the old one, and what nobody asked
/// for since then is forgotten.
pub(super) struct Cache<K, V> {
    young: HashMap<K, Arc<V>>,
    old: HashMap<K, Arc<V>>,
    half: usize,
}

impl<K: Hash + Eq, V> Cache<K, V> {
    pub(super) fn of(entries: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: entries.div_ceil(2) }
    }

    pub(super) fn get<Q>(&mut self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    pub(super) fn insert(&mut self, key: K, value: Arc<V>) {
        if self.half == 0 {
            return;
        }
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_bounded() {
        let mut cache = Cache::of(4);
        for n in 0..100 {
            cache.insert(n, Arc::new(n));
            assert!(cache.get(&0).is_some(), "{n}");
            assert!(cache.len() <= 4, "{n}");
        }
        assert!(cache.get(&50).is_none());
        cache.remove(&0);
        assert!(cache.get(&0).is_none());
        let mut none = Cache::of(0);
        none.insert(1, Arc::new(1));
        assert_eq!(none.len(), 0);
    }
}
