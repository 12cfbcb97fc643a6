//! What changed since a checkpoint: the rows that were written, in intervals between freezes.
//!
//! The writes of interval `e` are those that the view of epoch `e` sees, and the view before it does
//! not. What changed since epoch `c` is in the intervals behind it, and views share those.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::keys::{Added, KeyLog, KeySet};
use crate::ranges::Ranges;
use crate::store::TableId;

/// Bytes counted for a table with deleted ranges, beside those: an entry of a tree whose nodes are
/// half full.
const TABLE_OVERHEAD: usize = 2 * size_of::<(TableId, Ranges)>();

/// Whether changes are tracked.
#[derive(Debug)]
pub(crate) enum Tracking {
    /// No, and nothing was written since the backend was opened.
    Untouched,
    /// No.
    Off,
    /// Yes.
    On(Changes),
}

impl Tracking {
    /// Notes that a row is written or removed.
    #[inline]
    pub(crate) fn note(&mut self, table: TableId, key: &[u8]) {
        match self {
            Self::On(changes) => changes.note(table, key),
            Self::Off => {}
            Self::Untouched => *self = Self::Off,
        }
    }

    /// Notes that the rows of a range are removed.
    pub(crate) fn note_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) {
        match self {
            Self::On(changes) => changes.note_range(table, from, to),
            Self::Off => {}
            Self::Untouched => *self = Self::Off,
        }
    }

    /// Something changed of which no rows are noted: what changed since earlier epochs is not known.
    pub(crate) fn give_up(&mut self) {
        match self {
            Self::On(changes) => changes.give_up(),
            Self::Off | Self::Untouched => *self = Self::Off,
        }
    }

    /// A store that was empty was given the rows of a restore.
    pub(crate) fn restored(&mut self) {
        match self {
            Self::On(changes) => changes.restored(),
            Self::Off | Self::Untouched => *self = Self::Off,
        }
    }

    /// The view of the interval that ends here was taken; what it can tell.
    pub(crate) fn freeze(&mut self) -> Option<Tracked> {
        match self {
            Self::On(changes) => Some(changes.freeze()),
            Self::Off | Self::Untouched => {
                *self = Self::Off;
                None
            }
        }
    }

    /// Bytes held, here and in views.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::On(changes) => changes.bytes(),
            Self::Off | Self::Untouched => 0,
        }
    }
}

/// Changes since the last confirmed epoch, within a budget.
#[derive(Debug)]
pub(crate) struct Changes {
    budget: usize,
    /// What changed is known since this epoch and later ones.
    from: u64,
    /// Number of the interval under way.
    interval: u64,
    /// What was written in it; `None` when that is not known.
    current: Option<Written>,
    /// The intervals behind `from`, ascending; without those in which nothing was written.
    sealed: Vec<Arc<Interval>>,
    /// Bytes of all sealed intervals, those that only views hold included.
    held: Arc<AtomicUsize>,
}

/// Rows written in the interval under way.
#[derive(Debug, Default)]
struct Written {
    keys: KeySet,
    ranges: BTreeMap<TableId, Ranges>,
    /// Bytes of the ranges.
    range_bytes: usize,
}

impl Written {
    fn bytes(&self) -> usize {
        self.keys.bytes() + self.range_bytes
    }
}

/// What was written in an interval that is over. Shared by the backend and its views.
#[derive(Debug)]
pub(crate) struct Interval {
    number: u64,
    /// Each key that was put or deleted, once.
    pub(crate) keys: KeyLog,
    /// Ranges that were deleted.
    pub(crate) ranges: BTreeMap<TableId, Ranges>,
    bytes: usize,
    held: Arc<AtomicUsize>,
}

impl Drop for Interval {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What a view can tell.
#[derive(Clone, Debug)]
pub(crate) struct Tracked {
    from: u64,
    epoch: u64,
    intervals: Arc<[Arc<Interval>]>,
}

impl Tracked {
    /// Whether it knows what changed since `epoch`.
    pub(crate) fn since(&self, epoch: u64) -> bool {
        (self.from..=self.epoch).contains(&epoch)
    }

    /// The intervals behind `epoch`.
    pub(crate) fn behind(&self, epoch: u64) -> Vec<Arc<Interval>> {
        let intervals = self.intervals.iter();
        let behind = intervals.filter(|interval| interval.number > epoch);
        behind.cloned().collect()
    }
}

impl Changes {
    /// Changes since `epoch`, the last one, if nothing was written since; else since the next.
    pub(crate) fn new(budget: usize, epoch: u64, unwritten: bool) -> Self {
        Self {
            budget,
            from: if unwritten { epoch } else { epoch + 1 },
            interval: epoch + 1,
            current: unwritten.then(Written::default),
            sealed: Vec::new(),
            held: Arc::default(),
        }
    }

    fn bytes(&self) -> usize {
        let current = self.current.as_ref().map_or(0, Written::bytes);
        current + self.held.load(Ordering::Relaxed)
    }

    /// Changes the budget.
    pub(crate) fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        if self.bytes() > budget {
            self.give_up();
        }
    }

    #[inline]
    fn note(&mut self, table: TableId, key: &[u8]) {
        let Some(current) = &mut self.current else {
            return;
        };
        match current.keys.add(table, key) {
            Added::Done => {}
            Added::Unsettled => self.settle(),
            Added::NoRoom => self.give_up(),
        }
    }

    /// Looks up the keys that came last, and gives up when there is no room for them.
    #[inline(never)]
    fn settle(&mut self) {
        let Some(current) = &mut self.current else {
            return;
        };
        if !current.keys.settle() || self.bytes() > self.budget {
            self.give_up();
        }
    }

    fn note_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) {
        let Some(current) = &mut self.current else {
            return;
        };
        let new = !current.ranges.contains_key(&table);
        let ranges = current.ranges.entry(table).or_default();
        let before = ranges.bytes();
        ranges.insert(from, to);
        current.range_bytes += ranges.bytes();
        current.range_bytes -= before;
        current.range_bytes += if new { TABLE_OVERHEAD } else { 0 };
        if self.bytes() > self.budget {
            self.give_up();
        }
    }

    /// Forgets what changed, and does not know it before the interval under way is over.
    fn give_up(&mut self) {
        self.current = None;
        self.sealed.clear();
        self.from = self.interval;
    }

    /// Before the first freeze, what a restore brings *is* epoch 0. Later, it is a change of which no
    /// rows are noted.
    fn restored(&mut self) {
        if self.interval == 1 {
            self.from = 0;
            self.current = Some(Written::default());
        } else {
            self.give_up();
        }
    }

    fn freeze(&mut self) -> Tracked {
        self.settle();
        let epoch = self.interval;
        self.interval += 1;
        if let Some(written) = self.current.replace(Written::default()) {
            self.seal(epoch, written);
        }
        Tracked {
            from: self.from,
            epoch,
            intervals: self.sealed.iter().cloned().collect(),
        }
    }

    fn seal(&mut self, number: u64, written: Written) {
        let keys = written.keys.into_log();
        if keys.is_empty() && written.ranges.is_empty() {
            return;
        }
        let bytes = keys.bytes() + written.range_bytes;
        self.held.fetch_add(bytes, Ordering::Relaxed);
        self.sealed.push(Arc::new(Interval {
            number,
            keys,
            ranges: written.ranges,
            bytes,
            held: Arc::clone(&self.held),
        }));
    }

    /// Forgets what changed up to `epoch`.
    pub(crate) fn confirm(&mut self, epoch: u64) {
        self.from = self.from.max(epoch);
        self.sealed.retain(|interval| interval.number > epoch);
    }
}
