//! Map tables: a copy-on-write ordered map per row. A map that becomes empty takes its row with
//! it.

#![expect(
    clippy::inline_always,
    reason = "a call would build in memory what it takes or returns"
)]

use std::fmt;
use std::ops::Bound;

use state_api::key::RowHash;
use state_api::{Address, KeyRef, ReadMap, Ref, Result, StateKey, StateValue, WriteMap};

use super::{KeyedRow, Lookup, TypedMut, TypedRead, TypedTable, Unfinished, Weight, count, signed};
use crate::map::{ChunkedMap, Range};

/// Iterator over a range of a map.
pub struct TypedEntries<'r, UK, UV>(Option<Range<'r, UK, UV>>);

impl<UK, UV> fmt::Debug for TypedEntries<'_, UK, UV> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedEntries").finish_non_exhaustive()
    }
}

fn guards<'r, UK, UV>((key, value): (&'r UK, &'r UV)) -> (Ref<'r, UK>, Ref<'r, UV>) {
    (Ref::Borrowed(key), Ref::Borrowed(value))
}

impl<'r, UK, UV> Iterator for TypedEntries<'r, UK, UV> {
    type Item = Result<(Ref<'r, UK>, Ref<'r, UV>)>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.as_mut()?.next().map(guards).map(Ok)
    }
}

impl<UK, UV> DoubleEndedIterator for TypedEntries<'_, UK, UV> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.as_mut()?.next_back().map(guards).map(Ok)
    }
}

impl<'r, S, K, N, UK, UV> ReadMap<'r, K, N, UK, UV> for TypedRead<'r, S>
where
    S: Lookup<Row = KeyedRow<K, N, ChunkedMap<UK, UV>>>,
    K: StateKey,
    N: StateKey,
    UK: StateKey,
    UV: StateValue,
{
    type Prepared = RowHash;
    type Range = TypedEntries<'r, UK, UV>;

    #[inline(always)]
    fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
    ) -> Result<Option<Ref<'r, UV>>> {
        Ok(self
            .find(at)?
            .and_then(|map| map.get(map_key))
            .map(Ref::Borrowed))
    }

    #[inline(always)]
    fn contains<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
    ) -> Result<bool> {
        Ok(self.find(at)?.is_some_and(|map| map.contains(map_key)))
    }

    #[inline]
    fn len<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowHash>) -> Result<u64> {
        Ok(self.find(at)?.map_or(0, |map| count(map.len())))
    }

    #[inline(always)]
    fn is_empty<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowHash>) -> Result<bool> {
        Ok(self.find(at)?.is_none())
    }

    #[inline]
    fn range<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
        from: Bound<&UQ>,
        to: Bound<&UQ>,
    ) -> Result<Self::Range> {
        let map = self.find(at)?;
        Ok(TypedEntries(map.map(|map| map.range::<UQ, _>((from, to)))))
    }
}

/// A map from which an entry was taken.
#[derive(Clone, Copy)]
struct Shape {
    /// Entries left.
    left: usize,
    was_large: bool,
    is_large: bool,
}

impl<K: StateKey, N: StateKey, UK: StateKey, UV: StateValue>
    TypedMut<'_, K, N, ChunkedMap<UK, UV>, UV>
{
    /// Bytes accounted for an entry.
    #[inline]
    fn entry_bytes(&self, value: &UV) -> i64 {
        signed(size_of::<(UK, UV)>()) + self.heap_bytes(value)
    }

    /// Takes an entry out, and leaves an empty map if it was the last one. The caller has it
    /// [logged](Self::log_taken), or puts one in its place.
    fn take_entry<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
    ) -> Result<Option<(UV, Shape)>> {
        // Looked up first: what is absent must not copy a segment that a view shares.
        if !TypedRead::new(&*self.table).contains(at, map_key)? {
            return Ok(None);
        }
        let Some(map) = self.table.find_mut(at) else {
            return Ok(None);
        };
        let was_large = map.is_large();
        let Some(value) = map.remove(map_key) else {
            return Ok(None);
        };
        let (is_large, left) = (map.is_large(), map.len());
        self.table.entries -= 1;
        self.table.bytes -= self.entry_bytes(&value);
        let shape = Shape {
            left,
            was_large,
            is_large,
        };
        Ok(Some((value, shape)))
    }

    /// Logs an entry that was taken out, and removes the row of an empty map.
    fn log_taken<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
        from: Shape,
    ) -> Result<()> {
        if from.left == 0 {
            self.table.remove(at)?;
        } else if from.is_large {
            self.table.log_entry(at, map_key, from.left);
        } else {
            self.table.log_shrunk(at);
        }
        Ok(())
    }

    /// Removes an entry, and the row with the last one.
    fn remove_entry<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
    ) -> Result<Option<UV>> {
        let Some((value, shape)) = self.take_entry(at, map_key)? else {
            return Ok(None);
        };
        self.log_taken(at, map_key, shape)?;
        Ok(Some(value))
    }

    /// Adds a map with one entry where there is none.
    #[inline(never)] // keeps the path of a hit short
    fn set_first<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
        map_key: UK,
        value: UV,
    ) -> Result<()> {
        let bytes = self.entry_bytes(&value);
        let mut map = ChunkedMap::new();
        map.insert(map_key, value);
        self.table.insert(at, map)?;
        self.table.entries += 1;
        self.table.bytes += bytes;
        Ok(())
    }

    /// Runs `f` on `init`, and adds a map with it where there is none.
    #[inline(never)] // keeps the path of a hit short
    fn modify_absent<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
        mut init: UV,
        f: impl FnOnce(&mut UV) -> R,
    ) -> Result<R> {
        let result = self.table.update_absent(at.key, &mut init, f)?;
        self.set_first(at, map_key.to_key(), init)?;
        Ok(result)
    }

    /// Sets the value of a key.
    #[inline]
    fn set_entry<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: UK,
        value: UV,
    ) -> Result<()> {
        let bytes = self.entry_bytes(&value);
        let tracked = self.table.interval().is_some();
        let Some(map) = self.table.find_mut(at) else {
            return super::aside(at, |at| self.again().set_first(at, map_key, value));
        };
        // A small map is written whole, and one that becomes large once more.
        let large_key = (tracked && map.is_large()).then(|| map_key.clone());
        let before = map.insert(map_key, value);
        let (is_large, len) = (map.is_large(), map.len());
        self.table.bytes += bytes;
        match before {
            Some(before) => self.table.bytes -= self.entry_bytes(&before),
            None => self.table.entries += 1,
        }
        if tracked && is_large {
            match large_key {
                Some(map_key) => self.table.log_entry(at, &map_key, len),
                None => self.table.log_whole(at),
            }
        }
        Ok(())
    }
}

