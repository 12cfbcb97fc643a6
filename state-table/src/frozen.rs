//! The view of a table: its rows as they were, while the table is written on.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::all_marks::SharedMarks;
use crate::directory::Directory;
use crate::marks::SegmentMarks;
use crate::rows::{Rows, SegmentRef};
use crate::segment::probe;
use crate::shared::SharedRows;

/// The directory entry of an empty segment: views do not carry those.
pub(crate) const EMPTY: u32 = u32::MAX;

/// A consistent, read-only view of a [`Table`](crate::Table), from
/// [`Table::freeze`](crate::Table::freeze).
///
/// `Send`, `Sync` and `'static` when the row is; `clone` is one `Arc`. While it lives, the first
/// write to each segment copies that segment. Dropping the last clone costs one atomic a segment,
/// and the rows that the table has since replaced: drop it away from the owner's thread.
pub struct Frozen<R> {
    inner: Arc<Inner<R>>,
}

struct Inner<R> {
    directory: Directory,
    segments: Vec<FrozenSegment<R>>,
    marks: SharedMarks,
    len: usize,
}

impl<R> Frozen<R> {
    pub(crate) fn new(
        directory: Directory,
        segments: Vec<FrozenSegment<R>>,
        marks: SharedMarks,
        len: usize,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                directory,
                segments,
                marks,
                len,
            }),
        }
    }

    /// The row with this hash for which `eq` holds.
    #[inline]
    pub fn get(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&R> {
        let segment = self.inner.segments.get(self.inner.directory.slot(hash))?;
        segment.rows.rows.find(probe(hash), eq)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.inner.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.inner.len == 0
    }

    /// All rows, segment by segment in ascending order of their hashes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &R> + Clone {
        Rows::new(
            self.inner.segments.iter().map(FrozenSegment::borrowed),
            self.inner.len,
        )
    }

    /// The segments that have rows, in ascending order of their hashes.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = SegmentRef<'_, R>> + Clone {
        self.inner.segments.iter().map(FrozenSegment::borrowed)
    }

    /// The segments that have rows, in ascending order of their hashes, each released when its
    /// [`FrozenSegment`] is dropped: from then on a write to it copies nothing.
    ///
    /// With other clones of this view alive nothing is released before they are gone.
    pub fn into_segments(self) -> IntoSegments<R> {
        let (segments, marks) = match Arc::try_unwrap(self.inner) {
            Ok(inner) => (inner.segments, inner.marks),
            Err(inner) => (inner.segments.clone(), inner.marks.clone()),
        };
        IntoSegments {
            segments: segments.into_iter(),
            marks,
        }
    }
}

impl<R> Clone for Frozen<R> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<R> fmt::Debug for Frozen<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frozen")
            .field("len", &self.inner.len)
            .field("segments", &self.inner.segments.len())
            .finish_non_exhaustive()
    }
}

/// One segment of a [`Frozen`], by itself.
pub struct FrozenSegment<R> {
    rows: Arc<SharedRows<R>>,
    hashes: (u64, u64),
    /// Number of the segment in its table.
    slot: u32,
    /// Of a segment by itself, if there are any: the chunk with its marks, and where.
    marks: Option<(Arc<Vec<SegmentMarks>>, usize)>,
}

impl<R> FrozenSegment<R> {
    pub(crate) fn new(rows: Arc<SharedRows<R>>, hashes: (u64, u64), slot: u32) -> Self {
        Self {
            rows,
            hashes,
            slot,
            marks: None,
        }
    }

    /// The segment, borrowed.
    pub fn borrowed(&self) -> SegmentRef<'_, R> {
        SegmentRef::new(&self.rows.rows, self.hashes)
    }

    /// The hashes that belong here: see [`SegmentRef::hashes`].
    pub fn hashes(&self) -> RangeInclusive<u64> {
        self.hashes.0..=self.hashes.1
    }

    /// Number of rows, at least one.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a view carries no empty segment"
    )]
    pub fn len(&self) -> usize {
        self.rows.rows.len()
    }

    /// The rows, in no particular order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &R> + Clone {
        self.rows.rows.iter()
    }

    /// The rows with the numbers of their buckets, by which [`FrozenSegment::row`] finds them.
    pub fn iter_buckets(&self) -> impl Iterator<Item = (u32, &R)> {
        self.rows.rows.iter_buckets().filter_map(|bucket| {
            let row = self.rows.rows.get_bucket(bucket)?;
            Some((u32::try_from(bucket).ok()?, row))
        })
    }

    /// The rows that were written since the freeze of `epoch`, with their buckets: those of a table
    /// that [tracks](crate::Table::track) them since then. Possibly more, never less. Cost: that of
    /// the rows, and a word for 64 buckets.
    pub fn changed_since(&self, epoch: u64) -> impl Iterator<Item = (u32, &R)> {
        let marks = self.marks.as_ref();
        let marks = marks.and_then(|(chunk, place)| chunk.get(*place));
        let buckets = marks.map(|marks| marks.buckets_since(epoch));
        buckets.into_iter().flatten().filter_map(|bucket| {
            let row = self.rows.rows.get_bucket(bucket)?;
            Some((u32::try_from(bucket).ok()?, row))
        })
    }

    /// The first row in bucket `from` or behind it, with the number of its bucket: a walk over the
    /// rows that can be left and taken up again.
    #[inline]
    pub fn next_row(&self, from: usize) -> Option<(usize, &R)> {
        let rows = &self.rows.rows;
        let mut buckets = from..rows.num_buckets();
        buckets.find_map(|bucket| Some((bucket, rows.get_bucket(bucket)?)))
    }

    /// The row in a bucket.
    pub fn row(&self, bucket: u32) -> Option<&R> {
        self.rows.rows.get_bucket(bucket as usize)
    }
}

impl<R> Clone for FrozenSegment<R> {
    fn clone(&self) -> Self {
        Self {
            rows: Arc::clone(&self.rows),
            hashes: self.hashes,
            slot: self.slot,
            marks: self.marks.clone(),
        }
    }
}

impl<R> fmt::Debug for FrozenSegment<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrowed().fmt(f)
    }
}

/// The segments of a view that is being consumed, from [`Frozen::into_segments`].
pub struct IntoSegments<R> {
    segments: std::vec::IntoIter<FrozenSegment<R>>,
    marks: SharedMarks,
}

impl<R> IntoSegments<R> {
    /// The segment, able to stand alone.
    fn with_marks(&self, mut segment: FrozenSegment<R>) -> FrozenSegment<R> {
        segment.marks = self.marks.share(segment.slot as usize);
        segment
    }
}

impl<R> Iterator for IntoSegments<R> {
    type Item = FrozenSegment<R>;

    fn next(&mut self) -> Option<FrozenSegment<R>> {
        let segment = self.segments.next()?;
        Some(self.with_marks(segment))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.segments.size_hint()
    }
}

impl<R> DoubleEndedIterator for IntoSegments<R> {
    fn next_back(&mut self) -> Option<FrozenSegment<R>> {
        let segment = self.segments.next_back()?;
        Some(self.with_marks(segment))
    }
}

impl<R> ExactSizeIterator for IntoSegments<R> {}
impl<R> FusedIterator for IntoSegments<R> {}

impl<R> fmt::Debug for IntoSegments<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoSegments")
            .field("remaining", &self.segments.len())
            .finish_non_exhaustive()
    }
}
