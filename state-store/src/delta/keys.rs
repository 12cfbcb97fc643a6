//! The keys of changed rows, sorted.

use std::cmp::Ordering;
use std::sync::Arc;

use state_api::{KeyGroupRange, Result};

use crate::changes::Interval;
use crate::delta::no_state;
use crate::keys::KeyLog;
use crate::layout;
use crate::store::TableId;

/// A changed row, where its key lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) group: u16,
    pub(super) state: u16,
    interval: u32,
    at: u32,
    /// The first bytes of the row key, so that most comparisons read no key.
    head: u64,
}

/// The keys of changed rows, ascending by group, state and row key: sorted in slices of key groups, as
/// many as the buffer holds.
pub(super) struct ChangedKeys {
    pub(super) intervals: Vec<Arc<Interval>>,
    /// Indices of states by table.
    states: Vec<Option<u16>>,
    range: KeyGroupRange,
    /// Keys in each group of `range`, counted once for each interval.
    counts: Vec<usize>,
    /// Index in `counts` of the first group behind the slice.
    next_group: usize,
    /// Rows of a slice, unless one group has more.
    slice_rows: usize,
    slice: Vec<Place>,
    next: usize,
}

impl ChangedKeys {
    pub(super) fn new(
        tables: &[TableId],
        intervals: Vec<Arc<Interval>>,
        range: KeyGroupRange,
        buffer: usize,
    ) -> Result<Self> {
        let mut states = Vec::new();
        for (state, table) in (0..).zip(tables) {
            let table = usize::try_from(table.0).unwrap_or(usize::MAX);
            if table > usize::from(u16::MAX) {
                continue; // No row can have been noted for it.
            }
            states.resize(states.len().max(table + 1), None);
            if let Some(slot) = states.get_mut(table) {
                *slot = Some(state);
            }
        }
        let mut keys = Self {
            intervals,
            states,
            range,
            counts: vec![0; usize::try_from(range.len()).unwrap_or_default()],
            next_group: 0,
            slice_rows: buffer / size_of::<Place>(),
            slice: Vec::new(),
            next: 0,
        };
        for interval in &keys.intervals {
            for (_, table, key) in interval.keys.iter() {
                keys.state(table)?;
                let (group, _) = layout::split_group(key)?;
                if let Some(count) = keys.index(group).and_then(|at| keys.counts.get_mut(at)) {
                    *count += 1;
                }
            }
        }
        Ok(keys)
    }

    fn index(&self, group: u16) -> Option<usize> {
        let index = group.checked_sub(self.range.first())?;
        self.range.contains(group).then_some(usize::from(index))
    }

    fn state(&self, table: TableId) -> Result<u16> {
        let table = usize::try_from(table.0).unwrap_or(usize::MAX);
        let state = self.states.get(table).copied().flatten();
        state.ok_or_else(no_state)
    }

    fn log(&self, place: Place) -> Option<&KeyLog> {
        let interval = self.intervals.get(usize::try_from(place.interval).ok()?)?;
        Some(&interval.keys)
    }

    /// The key of a row as the engine has it.
    fn key(&self, place: Place) -> Result<&[u8]> {
        let found = self.log(place).and_then(|log| log.get(place.at));
        found.map(|(_, key)| key).ok_or_else(no_state)
    }

    pub(super) fn row_key(&self, place: Place) -> Result<&[u8]> {
        Ok(layout::split_group(self.key(place)?)?.1)
    }

    /// The next row.
    pub(super) fn take(&mut self) -> Result<Place> {
        let place = self.slice.get(self.next).copied().ok_or_else(no_state)?;
        self.next += 1;
        Ok(place)
    }

    /// The keys of the next rows, at most `most` and all of one state; `None` when there are none.
    pub(super) fn ahead(&mut self, most: usize) -> Result<Option<(u16, Vec<&[u8]>)>> {
        if self.next == self.slice.len() && !self.sort_slice()? {
            return Ok(None);
        }
        let ahead = self.slice.get(self.next..).unwrap_or_default();
        let Some(&Place { state, .. }) = ahead.first() else {
            return Ok(None);
        };
        let ahead = ahead.iter().take(most);
        let keys = ahead
            .take_while(|place| place.state == state)
            .map(|place| self.key(*place));
        Ok(Some((state, keys.collect::<Result<_>>()?)))
    }

    /// Collects and sorts the keys of the next key groups; `false` when no group is left.
    fn sort_slice(&mut self) -> Result<bool> {
        let mut rows = 0;
        let from = self.next_group;
        while let Some(count) = self.counts.get(self.next_group) {
            if rows > 0 && rows + count > self.slice_rows {
                break;
            }
            rows += count;
            self.next_group += 1;
        }
        let slice = from..self.next_group;
        let mut places = std::mem::take(&mut self.slice);
        places.clear();
        self.next = 0;
        if rows == 0 {
            return Ok(false);
        }
        places.reserve_exact(rows);
        for (interval, written) in (0..).zip(&self.intervals) {
            for (at, table, key) in written.keys.iter() {
                let (group, row_key) = layout::split_group(key)?;
                if self.index(group).is_some_and(|at| slice.contains(&at)) {
                    places.push(Place {
                        group,
                        state: self.state(table)?,
                        interval,
                        at,
                        head: head(row_key),
                    });
                }
            }
        }
        places.sort_unstable_by(|a, b| self.compare(*a, *b));
        places.dedup_by(|a, b| self.compare(*a, *b) == Ordering::Equal);
        self.slice = places;
        Ok(true)
    }

    fn compare(&self, a: Place, b: Place) -> Ordering {
        let heads = (a.group, a.state, a.head).cmp(&(b.group, b.state, b.head));
        heads.then_with(|| {
            let key = |place: Place| self.log(place).and_then(|log| log.get(place.at));
            key(a).cmp(&key(b))
        })
    }
}

/// The first eight bytes of a row key; of a shorter one what it has, before zeros.
fn head(row_key: &[u8]) -> u64 {
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(row_key) {
        *to = *from;
    }
    u64::from_be_bytes(head)
}
