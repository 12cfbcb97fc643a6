//! A map in key order that is cheap to clone.

mod iter;
mod large;

use std::cmp::Ordering;
use std::fmt;
use std::mem::needs_drop;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use state_api::{KeyRef, StateKey};

pub use iter::{Iter, Range};
use large::{Large, Place};

/// An ordered map: a sorted vector up to [`ChunkedMap::SMALL`] entries, beyond that sorted chunks
/// that clones share.
///
/// # Laws
/// - Entries are in ascending order of `K: StateKey`; a borrowed form `Q` of the key orders alike.
/// - A write through one clone is never seen through another.
///
/// # Cost
/// 24 bytes; one entry allocates the space of one. A search is two binary searches; an insert or
/// a removal moves half a chunk (at most 512 entries) on average. `clone` of a small map clones
/// its entries, of a large one it is one `Arc`. Thereafter the first write to either clone copies
/// the list of chunks (a key and an atomic each, 2,000 to 4,000 at a million entries), and the first
/// write to each chunk clones its entries, at most 512. A key that is not found by `get_mut` or
/// `remove` copies nothing.
pub struct ChunkedMap<K, V> {
    repr: Repr<K, V>,
}

#[derive(Clone)]
enum Repr<K, V> {
    Small(Vec<(K, V)>),
    /// Never without entries.
    Large(Arc<Large<K, V>>),
}

/// Where a key is (`Ok`), or belongs (`Err`).
type Search<P> = Result<P, P>;

/// A search ends with a scan of at most this many entries.
const SCAN: usize = 4;

/// The same where a comparison follows no pointer: one branch that is guessed wrong costs more than it.
const SCAN_PLAIN: usize = 16;

/// Searches sorted items. Unlike the one of the standard library it branches on each comparison,
/// so that the processor guesses ahead while it waits for a key: half the time at 100,000
/// `String` keys.
#[inline]
fn search_by<T>(items: &[T], scan: usize, cmp: impl Fn(&T) -> Ordering) -> Search<usize> {
    let (mut start, mut end) = (0, items.len());
    while end - start > scan {
        let middle = start + (end - start) / 2;
        match items.get(middle).map(&cmp) {
            Some(Ordering::Less) => start = middle + 1,
            Some(Ordering::Greater) => end = middle,
            Some(Ordering::Equal) | None => return Ok(middle),
        }
    }
    for (i, item) in items.get(start..end).unwrap_or_default().iter().enumerate() {
        match cmp(item) {
            Ordering::Less => {}
            Ordering::Equal => return Ok(start + i),
            Ordering::Greater => return Err(start + i),
        }
    }
    Err(end)
}

#[inline]
fn search<K, V, Q>(entries: &[(K, V)], key: &Q) -> Search<usize>
where
    Q: KeyRef<K> + ?Sized,
{
    let scan = if needs_drop::<K>() { SCAN } else { SCAN_PLAIN };
    search_by(entries, scan, |(k, _)| Q::from_key(k).cmp(key))
}

/// Makes space for one more entry: exact when small, then by half, but not beyond `limit`.
fn reserve<T>(entries: &mut Vec<T>, limit: usize) {
    if entries.len() == entries.capacity() {
        let room = limit.saturating_sub(entries.len());
        entries.reserve_exact((entries.len() / 2).min(room).max(1));
    }
}

impl<K, V> ChunkedMap<K, V> {
    /// The most entries that are kept in one vector.
    pub const SMALL: usize = 16;

    /// An empty map; allocates nothing.
    pub const fn new() -> Self {
        Self {
            repr: Repr::Small(Vec::new()),
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Small(entries) => entries.len(),
            Repr::Large(large) => large.len(),
        }
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the entries are in chunks, and no longer in one vector.
    #[inline]
    pub fn is_large(&self) -> bool {
        matches!(self.repr, Repr::Large(_))
    }

    /// Removes all entries; clones keep theirs.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The entry with the smallest key.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// The entry with the largest key.
    pub fn last(&self) -> Option<(&K, &V)> {
        self.iter().next_back()
    }

    /// All entries in key order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let range = match &self.repr {
            Repr::Small(entries) => Range::of_slice(entries),
            Repr::Large(large) => Range::of_chunks(large.chunks()),
        };
        Iter::new(range, self.len())
    }
}

impl<K: StateKey, V> ChunkedMap<K, V> {
    /// The value of a key.
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: KeyRef<K> + ?Sized,
    {
        let entry = match &self.repr {
            Repr::Small(entries) => entries.get(search(entries, key).ok()?),
            Repr::Large(large) => large.entry(large.search(key).ok()?),
        };
        entry.map(|(_, value)| value)
    }

    /// Whether the map has the key.
    #[inline]
    pub fn contains<Q>(&self, key: &Q) -> bool
    where
        Q: KeyRef<K> + ?Sized,
    {
        self.get(key).is_some()
    }

