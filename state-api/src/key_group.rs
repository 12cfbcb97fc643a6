//! Key groups: the unit of distribution. A key belongs to one of `max_parallelism` key groups for
//! life; a worker owns a contiguous range of them; a rescale hands whole groups around.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Version of the mapping key -> key group: canonical form of the key, hash and reduction
/// together. Stored in every manifest; another version is refused.
pub const KEY_GROUP_LAYOUT: u16 = 1;

/// The hash of a key: xxh3 over its canonical form (see [`KeyHash::of`]).
///
/// Its upper 32 bits choose the key group, by `(upper * max_parallelism) >> 32`. That is monotone:
/// ascending hashes visit key groups in ascending order, so a range of key groups is one interval
/// of hashes, and the ownership check is one subtraction and one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub u64);

/// A non-empty, inclusive range of key groups: `first..=last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct KeyGroupRange {
    first: u16,
    last: u16,
}

/// A range as it is stored, which may be none.
#[derive(Deserialize)]
struct Bounds {
    first: u16,
    last: u16,
}

impl TryFrom<Bounds> for KeyGroupRange {
    type Error = Error;

    fn try_from(Bounds { first, last }: Bounds) -> Result<Self> {
        Self::new(first, last)
    }
}

impl KeyGroupRange {
    /// The range `first..=last`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when `first > last`.
    pub fn new(first: u16, last: u16) -> Result<Self> {
        if first > last {
            return Err(Error::new(ErrorKind::Invalid, "empty key-group range")
                .with("first", first)
                .with("last", last));
        }
        Ok(Self { first, last })
    }

    /// The first key group of the range.
    pub fn first(self) -> u16 {
        self.first
    }

    /// The last key group of the range; it belongs to the range.
    pub fn last(self) -> u16 {
        self.last
    }

    /// Number of key groups, 1 to 32,768.
    #[expect(clippy::len_without_is_empty, reason = "a range is never empty")]
    pub fn len(self) -> u32 {
        u32::from(self.last) - u32::from(self.first) + 1
    }

    /// Whether `group` lies in the range.
    pub fn contains(self, group: u16) -> bool {
        self.first <= group && group <= self.last
    }

    /// The key groups that both ranges hold.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let first = self.first.max(other.first);
        let last = self.last.min(other.last);
        (first <= last).then_some(Self { first, last })
    }

    /// The key groups of the range, ascending.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u16> {
        self.first..=self.last
    }
}

impl fmt::Display for KeyGroupRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..={}", self.first, self.last)
    }
}

/// The key groups that one worker owns, out of `max_parallelism` in all.
///
/// `max_parallelism` is fixed for the life of the state: it decides the key group of every key.
///
/// ```
/// use state_api::KeyGroups;
///
/// // Worker 1 of 3, 128 key groups in all.
/// let groups = KeyGroups::of_worker(128, 1, 3)?;
/// assert_eq!((groups.range().first(), groups.range().last()), (43, 85));
/// # Ok::<(), state_api::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyGroups {
    max_parallelism: u16,
    range: KeyGroupRange,
    first_hash: u64,
    span: u64,
}

impl KeyGroups {
    /// The largest `max_parallelism`: 32,768, as in Flink.
    pub const MAX: u16 = 1 << 15;

    /// The default `max_parallelism`: 128, as in Flink.
    pub const DEFAULT: u16 = 128;

