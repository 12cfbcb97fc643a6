//! Broken stores: a sound one with one defect.

use std::collections::VecDeque;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, RwLock};

use state_api::{Capability, KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_store::{Entry, MemoryStore, OrderedRead, OrderedStore, Scan, StoreBackend, TableId};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// `delete` does nothing.
    DropsDeletes,
    /// A view is the live store.
    ViewsAreLive,
    /// `delete_range` takes the first key behind the range, too.
    RangeDeleteTakesNeighbour,
    /// `delete_range` leaves the last key of the range.
    RangeDeleteLeavesLast,
    /// A scan descends.
    ScansBackwards,
    /// The back end of a scan gives what the front end should.
    BackIsFront,
    /// A scan ends one entry early.
    ScanMissesLast,
    /// A scan starts with the key that its lower bound excludes.
    ScanIncludesExcluded,
    /// Every seventh `put` does nothing.
    LosesEverySeventhPut,
    /// A value is cut at 100,000 bytes.
    CutsLongValues,
    /// All states share a table.
    OneTable,
    /// `drop_table` does nothing.
    KeepsDroppedTables,
    /// The capability says that data survives a close.
    PromisesToSurvive,
    /// A view lacks the first table of a state.
    ViewLosesATable,
}

impl Defect {
    pub(crate) const ALL: [Self; 13] = [
        Self::DropsDeletes,
        Self::ViewsAreLive,
        Self::RangeDeleteTakesNeighbour,
        Self::RangeDeleteLeavesLast,
        Self::ScansBackwards,
        Self::BackIsFront,
        Self::ScanMissesLast,
        Self::ScanIncludesExcluded,
        Self::LosesEverySeventhPut,
        Self::CutsLongValues,
        Self::OneTable,
        Self::PromisesToSurvive,
        Self::ViewLosesATable,
    ];
}

/// Opens backends over a broken store; over a sound one without a defect.
pub(crate) struct Broken(pub(crate) Option<Defect>);

impl BackendFactory for Broken {
    type Backend<K: StateKey> = StoreBackend<K, BrokenStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        let inner = Arc::new(RwLock::new(MemoryStore::new()));
        StoreBackend::new(
            BrokenStore {
                inner,
                defect: self.0,
                puts: 0,
            },
            groups,
        )
    }
}

/// A store of copies: guards and scans own their bytes, so that a view can be the live store.
#[derive(Debug)]
pub(crate) struct BrokenStore {
    inner: Arc<RwLock<MemoryStore>>,
    defect: Option<Defect>,
    puts: u64,
}

/// A view of it.
#[derive(Debug)]
pub(crate) struct BrokenView {
    inner: Arc<RwLock<MemoryStore>>,
    defect: Option<Defect>,
}

/// The first table of a state.
const FIRST: TableId = TableId(1);

/// The table that is really used: table 0 is the adapter's own.
fn place(defect: Option<Defect>, table: TableId) -> TableId {
    let shared = defect == Some(Defect::OneTable) && table.0 > 0;
    if shared { FIRST } else { table }
}

fn get(
    inner: &RwLock<MemoryStore>,
    defect: Option<Defect>,
    table: TableId,
    key: &[u8],
) -> Result<Option<Vec<u8>>> {
    let inner = inner.read().unwrap();
    Ok(inner.get(place(defect, table), key)?.map(<[u8]>::to_vec))
}

fn scan(
    inner: &RwLock<MemoryStore>,
    defect: Option<Defect>,
    table: TableId,
    from: Bound<&[u8]>,
    to: Bound<&[u8]>,
) -> Result<BrokenScan> {
    let from = match (defect, from) {
        (Some(Defect::ScanIncludesExcluded), Bound::Excluded(key)) => Bound::Included(key),
        (_, from) => from,
    };
    let inner = inner.read().unwrap();
    let mut scan = inner.scan(place(defect, table), from, to)?;
    let mut entries = VecDeque::new();
    while let Some(Entry { key, value }) = scan.next_entry()? {
        entries.push_back((key.to_vec(), value.to_vec()));
    }
    // The adapter's own table stays sound: otherwise nothing opens.
    match defect {
        Some(Defect::ScansBackwards) if table.0 > 0 => entries.make_contiguous().reverse(),
        Some(Defect::ScanMissesLast) if table.0 > 0 => drop(entries.pop_back()),
        _ => {}
    }
    let back_is_front = defect == Some(Defect::BackIsFront);
    Ok(BrokenScan {
        entries,
        back_is_front,
        lent: None,
    })
}

