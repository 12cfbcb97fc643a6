//! The directory of extendible hashing: from some bits of a hash to a segment.

use std::hint::black_box;
use std::iter::FusedIterator;
use std::ops::RangeInclusive;

use hashbrown::HashTable;
use triomphe::Arc;

use crate::live::{LiveEntry, has_buckets, seldom};
use crate::row::Row;
use crate::segment::{ALIAS, Segment};
use crate::shared::ViewBytes;

/// Deepest directory: 2^24 entries, 1 GiB, enough for ten billion rows. Beyond 2^20 entries it goes by bits that large segments
/// take their buckets by, too.
const MAX_DEPTH: u32 = 24;

/// A directory never has more than this many entries (2 KiB) for each segment, or [`MIN_LIMIT`]. Even
/// hashes need 1 or 2. Hashes that agree in the bits it goes by would double it without end.
const ENTRIES_PER_SEGMENT: usize = 32;

/// Counts that are read together: a processor waits for some ten lines at a time.
const AT_ONCE: usize = 32;

/// A directory up to this many entries (64 KiB) is always allowed.
const MIN_LIMIT: usize = 1024;

/// What is in an entry of a directory: a segment or an alias.
pub(crate) trait Entry {
    /// A row.
    type Row;

    /// Where a row is looked for first. There may be more than here if nothing is here.
    fn first(&self) -> &HashTable<Self::Row>;

    /// The rows of the segment, of which an alias has none.
    fn rows(&self) -> &HashTable<Self::Row>;

    /// In how many of the directory's bits all hashes agree that belong to the segment; `None` of an alias.
    fn depth(&self) -> Option<u32>;
}

/// `2^depth` entries. A segment of local depth `d` has `2^(depth - d)` adjacent ones: the first of them is the segment,
/// the others are *aliases*, which are empty. So an access is one load, and asks whether
/// it met an alias only where nothing lies.
///
/// A hash selects its entry by the `depth` topmost bits of its lower half, so entries ascend with that. hashbrown takes tags from
/// bits 57 to 63 and buckets from bit 0 upwards, 12 bits of 4,096 buckets: down to a depth of 20 neither are bits that all hashes of a
/// segment agree in, and the hash is probed with as it is. (On a machine of 32 bits tags are bits 25 to 31, and of no use: correct, but slow.)
pub(crate) struct Directory<E> {
    /// Two at least, so that `shift` is below 32.
    entries: Vec<E>,
    /// `32 - depth`.
    shift: u32,
    /// Number of segments.
    segments: usize,
}

impl<E: Entry> Directory<E> {
    /// The entry of a hash.
    #[inline]
    pub(crate) fn entry(&self, hash: u64) -> usize {
        (lower_half(hash) >> self.shift) as usize
    }

    /// What is in an entry.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "`32 - shift` bits select one of as many entries"
    )]
    pub(crate) fn at(&self, entry: usize) -> &E {
        &self.entries[entry]
    }

    /// [`Directory::at`], to write to.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "`32 - shift` bits select one of as many entries"
    )]
    pub(crate) fn at_mut(&mut self, entry: usize) -> &mut E {
        &mut self.entries[entry]
    }

    /// What is in the entry of a hash, to write to; there always is one. Not by an index: that needs their number in a register,
    /// for its panic.
    #[inline]
    pub(crate) fn of_hash_mut(&mut self, hash: u64) -> Option<&mut E> {
        let entry = self.entry(hash);
        self.entries.get_mut(entry)
    }

    /// The row with this hash for which `eq` holds.
    ///
    /// All in line: in a loop of look-ups, a call that might come back would have the compiler load where the directory lies for each of them
    /// again.
    #[inline]
    pub(crate) fn find(&self, hash: u64, eq: impl Fn(&E::Row) -> bool) -> Option<&E::Row> {
        let mut at = self.entry(hash);
        let mut entry = self.entries.get(at)?;
        let mut rows = entry.first();
        // Asked by a word that the look-up takes anyway.
        while !has_buckets(rows) {
            seldom();
            if entry.depth().is_some() {
                rows = entry.rows();
                break;
            }
            at = entry_before(at);
            entry = self.entries.get(at)?;
            rows = entry.first();
        }
        rows.find(hash, eq)
    }

    /// The entry with the segment that an entry belongs to.
    pub(crate) fn segment_of(&self, mut entry: usize) -> usize {
        while self.at(entry).depth().is_none() {
            entry = entry_before(entry);
        }
        entry
    }

    fn depth(&self) -> u32 {
        32 - self.shift
    }

    /// Number of entries of a segment.
    fn width(&self, depth: u32) -> usize {
        1 << (self.depth() - depth)
    }

    /// The least lower half of a hash that selects an entry.
    fn start(&self, entry: usize) -> u32 {
        lower_half((entry as u64) << self.shift)
    }

    /// The lower halves of the hashes that belong into the segment at an entry.
    fn halves(&self, entry: usize, depth: u32) -> (u32, u32) {
        let start = self.start(entry);
        (start, start | (u32::MAX >> depth))
    }

    /// All segments, ascending, each with its entry.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (usize, &E)> + Clone {
        let entries = self.entries.iter().enumerate();
        entries.filter(|(_, entry)| entry.depth().is_some())
    }

    /// Number of segments.
    pub(crate) fn len(&self) -> usize {
        self.segments
    }

    /// Number of entries.
    pub(crate) fn entries(&self) -> usize {
        self.entries.len()
    }

    /// The segments that have rows, ascending.
    pub(crate) fn with_rows(&self) -> WithRows<'_, E> {
        WithRows {
            directory: self,
            next: 0,
        }
    }
}