impl<'t, K: StateKey, N: StateKey, UK: StateKey, UV: StateValue> WriteMap<'t, K, N, UK, UV>
    for TypedMut<'t, K, N, ChunkedMap<UK, UV>, UV>
{
    type Prepared = RowHash;
    type Read<'s>
        = TypedRead<'s, TypedTable<K, N, ChunkedMap<UK, UV>>>
    where
        Self: 's;

    #[inline]
    fn read(&self) -> Result<Self::Read<'_>> {
        Ok(TypedRead::new(self.table))
    }

    #[inline]
    fn into_read(self) -> Result<Self::Read<'t>> {
        Ok(TypedRead::new(self.table))
    }

    #[inline]
    fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
    ) -> Result<Option<Ref<'t, UV>>> {
        self.into_read()?.get(at, map_key)
    }

    #[inline]
    fn insert<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: UK,
        value: UV,
    ) -> Result<()> {
        self.set_entry(at, map_key, value)
    }

    #[inline]
    fn take<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
    ) -> Result<Option<UV>> {
        self.remove_entry(at, map_key)
    }

    #[inline]
    fn remove<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
    ) -> Result<()> {
        self.remove_entry(at, map_key).map(drop)
    }

    #[inline]
    fn modify<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
        init: UV,
        f: impl FnOnce(&mut UV) -> R,
    ) -> Result<R> {
        let heap_size = self.heap_size;
        let unfinished = Unfinished(&mut *self.table);
        let TypedTable {
            rows,
            entries,
            bytes,
            ..
        } = &mut *unfinished.0;
        let modified = TypedTable::write(rows, at, (init, f), |row, (init, f)| {
            let map = &mut row.state;
            let was_large = map.is_large();
            let (value, inserted) = map.entry(map_key, || (map_key.to_key(), init));
            let before = match heap_size {
                Some(heap_size) if !inserted => signed(heap_size(value)),
                _ => 0,
            };
            let result = f(value);
            let heap = heap_size.map_or(0, |heap_size| signed(heap_size(value)));
            *entries += u64::from(inserted);
            let own = if inserted {
                signed(size_of::<(UK, UV)>())
            } else {
                0
            };
            *bytes += own + heap - before;
            (result, was_large, map.is_large(), map.len())
        });
        unfinished.finish();
        let (result, was_large, is_large, len) = match modified {
            Ok(modified) => modified,
            Err((init, f)) => {
                return super::aside(at, |at| self.again().modify_absent(at, map_key, init, f));
            }
        };
        if was_large {
            self.table.log_entry(at, map_key, len);
        } else if is_large {
            self.table.log_whole(at);
        }
        Ok(result)
    }

    #[inline]
    fn update<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        map_key: &UQ,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        let (mut value, shape) = self.take_entry(at, map_key)?.unzip();
        let result = self.table.foreign(|_| f(&mut value));
        match shape {
            Some(shape) if value.is_none() => self.log_taken(at, map_key, shape)?,
            Some(shape) if shape.was_large && !shape.is_large => self.table.log_shrunk(at),
            _ => {}
        }
        if let Some(value) = value {
            self.set_entry(at, map_key.to_key(), value)?;
        }
        Ok(result)
    }

    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<()> {
        if let Some(map) = self.table.remove(at)? {
            self.table.forget(Weight::of_map(&map, self.heap_size));
        }
        Ok(())
    }
}
