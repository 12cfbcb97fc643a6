//! A shared store in memory: `BTreeMap`s behind a lock, which each step of a scan takes anew, so that
//! a reader sees every write at once.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use state_api::{Capability, Error, ErrorKind, Result};
use state_store::{Entry, OrderedRead, Scan, SharedStore, TableId};

type Table = BTreeMap<Vec<u8>, Vec<u8>>;

/// Something that happens right before the next read.
#[derive(Default)]
pub(crate) struct Hook(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Hook {
    pub(crate) fn set(&self, hook: impl FnOnce() + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(hook));
    }

    fn happen(&self) {
        let hook = self.0.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// What outlives a store: its tables, and whether a store uses them.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) tables: RwLock<BTreeMap<TableId, Table>>,
    in_use: AtomicBool,
    pub(crate) before_read: Hook,
    /// Writes of rows, deletes of ranges, and their rows.
    pub(crate) puts: AtomicU64,
    pub(crate) deletes: AtomicU64,
    pub(crate) range_deletes: AtomicU64,
    pub(crate) deleted_rows: AtomicU64,
    pub(crate) reads: AtomicU64,
}

impl Place {
    pub(crate) fn rows(&self, table: TableId) -> usize {
        self.tables
            .read()
            .unwrap()
            .get(&table)
            .map_or(0, Table::len)
    }

    /// Puts, deletes, deletes of ranges, rows that these deleted, and reads, since the last time.
    pub(crate) fn take_counts(&self) -> [u64; 5] {
        let counts = [
            &self.puts,
            &self.deletes,
            &self.range_deletes,
            &self.deleted_rows,
            &self.reads,
        ];
        counts.map(|count| count.swap(0, Ordering::Relaxed))
    }
}

/// A store at a place.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    place: Arc<Place>,
    destroyed: AtomicBool,
}

impl SharedMemory {
    pub(crate) fn open(place: &Arc<Place>) -> Result<Self> {
        if place.in_use.swap(true, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Conflict, "the place is in use"));
        }
        Ok(Self {
            place: Arc::clone(place),
            destroyed: AtomicBool::new(false),
        })
    }

    fn count(count: &AtomicU64, by: usize) {
        count.fetch_add(by as u64, Ordering::Relaxed);
    }

    fn write<R>(&self, table: TableId, write: impl FnOnce(&mut Table) -> R) -> Result<R> {
        match self.place.tables.write().unwrap().get_mut(&table) {
            Some(table) => Ok(write(table)),
            None => Err(Error::new(ErrorKind::Invalid, "the table was not created")),
        }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        if *self.destroyed.get_mut() {
            self.place.tables.write().unwrap().clear();
        }
        self.place.in_use.store(false, Ordering::SeqCst);
    }
}

impl OrderedRead for SharedMemory {
    type Guard<'a> = Vec<u8>;
    type Scan<'a> = SharedScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Self::count(&self.place.reads, 1);
        self.place.before_read.happen();
        let tables = self.place.tables.read().unwrap();
        Ok(tables.get(&table).and_then(|table| table.get(key)).cloned())
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<SharedScan<'_>> {
        Ok(SharedScan {
            store: self,
            table,
            from: from.map(<[u8]>::to_vec),
            to: to.map(<[u8]>::to_vec),
            lent: (Vec::new(), Vec::new()),
        })
    }
}

#[derive(Debug)]
pub(crate) struct SharedScan<'a> {
    store: &'a SharedMemory,
    table: TableId,
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
    lent: (Vec<u8>, Vec<u8>),
}

impl SharedScan<'_> {
    fn step(&mut self, back: bool) -> Option<Entry<'_>> {
        SharedMemory::count(&self.store.place.reads, 1);
        self.store.place.before_read.happen();
        let crossed = match (&self.from, &self.to) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to))
            | (Bound::Excluded(from), Bound::Included(to)) => from >= to,
        };
        if crossed {
            return None;
        }
        let tables = self.store.place.tables.read().unwrap();
        let mut rest = tables
            .get(&self.table)?
            .range((self.from.clone(), self.to.clone()));
        let (key, value) = if back {
            rest.next_back()?
        } else {
            rest.next()?
        };
        self.lent = (key.clone(), value.clone());
        if back {
            self.to = Bound::Excluded(key.clone());
        } else {
            self.from = Bound::Excluded(key.clone());
        }
        let (key, value) = (&self.lent.0, &self.lent.1);
        Some(Entry { key, value })
    }
}

impl Scan for SharedScan<'_> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        Ok(self.step(false))
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        Ok(self.step(true))
    }
}

impl SharedStore for SharedMemory {
    fn name(&self) -> &'static str {
        "shared memory"
    }

    fn capability(&self) -> Capability {
        Capability::default()
    }

    fn has_table(&self, table: TableId) -> Result<bool> {
        Ok(self.place.tables.read().unwrap().contains_key(&table))
    }

    fn create_table(&self, table: TableId) -> Result<()> {
        self.place.tables.write().unwrap().entry(table).or_default();
        Ok(())
    }

    fn drop_table(&self, table: TableId) -> Result<()> {
        let dropped = self.place.tables.write().unwrap().remove(&table);
        Self::count(
            &self.place.deleted_rows,
            dropped.map_or(0, |table| table.len()),
        );
        Ok(())
    }

    fn put(&self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        Self::count(&self.place.puts, 1);
        self.write(table, |table| table.insert(key.into(), value.into()))?;
        Ok(())
    }

    fn delete(&self, table: TableId, key: &[u8]) -> Result<()> {
        Self::count(&self.place.deletes, 1);
        self.write(table, |table| table.remove(key))?;
        Ok(())
    }

    fn delete_range(&self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        Self::count(&self.place.range_deletes, 1);
        let deleted = self.write(table, |table| {
            let before = table.len();
            table.retain(|key, _| &key[..] < from || to.is_some_and(|to| &key[..] >= to));
            before - table.len()
        })?;
        Self::count(&self.place.deleted_rows, deleted);
        Ok(())
    }

    fn close(self: Arc<Self>) -> Result<()> {
        Ok(())
    }

    fn destroy(self: Arc<Self>) -> Result<()> {
        self.destroyed.store(true, Ordering::SeqCst);
        Ok(())
    }
}
