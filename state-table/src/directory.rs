//! The directory of extendible hashing: from the leading bits of a hash to a segment.

use std::hint::black_box;
use std::iter::FusedIterator;
use std::ops::RangeInclusive;

use triomphe::Arc;

use crate::row::Row;
use crate::segment::Segment;
use crate::shared::ViewBytes;

/// Deepest directory: 2^24 entries, 128 MiB, enough for ten billion rows.
const MAX_DEPTH: u32 = 24;

/// A directory never has more than this many entries for each segment, or [`MIN_LIMIT`]. Even
/// hashes need 1 or 2. Hashes that agree in their leading bits would double it without end.
const ENTRIES_PER_SEGMENT: usize = 32;

/// Counts that are read together: a processor waits for some ten lines at a time.
const AT_ONCE: usize = 32;

/// A directory up to this many entries (8 KiB) is always allowed.
const MIN_LIMIT: usize = 1024;

/// `2^depth` entries. A segment of local depth `d` has `2^(depth - d)` adjacent ones: the first of them is the segment,
/// the others are *aliases*, which are all one empty segment. So an access is one load, and asks whether
/// it met an alias only when it found nothing in an empty segment.
///
/// A hash selects its entry by its `depth` topmost bits, so entries ascend with the hash.
pub(crate) struct Directory<R> {
    /// Two at least, so that `shift` is below 64.
    entries: Vec<Arc<Segment<R>>>,
    /// `64 - depth`.
    shift: u32,
    /// Number of segments.
    segments: usize,
    /// Never alone, so never written.
    alias: Arc<Segment<R>>,
}

impl<R> Directory<R> {
    /// Two empty segments.
    pub(crate) fn new(total: &Arc<ViewBytes>) -> Self {
        let segment = || Arc::new(Segment::new(1, total));
        Self {
            entries: vec![segment(), segment()],
            shift: 63,
            segments: 2,
            alias: segment(),
        }
    }

