//! The row of the benches: a `u64` key, hashed as a backend does, and any value.

use state_table::Row;
use xxhash_rust::xxh3::xxh3_64;

/// A key and its value, without anything beside.
#[derive(Clone)]
pub(crate) struct Pair<V> {
    pub(crate) key: u64,
    pub(crate) value: V,
}

impl<V: Clone> Row for Pair<V> {
    #[inline]
    fn hash(&self) -> u64 {
        hash(self.key)
    }
}

/// The hash of a key.
#[inline]
pub(crate) fn hash(key: u64) -> u64 {
    xxh3_64(&key.to_be_bytes())
}

/// Pseudo-random numbers, the same in each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number (splitmix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }
}
