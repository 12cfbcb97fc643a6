//! Values of changed rows, read from the view in batches.

use std::ops::Bound;

use state_api::{Error, ErrorKind, Result};

use crate::store::{Entry, OrderedRead, Scan, TableId};

/// Rows that are read at once, and their bytes from which on fewer are.
const BATCH_ROWS: usize = 256;
const BATCH_BYTES: usize = 256 << 10;

/// Steps of a scan over rows that did not change that cost no more than looking one row up, and bytes of
/// such a row that count as another step.
const STEPS_PER_ROW: usize = 8;
const STEP_BYTES: usize = 1024;

/// Batches after one that was not worth a scan in which none is tried: so a try in vain costs little.
const SPARSE_BATCHES: u8 = 16;

/// Values of changed rows that were read at once.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    values: Vec<Value>,
    next: usize,
    /// Batches that are not scanned, because one before them was not worth it.
    sparse: u8,
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

    /// Reads the rows of `keys`, which ascend.
    pub(super) fn read<V: OrderedRead>(
        &mut self,
        view: &V,
        table: TableId,
        keys: &[&[u8]],
    ) -> Result<()> {
        self.bytes.clear();
        // A row far larger than the others must not cost its memory until the end.
        self.bytes.shrink_to(2 * BATCH_BYTES);
        self.values.clear();
        self.next = 0;
        let read = self
            .scan(view, table, keys)
            .and_then(|()| self.ask(view, table, keys));
        let answered = self.values.len();
        if read.is_err() || answered != keys.len() {
            self.values.clear();
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

    /// Answers for the keys from the front by a scan over the rows from the first key to the last, as far
    /// as that is worth it: where a good part of the rows changed, a step is far cheaper than a look-up.
    fn scan<V: OrderedRead>(&mut self, view: &V, table: TableId, keys: &[&[u8]]) -> Result<()> {
        if self.sparse > 0 {
            self.sparse -= 1;
            return Ok(());
        }
        let [first, .., last] = keys else {
            return Ok(());
        };
        let mut left = keys.len() * STEPS_PER_ROW;
        let mut keys = keys.iter().peekable();
        let mut scan = view.scan(table, Bound::Included(first), Bound::Included(last))?;
        while keys.peek().is_some() {
            let Some(Entry { key, value }) = scan.next_entry()? else {
                self.values.extend(keys.map(|_| Value::Absent));
                return Ok(());
            };
            while keys.next_if(|wanted| **wanted < key).is_some() {
                self.values.push(Value::Absent);
            }
            if keys.next_if(|wanted| **wanted == key).is_some() {
                self.push(value);
                continue;
            }
            left = left.saturating_sub(1 + value.len() / STEP_BYTES);
            if left == 0 {
                self.sparse = SPARSE_BATCHES;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Answers for the keys that are left by asking for each.
    fn ask<V: OrderedRead>(&mut self, view: &V, table: TableId, keys: &[&[u8]]) -> Result<()> {
        match keys.get(self.values.len()..) {
            None | Some([]) => Ok(()),
            Some(left) => view.multi_get(table, left, &mut |value| {
                match value {
                    Some(value) => self.push(value),
                    None => self.values.push(Value::Absent),
                }
                Ok(())
            }),
        }
    }

    fn push(&mut self, value: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.values.push(Value::At(from, self.bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use crate::memory::{MemoryScan, MemoryStore};
    use crate::store::OrderedStore;

    use super::*;

    const TABLE: TableId = TableId(1);

    /// A store with the rows of some numbers, whose values are those of `value`.
    fn store(
        numbers: impl IntoIterator<Item = u16>,
        value: impl Fn(u16) -> Vec<u8>,
    ) -> MemoryStore {
        let mut store = MemoryStore::new();
        store.create_table(TABLE).unwrap();
        for number in numbers {
            let key = number.to_be_bytes();
            store.put(TABLE, &key, &value(number)).unwrap();
        }
        store
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_view_whether_scanned_or_asked_for(
            rows in btree_set(0..2000_u16, 0..1500),
            batches in vec(btree_set(prop_oneof![0..2000_u16, 0..64_u16], 1..60), 1..40),
        ) {
            let store = store(rows.iter().copied(), |number| vec![7; usize::from(number % 5) * 300]);
            let mut batch = Batch::default();
            for numbers in batches {
                let keys: Vec<_> = numbers.iter().map(|number| number.to_be_bytes()).collect();
                let keys: Vec<_> = keys.iter().map(|key| &key[..]).collect();
                batch.read(&store, TABLE, &keys).unwrap();
                for key in keys {
                    let found = match batch.next().unwrap() {
                        Value::At(from, to) => Some(&batch.bytes[from..to]),
                        Value::Absent => None,
                    };
                    prop_assert_eq!(found, store.get(TABLE, key).unwrap());
                }
                prop_assert!(batch.next().is_none());
            }
        }
    }

    /// A view that counts the rows that are asked for.
    struct Asked(MemoryStore, Cell<usize>);

    impl OrderedRead for Asked {
        type Guard<'a> = &'a [u8];
        type Scan<'a> = MemoryScan<'a>;

        fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
            self.1.set(self.1.get() + 1);
            self.0.get(table, key)
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
    fn many_rows_of_a_range_are_scanned_and_few_are_asked_for() {
        let view = Asked(store(0..20_000, |_| vec![7; 100]), Cell::new(0));
        let asked = |every: u16| {
            let mut batch = Batch::default();
            view.1.set(0);
            let keys: Vec<_> = (0..20_000 / every)
                .map(|number| (number * every).to_be_bytes())
                .collect();
            let keys: Vec<_> = keys.iter().map(|key| &key[..]).collect();
            for keys in keys.chunks(50) {
                batch.read(&view, TABLE, keys).unwrap();
            }
            (view.1.get(), keys.len())
        };
        assert_eq!(asked(1).0, 0);
        assert_eq!(asked(5).0, 0);
        let (count, of) = asked(20);
        assert!(count > of * 9 / 10, "{count} of {of}");
    }

    /// A view that does not answer for the first key.
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
        let mut batch = Batch {
            sparse: 1,
            ..Batch::default()
        };
        let view = Silent(MemoryStore::new());
        let error = batch.read(&view, TableId(1), &[b"a", b"b"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(error.context("answered"), Some("1"));
        assert!(batch.next().is_none());
    }

    #[test]
    fn large_rows_are_read_in_small_batches() {
        let mut store = store([], |_| Vec::new());
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
