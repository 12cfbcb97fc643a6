//! The rows of a view: the tables of all states, merged by key group.

use std::ops::Bound;
use std::sync::Arc;

use state_api::{KeyGroupRange, Result, RowRef, RowSource};

use crate::layout;
use crate::store::{Entry, OrderedRead, Scan, TableId};

/// Bytes that one state's cursor reads ahead. Engines tie a scan to a borrow of their view; a
/// cursor that owns its view therefore seeks anew for each batch, and a batch must be large enough
/// to make the seek vanish.
const BATCH_BYTES: usize = 256 << 10;

/// Rows of one state, read in batches.
#[derive(Debug)]
struct Cursor {
    table: TableId,
    bytes: Vec<u8>,
    /// End of key and end of value of each row, in `bytes`.
    ends: Vec<(usize, usize)>,
    next: usize,
    exhausted: bool,
}

impl Cursor {
    fn new(table: TableId) -> Self {
        Self {
            table,
            bytes: Vec::new(),
            ends: Vec::new(),
            next: 0,
            exhausted: false,
        }
    }

    fn row(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let &(key_end, value_end) = self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before)?.1,
            None => 0,
        };
        Some((
            self.bytes.get(start..key_end)?,
            self.bytes.get(key_end..value_end)?,
        ))
    }

    /// Makes the next row available; reads a batch when the last one is used up.
    fn fill<V: OrderedRead>(&mut self, view: &V, range: KeyGroupRange) -> Result<()> {
        if self.next < self.ends.len() || self.exhausted {
            return Ok(());
        }
        let last = self
            .ends
            .len()
            .checked_sub(1)
            .and_then(|last| self.row(last));
        let resume = last.map(|(key, _)| key.to_vec());
        let first = range.first().to_be_bytes();
        let from = match &resume {
            Some(key) => Bound::Excluded(&key[..]),
            None => Bound::Included(&first[..]),
        };
        // Key groups end at 32,767, so the one after the last is a u16.
        let end = (range.last() + 1).to_be_bytes();
        self.bytes.clear();
        self.ends.clear();
        self.next = 0;
        let mut scan = view.scan(self.table, from, Bound::Excluded(&end))?;
        while self.bytes.len() < BATCH_BYTES {
            let Some(Entry { key, value }) = scan.next_entry()? else {
                self.exhausted = true;
                break;
            };
            self.bytes.extend_from_slice(key);
            let key_end = self.bytes.len();
            self.bytes.extend_from_slice(value);
            self.ends.push((key_end, self.bytes.len()));
        }
        Ok(())
    }

    fn group(&self) -> Result<Option<u16>> {
        match self.row(self.next) {
            Some((key, _)) => Ok(Some(layout::split_group(key)?.0)),
            None => Ok(None),
        }
    }
}

/// All rows of a view in a range of key groups: see
/// [`StateView::into_rows`](state_api::StateView::into_rows).
#[derive(Debug)]
pub struct StoreRows<V> {
    view: Arc<V>,
    range: KeyGroupRange,
    cursors: Vec<Cursor>,
}

impl<V: OrderedRead> StoreRows<V> {
    pub(crate) fn new(view: Arc<V>, range: KeyGroupRange, tables: Vec<TableId>) -> Self {
        Self {
            view,
            range,
            cursors: tables.into_iter().map(Cursor::new).collect(),
        }
    }
}

impl<V: OrderedRead> RowSource for StoreRows<V> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        let mut first: Option<(u16, usize)> = None;
        for (state, cursor) in self.cursors.iter_mut().enumerate() {
            cursor.fill(&*self.view, self.range)?;
            if let Some(group) = cursor.group()?
                && first.is_none_or(|(least, _)| group < least)
            {
                first = Some((group, state));
            }
        }
        let Some((_, state)) = first else {
            return Ok(None);
        };
        let Some(cursor) = self.cursors.get_mut(state) else {
            return Ok(None);
        };
        let index = cursor.next;
        cursor.next += 1;
        let Some((key, envelope)) = cursor.row(index) else {
            return Ok(None);
        };
        let (group, key) = layout::split_group(key)?;
        let state = u32::try_from(state).unwrap_or(u32::MAX);
        Ok(Some(RowRef {
            group,
            state,
            key,
            envelope,
        }))
    }
}
