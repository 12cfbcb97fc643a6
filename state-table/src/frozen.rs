//! The view of a table: its rows as they were, while the table is written on.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::RangeInclusive;

use triomphe::Arc;

use crate::directory::{Directory, range};
use crate::rows::{Rows, SegmentRef, Segments};
use crate::segment::Segment;

/// A consistent, read-only view of a [`Table`](crate::Table), from
/// [`Table::freeze`](crate::Table::freeze).
///
/// `Send`, `Sync` and `'static` when the row is; `clone` is one reference count. While it lives, the first
/// write to each segment copies that segment. Dropping the last clone costs one atomic a segment,
/// and the rows that the table has since replaced: drop it away from the owner's thread.
pub struct Frozen<R> {
    inner: Arc<Inner<R>>,
}

struct Inner<R> {
    directory: Directory<Arc<Segment<R>>>,
    len: usize,
}

impl<R> Frozen<R> {
    pub(crate) fn new(directory: Directory<Arc<Segment<R>>>, len: usize) -> Self {
        Self {
            inner: Arc::new(Inner { directory, len }),
        }
    }

    /// The row with this hash for which `eq` holds.
    #[inline]
    pub fn get(&self, hash: u64, eq: impl Fn(&R) -> bool) -> Option<&R> {
        self.inner.directory.find(hash, eq)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.inner.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.inner.len == 0
    }

    /// All rows, segment by segment in ascending order of the lower halves of their hashes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &R> + Clone {
        Rows::new(self.segments(), self.inner.len)
    }

    /// The segments that have rows, in ascending order of the lower halves of their hashes.
    pub fn segments(&self) -> Segments<'_, R> {
        Segments::of_view(self.inner.directory.with_rows())
    }

    /// The segments that have rows, in ascending order of the lower halves of their hashes, each released when its
    /// [`FrozenSegment`] is dropped: from then on a write to it copies nothing.
    ///
    /// With other clones of this view alive nothing is released before they are gone. Cost: a look at each
    /// segment.
    pub fn into_segments(self) -> IntoSegments<R> {
        let directory = match Arc::try_unwrap(self.inner) {
            Ok(inner) => inner.directory,
            Err(inner) => inner.directory.clone(),
        };
        IntoSegments {
            segments: directory.into_segments().into_iter(),
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
            .field("segments", &self.inner.directory.len())
            .finish_non_exhaustive()
    }
}

/// One segment of a [`Frozen`], by itself.
pub struct FrozenSegment<R> {
    segment: Arc<Segment<R>>,
    halves: (u32, u32),
}

impl<R> FrozenSegment<R> {
    /// The segment, borrowed.
    pub fn borrowed(&self) -> SegmentRef<'_, R> {
        SegmentRef::new(self.segment.rows(), self.halves)
    }

    /// The lower halves of the hashes that belong here: see [`SegmentRef::halves`].
    pub fn halves(&self) -> RangeInclusive<u32> {
        range(self.halves)
    }

    /// Number of rows, at least one.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a view carries no empty segment"
    )]
    pub fn len(&self) -> usize {
        self.segment.rows().len()
    }

    /// The rows, in no particular order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &R> + Clone {
        self.segment.rows().iter()
    }

    /// The rows with the numbers of their buckets, by which [`FrozenSegment::row`] finds them.
    pub fn iter_buckets(&self) -> impl Iterator<Item = (u32, &R)> {
        let rows = self.segment.rows();
        rows.iter_buckets().filter_map(|bucket| {
            let row = rows.get_bucket(bucket)?;
            Some((u32::try_from(bucket).ok()?, row))
        })
    }

    /// The rows that were written since the freeze of `epoch`, with their buckets: those of a table
    /// that [tracks](crate::Table::track) them since then. Possibly more, never less. Cost: that of
    /// the rows, and a byte for each bucket of a segment that was written.
    pub fn changed_since(&self, epoch: u64) -> impl Iterator<Item = (u32, &R)> {
        let buckets = self.segment.marks.buckets_since(epoch);
        buckets.filter_map(|bucket| {
            let row = self.segment.rows().get_bucket(bucket)?;
            Some((u32::try_from(bucket).ok()?, row))
        })
    }

    /// The first row in bucket `from` or behind it, with the number of its bucket: a walk over the
    /// rows that can be left and taken up again.
    #[inline]
    pub fn next_row(&self, from: usize) -> Option<(usize, &R)> {
        let rows = self.segment.rows();
        let mut buckets = from..rows.num_buckets();
        buckets.find_map(|bucket| Some((bucket, rows.get_bucket(bucket)?)))
    }

    /// The row in a bucket.
    pub fn row(&self, bucket: u32) -> Option<&R> {
        self.segment.rows().get_bucket(bucket as usize)
    }
}

impl<R> Clone for FrozenSegment<R> {
    fn clone(&self) -> Self {
        Self {
            segment: Arc::clone(&self.segment),
            halves: self.halves,
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
    segments: std::vec::IntoIter<(Arc<Segment<R>>, (u32, u32))>,
}

fn frozen<R>((segment, halves): (Arc<Segment<R>>, (u32, u32))) -> FrozenSegment<R> {
    FrozenSegment { segment, halves }
}

impl<R> Iterator for IntoSegments<R> {
    type Item = FrozenSegment<R>;

    fn next(&mut self) -> Option<FrozenSegment<R>> {
        self.segments.next().map(frozen)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.segments.size_hint()
    }
}

impl<R> DoubleEndedIterator for IntoSegments<R> {
    fn next_back(&mut self) -> Option<FrozenSegment<R>> {
        self.segments.next_back().map(frozen)
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