    /// The key groups `range` out of `max_parallelism`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] unless `1 <= max_parallelism <= 32768` and the range lies below it.
    pub fn new(max_parallelism: u16, range: KeyGroupRange) -> Result<Self> {
        if max_parallelism == 0 || max_parallelism > Self::MAX {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("max parallelism must lie in 1..={}", Self::MAX),
            )
            .with("max_parallelism", max_parallelism));
        }
        if range.last >= max_parallelism {
            return Err(Error::new(
                ErrorKind::Invalid,
                "key-group range exceeds the max parallelism",
            )
            .with("range", range)
            .with("max_parallelism", max_parallelism));
        }
        let first_hash = first_hash(range.first, max_parallelism);
        let last_hash = match range.last + 1 {
            end if end == max_parallelism => u64::MAX,
            end => first_hash_minus_one(end, max_parallelism),
        };
        Ok(Self {
            max_parallelism,
            range,
            first_hash,
            span: last_hash - first_hash,
        })
    }

    /// All key groups of `max_parallelism`: what a single worker owns.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] unless `1 <= max_parallelism <= 32768`.
    pub fn all(max_parallelism: u16) -> Result<Self> {
        Self::of_worker(max_parallelism, 0, 1)
    }

    /// The share of worker `index` of `parallelism`, by Flink's formula: from
    /// `ceil(index * max / parallelism)` to `((index + 1) * max - 1) / parallelism`, inclusive.
    /// Over all workers the shares are disjoint, complete, and differ by at most one group.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] unless `index < parallelism <= max_parallelism <= 32768`.
    pub fn of_worker(max_parallelism: u16, index: u16, parallelism: u16) -> Result<Self> {
        if index >= parallelism || parallelism > max_parallelism {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a worker needs index < parallelism <= max parallelism",
            )
            .with("index", index)
            .with("parallelism", parallelism)
            .with("max_parallelism", max_parallelism));
        }
        let (i, max, p) = (
            u32::from(index),
            u32::from(max_parallelism),
            u32::from(parallelism),
        );
        let first = (i * max).div_ceil(p);
        let last = ((i + 1) * max - 1) / p;
        let narrow = |group: u32| u16::try_from(group).unwrap_or(u16::MAX);
        Self::new(
            max_parallelism,
            KeyGroupRange::new(narrow(first), narrow(last))?,
        )
    }

    /// Number of key groups in the whole job.
    pub fn max_parallelism(self) -> u16 {
        self.max_parallelism
    }

    /// The owned range.
    pub fn range(self) -> KeyGroupRange {
        self.range
    }

    /// Whether all key groups are owned: then every key is.
    #[inline]
    pub fn is_all(self) -> bool {
        self.span == u64::MAX
    }

    /// The key group of a key: one multiplication and one shift.
    #[inline]
    pub fn group_of(self, hash: KeyHash) -> u16 {
        group_of(hash, self.max_parallelism)
    }

    /// Whether a key with this hash belongs to the owned range: one comparison.
    #[inline]
    pub fn owns(self, hash: KeyHash) -> bool {
        hash.0.wrapping_sub(self.first_hash) <= self.span
    }

    /// [`KeyGroups::owns`] as an error that names the group and the range.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] when the key belongs to another worker.
    #[inline]
    pub fn check(self, hash: KeyHash) -> Result<()> {
        if self.owns(hash) {
            Ok(())
        } else {
            Err(self.not_owned(hash))
        }
    }

    #[cold]
    fn not_owned(self, hash: KeyHash) -> Error {
        Error::new(
            ErrorKind::OutOfRange,
            "the key belongs to a key group that this backend does not own",
        )
        .with("key_group", self.group_of(hash))
        .with("owned", self.range)
        .with("max_parallelism", self.max_parallelism)
    }
}

/// The key group of a hash among `max_parallelism` groups.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the product is below max_parallelism << 32"
)]
fn group_of(hash: KeyHash, max_parallelism: u16) -> u16 {
    (((hash.0 >> 32) * u64::from(max_parallelism)) >> 32) as u16
}

/// The smallest hash of key group `group`.
fn first_hash(group: u16, max_parallelism: u16) -> u64 {
    let upper = (u64::from(group) << 32).div_ceil(u64::from(max_parallelism));
    upper << 32
}

