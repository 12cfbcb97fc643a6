//! The changes of a view: what a checkpoint writes.
//!
//! Marked rows are encoded as they come, up to a buffer, then sorted: a run. So memory is bounded
//! by the buffer, and segments are released as the runs go by.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use state_api::key::{encode, prefix_end};
use state_api::row::{ChangeSource, RangeTombstone, RowChange, envelope};
use state_api::{KeyGroupRange, KeyGroups, KeyHash, Result, RowRef, StateKey, StateValue};
use state_table::{Frozen, FrozenSegment, FrozenTable, IntoSegments, KeyedRow, LoggedChanges};

use crate::codec::RowCodec;
use crate::runs::SortedRuns;

/// Encoded changes, up to about a limit.
#[derive(Debug)]
pub(crate) struct ChangeBatch {
    limit: usize,
    bytes: Vec<u8>,
    changes: Vec<Change>,
    /// Where the next change belongs.
    group: u16,
    state: u32,
}

#[derive(Debug)]
struct Change {
    group: u16,
    state: u32,
    start: usize,
    key_end: usize,
    /// End of the envelope; `None` for a tombstone.
    end: Option<usize>,
}

impl ChangeBatch {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: Vec::new(),
            changes: Vec::new(),
            group: 0,
            state: 0,
        }
    }

    /// Whether it has taken as much as it may.
    pub(crate) fn is_full(&self) -> bool {
        let held = self.bytes.len() + self.changes.len() * size_of::<Change>();
        held >= self.limit && !self.changes.is_empty()
    }

    /// Adds a row, written by parts: `key` appends its key, `payload` its payload.
    pub(crate) fn put(
        &mut self,
        key: impl FnOnce(&mut Vec<u8>) -> Result<()>,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let start = self.bytes.len();
        key(&mut self.bytes)?;
        let key_end = self.bytes.len();
        envelope::begin(&mut self.bytes);
        payload(&mut self.bytes)?;
        self.push(start, key_end, Some(self.bytes.len()));
        Ok(())
    }

    /// Adds a tombstone for a row.
    pub(crate) fn delete(&mut self, prefix: &[u8], tail: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(prefix);
        self.bytes.extend_from_slice(tail);
        self.push(start, self.bytes.len(), None);
    }

    fn push(&mut self, start: usize, key_end: usize, end: Option<usize>) {
        self.changes.push(Change {
            group: self.group,
            state: self.state,
            start,
            key_end,
            end,
        });
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.changes.clear();
    }

    /// Sorts the changes; a row that went in two intervals has one tombstone. Whether they ascend strictly is for the reader of them to check: see
    /// [`GroupBatch`](crate::export::GroupBatch).
    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.changes.sort_unstable_by(|a, b| {
            let key = |change: &Change| bytes.get(change.start..change.key_end);
            (a.group, a.state, key(a)).cmp(&(b.group, b.state, key(b)))
        });
        self.changes.dedup_by(|a, b| {
            let key = |change: &Change| bytes.get(change.start..change.key_end);
            a.end.is_none()
                && b.end.is_none()
                && (a.group, a.state, key(a)) == (b.group, b.state, key(b))
        });
    }

    fn get(&self, index: usize) -> Option<RowChange<'_>> {
        let change = self.changes.get(index)?;
        let &Change { group, state, .. } = change;
        let key = self.bytes.get(change.start..change.key_end)?;
        Some(match change.end {
            None => RowChange::Delete { group, state, key },
            Some(end) => RowChange::Put(RowRef {
                group,
                state,
                key,
                envelope: self.bytes.get(change.key_end..end)?,
            }),
        })
    }
}

/// A range tombstone that owns its keys. The order is that of [`ChangeSource`]: an open end is the
/// highest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tombstone {
    group: u16,
    state: u32,
    start: Vec<u8>,
    end: End,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Before(Vec<u8>),
    Open,
}

/// What a source asks the states of a view for.
#[derive(Debug)]
pub(crate) struct Question {
    since: u64,
    groups: KeyGroups,
    range: KeyGroupRange,
    tombstones: Vec<Tombstone>,
    batch: ChangeBatch,
}

impl Question {
    pub(crate) fn new(since: u64, groups: KeyGroups, range: KeyGroupRange, buffer: usize) -> Self {
        Self {
            since,
            groups,
            range,
            tombstones: Vec::new(),
            batch: ChangeBatch::new(buffer),
        }
    }

    /// The state that is asked next.
    pub(crate) fn at_state(&mut self, state: u32) {
        self.batch.state = state;
    }
}

/// Gives the changes of one state.
pub(crate) trait ChangedState: Send {
    /// Adds changes until the batch is full; `false` when there are no more.
    fn fill(&mut self, batch: &mut ChangeBatch) -> Result<bool>;
}