    /// The entry of a hash.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a directory has 2^24 entries at most"
    )]
    pub(crate) fn entry(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    /// What is in an entry: a segment or an alias.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "`64 - shift` bits select one of as many entries"
    )]
    pub(crate) fn at(&self, entry: usize) -> &Arc<Segment<R>> {
        &self.entries[entry]
    }

    /// [`Directory::at`], to write to.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "`64 - shift` bits select one of as many entries"
    )]
    pub(crate) fn at_mut(&mut self, entry: usize) -> &mut Arc<Segment<R>> {
        &mut self.entries[entry]
    }

    /// What is in the entry of a hash, if nobody shares it.
    #[inline]
    pub(crate) fn get_unique(&mut self, hash: u64) -> Option<&mut Segment<R>> {
        let entry = self.entry(hash);
        Arc::get_mut(self.entries.get_mut(entry)?)
    }

    /// The row with this hash for which `eq` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&R> {
        match self.find_in_entry(hash, &eq) {
            None if self.may_be_alias(hash) => self.find_behind(hash, eq),
            found => found,
        }
    }

    /// [`Directory::find`], but in an alias there is none. Whoever finds nothing asks
    /// [`Directory::may_be_alias`].
    #[inline]
    pub(crate) fn find_in_entry(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&R> {
        // There always is an entry. Not by an index: that needs their number in a register, for its panic.
        self.entries.get(self.entry(hash))?.find(hash, eq)
    }

    /// Whether the entry of a hash may be an alias.
    #[inline]
    pub(crate) fn may_be_alias(&self, hash: u64) -> bool {
        let segment = self.entries.get(self.entry(hash));
        segment.is_none_or(|segment| segment.rows().is_empty())
    }

    /// [`Directory::find`] where an entry may be an alias.
    #[cold]
    #[inline(never)] // keeps the path of a hit short
    pub(crate) fn find_behind(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&R> {
        let segment = self.segment_of(self.entry(hash));
        self.at(segment).find(hash, eq)
    }

    fn is_alias(&self, entry: usize) -> bool {
        Arc::ptr_eq(self.at(entry), &self.alias)
    }

    /// The entry with the segment that an entry belongs to.
    pub(crate) fn segment_of(&self, mut entry: usize) -> usize {
        // Where a segment begins is a multiple of how many entries it has: the first entry is no alias.
        while self.is_alias(entry) {
            entry &= entry - 1;
        }
        entry
    }

    fn depth(&self) -> u32 {
        64 - self.shift
    }

    /// Number of entries of the segment at one.
    fn width(&self, segment: &Segment<R>) -> usize {
        1 << (self.depth() - segment.depth())
    }

    /// The hashes that belong into the segment at an entry.
    fn hashes(&self, entry: usize, segment: &Segment<R>) -> (u64, u64) {
        let start = (entry as u64) << self.shift;
        (start, start | (u64::MAX >> segment.depth()))
    }

    /// Whether the segment at an entry may split: it has several entries, or the directory may double.
    pub(crate) fn can_split(&self, entry: usize) -> bool {
        let limit = MIN_LIMIT.max(self.segments.saturating_mul(ENTRIES_PER_SEGMENT));
        self.width(self.at(entry)) > 1
            || (self.depth() < MAX_DEPTH && 2 * self.entries.len() <= limit)
    }

    /// Each entry becomes two, the second of them an alias. Cost: a copy of the entries, 8 bytes each.
    fn double(&mut self) {
        let mut entries = Vec::with_capacity(2 * self.entries.len());
        for entry in self.entries.drain(..) {
            entries.push(entry);
            entries.push(Arc::clone(&self.alias));
        }
        self.entries = entries;
        self.shift -= 1;
    }

    /// All segments in ascending order of their hashes, each with its entry.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (usize, &Arc<Segment<R>>)> + Clone {
        let mut next = 0;
        std::iter::from_fn(move || {
            let entry = next;
            let segment = self.entries.get(entry)?;
            next += self.width(segment);
            Some((entry, segment))
        })
    }

    /// The first hash of each segment, ascending.
    pub(crate) fn first_hashes(&self) -> Vec<u64> {
        let first = |(entry, segment): (usize, &Arc<_>)| self.hashes(entry, segment).0;
        self.segments().map(first).collect()
    }

    /// Number of segments.
    pub(crate) fn len(&self) -> usize {
        self.segments
    }

    /// Number of entries.
    pub(crate) fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Bytes allocated for entries and segments, without the buckets of those.
    pub(crate) fn bytes(&self) -> usize {
        let segment = size_of::<Segment<R>>() + size_of::<usize>();
        self.entries.capacity() * size_of::<usize>() + (self.segments + 1) * segment
    }

    /// The same segments again, in the memory of an empty `entries` if that is enough.
    pub(crate) fn shared(&self, mut entries: Vec<Arc<Segment<R>>>) -> Self {
        entries.reserve_exact(self.entries.len());
        for some in self.entries.chunks(AT_ONCE) {
            // A count that is raised waits for its cache line alone; counts that are read wait together.
            for entry in some {
                black_box(Arc::count(entry));
            }
            entries.extend(some.iter().map(Arc::clone));
        }
        Self {
            entries,
            shift: self.shift,
            segments: self.segments,
            alias: Arc::clone(&self.alias),
        }
    }

    /// The segments that have rows, in ascending order of their hashes.
    pub(crate) fn with_rows(&self) -> WithRows<'_, R> {
        WithRows {
            directory: self,
            next: 0,
        }
    }

    /// [`Directory::with_rows`], out of the directory.
    pub(crate) fn into_segments(mut self) -> Vec<(Arc<Segment<R>>, (u64, u64))> {
        let mut segments = Vec::with_capacity(self.segments);
        let entries = std::mem::take(&mut self.entries).into_iter().enumerate();
        for (entry, segment) in entries {
            // An alias has none either.
            if !segment.rows().is_empty() {
                let hashes = self.hashes(entry, &segment);
                segments.push((segment, hashes));
            }
        }
        segments
    }
}