/// A scan of copies.
#[derive(Debug)]
pub(crate) struct BrokenScan {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    back_is_front: bool,
    lent: Option<(Vec<u8>, Vec<u8>)>,
}

impl BrokenScan {
    fn lend(&mut self, entry: Option<(Vec<u8>, Vec<u8>)>) -> Option<Entry<'_>> {
        self.lent = entry;
        self.lent.as_ref().map(|(key, value)| Entry { key, value })
    }
}

impl Scan for BrokenScan {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        let entry = self.entries.pop_front();
        Ok(self.lend(entry))
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        let entry = if self.back_is_front {
            self.entries.pop_front()
        } else {
            self.entries.pop_back()
        };
        Ok(self.lend(entry))
    }
}

macro_rules! read {
    ($store:ident) => {
        impl OrderedRead for $store {
            type Guard<'a> = Vec<u8>;
            type Scan<'a> = BrokenScan;

            fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>> {
                get(&self.inner, self.defect, table, key)
            }

            fn scan(
                &self,
                table: TableId,
                from: Bound<&[u8]>,
                to: Bound<&[u8]>,
            ) -> Result<BrokenScan> {
                scan(&self.inner, self.defect, table, from, to)
            }
        }
    };
}

read!(BrokenStore);
read!(BrokenView);

impl BrokenStore {
    fn with<R>(&self, f: impl FnOnce(&mut MemoryStore) -> Result<R>) -> Result<R> {
        f(&mut self.inner.write().unwrap())
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// The first key from `from` on, or the last one before `to`.
    fn key_at(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        last: bool,
    ) -> Result<Option<Vec<u8>>> {
        let inner = self.inner.read().unwrap();
        let mut scan = inner.scan(table, from, to)?;
        let entry = if last {
            scan.next_entry_back()?
        } else {
            scan.next_entry()?
        };
        Ok(entry.map(|entry| entry.key.to_vec()))
    }
}

impl OrderedStore for BrokenStore {
    type View = BrokenView;

    fn name(&self) -> &'static str {
        "broken"
    }

    fn capability(&self) -> Capability {
        let capability = Capability::default();
        if self.has(Defect::PromisesToSurvive) {
            capability.with_survives_close()
        } else {
            capability
        }
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        let table = place(self.defect, table);
        self.with(|inner| inner.create_table(table))
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        if self.has(Defect::KeepsDroppedTables) {
            return Ok(());
        }
        self.with(|inner| inner.drop_table(table))
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        if table.0 > 0 {
            self.puts += 1;
            if self.has(Defect::LosesEverySeventhPut) && self.puts.is_multiple_of(7) {
                return Ok(());
            }
        }
        let longest = if self.has(Defect::CutsLongValues) {
            100_000
        } else {
            usize::MAX
        };
        let value = value.get(..longest).unwrap_or(value);
        let table = place(self.defect, table);
        self.with(|inner| inner.put(table, key, value))
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        if self.has(Defect::DropsDeletes) {
            return Ok(());
        }
        let table = place(self.defect, table);
        self.with(|inner| inner.delete(table, key))
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let table = place(self.defect, table);
        let end = to.map_or(Bound::Unbounded, Bound::Excluded);
        let last = self.key_at(table, Bound::Included(from), end, true)?;
        let to = match (self.defect, to) {
            (Some(Defect::RangeDeleteLeavesLast), _) => last,
            (Some(Defect::RangeDeleteTakesNeighbour), Some(to)) => {
                let next = self.key_at(table, Bound::Included(to), Bound::Unbounded, false)?;
                next.map(|next| [&next[..], &[0]].concat())
            }
            (_, to) => to.map(<[u8]>::to_vec),
        };
        self.with(|inner| inner.delete_range(table, from, to.as_deref()))
    }

    fn freeze(&mut self) -> Result<BrokenView> {
        if self.has(Defect::ViewsAreLive) {
            return Ok(BrokenView {
                inner: Arc::clone(&self.inner),
                defect: self.defect,
            });
        }
        let mut frozen = self.with(OrderedStore::freeze)?;
        if self.has(Defect::ViewLosesATable) {
            frozen.drop_table(FIRST)?;
        }
        Ok(BrokenView {
            inner: Arc::new(RwLock::new(frozen)),
            defect: self.defect,
        })
    }

    fn close(self) -> Result<()> {
        Ok(())
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
