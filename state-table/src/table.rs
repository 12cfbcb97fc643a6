//! The live table: written by one owner, frozen in no time.

mod tracked;

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use hashbrown::HashTable;

use crate::all_marks::Marks;
use crate::directory::{Cells, Directory, number};
use crate::frozen::{EMPTY, Frozen, FrozenSegment};
use crate::held::Held;
use crate::marks::Moves;
use crate::row::Row;
use crate::rows::{Rows, SegmentRef};
use crate::segment::{Halves, Segment, is_sparse, probe};
use crate::shared::ViewBytes;
use crate::tracking::Tracking;

/// A hash table of rows in copy-on-write segments.
///
/// The caller gives the 64-bit hash of the key and an `eq` that recognises the row; both must
/// agree with [`Row::hash`]. At most one row for each key is the caller's to keep, as
/// [`Table::find_or_insert_with`] does.
///
/// # Layout
/// The leading bits of a hash choose the segment (extendible hashing), so segments in order are
/// hashes in order. A segment
/// that is full splits in two; its neighbours do not notice. Segments are not merged again: a table
/// that lost its rows gives back their buckets (16 or more bytes a row) but keeps about 48 bytes
/// for each segment it once had, until [`Table::clear`].
///
/// Rows whose hashes agree in too many leading bits to be told apart stay in one segment beyond
/// its cap, and rows of equal hash are searched one by one: correct, but slow. A hash that an
/// adversary cannot choose keeps this away.
///
/// # Cost
/// Reads and writes are O(1): two array loads more than a plain hash table. A write allocates
/// only to grow (at most one segment is rehashed or split, and the directory copied, 4 bytes a
/// segment times a small factor), and the first write to a segment after [`Table::freeze`] clones
/// that segment's rows if the view still has it. There is no lock, and an atomic only in
/// shared segments.
///
/// # Tracking
/// A table can keep [track](Table::track) of the rows that were written, so that a view tells
/// [what changed](FrozenSegment::changed_since) since an earlier one: a bit for each bucket and
/// interval between two freezes, in segments that were written in it. Rows that were removed are the
/// caller's to note.
pub struct Table<R> {
    directory: Directory,
    segments: Vec<Segment<R>>,
    max_rows: usize,
    len: usize,
    /// Sum of the segments' bucket bytes.
    bucket_bytes: usize,
    view_bytes: Arc<ViewBytes>,
    tracking: Tracking,
    /// One for each segment; none while changes are not tracked, or were given up for the interval.
    marks: Marks,
    /// About how many rows are marked as recut: not below.
    recut: usize,
}

impl<R> Table<R> {
    /// Rows a segment for small rows: what 1,024 buckets hold.
    pub const MAX_ROWS: usize = 896;

    /// An empty table.
    ///
    /// A segment that reaches `max_rows` splits: it is the most rows that the first write after a
    /// [`Table::freeze`] copies. Take seven eighths of a power of two ([`Table::MAX_ROWS`]; 448
    /// where cloning a row costs more), or up to half of the buckets stay empty. 0 counts as 1.
    pub fn new(max_rows: usize) -> Self {
        Self {
            directory: Directory::new(),
            segments: vec![Segment::new()],
            max_rows: max_rows.max(1),
            len: 0,
            bucket_bytes: 0,
            view_bytes: Arc::default(),
            tracking: Tracking::default(),
            marks: Marks::default(),
            recut: 0,
        }
    }

    /// Number of rows.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The row with this hash for which `eq` holds.
    #[inline]
    pub fn get(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&R> {
        let segment = self.segments.get(self.directory.slot(hash))?;
        segment.table().find(probe(hash), eq)
    }

    /// All rows, segment by segment in ascending order of their hashes, in no particular order
    /// within a segment.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &R> + Clone {
        Rows::new(self.segments(), self.len)
    }

