//! A set of row keys: those that were written in an interval.
//!
//! A key is kept once, behind the others in a log; an index of eight bytes a key finds it there. Neither
//! is ever moved as a whole, so that no write waits for a copy in proportion to the set.
//!
//! To look a key up in a large index is to wait for memory, two or three times. Keys that come are
//! therefore collected, and looked up many at once: the processor then waits for many at once.

use std::fmt;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::store::TableId;

/// Bytes of a block of the log; so that a block and a place in it are 16 bits each.
const BLOCK: usize = 1 << 16;

/// Bytes of the first block at its beginning, which doubles up to [`BLOCK`]: a small set is small.
const FIRST_BLOCK: usize = 256;

/// Keys from which on the index is in [`PARTS`], each of which grows on its own.
const SPLIT: usize = 8192;

/// A power of two, at most 256.
const PARTS: usize = 256;

/// Keys that are looked up at once, and their bytes.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 4096;

/// Bytes of a key in the log beside its own.
const HEADER: usize = 7;

/// Length that says that the length follows in four bytes.
const LONG: u8 = u8::MAX;

/// Keys with their tables, one behind the other, each at an address of 32 bits.
#[derive(Default)]
pub(crate) struct KeyLog {
    /// All but the last are full; each takes in keys that *begin* in its first [`BLOCK`] bytes.
    blocks: Vec<Vec<u8>>,
    bytes: usize,
}

impl KeyLog {
    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Adds a key as it is encoded; `None` when the log has no address for it, which takes 4 GiB of
    /// keys.
    fn push(&mut self, encoded: &[u8]) -> Option<u32> {
        let (index, block) = self.with_room(encoded.len())?;
        let at = index << 16 | u32::try_from(block.len()).ok()?;
        block.extend_from_slice(encoded);
        Some(at)
    }

    /// The last block, when it has room for `size` bytes more, or a new one; with its number.
    fn with_room(&mut self, size: usize) -> Option<(u32, &mut Vec<u8>)> {
        let fits = self
            .blocks
            .last()
            .is_some_and(|last| last.len() + size <= BLOCK);
        if !fits {
            if self.blocks.len() == BLOCK {
                return None;
            }
            let before = self.blocks.capacity();
            let first = if before == 0 { FIRST_BLOCK } else { BLOCK };
            self.blocks.push(Vec::with_capacity(first.max(size)));
            self.bytes += (self.blocks.capacity() - before) * size_of::<Vec<u8>>();
            self.bytes += self.blocks.last().map_or(0, Vec::capacity);
        }
        let index = u32::try_from(self.blocks.len().checked_sub(1)?).ok()?;
        let block = self.blocks.last_mut()?;
        let before = block.capacity();
        block.reserve(size);
        self.bytes += block.capacity() - before;
        Some((index, block))
    }

    /// The key at an address.
    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<(TableId, &[u8])> {
        let block = self.blocks.get(usize::try_from(at >> 16).ok()?)?;
        let (table, key, _) = split(block.get(usize::try_from(at & 0xffff).ok()?..)?)?;
        Some((table, key))
    }

    /// All keys with their addresses, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, TableId, &[u8])> {
        (0..).zip(&self.blocks).flat_map(|(index, block)| {
            let mut rest = &block[..];
            std::iter::from_fn(move || {
                let offset = u32::try_from(block.len() - rest.len()).ok()?;
                let (table, key, behind) = split(rest)?;
                rest = behind;
                Some((index << 16 | offset, table, key))
            })
        })
    }
}

/// Encodes a key behind others: table, length, key. `None`, and nothing, for a table that is none or a
/// key that is longer than a row can be.
#[inline]
fn encode(table: TableId, key: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let [high, low] = u16::try_from(table.0).ok()?.to_be_bytes();
    match u8::try_from(key.len()) {
        Ok(len) if len < LONG => out.extend_from_slice(&[high, low, len]),
        _ => {
            let [a, b, c, d] = u32::try_from(key.len()).ok()?.to_be_bytes();
            out.extend_from_slice(&[high, low, LONG, a, b, c, d]);
        }
    }
    out.extend_from_slice(key);
    Some(())
}

/// Splits the first key off a block: table, key, and the bytes behind.
#[inline]
fn split(bytes: &[u8]) -> Option<(TableId, &[u8], &[u8])> {
    let (len, high, low, rest) = match bytes {
        [high, low, LONG, a, b, c, d, rest @ ..] => {
            let len = u32::from_be_bytes([*a, *b, *c, *d]);
            (usize::try_from(len).ok()?, high, low, rest)
        }
        [high, low, len, rest @ ..] => (usize::from(*len), high, low, rest),
        _ => return None,
    };
    let table = TableId(u32::from(u16::from_be_bytes([*high, *low])));
    Some((table, rest.get(..len)?, rest.get(len..)?))
}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLog")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Where a key lies in the log, with what growing the index needs.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    at: u32,
}

