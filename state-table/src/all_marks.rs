//! The marks of all segments: what every write needs in one place, what views share in chunks, so that a
//! freeze costs one reference count for many segments and the first write to one of them copies the chunk.

use std::mem::size_of;
use std::sync::Arc;

use crate::marks::{Moves, OwnMarks, SegmentMarks};

/// Segments of a chunk: what a copy has to clone.
const CHUNK: usize = 64;

/// Segments that are looked at for confirmed marks with each that is written first in an interval.
const SWEPT: usize = 4;

/// Marks that views share, by the number of the segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedMarks(Vec<Arc<Vec<SegmentMarks>>>);

impl SharedMarks {
    fn get(&self, slot: usize) -> Option<&SegmentMarks> {
        self.0.get(slot / CHUNK)?.get(slot % CHUNK)
    }

    /// Copies the chunk if a view has it.
    fn get_mut(&mut self, slot: usize) -> Option<&mut SegmentMarks> {
        Arc::make_mut(self.0.get_mut(slot / CHUNK)?).get_mut(slot % CHUNK)
    }

    fn push(&mut self, marks: SegmentMarks) {
        match self.0.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(marks),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(marks);
                self.0.push(Arc::new(chunk));
            }
        }
    }

    /// The chunk of a segment, and its place there: what a view of it needs.
    pub(crate) fn share(&self, slot: usize) -> Option<(Arc<Vec<SegmentMarks>>, usize)> {
        let chunk = self.0.get(slot / CHUNK)?;
        Some((Arc::clone(chunk), slot % CHUNK))
    }
}

/// The marks of a table.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    own: Vec<OwnMarks>,
    shared: SharedMarks,
    /// The segment to be looked at next.
    sweep: usize,
    /// Bytes of the marks of all segments.
    bytes: usize,
}

impl Marks {
    /// Of so many segments, without a mark.
    pub(crate) fn new(segments: usize) -> Self {
        let mut marks = Self::default();
        for _ in 0..segments {
            marks.own.push(OwnMarks::default());
            marks.shared.push(SegmentMarks::default());
        }
        marks
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Option<&OwnMarks> {
        self.own.get(slot)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: usize) -> Option<&mut OwnMarks> {
        self.own.get_mut(slot)
    }

    /// For a view. Cost: a reference count for 64 segments.
    pub(crate) fn share(&self) -> SharedMarks {
        self.shared.clone()
    }

    /// Begins the marks of a segment in the interval `now`, and lets go some that are not needed for a freeze
    /// later than `floor`: of this segment, and of a few others.
    pub(crate) fn begin(&mut self, slot: usize, buckets: usize, now: u64, floor: u64) {
        self.book(slot, |own, shared| {
            let bits = own.begin(buckets, now);
            shared.begin(bits, now, floor);
        });
        for _ in 0..SWEPT {
            self.sweep = (self.sweep + 1) % self.own.len().max(1);
            self.forget(self.sweep, floor);
        }
    }

    fn forget(&mut self, slot: usize, floor: u64) {
        let marks = self.shared.get(slot);
        if marks.is_some_and(|marks| marks.has_to_forget(floor)) {
            self.book(slot, |own, shared| {
                own.forget(floor);
                shared.forget(floor);
            });
        }
    }

    /// Lets go what is not needed for a freeze later than `floor`, of all segments.
    pub(crate) fn forget_all(&mut self, floor: u64) {
        for slot in 0..self.own.len() {
            self.forget(slot, floor);
        }
    }

    /// Begins the marks of rows that are inserted into a segment.
    pub(crate) fn begin_fresh(&mut self, slot: usize, buckets: usize) {
        self.book(slot, |own, _| own.begin_fresh(buckets));
    }

    /// Marks a row as recut.
    pub(crate) fn set_recut(&mut self, slot: usize, bucket: usize, buckets: usize) {
        self.book(slot, |own, _| own.set_recut(bucket, buckets));
    }

    /// Whether marks have to follow when rows of a segment move.
    pub(crate) fn follow(&self, slot: usize) -> bool {
        let shared = self.shared.get(slot).is_some_and(|it| !it.is_blank());
        shared || self.own.get(slot).is_some_and(|it| !it.is_blank())
    }

    /// The rows of a segment have moved, to so many buckets.
    pub(crate) fn moved(&mut self, slot: usize, moves: &Moves, buckets: usize) {
        self.book(slot, |own, shared| {
            *shared = shared.moved(moves, buckets);
            *own = own.moved(shared, moves, buckets);
        });
    }

    /// A segment was split: the upper half is the next one. Moves and buckets of both.
    pub(crate) fn split(&mut self, slot: usize, lower: (&Moves, usize), upper: (&Moves, usize)) {
        if let (Some(own), Some(shared)) = (self.own.get(slot), self.shared.get(slot)) {
            let of_upper = shared.moved(upper.0, upper.1);
            let own = own.moved(&of_upper, upper.0, upper.1);
            self.bytes += own.bytes() + of_upper.bytes();
            self.own.push(own);
            self.shared.push(of_upper);
            self.moved(slot, lower.0, lower.1);
        }
    }

    /// Runs what changes the marks of a segment, and books the difference.
    fn book(&mut self, slot: usize, change: impl FnOnce(&mut OwnMarks, &mut SegmentMarks)) {
        let (own, shared) = (self.own.get_mut(slot), self.shared.get_mut(slot));
        if let (Some(own), Some(shared)) = (own, shared) {
            let before = own.bytes() + shared.bytes();
            change(own, shared);
            self.bytes += own.bytes() + shared.bytes();
            self.bytes -= before;
        }
    }

    /// Bytes held; what views share included.
    pub(crate) fn bytes(&self) -> usize {
        let chunk = CHUNK * size_of::<SegmentMarks>() + 5 * size_of::<usize>();
        let chunks = self.shared.0.len() * chunk + self.shared.0.capacity() * size_of::<usize>();
        self.own.capacity() * size_of::<OwnMarks>() + chunks + self.bytes
    }
}