    /// The segments that have rows, in ascending order of their hashes.
    pub fn segments(&self) -> Segments<'_, R> {
        Segments {
            cells: self.directory.cells(),
            all: &self.segments,
        }
    }

    /// Removes all rows and all segments, and releases their memory; views keep theirs. Cost:
    /// dropping the rows that no view has.
    pub fn clear(&mut self) {
        self.segments.iter().for_each(Segment::leave);
        self.directory = Directory::new();
        self.segments = vec![Segment::new()];
        self.len = 0;
        self.bucket_bytes = 0;
        if !self.marks.is_empty() {
            self.reset_marks();
        }
    }

    /// A consistent view of all rows as they are now. No row is touched.
    ///
    /// # Cost
    /// For each segment one `Arc`, newly allocated if the segment was written since the last
    /// freeze: about 25 microseconds for a million rows. Later, the first write to each segment
    /// copies it if the view still has it.
    pub fn freeze(&mut self) -> Frozen<R> {
        self.freeze_weighed(0)
    }

    /// [`Table::freeze`], told how many bytes a row holds outside of its bucket, on average: they are
    /// added to [`Held::shared_bytes`] for the rows that only views keep.
    pub fn freeze_weighed(&mut self, row_bytes: usize) -> Frozen<R> {
        let mut slots = vec![EMPTY; self.directory.len()];
        let mut frozen = Vec::with_capacity(self.segments.len());
        for cell in self.directory.cells() {
            let segment = self.segments.get_mut(cell.slot);
            if let Some(rows) = segment.and_then(|it| it.share(row_bytes, &self.view_bytes)) {
                let slot = number(frozen.len());
                for entry in slots.iter_mut().skip(cell.position).take(cell.width) {
                    *entry = slot;
                }
                frozen.push(FrozenSegment::new(rows, cell.hashes, number(cell.slot)));
            }
        }
        let marks = self.marks.share();
        if self.tracking.is_on() {
            self.tracking.interval += 1;
            if self.marks.is_empty() {
                self.reset_marks();
            }
        }
        Frozen::new(self.directory.with_slots(slots), frozen, marks, self.len)
    }

    /// What the table holds in memory. Cost: a few additions; no segment is visited.
    pub fn held(&self) -> Held {
        Held {
            rows: self.len,
            bytes: self.bucket_bytes
                + self.directory.bytes()
                + self.segments.capacity() * size_of::<Segment<R>>(),
            shared_bytes: self.view_bytes.get(),
        }
    }

    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "the directory names existing segments only"
    )]
    fn segment(&self, slot: usize) -> &Segment<R> {
        &self.segments[slot]
    }
}