/// The changes of a typed state.
struct TypedChanges<K, N, X> {
    /// All rows, until it is told which of those without tails are gone.
    rows: Option<Frozen<KeyedRow<K, N, X>>>,
    /// Key groups of which rows that are gone are told together, ascending: as many as fit into the
    /// buffer.
    slices: std::vec::IntoIter<RangeInclusive<u16>>,
    segments: Option<IntoSegments<KeyedRow<K, N, X>>>,
    current: Option<Marked<K, N, X>>,
    log: LoggedChanges<K, N>,
    /// Key group, and encoded key and namespace, of rows that are written whole; ascending.
    whole: Vec<(u16, Vec<u8>)>,
    codec: Arc<dyn RowCodec<X>>,
    state: u32,
    since: u64,
    groups: KeyGroups,
    range: KeyGroupRange,
    prefix: Vec<u8>,
}

/// A segment with marked rows.
struct Marked<K, N, X> {
    segment: FrozenSegment<KeyedRow<K, N, X>>,
    buckets: std::iter::Peekable<std::vec::IntoIter<u32>>,
    /// Changes of the next row that are written already.
    done: usize,
}

/// Asks a typed state: notes what is gone, and returns what gives the rest.
pub(crate) fn of_typed<K: StateKey, N: StateKey, X: StateValue>(
    table: FrozenTable<K, N, X>,
    codec: Arc<dyn RowCodec<X>>,
    question: &mut Question,
) -> Result<Box<dyn ChangedState>> {
    let Question {
        since,
        groups,
        range,
        tombstones,
        batch,
    } = question;
    let (rows, log) = table.into_changes(*since);
    let mut whole = Vec::new();
    let mut slices = Slices::new(*range, batch.limit);
    for (key, namespace) in log.whole() {
        let group = groups.group_of(KeyHash::of(key)?);
        if !range.contains(group) {
            continue;
        }
        if !codec.has_tails() {
            slices.count(group);
            continue;
        }
        let mut prefix = Vec::new();
        encode(key, &mut prefix)?;
        encode(namespace, &mut prefix)?;
        whole.push((group, prefix));
    }
    whole.sort_unstable();
    whole.dedup();
    tombstones.extend(whole.iter().map(|(group, prefix)| Tombstone {
        group: *group,
        state: batch.state,
        start: prefix.clone(),
        end: prefix_end(prefix).map_or(End::Open, End::Before),
    }));
    Ok(Box::new(TypedChanges {
        rows: Some(rows),
        slices: slices.cut().into_iter(),
        segments: None,
        current: None,
        log,
        whole,
        codec,
        state: batch.state,
        since: *since,
        groups: *groups,
        range: *range,
        prefix: Vec::new(),
    }))
}

/// Cuts a range of key groups into slices with about as many rows as a buffer takes.
struct Slices {
    first: u16,
    counts: Vec<usize>,
    limit: usize,
}

impl Slices {
    /// Bytes taken for a row that is gone: its key is not looked at.
    const ROW_BYTES: usize = size_of::<Change>() + 16;

    fn new(range: KeyGroupRange, limit: usize) -> Self {
        let groups = range.last().saturating_sub(range.first());
        Self {
            first: range.first(),
            counts: vec![0; usize::from(groups) + 1],
            limit,
        }
    }

    fn count(&mut self, group: u16) {
        if let Some(count) = self.counts.get_mut(usize::from(group - self.first)) {
            *count += 1;
        }
    }

    fn cut(self) -> Vec<RangeInclusive<u16>> {
        let mut slices: Vec<RangeInclusive<u16>> = Vec::new();
        let mut bytes = 0;
        for (group, count) in (self.first..)
            .zip(self.counts)
            .filter(|(_, count)| *count > 0)
        {
            let more = count.saturating_mul(Self::ROW_BYTES);
            match slices.last_mut() {
                Some(last) if bytes + more <= self.limit => *last = *last.start()..=group,
                _ => {
                    bytes = 0;
                    slices.push(group..=group);
                }
            }
            bytes += more;
        }
        slices
    }
}

impl<K: StateKey, N: StateKey, X: StateValue> TypedChanges<K, N, X> {
    /// Adds tombstones for rows without tails that are gone; whether all are told.
    fn fill_removed(&mut self, batch: &mut ChangeBatch) -> Result<bool> {
        let Some(rows) = &self.rows else {
            return Ok(true);
        };
        while !batch.is_full() {
            let Some(slice) = self.slices.next() else {
                self.segments = self.rows.take().map(Frozen::into_segments);
                return Ok(true);
            };
            for (key, namespace) in self.log.whole() {
                let group = self.groups.group_of(KeyHash::of(key)?);
                if !slice.contains(&group) || !self.range.contains(group) {
                    continue;
                }
                let hash = KeyedRow::<K, N, X>::hash_of(key, namespace)?;
                let is_it =
                    |row: &KeyedRow<K, N, X>| row.key == *key && row.namespace == *namespace;
                if rows.get(hash.get(), is_it).is_some() {
                    continue; // there again, so it was marked
                }
                self.prefix.clear();
                encode(key, &mut self.prefix)?;
                encode(namespace, &mut self.prefix)?;
                batch.group = group;
                batch.delete(&self.prefix, &[]);
            }
        }
        Ok(false)
    }