/// Clears the lowest bit of an alias's entry. Repeated, this ends at the entry of its segment, which is a multiple of how many entries that
/// has. The first entry of all is no alias.
#[inline]
fn entry_before(alias: usize) -> usize {
    debug_assert!(alias != 0, "the first entry is an alias");
    alias & alias.wrapping_sub(1)
}

impl<R> Directory<LiveEntry<R>> {
    /// Two empty segments.
    pub(crate) fn new(total: &Arc<ViewBytes>) -> Self {
        Self {
            entries: vec![LiveEntry::new(total), LiveEntry::new(total)],
            shift: 31,
            segments: 2,
        }
    }

    /// Whether the segment at an entry may split: it has several entries, or the directory may double.
    pub(crate) fn can_split(&self, entry: usize) -> bool {
        let limit = MIN_LIMIT.max(self.segments.saturating_mul(ENTRIES_PER_SEGMENT));
        self.at(entry).depth().is_some_and(|depth| {
            self.width(depth) > 1 || (self.depth() < MAX_DEPTH && 2 * self.entries.len() <= limit)
        })
    }

    /// Each entry becomes two, the second of them an alias. Cost: a move of the entries, 64 bytes each.
    fn double(&mut self) {
        let mut entries = Vec::with_capacity(2 * self.entries.len());
        for entry in self.entries.drain(..) {
            entries.push(entry);
            entries.push(LiveEntry::alias());
        }
        self.entries = entries;
        self.shift -= 1;
    }

    /// A hash of each segment, ascending.
    pub(crate) fn first_hashes(&self) -> Vec<u64> {
        let segments = self.segments();
        segments
            .map(|(entry, _)| u64::from(self.start(entry)))
            .collect()
    }

    /// Bytes allocated for entries and segments, without the buckets of those.
    pub(crate) fn bytes(&self) -> usize {
        let segment = size_of::<Segment<R>>() + size_of::<usize>();
        self.entries.capacity() * size_of::<LiveEntry<R>>() + self.segments * segment
    }

    /// The same segments, shared with a view, in the memory of an empty `entries` if that is enough. An alias is `alias`.
    pub(crate) fn share(
        &mut self,
        mut entries: Vec<Arc<Segment<R>>>,
        alias: &Arc<Segment<R>>,
    ) -> Directory<Arc<Segment<R>>> {
        entries.reserve_exact(self.entries.len());
        for some in self.entries.chunks_mut(AT_ONCE) {
            // What is written waits for its cache line alone; what is read waits together.
            for entry in &*some {
                black_box(entry.depth());
            }
            let shared = some.iter_mut().map(LiveEntry::share);
            entries.extend(shared.map(|segment| segment.unwrap_or_else(|| Arc::clone(alias))));
        }
        Directory {
            entries,
            shift: self.shift,
            segments: self.segments,
        }
    }
}

impl<R: Row> Directory<LiveEntry<R>> {
    /// Splits the segment at an entry, and returns the entries of both halves. Doubles the directory if the segment has a single
    /// entry. As [`LiveEntry::split`].
    pub(crate) fn split(
        &mut self,
        mut entry: usize,
        copied: Option<(Segment<R>, Segment<R>)>,
        max_rows: usize,
        row_bytes: usize,
        now: Option<u64>,
    ) -> (usize, usize) {
        let Some(depth) = self.at(entry).depth() else {
            unreachable!("an alias has no rows to split")
        };
        if self.width(depth) == 1 {
            self.double();
            entry *= 2;
        }
        let upper = entry + self.width(depth) / 2;
        *self.at_mut(upper) = self.at_mut(entry).split(copied, max_rows, row_bytes, now);
        self.segments += 1;
        (entry, upper)
    }
}

