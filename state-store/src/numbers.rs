//! The numbers of the last chunks of lists whose tails are not known any more: a word a list.

/// Lists in a bucket, the one that was put last in front.
const WAYS: usize = 4;

/// Buckets: a million lists, in 8 MiB.
const BUCKETS: usize = 1 << 18;

/// Bits of a word that are a chunk number. The others are a tag of the list, of which the lowest is set: no word of a
/// list is zero, and zero is none.
const NUMBER_BITS: u32 = 48;

/// What is known. Lists are told apart by a hash alone, so that the number may be that of a chunk of another list; no
/// two lists have a chunk of one number.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// All or none: nothing is taken before there is something to keep.
    buckets: Vec<[u64; WAYS]>,
}

fn tag(hash: u64) -> u64 {
    (hash >> NUMBER_BITS) | 1
}

/// The bucket of a hash.
fn place(hash: u64) -> usize {
    usize::try_from(hash % BUCKETS as u64).unwrap_or_default()
}

impl Numbers {
    fn bucket(&mut self, hash: u64) -> Option<&mut [u64; WAYS]> {
        self.buckets.get_mut(place(hash))
    }

    /// Keeps a number in place of the one of the same hash, if there is one, else of that of the list in its bucket that
    /// was put first.
    pub(crate) fn put(&mut self, hash: u64, number: u64) {
        if self.buckets.is_empty() {
            self.buckets = vec![[0; WAYS]; BUCKETS];
        }
        self.take(hash);
        // A number that does not fit is not known.
        if let Some(bucket) = self.bucket(hash)
            && number >> NUMBER_BITS == 0
        {
            bucket.rotate_right(1);
            let [first, ..] = bucket;
            *first = (tag(hash) << NUMBER_BITS) | number;
        }
    }

    /// Takes out the number that was put for a hash, or one of which all was alike but some bits of the hash.
    pub(crate) fn take(&mut self, hash: u64) -> Option<u64> {
        let tag = tag(hash);
        let bucket = self.bucket(hash)?;
        let at = bucket.iter().position(|word| *word >> NUMBER_BITS == tag)?;
        // The empty place comes last, where the next one is put from.
        let behind = bucket.get_mut(at..)?;
        let word = std::mem::take(behind.first_mut()?);
        behind.rotate_left(1);
        Some(word & ((1 << NUMBER_BITS) - 1))
    }

    /// Whether nothing was put yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<[u64; WAYS]>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    impl Numbers {
        fn get(&self, hash: u64) -> Option<u64> {
            let mut words = self.buckets.get(place(hash))?.iter();
            let found = words.find(|word| *word >> NUMBER_BITS == tag(hash))?;
            Some(found & ((1 << NUMBER_BITS) - 1))
        }
    }

    /// A hash of one of two buckets, with one of seven tags.
    fn hash() -> impl Strategy<Value = u64> {
        let tag = select(&[1_u64, 3, 5, 7, 9, 11, 0xffff][..]);
        (tag, 0..2_u64).prop_map(|(tag, bucket)| (tag << NUMBER_BITS) | bucket)
    }

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..100_u64,
            Just((1 << NUMBER_BITS) - 1),
            Just(1 << NUMBER_BITS)
        ]
    }

    proptest! {
        /// An old number would put a list out of order.
        #[test]
        fn what_is_known_is_what_was_put_last(
            steps in vec((hash(), proptest::option::of(number())), 0..200),
        ) {
            let (mut numbers, mut put) = (Numbers::default(), BTreeMap::new());
            for (hash, number) in steps {
                match number {
                    Some(number) => numbers.put(hash, number),
                    None => drop(numbers.take(hash)),
                }
                put.insert(hash, number.filter(|number| number >> NUMBER_BITS == 0));
                let known = numbers.get(hash);
                prop_assert_eq!(known, put.get(&hash).copied().flatten());
                for (hash, number) in &put {
                    let known = numbers.get(*hash);
                    prop_assert!(known.is_none() || known == *number, "{known:?} {number:?}");
                }
            }
        }

        /// A bucket takes as many as it has places, whatever was removed before.
        #[test]
        fn the_last_ones_of_a_bucket_are_known(
            before in vec((hash(), any::<bool>()), 0..20),
            last in proptest::sample::subsequence(vec![1_u64, 3, 5, 7, 9, 11], WAYS),
        ) {
            let mut numbers = Numbers::default();
            for (hash, is_put) in before {
                if is_put {
                    numbers.put(hash, 1);
                } else {
                    numbers.take(hash);
                }
            }
            for tag in &last {
                numbers.put(tag << NUMBER_BITS, *tag);
            }
            for tag in &last {
                prop_assert_eq!(numbers.get(tag << NUMBER_BITS), Some(*tag));
            }
        }
    }

    #[test]
    fn nothing_is_held_before_there_is_something_to_keep() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.get(7), None);
        numbers.take(7);
        assert_eq!(numbers.bytes(), 0);
        numbers.put(7, 1);
        assert_eq!(numbers.bytes(), 8 << 20);
    }
}
