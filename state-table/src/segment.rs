//! A segment: a bounded hash table with its marks, as a table shares it with its views. While a table has it alone, its rows
//! lie in the [directory](crate::live).

use std::array;
use std::mem;
use std::vec;

use hashbrown::HashTable;
use triomphe::Arc;

use crate::marks::{Marks, Moves};
use crate::row::Row;
use crate::shared::{Left, ViewBytes};

/// Tables up to this many buckets are not worth shrinking.
const MIN_BUCKETS: usize = 16;

/// The depth of an alias; that of a segment is 1 at least.
pub(crate) const ALIAS: u32 = 0;

/// Takes all rows out, with their buckets, ascending.
fn drain<R>(table: &mut HashTable<R>, mut take: impl FnMut(usize, R)) {
    for bucket in 0..table.num_buckets() {
        if let Ok(row) = table.get_bucket_entry(bucket) {
            take(bucket, row.remove().0);
        }
    }
}

/// Bytes of a row that is moved once more for that.
const SMALL_ROW: usize = 24;

/// Lanes of rows that move; 4 or 16 give half as much.
const LANES: usize = 8;

/// Rows in as many parts as there are lanes.
fn in_lanes<R>(mut rows: impl ExactSizeIterator<Item = R>) -> [vec::IntoIter<R>; LANES] {
    let lane = rows.len().div_ceil(LANES);
    array::from_fn(|_| rows.by_ref().take(lane).collect::<Vec<_>>().into_iter())
}

/// Calls `place` with each row, from the lanes in turn. In the order of their buckets, which is that of their new ones, hashbrown would
/// read sixteen tags where one was just written, and the processor wait for that, with each row. It does not pay where
/// buckets have to be told, or rows are larger.
fn in_turn<R>(mut lanes: [vec::IntoIter<R>; LANES], mut place: impl FnMut(R)) {
    while lanes.iter().any(|lane| lane.len() > 0) {
        let rows = lanes.iter_mut().filter_map(Iterator::next);
        rows.for_each(&mut place);
    }
}

/// The rows of one segment of a table, what is marked of them, and what they are to the views that have them
/// still when the table has others.
#[derive(Debug)]
#[repr(C)] // what a view's access needs, in one cache line with the reference count before it
pub(crate) struct Segment<R> {
    rows: HashTable<R>,
    pub(crate) marks: Marks,
    left: Left,
    depth: u32,
}

impl<R> Segment<R> {
    /// An empty segment, which holds the hashes that agree in so many bits of the directory; allocates nothing.
    pub(crate) fn new(depth: u32, total: &Arc<ViewBytes>) -> Self {
        Self {
            rows: HashTable::new(),
            marks: Marks::default(),
            left: Left::new(total),
            depth,
        }
    }

    /// What stands in a view's directory for an entry of the segment before.
    pub(crate) fn alias(total: &Arc<ViewBytes>) -> Self {
        Self::new(ALIAS, total)
    }

    /// In how many of the directory's bits all hashes agree that belong here; [`ALIAS`] of an alias.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    #[inline]
    pub(crate) fn rows(&self) -> &HashTable<R> {
        &self.rows
    }

    pub(crate) fn rows_mut(&mut self) -> &mut HashTable<R> {
        &mut self.rows
    }

    /// Whether [`Segment::trim`] would do something worth while for these rows.
    #[inline]
    pub(crate) fn is_sparse(rows: &HashTable<R>) -> bool {
        rows.num_buckets() > MIN_BUCKETS && rows.len() * 8 <= rows.num_buckets()
    }

    /// Bytes of the buckets.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.allocation_size()
    }

    /// Books the rows as held by views only, with so many bytes a row outside of its bucket: the table drops
    /// the segment next.
    pub(crate) fn leave(&self, row_bytes: usize) {
        let outside = self.rows.len().saturating_mul(row_bytes);
        self.left.book(self.bytes().saturating_add(outside));
    }

    /// Begins the marks of the interval `now`, and lets go those up to `floor`.
    pub(crate) fn begin_marks(&mut self, now: u64, floor: u64) {
        self.marks.begin(self.rows.num_buckets(), now, floor);
    }

    /// Marks a row as recut.
    pub(crate) fn set_recut(&mut self, bucket: usize) {
        self.marks.set_recut(bucket, self.rows.num_buckets());
    }
}