impl<R> Directory<Arc<Segment<R>>> {
    /// [`Directory::with_rows`], out of the directory.
    pub(crate) fn into_segments(mut self) -> Vec<(Arc<Segment<R>>, (u32, u32))> {
        let mut segments = Vec::with_capacity(self.segments);
        let entries = std::mem::take(&mut self.entries).into_iter().enumerate();
        for (entry, segment) in entries {
            if let Some(depth) = Entry::depth(&segment)
                && !segment.rows().is_empty()
            {
                segments.push((segment, self.halves(entry, depth)));
            }
        }
        segments
    }
}

/// The same segments again, shared. Cost: a reference count each, and the memory for as many entries.
impl<R> Clone for Directory<Arc<Segment<R>>> {
    fn clone(&self) -> Self {
        Self {
            entries: self.entries.clone(),
            ..*self
        }
    }
}

impl<R> Entry for Arc<Segment<R>> {
    type Row = R;

    #[inline]
    fn first(&self) -> &HashTable<R> {
        Segment::rows(self)
    }

    fn rows(&self) -> &HashTable<R> {
        Segment::rows(self)
    }

    fn depth(&self) -> Option<u32> {
        let depth = Segment::depth(self);
        (depth != ALIAS).then_some(depth)
    }
}

/// The segments of a directory that have rows, with the [lower halves](lower_half) of the hashes that belong there, ascending.
pub(crate) struct WithRows<'a, E> {
    directory: &'a Directory<E>,
    /// Entry to come.
    next: usize,
}

impl<'a, E: Entry> Iterator for WithRows<'a, E> {
    type Item = (&'a HashTable<E::Row>, (u32, u32));

    fn next(&mut self) -> Option<Self::Item> {
        let directory = self.directory;
        loop {
            let at = self.next;
            let entry = directory.entries.get(at)?;
            self.next += 1;
            if let Some(depth) = entry.depth()
                && !entry.rows().is_empty()
            {
                return Some((entry.rows(), directory.halves(at, depth)));
            }
        }
    }
}

impl<E: Entry> FusedIterator for WithRows<'_, E> {}

impl<E> Clone for WithRows<'_, E> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

/// What a directory goes by.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the other half is for who probes"
)]
fn lower_half(hash: u64) -> u32 {
    hash as u32
}

/// A range, of its ends.
pub(crate) fn range((start, end): (u32, u32)) -> RangeInclusive<u32> {
    start..=end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::Number;

    #[test]
    fn segments_ascend_and_hold_the_hashes_that_select_them() {
        // Even hashes, and hashes that crowd into one part of the range.
        for crowd in [0, 1, 3, 20] {
            let mut directory = Directory::<LiveEntry<Number>>::new(&Arc::default());
            let hash_of = |i: u64| ((i << 22) & 0xffff_ffff) >> crowd | (u64::MAX << 21);
            for round in 0..300 {
                let cells: Vec<_> = directory.segments().collect();
                assert_eq!(cells.len(), directory.len());
                let mut next = Some(0);
                for (entry, segment) in cells {
                    let (start, end) = directory.halves(entry, segment.depth().unwrap());
                    assert_eq!(Some(start), next, "{crowd} {round} {entry}");
                    next = end.checked_add(1);
                    for half in [start, end] {
                        let hash = u64::from(half) | 0xabc << 32;
                        assert_eq!(directory.segment_of(directory.entry(hash)), entry);
                    }
                }
                assert_eq!(next, None, "the segments cover all halves");
                // Any segment may be next to split.
                let hash = hash_of(round * 7919 % 1000);
                let entry = directory.segment_of(directory.entry(hash));
                let bit = 1 << (31 - directory.at(entry).depth().unwrap());
                let (lower, upper) = directory.split(entry, None, 1, 0, None);
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
        let mut directory = Directory::<LiveEntry<Number>>::new(&Arc::default());
        let hashes: Vec<u64> = (0..64).map(|i| i << 26 | 7).collect();
        for hash in &hashes {
            let entry = directory.entry(*hash);
            let there = directory.at_mut(entry);
            assert!(there.change(None, |segment| segment.reserve(64)).is_some());
            there.insert(*hash, Number(*hash), 0);
        }
        for _ in 0..5 {
            directory.double();
            for hash in &hashes {
                assert!(directory.find(*hash, |row| row.0 == *hash).is_some());
                assert!(directory.find(*hash, |_| false).is_none());
            }
            assert_eq!(directory.with_rows().count(), 2);
        }
        let alias = Arc::new(Segment::alias(&Arc::default()));
        let shared = directory.share(Vec::new(), &alias);
        for hash in &hashes {
            let find = |row: &Number| row.0 == *hash;
            assert!(directory.find(*hash, find).is_some() && shared.find(*hash, find).is_some());
        }
        assert_eq!(shared.into_segments().len(), 2);
        assert!(
            directory.find(8, |_| false).is_none(),
            "an empty segment ends"
        );
    }
}