    /// Adds the changes of the segment at hand until the batch is full; whether all are.
    fn fill_segment(&mut self, batch: &mut ChangeBatch) -> Result<bool> {
        let Some(marked) = &mut self.current else {
            return Ok(true);
        };
        while let Some(bucket) = marked.buckets.peek() {
            if batch.is_full() {
                return Ok(false);
            }
            if let Some(row) = marked.segment.row(*bucket) {
                let group = self.groups.group_of(KeyHash::of(&row.key)?);
                if self.range.contains(group) {
                    self.prefix.clear();
                    encode(&row.key, &mut self.prefix)?;
                    encode(&row.namespace, &mut self.prefix)?;
                    let mut delta = Delta {
                        since: self.since,
                        whole: false,
                        entries: BTreeSet::new(),
                        done: marked.done,
                    };
                    if !self.log.is_empty() && self.codec.has_tails() {
                        let place = (group, &self.prefix);
                        let found = self
                            .whole
                            .binary_search_by(|(g, key)| (*g, key).cmp(&place));
                        delta.whole = found.is_ok();
                        if !delta.whole {
                            let hash = row.row_hash()?;
                            delta.entries = self.log.entries(hash, &row.key, &row.namespace);
                        }
                    }
                    batch.group = group;
                    let before = batch.changes.len();
                    if !self
                        .codec
                        .encode_changes(&self.prefix, &row.state, &delta, batch)?
                    {
                        marked.done += batch.changes.len() - before;
                        return Ok(false);
                    }
                }
            }
            marked.done = 0;
            marked.buckets.next();
        }
        Ok(true)
    }
}

impl<K: StateKey, N: StateKey, X: StateValue> ChangedState for TypedChanges<K, N, X> {
    fn fill(&mut self, batch: &mut ChangeBatch) -> Result<bool> {
        batch.state = self.state;
        if !self.fill_removed(batch)? {
            return Ok(true);
        }
        while self.fill_segment(batch)? {
            let Some(segment) = self.segments.as_mut().and_then(Iterator::next) else {
                self.current = None;
                return Ok(false);
            };
            let buckets: Vec<u32> = segment
                .changed_since(self.since)
                .map(|(bucket, _)| bucket)
                .collect();
            self.current = (!buckets.is_empty()).then(|| Marked {
                segment,
                buckets: buckets.into_iter().peekable(),
                done: 0,
            });
        }
        Ok(true)
    }
}

/// What is to be written of a row that is marked.
#[derive(Debug)]
pub(crate) struct Delta<'a> {
    pub(crate) since: u64,
    /// Whether all of it is to be written.
    pub(crate) whole: bool,
    /// Encoded keys of the entries of a large map that changed.
    pub(crate) entries: BTreeSet<&'a [u8]>,
    /// How many of its changes are written already.
    pub(crate) done: usize,
}

/// What changed in a view since an earlier one.
pub struct ChangedRows {
    tombstones: Vec<Tombstone>,
    /// The rest, the state to come last.
    states: Vec<Box<dyn ChangedState>>,
    batch: ChangeBatch,
    /// Tombstones, then changes of the batch, that were given.
    next: Range<usize>,
    begun: bool,
}

impl ChangedRows {
    pub(crate) fn new(mut states: Vec<Box<dyn ChangedState>>, question: Question) -> Self {
        let Question {
            mut tombstones,
            batch,
            ..
        } = question;
        tombstones.sort_unstable();
        states.reverse();
        Self {
            tombstones,
            states,
            batch,
            next: 0..0,
            begun: false,
        }
    }
}

impl ChangeSource for ChangedRows {
    fn next_run(&mut self) -> Result<bool> {
        if self.begun {
            self.tombstones = Vec::new();
            self.batch.clear();
        }
        self.begun = true;
        while !self.batch.is_full()
            && let Some(state) = self.states.last_mut()
        {
            if !state.fill(&mut self.batch)? {
                self.states.pop();
            }
        }
        self.batch.sort();
        self.next = 0..self.tombstones.len() + self.batch.changes.len();
        Ok(!self.next.is_empty())
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        let Some(next) = self.next.next() else {
            return Ok(None);
        };
        Ok(match self.tombstones.get(next) {
            Some(tombstone) => Some(RowChange::DeleteRange(RangeTombstone {
                group: tombstone.group,
                state: tombstone.state,
                start: &tombstone.start,
                end: match &tombstone.end {
                    End::Before(end) => Some(end),
                    End::Open => None,
                },
            })),
            None => self.batch.get(next - self.tombstones.len()),
        })
    }
}

impl fmt::Debug for ChangedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangedRows")
            .field("states", &self.states.len())
            .finish_non_exhaustive()
    }
}

/// What a checkpoint writes of a view.
#[derive(Debug)]
pub enum HeapChanges {
    /// All rows.
    All(SortedRuns),
    /// What changed since an earlier view.
    Since(ChangedRows),
}

impl ChangeSource for HeapChanges {
    fn next_run(&mut self) -> Result<bool> {
        match self {
            Self::All(rows) => rows.next_run(),
            Self::Since(changes) => changes.next_run(),
        }
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        match self {
            Self::All(rows) => rows.next_change(),
            Self::Since(changes) => changes.next_change(),
        }
    }
}
