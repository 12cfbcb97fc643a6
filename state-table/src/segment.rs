//! A segment: a bounded hash table with its marks. The table and its views share it; it is written in place
//! by a table that is alone.

use std::mem;

use hashbrown::HashTable;
use triomphe::Arc;

use crate::marks::{Marks, Moves};
use crate::row::Row;
use crate::shared::{Left, ViewBytes};

/// Tables up to this many buckets are not worth shrinking.
const MIN_BUCKETS: usize = 16;

/// The hash as hashbrown gets it. hashbrown takes its 7 tag bits from the top and the bucket from
/// the bottom; all rows of a segment agree in the top bits. Turned by 7, tags come from hash bits
/// 0 to 6, buckets from 7 upwards (7 to 16 at 1,024 buckets), and the directory, which counts from
/// bit 63 downwards, meets neither before 47 bits. Its 24 bits may follow up to 15 common bits of a
/// narrow key-group range, 39 in all.
#[inline]
fn probe(hash: u64) -> u64 {
    hash.rotate_right(7)
}

/// Takes all rows out, with their buckets, ascending.
fn drain<R>(table: &mut HashTable<R>, mut take: impl FnMut(usize, R)) {
    for bucket in 0..table.num_buckets() {
        if let Ok(row) = table.get_bucket_entry(bucket) {
            take(bucket, row.remove().0);
        }
    }
}

/// The rows of one segment of a table, what is marked of them, and what they are to the views that have them
/// still when the table has others.
#[derive(Debug)]
#[repr(C)] // what every access needs first, in one cache line with the reference count before it
pub(crate) struct Segment<R> {
    rows: HashTable<R>,
    pub(crate) marks: Marks,
    left: Left,
    depth: u32,
}

impl<R> Segment<R> {
    /// An empty segment, which holds the hashes that agree in so many leading bits; allocates nothing.
    pub(crate) fn new(depth: u32, total: &Arc<ViewBytes>) -> Self {
        Self {
            rows: HashTable::new(),
            marks: Marks::default(),
            left: Left::new(total),
            depth,
        }
    }

    /// In how many leading bits all hashes agree that belong here.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    #[inline]
    pub(crate) fn rows(&self) -> &HashTable<R> {
        &self.rows
    }

