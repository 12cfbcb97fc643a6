//! A list that only grows at its end and is cheap to clone.

use std::fmt;
use std::iter::FusedIterator;
use std::slice;
use std::sync::Arc;

/// Bytes that the smallest block of an allocator has room for: of glibc 24, of others 16 or 32.
const SMALLEST_BLOCK: usize = 24;

/// Shortest full chunk.
const MIN_CHUNK: usize = 32;

/// Longest full chunk, and so the most elements that `clone` clones.
const MAX_CHUNK: usize = 1024;

/// A full chunk has this fraction of the elements before it.
const FRACTION: usize = 64;

/// An append-only list: full chunks that clones share, and a tail of its own.
///
/// # Laws
/// - A full chunk never changes and never moves, in this list or in a clone. What comes later
///   is behind it.
/// - Where chunks begin depends on the number of elements alone, not on how they came: the chunk
///   after `n` elements holds `(n / 64).clamp(32, 1024)`.
///
/// # Cost
/// 32 bytes; a first small element allocates 24. `push` is O(1) amortised. `clone` is one `Arc`
/// and the clones of the tail's elements, fewer than a full chunk. The first chunk that is filled
/// after a `clone` also copies the list of chunks: 16 bytes and one atomic each, 1,200 chunks at a
/// million elements.
pub struct ChunkedList<T> {
    full: Option<Arc<Full<T>>>,
    tail: Vec<T>,
}

struct Full<T> {
    chunks: Vec<Arc<[T]>>,
    len: usize,
    /// Number of the first chunk that was sealed in an interval, both ascending. Chunks before
    /// the first were sealed before, or nobody asked.
    sealed: Vec<(u64, usize)>,
}

/// Most intervals that a list tells apart. Beyond that the two oldest become one, of the later
/// number: more counts as new than is, never less.
const MAX_INTERVALS: usize = 8;

impl<T> ChunkedList<T> {
    /// An empty list; allocates nothing.
    pub const fn new() -> Self {
        Self {
            full: None,
            tail: Vec::new(),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.full_len() + self.tail.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.full.is_none()
    }

    /// Appends an element.
    #[inline]
    pub fn push(&mut self, element: T) {
        if self.tail.len() == self.tail.capacity() {
            self.grow();
        }
        self.tail.push(element);
        if self.tail.len() >= MIN_CHUNK && self.tail.len() >= self.chunk_len() {
            self.seal();
        }
    }

    /// Removes all elements; clones keep theirs. A tail of up to 32 elements keeps its memory.
    #[inline]
    pub fn clear(&mut self) {
        self.full = None;
        if self.tail.capacity() > MIN_CHUNK {
            self.tail = Vec::new();
        } else {
            self.tail.clear();
        }
    }

    /// The elements in the order of insertion.
    #[inline]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter {
            current: [].iter(),
            chunks: self.chunks(),
            remaining: self.len(),
        }
    }

    /// The elements as slices, in the order of insertion: the full chunks, then the tail if it has
    /// elements.
    #[inline]
    pub fn chunks(&self) -> Chunks<'_, T> {
        let full = self.full.as_ref().map_or(&[][..], |full| &full.chunks);
        Chunks {
            full: full.iter(),
            tail: &self.tail,
        }
    }

    /// The full chunks, in order. They stay as they are, with the same numbers, for the life of
    /// the list, so the first `n` are the same in every clone and in every later state that has as
    /// many.
    pub fn full_chunks(&self) -> impl ExactSizeIterator<Item = &[T]> + DoubleEndedIterator + Clone {
        let full = self.full.as_ref().map_or(&[][..], |full| &full.chunks);
        full.iter().map(|chunk| &**chunk)
    }

    /// Notes that the full chunks from number `first` on came in `interval`, which is not before that
    /// of the last note.
    pub(crate) fn sealed_in(&mut self, interval: u64, first: usize) {
        let Some(full) = &mut self.full else {
            return;
        };
        let sealed = &mut Arc::make_mut(full).sealed; // just sealed, so not shared
        if sealed.last().is_some_and(|(last, _)| *last == interval) {
            return;
        }
        if sealed.len() == MAX_INTERVALS {
            let (_, oldest) = sealed.remove(0);
            if let Some((_, first)) = sealed.first_mut() {
                *first = oldest;
            }
        }
        sealed.push((interval, first));
    }

    /// Number of the first full chunk that was sealed after the freeze of `epoch`: the chunks before
    /// it were there then, as they are. In a table that [tracks](crate::Table::track) changes.
    pub fn full_chunks_at(&self, epoch: u64) -> usize {
        let Some(full) = &self.full else {
            return 0;
        };
        let later = full.sealed.iter().find(|(interval, _)| *interval > epoch);
        later.map_or(full.chunks.len(), |(_, first)| *first)
    }

    /// Number of full chunks.
    pub(crate) fn full_chunk_count(&self) -> usize {
        self.full.as_ref().map_or(0, |full| full.chunks.len())
    }

    /// The elements behind the full chunks; possibly none.
    pub fn tail(&self) -> &[T] {
        &self.tail
    }

    fn full_len(&self) -> usize {
        self.full.as_ref().map_or(0, |full| full.len)
    }

    /// How many elements fill the tail.
    fn chunk_len(&self) -> usize {
        (self.full_len() / FRACTION).clamp(MIN_CHUNK, MAX_CHUNK)
    }

    /// Doubles the tail, from what allocators give for one small element anyway, but not beyond a chunk.
    #[cold]
    fn grow(&mut self) {
        let room = self.chunk_len().saturating_sub(self.tail.len());
        let least = SMALLEST_BLOCK / size_of::<T>().max(1);
        let wanted = self.tail.len().max(least).min(room);
        self.tail.reserve_exact(wanted.max(1));
    }

    /// Makes the tail a full chunk. The tail keeps its space: the next chunk is no shorter.
    #[cold]
    fn seal(&mut self) {
        let chunk: Arc<[T]> = self.tail.drain(..).collect();
        let full = Arc::make_mut(self.full.get_or_insert_default());
        full.len += chunk.len();
        full.chunks.push(chunk);
    }
}

