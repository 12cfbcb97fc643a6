//! Which rows of a table were written, interval by interval, within a limit of memory.

use super::Table;
use crate::marks::Marks;
use crate::row::Row;
use crate::segment::Segment;
use crate::tracking::Tracking;

/// Entries that are looked at for confirmed marks with each segment that is written first in an interval.
const SWEPT: usize = 4;

impl<R> Table<R> {
    /// From now on tracks which rows are written, afresh: for views since the freeze `floor`, which was
    /// the last one if any. The next freeze is the one after that.
    pub fn track(&mut self, interval: u64, floor: u64) {
        self.drop_marks();
        self.tracking = Tracking {
            // Otherwise no view will ask what is written before the next freeze.
            marks: floor < interval,
            interval,
            floor,
            limit: usize::MAX,
            ..self.tracking
        };
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
        self.tracking.now()
    }

    /// Bytes that tracking takes, without those that only views have.
    pub fn tracking_bytes(&self) -> usize {
        self.tracking.beside + self.tracking.bytes
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

    /// Gives up if what grew is too much.
    pub(super) fn check_limit(&mut self) {
        if self.tracking_bytes() > self.tracking.limit && self.tracking.marks {
            for entry in 0..self.directory.entries() {
                self.forget(entry);
            }
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

    /// Nothing is marked any more but what a view shares, which will be forgotten with the first write,
    /// though not which rows are recut.
    pub(super) fn drop_marks(&mut self) {
        self.tracking.marks = false;
        let mut shared = false;
        for entry in 0..self.directory.entries() {
            let there = self.directory.at_mut(entry);
            if there.marks_bytes() == 0 && there.segment().is_none_or(|it| it.marks.is_blank()) {
                continue;
            }
            if there.take_back(None).is_some() {
                shared = true;
            } else {
                self.change(entry, |segment| segment.marks = Marks::default());
            }
        }
        if !shared {
            self.tracking.recut = 0; // else there may be some
        }
    }

    /// Lets go the marks in an entry that were confirmed, unless a view has them.
    fn forget(&mut self, entry: usize) {
        let Tracking { floor, .. } = self.tracking;
        let (now, there) = (self.tracking.now(), self.directory.at_mut(entry));
        let has_to = |segment: &Segment<R>| segment.marks.has_to_forget(floor);
        if there.segment().is_some_and(has_to) && there.take_back(now).is_none() {
            self.change(entry, |segment| segment.marks.forget(floor));
        }
    }

    /// Begins the marks of a segment in an interval if rows are marked and they are not begun.
    pub(super) fn begin_marks(&mut self, slot: usize) {
        let Some(now) = self.tracking.now() else {
            return;
        };
        let segment = self.directory.at(slot).segment();
        if segment.is_some_and(|segment| segment.marks.is_begun(now)) {
            return;
        }
        let floor = self.tracking.floor;
        self.change(slot, |segment| segment.begin_marks(now, floor));
        for _ in 0..SWEPT {
            self.tracking.sweep = (self.tracking.sweep + 1) % self.directory.entries();
            self.forget(self.tracking.sweep);
        }
        self.check_limit();
    }

    /// Whether the row with this hash for which `eq` holds was inserted in this interval, so that no
    /// view has it.
    pub(crate) fn is_fresh(&self, hash: u64, eq: impl Fn(&R) -> bool) -> bool {
        let slot = self.directory.segment_of(self.directory.entry(hash));
        let entry = self.directory.at(slot);
        let bucket = entry.find_bucket(hash, eq);
        self.tracking.marks && bucket.is_some_and(|bucket| entry.is_fresh(bucket))
    }
}

impl<R: Row> Table<R> {
    /// Whether there may be a row that [`Table::take_recut`] tells of.
    #[inline]
    pub(crate) fn has_recut(&self) -> bool {
        self.tracking.recut > 0
    }

    /// Whether a row that is written next is one that was [added](Table::add) as recut, and asked for the
    /// first time.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_recut(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> bool {
        let Some(slot) = self.own_found(hash, &eq) else {
            return false;
        };
        let (now, entry) = (self.tracking.now(), self.directory.at_mut(slot));
        let Some(bucket) = entry.find_bucket(hash, eq) else {
            return false;
        };
        let taken = entry.change(now, |segment| segment.marks.take_recut(bucket)) == Some(true);
        self.tracking.recut -= usize::from(taken);
        taken
    }
}
