//! An entry of a live table's directory: the rows of a segment lie in it while the table has them alone.

use std::mem::{replace, swap};

use hashbrown::HashTable;
use triomphe::{Arc, UniqueArc};

use crate::directory::Entry;
use crate::marks::Flags;
use crate::marks::flag::{FRESH, WRITTEN};
use crate::row::Row;
use crate::segment::Segment;
use crate::shared::ViewBytes;

/// A segment as its table has it, or an alias.
///
/// Rows that lie here are the table's alone. So an access that finds its row here has not asked whether a view
/// shares the segment, nor whether the entry is an alias: a write that finds nothing asks whether anything is here, a read before it looks.
#[repr(C, align(64))] // one cache line
pub(crate) struct LiveEntry<R> {
    /// Without buckets where the segment is shared, or has none, or the entry is an alias.
    rows: HashTable<R>,
    /// Of the rows here if the marks of the interval under way are begun; else empty.
    flags: Flags,
    home: Home<R>,
}

/// The segment of an entry.
enum Home<R> {
    /// It is that of an entry before.
    Alias,
    /// The table's alone. Its rows, and its flags if they are of the interval under way, lie in the entry; but here after a panic
    /// in what changes them.
    Own(UniqueArc<Segment<R>>),
    /// Whole, and a view's too, unless that was dropped since.
    Shared(Arc<Segment<R>>),
}

/// What [`LiveEntry::get_ready`] finds.
pub(crate) enum Ready<'t, R> {
    /// The row.
    Row(&'t mut R),
    /// That there is none.
    Absent,
    /// No rows, or rows whose marks are not begun.
    NotYet,
}

/// What [`LiveEntry::remove`] took out.
pub(crate) struct Removed<R> {
    pub(crate) row: R,
    /// Whether it was inserted in the interval under way.
    pub(crate) fresh: bool,
}

impl<R> LiveEntry<R> {
    /// An empty segment of a new table.
    pub(crate) fn new(total: &Arc<ViewBytes>) -> Self {
        Self::of(Segment::new(1, total))
    }

    /// A segment that is the table's alone; its rows do not lie here yet.
    fn of(segment: Segment<R>) -> Self {
        Self {
            rows: HashTable::new(),
            flags: Flags::default(),
            home: Home::Own(UniqueArc::new(segment)),
        }
    }

    /// An entry of a segment before.
    pub(crate) fn alias() -> Self {
        Self {
            rows: HashTable::new(),
            flags: Flags::default(),
            home: Home::Alias,
        }
    }

    /// The segment; without its rows, and perhaps its flags, if the table has it alone.
    #[inline]
    pub(crate) fn segment(&self) -> Option<&Segment<R>> {
        match &self.home {
            Home::Alias => None,
            Home::Own(segment) => Some(segment),
            Home::Shared(segment) => Some(segment),
        }
    }

    /// Whether rows lie here, so that none of its segment are elsewhere.
    #[inline]
    pub(crate) fn has_rows(&self) -> bool {
        has_buckets(&self.rows)
    }

    /// Whether what lies here can be written at once, in the interval under way if rows are marked.
    #[inline]
    pub(crate) fn is_ready(&self, marks: bool) -> bool {
        self.has_rows() && !(marks && self.flags.is_empty())
    }