impl<T> Default for Full<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
            sealed: Vec::new(),
        }
    }
}

impl<T> Clone for Full<T> {
    fn clone(&self) -> Self {
        let mut chunks = Vec::with_capacity(self.chunks.len() + 1 + self.chunks.len() / 8);
        chunks.extend_from_slice(&self.chunks); // whoever clones it appends
        Self {
            chunks,
            len: self.len,
            sealed: self.sealed.clone(),
        }
    }
}

impl<T: Clone> Clone for ChunkedList<T> {
    fn clone(&self) -> Self {
        Self {
            full: self.full.clone(),
            tail: self.tail.clone(),
        }
    }
}

impl<T> Default for ChunkedList<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: PartialEq> PartialEq for ChunkedList<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl<T: Eq> Eq for ChunkedList<T> {}

impl<T: fmt::Debug> fmt::Debug for ChunkedList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T> Extend<T> for ChunkedList<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push(element));
    }
}

impl<T> FromIterator<T> for ChunkedList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut list = Self::new();
        list.extend(elements);
        list
    }
}

impl<'a, T> IntoIterator for &'a ChunkedList<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// The slices of a list, from [`ChunkedList::chunks`].
pub struct Chunks<'a, T> {
    full: slice::Iter<'a, Arc<[T]>>,
    tail: &'a [T],
}

impl<'a, T> Iterator for Chunks<'a, T> {
    type Item = &'a [T];

    fn next(&mut self) -> Option<&'a [T]> {
        match self.full.next() {
            Some(chunk) => Some(chunk),
            None if self.tail.is_empty() => None,
            None => Some(std::mem::take(&mut self.tail)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.full.len() + usize::from(!self.tail.is_empty());
        (len, Some(len))
    }
}

impl<T> ExactSizeIterator for Chunks<'_, T> {}
impl<T> FusedIterator for Chunks<'_, T> {}

impl<T> Clone for Chunks<'_, T> {
    fn clone(&self) -> Self {
        Self {
            full: self.full.clone(),
            tail: self.tail,
        }
    }
}

impl<T> fmt::Debug for Chunks<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("remaining", &self.len())
            .finish_non_exhaustive()
    }
}

/// The elements of a list, from [`ChunkedList::iter`].
pub struct Iter<'a, T> {
    current: slice::Iter<'a, T>,
    chunks: Chunks<'a, T>,
    remaining: usize,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        loop {
            if let Some(element) = self.current.next() {
                self.remaining -= 1;
                return Some(element);
            }
            self.current = self.chunks.next()?.iter();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }

    fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, mut f: F) -> B {
        let init = self.current.fold(init, &mut f);
        self.chunks
            .fold(init, |acc, chunk| chunk.iter().fold(acc, &mut f))
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
impl<T> FusedIterator for Iter<'_, T> {}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self {
            current: self.current.clone(),
            chunks: self.chunks.clone(),
            remaining: self.remaining,
        }
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}
