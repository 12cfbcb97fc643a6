//! A layer: writes in memory, above a store that does not have them.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::ranges::{DeletedRange, Ranges};
use crate::store::TableId;

/// Rows by key: a value, or `None` for a key that was deleted.
pub(super) type Rows = BTreeMap<Box<[u8]>, Option<Box<[u8]>>>;

/// Bytes counted for a row beside its key and value: two pointers with lengths in a tree whose nodes
/// are two thirds full, and two allocations.
const ROW_OVERHEAD: usize = 80;

/// Bytes counted for a table beside its rows and ranges.
const TABLE_OVERHEAD: usize = size_of::<(TableId, LayerTable)>();

/// What a layer knows of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// It has this value.
    Found(&'a [u8]),
    /// It was deleted.
    Deleted,
    /// Nothing: what is below decides.
    Below,
}

/// What became of a table as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableChange {
    /// It was created; if it was there before, it was dropped first.
    Created,
    /// It was dropped.
    Dropped,
}

/// Writes held in memory: rows, deleted keys and ranges, created and dropped tables, above a store
/// or another layer that does not have them yet.
///
/// # Laws
/// 1. A layer over a store reads as the store would, had the writes gone to it.
/// 2. Writing a layer down is idempotent: table by table, its deleted ranges, its
///    [change](LayerTable::change), then its rows.
/// 3. [`Layer::bytes`] is what its writes left, not what they were.
///
/// Cost: a tree of rows a table. A range delete removes the rows of the layer in it one by one, and
/// is one range whatever lies below.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    tables: BTreeMap<TableId, LayerTable>,
    bytes: usize,
}

impl Layer {
    /// A layer without writes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are no writes.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Bytes of memory held, about: keys and values to the byte, the rest by fixed counts.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that the first write to a table adds.
    pub(super) const TABLE_BYTES: usize = TABLE_OVERHEAD;

    /// Bytes that a row, or a range, of these lengths adds at most.
    pub(super) fn row_bytes(key: &[u8], value: &[u8]) -> usize {
        ROW_OVERHEAD + key.len() + value.len()
    }

    /// What the layer knows of a key.
    #[inline]
    pub fn get(&self, table: TableId, key: &[u8]) -> Lookup<'_> {
        match self.tables.get(&table) {
            Some(table) => table.get(key),
            None => Lookup::Below,
        }
    }

    /// Whether there is such a table, or `None` when what is below decides. A table that was written
    /// to is taken to be there.
    pub fn has_table(&self, table: TableId) -> Option<bool> {
        let table = self.tables.get(&table)?;
        Some(table.change != Some(TableChange::Dropped))
    }

    /// What was written to a table.
    pub fn table(&self, table: TableId) -> Option<&LayerTable> {
        self.tables.get(&table)
    }

    /// The tables that were written to, ascending.
    pub fn tables(&self) -> impl Iterator<Item = (TableId, &LayerTable)> {
        self.tables.iter().map(|(id, table)| (*id, table))
    }

    /// The first table from `table` on.
    pub(super) fn table_from(&self, table: TableId) -> Option<(TableId, &LayerTable)> {
        let (id, table) = self.tables.range(table..).next()?;
        Some((*id, table))
    }

    /// Creates an empty table. There must be none, here and below.
    pub fn create_table(&mut self, table: TableId) {
        self.edit(table, |table| table.change = Some(TableChange::Created));
    }

    /// Drops a table and its rows. There must be one, here or below.
    pub fn drop_table(&mut self, table: TableId) {
        self.edit(table, |table| {
            *table = LayerTable::default();
            table.deleted.insert(&[], None);
            table.change = Some(TableChange::Dropped);
        });
    }

    /// Sets the value of a key. The table must be there, here or below.
    #[inline]
    pub fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) {
        self.edit(table, |table| table.put(key, value));
    }

    /// Removes a key.
    #[inline]
    pub fn delete(&mut self, table: TableId, key: &[u8]) {
        self.edit(table, |table| table.delete(key));
    }

    /// Removes all keys from `from` on and before `to`; to the end of the table when `to` is `None`.
    pub fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) {
        if to.is_some_and(|to| to <= from) {
            return;
        }
        self.edit(table, |table| {
            table.remove_rows((from, to), usize::MAX);
            table.deleted.insert(from, to);
        });
    }

    /// Changes a table and counts the bytes.
    #[inline]
    fn edit<R>(&mut self, table: TableId, edit: impl FnOnce(&mut LayerTable) -> R) -> R {
        let bytes = &mut self.bytes;
        let table = self.tables.entry(table).or_insert_with(|| {
            *bytes += TABLE_OVERHEAD;
            LayerTable::default()
        });
        let before = table.bytes();
        let result = edit(table);
        *bytes = *bytes + table.bytes() - before;
        result
    }

    /// Removes up to `most` rows of a range; returns how many.
    pub(super) fn remove_rows(
        &mut self,
        table: TableId,
        range: DeletedRange<'_>,
        most: usize,
    ) -> usize {
        self.edit(table, |table| table.remove_rows(range, most))
    }

    /// Frees up to `most` rows; returns whether that was all.
    pub(super) fn shed(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let Some((id, _)) = self.tables().next() else {
                return true;
            };
            if self.edit(id, LayerTable::pop_row).is_none() {
                self.forget(id);
            }
        }
        self.is_empty()
    }

    fn forget(&mut self, table: TableId) {
        if let Some(table) = self.tables.remove(&table) {
            self.bytes -= TABLE_OVERHEAD + table.bytes();
        }
    }
}