    /// The row with this hash for which `eq` holds, if it is here and can be written at once; it is marked if rows are.
    #[inline]
    pub(crate) fn get_ready(
        &mut self,
        hash: u64,
        eq: impl Fn(&R) -> bool,
        marks: bool,
    ) -> Ready<'_, R> {
        // Found as an entry, since that hands the table back if there is no row. Asked here whether rows are marked, so that the
        // answer is not kept while the row is looked for.
        let found = if marks {
            match self.rows.find_entry(hash, eq) {
                Ok(row) if !self.flags.add(row.bucket_index(), WRITTEN) => return Ready::NotYet,
                found => found,
            }
        } else {
            self.rows.find_entry(hash, eq)
        };
        match found {
            Ok(row) => Ready::Row(row.into_mut()),
            Err(absent) => {
                if has_buckets(absent.into_table()) {
                    Ready::Absent
                } else {
                    Ready::NotYet
                }
            }
        }
    }

    /// The row with this hash for which `eq` holds, if it is here, to write to; it is marked if rows are.
    #[inline]
    pub(crate) fn find_marked(
        &mut self,
        hash: u64,
        eq: impl Fn(&R) -> bool,
        marks: bool,
    ) -> Option<&mut R> {
        let row = self.rows.find_entry(hash, eq).ok()?;
        if marks {
            self.flags.add(row.bucket_index(), WRITTEN);
        }
        Some(row.into_mut())
    }

    /// The bucket of the row with this hash for which `eq` holds, wherever it is.
    pub(crate) fn find_bucket(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<usize> {
        self.rows().find_bucket_index(hash, eq)
    }

    /// Whether a row was inserted in the interval under way.
    pub(crate) fn is_fresh(&self, bucket: usize) -> bool {
        self.flags.has(bucket, FRESH)
    }

    /// The row in a bucket here, to write to.
    pub(crate) fn row_mut(&mut self, bucket: usize) -> Option<&mut R> {
        self.rows.get_bucket_mut(bucket)
    }

    /// Takes out the row with this hash for which `eq` holds, if it is here.
    #[inline]
    pub(crate) fn remove(
        &mut self,
        hash: u64,
        eq: impl Fn(&R) -> bool,
        marks: bool,
    ) -> Option<Removed<R>> {
        let found = self.rows.find_entry(hash, eq).ok()?;
        let fresh = marks && self.flags.has(found.bucket_index(), FRESH);
        let (row, _) = found.remove();
        Some(Removed { row, fresh })
    }

    /// Whether [`Segment::trim`] would do something worth while.
    #[inline]
    pub(crate) fn is_sparse(&self) -> bool {
        Segment::is_sparse(&self.rows)
    }

    /// Whether a row can be added here without growth: below the cap, a bucket free, its flags too if rows are marked.
    #[inline]
    pub(crate) fn has_room(&self, max_rows: usize, marks: bool) -> bool {
        self.rows.len() < max_rows
            && self.rows.len() < self.rows.capacity()
            && !(marks && self.flags.is_empty())
    }

    /// Bytes of the buckets.
    pub(crate) fn bytes(&self) -> usize {
        self.rows().allocation_size()
    }

    /// Bytes of the marks.
    pub(crate) fn marks_bytes(&self) -> usize {
        let beside = self.segment().map_or(0, |segment| segment.marks.bytes());
        self.flags.bytes() + beside
    }

    /// Shares the segment, whole, with a view. An alias shares nothing.
    pub(crate) fn share(&mut self) -> Option<Arc<Segment<R>>> {
        let segment = match replace(&mut self.home, Home::Alias) {
            Home::Alias => return None,
            Home::Own(mut segment) => {
                gather(&mut self.rows, &mut self.flags, &mut segment);
                segment.shareable()
            }
            Home::Shared(segment) => segment,
        };
        self.home = Home::Shared(Arc::clone(&segment));
        Some(segment)
    }

    /// The segment, if a view has it, or had it and it was not taken back.
    pub(crate) fn shared(&self) -> Option<&Segment<R>> {
        match &self.home {
            Home::Shared(segment) => Some(segment),
            Home::Alias | Home::Own(_) => None,
        }
    }

    /// Takes the segment back that the last view has dropped. Returns it if a view has it still. `now` is the interval under way,
    /// if rows are marked.
    pub(crate) fn take_back(&mut self, now: Option<u64>) -> Option<&Segment<R>> {
        self.home = match replace(&mut self.home, Home::Alias) {
            Home::Shared(segment) => match Arc::try_unique(segment) {
                Ok(segment) => Home::Own(segment),
                Err(segment) => Home::Shared(segment),
            },
            other => other,
        };
        self.spread(now);
        match &self.home {
            Home::Shared(segment) => Some(segment),
            Home::Alias | Home::Own(_) => None,
        }
    }

    /// Has another segment, in the place of what it was if that is the table's alone.
    pub(crate) fn set(&mut self, segment: Segment<R>, now: Option<u64>) {
        self.rows = HashTable::new();
        self.flags = Flags::default();
        match &mut self.home {
            Home::Own(place) => **place = segment,
            home => *home = Home::Own(UniqueArc::new(segment)),
        }
        self.spread(now);
    }

    /// Runs what changes a segment that is the table's alone, on the whole of it.
    pub(crate) fn change<T>(
        &mut self,
        now: Option<u64>,
        change: impl FnOnce(&mut Segment<R>) -> T,
    ) -> Option<T> {
        let Home::Own(segment) = &mut self.home else {
            return None;
        };
        gather(&mut self.rows, &mut self.flags, segment);
        let result = change(segment);
        self.spread(now);
        Some(result)
    }

    /// Has the rows of a segment that is the table's alone lie here, and its flags if they are of the interval `now`.
    fn spread(&mut self, now: Option<u64>) {
        let Home::Own(segment) = &mut self.home else {
            return;
        };
        if !has_buckets(&self.rows) {
            swap(&mut self.rows, segment.rows_mut());
        }
        if now.is_some_and(|now| segment.marks.is_begun(now)) && self.flags.is_empty() {
            swap(&mut self.flags, &mut segment.marks.flags);
        }
    }
}

/// Whether rows lie here, or may be put here: one without buckets has allocated none. Asked of what a look-up has in a register.
#[inline]
pub(crate) fn has_buckets<R>(rows: &HashTable<R>) -> bool {
    rows.num_buckets() != 1
}

