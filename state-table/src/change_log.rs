//! What changed that no mark of a row can tell: rows that are gone, and entries of large maps.

use std::collections::BTreeSet;
use std::fmt;
use std::mem::{needs_drop, replace, size_of};
use std::sync::Arc;

use serde::Serialize;
use state_api::key::{RowHash, encode};
use state_api::{Address, KeyRef, StateKey};

use crate::entry_keys::EntryKeys;
use crate::table::Table;
use crate::typed::KeyedRow;

/// So many changed entries of a map are always told one by one, beyond that a
/// [quarter](WHOLE_FRACTION) of its entries.
const FEW_ENTRIES: usize = 64;

/// A map of which more than this fraction changed is written whole.
const WHOLE_FRACTION: usize = 4;

/// Bytes that the allocation of a key is taken to need beside those of its encoding.
const ALLOCATION: usize = 16;

/// What is logged of a row.
#[derive(Clone, Debug)]
enum Logged {
    /// All that older checkpoints have of it must go.
    Whole,
    /// These entries of a large map were written or removed.
    Entries(Box<EntryKeys>),
}

/// Rows of a chunk of removed rows.
const REMOVED_CHUNK: usize = 1024;

/// Chunks before those of that size, from 4 rows on.
const DOUBLINGS: usize = 8;

/// The log of one interval. Nothing in it grows with a pause.
struct IntervalLog<K, N> {
    /// Rows that views have and that were removed. No row is in it twice: one that is inserted
    /// again is in no view until the interval ends.
    removed: Vec<Vec<(K, N)>>,
    /// Rows that changed otherwise.
    rows: Table<KeyedRow<K, N, Logged>>,
    /// Bytes held beside those of the vectors and the table.
    outside: usize,
}

impl<K, N> IntervalLog<K, N> {
    fn new() -> Self {
        Self {
            removed: Vec::new(),
            rows: Table::default(),
            outside: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.rows.is_empty()
    }

    fn bytes(&self) -> usize {
        let rows: usize = match self.removed.last() {
            // The first chunks, which double, have as many rows together as one of the last.
            Some(last) if last.capacity() >= REMOVED_CHUNK => {
                (self.removed.len() + 1).saturating_sub(DOUBLINGS) * REMOVED_CHUNK
            }
            Some(last) => 2 * last.capacity(),
            None => 0,
        };
        let chunks = self.removed.capacity() * size_of::<Vec<(K, N)>>();
        rows * size_of::<(K, N)>() + chunks + self.rows.held().bytes + self.outside
    }
}

/// The logs of one interval after the other.
pub(crate) struct ChangeLog<K, N> {
    current: IntervalLog<K, N>,
    sealed: Vec<SealedLog<K, N>>,
    /// Bytes of the sealed logs.
    sealed_bytes: usize,
    scratch: Vec<u8>,
}

/// The log of an interval that is over.
struct SealedLog<K, N> {
    interval: u64,
    bytes: usize,
    log: Arc<IntervalLog<K, N>>,
}

impl<K: StateKey, N: StateKey> ChangeLog<K, N> {
    pub(crate) fn new() -> Self {
        Self {
            current: IntervalLog::new(),
            sealed: Vec::new(),
            sealed_bytes: 0,
            scratch: Vec::new(),
        }
    }

    /// Logs a row of which older checkpoints must keep nothing: it was removed, or is to be written
    /// whole.
    pub(crate) fn whole<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) {
        let is_at = KeyedRow::is_at(at);
        let make = || KeyedRow::at(at, Logged::Whole);
        let (row, inserted) = self
            .current
            .rows
            .find_or_insert_with(at.prepared.get(), is_at, make);
        self.current.outside -= row.state.replace();
        if inserted {
            self.book(at.key, at.namespace);
        }
    }

