//! The live table: written by one owner, frozen in no time.

#[cfg(test)]
mod tests;
mod tracked;

use std::fmt;
use std::mem::{forget, needs_drop, replace, take};

use triomphe::Arc;

use crate::directory::{Directory, Entry as _};
use crate::frozen::Frozen;
use crate::held::Held;
use crate::live::{LiveEntry, Ready, Removed};
use crate::marks::flag::{FRESH, WRITTEN};
use crate::row::Row;
use crate::rows::{Rows, Segments};
use crate::segment::Segment;
use crate::shared::ViewBytes;
use crate::tracking::Tracking;

/// Bytes of the buckets of a segment, at most: what the first write behind a freeze copies, in some 0.1 ms.
const SEGMENT_BYTES: usize = 512 << 10;

/// A hash table of rows in copy-on-write segments.
///
/// The caller gives the 64-bit hash of the key and an `eq` that recognises the row; both must
/// agree with [`Row::hash`]. At most one row for each key is the caller's to keep, as
/// [`Table::find_or_insert_with`] does.
///
/// # Layout
/// Leading bits of the lower half of a hash choose the segment (extendible hashing), so segments in order are
/// such halves in order. A segment that is full splits in two; its neighbours do not notice, but for those that the directory tells apart
/// only since then: a write to one of them splits it as well. Segments are not merged again: a table
/// that lost its rows gives back their buckets (16 or more bytes a row) but keeps about 200 bytes
/// for each segment it once had, until [`Table::clear`].
///
/// While the table has a segment alone, its rows lie in the directory itself (at the latest from the first write
/// behind a freeze on): whoever finds a row there need not ask whether a view has it, too.
///
/// Rows whose hashes agree in too many of these bits to be told apart stay in one segment beyond
/// its cap, and rows of equal hash are searched one by one: correct, but slow. A hash that an
/// adversary cannot choose keeps this away.
///
/// # Cost
/// Reads and writes are O(1): one array load more than a plain hash table, and for reads one more in a segment that was not written
/// since the last freeze. A write allocates
/// only to grow (at most one segment is rehashed or split, and the directory copied, 64 bytes a
/// segment times a small factor), and the first write to a segment after [`Table::freeze`] clones
/// that segment's rows if the view still has it. There is no lock, and no atomic is
/// written but by that first write and a split.
///
/// # Tracking
/// A table can keep [track](Table::track) of the rows that were written, so that a view tells
/// [what changed](crate::FrozenSegment::changed_since) since an earlier one: a byte for each bucket of segments that were
/// written, and a bit for each bucket and earlier interval between two freezes. Rows that were removed are the
/// caller's to note.
pub struct Table<R> {
    directory: Directory<LiveEntry<R>>,
    max_rows: usize,
    len: usize,
    /// Sum of the segments' bucket bytes.
    bucket_bytes: usize,
    /// Bytes that a row holds outside of its bucket, as the last freeze was told.
    row_bytes: usize,
    view_bytes: Arc<ViewBytes>,
    tracking: Tracking,
    /// Memory for the directory of the next view, so that a freeze asks the allocator for none, if a segment was copied
    /// or split since the last one.
    room: Vec<Arc<Segment<R>>>,
    /// What stands in views for entries that are no segment.
    alias: Arc<Segment<R>>,
    /// What [`Table::set_aside`] keeps.
    aside: Option<Box<Directory<LiveEntry<R>>>>,
}

impl<R> Table<R> {
    /// Rows a segment: what half a mebibyte of buckets holds, 3,584 at most; 896 at most where a row owns
    /// memory, which each clone of it has to ask for.
    ///
    /// Larger segments are fewer, so accesses find more of them in the cache, and a freeze shares fewer; but the first
    /// write to each behind a freeze copies more.
    pub const MAX_ROWS: usize = {
        let fit = SEGMENT_BYTES / (size_of::<R>() + 1);
        let most = if needs_drop::<R>() { 1024 } else { 4096 };
        let buckets = match fit {
            0..16 => 16,
            16..4096 if fit < most => 1_usize << fit.ilog2(),
            _ => most,
        };
        buckets / 8 * 7
    };

    /// An empty table.
    ///
    /// A segment that reaches `max_rows` splits: it is the most rows that the first write after a
    /// [`Table::freeze`] copies. Take seven eighths of a power of two ([`Table::MAX_ROWS`]; fewer
    /// where cloning a row costs more), or up to half of the buckets stay empty. 0 counts as 1.
    pub fn new(max_rows: usize) -> Self {
        let view_bytes = Arc::default();
        Self {
            directory: Directory::new(&view_bytes),
            alias: Arc::new(Segment::alias(&view_bytes)),
            max_rows: max_rows.max(1),
            len: 0,
            bucket_bytes: 0,
            row_bytes: 0,
            view_bytes,
            tracking: Tracking::default(),
            room: Vec::new(),
            aside: None,
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
        self.directory.find(hash, eq)
    }

    /// All rows, segment by segment in ascending order of the lower halves of their hashes, in no particular order
    /// within a segment.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &R> + Clone {
        Rows::new(self.segments(), self.len)
    }

