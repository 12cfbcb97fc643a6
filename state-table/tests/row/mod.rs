//! The row of the tests: the test chooses its hash, and clones are counted.
#![allow(dead_code, reason = "no test needs all of it")]

use std::cell::Cell;

use state_table::Row;

thread_local! {
    static CLONES: Cell<usize> = const { Cell::new(0) };
}

/// How many rows this thread cloned so far.
pub(crate) fn clones() -> usize {
    CLONES.get()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) hash: u64,
    pub(crate) key: u64,
    pub(crate) value: u64,
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Self {
            hash: self.hash,
            key: self.key,
            value: self.value,
        }
    }
}

impl Row for Entry {
    fn hash(&self) -> u64 {
        self.hash
    }
}

pub(crate) type Table = state_table::Table<Entry>;

/// A hash as even as that of a real key.
pub(crate) fn spread(key: u64) -> u64 {
    let z = key.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The half of a hash that segments are told apart by.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the other half is not asked for"
)]
pub(crate) fn lower_half(hash: u64) -> u32 {
    hash as u32
}

/// Sets the value of `key`; returns whether it is new.
pub(crate) fn set(table: &mut Table, hash: u64, key: u64, value: u64) -> bool {
    let make = || Entry { hash, key, value };
    let (row, inserted) = table.find_or_insert_with(hash, |row| row.key == key, make);
    row.value = value;
    inserted
}

/// A table of `keys` with even hashes; the value is the key.
pub(crate) fn filled(max_rows: usize, keys: std::ops::Range<u64>) -> Table {
    let mut table = Table::new(max_rows);
    for key in keys {
        assert!(set(&mut table, spread(key), key, key));
    }
    table
}
