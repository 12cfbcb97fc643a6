//! Plain tables, each found by one load, that know of no view; with a byte for each of their buckets.

use std::hash::BuildHasher as _;
use std::hint::black_box;
use std::mem::needs_drop;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Marks of a row.
const WRITTEN: u8 = 1;
const FRESH: u8 = 2;

/// Rows of one part.
pub(crate) type Rows<V> = HashTable<(u64, V)>;

#[derive(Clone)]
pub(crate) struct Parts<V> {
    tables: Vec<Rows<V>>,
    /// A byte for each bucket of each table.
    marks: Vec<Box<[u8]>>,
    places: Places,
    /// Whether operations mark rows that only would where rows are marked.
    marking: bool,
}

/// Where rows are.
#[derive(Clone)]
pub(crate) struct Places {
    /// The leading bits of a hash's lower half, above these, are the number of the table.
    shift: u32,
    hasher: RandomState,
}

impl Places {
    #[inline]
    pub(crate) fn hash(&self, key: u64) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The number of the table.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the table takes its tag from the other half"
    )]
    pub(crate) fn at(&self, hash: u64) -> usize {
        (hash as u32 >> self.shift) as usize
    }
}

impl<V> Parts<V> {
    /// Rows that a table has room for: those of a segment, which are fewer where each owns memory. It has half of them to all.
    pub(crate) const ROWS: u64 = if needs_drop::<V>() { 896 } else { 3584 };

    /// Tables of all keys below `keys`.
    pub(crate) fn filled(keys: u64, value: impl Fn(u64) -> V) -> Self {
        let depth = (2 * keys / Self::ROWS).max(2).ilog2();
        let room = Self::room();
        let mut tables = Vec::new();
        tables.resize_with(1 << depth, || HashTable::with_capacity(room));
        let mut parts = Self::of(tables);
        for key in 0..keys {
            let hash = parts.places.hash(key);
            let at = parts.places.at(hash);
            if let Some(rows) = parts.tables.get_mut(at) {
                let rehash = |row: &(u64, V)| parts.places.hash(row.0);
                rows.insert_unique(hash, (key, value(key)), rehash);
            }
        }
        parts.marks = blank(&parts.tables);
        parts
    }

    /// A power of two of empty tables.
    fn of(tables: Vec<Rows<V>>) -> Self {
        Self {
            marks: blank(&tables),
            places: Places {
                shift: u32::BITS - tables.len().ilog2(),
                hasher: RandomState::default(),
            },
            tables,
            marking: black_box(false), // or the question would be left out
        }
    }

    fn room() -> usize {
        usize::try_from(Self::ROWS).unwrap_or(0)
    }

    /// The tables alone.
    pub(crate) fn into_tables(self) -> (Vec<Rows<V>>, Places) {
        (self.tables, self.places)
    }

    #[inline]
    pub(crate) fn get(&self, key: u64) -> Option<&V> {
        let hash = self.places.hash(key);
        let rows = self.tables.get(self.places.at(hash))?;
        let row = rows.find(hash, |row| row.0 == key)?;
        Some(&row.1)
    }
}

/// Marks of tables none of whose rows is marked.
fn blank<R>(tables: &[HashTable<R>]) -> Vec<Box<[u8]>> {
    let marks = |rows: &HashTable<R>| vec![0; rows.num_buckets()].into();
    tables.iter().map(marks).collect()
}

impl Parts<i64> {
    /// Two empty tables, which double when one is full.
    pub(crate) fn new() -> Self {
        Self::of(vec![HashTable::new(), HashTable::new()])
    }