    /// The entries whose keys lie within the bounds, in key order. A range whose start lies behind
    /// its end is empty; it does not panic.
    pub fn range<Q, B>(&self, bounds: B) -> Range<'_, K, V>
    where
        Q: KeyRef<K> + ?Sized,
        B: RangeBounds<Q>,
    {
        let (start, end) = (bounds.start_bound(), bounds.end_bound());
        match &self.repr {
            Repr::Small(entries) => {
                let at = |bound: Bound<&Q>, open, after| match bound {
                    Bound::Unbounded => open,
                    Bound::Included(key) => entries.partition_point(|(k, _)| {
                        if after {
                            Q::from_key(k) <= key
                        } else {
                            Q::from_key(k) < key
                        }
                    }),
                    Bound::Excluded(key) => entries.partition_point(|(k, _)| {
                        if after {
                            Q::from_key(k) < key
                        } else {
                            Q::from_key(k) <= key
                        }
                    }),
                };
                let (start, end) = (at(start, 0, false), at(end, entries.len(), true));
                Range::of_slice(entries.get(start..end).unwrap_or_default())
            }
            Repr::Large(large) => large.range(start, end),
        }
    }
}

impl<K: StateKey, V: Clone> ChunkedMap<K, V> {
    /// The value of a key, to write to.
    #[inline]
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        Q: KeyRef<K> + ?Sized,
    {
        let entry = match &mut self.repr {
            Repr::Small(entries) => {
                let at = search(entries, key).ok()?;
                entries.get_mut(at)
            }
            Repr::Large(large) => {
                let place = large.search(key).ok()?;
                Arc::make_mut(large).entry_mut(place)
            }
        };
        entry.map(|(_, value)| value)
    }

    /// Sets the value of a key and returns the one it had. The key that the map has stays.
    #[inline]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.search(&key) {
            Ok(place) => Some(std::mem::replace(self.value_mut(place), value)),
            Err(place) => {
                self.insert_at(place, key, value);
                None
            }
        }
    }

    /// The value of a key, to write to; without one, the entry that `make` returns is inserted.
    /// The flag tells whether it was inserted. One search.
    ///
    /// `make` must return the key that was asked for (a debug build checks it). If it panics, the
    /// map is as before.
    pub fn entry<Q>(&mut self, key: &Q, make: impl FnOnce() -> (K, V)) -> (&mut V, bool)
    where
        Q: KeyRef<K> + ?Sized,
    {
        match self.search(key) {
            Ok(place) => (self.value_mut(place), false),
            Err(place) => {
                let (owned, value) = make();
                debug_assert!(
                    Q::from_key(&owned) == key,
                    "another key was made than was asked for"
                );
                let place = self.insert_at(place, owned, value);
                (self.value_mut(place), true)
            }
        }
    }

    /// Removes a key and returns the value it had.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        Q: KeyRef<K> + ?Sized,
    {
        match &mut self.repr {
            Repr::Small(entries) => {
                let at = search(entries, key).ok()?;
                Some(entries.remove(at).1)
            }
            Repr::Large(large) => {
                let place = large.search(key).ok()?;
                let large = Arc::make_mut(large);
                let (_, value) = large.remove(place);
                if let Some(few) = large.take_if_few(Self::SMALL / 2) {
                    self.repr = Repr::Small(few);
                }
                Some(value)
            }
        }
    }

    #[inline]
    fn search<Q>(&self, key: &Q) -> Search<Place>
    where
        Q: KeyRef<K> + ?Sized,
    {
        match &self.repr {
            Repr::Small(entries) => {
                let place = |entry| Place { chunk: 0, entry };
                search(entries, key).map(place).map_err(place)
            }
            Repr::Large(large) => large.search(key),
        }
    }

    /// The value of an entry that was just found or inserted.
    #[inline]
    fn value_mut(&mut self, place: Place) -> &mut V {
        let entry = match &mut self.repr {
            Repr::Small(entries) => entries.get_mut(place.entry),
            Repr::Large(large) => Arc::make_mut(large).entry_mut(place),
        };
        match entry {
            Some((_, value)) => value,
            None => unreachable!("no entry at {place:?}, where the key was found"),
        }
    }

    /// Inserts an entry where it belongs, and returns where it went.
    fn insert_at(&mut self, place: Place, key: K, value: V) -> Place {
        match &mut self.repr {
            Repr::Small(entries) if entries.len() < Self::SMALL => {
                reserve(entries, Self::SMALL);
                entries.insert(place.entry, (key, value));
                place
            }
            Repr::Small(entries) => {
                let mut large = Large::from_sorted(std::mem::take(entries));
                let place = large.insert(place, key, value);
                self.repr = Repr::Large(Arc::new(large));
                place
            }
            Repr::Large(large) => Arc::make_mut(large).insert(place, key, value),
        }
    }
}

impl<K: Clone, V: Clone> Clone for ChunkedMap<K, V> {
    fn clone(&self) -> Self {
        Self {
            repr: self.repr.clone(),
        }
    }
}

impl<K, V> Default for ChunkedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for ChunkedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl<K: Eq, V: Eq> Eq for ChunkedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for ChunkedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: StateKey, V: Clone> Extend<(K, V)> for ChunkedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

/// Entries in ascending order are taken as they are, others are sorted; of equal keys the last
/// entry wins.
impl<K: StateKey, V: Clone> FromIterator<(K, V)> for ChunkedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b)); // stable: equal keys keep their order
            entries.dedup_by(|later, earlier| {
                let equal = later.0 == earlier.0;
                if equal {
                    std::mem::swap(later, earlier);
                }
                equal
            });
        }
        if entries.len() <= Self::SMALL {
            entries.shrink_to_fit();
            Self {
                repr: Repr::Small(entries),
            }
        } else {
            Self {
                repr: Repr::Large(Arc::new(Large::from_sorted(entries))),
            }
        }
    }
}

impl<'a, K, V> IntoIterator for &'a ChunkedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}
