//! Iteration over rows, the same for a live table and for a view.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::RangeInclusive;

use hashbrown::HashTable;
use hashbrown::hash_table::Iter;
use triomphe::Arc;

use crate::directory::{WithRows, range};
use crate::live::LiveEntry;
use crate::segment::Segment;

/// The rows of one segment, borrowed.
pub struct SegmentRef<'a, R> {
    table: &'a HashTable<R>,
    halves: (u32, u32),
}

impl<'a, R> SegmentRef<'a, R> {
    pub(crate) fn new(table: &'a HashTable<R>, halves: (u32, u32)) -> Self {
        Self { table, halves }
    }

    /// The lower halves of the hashes that belong here: those of the rows and of every row that may come. Segments
    /// come in ascending, disjoint ranges.
    pub fn halves(&self) -> RangeInclusive<u32> {
        range(self.halves)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The rows, in no particular order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a R> + Clone + use<'a, R> {
        self.table.iter()
    }
}

impl<R> Clone for SegmentRef<'_, R> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<R> fmt::Debug for SegmentRef<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentRef")
            .field(
                "halves",
                &format_args!("{:x}..={:x}", self.halves.0, self.halves.1),
            )
            .field("len", &self.len())
            .finish()
    }
}

/// The segments of a table or view that have rows, in ascending order of the lower halves of their hashes.
pub struct Segments<'a, R>(Of<'a, R>);

enum Of<'a, R> {
    Table(WithRows<'a, LiveEntry<R>>),
    View(WithRows<'a, Arc<Segment<R>>>),
}

impl<'a, R> Segments<'a, R> {
    pub(crate) fn of_table(segments: WithRows<'a, LiveEntry<R>>) -> Self {
        Self(Of::Table(segments))
    }

    pub(crate) fn of_view(segments: WithRows<'a, Arc<Segment<R>>>) -> Self {
        Self(Of::View(segments))
    }
}

impl<'a, R> Iterator for Segments<'a, R> {
    type Item = SegmentRef<'a, R>;

    fn next(&mut self) -> Option<SegmentRef<'a, R>> {
        let (rows, halves) = match &mut self.0 {
            Of::Table(segments) => segments.next(),
            Of::View(segments) => segments.next(),
        }?;
        Some(SegmentRef::new(rows, halves))
    }
}

impl<R> FusedIterator for Segments<'_, R> {}

impl<R> Clone for Segments<'_, R> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Of::Table(segments) => Of::Table(segments.clone()),
            Of::View(segments) => Of::View(segments.clone()),
        })
    }
}

impl<R> fmt::Debug for Segments<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments").finish_non_exhaustive()
    }
}

/// All rows, segment by segment in ascending order of the lower halves of their hashes, in no particular order within
/// a segment.
pub struct Rows<'a, R, S> {
    segments: S,
    current: Iter<'a, R>,
    remaining: usize,
}

impl<'a, R, S: Iterator<Item = SegmentRef<'a, R>>> Rows<'a, R, S> {
    pub(crate) fn new(segments: S, len: usize) -> Self {
        Self {
            segments,
            current: Iter::default(),
            remaining: len,
        }
    }
}

impl<'a, R, S: Iterator<Item = SegmentRef<'a, R>>> Iterator for Rows<'a, R, S> {
    type Item = &'a R;

    fn next(&mut self) -> Option<&'a R> {
        loop {
            if let Some(row) = self.current.next() {
                self.remaining -= 1;
                return Some(row);
            }
            self.current = self.segments.next()?.table.iter();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }

    fn fold<B, F: FnMut(B, &'a R) -> B>(self, init: B, mut f: F) -> B {
        let init = self.current.fold(init, &mut f);
        self.segments
            .fold(init, |acc, segment| segment.table.iter().fold(acc, &mut f))
    }
}

impl<'a, R, S: Iterator<Item = SegmentRef<'a, R>>> ExactSizeIterator for Rows<'a, R, S> {}
impl<'a, R, S: FusedIterator<Item = SegmentRef<'a, R>>> FusedIterator for Rows<'a, R, S> {}

impl<R, S: Clone> Clone for Rows<'_, R, S> {
    fn clone(&self) -> Self {
        Self {
            segments: self.segments.clone(),
            current: self.current.clone(),
            remaining: self.remaining,
        }
    }
}

impl<R, S> fmt::Debug for Rows<'_, R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}