    #[inline]
    pub(crate) fn modify(&mut self, key: u64) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_mut(hash, |row| row.0 == key)?;
        row.1 += 1;
        Some(row.1)
    }

    /// [`Parts::modify`], or adds the row. It would mark it, were rows marked.
    #[inline]
    pub(crate) fn modify_or_add(&mut self, key: u64) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        let found = if self.marking {
            match rows.find_entry(hash, |row| row.0 == key) {
                Ok(row) => {
                    *self.marks.get_mut(at)?.get_mut(row.bucket_index())? |= WRITTEN;
                    Some(row.into_mut())
                }
                Err(_) => None,
            }
        } else {
            rows.find_mut(hash, |row| row.0 == key)
        };
        match found {
            Some(row) => {
                row.1 += 1;
                Some(row.1)
            }
            None => self.add_growing(hash, key, 1),
        }
    }

    /// [`Parts::put`], or adds the row.
    #[inline]
    pub(crate) fn put_or_add(&mut self, key: u64, value: i64) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        match rows.find_mut(hash, |row| row.0 == key) {
            Some(row) => {
                row.1 = value;
                Some(0)
            }
            None => self.add_growing(hash, key, value),
        }
    }

    #[cold]
    #[inline(never)]
    fn add_growing(&mut self, hash: u64, key: u64, value: i64) -> Option<i64> {
        if self.tables.get(self.places.at(hash))?.len() >= Self::room() {
            self.double();
        }
        if self.marking {
            self.add_marked(key, value)?;
        } else {
            self.add(key, value)?;
        }
        Some(value)
    }

    /// Splits each table into two of the same room. Marks are begun afresh.
    fn double(&mut self) {
        let bit = 1 << (self.places.shift - 1);
        let mut halves = Vec::with_capacity(2 * self.tables.len());
        for rows in self.tables.drain(..) {
            let table = || HashTable::with_capacity(Self::room());
            let (mut lower, mut upper) = (table(), table());
            for row in rows {
                let hash = self.places.hash(row.0);
                let half = if hash & bit == 0 {
                    &mut lower
                } else {
                    &mut upper
                };
                half.insert_unique(hash, row, |row| self.places.hash(row.0));
            }
            halves.extend([lower, upper]);
        }
        self.marks = blank(&halves);
        self.tables = halves;
        self.places.shift -= 1;
    }

    #[inline]
    pub(crate) fn put(&mut self, key: u64, value: i64) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_mut(hash, |row| row.0 == key)?;
        row.1 = value;
        Some(0)
    }

    /// [`Parts::put`], and marks the row.
    #[inline]
    pub(crate) fn put_marked(&mut self, key: u64, value: i64) -> Option<i64> {
        self.marked(key)?.1 = value;
        Some(0)
    }

    /// [`Parts::modify`], and marks the row.
    #[inline]
    pub(crate) fn modify_marked(&mut self, key: u64) -> Option<i64> {
        let row = self.marked(key)?;
        row.1 += 1;
        Some(row.1)
    }

    #[inline]
    fn marked(&mut self, key: u64) -> Option<&mut (u64, i64)> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_entry(hash, |row| row.0 == key).ok()?;
        let marks = self.marks.get_mut(at)?;
        *marks.get_mut(row.bucket_index())? |= WRITTEN;
        Some(row.into_mut())
    }

    #[inline]
    pub(crate) fn remove(&mut self, key: u64) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        let row = rows.find_entry(hash, |row| row.0 == key).ok()?;
        Some(row.remove().0.1)
    }

    /// [`Parts::remove`], and notes the key of a row that was there before it was all marked afresh.
    #[inline]
    pub(crate) fn remove_noted(&mut self, key: u64, removed: &mut Vec<u64>) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
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
    pub(crate) fn add(&mut self, key: u64, value: i64) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        let rehash = |row: &(u64, i64)| self.places.hash(row.0);
        rows.insert_unique(hash, (key, value), rehash);
        Some(0)
    }

    /// [`Parts::add`], and marks the row.
    #[inline]
    pub(crate) fn add_marked(&mut self, key: u64, value: i64) -> Option<i64> {
        let hash = self.places.hash(key);
        let at = self.places.at(hash);
        let rows = self.tables.get_mut(at)?;
        let rehash = |row: &(u64, i64)| self.places.hash(row.0);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_are_there_behind_every_split() {
        let mut parts = Parts::new();
        let keys = 5 * Parts::<i64>::ROWS;
        for key in 0..keys {
            assert_eq!(parts.get(key), None);
            assert!(parts.put_or_add(key, 7).is_some());
        }
        assert!(parts.tables.len() > 4);
        assert!((0..keys).all(|key| parts.get(key) == Some(&7)));
        assert_eq!(parts.modify_or_add(3), Some(8));
        assert_eq!(parts.modify_or_add(keys), Some(1));
    }

    #[test]
    fn rows_are_marked_where_they_are_to_be() {
        let mut parts = Parts::filled(10, |_| 1);
        let marked = |parts: &Parts<i64>| parts.marks.iter().any(|marks| marks.contains(&WRITTEN));
        parts.modify_or_add(3);
        assert!(!marked(&parts));
        parts.marking = true;
        parts.modify_or_add(3);
        assert!(marked(&parts));
    }

    #[test]
    fn rows_that_are_added_are_marked_behind_every_split() {
        let mut parts = Parts::new();
        parts.marking = true;
        let keys = 5 * Parts::<i64>::ROWS;
        for key in 0..keys {
            assert_eq!(parts.modify_or_add(key), Some(1));
            assert_eq!(parts.modify_or_add(key), Some(2));
        }
        let rows: usize = parts.tables.iter().map(HashTable::len).sum();
        assert_eq!(rows as u64, keys);
        let mut marks = parts.marks.iter().flatten();
        assert!(marks.any(|mark| *mark == WRITTEN | FRESH));
    }
}
