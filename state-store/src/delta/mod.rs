//! Changes of a view since an epoch: the keys that were written, with the values that the view has.

mod batch;
mod keys;
mod tombstone;

use std::fmt;
use std::sync::Arc;

use state_api::row::AllRows;
use state_api::{ChangeSource, Error, ErrorKind, KeyGroupRange, Result, RowChange, RowRef};

use crate::changes::Interval;
use crate::rows::StoreRows;
use crate::store::{OrderedRead, TableId};

use batch::{Batch, Value};
use keys::ChangedKeys;
use tombstone::{Tombstone, is_covered, tombstones};

/// What a view gives to a checkpoint: see
/// [`StateView::into_changes`](state_api::StateView::into_changes).
pub struct StoreChanges<V>(Source<V>);

enum Source<V> {
    All(AllRows<StoreRows<V>>),
    Since(Box<Delta<V>>),
}

impl<V: OrderedRead> StoreChanges<V> {
    pub(crate) fn all(rows: StoreRows<V>) -> Self {
        Self(Source::All(AllRows::new(rows)))
    }

    /// What was written in `intervals`, as `view` has it. `tables` are those of the states, ascending
    /// by name.
    pub(crate) fn since(
        view: Arc<V>,
        tables: &[TableId],
        intervals: Vec<Arc<Interval>>,
        range: KeyGroupRange,
        buffer: usize,
    ) -> Result<Self> {
        let keys = ChangedKeys::new(tables, intervals, range, buffer)?;
        Ok(Self(Source::Since(Box::new(Delta {
            ranges: tombstones(tables, &keys.intervals, range)?,
            next_range: 0,
            covering: 0,
            tables: tables.into(),
            keys,
            view,
            rows: Batch::default(),
            begun: false,
        }))))
    }
}

impl<V> fmt::Debug for StoreChanges<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = matches!(self.0, Source::Since(_));
        f.debug_struct("StoreChanges")
            .field("since", &since)
            .finish_non_exhaustive()
    }
}

impl<V: OrderedRead> ChangeSource for StoreChanges<V> {
    fn next_run(&mut self) -> Result<bool> {
        match &mut self.0 {
            Source::All(rows) => rows.next_run(),
            Source::Since(delta) => Ok(!std::mem::replace(&mut delta.begun, true)),
        }
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        match &mut self.0 {
            Source::All(rows) => rows.next_change(),
            Source::Since(delta) => delta.next_change(),
        }
    }
}

struct Delta<V> {
    view: Arc<V>,
    tables: Box<[TableId]>,
    /// Ascending and disjoint.
    ranges: Vec<Tombstone>,
    next_range: usize,
    /// The first range that does not end before the last row that was looked for.
    covering: usize,
    keys: ChangedKeys,
    rows: Batch,
    begun: bool,
}

impl<V: OrderedRead> Delta<V> {
    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        if self.next_range < self.ranges.len() {
            self.next_range += 1;
            let range = self.ranges.get(self.next_range - 1);
            return Ok(range.map(|range| RowChange::DeleteRange(range.lend())));
        }
        let (place, value) = loop {
            let Some(value) = self.rows.next() else {
                if self.read()? {
                    continue;
                }
                return Ok(None);
            };
            let place = self.keys.take()?;
            let key = self.keys.row_key(place)?;
            if value != Value::Absent || !is_covered(&self.ranges, &mut self.covering, place, key) {
                break (place, value);
            }
        };
        let (group, state) = (place.group, place.state);
        let key = self.keys.row_key(place)?;
        Ok(Some(match value {
            Value::At(from, to) => RowChange::Put(RowRef {
                group,
                state: state.into(),
                key,
                envelope: self.rows.bytes.get(from..to).unwrap_or_default(),
            }),
            Value::Absent => RowChange::Delete {
                group,
                state: state.into(),
                key,
            },
        }))
    }

    /// Reads rows ahead; `false` when there are no more.
    fn read(&mut self) -> Result<bool> {
        let Some((state, keys)) = self.keys.ahead(self.rows.size())? else {
            return Ok(false);
        };
        let table = self.tables.get(usize::from(state)).copied();
        self.rows
            .read(&*self.view, table.ok_or_else(no_state)?, &keys)?;
        Ok(true)
    }
}

#[cold]
fn no_state() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "a row is noted as changed that the view has no state for: take a full checkpoint",
    )
}