/// What was written to one table of a layer.
#[derive(Clone, Debug, Default)]
pub struct LayerTable {
    rows: Rows,
    row_bytes: usize,
    /// They hide what is below; the rows lie above them.
    deleted: Ranges,
    change: Option<TableChange>,
}

impl LayerTable {
    /// What became of the table as a whole.
    pub fn change(&self) -> Option<TableChange> {
        self.change
    }

    /// The ranges whose keys were deleted, each as its start and its end (`None`: of the table),
    /// ascending and apart.
    pub fn deleted(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.deleted.iter()
    }

    /// The rows that were written after that, ascending: a value, or `None` for a deleted key.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = (&[u8], Option<&[u8]>)> {
        self.rows
            .iter()
            .map(|(key, value)| (&**key, value.as_deref()))
    }

    pub(super) fn row_tree(&self) -> &Rows {
        &self.rows
    }

    pub(super) fn deleted_set(&self) -> &Ranges {
        &self.deleted
    }

    fn bytes(&self) -> usize {
        self.row_bytes + self.deleted.bytes()
    }

    #[inline]
    fn get(&self, key: &[u8]) -> Lookup<'_> {
        match self.rows.get(key) {
            Some(Some(value)) => Lookup::Found(value),
            Some(None) => Lookup::Deleted,
            None if self.deleted.covering(key).is_some() => Lookup::Deleted,
            None => Lookup::Below,
        }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) {
        self.set(key, Some(value));
    }

    /// Keeps a mark only where something below could show.
    fn delete(&mut self, key: &[u8]) {
        if self.deleted.covering(key).is_some() {
            self.remove_row(key);
        } else {
            self.set(key, None);
        }
    }

    fn set(&mut self, key: &[u8], value: Option<&[u8]>) {
        let len = value.map_or(0, <[u8]>::len);
        if let Some(slot) = self.rows.get_mut(key) {
            self.row_bytes = self.row_bytes + len - value_bytes(slot.as_deref());
            match (slot.as_mut(), value) {
                (Some(old), Some(new)) if old.len() == new.len() => old.copy_from_slice(new),
                _ => *slot = value.map(Into::into),
            }
        } else {
            self.row_bytes += ROW_OVERHEAD + key.len() + len;
            self.rows.insert(key.into(), value.map(Into::into));
        }
    }

    fn remove_row(&mut self, key: &[u8]) {
        if let Some(value) = self.rows.remove(key) {
            self.row_bytes -= ROW_OVERHEAD + key.len() + value_bytes(value.as_deref());
        }
    }

    /// Removes up to `most` rows of a range; returns how many.
    fn remove_rows(&mut self, (from, to): DeletedRange<'_>, most: usize) -> usize {
        let range = (
            Bound::Included(from),
            to.map_or(Bound::Unbounded, Bound::Excluded),
        );
        let mut key = Vec::new();
        for removed in 0..most {
            match self.rows.range::<[u8], _>(range).next() {
                Some((next, _)) => {
                    key.clear();
                    key.extend_from_slice(next);
                }
                None => return removed,
            }
            self.remove_row(&key);
        }
        most
    }

    /// Takes the first row out.
    fn pop_row(&mut self) -> Option<(Box<[u8]>, Option<Box<[u8]>>)> {
        let (key, value) = self.rows.pop_first()?;
        self.row_bytes -= ROW_OVERHEAD + key.len() + value_bytes(value.as_deref());
        Some((key, value))
    }
}

fn value_bytes(value: Option<&[u8]>) -> usize {
    value.map_or(0, <[u8]>::len)
}
