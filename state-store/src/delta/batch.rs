//! Values of changed rows, read from the view in batches.

use state_api::{Error, ErrorKind, Result};

use crate::store::{OrderedRead, TableId};

/// Rows that are read at once, and their bytes from which on fewer are.
const BATCH_ROWS: usize = 256;
const BATCH_BYTES: usize = 256 << 10;

/// Values of changed rows that were read at once.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    values: Vec<Value>,
    next: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Absent,
    /// From and to in the bytes of the batch.
    At(usize, usize),
}

impl Batch {
    pub(super) fn next(&mut self) -> Option<Value> {
        let value = self.values.get(self.next).copied()?;
        self.next += 1;
        Some(value)
    }

    /// How many rows to read next, going by the last ones: large rows in small batches.
    pub(super) fn size(&self) -> usize {
        match self.bytes.len().checked_div(self.values.len()) {
            None => BATCH_ROWS / 16,
            Some(bytes) => (BATCH_BYTES / bytes.max(1)).clamp(1, BATCH_ROWS),
        }
    }

    pub(super) fn read<V: OrderedRead>(
        &mut self,
        view: &V,
        table: TableId,
        keys: &[&[u8]],
    ) -> Result<()> {
        let Self {
            bytes,
            values,
            next,
        } = self;
        bytes.clear();
        // A row far larger than the others must not cost its memory until the end.
        bytes.shrink_to(2 * BATCH_BYTES);
        values.clear();
        *next = 0;
        let read = view.multi_get(table, keys, &mut |value| {
            let from = bytes.len();
            values.push(match value {
                Some(value) => {
                    bytes.extend_from_slice(value);
                    Value::At(from, bytes.len())
                }
                None => Value::Absent,
            });
            Ok(())
        });
        let answered = values.len();
        if read.is_err() || answered != keys.len() {
            values.clear();
        }
        read?;
        if answered == keys.len() {
            return Ok(());
        }
        // A row that is not answered for would be a row that is deleted.
        Err(Error::new(
            ErrorKind::Corrupt,
            "the engine answered for another number of rows than it was asked for",
        )
        .with("asked", keys.len())
        .with("answered", answered))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use crate::memory::{MemoryScan, MemoryStore};

    use super::*;

    /// A view that does not answer for the last key.
    struct Silent(MemoryStore);

    impl OrderedRead for Silent {
        type Guard<'a> = &'a [u8];
        type Scan<'a> = MemoryScan<'a>;

        fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
            self.0.get(table, key)
        }

        fn multi_get(
            &self,
            table: TableId,
            keys: &[&[u8]],
            found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
        ) -> Result<()> {
            self.0.multi_get(table, &keys[1..], found)
        }

        fn scan(
            &self,
            table: TableId,
            from: Bound<&[u8]>,
            to: Bound<&[u8]>,
        ) -> Result<MemoryScan<'_>> {
            self.0.scan(table, from, to)
        }
    }

    #[test]
    fn a_row_that_is_not_answered_for_is_an_error() {
        let mut batch = Batch::default();
        let view = Silent(MemoryStore::new());
        let error = batch.read(&view, TableId(1), &[b"a", b"b"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(error.context("answered"), Some("1"));
        assert!(batch.next().is_none());
    }

    #[test]
    fn large_rows_are_read_in_small_batches() {
        use crate::store::OrderedStore;

        let mut store = MemoryStore::new();
        store.create_table(TableId(1)).unwrap();
        let mut batch = Batch::default();
        let mut size_after = |len: usize| {
            store.put(TableId(1), b"a", &vec![0; len]).unwrap();
            batch.read(&store, TableId(1), &[b"a"]).unwrap();
            batch.size()
        };
        assert_eq!(size_after(100), BATCH_ROWS);
        assert_eq!(size_after(0), BATCH_ROWS);
        assert_eq!(size_after(BATCH_BYTES / 3), 3);
        assert_eq!(size_after(4 * BATCH_BYTES), 1);
    }
}