    /// The segments that have rows, in ascending order of the lower halves of their hashes.
    pub fn segments(&self) -> Segments<'_, R> {
        Segments::of_table(self.directory.with_rows())
    }

    /// Removes all rows and all segments, and releases their memory; views keep theirs. Cost:
    /// dropping the rows that no view has.
    pub fn clear(&mut self) {
        for directory in [Some(&self.directory), self.aside.as_deref()] {
            for (_, entry) in directory.into_iter().flat_map(Directory::segments) {
                if let Some(shared) = entry.shared() {
                    shared.leave(self.row_bytes);
                }
            }
        }
        self.directory = Directory::new(&self.view_bytes);
        self.room = Vec::new();
        self.aside = None;
        self.len = 0;
        self.bucket_bytes = 0;
        self.tracking.bytes = 0;
        self.tracking.recut = 0;
    }

    /// Puts all rows where nobody finds them, for good. Their bytes still count, and are released with the table:
    /// not here, since a row's `drop` may panic, and this may run in a panic already.
    pub(crate) fn set_aside(&mut self) {
        if self.aside.is_none() {
            let none = Directory::new(&self.view_bytes);
            self.aside = Some(Box::new(replace(&mut self.directory, none)));
            self.len = 0;
        }
    }

    /// Whether rows are [set aside](Table::set_aside).
    #[inline]
    pub(crate) fn is_set_aside(&self) -> bool {
        self.aside.is_some()
    }

    /// A consistent view of all rows as they are now. No row is touched.
    ///
    /// # Cost
    /// One reference count for each entry of the directory, 1 or 2 a segment, and a few words that move: about 10 microseconds for
    /// a million rows; a look at each of them more in the interval after tracking was given up; and 8 bytes an entry, for which the allocator is
    /// asked here only if no segment was copied or split since the last freeze. Later, the first write to each segment
    /// copies it if the view still has it.
    pub fn freeze(&mut self) -> Frozen<R> {
        self.freeze_weighed(0)
    }

    /// [`Table::freeze`], told how many bytes a row holds outside of its bucket, on average: they are
    /// added to [`Held::shared_bytes`] for the rows that only views keep.
    pub fn freeze_weighed(&mut self, row_bytes: usize) -> Frozen<R> {
        self.row_bytes = row_bytes;
        if self.tracking.is_on() {
            if !self.tracking.marks {
                self.drop_marks(); // those that a view shared when tracking was given up
            }
            self.tracking.interval += 1;
            self.tracking.marks = true;
        }
        let room = take(&mut self.room);
        Frozen::new(self.directory.share(room, &self.alias), self.len)
    }

    /// What the table holds in memory. Cost: a few additions; no segment is visited.
    pub fn held(&self) -> Held {
        let room = self.room.capacity() * size_of::<usize>();
        let aside = self.aside.as_deref().map_or(0, Directory::bytes);
        let alias = size_of::<Segment<R>>() + size_of::<usize>();
        Held {
            rows: self.len,
            bytes: self.bucket_bytes + self.directory.bytes() + alias + room + aside,
            shared_bytes: self.view_bytes.get(),
        }
    }
}