impl<R: Row> Table<R> {
    /// The row with this hash for which `eq` holds, to write to. In a segment that a view has,
    /// a row that is found costs the copy of the segment, a row that is not found nothing.
    #[expect(clippy::inline_always, reason = "the few callers are the hot paths")]
    #[inline(always)]
    pub fn get_mut(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&mut R> {
        let slot = self.directory.slot(hash);
        if !self.marks.is_empty() || !self.segments.get(slot)?.is_owned() {
            return self.get_noted_mut(slot, hash, eq);
        }
        owned(&mut self.segments, slot).find_mut(probe(hash), eq)
    }

    /// [`Table::get_mut`] in a segment that is not owned, or whose rows are marked.
    #[inline(never)] // keeps the other path short
    fn get_noted_mut(&mut self, slot: usize, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&mut R> {
        let marks = self.marks.get(slot);
        let segment = self.segments.get(slot)?;
        if !segment.is_owned() || marks.is_some_and(|it| !it.is_begun(self.tracking.interval)) {
            return self.get_first_mut(slot, hash, eq);
        }
        let row = owned(&mut self.segments, slot)
            .find_entry(probe(hash), eq)
            .ok()?;
        if let Some(marks) = marks {
            marks.mark_begun(row.bucket_index());
        }
        Some(row.into_mut())
    }

    /// [`Table::get_mut`] in a segment that is not owned, or whose marks are not begun.
    #[cold]
    #[inline(never)]
    fn get_first_mut(&mut self, slot: usize, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&mut R> {
        let segment = self.segments.get(slot)?;
        let bucket = segment.table().find_bucket_index(probe(hash), eq)?;
        Some(self.write_to(slot, bucket))
    }

    /// The row in a bucket that has one, to write to: marked, in a segment that is made an owned one.
    #[inline]
    fn write_to(&mut self, slot: usize, bucket: usize) -> &mut R {
        if !self.segment(slot).is_owned() {
            self.own(slot); // a copy keeps every row in its bucket
        }
        self.mark(slot, bucket);
        self.row_mut(slot, bucket)
    }

    /// The row in a bucket of an owned segment that has one.
    #[inline]
    fn row_mut(&mut self, slot: usize, bucket: usize) -> &mut R {
        match owned(&mut self.segments, slot).get_bucket_mut(bucket) {
            Some(row) => row,
            None => unreachable!("the caller has found or put a row there"),
        }
    }

    /// Inserts a row that is not there.
    #[inline(never)] // keeps the path of a hit short
    pub(crate) fn insert_new(&mut self, hash: u64, row: R) -> &mut R {
        let (slot, bucket) = self.insert(hash, self.directory.slot(hash), row);
        self.mark_fresh(slot, bucket);
        self.row_mut(slot, bucket)
    }

    /// The row with this hash for which `eq` holds, to write to; without one, what `make`
    /// returns is inserted. The flag tells whether it was inserted.
    ///
    /// If `make` panics, the table is as before.
    #[inline]
    pub fn find_or_insert_with(
        &mut self,
        hash: u64,
        eq: impl Fn(&R) -> bool,
        make: impl FnOnce() -> R,
    ) -> (&mut R, bool) {
        let slot = self.directory.slot(hash);
        let bucket = self
            .segment(slot)
            .table()
            .find_bucket_index(probe(hash), eq);
        match bucket {
            Some(bucket) => (self.write_to(slot, bucket), false),
            None => (self.insert_new(hash, make()), true),
        }
    }

    /// Adds a row that is not there yet, as one that was there when tracking began. `recut` tells that
    /// it would be written in other parts than it was read from: see [`Table::take_recut`].
    pub(crate) fn add(&mut self, hash: u64, row: R, recut: bool) {
        let (slot, bucket) = self.insert(hash, self.directory.slot(hash), row);
        if recut && !self.marks.is_empty() {
            let buckets = self.segment(slot).table().num_buckets();
            self.marks.set_recut(slot, bucket, buckets);
            self.recut += 1;
        }
    }

    /// [`Table::add`], unless there is a row with this hash for which `is_same` holds with the new one;
    /// whether it was added.
    pub(crate) fn add_new(
        &mut self,
        hash: u64,
        row: R,
        recut: bool,
        is_same: impl Fn(&R, &R) -> bool,
    ) -> bool {
        let found = self.get(hash, |there| is_same(there, &row)).is_some();
        if !found {
            self.add(hash, row, recut);
        }
        !found
    }

    /// Removes the row with this hash for which `eq` holds. In a segment that a view has, a row
    /// that is found costs the copy of the segment, a row that is not found nothing.
    #[inline]
    pub fn remove(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<R> {
        self.take(hash, eq).map(|(row, _)| row)
    }

    /// [`Table::remove`], and whether the row was inserted in this interval, so that no view has it.
    #[inline]
    pub(crate) fn take(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<(R, bool)> {
        let slot = self.directory.slot(hash);
        let segment = self.segments.get_mut(slot)?;
        if let Segment::Shared(shared) = segment {
            shared.rows.find(probe(hash), &eq)?;
            self.own(slot);
        }
        let table = owned(&mut self.segments, slot);
        let found = table.find_entry(probe(hash), eq).ok()?;
        let marks = self.marks.get(slot);
        let now = self.tracking.interval;
        let fresh = marks.is_some_and(|marks| marks.is_fresh(found.bucket_index(), now));
        let (row, vacant) = found.remove();
        let sparse = is_sparse(vacant.into_table());
        self.len -= 1;
        if sparse {
            self.trim(slot);
        }
        Some((row, fresh))
    }

    /// Puts back a row that was just [taken](Table::take), as one that was written.
    #[inline]
    pub(crate) fn put_back(&mut self, hash: u64, row: R, fresh: bool) {
        let (slot, bucket) = self.insert(hash, self.directory.slot(hash), row);
        if fresh {
            self.mark_fresh(slot, bucket);
        } else {
            self.mark(slot, bucket);
            if let Some(marks) = self.marks.get_mut(slot) {
                marks.clear_fresh(bucket); // it may be that of a row before
            }
        }
    }

    /// Adds a row that is not there yet to its segment, and returns where it is.
    fn insert(&mut self, hash: u64, mut slot: usize, row: R) -> (usize, usize) {
        if !self.segment(slot).has_room(self.max_rows) {
            slot = self.make_room(hash);
        }
        self.len += 1;
        let table = owned(&mut self.segments, slot);
        let row = table.insert_unique(probe(hash), row, |row| probe(row.hash()));
        let bucket = row.bucket_index();
        if self.recut > 0
            && let Some(marks) = self.marks.get_mut(slot)
        {
            let _of_a_row_before = marks.take_recut(bucket);
        }
        (slot, bucket)
    }

    /// Makes the segment of `hash` an owned one with a free bucket, below the cap if it can be
    /// split, and returns it.
    #[cold]
    fn make_room(&mut self, hash: u64) -> usize {
        loop {
            let slot = self.directory.slot(hash);
            if self.segment(slot).table().len() < self.max_rows || !self.split(hash, slot) {
                self.own(slot);
                self.resize(slot, Segment::grow);
                return slot;
            }
        }
    }

    /// Makes room for `rows` rows in all, before they come: as many segments as they will need at least if
    /// their hashes are even, of the size that they will have. Of a table that is filled afterwards only those
    /// segments split that chance gave more than their cap.
    pub fn reserve(&mut self, rows: usize) {
        loop {
            if rows / self.segments.len() <= self.max_rows {
                break;
            }
            let hashes: Vec<u64> = self.directory.cells().map(|cell| cell.hashes.0).collect();
            for hash in hashes {
                if !self.split(hash, self.directory.slot(hash)) {
                    return;
                }
            }
        }
        if self.segments.len() == 1 {
            return; // small: it grows as it is filled
        }
        for slot in 0..self.segments.len() {
            let max_rows = self.max_rows;
            self.resize(slot, |segment, follow| segment.reserve(max_rows, follow));
        }
    }

    /// Splits a segment, unless the directory must not grow.
    fn split(&mut self, hash: u64, slot: usize) -> bool {
        if !self.directory.can_split(slot) {
            return false;
        }
        let follow = self.marks.follow(slot);
        let Some(segment) = self.segments.get_mut(slot) else {
            return false;
        };
        let before = segment.bytes();
        let bit = self.directory.bit(slot);
        let Halves {
            upper,
            lower_moves,
            upper_moves,
        } = segment.split(self.max_rows, follow, |hash| hash & bit != 0);
        self.bucket_bytes += segment.bytes() + upper.bytes();
        self.bucket_bytes -= before;
        let buckets = segment.table().num_buckets();
        let of_upper = (&upper_moves, upper.table().num_buckets());
        self.marks.split(slot, (&lower_moves, buckets), of_upper);
        self.directory.split(hash);
        self.segments.push(upper);
        true
    }

    /// Makes a segment an owned one.
    #[cold]
    fn own(&mut self, slot: usize) {
        if let Some(segment) = self.segments.get_mut(slot) {
            segment.own();
        }
    }

    /// Gives back buckets after removals.
    #[cold]
    fn trim(&mut self, slot: usize) {
        self.resize(slot, Segment::trim);
    }

    /// Runs what changes the buckets of an owned segment, and books the difference.
    fn resize(&mut self, slot: usize, change: impl FnOnce(&mut Segment<R>, bool) -> Option<Moves>) {
        let follow = self.marks.follow(slot);
        let Some(segment) = self.segments.get_mut(slot) else {
            return;
        };
        let before = segment.bytes();
        let moves = change(segment, follow);
        self.bucket_bytes += segment.bytes();
        self.bucket_bytes -= before;
        if let Some(moves) = moves {
            let buckets = segment.table().num_buckets();
            self.marks.moved(slot, &moves, buckets);
        }
    }
}

/// The buckets of a segment that the caller knows to be owned.
#[inline]
#[expect(
    clippy::indexing_slicing,
    reason = "the directory names existing segments only"
)]
fn owned<R>(segments: &mut [Segment<R>], slot: usize) -> &mut HashTable<R> {
    match &mut segments[slot] {
        Segment::Owned(table) => table,
        Segment::Shared(_) => unreachable!("the caller took ownership"),
    }
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self::new(Self::MAX_ROWS)
    }
}

impl<R> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("len", &self.len)
            .field("segments", &self.segments.len())
            .field("directory", &self.directory.len())
            .finish_non_exhaustive()
    }
}

