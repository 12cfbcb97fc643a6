//! Which rows of a table were written, interval by interval, within a limit of memory.

use super::Table;
use crate::all_marks::Marks;
use crate::segment::probe;
use crate::tracking::Tracking;

impl<R> Table<R> {
    /// From now on tracks which rows are written, afresh: for views since the freeze `floor`, which was
    /// the last one if any. The next freeze is the one after that.
    pub fn track(&mut self, interval: u64, floor: u64) {
        self.tracking = Tracking {
            interval,
            floor,
            limit: usize::MAX,
            ..self.tracking
        };
        if floor < interval {
            self.reset_marks();
        } else {
            self.drop_marks(); // no view will ask what is written before the next freeze
        }
    }

    /// Changes are told since the freeze of `epoch` or later ones from now on. What is only needed for earlier
    /// ones is let go little by little, as segments are written, or at once where the limit would be
    /// exceeded otherwise. Cost: none that grows with the table.
    pub fn confirm(&mut self, epoch: u64) {
        self.tracking.floor = self.tracking.floor.max(epoch);
    }

    /// The earliest freeze that later views tell changes since; `None` while changes are not
    /// tracked.
    pub fn tracked_since(&self) -> Option<u64> {
        self.tracking.is_on().then_some(self.tracking.floor)
    }

    /// The interval under way; `None` while what is written in it is not tracked.
    #[inline]
    pub(crate) fn interval(&self) -> Option<u64> {
        (!self.marks.is_empty()).then_some(self.tracking.interval)
    }

    /// Bytes that tracking takes, what views share of it included.
    pub fn tracking_bytes(&self) -> usize {
        self.tracking.beside + self.marks.bytes()
    }

    /// Sets how many bytes tracking may take. Beyond that it is given up until the next freeze.
    pub(crate) fn limit_tracking(&mut self, limit: usize) {
        self.tracking.limit = limit;
        self.check_limit();
    }

    /// Books what the caller keeps beside the marks.
    pub(crate) fn set_beside(&mut self, bytes: usize) {
        self.tracking.beside = bytes;
        self.check_limit();
    }

    fn check_limit(&mut self) {
        if self.tracking_bytes() > self.tracking.limit && !self.marks.is_empty() {
            self.marks.forget_all(self.tracking.floor);
            if self.tracking_bytes() > self.tracking.limit {
                self.give_up();
            }
        }
    }

    /// Stops tracking until the next freeze, which is the earliest that changes can then be told
    /// since.
    #[cold]
    fn give_up(&mut self) {
        self.drop_marks();
        self.tracking.floor = self.tracking.interval;
        self.tracking.beside = 0;
    }

    /// Nothing is marked until the next freeze.
    fn drop_marks(&mut self) {
        self.marks = Marks::default();
        self.recut = 0;
    }

    /// No row is marked.
    pub(super) fn reset_marks(&mut self) {
        self.marks = Marks::new(self.segments.len());
        self.recut = 0;
    }

    /// Marks a row as written.
    #[inline]
    pub(super) fn mark(&mut self, slot: usize, bucket: usize) {
        if let Some(marks) = self.marks.get(slot)
            && !marks.mark(bucket, self.tracking.interval)
        {
            self.mark_first(slot, bucket);
        }
    }

    /// Marks the first row of a segment in an interval.
    #[cold]
    #[inline(never)]
    fn mark_first(&mut self, slot: usize, bucket: usize) {
        self.begin_marks(slot);
        if let Some(marks) = self.marks.get(slot) {
            marks.mark(bucket, self.tracking.interval);
        }
    }

    /// Begins the marks of a segment in an interval.
    #[cold]
    #[inline(never)]
    fn begin_marks(&mut self, slot: usize) {
        let buckets = self.segment(slot).table().num_buckets();
        let Tracking {
            interval, floor, ..
        } = self.tracking;
        self.marks.begin(slot, buckets, interval, floor);
        self.check_limit();
    }

    /// Marks a row as written, and as inserted in this interval.
    #[inline]
    pub(super) fn mark_fresh(&mut self, slot: usize, bucket: usize) {
        self.mark(slot, bucket);
        if let Some(marks) = self.marks.get_mut(slot)
            && !marks.set_fresh(bucket)
        {
            self.begin_fresh(slot, bucket);
        }
    }

    /// Marks the first row that is inserted into a segment in an interval.
    #[cold]
    #[inline(never)]
    fn begin_fresh(&mut self, slot: usize, bucket: usize) {
        let buckets = self.segment(slot).table().num_buckets();
        self.marks.begin_fresh(slot, buckets);
        if let Some(marks) = self.marks.get_mut(slot) {
            marks.set_fresh(bucket);
        }
        self.check_limit();
    }

    /// Whether the row with this hash for which `eq` holds was inserted in this interval, so that no
    /// view has it.
    pub(crate) fn is_fresh(&self, hash: u64, eq: impl Fn(&R) -> bool) -> bool {
        let slot = self.directory.slot(hash);
        let marks = self.marks.get(slot);
        marks.is_some_and(|marks| {
            let table = self.segment(slot).table();
            let bucket = table.find_bucket_index(probe(hash), eq);
            bucket.is_some_and(|bucket| marks.is_fresh(bucket, self.tracking.interval))
        })
    }
}

impl<R: crate::row::Row> Table<R> {
    /// Whether there may be a row that [`Table::take_recut`] tells of.
    #[inline]
    pub(crate) fn has_recut(&self) -> bool {
        self.recut > 0
    }

    /// Whether a row is one that was [added](Table::add) as recut, and asked for the first time.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_recut(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> bool {
        let slot = self.directory.slot(hash);
        let bucket = self
            .segment(slot)
            .table()
            .find_bucket_index(probe(hash), eq);
        let marks = self.marks.get_mut(slot);
        let taken =
            bucket.is_some_and(|bucket| marks.is_some_and(|marks| marks.take_recut(bucket)));
        self.recut -= usize::from(taken);
        taken
    }
}
