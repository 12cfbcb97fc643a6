//! Changes of a view since an epoch: the keys that were written, with the values that the view has.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use state_api::row::{AllRows, RangeTombstone};
use state_api::{ChangeSource, Error, ErrorKind, KeyGroupRange, Result, RowChange, RowRef};

use crate::changes::Interval;
use crate::keys::KeyLog;
use crate::layout;
use crate::ranges::Ranges;
use crate::rows::StoreRows;
use crate::store::{OrderedRead, TableId};

/// Rows that are read at once, and their bytes from which on fewer are.
const BATCH_ROWS: usize = 256;
const BATCH_BYTES: usize = 256 << 10;

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

/// Values of changed rows that were read at once.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    values: Vec<Value>,
    next: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Absent,
    /// From and to in the bytes of the batch.
    At(usize, usize),
}

impl Batch {
    fn next(&mut self) -> Option<Value> {
        let value = self.values.get(self.next).copied()?;
        self.next += 1;
        Some(value)
    }

    /// How many rows to read next, going by the last ones: large rows in small batches.
    fn size(&self) -> usize {
        match self.bytes.len().checked_div(self.values.len()) {
            None => BATCH_ROWS / 16,
            Some(bytes) => (BATCH_BYTES / bytes.max(1)).clamp(1, BATCH_ROWS),
        }
    }

    fn read<V: OrderedRead>(&mut self, view: &V, table: TableId, keys: &[&[u8]]) -> Result<()> {
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

/// A changed row, where its key lies.
#[derive(Clone, Copy)]
struct Place {
    group: u16,
    state: u16,
    interval: u32,
    at: u32,
    /// The first bytes of the row key, so that most comparisons read no key.
    head: u64,
}

/// The keys of changed rows, ascending by group, state and row key: sorted in slices of key groups, as
/// many as the buffer holds.
struct ChangedKeys {
    intervals: Vec<Arc<Interval>>,
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
    fn new(
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

    fn row_key(&self, place: Place) -> Result<&[u8]> {
        Ok(layout::split_group(self.key(place)?)?.1)
    }

    /// The next row.
    fn take(&mut self) -> Result<Place> {
        let place = self.slice.get(self.next).copied().ok_or_else(no_state)?;
        self.next += 1;
        Ok(place)
    }

    /// The keys of the next rows, at most `most` and all of one state; `None` when there are none.
    fn ahead(&mut self, most: usize) -> Result<Option<(u16, Vec<&[u8]>)>> {
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

/// A range of rows that were deleted.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tombstone {
    group: u16,
    state: u16,
    start: Box<[u8]>,
    end: Option<Box<[u8]>>,
}

impl Tombstone {
    fn lend(&self) -> RangeTombstone<'_> {
        RangeTombstone {
            group: self.group,
            state: self.state.into(),
            start: &self.start,
            end: self.end.as_deref(),
        }
    }

    /// Whether the range ends before a row.
    fn is_before(&self, place: Place, key: &[u8]) -> bool {
        let end = self.end.as_deref();
        match (self.group, self.state).cmp(&(place.group, place.state)) {
            Ordering::Less => true,
            Ordering::Equal => end.is_some_and(|end| end <= key),
            Ordering::Greater => false,
        }
    }

    /// Whether a row that the range does not end before lies in it.
    fn covers(&self, place: Place, key: &[u8]) -> bool {
        (self.group, self.state) == (place.group, place.state) && *self.start <= *key
    }
}

/// Whether a row lies in one of the ranges; rows are asked for ascending, and `from` goes with them.
fn is_covered(ranges: &[Tombstone], from: &mut usize, place: Place, key: &[u8]) -> bool {
    while ranges
        .get(*from)
        .is_some_and(|range| range.is_before(place, key))
    {
        *from += 1;
    }
    ranges
        .get(*from)
        .is_some_and(|range| range.covers(place, key))
}

/// The ranges that were deleted in `intervals`, cut at the borders of key groups: ascending, and
/// disjoint.
fn tombstones(
    tables: &[TableId],
    intervals: &[Arc<Interval>],
    range: KeyGroupRange,
) -> Result<Vec<Tombstone>> {
    let mut found = Vec::new();
    for interval in intervals {
        if interval.ranges.keys().any(|table| !tables.contains(table)) {
            return Err(no_state());
        }
    }
    for (state, table) in (0..).zip(tables) {
        let mut merged = Ranges::default();
        for ranges in intervals.iter().filter_map(|i| i.ranges.get(table)) {
            for (start, end) in ranges.iter() {
                merged.insert(start, end);
            }
        }
        for (start, end) in merged.iter() {
            cut(state, (start, end), range, &mut found);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Cuts a range of engine keys into one of row keys for each key group of `groups`.
fn cut(
    state: u16,
    (start, end): (&[u8], Option<&[u8]>),
    groups: KeyGroupRange,
    found: &mut Vec<Tombstone>,
) {
    let (first, start) = split_border(start);
    let (last, end) = match end.map(split_border) {
        Some((last, end)) => (last, Some(end)),
        None => (u16::MAX, None),
    };
    for group in first.max(groups.first())..=last.min(groups.last()) {
        let start = if group == first { start } else { &[] };
        let end = if group == last { end } else { None };
        if end.is_none_or(|end| start < end) {
            found.push(Tombstone {
                group,
                state,
                start: start.into(),
                end: end.map(Into::into),
            });
        }
    }
}

/// Splits the key group off the border of a range. One that is shorter is the border of a group too:
/// no key lies between it and the same with zeros behind.
fn split_border(border: &[u8]) -> (u16, &[u8]) {
    match border {
        [] => (0, &[]),
        [high] => (u16::from_be_bytes([*high, 0]), &[]),
        [high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
    }
}

#[cold]
fn no_state() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "a row is noted as changed that the view has no state for: take a full checkpoint",
    )
}