/// The largest hash below key group `group`, for `group > 0`.
fn first_hash_minus_one(group: u16, max_parallelism: u16) -> u64 {
    first_hash(group, max_parallelism) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Bincode, Codec};

    #[test]
    fn shares_of_workers_are_disjoint_complete_and_even() {
        for max in [1_u16, 2, 7, 128, 1000, KeyGroups::MAX] {
            for p in [1_u16, 2, 3, 5, 7, 127, 128]
                .into_iter()
                .filter(|p| *p <= max)
            {
                let mut next = 0_u32;
                let mut lens = Vec::new();
                for i in 0..p {
                    let range = KeyGroups::of_worker(max, i, p).unwrap().range();
                    assert_eq!(u32::from(range.first()), next, "max {max} p {p} i {i}");
                    next = u32::from(range.last()) + 1;
                    lens.push(range.len());
                }
                assert_eq!(next, u32::from(max));
                let (min, max_len) = (lens.iter().min().unwrap(), lens.iter().max().unwrap());
                assert!(max_len - min <= 1, "max {max} p {p}: {min} to {max_len}");
            }
        }
    }

    #[test]
    fn owning_a_hash_agrees_with_its_group_at_every_edge() {
        for max in [1_u16, 2, 3, 7, 100, 128, KeyGroups::MAX] {
            for (first, last) in [
                (0, max - 1),
                (max / 2, max / 2),
                (max / 3, max - 1),
                (0, max / 3),
            ] {
                let groups = KeyGroups::new(max, KeyGroupRange::new(first, last).unwrap()).unwrap();
                for edge in [0, first, last, last.saturating_add(1).min(max - 1)] {
                    let base = first_hash(edge, max);
                    for hash in [base.wrapping_sub(1), base, base + 1, u64::MAX, 0] {
                        let hash = KeyHash(hash);
                        let inside = groups.range().contains(groups.group_of(hash));
                        assert_eq!(
                            groups.owns(hash),
                            inside,
                            "max {max} {first}..={last} {hash:?}"
                        );
                        assert_eq!(groups.check(hash).is_ok(), inside);
                    }
                }
            }
        }
    }

    #[test]
    fn a_key_of_another_worker_is_refused_by_name() {
        let groups = KeyGroups::new(128, KeyGroupRange::new(3, 7).unwrap()).unwrap();
        let error = groups.check(KeyHash(first_hash(8, 128))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfRange);
        assert_eq!(error.context("key_group"), Some("8"));
        assert_eq!(error.context("owned"), Some("3..=7"));
        assert_eq!(error.context("max_parallelism"), Some("128"));
    }

    #[test]
    fn ranges_are_sets_of_key_groups() {
        let ranges = (0..5).flat_map(|first| (first..5).map(move |last| (first, last)));
        let ranges: Vec<_> = ranges
            .map(|(first, last)| KeyGroupRange::new(first, last).unwrap())
            .collect();
        for a in &ranges {
            assert_eq!(a.len() as usize, a.iter().count(), "{a}");
            for b in &ranges {
                let both: Vec<_> = a.iter().filter(|group| b.contains(*group)).collect();
                let found = a.intersection(*b);
                let found: Vec<_> = found.into_iter().flat_map(KeyGroupRange::iter).collect();
                assert_eq!(found, both, "{a} and {b}");
            }
        }
        assert_eq!(KeyGroupRange::new(0, 0x7fff).unwrap().len(), 0x8000);
    }

    #[test]
    fn all_key_groups_are_owned_by_the_whole_range_alone() {
        for max in [1, 2, 7, 128, KeyGroups::MAX] {
            for (first, last) in [(0, max - 1), (0, max / 2), (max / 2, max - 1)] {
                let range = KeyGroupRange::new(first, last).unwrap();
                let groups = KeyGroups::new(max, range).unwrap();
                assert_eq!(groups.max_parallelism(), max);
                assert_eq!(
                    groups.is_all(),
                    range.len() == u32::from(max),
                    "{range} of {max}"
                );
            }
        }
    }

    #[test]
    fn impossible_shares_are_refused() {
        for (max, i, p) in [
            (0, 0, 1),
            (128, 3, 3),
            (128, 0, 0),
            (2, 0, 3),
            (40_000, 0, 1),
        ] {
            let error = KeyGroups::of_worker(max, i, p).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{max} {i} {p}");
        }
    }

    /// A stored range was once believed: the count of owned hashes overflowed at `first > last`.
    #[test]
    fn a_stored_range_is_none_when_it_is_backwards() {
        let stored = |first: u16, last: u16| {
            let bytes = [first.to_le_bytes(), last.to_le_bytes()].concat();
            Codec::<KeyGroupRange>::decode(&Bincode, &bytes)
        };
        assert_eq!(stored(3, 4).unwrap(), KeyGroupRange::new(3, 4).unwrap());
        for (first, last) in [(1, 0), (u16::MAX, 0), (3, 2)] {
            let error = stored(first, last).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{first}..={last}");
        }
    }
}
