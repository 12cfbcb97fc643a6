//! The smallest ordered store: `BTreeMap`s. Not fast, not persistent; the model for an engine's
//! implementation, and a third instance of the adapter for tests.

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
    type Guard<'a> = &'a [u8];
    type Scan<'a> = MemoryScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
        Ok(self
            .tables
            .get(&table)
            .and_then(|table| table.get(key))
            .map(Vec::as_slice))
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<MemoryScan<'_>> {
        let range = self
            .tables
            .get(&table)
            .map(|table| table.range::<[u8], _>((from, to)));
        Ok(MemoryScan(range.unwrap_or_default()))
    }
}

impl OrderedStore for MemoryStore {
    type View = Self;

    fn name(&self) -> &'static str {
        "memory"
    }

    fn capability(&self) -> Capability {
        Capability::default()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.tables.entry(table).or_default();
        Ok(())
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.tables.remove(&table);
        Ok(())
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.table_mut(table)?.insert(key.into(), value.into());
        Ok(())
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.table_mut(table)?.remove(key);
        Ok(())
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        self.table_mut(table)?
            .retain(|key, _| key.as_slice() < from || to.is_some_and(|to| key.as_slice() >= to));
        Ok(())
    }

    fn freeze(&mut self) -> Result<Self> {
        Ok(self.clone())
    }

    fn close(self) -> Result<()> {
        Ok(())
    }

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

impl Scan for MemoryScan<'_> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        Ok(self.0.next().map(entry))
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        Ok(self.0.next_back().map(entry))
    }
}