impl Slot {
    /// The hash that the index goes by. Its lowest bits, which choose a bucket, are those of `hash`,
    /// and not the highest ones, which choose a part.
    #[inline]
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// A set of keys with their tables.
#[derive(Default)]
pub(crate) struct KeySet {
    log: KeyLog,
    /// None, one, or [`PARTS`] by the highest bits of the hash.
    parts: Vec<HashTable<Slot>>,
    /// Bytes of the index.
    bytes: usize,
    /// Keys that came last, encoded, with their hashes: not yet looked up.
    recent: Vec<u8>,
    unsettled: Vec<Slot>,
}

/// What adding a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// Nothing.
    Done,
    /// To call [`KeySet::settle`], and to look at the bytes.
    Unsettled,
    /// There is no room: the set is not to be used any more.
    NoRoom,
}

impl KeySet {
    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let batch = self.recent.capacity() + self.unsettled.capacity() * size_of::<Slot>();
        self.log.bytes() + self.bytes + batch
    }

    /// Adds a key, unless it is in the set.
    ///
    /// Cost: a hash and a copy; and by turns what [`KeySet::settle`] costs.
    #[inline]
    pub(crate) fn add(&mut self, table: TableId, key: &[u8]) -> Added {
        let hash = xxh3_64_with_seed(key, u64::from(table.0)) >> 32;
        let hash = u32::try_from(hash).unwrap_or_default();
        let Ok(at) = u32::try_from(self.recent.len()) else {
            return Added::NoRoom;
        };
        if self.recent.capacity() == 0 {
            self.recent.reserve_exact(BATCH_BYTES);
            self.unsettled.reserve_exact(BATCH);
        }
        if encode(table, key, &mut self.recent).is_none() {
            return Added::NoRoom;
        }
        self.unsettled.push(Slot { hash, at });
        let is_full =
            self.unsettled.len() == BATCH || self.recent.len() + HEADER + key.len() > BATCH_BYTES;
        if is_full || self.log.is_empty() {
            Added::Unsettled
        } else {
            Added::Done
        }
    }

    /// Looks up the keys that came last, and keeps those that are new; `false` when there is no room:
    /// the set is not to be used any more.
    ///
    /// Cost: for each a look into index and log; for a new key a copy of it, and now and then what it
    /// takes to double a part of the index.
    pub(crate) fn settle(&mut self) -> bool {
        let recent = std::mem::take(&mut self.recent);
        let mut unsettled = std::mem::take(&mut self.unsettled);
        // Each pass asks for memory that the next one has at hand, and none waits for its own answer:
        // first the index, then the log.
        let mut found = [None; BATCH];
        for (found, slot) in found.iter_mut().zip(&unsettled) {
            *found = self.find(slot.hash, |_| true);
        }
        let mut had_room = true;
        for (found, slot) in found.iter().zip(&unsettled) {
            let at = usize::try_from(slot.at).unwrap_or(usize::MAX);
            let Some((table, key, behind)) = recent.get(at..).and_then(split) else {
                continue;
            };
            let log = &self.log;
            let is_key = |at: u32| log.get(at) == Some((table, key));
            if found.is_some_and(is_key) || self.find(slot.hash, is_key).is_some() {
                continue;
            }
            let encoded = recent.get(at..recent.len() - behind.len());
            had_room &= self.keep(slot.hash, encoded.unwrap_or_default());
        }
        self.recent = recent;
        self.recent.clear();
        // A long key must not cost its memory from now on.
        self.recent.shrink_to(BATCH_BYTES);
        unsettled.clear();
        self.unsettled = unsettled;
        had_room
    }

    /// The address of the key of a hash that `is_key` accepts.
    #[inline]
    fn find(&self, hash: u32, is_key: impl Fn(u32) -> bool) -> Option<u32> {
        let part = self.parts.get(part(self.parts.len(), hash))?;
        let is_key = |slot: &Slot| slot.hash == hash && is_key(slot.at);
        part.find(Slot::spread(hash), is_key).map(|slot| slot.at)
    }

    /// Takes a new key into log and index.
    fn keep(&mut self, hash: u32, encoded: &[u8]) -> bool {
        let Some(at) = self.log.push(encoded) else {
            return false;
        };
        match &mut self.parts[..] {
            [] => {
                self.parts = vec![HashTable::new()];
                self.bytes = size_of::<HashTable<Slot>>();
            }
            [one] if one.len() == SPLIT => {
                let slots = one.drain().collect::<Vec<_>>();
                self.parts = (0..PARTS)
                    .map(|_| HashTable::with_capacity(2 * SPLIT / PARTS))
                    .collect();
                self.bytes = self.parts.iter().map(HashTable::allocation_size).sum();
                self.bytes += PARTS * size_of::<HashTable<Slot>>();
                for slot in slots {
                    self.enter(slot);
                }
            }
            _ => {}
        }
        self.enter(Slot { hash, at });
        true
    }

    fn enter(&mut self, slot: Slot) {
        let index = part(self.parts.len(), slot.hash);
        if let Some(part) = self.parts.get_mut(index) {
            let before = part.allocation_size();
            part.insert_unique(Slot::spread(slot.hash), slot, |slot| {
                Slot::spread(slot.hash)
            });
            self.bytes += part.allocation_size() - before;
        }
    }

    /// The keys alone, without the index, once they are settled.
    pub(crate) fn into_log(self) -> KeyLog {
        self.log
    }
}

