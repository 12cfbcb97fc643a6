//! The rows of a view: typed rows, encoded and sorted one key group at a time.

use std::fmt;
use std::sync::Arc;

use state_api::key::encode;
use state_api::row::envelope;
use state_api::{
    KeyGroupRange, KeyGroups, KeyHash, Result, RowRef, RowSource, StateKey, StateValue,
};
use state_table::{Frozen, FrozenSegment, KeyedRow};

use crate::codec::RowCodec;

/// Takes encoded rows.
pub(crate) trait RowSink {
    /// Begins a row: the caller appends key and envelope.
    fn begin(&mut self) -> &mut Vec<u8>;

    /// Ends the row whose key ends at `key_end`. `true` when it was the last one to be taken now.
    fn end(&mut self, key_end: usize) -> Result<bool>;
}

/// Adds a row: `key` appends its key, `payload` its payload. Returns what [`RowSink::end`] does.
#[inline]
pub(crate) fn push<S: RowSink + ?Sized>(
    out: &mut S,
    key: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    payload: impl FnOnce(&mut Vec<u8>) -> Result<()>,
) -> Result<bool> {
    let row = out.begin();
    key(row)?;
    let key_end = row.len();
    envelope::begin(row);
    payload(row)?;
    out.end(key_end)
}

/// Encoded rows of one key group of one state.
#[derive(Debug, Default)]
pub(crate) struct GroupBatch {
    bytes: Vec<u8>,
    /// Start, end of key and end of envelope of each row, in `bytes`.
    rows: Vec<(usize, usize, usize)>,
}

impl RowSink for GroupBatch {
    fn begin(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    fn end(&mut self, key_end: usize) -> Result<bool> {
        let start = self.rows.last().map_or(0, |row| row.2);
        self.rows.push((start, key_end, self.bytes.len()));
        Ok(false)
    }
}

impl GroupBatch {
    /// Adds a row that is encoded already.
    pub(crate) fn push_encoded(&mut self, key: &[u8], envelope: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(envelope);
        self.rows.push((start, key_end, self.bytes.len()));
    }

    /// Sorts the rows by key. Whether they ascend strictly is for the reader of them to check: two
    /// keys of one encoding are a breach of the law of `StateKey`, and must not be hidden here.
    fn sort(&mut self) {
        let bytes = &self.bytes;
        let key = |&(start, end, _): &(usize, usize, usize)| bytes.get(start..end);
        self.rows.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    }

    fn row(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let &(start, key_end, end) = self.rows.get(index)?;
        Some((
            self.bytes.get(start..key_end)?,
            self.bytes.get(key_end..end)?,
        ))
    }
}

/// Gives the rows of one state, key group by key group, ascending.
pub(crate) trait ExportState: Send {
    /// The rows of `group`, in any order. Groups are asked for in ascending order, each once.
    fn take_group(&mut self, group: u16) -> Result<GroupBatch>;
}

/// Export of a typed state.
///
/// Segments are in the order of a fast hash that knows nothing of key groups: that keeps the
/// canonical hash off every access. So the export makes one pass that notes where the rows of each
/// key group lie, and then visits them group by group.
pub(crate) struct TypedExport<K, N, X> {
    segments: Vec<FrozenSegment<KeyedRow<K, N, X>>>,
    /// Places of rows, ascending by key group.
    places: std::iter::Peekable<std::vec::IntoIter<Place>>,
    codec: Arc<dyn RowCodec<X>>,
    prefix: Vec<u8>,
}

/// Where a row lies: 12 bytes a row while a checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    group: u16,
    bucket: u32,
    segment: u32,
}

impl<K: StateKey, N: StateKey, X: StateValue> TypedExport<K, N, X> {
    pub(crate) fn new(
        rows: Frozen<KeyedRow<K, N, X>>,
        codec: Arc<dyn RowCodec<X>>,
        groups: KeyGroups,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let mut places = Vec::with_capacity(rows.len());
        let segments: Vec<_> = rows.into_segments().collect();
        for (segment, rows) in (0..).zip(&segments) {
            for (bucket, row) in rows.iter_buckets() {
                let group = groups.group_of(KeyHash::of(&row.key)?);
                if range.contains(group) {
                    places.push(Place {
                        group,
                        bucket,
                        segment,
                    });
                }
            }
        }
        places.sort_unstable_by_key(|place| place.group);
        let places = places.into_iter().peekable();
        Ok(Self {
            segments,
            places,
            codec,
            prefix: Vec::new(),
        })
    }
}

impl<K, N, X> ExportState for TypedExport<K, N, X>
where
    K: StateKey,
    N: StateKey,
    X: StateValue,
{
    fn take_group(&mut self, group: u16) -> Result<GroupBatch> {
        let mut batch = GroupBatch::default();
        while let Some(place) = self.places.next_if(|place| place.group == group) {
            let segment = self.segments.get(place.segment as usize);
            let Some(row) = segment.and_then(|segment| segment.row(place.bucket)) else {
                continue;
            };
            self.prefix.clear();
            encode(&row.key, &mut self.prefix)?;
            encode(&row.namespace, &mut self.prefix)?;
            self.codec.encode(&self.prefix, &row.state, 0, &mut batch)?;
        }
        Ok(batch)
    }
}

/// All rows of a view in a range of key groups: see
/// [`StateView::into_rows`](state_api::StateView::into_rows).
pub struct HeapRows {
    states: Vec<Box<dyn ExportState>>,
    groups: std::ops::RangeInclusive<u16>,
    group: u16,
    state: usize,
    batch: GroupBatch,
    next: usize,
}

impl HeapRows {
    pub(crate) fn new(states: Vec<Box<dyn ExportState>>, range: KeyGroupRange) -> Self {
        Self {
            state: states.len(),
            states,
            groups: range.first()..=range.last(),
            group: range.first(),
            batch: GroupBatch::default(),
            next: 0,
        }
    }

    /// Moves to the next batch that has rows; `false` at the end.
    fn advance(&mut self) -> Result<bool> {
        loop {
            while let Some(state) = self.states.get_mut(self.state) {
                self.batch = state.take_group(self.group)?;
                if !self.batch.rows.is_empty() {
                    self.batch.sort();
                    self.next = 0;
                    return Ok(true);
                }
                self.state += 1;
            }
            let Some(group) = self.groups.next() else {
                return Ok(false);
            };
            self.group = group;
            self.state = 0;
        }
    }
}

impl RowSource for HeapRows {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        if self.next == self.batch.rows.len() {
            if !self.batch.rows.is_empty() {
                self.batch = GroupBatch::default();
                self.next = 0;
                self.state += 1;
            }
            if !self.advance()? {
                return Ok(None);
            }
        }
        let index = self.next;
        self.next += 1;
        let (group, state) = (self.group, u32::try_from(self.state).unwrap_or(u32::MAX));
        let row = self.batch.row(index);
        Ok(row.map(|(key, envelope)| RowRef {
            group,
            state,
            key,
            envelope,
        }))
    }
}

impl fmt::Debug for HeapRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapRows")
            .field("states", &self.states.len())
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}