impl<R: Row> Segment<R> {
    /// A copy for the table of what a view has: each row in its bucket. If a row's `clone` panics,
    /// there is none.
    pub(crate) fn copy(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            marks: self.marks.clone(),
            left: self.left.of_another(),
            depth: self.depth,
        }
    }

    /// Moves all rows into new buckets, enough for `capacity` rows, and the marks with them.
    fn rebuild(&mut self, capacity: usize) {
        let mut old = mem::replace(&mut self.rows, HashTable::with_capacity(capacity));
        let mut moves = Moves::with_capacity(old.len());
        drain(&mut old, |from, row| {
            let to = self.rows.insert_unique(row.hash(), row, Row::hash);
            moves.push((from, to.bucket_index()));
        });
        self.marks = self.marks.moved(&moves, self.rows.num_buckets());
    }

    /// Makes space for one more row, by rehashing where there is none.
    pub(crate) fn grow(&mut self) {
        if self.marks.is_blank() || self.rows.len() < self.rows.capacity() {
            self.rows.reserve(1, Row::hash);
            return;
        }
        // As hashbrown does: in as many buckets, if rows that went left half of them.
        let (full, len) = (self.rows.num_buckets() / 8 * 7, self.rows.len() + 1);
        let capacity = if len > full / 2 { full + 1 } else { full };
        self.rebuild(capacity.max(len));
    }

    /// Makes space for `rows` rows in all, by rehashing where there is none.
    pub(crate) fn reserve(&mut self, rows: usize) {
        if self.rows.capacity() < rows {
            if self.marks.is_blank() {
                let more = rows - self.rows.len();
                self.rows.reserve(more, Row::hash);
            } else {
                self.rebuild(rows);
            }
        }
    }

    /// Releases memory after removals: shrinks to a quarter or less of its buckets if an eighth of them
    /// is used, without rows to nothing. Amortised, because that many rows went before.
    pub(crate) fn trim(&mut self) {
        let capacity = self.rows.len() * 2;
        if !self.marks.is_blank() {
            self.rebuild(capacity);
        } else if capacity == 0 {
            self.rows = HashTable::new();
        } else {
            self.rows.shrink_to(capacity, Row::hash);
        }
    }

    /// Takes all rows out, and returns those without and those with the next of the directory's bits set as two segments. Each half gets
    /// buckets for `max_rows` at once, since it is about half full: it will not rehash before it splits.
    pub(crate) fn split(&mut self, max_rows: usize) -> (Self, Self) {
        let mut halves = Halves::of(self, max_rows);
        let mut rows = mem::take(&mut self.rows);
        if halves.follow {
            drain(&mut rows, |from, row| halves.place(from, row));
        } else if size_of::<R>() > SMALL_ROW {
            let rows = rows.into_iter();
            rows.for_each(|row| halves.place(usize::MAX, row));
        } else {
            in_turn(in_lanes(rows.into_iter()), |row| {
                halves.place(usize::MAX, row);
            });
        }
        halves.finish(self)
    }

    /// [`Segment::split`] of a copy of what a view has. If a row's `clone` panics, there is none.
    pub(crate) fn split_copy(&self, max_rows: usize) -> (Self, Self) {
        let mut halves = Halves::of(self, max_rows);
        for bucket in self.rows.iter_buckets() {
            if let Some(row) = self.rows.get_bucket(bucket) {
                halves.place(bucket, row.clone());
            }
        }
        halves.finish(self)
    }
}

/// The halves of a segment that is split.
struct Halves<R> {
    lower: Half<R>,
    upper: Half<R>,
    /// Of the hash: which half.
    bit: u64,
    /// Whether there are marks to move with the rows.
    follow: bool,
}

impl<R: Row> Halves<R> {
    fn of(segment: &Segment<R>, max_rows: usize) -> Self {
        // Beyond the cap one half may get them all; a rehash on the way would make the moves wrong.
        let capacity = max_rows.max(segment.rows.len());
        Self {
            lower: Half::new(capacity),
            upper: Half::new(capacity),
            bit: 1 << (31 - segment.depth),
            follow: !segment.marks.is_blank(),
        }
    }

    fn place(&mut self, from: usize, row: R) {
        let hash = row.hash();
        let half = if hash & self.bit == 0 {
            &mut self.lower
        } else {
            &mut self.upper
        };
        half.place(from, hash, row, self.follow);
    }

    /// The segments, with the marks of that which they were.
    fn finish(self, segment: &Segment<R>) -> (Segment<R>, Segment<R>) {
        (self.lower.segment(segment), self.upper.segment(segment))
    }
}

/// Half of a segment that is split.
struct Half<R> {
    rows: HashTable<R>,
    moves: Moves,
}

impl<R: Row> Half<R> {
    fn new(capacity: usize) -> Self {
        Self {
            rows: HashTable::with_capacity(capacity),
            moves: Moves::new(),
        }
    }

    fn place(&mut self, from: usize, hash: u64, row: R, follow: bool) {
        let to = self.rows.insert_unique(hash, row, Row::hash);
        if follow {
            self.moves.push((from, to.bucket_index()));
        }
    }

    fn segment(self, whole: &Segment<R>) -> Segment<R> {
        let mut segment = Segment {
            marks: whole.marks.moved(&self.moves, self.rows.num_buckets()),
            rows: self.rows,
            left: whole.left.of_another(),
            depth: whole.depth + 1,
        };
        if segment.rows.is_empty() || Segment::is_sparse(&segment.rows) {
            segment.trim();
        }
        segment
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn all_come_once_from_lanes_in_turn() {
        for len in [0, 1, 7, 8, 9, 64, 100] {
            let mut placed = Vec::new();
            in_turn(in_lanes(0..len), |row| placed.push(row));
            assert_eq!(len > LANES, !placed.is_sorted(), "{placed:?}");
            placed.sort_unstable();
            assert!(placed.into_iter().eq(0..len));
        }
    }

    #[test]
    fn rows_come_right_behind_the_reference_count() {
        assert_eq!(offset_of!(Segment<u64>, rows), 0);
        assert!(
            size_of::<Segment<u64>>() <= 112,
            "128 with the count and malloc's"
        );
    }
}
