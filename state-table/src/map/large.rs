//! The large form of a map: sorted chunks, each shared until it is written.

use std::ops::Bound;
use std::sync::Arc;

use state_api::{KeyRef, StateKey};

use super::iter::Range;
use super::{SCAN, Search, reserve, search, search_by};

/// Most entries in a chunk: what the first write after a clone copies at most.
const CAP: usize = 512;

/// A chunk that falls below this many entries joins a neighbour, if both together fill no more
/// than half of one.
const FEW: usize = CAP / 4;

/// Chunk number and entry number within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) chunk: usize,
    pub(super) entry: usize,
}

/// Chunks in key order; each has at least one entry and at most [`CAP`].
#[derive(Clone)]
pub(super) struct Large<K, V> {
    chunks: Vec<Chunk<K, V>>,
    len: usize,
}

#[derive(Clone)]
pub(super) struct Chunk<K, V> {
    /// Above all keys of the chunk before, not above any key of this one. Stored here, side by
    /// side, so that a search does not visit chunks in vain. Of the first chunk, which takes all
    /// keys below the second, it is not looked at and may be anything.
    low: K,
    entries: Arc<Vec<(K, V)>>,
}

impl<K, V> Chunk<K, V> {
    pub(super) fn entries(&self) -> &[(K, V)] {
        &self.entries
    }
}

impl<K: Clone, V: Clone> Chunk<K, V> {
    /// A chunk of entries; `None` without any.
    fn new(entries: Vec<(K, V)>) -> Option<Self> {
        let low = entries.first()?.0.clone();
        Some(Self {
            low,
            entries: Arc::new(entries),
        })
    }

    /// The entries to write to, with space for one more; cloned if another map has them too.
    fn own(&mut self) -> &mut Vec<(K, V)> {
        if Arc::strong_count(&self.entries) > 1 {
            let mut own = Vec::with_capacity((self.entries.len() + 1 + CAP / 16).min(CAP));
            own.extend_from_slice(&self.entries);
            self.entries = Arc::new(own);
        }
        Arc::make_mut(&mut self.entries)
    }

    /// Takes the upper half away, as a chunk of its own.
    fn split(&mut self) -> Option<Self> {
        let middle = self.entries.len() / 2;
        if let Some(entries) = Arc::get_mut(&mut self.entries) {
            let upper = entries.split_off(middle);
            entries.shrink_to(middle + CAP / 16);
            Self::new(upper)
        } else {
            let (lower, upper) = self.entries.split_at_checked(middle)?;
            let upper = Self::new(upper.to_vec());
            self.entries = Arc::new(lower.to_vec());
            upper
        }
    }
}

impl<K, V> Large<K, V> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn chunks(&self) -> &[Chunk<K, V>] {
        &self.chunks
    }

    pub(super) fn entry(&self, place: Place) -> Option<&(K, V)> {
        self.chunks.get(place.chunk)?.entries.get(place.entry)
    }

    /// Where the key is (`Ok`) or belongs (`Err`).
    pub(super) fn search<Q>(&self, key: &Q) -> Search<Place>
    where
        Q: KeyRef<K> + ?Sized,
    {
        let chunk = self.chunk_of(key);
        let entries = self.chunks.get(chunk).map_or(&[][..], Chunk::entries);
        let place = |entry| Place { chunk, entry };
        search(entries, key).map(place).map_err(place)
    }

    fn chunk_of<Q>(&self, key: &Q) -> usize
    where
        Q: KeyRef<K> + ?Sized,
    {
        let others = self.chunks.get(1..).unwrap_or_default();
        match search_by(others, SCAN, |chunk| Q::from_key(&chunk.low).cmp(key)) {
            Ok(other) => other + 1,
            Err(next) => next,
        }
    }

    pub(super) fn range<Q>(&self, start: Bound<&Q>, end: Bound<&Q>) -> Range<'_, K, V>
    where
        Q: KeyRef<K> + ?Sized,
    {
        // Before the key, or behind it if the map has it.
        let at = |key: &Q, behind: bool| match self.search(key) {
            Ok(place) => Place {
                entry: place.entry + usize::from(behind),
                ..place
            },
            Err(place) => place,
        };
        let start = match start {
            Bound::Unbounded => Place { chunk: 0, entry: 0 },
            Bound::Included(key) => at(key, false),
            Bound::Excluded(key) => at(key, true),
        };
        let end = match end {
            Bound::Unbounded => Place {
                chunk: self.chunks.len(),
                entry: 0,
            },
            Bound::Included(key) => at(key, true),
            Bound::Excluded(key) => at(key, false),
        };
        Range::between(&self.chunks, start, end)
    }
}