impl<R: Row> Table<R> {
    /// The row with this hash for which `eq` holds, to write to. In a segment that a view has,
    /// a row that is found costs the copy of the segment, a row that is not found nothing.
    #[inline]
    pub fn get_mut(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&mut R> {
        let marks = self.tracking.marks;
        let entry = self.directory.entry(hash);
        if self.directory.at(entry).is_ready(marks) {
            self.directory.at_mut(entry).find_marked(hash, eq, marks)
        } else {
            self.get_first_mut(hash, eq)
        }
    }

    /// The row that [`Table::get_mut`] returns, if it can be written at once: to be asked first, with
    /// [`Table::get_first_mut`] behind it. Less than `get_mut` where accesses are counted in instructions.
    #[expect(clippy::inline_always, reason = "the few callers are the hot paths")]
    #[inline(always)]
    pub(crate) fn get_ready(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Ready<'_, R> {
        match self.directory.of_hash_mut(hash) {
            Some(entry) => entry.get_ready(hash, eq, self.tracking.marks),
            None => Ready::NotYet,
        }
    }

    /// [`Table::get_mut`] in a segment that is not the table's alone, or whose marks are not begun.
    #[cold]
    #[inline(never)]
    pub(crate) fn get_first_mut(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&mut R> {
        let slot = self.own_found(hash, &eq)?;
        let marks = self.tracking.marks;
        self.directory.at_mut(slot).find_marked(hash, eq, marks)
    }

    /// Inserts a row that is not there.
    #[inline]
    pub(crate) fn insert_new(&mut self, hash: u64, row: R) {
        self.insert(hash, row, WRITTEN | FRESH);
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
        let slot = self.directory.segment_of(self.directory.entry(hash));
        let found = self.directory.at(slot).find_bucket(hash, &eq).is_some();
        let row = if found {
            self.get_mut(hash, eq)
        } else {
            self.insert_row(hash, make())
        };
        match row {
            Some(row) => (row, !found),
            None => unreachable!("it was found or inserted just now"),
        }
    }

    /// Inserts a row that is not there, and finds it again.
    #[inline(never)] // keeps the path of a hit short
    fn insert_row(&mut self, hash: u64, row: R) -> Option<&mut R> {
        let bucket = self.insert(hash, row, WRITTEN | FRESH);
        let slot = self.directory.segment_of(self.directory.entry(hash));
        self.directory.at_mut(slot).row_mut(bucket)
    }

    /// Adds a row that is not there yet, as one that was there when tracking began. `recut` tells that
    /// it would be written in other parts than it was read from: see [`Table::take_recut`].
    pub(crate) fn add(&mut self, hash: u64, row: R, recut: bool) {
        let bucket = self.insert(hash, row, 0);
        if recut && self.tracking.marks {
            let slot = self.directory.segment_of(self.directory.entry(hash));
            self.change(slot, |segment| segment.set_recut(bucket));
            self.tracking.recut += 1;
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
    pub fn remove(&mut self, hash: u64, eq: impl Fn(&R) -> bool + Copy) -> Option<R> {
        self.take(hash, eq).map(|(row, _)| row)
    }

    /// [`Table::remove`], and whether the row was inserted in this interval, so that no view has it.
    #[expect(clippy::inline_always, reason = "the few callers are the hot paths")]
    #[inline(always)]
    pub(crate) fn take(&mut self, hash: u64, eq: impl Fn(&R) -> bool + Copy) -> Option<(R, bool)> {
        let marks = self.tracking.marks;
        let entry = self.directory.of_hash_mut(hash)?;
        let mut taken = entry.remove(hash, eq, marks);
        let mut sparse = entry.is_sparse();
        if taken.is_none() && !entry.has_rows() {
            let slot = self.own_found(hash, eq)?;
            let entry = self.directory.at_mut(slot);
            taken = entry.remove(hash, eq, self.tracking.marks);
            sparse = entry.is_sparse();
        }
        let Removed { row, fresh } = taken?;
        self.len -= 1;
        if sparse {
            self.trim(hash);
        }
        Some((row, fresh))
    }

    /// Releases buckets of the segment of `hash`, which is the table's alone and lost its rows.
    #[cold]
    #[inline(never)]
    fn trim(&mut self, hash: u64) {
        let slot = self.directory.segment_of(self.directory.entry(hash));
        self.change(slot, Segment::trim);
    }

    /// Makes the segment of a row that is there the table's alone, and returns its entry.
    #[cold]
    #[inline(never)]
    fn own_found(&mut self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<usize> {
        let slot = self.directory.segment_of(self.directory.entry(hash));
        self.directory.at(slot).find_bucket(hash, eq)?;
        let slot = self.settle(hash);
        self.own(slot);
        Some(slot)
    }

    /// Puts back a row that was just [taken](Table::take), as one that was written.
    #[inline]
    pub(crate) fn put_back(&mut self, hash: u64, row: R, fresh: bool) {
        let flags = if fresh { WRITTEN | FRESH } else { WRITTEN };
        self.insert(hash, row, flags);
    }

    /// Adds a row that is not there yet, with the flags of its bucket, and returns that.
    #[inline]
    fn insert(&mut self, hash: u64, row: R, flags: u8) -> usize {
        let bucket = match self.directory.of_hash_mut(hash) {
            Some(entry) if entry.has_room(self.max_rows, self.tracking.marks) => {
                entry.insert(hash, row, flags)
            }
            _ => self.insert_into_room(hash, row, flags),
        };
        self.len += 1;
        bucket
    }

    /// [`Table::insert`], where room has to be made. The caller counts the row.
    #[cold]
    #[inline(never)]
    fn insert_into_room(&mut self, hash: u64, row: R, flags: u8) -> usize {
        let slot = self.make_room(hash);
        self.directory.at_mut(slot).insert(hash, row, flags)
    }

    /// Makes the segment of `hash` the table's alone, with a free bucket, below the cap if it can be
    /// split, and returns its entry.
    fn make_room(&mut self, hash: u64) -> usize {
        loop {
            let slot = self.settle(hash);
            if self.directory.at(slot).rows().len() < self.max_rows || !self.split(slot) {
                self.own(slot);
                self.change(slot, Segment::grow);
                self.check_limit();
                return slot;
            }
        }
    }

    /// The entry of the segment of `hash`, which is told apart from its neighbours first if the directory can,
    /// and it is not small: so that accesses meet no alias.
    fn settle(&mut self, hash: u64) -> usize {
        loop {
            let entry = self.directory.entry(hash);
            let slot = self.directory.segment_of(entry);
            let small = self.directory.at(slot).rows().len() <= self.max_rows / 4;
            if slot == entry || small || !self.split(slot) {
                return slot;
            }
        }
    }

    /// Makes room for `rows` rows in all, before they come: as many segments as they will need at least if
    /// their hashes are even, of the size that they will have. Of a table that is filled afterwards only those
    /// segments split that chance gave more than their cap.
    pub fn reserve(&mut self, rows: usize) {
        while rows / self.directory.len() > self.max_rows {
            for hash in self.directory.first_hashes() {
                let slot = self.directory.segment_of(self.directory.entry(hash));
                if !self.split(slot) {
                    return;
                }
            }
        }
        if self.directory.len() <= 2 {
            return; // small: it grows as it is filled
        }
        for hash in self.directory.first_hashes() {
            let (slot, max_rows) = (self.directory.entry(hash), self.max_rows);
            self.own(slot);
            self.change(slot, |segment| segment.reserve(max_rows));
            self.check_limit();
        }
    }

    /// Splits the segment at an entry, unless the directory must not grow.
    fn split(&mut self, slot: usize) -> bool {
        if !self.directory.can_split(slot) {
            return false;
        }
        let (now, max_rows, row_bytes) = (self.tracking.now(), self.max_rows, self.row_bytes);
        let entry = self.directory.at_mut(slot);
        let (buckets, marks) = (entry.bytes(), entry.marks_bytes());
        // If a row's `clone` panics, all is as it was.
        let shared = entry.take_back(now);
        let copied = shared.map(|shared| shared.split_copy(max_rows));
        let mut moving = Moving(self);
        let table = moving.table();
        let halves = table
            .directory
            .split(slot, copied, max_rows, row_bytes, now);
        for half in [halves.0, halves.1] {
            let entry = table.directory.at(half);
            table.bucket_bytes += entry.bytes();
            table.tracking.bytes += entry.marks_bytes();
        }
        table.bucket_bytes -= buckets;
        table.tracking.bytes -= marks;
        moving.finish();
        self.keep_room();
        self.check_limit();
        true
    }

    /// Makes sure of memory for the directory of the next view. For who has asked for much memory anyway: with glibc
    /// the first who does that after many small blocks were freed puts those together, for milliseconds.
    fn keep_room(&mut self) {
        let entries = self.directory.entries();
        if self.room.capacity() < entries {
            self.room = Vec::with_capacity(entries);
        }
    }

    /// Makes a segment the table's alone, with the marks of the interval begun.
    fn own(&mut self, slot: usize) {
        let now = self.tracking.now();
        let entry = self.directory.at_mut(slot);
        if let Some(shared) = entry.take_back(now) {
            let copy = shared.copy();
            self.tracking.bytes += copy.marks.bytes(); // may be less: a clone has no spare capacity
            self.tracking.bytes -= shared.marks.bytes();
            shared.leave(self.row_bytes);
            entry.set(copy, now);
            self.keep_room();
        }
        self.begin_marks(slot);
    }
}

impl<R> Table<R> {
    /// Runs what changes buckets or marks of a segment that is the table's alone, and books the difference.
    fn change(&mut self, slot: usize, change: impl FnOnce(&mut Segment<R>)) {
        let mut moving = Moving(self);
        let table = moving.table();
        let (now, entry) = (table.tracking.now(), table.directory.at_mut(slot));
        let (buckets, marks) = (entry.bytes(), entry.marks_bytes());
        let Some(()) = entry.change(now, change) else {
            unreachable!("nobody else can share it meanwhile")
        };
        table.bucket_bytes += entry.bytes();
        table.bucket_bytes -= buckets;
        table.tracking.bytes += entry.marks_bytes();
        table.tracking.bytes -= marks;
        moving.finish();
    }
}

/// Sets all rows aside when it is dropped, as it is by a panic of a row's hash, against its law, while rows of a segment are
/// nowhere: what is left of them is not to be taken for all.
struct Moving<'t, R>(&'t mut Table<R>);

impl<R> Moving<'_, R> {
    fn table(&mut self) -> &mut Table<R> {
        self.0
    }

    /// Nothing panicked.
    fn finish(self) {
        forget(self);
    }
}

impl<R> Drop for Moving<'_, R> {
    #[cold]
    fn drop(&mut self) {
        self.0.set_aside();
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
            .field("segments", &self.directory.len())
            .field("directory", &self.directory.entries())
            .finish_non_exhaustive()
    }
}
