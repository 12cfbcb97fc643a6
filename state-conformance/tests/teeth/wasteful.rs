//! Stores that do more than they have to on an engine whose calls are counted: a thrifty one with one waste.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Bound, RangeBounds};
use std::path::Path;

use state_api::row::{StateKind, StateMeta};
use state_api::{Capability, KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingScan, CountingStore};
use state_store::{
    MemoryScan, MemoryStore, OrderedRead, OrderedStore, Scan, StoreBackend, TableId,
};

/// What is wasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waste {
    /// A get asks the engine twice.
    GetsTwice,
    /// A value or a map entry is put behind a look at what is there.
    PutsAfterAGet,
    /// A row is deleted behind a look at what is there.
    DeletesAfterAGet,
    /// A chunk of a list is written behind a look at what is there.
    AppendsAfterAGet,
    /// A row that was read is read again before it is written.
    UpdatesAfterASecondGet,
    /// A range is deleted by a walk over the whole table.
    WalksTheTable,
    /// No call is counted.
    CountsNothing,
    /// Nothing is wasted, and the calls are said to be counted by nobody.
    CountsAllTheSame,
}

/// Opens backends over a wasteful store; over a thrifty one without a waste.
pub(crate) struct Wasteful(pub(crate) Option<Waste>);

impl BackendFactory for Wasteful {
    type Backend<K: StateKey> = StoreBackend<K, WastefulStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(WastefulStore::new(self.0, &Calls::default()), groups)
    }

    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        if self.0 == Some(Waste::CountsNothing) {
            return self.open(dir, groups);
        }
        StoreBackend::new(WastefulStore::new(self.0, calls), groups)
    }
}

/// A store over an engine that has no range delete.
#[derive(Debug)]
pub(crate) struct WastefulStore {
    engine: CountingStore<MemoryStore>,
    waste: Option<Waste>,
    /// The tables of lists, as the adapter lists them in its own table.
    lists: BTreeSet<TableId>,
    /// The row that was read last.
    read: RefCell<Option<(TableId, Vec<u8>)>>,
}

impl WastefulStore {
    fn new(waste: Option<Waste>, calls: &Calls) -> Self {
        Self {
            engine: CountingStore::new(MemoryStore::new(), calls),
            waste,
            lists: BTreeSet::new(),
            read: RefCell::default(),
        }
    }

    /// Whether a row is looked at before it is put.
    fn looks_before_a_put(&self, table: TableId, key: &[u8]) -> bool {
        let is_list = self.lists.contains(&table);
        match self.waste {
            Some(Waste::PutsAfterAGet) => !is_list,
            Some(Waste::AppendsAfterAGet) => is_list,
            Some(Waste::UpdatesAfterASecondGet) => {
                let read = self.read.borrow();
                let read = read.as_ref();
                read.is_some_and(|(of, read)| (*of, &read[..]) == (table, key))
            }
            _ => false,
        }
    }
}

impl OrderedRead for WastefulStore {
    type Guard<'a> = &'a [u8];
    type Scan<'a> = CountingScan<'a, MemoryScan<'a>>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
        if self.waste == Some(Waste::GetsTwice) {
            self.engine.get(table, key)?;
        }
        *self.read.borrow_mut() = Some((table, key.to_vec()));
        self.engine.get(table, key)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<Self::Scan<'_>> {
        self.engine.scan(table, from, to)
    }
}

impl OrderedStore for WastefulStore {
    type View = CountingStore<MemoryStore>;

    fn name(&self) -> &'static str {
        "wasteful"
    }

    fn capability(&self) -> Capability {
        self.engine.capability()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.engine.create_table(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.lists.remove(&table);
        self.engine.drop_table(table)
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        if table.0 == 0 {
            if let (Ok(meta), Some(number)) = (
                serde_json::from_slice::<StateMeta>(value),
                key.strip_prefix(b"state/"),
            ) && meta.kind == StateKind::List
            {
                let number = u32::from_be_bytes(number.try_into().unwrap());
                self.lists.insert(TableId(number));
            }
        } else if self.looks_before_a_put(table, key) {
            self.engine.get(table, key)?;
        }
        self.engine.put(table, key, value)
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        if self.waste == Some(Waste::DeletesAfterAGet) {
            self.engine.get(table, key)?;
        }
        self.engine.delete(table, key)
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let range = (
            Bound::Included(from),
            to.map_or(Bound::Unbounded, Bound::Excluded),
        );
        let (start, end) = match self.waste {
            Some(Waste::WalksTheTable) => (Bound::Unbounded, Bound::Unbounded),
            _ => range,
        };
        let mut keys = Vec::new();
        let mut scan = self.engine.scan(table, start, end)?;
        while let Some(entry) = scan.next_entry()? {
            if RangeBounds::<[u8]>::contains(&range, entry.key) {
                keys.push(entry.key.to_vec());
            }
        }
        keys.iter().try_for_each(|key| self.delete(table, key))
    }

    fn freeze(&mut self) -> Result<CountingStore<MemoryStore>> {
        self.engine.freeze()
    }

    fn close(self) -> Result<()> {
        self.engine.close()
    }

    fn destroy(self) -> Result<()> {
        self.engine.destroy()
    }
}
