//! An ordered store that counts the calls of an engine.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use state_api::{Capability, Result};
use state_store::{Entry, MemoryScan, MemoryStore, OrderedRead, OrderedStore, Scan, TableId};

/// Calls since the last reset.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) gets: AtomicU64,
    pub(crate) scans: AtomicU64,
    pub(crate) steps: AtomicU64,
    pub(crate) puts: AtomicU64,
    pub(crate) put_bytes: AtomicU64,
    pub(crate) deletes: AtomicU64,
    pub(crate) range_deletes: AtomicU64,
}

/// `(gets, scans, scan steps, puts, deletes, range deletes)`.
pub(crate) type Counts = (u64, u64, u64, u64, u64, u64);

impl Calls {
    /// The calls since the last time, which are then forgotten.
    pub(crate) fn take(&self) -> Counts {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        (
            take(&self.gets),
            take(&self.scans),
            take(&self.steps),
            take(&self.puts),
            take(&self.deletes),
            take(&self.range_deletes),
        )
    }

    /// Bytes written by puts since the last time.
    pub(crate) fn take_put_bytes(&self) -> u64 {
        self.put_bytes.swap(0, Ordering::Relaxed)
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A [`MemoryStore`] whose calls are counted.
#[derive(Debug)]
pub(crate) struct CountingStore {
    inner: MemoryStore,
    pub(crate) calls: Arc<Calls>,
}

impl CountingStore {
    pub(crate) fn new() -> (Self, Arc<Calls>) {
        let calls = Arc::new(Calls::default());
        (
            Self {
                inner: MemoryStore::new(),
                calls: Arc::clone(&calls),
            },
            calls,
        )
    }
}

#[derive(Debug)]
pub(crate) struct CountingScan<'a>(MemoryScan<'a>, &'a Calls);

impl Scan for CountingScan<'_> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        count(&self.1.steps);
        self.0.next_entry()
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        count(&self.1.steps);
        self.0.next_entry_back()
    }
}

impl OrderedRead for CountingStore {
    type Guard<'a> = &'a [u8];
    type Scan<'a> = CountingScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
        count(&self.calls.gets);
        self.inner.get(table, key)
    }

    fn scan(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<CountingScan<'_>> {
        count(&self.calls.scans);
        Ok(CountingScan(self.inner.scan(table, from, to)?, &self.calls))
    }
}

impl OrderedStore for CountingStore {
    type View = MemoryStore;

    fn name(&self) -> &'static str {
        "counting"
    }

    fn capability(&self) -> Capability {
        self.inner.capability()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.inner.create_table(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.inner.drop_table(table)
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        count(&self.calls.puts);
        self.calls
            .put_bytes
            .fetch_add((key.len() + value.len()) as u64, Ordering::Relaxed);
        self.inner.put(table, key, value)
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        count(&self.calls.deletes);
        self.inner.delete(table, key)
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        count(&self.calls.range_deletes);
        self.inner.delete_range(table, from, to)
    }

    fn freeze(&mut self) -> Result<MemoryStore> {
        self.inner.freeze()
    }

    fn close(self) -> Result<()> {
        self.inner.close()
    }

    fn destroy(self) -> Result<()> {
        self.inner.destroy()
    }
}
