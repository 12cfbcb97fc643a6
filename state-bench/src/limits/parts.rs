//! Plain tables, each found by one load, that know of no view; with a byte for each of their buckets.

use std::hash::BuildHasher as _;
use std::mem::needs_drop;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Marks of a row.
const WRITTEN: u8 = 1;
const FRESH: u8 = 2;

#[derive(Clone)]
pub(super) struct Parts<V> {
    /// They do not grow once they are filled.
    tables: Vec<HashTable<(u64, V)>>,
    /// A byte for each bucket of each table.
    marks: Vec<Box<[u8]>>,
    /// The leading bits of a hash's lower half, above these, are the number of the table.
    shift: u32,
    hasher: RandomState,
}

impl<V> Parts<V> {
    /// Rows that a table has room for: those of a segment, which are fewer where each owns memory. It has half of them to all.
    const ROWS: u64 = if needs_drop::<V>() { 896 } else { 3584 };

    /// Tables of all keys below `keys`.
    pub(super) fn filled(keys: u64, value: impl Fn(u64) -> V) -> Self {
        let depth = (2 * keys / Self::ROWS).max(2).ilog2();
        let room = usize::try_from(Self::ROWS).unwrap_or(0);
        let mut parts = Self {
            tables: Vec::new(),
            marks: Vec::new(),
            shift: u32::BITS - depth,
            hasher: RandomState::default(),
        };
        let table = || HashTable::with_capacity(room);
        parts.tables.resize_with(1 << depth, table);
        for key in 0..keys {
            let hash = parts.hasher.hash_one(key);
            let at = parts.at(hash);
            if let Some(rows) = parts.tables.get_mut(at) {
                let rehash = |row: &(u64, V)| parts.hasher.hash_one(row.0);
                rows.insert_unique(hash, (key, value(key)), rehash);
            }
        }
        let marks = |rows: &HashTable<_>| vec![0; rows.num_buckets()].into();
        parts.marks = parts.tables.iter().map(marks).collect();
        parts
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the table takes its tag from the other half"
    )]
    fn at(&self, hash: u64) -> usize {
        (hash as u32 >> self.shift) as usize
    }

    #[inline]
    pub(super) fn get(&self, key: u64) -> Option<&V> {
        let hash = self.hasher.hash_one(key);
        let rows = self.tables.get(self.at(hash))?;
        let row = rows.find(hash, |row| row.0 == key)?;
        Some(&row.1)
    }
}

impl Parts<i64> {
    #[inline]
    pub(super) fn modify(&mut self, key: u64) -> Option<i64> {
        let hash = self.hasher.hash_one(key);
        let at = self.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_mut(hash, |row| row.0 == key)?;
        row.1 += 1;
        Some(row.1)
    }

    #[inline]
    pub(super) fn put(&mut self, key: u64, value: i64) -> Option<i64> {
        let hash = self.hasher.hash_one(key);
        let at = self.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_mut(hash, |row| row.0 == key)?;
        row.1 = value;
        Some(0)
    }

    /// [`Parts::put`], and marks the row.
    #[inline]
    pub(super) fn put_marked(&mut self, key: u64, value: i64) -> Option<i64> {
        self.marked(key)?.1 = value;
        Some(0)
    }

    /// [`Parts::modify`], and marks the row.
    #[inline]
    pub(super) fn modify_marked(&mut self, key: u64) -> Option<i64> {
        let row = self.marked(key)?;
        row.1 += 1;
        Some(row.1)
    }

    #[inline]
    fn marked(&mut self, key: u64) -> Option<&mut (u64, i64)> {
        let hash = self.hasher.hash_one(key);
        let at = self.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_entry(hash, |row| row.0 == key).ok()?;
        let marks = self.marks.get_mut(at)?;
        *marks.get_mut(row.bucket_index())? |= WRITTEN;
        Some(row.into_mut())
    }

    #[inline]
    pub(super) fn remove(&mut self, key: u64) -> Option<i64> {
        let hash = self.hasher.hash_one(key);
        let at = self.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_entry(hash, |row| row.0 == key).ok()?;
        Some(row.remove().0.1)
    }

    /// [`Parts::remove`], and notes the key of a row that was there before it was all marked afresh.
    #[inline]
    pub(super) fn remove_noted(&mut self, key: u64, removed: &mut Vec<u64>) -> Option<i64> {
        let hash = self.hasher.hash_one(key);
        let at = self.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_entry(hash, |row| row.0 == key).ok()?;
        let mark = *self.marks.get(at)?.get(row.bucket_index())?;
        if mark & FRESH == 0 {
            removed.push(key);
        }
        Some(row.remove().0.1)
    }

    /// Adds a row that is not there, where there is room.
    #[inline]
    pub(super) fn add(&mut self, key: u64, value: i64) -> Option<i64> {
        let hash = self.hasher.hash_one(key);
        let at = self.at(hash);
        let rows = self.tables.get_mut(at)?;
        let rehash = |row: &(u64, i64)| self.hasher.hash_one(row.0);
        rows.insert_unique(hash, (key, value), rehash);
        Some(0)
    }

    /// [`Parts::add`], and marks the row.
    #[inline]
    pub(super) fn add_marked(&mut self, key: u64, value: i64) -> Option<i64> {
        let hash = self.hasher.hash_one(key);
        let at = self.at(hash);
        let rows = self.tables.get_mut(at)?;
        let rehash = |row: &(u64, i64)| self.hasher.hash_one(row.0);
        let row = rows.insert_unique(hash, (key, value), rehash);
        let (bucket, buckets) = (row.bucket_index(), row.into_table().num_buckets());
        let marks = self.marks.get_mut(at)?;
        if buckets != marks.len() {
            // It has grown: where rows went is not followed here, which counts some of them as old.
            *marks = vec![0; buckets].into();
        }
        *marks.get_mut(bucket)? = WRITTEN | FRESH;
        Some(0)
    }
}
