//! A set of encoded map keys that is cheap to add to and cheaper to drop.

use std::mem::size_of;

use crate::row::Row;
use crate::table::Table;

/// Bytes of the first chunk of keys, and of all after some doublings.
const FIRST_CHUNK: usize = 64;
const CHUNK: usize = 64 << 10;

/// Encoded keys.
///
/// Their bytes lie in chunks that never move: nothing grows with a pause, no key is an allocation, and to
/// drop a million keys is to free some hundred chunks.
#[derive(Debug, Default)]
pub(crate) struct EntryKeys {
    index: Table<EntryKey>,
    chunks: Vec<Vec<u8>>,
    chunk_bytes: usize,
}

/// Where a key lies.
#[derive(Clone, Debug)]
struct EntryKey {
    hash: u64,
    chunk: u32,
    start: u32,
    len: u32,
}

impl Row for EntryKey {
    fn hash(&self) -> u64 {
        self.hash
    }
}

impl EntryKeys {
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// Adds a key that has this hash, if it is not there yet; whether it was added. A key that has no
    /// place is not: `None`.
    pub(crate) fn insert(&mut self, hash: u64, key: &[u8]) -> Option<bool> {
        let Self { index, chunks, .. } = self;
        let fits = chunks
            .last()
            .is_some_and(|last| last.capacity() - last.len() >= key.len());
        let chunk = chunks.len() - usize::from(fits);
        let start = chunks.get(chunk).map_or(0, Vec::len);
        let at = EntryKey {
            hash,
            chunk: u32::try_from(chunk).ok()?,
            start: u32::try_from(start).ok()?,
            len: u32::try_from(key.len()).ok()?,
        };
        let (_, is_new) =
            index.find_or_insert_with(hash, |there| bytes_of(chunks, there) == key, || at);
        if is_new {
            if !fits {
                self.open_chunk(key.len());
            }
            if let Some(last) = self.chunks.last_mut() {
                last.extend_from_slice(key);
            }
        }
        Some(is_new)
    }

    #[cold]
    #[inline(never)]
    fn open_chunk(&mut self, key: usize) {
        let doubled = self.chunks.last().map_or(0, |last| 2 * last.capacity());
        let bytes = doubled.clamp(FIRST_CHUNK, CHUNK).max(key);
        self.chunk_bytes += bytes;
        self.chunks.push(Vec::with_capacity(bytes));
    }

    /// All keys, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.index.iter().map(|key| bytes_of(&self.chunks, key))
    }

    /// Bytes held; they may become less when a key is added, where hashes crowd. Cost: a few additions.
    pub(crate) fn bytes(&self) -> usize {
        let chunks = self.chunks.capacity() * size_of::<Vec<u8>>();
        self.index.held().bytes + chunks + self.chunk_bytes
    }
}

/// By a walk over the keys: rows of a table have to be `Clone`, and those of a log are never shared.
impl Clone for EntryKeys {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        for key in self.index.iter() {
            copy.insert(key.hash, bytes_of(&self.chunks, key));
        }
        copy
    }
}

fn bytes_of<'k>(chunks: &'k [Vec<u8>], key: &EntryKey) -> &'k [u8] {
    let start = key.start as usize;
    let chunk = chunks.get(key.chunk as usize);
    let bytes = chunk.and_then(|chunk| chunk.get(start..start + key.len as usize));
    bytes.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Also where all hashes are equal.
        #[test]
        fn it_is_a_set(
            keys in proptest::collection::vec(proptest::collection::vec(0..3_u8, 0..40), 0..200),
            hashes in 1..50_u64,
        ) {
            let (mut set, mut model) = (EntryKeys::default(), BTreeSet::new());
            for key in &keys {
                let hash = key.iter().map(|byte| u64::from(*byte)).sum::<u64>() % hashes;
                prop_assert_eq!(set.insert(hash << 50, key), Some(model.insert(&key[..])));
            }
            prop_assert_eq!(set.len(), model.len());
            prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), model);
        }
    }

    #[test]
    fn large_keys_have_chunks_of_their_own() {
        let mut set = EntryKeys::default();
        let (large, small) = (vec![7; 3 * CHUNK], vec![8; 10]);
        assert_eq!(set.insert(1, &large), Some(true));
        assert_eq!(set.insert(2, &small), Some(true));
        assert_eq!(set.insert(1, &large), Some(false));
        assert!(set.bytes() < 6 * CHUNK, "{} bytes", set.bytes());
        assert_eq!(
            set.iter().collect::<BTreeSet<_>>(),
            BTreeSet::from([&large[..], &small])
        );
    }
}
