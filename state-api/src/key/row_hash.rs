//! The hash of a row in memory: fast, never stored.

use serde::Serialize;

use super::hash::{LeafHash, feed};
use crate::address::Prepared;
use crate::error::Result;
use crate::key::StateKey;

/// The hash of a key and namespace that an in-memory table finds a row by: what such a backend
/// prepares from a key.
///
/// One multiplication per eight bytes of the key, against some twenty instructions of the
/// canonical [`KeyHash`](crate::KeyHash). It is not stored anywhere and may change with any
/// version. It does not check that the key group is owned, and need not: a row is only ever
/// inserted after that check, so a key that is found is owned, and a table makes the check on
/// the paths that find nothing.
///
/// The hash is not keyed by a secret: who chooses the keys can make them collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowHash(u64);

/// Odd, the best of two thousand random ones for keys in steps of any power of two and of other numbers, by the tests below. By
/// the golden ratio half of the keys in steps of 2^31 found their buckets taken.
const FACTOR: u64 = 0x5bdc_6972_bb3f_836b;

/// Any word but those that keys begin with: 0 and its complement are what [`RowHash::word`] returns for themselves, so
/// a hash that meets them goes on as one that took in nothing. The factor is in a register anyway.
const START: u64 = FACTOR;

impl RowHash {
    /// The hash of a row in the namespace `()`: that of its key.
    ///
    /// # Errors
    /// [`Codec`](crate::ErrorKind::Codec) when the `Serialize` of the key fails.
    #[inline]
    pub fn of<Q: Serialize + ?Sized>(key: &Q) -> Result<Self> {
        Self(START).chain(key)
    }

    /// The hash of what `self` is the hash of, followed by `part`.
    ///
    /// # Errors
    /// [`Codec`](crate::ErrorKind::Codec) when the `Serialize` of the part fails.
    #[inline]
    pub fn chain<N: Serialize + ?Sized>(self, part: &N) -> Result<Self> {
        let mut hash = self;
        feed(part, &mut hash)?;
        Ok(hash)
    }

    /// The 64 bits, all of them well spread.
    #[inline]
    pub fn get(self) -> u64 {
        self.0
    }

    /// Takes in a word: both halves of a full product, folded.
    #[inline]
    fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(FACTOR);
        let (high, low) = (product >> 64, product & u128::from(u64::MAX));
        #[expect(clippy::cast_possible_truncation, reason = "both are below 2^64")]
        let folded = (high ^ low) as u64;
        self.0 = folded;
    }
}

impl LeafHash for RowHash {
    #[inline]
    fn leaf(&mut self, bytes: &[u8]) {
        // A leaf of a fixed width is one or two words; the compiler sees the width.
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_be_bytes(*word));
        }
        if !rest.is_empty() || words.is_empty() {
            let mut last = [0; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            self.word(u64::from_be_bytes(last));
        }
        if bytes.len() != 8 {
            // Lengths apart: a shorter string is not the longer one with zeros.
            self.word(!(bytes.len() as u64));
        }
    }
}

impl Prepared for RowHash {
    #[inline]
    fn in_namespace<N: StateKey>(&self, namespace: &N) -> Result<Self> {
        self.chain(namespace)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Counts how evenly the hashes of consecutive and of strided keys fill 256 cells, by the
    /// upper, middle and lower bits that a table uses.
    #[test]
    fn regular_keys_spread_over_all_bits() {
        for stride in [1_u64, 2, 8, 1 << 16, 1 << 32, 1 << 40, 0x0101_0101] {
            for shift in [0, 7, 12, 20, 24, 48, 56] {
                let mut cells = [0_u32; 256];
                for i in 0..65_536_u64 {
                    let hash = RowHash::of(&i.wrapping_mul(stride)).unwrap().get();
                    cells[usize::try_from((hash >> shift) & 255).unwrap()] += 1;
                }
                let (least, most) = (cells.iter().min().unwrap(), cells.iter().max().unwrap());
                assert!(
                    *least > 128 && *most < 512,
                    "{stride} >> {shift}: {least} to {most}"
                );
            }
        }
    }

    /// Counts how many keys find their place full, by what a table takes of a hash for it: the segment from the leading bits of the lower
    /// half, a group of 16 buckets from bits 4 to 11; with 8 keys a group.
    #[test]
    fn regular_keys_find_room_in_their_buckets() {
        const GROUPS: usize = 256;
        for depth in [4, 8] {
            let cells = GROUPS << depth;
            let keys = u64::try_from(8 * cells).unwrap();
            let steps = [3, 10, 1000, 1_000_000, 1_000_000_007];
            let steps = (0..44).map(|shift| 1 << shift).chain(steps);
            for step in steps {
                let mut room = vec![16_u8; cells];
                let mut full = 0;
                for i in 0..keys {
                    let hash = RowHash::of(&i.wrapping_mul(step)).unwrap().get();
                    let segment = (hash & 0xffff_ffff) >> (32 - depth);
                    let group = hash >> 4 & 0xff;
                    let cell = usize::try_from(segment << 8 | group).unwrap();
                    match room[cell].checked_sub(1) {
                        Some(left) => room[cell] = left,
                        None => full += 1,
                    }
                }
                assert!(full * 10 < keys, "{full} of {keys} in steps of {step}");
            }
        }
    }

    /// Hashes that began with 0 stayed there for 0, and all ones for -1: each `i128` met its complement, each pair that
    /// begins with 0 one that begins with -1, and of many such numbers only the parity was left.
    #[test]
    fn small_numbers_of_both_signs_do_not_meet() {
        fn distinct<K: Serialize>(keys: impl Iterator<Item = K>) -> bool {
            let hashes: Vec<u64> = keys.map(|k| RowHash::of(&k).unwrap().get()).collect();
            hashes.iter().collect::<HashSet<_>>().len() == hashes.len()
        }
        let near = -100_i64..100;
        assert!(distinct(near.clone().map(i128::from)));
        let pairs = near.clone().flat_map(|a| near.clone().map(move |b| (a, b)));
        assert!(distinct(pairs));
        let few = -10_i64..10;
        let triples = few.clone().flat_map(|a| {
            let few = few.clone();
            few.clone()
                .flat_map(move |b| few.clone().map(move |c| (a, b, c)))
        });
        assert!(distinct(triples));
        let flags = (0..1 << 10).map(|bits: i64| std::array::from_fn(|i| -(bits >> i & 1)));
        assert!(distinct(flags.map(|flags: [i64; 10]| flags)));
    }

    #[test]
    fn strings_that_differ_by_length_or_order_do_not_meet() {
        let keys = [
            "",
            "\0",
            "\0\0",
            "a",
            "a\0",
            "abcdefgh",
            "abcdefgh\0",
            "hgfedcba",
            "abcdefgi",
            "abcdefghi",
            "abcdefghj",
        ];
        let hashes: HashSet<u64> = keys
            .iter()
            .map(|k| RowHash::of(*k).unwrap().get())
            .collect();
        assert_eq!(hashes.len(), keys.len());
    }

    #[test]
    fn owned_and_borrowed_forms_agree() {
        let (key, bytes) = ("user-17".to_owned(), vec![1_u8, 0, 255]);
        assert_eq!(RowHash::of(&key).unwrap(), RowHash::of("user-17").unwrap());
        assert_eq!(
            RowHash::of(&bytes).unwrap(),
            RowHash::of(&bytes[..]).unwrap()
        );
    }
}