    /// The row with this hash for which `eq` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&R> {
        self.rows.find(probe(hash), eq)
    }

    /// The bucket of that row.
    #[inline]
    pub(crate) fn find_bucket(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<usize> {
        self.rows.find_bucket_index(probe(hash), eq)
    }

    /// [`Segment::find`], to write to.
    #[inline]
    pub(crate) fn find_mut(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&mut R> {
        self.rows.find_mut(probe(hash), eq)
    }

    /// [`Segment::find`], to write to, with these flags added to those of its bucket.
    #[inline]
    pub(crate) fn find_marked(
        &mut self,
        hash: u64,
        eq: impl Fn(&R) -> bool,
        flags: u8,
    ) -> Option<&mut R> {
        let row = self.rows.find_entry(probe(hash), eq).ok()?;
        self.marks.add(row.bucket_index(), flags);
        Some(row.into_mut())
    }

    /// Takes out the row with this hash for which `eq` holds, with its bucket.
    #[inline]
    pub(crate) fn remove(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<(R, usize)> {
        let found = self.rows.find_entry(probe(hash), eq).ok()?;
        let bucket = found.bucket_index();
        Some((found.remove().0, bucket))
    }

    /// Whether a row can be added without growth: below the cap, a bucket free.
    #[inline]
    pub(crate) fn has_room(&self, max_rows: usize) -> bool {
        self.rows.len() < max_rows && self.rows.len() < self.rows.capacity()
    }

    /// Whether [`Segment::trim`] would do something worth while.
    #[inline]
    pub(crate) fn is_sparse(&self) -> bool {
        self.rows.num_buckets() > MIN_BUCKETS && self.rows.len() * 8 <= self.rows.num_buckets()
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

    /// Adds a row that is not there, where there is room, with the flags of its bucket, and returns that.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u64, row: R, flags: u8) -> usize {
        let row = self
            .rows
            .insert_unique(probe(hash), row, |row| probe(row.hash()));
        let bucket = row.bucket_index();
        self.marks.set(bucket, flags);
        bucket
    }

    /// The row in a bucket, to write to.
    pub(crate) fn row_mut(&mut self, bucket: usize) -> Option<&mut R> {
        self.rows.get_bucket_mut(bucket)
    }

    /// Moves all rows into new buckets, enough for `capacity` rows, and the marks with them.
    fn rebuild(&mut self, capacity: usize) {
        let mut old = mem::replace(&mut self.rows, HashTable::with_capacity(capacity));
        let mut moves = Moves::with_capacity(old.len());
        drain(&mut old, |from, row| {
            let to = self
                .rows
                .insert_unique(probe(row.hash()), row, |row| probe(row.hash()));
            moves.push((from, to.bucket_index()));
        });
        self.marks = self.marks.moved(&moves, self.rows.num_buckets());
    }

    /// Makes space for one more row, by rehashing where there is none.
    pub(crate) fn grow(&mut self) {
        if self.marks.is_blank() || self.rows.len() < self.rows.capacity() {
            self.rows.reserve(1, |row| probe(row.hash()));
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
                self.rows.reserve(more, |row| probe(row.hash()));
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
            self.rows.shrink_to(capacity, |row| probe(row.hash()));
        }
    }

    /// Takes all rows out, and returns those without and those with the next bit of the hash set as two segments. Rows that a
    /// view has are copied, with so many bytes outside of a bucket. Each half gets buckets for `max_rows` at once, since it is
    /// about half full: it will not rehash before it splits.
    pub(crate) fn split(this: &mut Arc<Self>, max_rows: usize, row_bytes: usize) -> (Self, Self) {
        let depth = this.depth + 1;
        let bit = 1 << (64 - depth);
        let follow = !this.marks.is_blank();
        // Beyond the cap one half may get them all; a rehash on the way would make the moves wrong.
        let capacity = max_rows.max(this.rows.len());
        let mut lower = Half::new(capacity);
        let mut upper = Half::new(capacity);
        let mut place = |from: usize, row: R| {
            let hash = row.hash();
            let half = if hash & bit == 0 {
                &mut lower
            } else {
                &mut upper
            };
            half.place(from, hash, row, follow);
        };
        if let Some(own) = Arc::get_mut(this) {
            let mut rows = mem::take(&mut own.rows);
            if follow {
                drain(&mut rows, &mut place);
            } else {
                rows.into_iter().for_each(|row| place(usize::MAX, row));
            }
        } else {
            for bucket in this.rows.iter_buckets() {
                if let Some(row) = this.rows.get_bucket(bucket) {
                    place(bucket, row.clone());
                }
            }
            this.leave(row_bytes);
        }
        let half = |half: Half<R>| {
            let mut segment = Self {
                marks: this.marks.moved(&half.moves, half.rows.num_buckets()),
                rows: half.rows,
                left: this.left.of_another(),
                depth,
            };
            if segment.rows.is_empty() || segment.is_sparse() {
                segment.trim();
            }
            segment
        };
        (half(lower), half(upper))
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
        let to = self
            .rows
            .insert_unique(probe(hash), row, |row| probe(row.hash()));
        if follow {
            self.moves.push((from, to.bucket_index()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn what_an_access_needs_lies_in_56_bytes() {
        // And the reference count before them.
        assert_eq!(offset_of!(Segment<u64>, rows), 0);
        assert_eq!(offset_of!(Segment<u64>, marks), 32);
        assert!(
            size_of::<Segment<u64>>() <= 112,
            "128 with the count and malloc's"
        );
    }

    #[test]
    fn tag_bucket_and_directory_bits_are_disjoint() {
        let moved = |bit: u32| probe(1 << bit);
        let tag = 0x7f_u64 << 57;
        let bucket = 0x3ff_u64; // 1,024 buckets
        for bit in 0..64 {
            let moved = moved(bit);
            assert_eq!(moved & tag != 0, bit < 7);
            assert_eq!(moved & bucket != 0, (7..17).contains(&bit));
        }
    }
}
