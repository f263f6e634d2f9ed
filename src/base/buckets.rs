//! An immutable multimap from 64-bit keys to numbers, built once, whose longest bucket is known.
//!
//! A map from the standard library would do; this one answers "surely not" from a filter of two to four
//! bytes an entry, which stays in the nearest cache and is asked without a branch, and it can say how
//! long its longest bucket is, which the stated worst case of a policy needs.

use crate::base::steps;

/// Keys and their numbers, grouped by the upper bits of the key.
#[derive(Debug)]
pub(crate) struct Buckets {
    /// One bit for each key, by bits that the buckets do not go by; a power of two of words.
    filter: Box<[u64]>,
    /// Bucket `b` holds the entries from `heads[b]` to `heads[b + 1]`.
    heads: Box<[u32]>,
    entries: Box<[(u64, u32)]>,
    shift: u32,
}

/// Bits of the filter for each entry, at least: false hits are fewer than one in this many.
const FILTER_BITS: usize = 16;

impl Buckets {
    /// Builds the map; the number of entries must fit `u32`.
    pub(crate) fn new(mut entries: Vec<(u64, u32)>) -> Self {
        let bits = (entries.len() * 2).next_power_of_two().trailing_zeros().max(1);
        let shift = u64::BITS - bits;
        entries.sort_unstable();
        let mut heads = Vec::with_capacity((1 << bits) + 1);
        heads.push(0);
        let mut at = 0;
        for bucket in 0..1_u64 << bits {
            while entries.get(at).is_some_and(|(key, _)| key >> shift == bucket) {
                at += 1;
            }
            heads.push(at as u32);
        }
        let words = (entries.len() * FILTER_BITS).next_power_of_two().div_ceil(64);
        let mut filter = vec![0; words];
        for (key, _) in &entries {
            if let Some(word) = filter.get_mut(filter_word(*key, words)) {
                *word |= 1 << (key % 64);
            }
        }
        Self { filter: filter.into(), heads: heads.into(), entries: entries.into(), shift }
    }

    /// Whether something may stand under `key`; false is certain. Without branches.
    #[inline]
    pub(crate) fn may_hold(&self, key: u64) -> bool {
        let word =
            self.filter.get(filter_word(key, self.filter.len())).copied().unwrap_or_default();
        word >> (key % 64) & 1 == 1
    }

    /// The numbers that stand under `key`, in ascending order.
    #[inline]
    pub(crate) fn get(&self, key: u64) -> impl Iterator<Item = u32> {
        let bucket = (key >> self.shift) as usize;
        let range = match self.heads.get(bucket..).and_then(|heads| heads.first_chunk::<2>()) {
            Some([from, to]) => *from as usize..*to as usize,
            None => 0..0,
        };
        let entries = self.entries.get(range).unwrap_or_default();
        steps::take(|| 1 + entries.len() as u64);
        entries.iter().filter(move |(other, _)| *other == key).map(|(_, number)| *number)
    }

    /// The most steps that looking one key up can take.
    pub(crate) fn worst_case_steps(&self) -> u64 {
        1 + self.buckets().map(<[_]>::len).max().unwrap_or(0) as u64
    }

    /// The most numbers that stand under one key.
    pub(crate) fn most_alike(&self) -> usize {
        let alike = self.entries.chunk_by(|(one, _), (other, _)| one == other);
        alike.map(<[_]>::len).max().unwrap_or(0)
    }

    /// The entries of each bucket that is not empty.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = &[(u64, u32)]> {
        self.heads.windows(2).filter_map(|pair| match pair {
            [from, to] if from < to => self.entries.get(*from as usize..*to as usize),
            _ => None,
        })
    }

    /// Bytes on the heap.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.filter) + size_of_val(&*self.heads) + size_of_val(&*self.entries)
    }
}

/// Which word of a filter of `words` words, a power of two, a key belongs to.
#[inline]
const fn filter_word(key: u64, words: usize) -> usize {
    (key >> 6) as usize & words.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hash::finish;

    #[test]
    fn every_entry_is_found_and_nothing_else() {
        for count in [0_u32, 1, 2, 3, 10, 1000] {
            let key = |n: u32| finish(u64::from(n / 2));
            let map = Buckets::new((0..count).map(|n| (key(n), n)).collect());
            for n in 0..count {
                let twin = (n ^ 1).min(count - 1);
                let expected = if n < twin { vec![n, twin] } else { vec![twin, n] };
                let found: Vec<_> = map.get(key(n)).collect();
                assert!(found == expected || found == [n], "{n} of {count}: {found:?}");
                assert!(found.contains(&n) && map.may_hold(key(n)));
            }
            assert_eq!(map.get(finish(u64::MAX)).count(), 0);
            let false_hits = (0..1000).filter(|n| map.may_hold(finish(1 << 40 | n))).count();
            assert!(false_hits <= 100, "{false_hits} false hits among {count}");
            assert_eq!(map.buckets().map(<[_]>::len).sum::<usize>(), count as usize);
        }
    }
}
