//! An engine whose calls are counted.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use state_api::{Capability, NativeFile, NativePlace, NativeReport, Result};
use state_store::{Entry, NativeSource, OrderedRead, OrderedStore, Scan, TableId, TableRows};

/// Counts of calls; clones count together.
///
/// A [`CountingStore`] counts the calls of an engine. A backend that has another sort of engine counts them by
/// itself: it [notes](Calls::note) each.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    gets: AtomicU64,
    scans: AtomicU64,
    steps: AtomicU64,
    puts: AtomicU64,
    put_bytes: AtomicU64,
    deletes: AtomicU64,
    range_deletes: AtomicU64,
}

/// How many calls of each sort were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Keys that were read, one by one or many at once.
    pub gets: u64,
    /// Scans that were opened.
    pub scans: u64,
    /// Entries that scans were asked for, the one behind the last included.
    pub steps: u64,
    /// Keys that were written.
    pub puts: u64,
    /// Bytes of those, with their values.
    pub put_bytes: u64,
    /// Keys that were deleted.
    pub deletes: u64,
    /// Ranges that were deleted.
    pub range_deletes: u64,
}

impl Counts {
    /// Calls that read.
    pub fn reads(&self) -> u64 {
        self.gets + self.scans + self.steps
    }
}

impl Calls {
    /// Adds calls.
    pub fn note(&self, calls: Counts) {
        let Counts {
            gets,
            scans,
            steps,
            puts,
            put_bytes,
            deletes,
            range_deletes,
        } = calls;
        let counters = &*self.0;
        add(&counters.gets, gets);
        add(&counters.scans, scans);
        add(&counters.steps, steps);
        add(&counters.puts, puts);
        add(&counters.put_bytes, put_bytes);
        add(&counters.deletes, deletes);
        add(&counters.range_deletes, range_deletes);
    }

    /// The calls since the last time, which are then forgotten.
    pub fn take(&self) -> Counts {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        let counters = &*self.0;
        Counts {
            gets: take(&counters.gets),
            scans: take(&counters.scans),
            steps: take(&counters.steps),
            puts: take(&counters.puts),
            put_bytes: take(&counters.put_bytes),
            deletes: take(&counters.deletes),
            range_deletes: take(&counters.range_deletes),
        }
    }

    fn get(&self, keys: usize) {
        add(&self.0.gets, count(keys));
    }

    fn scan(&self) {
        add(&self.0.scans, 1);
    }

    fn step(&self) {
        add(&self.0.steps, 1);
    }

    fn put(&self, key: &[u8], value: &[u8]) {
        add(&self.0.puts, 1);
        add(&self.0.put_bytes, count(key.len() + value.len()));
    }

    fn delete(&self) {
        add(&self.0.deletes, 1);
    }

    fn delete_range(&self) {
        add(&self.0.range_deletes, 1);
    }
}

fn add(counter: &AtomicU64, calls: u64) {
    counter.fetch_add(calls, Ordering::Relaxed);
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// A store whose calls are counted: an engine, or what a store of yours has below it. What the store does by
/// itself, below the count, is not seen.
///
/// Counted are reads and writes of the live store, and reads of its views; loads and native checkpoints are passed
/// on.
///
/// ```
/// use state_api::{KeyGroups, StateBackend, ValueDescriptor};
/// use state_conformance::{Calls, CountingStore};
/// use state_store::{MemoryStore, StoreBackend};
///
/// let calls = Calls::default();
/// let store = CountingStore::new(MemoryStore::new(), &calls);
/// let mut state = StoreBackend::<u64, _>::new(store, KeyGroups::all(8)?)?;
/// let count = state.register(ValueDescriptor::<u64>::new("count"))?;
/// calls.take();
/// state.at_mut(&7).value(count).put(1)?;
/// let made = calls.take();
/// assert_eq!((made.reads(), made.puts), (0, 1));
/// # Ok::<(), state_api::Error>(())
/// ```
#[derive(Debug)]
pub struct CountingStore<S> {
    inner: S,
    calls: Calls,
}

impl<S> CountingStore<S> {
    /// A store that counts in `calls`.
    pub fn new(inner: S, calls: &Calls) -> Self {
        Self {
            inner,
            calls: calls.clone(),
        }
    }
}

/// A scan of a [`CountingStore`].
#[derive(Debug)]
pub struct CountingScan<'a, S> {
    inner: S,
    calls: &'a Calls,
}

impl<S: Scan> Scan for CountingScan<'_, S> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        self.calls.step();
        self.inner.next_entry()
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        self.calls.step();
        self.inner.next_entry_back()
    }
}

impl<S: OrderedRead> OrderedRead for CountingStore<S> {
    type Guard<'a>
        = S::Guard<'a>
    where
        Self: 'a;
    type Scan<'a>
        = CountingScan<'a, S::Scan<'a>>
    where
        Self: 'a;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Self::Guard<'_>>> {
        self.calls.get(1);
        self.inner.get(table, key)
    }

    fn multi_get(
        &self,
        table: TableId,
        keys: &[&[u8]],
        found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        self.calls.get(keys.len());
        self.inner.multi_get(table, keys, found)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<Self::Scan<'_>> {
        self.calls.scan();
        Ok(CountingScan {
            inner: self.inner.scan(table, from, to)?,
            calls: &self.calls,
        })
    }
}

impl<S: OrderedStore> OrderedStore for CountingStore<S> {
    type View = CountingStore<S::View>;

    const READS_TAILS: bool = S::READS_TAILS;

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capability(&self) -> Capability {
        self.inner.capability()
    }

    fn bytes_held(&self) -> usize {
        self.inner.bytes_held()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.inner.create_table(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.inner.drop_table(table)
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.calls.put(key, value);
        self.inner.put(table, key, value)
    }

    fn modify<'r>(
        &mut self,
        table: TableId,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<&'r [u8]>,
    ) -> Result<()> {
        let calls = &self.calls;
        calls.get(1);
        self.inner.modify(table, key, |found| {
            let row = change(found)?;
            calls.put(key, row);
            Some(row)
        })
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.calls.delete();
        self.inner.delete(table, key)
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        self.calls.delete_range();
        self.inner.delete_range(table, from, to)
    }

    fn ingest(&mut self, rows: &mut dyn TableRows) -> Result<()> {
        self.inner.ingest(rows)
    }

    fn freeze(&mut self) -> Result<Self::View> {
        Ok(CountingStore::new(self.inner.freeze()?, &self.calls))
    }

    fn commit(&mut self) -> Result<()> {
        self.inner.commit()
    }

    fn native_checkpoint(
        &mut self,
        place: NativePlace<'_>,
        description: &str,
    ) -> Result<NativeReport> {
        self.inner.native_checkpoint(place, description)
    }

    fn native_files(&self, place: NativePlace<'_>) -> Result<Vec<NativeFile>> {
        self.inner.native_files(place)
    }

    fn native_open(&self, place: NativePlace<'_>) -> Result<Box<dyn NativeSource>> {
        self.inner.native_open(place)
    }

    fn native_adopt(&mut self, place: NativePlace<'_>) -> Result<()> {
        self.inner.native_adopt(place)
    }

    fn close(self) -> Result<()> {
        self.inner.close()
    }

    fn destroy(self) -> Result<()> {
        self.inner.destroy()
    }
}