/// Puts rows and flags into their segment.
fn gather<R>(rows: &mut HashTable<R>, flags: &mut Flags, segment: &mut Segment<R>) {
    if has_buckets(rows) {
        swap(rows, segment.rows_mut());
    }
    if !flags.is_empty() {
        swap(flags, &mut segment.marks.flags);
    }
}

impl<R: Row> LiveEntry<R> {
    /// Adds a row that is not there, where there is [room](LiveEntry::has_room), with the flags of its bucket, and returns
    /// that.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u64, row: R, flags: u8) -> usize {
        let row = self.rows.insert_unique(hash, row, Row::hash);
        let bucket = row.bucket_index();
        self.flags.set(bucket, flags);
        bucket
    }

    /// Splits the segment, and returns its upper half. As [`Segment::split`], or to the halves that were copied of one that a
    /// view has, whose rows hold so many bytes outside of their buckets.
    pub(crate) fn split(
        &mut self,
        copied: Option<(Segment<R>, Segment<R>)>,
        max_rows: usize,
        row_bytes: usize,
        now: Option<u64>,
    ) -> Self {
        if let (Some(_), Some(shared)) = (&copied, self.shared()) {
            shared.leave(row_bytes);
        }
        let halves = copied.or_else(|| self.change(now, |segment| segment.split(max_rows)));
        let Some((lower, upper)) = halves else {
            unreachable!("an alias has no rows to split")
        };
        self.set(lower, now);
        let mut upper = Self::of(upper);
        upper.spread(now);
        upper
    }
}

impl<R> Entry for LiveEntry<R> {
    type Row = R;

    #[inline]
    fn first(&self) -> &HashTable<R> {
        &self.rows
    }

    #[inline]
    fn rows(&self) -> &HashTable<R> {
        match self.segment() {
            Some(segment) if !has_buckets(&self.rows) => segment.rows(),
            _ => &self.rows,
        }
    }

    #[inline]
    fn depth(&self) -> Option<u32> {
        self.segment().map(Segment::depth)
    }
}

/// Has the compiler make a branch of what calls it: a choice between two addresses would have every access wait
/// for what it depends on.
#[cold]
#[inline]
pub(crate) fn seldom() {}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::row::tests::Number;

    const NOW: Option<u64> = Some(1);

    /// Rows of these hashes, with room for more.
    fn entry(hashes: &[u64]) -> LiveEntry<Number> {
        let mut entry = LiveEntry::new(&Arc::default());
        entry.change(NOW, |segment| segment.reserve(28));
        for hash in hashes {
            entry.insert(*hash, Number(*hash), WRITTEN);
        }
        entry
    }

    fn has(entry: &LiveEntry<Number>, hash: u64) -> bool {
        entry.find_bucket(hash, |row| row.0 == hash).is_some()
    }

    #[test]
    fn an_entry_is_one_cache_line() {
        assert_eq!(size_of::<LiveEntry<u64>>(), 64);
        assert_eq!(align_of::<LiveEntry<u64>>(), 64);
        assert_eq!(offset_of!(LiveEntry<u64>, rows), 0);
    }

    #[test]
    fn rows_lie_here_while_they_are_the_tables_alone() {
        let mut entry = entry(&[1, 2]);
        assert!(entry.has_rows());
        let view = entry.share();
        assert!(!entry.has_rows() && has(&entry, 1));
        assert!(entry.take_back(NOW).is_some(), "the view has it");
        assert!(!entry.has_rows());
        drop(view);
        assert!(entry.take_back(NOW).is_none());
        assert!(entry.has_rows() && has(&entry, 2));
    }

    #[test]
    fn flags_lie_here_in_their_interval_alone() {
        let mut entry = entry(&[1]);
        entry.change(NOW, |segment| segment.begin_marks(1, 0));
        assert!(entry.is_ready(true));
        drop(entry.share());
        assert!(entry.take_back(Some(2)).is_none());
        assert!(entry.is_ready(false) && !entry.is_ready(true));
        let ready = entry.get_ready(1, |row| row.0 == 1, true);
        assert!(matches!(ready, Ready::NotYet), "it would not be marked");
        entry.change(Some(2), |segment| segment.begin_marks(2, 0));
        assert!(entry.is_ready(true));
    }

    #[test]
    fn a_panic_in_a_change_loses_no_row_that_was_not_moved() {
        let mut entry = entry(&[1, 2]);
        let change = || entry.change(NOW, |_| -> () { panic!("as it was asked to") });
        assert!(catch_unwind(AssertUnwindSafe(change)).is_err());
        assert!(has(&entry, 1) && has(&entry, 2));
        let ready = entry.get_ready(1, |row| row.0 == 1, false);
        assert!(matches!(ready, Ready::NotYet));
        assert!(entry.take_back(NOW).is_none());
        let ready = entry.get_ready(1, |row| row.0 == 1, false);
        assert!(matches!(ready, Ready::Row(Number(1))));
    }
}