/// The segments of a table that have rows, from [`Table::segments`].
pub struct Segments<'a, R> {
    cells: Cells<'a>,
    all: &'a [Segment<R>],
}

impl<'a, R> Iterator for Segments<'a, R> {
    type Item = SegmentRef<'a, R>;

    fn next(&mut self) -> Option<SegmentRef<'a, R>> {
        loop {
            let cell = self.cells.next()?;
            let rows = self.all.get(cell.slot)?.table();
            if !rows.is_empty() {
                return Some(SegmentRef::new(rows, cell.hashes));
            }
        }
    }
}

impl<R> FusedIterator for Segments<'_, R> {}

impl<R> Clone for Segments<'_, R> {
    fn clone(&self) -> Self {
        Self {
            cells: self.cells.clone(),
            all: self.all,
        }
    }
}

impl<R> fmt::Debug for Segments<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Number(u64);

    impl Row for Number {
        fn hash(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn booked_bytes_are_the_sum_of_the_segments() {
        let mut table = Table::<Number>::new(448);
        let mut views = Vec::new();
        let check = |table: &Table<Number>| {
            let sum: usize = table.segments.iter().map(Segment::bytes).sum();
            assert_eq!(table.bucket_bytes, sum);
        };
        let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for i in 0..20_000 {
            table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
            if i % 3000 == 0 {
                views.push(table.freeze());
            }
            check(&table);
        }
        let peak = table.bucket_bytes;
        for i in 0..20_000 {
            assert!(table.remove(hash(i), |row| row.0 == hash(i)).is_some());
            check(&table);
        }
        assert!(
            table.bucket_bytes * 20 < peak,
            "{} of {peak} bytes",
            table.bucket_bytes
        );
    }

    #[test]
    fn a_row_that_is_put_back_is_as_old_as_it_was() {
        let mut table = Table::<Number>::new(448);
        table.track(1, 0);
        // Of one place to begin at: each takes the first bucket free.
        let hash = |i: u64| i << 60;
        let insert = |table: &mut Table<Number>, i: u64| {
            table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
        };
        insert(&mut table, 1);
        insert(&mut table, 2);
        drop(table.freeze());
        table.remove(hash(1), |row| row.0 == hash(1));
        insert(&mut table, 3);
        let taken = table.take(hash(3), |row| row.0 == hash(3));
        assert!(matches!(taken, Some((_, true))), "inserted since the view");
        let Some((row, fresh)) = table.take(hash(2), |row| row.0 == hash(2)) else {
            unreachable!("it was inserted")
        };
        assert!(!fresh, "the view has it");
        table.put_back(hash(2), row, fresh);
        assert!(!table.is_fresh(hash(2), |row| row.0 == hash(2)));
    }

    /// Marks that no view can be asked for were let go by the writes of other segments, and begun again by each write: a
    /// put took ten times as long from when tracking was turned on to the next freeze.
    #[test]
    fn nothing_is_marked_before_the_first_freeze_that_changes_are_told_since() {
        let mut table = Table::<Number>::new(448);
        let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let write = |table: &mut Table<Number>| {
            for i in 0..2000 {
                table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
            }
        };
        write(&mut table);
        drop(table.freeze());
        table.track(2, 2);
        write(&mut table);
        assert_eq!(table.tracking_bytes(), 0);
        drop(table.freeze());
        write(&mut table);
        let segments = table.freeze().into_segments();
        let changed: usize = segments.map(|it| it.changed_since(2).count()).sum();
        assert_eq!(changed, 2000);
    }
}