impl<R: Row> Directory<R> {
    /// Splits the segment at an entry, and returns the entries of both halves. Doubles the directory if the segment has a single
    /// entry. As [`Segment::split`].
    pub(crate) fn split(
        &mut self,
        mut entry: usize,
        max_rows: usize,
        row_bytes: usize,
    ) -> (usize, usize) {
        if self.width(self.at(entry)) == 1 {
            self.double();
            entry *= 2;
        }
        let upper = entry + self.width(self.at(entry)) / 2;
        let segment = self.at_mut(entry);
        let (below, above) = Segment::split(segment, max_rows, row_bytes);
        match Arc::get_mut(segment) {
            Some(segment) => *segment = below,
            None => *segment = Arc::new(below),
        }
        *self.at_mut(upper) = Arc::new(above);
        self.segments += 1;
        (entry, upper)
    }
}

/// The same segments again, shared. Cost: a reference count each, and the memory for as many entries.
impl<R> Clone for Directory<R> {
    fn clone(&self) -> Self {
        self.shared(Vec::new())
    }
}

/// The segments of a directory that have rows, with the hashes that belong there, in ascending order.
pub(crate) struct WithRows<'a, R> {
    directory: &'a Directory<R>,
    /// Entry to come.
    next: usize,
}

impl<'a, R> Iterator for WithRows<'a, R> {
    type Item = (&'a Segment<R>, (u64, u64));

    fn next(&mut self) -> Option<Self::Item> {
        let directory = self.directory;
        loop {
            let entry = self.next;
            let segment = directory.entries.get(entry)?;
            self.next += directory.width(segment);
            if !segment.rows().is_empty() {
                return Some((segment, directory.hashes(entry, segment)));
            }
        }
    }
}

impl<R> FusedIterator for WithRows<'_, R> {}

impl<R> Clone for WithRows<'_, R> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

/// A range, of its ends.
pub(crate) fn range((start, end): (u64, u64)) -> RangeInclusive<u64> {
    start..=end
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
    fn segments_ascend_and_hold_the_hashes_that_select_them() {
        // Even hashes, and hashes that crowd into one part of the range.
        for crowd in [0, 1, 3, 20] {
            let mut directory = Directory::<Number>::new(&Arc::default());
            let hash_of = |i: u64| (i << 54) >> crowd | (u64::MAX >> 11);
            for round in 0..300 {
                let cells: Vec<_> = directory.segments().collect();
                assert_eq!(cells.len(), directory.len());
                let mut next = Some(0);
                for (entry, segment) in cells {
                    let (start, end) = directory.hashes(entry, segment);
                    assert_eq!(Some(start), next, "{crowd} {round} {entry}");
                    next = end.checked_add(1);
                    for hash in [start, end] {
                        assert_eq!(directory.segment_of(directory.entry(hash)), entry);
                    }
                }
                assert_eq!(next, None, "the segments cover all hashes");
                // Any segment may be next to split.
                let hash = hash_of(round * 7919 % 1000);
                let entry = directory.segment_of(directory.entry(hash));
                let bit = 1 << (63 - directory.at(entry).depth());
                let (lower, upper) = directory.split(entry, 1, 0);
                let half = if hash & bit == 0 { lower } else { upper };
                assert_eq!(directory.segment_of(directory.entry(hash)), half);
                if directory.entries() > 1 << 14 {
                    break;
                }
            }
        }
    }

    #[test]
    fn rows_are_found_through_aliases() {
        let mut directory = Directory::<Number>::new(&Arc::default());
        let hashes: Vec<u64> = (0..64).map(|i| i << 58 | 7).collect();
        for hash in &hashes {
            let entry = directory.entry(*hash);
            if let Some(segment) = Arc::get_mut(directory.at_mut(entry)) {
                segment.reserve(64);
                segment.insert(*hash, Number(*hash), 0);
            }
        }
        for _ in 0..5 {
            directory.double();
            for hash in &hashes {
                assert!(directory.find(*hash, |row| row.0 == *hash).is_some());
                assert!(directory.find(*hash, |_| false).is_none());
            }
            assert_eq!(directory.with_rows().count(), 2);
        }
        assert_eq!(directory.clone().into_segments().len(), 2);
        assert!(
            directory.find(8, |_| false).is_none(),
            "an empty segment ends"
        );
    }
}
