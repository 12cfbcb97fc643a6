//! The smallest ordered store: `BTreeMap`s. Not fast, not persistent; the file to copy for an engine of your
//! own, and a third instance of the adapter for tests.
//!
//! It uses nothing that is not public: in a copy `crate::store` is `state_store`. Each method has its law above it, in
//! short; the traits have it in full.

use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;
use std::sync::Arc;

use state_api::{Capability, Error, ErrorKind, Result};

use crate::store::{Entry, OrderedRead, OrderedStore, Scan, TableId};

type Table = BTreeMap<Vec<u8>, Vec<u8>>;

/// An ordered store of `BTreeMap`s. A view is a copy of the tables that change after it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    tables: BTreeMap<TableId, Arc<Table>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn table_mut(&mut self, table: TableId) -> Result<&mut Table> {
        match self.tables.get_mut(&table) {
            Some(table) => Ok(Arc::make_mut(table)),
            None => {
                Err(Error::new(ErrorKind::Invalid, "the table was not created")
                    .with("table", table.0))
            }
        }
    }
}

impl OrderedRead for MemoryStore {
    // The engine's own bytes, lent. What an engine gives instead of them, such as a counted page, does as well.
    type Guard<'a> = &'a [u8];
    type Scan<'a> = MemoryScan<'a>;

    // The value, an empty one too; `None` for a key that is absent, and for a table that is.
    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
        Ok(self
            .tables
            .get(&table)
            .and_then(|table| table.get(key))
            .map(Vec::as_slice))
    }

    // All entries between the bounds and no other, ascending by their bytes; none in a table that is absent. Bounds
    // never cross, so that `range` does not panic.
    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<MemoryScan<'_>> {
        let range = self
            .tables
            .get(&table)
            .map(|table| table.range::<[u8], _>((from, to)));
        Ok(MemoryScan(range.unwrap_or_default()))
    }
}

impl OrderedStore for MemoryStore {
    // What a view reads is read as in the store: here it is one.
    type View = Self;

    // Stands in what the store writes: another name does not open it again.
    fn name(&self) -> &'static str {
        "memory"
    }

    // Each promise is tested, and so is the absence of each.
    fn capability(&self) -> Capability {
        Capability::default()
    }

    // Keeps the entries of a table that is there.
    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.tables.entry(table).or_default();
        Ok(())
    }

    // With all entries, so that a table of the number can be created anew, and is empty. Views keep theirs.
    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.tables.remove(&table);
        Ok(())
    }

    // Whatever was there before. `Invalid` for a table that was not created, as for all writes.
    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.table_mut(table)?.insert(key.into(), value.into());
        Ok(())
    }

    // Nothing happens to a key that is absent.
    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.table_mut(table)?.remove(key);
        Ok(())
    }

    // `from` is in the range, `to` is not; no `to` is the end of the table.
    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        self.table_mut(table)?
            .retain(|key, _| key.as_slice() < from || to.is_some_and(|to| key.as_slice() >= to));
        Ok(())
    }

    // As the store is now, for as long as the view lives: while writes go on, beside other views, and behind the
    // end of the store.
    fn freeze(&mut self) -> Result<Self> {
        Ok(self.clone())
    }

    // Durable, if the capability says that data survives a close.
    fn close(self) -> Result<()> {
        Ok(())
    }

    // Nothing is left of it.
    fn destroy(self) -> Result<()> {
        Ok(())
    }
}

/// A scan of a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryScan<'a>(btree_map::Range<'a, Vec<u8>, Vec<u8>>);

fn entry<'a>((key, value): (&'a Vec<u8>, &'a Vec<u8>)) -> Entry<'a> {
    Entry { key, value }
}

// Each entry is given once, by one of the ends; both may be asked in turn, and at the end again.
impl Scan for MemoryScan<'_> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        Ok(self.0.next().map(entry))
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        Ok(self.0.next_back().map(entry))
    }
}