/// Number of the part of `parts` that a hash belongs to.
#[inline]
fn part(parts: usize, hash: u32) -> usize {
    let highest = usize::try_from(hash >> 24).unwrap_or_default();
    highest & parts.wrapping_sub(1)
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("log", &self.log)
            .field("index_bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Counts everything anew.
    fn counted(set: &KeySet) -> usize {
        let blocks: usize = set.log.blocks.iter().map(Vec::capacity).sum();
        let log = blocks + set.log.blocks.capacity() * size_of::<Vec<u8>>();
        let parts: usize = set.parts.iter().map(HashTable::allocation_size).sum();
        let batch = set.recent.capacity() + set.unsettled.capacity() * size_of::<Slot>();
        log + parts + set.parts.capacity() * size_of::<HashTable<Slot>>() + batch
    }

    /// Adds a key, and settles when it is due.
    fn insert(set: &mut KeySet, table: u32, key: &[u8]) -> bool {
        let added = set.add(TableId(table), key);
        added == Added::Done || added == Added::Unsettled && set.settle()
    }

    fn check(set: &mut KeySet, model: &BTreeSet<(u32, Vec<u8>)>) {
        assert_eq!(set.bytes(), counted(set));
        assert!(set.settle());
        let found: Vec<_> = set.log.iter().collect();
        for (at, table, key) in &found {
            assert_eq!(set.log.get(*at), Some((*table, *key)));
        }
        assert_eq!(found.len(), model.len(), "a key is kept once");
        let found: BTreeSet<_> = found
            .into_iter()
            .map(|(_, table, key)| (table.0, key.to_vec()))
            .collect();
        assert_eq!(&found, model);
        assert_eq!(set.bytes(), counted(set));
    }

    proptest! {
        #[test]
        fn holds_each_key_once_whatever_its_length(
            inserted in vec((0..3_u32, 0..4_u8, prop_oneof![0..6_usize, 250..260_usize, Just(70_000)]), 0..60),
        ) {
            let (mut set, mut model) = (KeySet::default(), BTreeSet::new());
            for (table, byte, len) in inserted {
                let key = vec![byte; len];
                prop_assert!(insert(&mut set, table, &key));
                model.insert((table, key));
            }
            check(&mut set, &model);
        }
    }

    #[test]
    fn is_exact_through_all_its_growth() {
        let (mut set, mut model) = (KeySet::default(), BTreeSet::new());
        for i in 0..100_000_u64 {
            let key = (i % 60_000)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .to_be_bytes();
            assert!(insert(&mut set, 7, &key));
            model.insert((7, key.to_vec()));
            if i % 4999 == 0 || (SPLIT as u64 - 1..SPLIT as u64 + 2).contains(&i) {
                check(&mut set, &model);
            }
        }
        check(&mut set, &model);
        assert_eq!(set.parts.len(), PARTS);
        assert!(set.bytes() < 60_000 * 40, "{} bytes", set.bytes());
        // Of 234 keys each on average: one that were to hold far more would be long in growing.
        let largest = set.parts.iter().map(HashTable::len).max();
        assert!(largest < Some(4 * 234), "{largest:?} keys in one part");
    }

    #[test]
    fn a_key_of_usual_length_costs_three_bytes_beside_its_own() {
        for (len, beside) in [(0, 3), (8, 3), (254, 3), (255, HEADER), (300, HEADER)] {
            let mut encoded = Vec::new();
            encode(TableId(1), &vec![7; len], &mut encoded).unwrap();
            assert_eq!(encoded.len(), len + beside, "of {len} bytes");
        }
    }

    #[test]
    fn a_log_that_is_full_says_so() {
        let mut set = KeySet::default();
        // All blocks that have an address, without their bytes.
        set.log.blocks = vec![Vec::new(); BLOCK];
        assert!(insert(&mut set, 1, b"in the last block") && set.settle());
        set.log.blocks.last_mut().unwrap().resize(BLOCK, 0);
        assert_eq!(set.add(TableId(1), b"a"), Added::Done);
        assert!(!set.settle());
    }

    #[test]
    fn a_table_that_is_none_finds_no_room() {
        assert_eq!(
            KeySet::default().add(TableId(1 << 16), b"key"),
            Added::NoRoom
        );
    }
}
