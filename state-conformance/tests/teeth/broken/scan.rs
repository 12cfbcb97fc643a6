//! Reads of a broken store, live or frozen.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use state_api::Result;
use state_store::{Entry, MemoryStore, OrderedRead, Scan, TableId};

use super::Defect;
use super::sharing::{Lease, Place};

type Row = (Vec<u8>, Vec<u8>);
type Asked = (TableId, Bound<Vec<u8>>, Bound<Vec<u8>>);

/// The first table of a state.
pub(super) const FIRST: TableId = TableId(1);

/// A store that is shared, so that a view can be the live one, and what is needed to read it wrong.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(super) inner: Place,
    pub(super) defect: Option<Defect>,
    /// Rows that were deleted.
    pub(super) ghosts: BTreeMap<(TableId, Vec<u8>), Vec<u8>>,
    /// When rows were first written.
    pub(super) written: BTreeMap<(TableId, Vec<u8>), usize>,
    /// What scans found.
    found: Arc<Mutex<BTreeMap<String, VecDeque<Row>>>>,
    /// The last view.
    pub(super) frozen: Option<Arc<MemoryStore>>,
    /// Of a view.
    pub(super) lease: Option<Arc<Lease>>,
    /// The live store, for the scans of a view that see it.
    pub(super) live: Option<Place>,
}

impl Reader {
    pub(super) fn new(defect: Option<Defect>) -> Self {
        Self {
            inner: Arc::default(),
            defect,
            ghosts: BTreeMap::new(),
            written: BTreeMap::new(),
            found: Arc::default(),
            frozen: None,
            lease: None,
            live: None,
        }
    }

    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// The table that is really used: table 0 is the adapter's own.
    pub(super) fn place(&self, table: TableId) -> TableId {
        let shared = self.has(Defect::OneTable) && table.0 > 0;
        if shared { FIRST } else { table }
    }

    fn rows(&self, (table, from, to): &Asked) -> Result<VecDeque<Row>> {
        let inner = self.inner.read().unwrap();
        let borrow = |bound: &Bound<Vec<u8>>| bound.clone();
        let (from, to) = (borrow(from), borrow(to));
        let from = from.as_ref().map(Vec::as_slice);
        let to = to.as_ref().map(Vec::as_slice);
        let mut scan = inner.scan(self.place(*table), from, to)?;
        let mut rows = VecDeque::new();
        while let Some(Entry { key, value }) = scan.next_entry()? {
            rows.push_back((key.to_vec(), value.to_vec()));
        }
        Ok(rows)
    }

    /// Bends what a scan of a state's table found.
    fn bend(&self, asked: &Asked, rows: &mut VecDeque<Row>) {
        let table = asked.0;
        match self.defect {
            Some(Defect::ScansBackwards) => rows.make_contiguous().reverse(),
            Some(Defect::ScanMissesLast) => drop(rows.pop_back()),
            Some(Defect::ScansByInsertion) => {
                let written = |key: &Vec<u8>| self.written.get(&(table, key.clone()));
                rows.make_contiguous().sort_by_key(|(key, _)| written(key));
            }
            Some(Defect::GhostsInScans) => {
                let inside = |key: &Vec<u8>| {
                    use std::ops::RangeBounds;
                    (asked.1.clone(), asked.2.clone()).contains(key)
                };
                let ghosts = self.ghosts.iter().filter(|((of, _), _)| *of == table);
                let ghosts = ghosts.map(|((_, key), value)| (key.clone(), value.clone()));
                rows.extend(ghosts.filter(|(key, _)| inside(key)));
                rows.make_contiguous().sort();
            }
            Some(Defect::ScansAreStale) => {
                let mut found = self.found.lock().unwrap();
                let before = found.entry(format!("{asked:?}"));
                rows.clone_from(before.or_insert_with(|| rows.clone()));
            }
            _ => {}
        }
    }
}

impl OrderedRead for Reader {
    type Guard<'a> = Vec<u8>;
    type Scan<'a> = BrokenScan;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let place = self.place(table);
        if let Some(frozen) = self.frozen.as_ref().filter(|_| table.0 > 0) {
            return Ok(frozen.get(place, key)?.map(<[u8]>::to_vec));
        }
        let inner = self.inner.read().unwrap();
        Ok(inner.get(place, key)?.map(<[u8]>::to_vec))
    }

    fn multi_get(
        &self,
        table: TableId,
        keys: &[&[u8]],
        found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let mut values = Vec::new();
        for key in keys {
            values.push(self.get(table, key)?);
        }
        if self.has(Defect::MultiGetReverses) {
            values.reverse();
        }
        values.iter().try_for_each(|value| found(value.as_deref()))
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<BrokenScan> {
        let from = match from {
            Bound::Excluded(key) if self.has(Defect::ScanIncludesExcluded) => Bound::Included(key),
            from => from,
        };
        let asked = (table, from.map(<[u8]>::to_vec), to.map(<[u8]>::to_vec));
        let mut rows = self.rows(&asked)?;
        // The adapter's own table stays sound: otherwise nothing opens.
        if table.0 > 0 {
            self.bend(&asked, &mut rows);
        }
        let seen = self.live.as_ref().map(|live| Seen {
            table,
            live: Arc::clone(live),
            opened: live.read().unwrap().clone(),
        });
        let lease = self.lease.clone();
        let ends = lease.filter(|_| self.has(Defect::OpenScansEnd));
        Ok(BrokenScan {
            rows,
            seen,
            ends: ends.map(|lease| (lease.dropped(), lease)),
            back_is_front: self.has(Defect::BackIsFront),
            lent: None,
        })
    }
}

/// What a scan sees of the live store, and how that was when the scan was opened.
#[derive(Debug)]
struct Seen {
    table: TableId,
    live: Place,
    opened: MemoryStore,
}

impl Seen {
    /// The row as it is now, if it was written since; `None` if it was removed.
    fn bend(&self, (key, value): Row) -> Result<Option<Row>> {
        let live = self.live.read().unwrap();
        let now = live.get(self.table, &key)?;
        if now == self.opened.get(self.table, &key)? {
            return Ok(Some((key, value)));
        }
        Ok(now.map(|now| (key, now.to_vec())))
    }
}

/// A scan of copies.
#[derive(Debug)]
pub(crate) struct BrokenScan {
    rows: VecDeque<Row>,
    seen: Option<Seen>,
    /// How many views had been dropped when it was opened, if that changes what it finds.
    ends: Option<(usize, Arc<Lease>)>,
    back_is_front: bool,
    lent: Option<Row>,
}

impl BrokenScan {
    /// Lends the first row that `next` finds and that is still there.
    fn lend(&mut self, next: fn(&mut VecDeque<Row>) -> Option<Row>) -> Result<Option<Entry<'_>>> {
        self.lent = None;
        if let Some((dropped, lease)) = &self.ends
            && *dropped != lease.dropped()
        {
            self.rows.clear();
        }
        while self.lent.is_none()
            && let Some(row) = next(&mut self.rows)
        {
            self.lent = match &self.seen {
                Some(seen) => seen.bend(row)?,
                None => Some(row),
            };
        }
        let lent = self.lent.as_ref();
        Ok(lent.map(|(key, value)| Entry { key, value }))
    }
}

impl Scan for BrokenScan {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        self.lend(VecDeque::pop_front)
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        self.lend(if self.back_is_front {
            VecDeque::pop_front
        } else {
            VecDeque::pop_back
        })
    }
}
