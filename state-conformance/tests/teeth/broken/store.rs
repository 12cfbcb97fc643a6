//! Writes of a broken store.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use state_api::row::{StateKind, StateMeta};
use state_api::{Capability, Result};
use state_store::{Entry, MemoryStore, OrderedRead, OrderedStore, Scan, TableId, TableRows};

use super::Defect;
use super::scan::{BrokenScan, FIRST, Reader};
use super::sharing::Places;

/// A store of copies: guards and scans own their bytes, so that a view can be the live store.
#[derive(Debug)]
pub(crate) struct BrokenStore {
    reader: Reader,
    puts: usize,
    /// The states, as the adapter lists them in its own table.
    states: BTreeMap<TableId, StateMeta>,
    views: Places,
}

impl OrderedRead for BrokenStore {
    type Guard<'a> = Vec<u8>;
    type Scan<'a> = BrokenScan;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.reader.get(table, key)
    }

    fn multi_get(
        &self,
        table: TableId,
        keys: &[&[u8]],
        found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        self.reader.multi_get(table, keys, found)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<BrokenScan> {
        self.reader.scan(table, from, to)
    }
}

impl BrokenStore {
    pub(super) fn new(defect: Option<Defect>) -> Self {
        Self {
            reader: Reader::new(defect),
            puts: 0,
            states: BTreeMap::new(),
            views: Places::default(),
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut MemoryStore) -> Result<R>) -> Result<R> {
        f(&mut self.reader.inner.write().unwrap())
    }

    fn has(&self, defect: Defect) -> bool {
        self.reader.has(defect)
    }

    /// Whether a table is of a state of a kind.
    fn is(&self, table: TableId, kind: StateKind) -> bool {
        self.states
            .get(&table)
            .is_some_and(|meta| meta.kind == kind)
    }

    /// The first key from `from` on, or the last one before `to`.
    fn key_at(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        last: bool,
    ) -> Result<Option<Vec<u8>>> {
        let inner = self.reader.inner.read().unwrap();
        let mut scan = inner.scan(table, from, to)?;
        let entry = if last {
            scan.next_entry_back()?
        } else {
            scan.next_entry()?
        };
        Ok(entry.map(|entry| entry.key.to_vec()))
    }

    /// Remembers rows that are about to be deleted.
    fn bury(&mut self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<()> {
        if !self.has(Defect::GhostsInScans) || table.0 == 0 {
            return Ok(());
        }
        let inner = Arc::clone(&self.reader.inner);
        let inner = inner.read().unwrap();
        let mut scan = inner.scan(table, from, to)?;
        while let Some(Entry { key, value }) = scan.next_entry()? {
            let ghosts = &mut self.reader.ghosts;
            ghosts.insert((table, key.to_vec()), value.to_vec());
        }
        Ok(())
    }
}

impl OrderedStore for BrokenStore {
    type View = Reader;

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
        let table = self.reader.place(table);
        self.with(|inner| inner.create_table(table))
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        if self.has(Defect::KeepsDroppedTables) {
            return Ok(());
        }
        self.with(|inner| inner.drop_table(table))
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        if table.0 == 0 {
            if let (Ok(meta), Some(number)) =
                (serde_json::from_slice(value), key.strip_prefix(b"state/"))
            {
                let number = u32::from_be_bytes(number.try_into().unwrap());
                self.states.insert(TableId(number), meta);
            }
        } else {
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
        let place = (table, key.to_vec());
        self.reader.ghosts.remove(&place);
        self.reader.written.entry(place).or_insert(self.puts);
        let table = self.reader.place(table);
        self.with(|inner| inner.put(table, key, value))
    }

    fn modify<'r>(
        &mut self,
        table: TableId,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<&'r [u8]>,
    ) -> Result<()> {
        let found = self.get(table, key)?;
        let Some(row) = change(found.as_deref()) else {
            return Ok(());
        };
        let fits = found.is_none_or(|found| found.len() == row.len());
        if self.has(Defect::ModifyKeepsLengths) && !fits {
            return Ok(());
        }
        self.put(table, key, row)
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        if self.has(Defect::DropsDeletes) {
            return Ok(());
        }
        let table = self.reader.place(table);
        self.bury(table, Bound::Included(key), Bound::Included(key))?;
        self.with(|inner| inner.delete(table, key))
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let is_list = self.is(table, StateKind::List);
        let table = self.reader.place(table);
        let end = to.map_or(Bound::Unbounded, Bound::Excluded);
        self.bury(table, Bound::Included(from), end)?;
        let last = self.key_at(table, Bound::Included(from), end, true)?;
        let of_ones = from.last() == Some(&0xff);
        let to = match (self.reader.defect, to) {
            (Some(Defect::RangeDeleteLeavesLast), _) => last.clone(),
            (Some(Defect::RangeDeleteTakesNeighbour), Some(to)) => {
                let next = self.key_at(table, Bound::Included(to), Bound::Unbounded, false)?;
                next.map(|next| [&next[..], &[0]].concat())
            }
            (Some(Defect::EndOfOnesWraps), _) if of_ones => return Ok(()),
            (Some(Defect::EndOfOnesIsNone), _) if of_ones => None,
            (_, to) => to.map(<[u8]>::to_vec),
        };
        self.with(|inner| inner.delete_range(table, from, to.as_deref()))?;
        match last.filter(|_| is_list && self.has(Defect::ClearLeavesAChunk)) {
            // An envelope without flags and without a payload.
            Some(last) => self.with(|inner| inner.put(table, &last, &[0])),
            None => Ok(()),
        }
    }

    fn ingest(&mut self, rows: &mut dyn TableRows) -> Result<()> {
        while let Some((table, Entry { key, value })) = rows.next_row()? {
            let mut key = key.to_vec();
            let of_numbers = self
                .states
                .get(&table)
                .is_some_and(|meta| meta.kind == StateKind::Value && meta.namespace_type == "u32");
            match self.reader.defect {
                // Key groups are the first two bytes, a namespace of a value the last four.
                Some(Defect::IngestMovesGroup) => *key.get_mut(1).unwrap() ^= 1,
                Some(Defect::IngestMovesNamespace) if of_numbers => {
                    *key.last_mut().unwrap() ^= 1;
                }
                _ => {}
            }
            self.put(table, &key, value)?;
        }
        Ok(())
    }

    fn freeze(&mut self) -> Result<Reader> {
        if self.has(Defect::ViewsAreLive) {
            return Ok(self.reader.clone());
        }
        let mut frozen = self.with(OrderedStore::freeze)?;
        if self.has(Defect::ReadsTheLastView) {
            self.reader.frozen = Some(Arc::new(frozen.clone()));
        }
        if self.has(Defect::ViewLosesATable) {
            frozen.drop_table(FIRST)?;
        }
        let mut view = Reader::new(self.reader.defect);
        let (place, lease) = self.views.lend(self.reader.defect, frozen);
        view.inner = place;
        view.lease = Some(lease);
        if self.has(Defect::OpenScansSeeWrites) {
            view.live = Some(Arc::clone(&self.reader.inner));
        }
        view.ghosts.clone_from(&self.reader.ghosts);
        view.written.clone_from(&self.reader.written);
        Ok(view)
    }

    fn close(self) -> Result<()> {
        Ok(())
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