impl<K: StateKey, V: Clone> Large<K, V> {
    /// Full chunks of entries that ascend strictly.
    pub(super) fn from_sorted(entries: Vec<(K, V)>) -> Self {
        let len = entries.len();
        let mut chunks = Vec::with_capacity(len.div_ceil(CAP));
        let mut entries = entries.into_iter();
        while let Some(chunk) = Chunk::new(entries.by_ref().take(CAP).collect()) {
            chunks.push(chunk);
        }
        Self { chunks, len }
    }

    /// The entry at a place, to write to.
    pub(super) fn entry_mut(&mut self, place: Place) -> Option<&mut (K, V)> {
        self.chunks.get_mut(place.chunk)?.own().get_mut(place.entry)
    }

    /// Inserts an entry where [`Large::search`] said that it belongs, and returns where it went.
    ///
    /// A full chunk is halved; but at either end of the map a new one is opened, so that keys
    /// that come in order leave full chunks behind.
    pub(super) fn insert(&mut self, place: Place, key: K, value: V) -> Place {
        let Place { chunk, entry } = self.make_room(place, &key);
        match self.chunks.get_mut(chunk) {
            Some(target) if target.entries.len() < CAP => {
                let entries = target.own();
                reserve(entries, CAP);
                entries.insert(entry, (key, value));
            }
            _ => {
                let new = Chunk {
                    low: key.clone(),
                    entries: Arc::new(vec![(key, value)]),
                };
                self.chunks.insert(chunk, new);
            }
        }
        self.len += 1;
        Place { chunk, entry }
    }

    /// Where an entry for `place` goes: into a chunk with room, or into a new chunk before the one
    /// named.
    fn make_room(&mut self, place: Place, key: &K) -> Place {
        let Place { chunk, entry } = place;
        let last = self.chunks.len().saturating_sub(1);
        let Some(target) = self.chunks.get_mut(chunk) else {
            return place;
        };
        if target.entries.len() < CAP {
            return place;
        }
        if chunk == last && entry == CAP {
            return Place {
                chunk: chunk + 1,
                entry: 0,
            };
        }
        if chunk == 0 && entry == 0 {
            // The old first chunk becomes the second: from now on its bound counts.
            if let Some((first, _)) = target.entries.first() {
                target.low = first.clone();
            }
            return place;
        }
        let Some(upper) = target.split() else {
            return place;
        };
        let middle = target.entries.len();
        let goes_up = upper.low <= *key;
        self.chunks.insert(chunk + 1, upper);
        if goes_up {
            Place {
                chunk: chunk + 1,
                entry: entry - middle,
            }
        } else {
            place
        }
    }

    /// Removes the entry at a place where [`Large::search`] found one.
    pub(super) fn remove(&mut self, place: Place) -> (K, V) {
        let Some(chunk) = self.chunks.get_mut(place.chunk) else {
            unreachable!("no chunk at {place:?}, where the key was found")
        };
        let entries = chunk.own();
        let removed = entries.remove(place.entry);
        let left = entries.len();
        if left * 4 <= entries.capacity() {
            entries.shrink_to(left * 2);
        }
        self.len -= 1;
        if left == 0 {
            self.chunks.remove(place.chunk);
        } else if left < FEW && !self.join(place.chunk) {
            let _joined = place.chunk > 0 && self.join(place.chunk - 1);
        }
        removed
    }