    /// Logs a row that was removed, and was not inserted in the same interval. Tells whether the
    /// [bytes](ChangeLog::bytes) are to be asked for: with each chunk of rows.
    #[inline]
    pub(crate) fn removed(&mut self, key: K, namespace: N) -> bool {
        self.book(&key, &namespace);
        match self.current.removed.last_mut() {
            Some(last) if last.len() < last.capacity() => {
                last.push((key, namespace));
                false
            }
            _ => {
                self.open_chunk((key, namespace));
                true
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn open_chunk(&mut self, first: (K, N)) {
        // Chunks double, so that a few rows take little.
        let before = self.current.removed.last().map_or(0, Vec::capacity);
        let mut chunk = Vec::with_capacity((2 * before).clamp(4, REMOVED_CHUNK));
        chunk.push(first);
        self.current.removed.push(chunk);
    }

    /// Logs a written or removed entry of a large map, which has `len` entries now.
    pub(crate) fn entry<Q, UQ>(&mut self, at: Address<'_, Q, N, RowHash>, map_key: &UQ, len: usize)
    where
        Q: KeyRef<K> + ?Sized,
        UQ: Serialize + ?Sized,
    {
        self.scratch.clear();
        let (Ok(()), Ok(hash)) = (encode(map_key, &mut self.scratch), RowHash::of(map_key)) else {
            return self.whole(at); // what has no name cannot be told by it
        };
        let is_at = KeyedRow::is_at(at);
        let make = || KeyedRow::at(at, Logged::Entries(Box::default()));
        let rows = &mut self.current.rows;
        let (row, inserted) = rows.find_or_insert_with(at.prepared.get(), is_at, make);
        if let Logged::Entries(keys) = &mut row.state {
            let before = if inserted { 0 } else { keys.bytes() }; // even an empty one has some
            let added = keys.insert(hash.get(), &self.scratch);
            self.current.outside += keys.bytes();
            self.current.outside -= before; // a segment that splits late may take less than before
            if added.is_none() || keys.len() > FEW_ENTRIES.max(len / WHOLE_FRACTION) {
                self.current.outside -= row.state.replace();
            }
        }
        if inserted {
            self.book(at.key, at.namespace);
        }
    }

    /// Books what a new row holds behind its pointers.
    #[inline]
    fn book<Q: Serialize + ?Sized>(&mut self, key: &Q, namespace: &N) {
        if needs_drop::<K>() || needs_drop::<N>() {
            self.scratch.clear();
            // What fails to encode is booked as far as it got.
            let _ = encode(key, &mut self.scratch);
            let _ = encode(namespace, &mut self.scratch);
            self.current.outside += self.scratch.len() + ALLOCATION;
        }
    }

    /// Ends an interval; returns all logs, for a view of it. Copies no row.
    pub(crate) fn seal(&mut self, interval: u64) -> FrozenLog<K, N> {
        if !self.current.is_empty() {
            let bytes = self.current.bytes();
            self.sealed_bytes += bytes;
            self.sealed.push(SealedLog {
                interval,
                bytes,
                log: Arc::new(replace(&mut self.current, IntervalLog::new())),
            });
        }
        let logs = self.sealed.iter();
        FrozenLog(
            logs.map(|sealed| (sealed.interval, Arc::clone(&sealed.log)))
                .collect(),
        )
    }

    /// Lets go the logs up to that of `interval`. Cost: dropping the keys that no view has.
    pub(crate) fn forget(&mut self, interval: u64) {
        self.sealed.retain(|log| log.interval > interval);
        self.sealed_bytes = self.sealed.iter().map(|log| log.bytes).sum();
    }

    /// Bytes held; what views share included.
    pub(crate) fn bytes(&self) -> usize {
        self.current.bytes() + self.sealed_bytes
    }
}

impl Logged {
    /// From now on the whole row is logged; returns the bytes that frees.
    fn replace(&mut self) -> usize {
        match replace(self, Self::Whole) {
            Self::Whole => 0,
            Self::Entries(keys) => keys.bytes(),
        }
    }
}

/// The logs of a view: a few reference counts.
pub(crate) struct FrozenLog<K, N>(Vec<(u64, Arc<IntervalLog<K, N>>)>);

impl<K, N> FrozenLog<K, N> {
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// The logs since the freeze of `epoch`.
    pub(crate) fn since(self, epoch: u64) -> LoggedChanges<K, N> {
        let mut logs = self.0;
        logs.retain(|(interval, _)| *interval > epoch);
        LoggedChanges { logs }
    }
}

impl<K, N> Clone for FrozenLog<K, N> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// What a view knows of changes beside the rows that were
/// [written](crate::FrozenSegment::changed_since): from [`FrozenTable::into_changes`].
///
/// [`FrozenTable::into_changes`]: crate::FrozenTable::into_changes
pub struct LoggedChanges<K, N> {
    /// Ascending by interval.
    logs: Vec<(u64, Arc<IntervalLog<K, N>>)>,
}

impl<K: StateKey, N: StateKey> LoggedChanges<K, N> {
    /// Of a map that is [large](crate::ChunkedMap::is_large) and was written, but is not one that is to
    /// be written [whole](LoggedChanges::whole): the encoded keys of the entries that were written
    /// or removed, ascending. `hash` is that of its key and namespace.
    pub fn entries(&self, hash: RowHash, key: &K, namespace: &N) -> BTreeSet<&[u8]> {
        let mut found = BTreeSet::new();
        for (_, log) in &self.logs {
            let is_at =
                |row: &KeyedRow<K, N, Logged>| row.key == *key && row.namespace == *namespace;
            if let Some(row) = log.rows.get(hash.get(), is_at)
                && let Logged::Entries(keys) = &row.state
            {
                found.extend(keys.iter());
            }
        }
        found
    }

    /// Whether nothing is logged.
    pub fn is_empty(&self) -> bool {
        self.logs.is_empty()
    }

    /// Key and namespace of each row of which older checkpoints must keep nothing: it was removed, or
    /// it is to be written whole. Some come more than once.
    pub fn whole(&self) -> impl Iterator<Item = (&K, &N)> {
        self.logs.iter().flat_map(|(_, log)| {
            let removed = log.removed.iter().flatten();
            let removed = removed.map(|(key, namespace)| (key, namespace));
            let rows = log.rows.iter();
            let rows = rows.filter(|row| matches!(row.state, Logged::Whole));
            removed.chain(rows.map(|row| (&row.key, &row.namespace)))
        })
    }
}

impl<K, N> fmt::Debug for LoggedChanges<K, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedChanges")
            .field("intervals", &self.logs.len())
            .finish_non_exhaustive()
    }
}
