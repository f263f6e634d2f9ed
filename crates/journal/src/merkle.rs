//! The tree over all frames, hashed as RFC 6962 says, in memory that grows with the logarithm of their number.

use std::ops::Range;

use crate::digest::Digest;

/// The roots of the full subtrees over the first `size` leaves, the largest first: all that is needed to add leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// One that was kept. `None` where the number of peaks is not that of such a tree.
    pub(crate) fn of(size: u64, peaks: Vec<Digest>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    pub(crate) fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = Digest::node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    pub(crate) fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Digest::of_nothing() };
        peaks.fold(*last, |right, left| Digest::node(left, &right))
    }

    /// What of it lies in a range that a path needs: whole subtrees, since a leaf outside of it lies beside that range.
    fn within(&self, range: &Range<u64>) -> Self {
        let (mut start, mut within) = (0, Self::default());
        for peak in &self.peaks {
            let width = 1_u64 << (63 - (self.size - start).leading_zeros());
            if start >= range.start && start + width <= range.end {
                within.peaks.push(*peak);
                within.size += width;
            }
            start += width;
        }
        within
    }
}

/// The hashes beside the way from a leaf to the root, while leaves pass by.
pub(crate) struct Siblings {
    index: u64,
    /// From the leaf up.
    ranges: Vec<(Range<u64>, Frontier)>,
}

impl Siblings {
    /// Of a leaf in a tree of `size` leaves, of which those in `before` have passed by already.
    pub(crate) fn new(index: u64, size: u64, before: &Frontier) -> Option<Self> {
        if index >= size || before.size() > index {
            return None;
        }
        let mut ranges = Vec::new();
        let mut within = 0..size;
        while within.end - within.start > 1 {
            let middle = within.start + split(within.end - within.start);
            let (near, far) = if index < middle {
                (within.start..middle, middle..within.end)
            } else {
                (middle..within.end, within.start..middle)
            };
            let passed = before.within(&far);
            ranges.push((far, passed));
            within = near;
        }
        ranges.reverse();
        Some(Self { index, ranges })
    }

    /// The leaf at `index` passes by.
    pub(crate) fn pass(&mut self, index: u64, leaf: Digest) {
        if index == self.index {
            return;
        }
        let range = self.ranges.iter_mut().find(|(range, _)| range.contains(&index));
        if let Some((_, frontier)) = range {
            frontier.push(leaf);
        }
    }

    /// The hashes from the leaf up, where all leaves have passed by.
    pub(crate) fn path(self) -> Option<Vec<Digest>> {
        let full =
            |(range, frontier): &(Range<u64>, Frontier)| frontier.size() == range.end - range.start;
        let all = self.ranges.iter().all(full);
        all.then(|| self.ranges.iter().map(|(_, frontier)| frontier.root()).collect())
    }
}

/// The root that a path leads to from a leaf, as RFC 9162 checks it. `None` where the path has not the length that it must have.
pub(crate) fn root_of(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            hash = Digest::node(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = Digest::node(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// The largest power of two below a number of leaves above 1.
const fn split(leaves: u64) -> u64 {
    1 << (63 - (leaves - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    fn leaf(data: &[u8]) -> Digest {
        let mut sha = Sha256::new();
        sha.update([0]);
        sha.update(data);
        Digest::from_bytes(sha.finalize().into())
    }

    /// The leaves and roots that the logs of Certificate Transparency test with.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let mut frontier = Frontier::default();
        for (data, root) in LEAVES.iter().zip(ROOTS) {
            frontier.push(leaf(data));
            assert_eq!(frontier.root().to_string(), root);
        }
        assert_eq!(
            Frontier::default().root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    /// MTH of RFC 6962, as it is written there.
    fn plain(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of_nothing(),
            [one] => *one,
            many => {
                let (left, right) = many.split_at(split(many.len() as u64) as usize);
                Digest::node(&plain(left), &plain(right))
            }
        }
    }

    /// Each leaf of each small tree has a path, also where the first leaves are known by their peaks alone; and no other leaf,
    /// place or size goes with that path.
    #[test]
    fn every_leaf_is_proved_and_nothing_else_is() {
        let leaves: Vec<Digest> = (0..40_u8).map(|byte| leaf(&[byte])).collect();
        for size in 1..=leaves.len() as u64 {
            let root = plain(&leaves[..size as usize]);
            for index in 0..size {
                for passed in 0..=index {
                    let mut before = Frontier::default();
                    leaves[..passed as usize].iter().for_each(|leaf| before.push(*leaf));
                    let mut siblings = Siblings::new(index, size, &before).unwrap();
                    (passed..size).for_each(|place| siblings.pass(place, leaves[place as usize]));
                    let path = siblings.path().unwrap();
                    let proved = root_of(leaves[index as usize], index, size, &path);
                    assert_eq!(proved, Some(root), "{index} of {size}, {passed} gone");
                    if passed == 0 {
                        let other = leaves[(index as usize + 1) % leaves.len()];
                        assert_ne!(root_of(other, index, size, &path), Some(root));
                        assert_ne!(
                            root_of(leaves[index as usize], index + 1, size, &path),
                            Some(root)
                        );
                        let longer = [path.as_slice(), &[other]].concat();
                        assert_eq!(root_of(leaves[index as usize], index, size, &longer), None);
                    }
                }
            }
            assert!(Siblings::new(size, size, &Frontier::default()).is_none());
        }
    }
}
