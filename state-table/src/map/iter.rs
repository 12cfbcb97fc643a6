//! Iteration over a map, from both ends.

use std::fmt;
use std::iter::FusedIterator;
use std::slice;

use super::large::{Chunk, Place};

/// The entries of a map within bounds, from [`ChunkedMap::range`](super::ChunkedMap::range).
pub struct Range<'a, K, V> {
    front: slice::Iter<'a, (K, V)>,
    middle: slice::Iter<'a, Chunk<K, V>>,
    back: slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Range<'a, K, V> {
    pub(super) fn of_slice(entries: &'a [(K, V)]) -> Self {
        Self {
            front: entries.iter(),
            middle: [].iter(),
            back: [].iter(),
        }
    }

    pub(super) fn of_chunks(chunks: &'a [Chunk<K, V>]) -> Self {
        Self {
            front: [].iter(),
            middle: chunks.iter(),
            back: [].iter(),
        }
    }

    /// From `start` up to, but without `end`; empty if `start` is not before `end`.
    pub(super) fn between(chunks: &'a [Chunk<K, V>], start: Place, end: Place) -> Self {
        let entries = |chunk: usize| chunks.get(chunk).map_or(&[][..], Chunk::entries);
        if start >= end {
            Self::of_slice(&[])
        } else if start.chunk == end.chunk {
            Self::of_slice(
                entries(start.chunk)
                    .get(start.entry..end.entry)
                    .unwrap_or_default(),
            )
        } else {
            Self {
                front: entries(start.chunk)
                    .get(start.entry..)
                    .unwrap_or_default()
                    .iter(),
                middle: chunks
                    .get(start.chunk + 1..end.chunk)
                    .unwrap_or_default()
                    .iter(),
                back: entries(end.chunk)
                    .get(..end.entry)
                    .unwrap_or_default()
                    .iter(),
            }
        }
    }
}

impl<'a, K, V> Iterator for Range<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        loop {
            if let Some((key, value)) = self.front.next() {
                return Some((key, value));
            }
            match self.middle.next() {
                Some(chunk) => self.front = chunk.entries().iter(),
                None => return self.back.next().map(|(key, value)| (key, value)),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let known = self.front.len() + self.back.len();
        (
            known + self.middle.len(),
            self.middle.as_slice().is_empty().then_some(known),
        )
    }
}

impl<'a, K, V> DoubleEndedIterator for Range<'a, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<(&'a K, &'a V)> {
        loop {
            if let Some((key, value)) = self.back.next_back() {
                return Some((key, value));
            }
            match self.middle.next_back() {
                Some(chunk) => self.back = chunk.entries().iter(),
                None => return self.front.next_back().map(|(key, value)| (key, value)),
            }
        }
    }
}

impl<K, V> FusedIterator for Range<'_, K, V> {}

impl<K, V> Clone for Range<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            front: self.front.clone(),
            middle: self.middle.clone(),
            back: self.back.clone(),
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Range<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

/// All entries of a map, from [`ChunkedMap::iter`](super::ChunkedMap::iter).
pub struct Iter<'a, K, V> {
    range: Range<'a, K, V>,
    remaining: usize,
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn new(range: Range<'a, K, V>, len: usize) -> Self {
        Self {
            range,
            remaining: len,
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        let entry = self.range.next()?;
        self.remaining -= 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl<'a, K, V> DoubleEndedIterator for Iter<'a, K, V> {
    #[inline]
    fn next_back(&mut self) -> Option<(&'a K, &'a V)> {
        let entry = self.range.next_back()?;
        self.remaining -= 1;
        Some(entry)
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}
impl<K, V> FusedIterator for Iter<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            range: self.range.clone(),
            remaining: self.remaining,
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Iter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.range.fmt(f)
    }
}