    /// Joins a chunk with the next one, if together they fill at most half a chunk.
    fn join(&mut self, chunk: usize) -> bool {
        let Some([lower, upper]) = self.chunks.get_mut(chunk..chunk + 2) else {
            return false;
        };
        if lower.entries.len() + upper.entries.len() > CAP / 2 {
            return false;
        }
        let entries = lower.own();
        match Arc::get_mut(&mut upper.entries) {
            Some(upper) => entries.append(upper),
            None => entries.extend_from_slice(&upper.entries),
        }
        self.chunks.remove(chunk + 1);
        true
    }

    /// Takes all entries out if there are at most `few`.
    pub(super) fn take_if_few(&mut self, few: usize) -> Option<Vec<(K, V)>> {
        if self.len > few {
            return None;
        }
        let mut all = Vec::with_capacity(self.len);
        for mut chunk in self.chunks.drain(..) {
            all.append(chunk.own());
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: impl IntoIterator<Item = u32>) -> Large<u32, ()> {
        let mut large = Large::from_sorted(Vec::new());
        for key in keys {
            let place = large.search(&key).unwrap_err();
            large.insert(place, key, ());
        }
        large
    }

    fn fill(large: &Large<u32, ()>) -> f64 {
        f64::from(u32::try_from(large.len).unwrap())
            / f64::from(u32::try_from(large.chunks.len() * CAP).unwrap())
    }

    /// Keys ascend throughout, and each bound lies between the chunks that it parts.
    fn check(large: &Large<u32, ()>) {
        let keys = |chunk: &Chunk<u32, ()>| chunk.entries.iter().map(|(k, ())| *k).collect();
        let chunks: Vec<Vec<u32>> = large.chunks.iter().map(keys).collect();
        let all = chunks.concat();
        assert!(all.is_sorted_by(|a, b| a < b) && all.len() == large.len);
        for (i, chunk) in chunks.iter().enumerate() {
            assert!((1..=CAP).contains(&chunk.len()));
            if i > 0 {
                let low = large.chunks[i].low;
                assert!(
                    chunks[i - 1].last() < Some(&low) && low <= chunk[0],
                    "chunk {i}"
                );
            }
        }
    }

    #[test]
    fn bounds_part_the_chunks() {
        let insert = |large: &mut Large<u32, ()>, keys: &mut dyn Iterator<Item = u32>| {
            for key in keys {
                if let Err(place) = large.search(&key) {
                    large.insert(place, key, ());
                    check(large);
                }
            }
        };
        // Keys below the first chunk's, which splits more than once.
        let mut large = of(5000..5400);
        insert(&mut large, &mut (0..1500));
        // Keys that follow when all of the first chunk's first keys are gone.
        let mut large = of(5000..5400);
        insert(&mut large, &mut (0..17));
        for key in 5000..5400 {
            let place = large.search(&key).unwrap();
            large.remove(place);
            check(&large);
        }
        insert(&mut large, &mut (17..1500));
        // Keys between a bound and the first key of its chunk, which splits.
        let mut large = of(0..1);
        insert(&mut large, &mut (1178..11_938).step_by(8).rev());
        for key in (3701..4107).filter(|key| key % 8 == 2) {
            let place = large.search(&key).unwrap();
            large.remove(place);
            check(&large);
        }
        insert(&mut large, &mut (1463..4931).step_by(3).rev());
    }

    #[test]
    fn keys_in_order_leave_full_chunks() {
        assert!(fill(&of(0..100_000)) > 0.99);
        assert!(fill(&of((0..100_000).rev())) > 0.99);
    }

    #[test]
    fn keys_out_of_order_leave_chunks_half_full_at_least() {
        assert!(fill(&of((0..65_536_u32).map(u32::reverse_bits))) > 0.49);
    }

    #[test]
    fn a_map_that_lost_most_entries_has_few_chunks() {
        let mut large = of(0..100_000);
        for key in (0..100_000).filter(|key| key % 100 != 0) {
            let place = large.search(&key).unwrap();
            large.remove(place);
        }
        assert!(
            large.chunks.len() <= 1000 / FEW + 1,
            "{}",
            large.chunks.len()
        );
        assert!(
            large
                .chunks
                .iter()
                .all(|chunk| chunk.entries.capacity() <= CAP)
        );
    }
}
