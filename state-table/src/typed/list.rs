//! List tables: a copy-on-write list per row. A list that becomes empty takes its row with it.

#![expect(
    clippy::inline_always,
    reason = "a call would build in memory what it takes or returns"
)]

use std::fmt;

use state_api::descriptor::HeapSize;
use state_api::key::RowHash;
use state_api::{Address, KeyRef, ReadList, Ref, Result, StateKey, StateValue, WriteList};

use super::{KeyedRow, Lookup, TypedMut, TypedRead, TypedTable, Weight, count, signed};
use crate::list::{ChunkedList, Iter};

/// Iterator over the elements of a list.
pub struct TypedElements<'r, T>(Option<Iter<'r, T>>);

impl<T> fmt::Debug for TypedElements<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedElements").finish_non_exhaustive()
    }
}

impl<'r, T> Iterator for TypedElements<'r, T> {
    type Item = Result<Ref<'r, T>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0
            .as_mut()?
            .next()
            .map(|element| Ok(Ref::Borrowed(element)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.as_ref().map_or((0, Some(0)), Iterator::size_hint)
    }
}

impl<'r, S, K, N, T> ReadList<'r, K, N, T> for TypedRead<'r, S>
where
    S: Lookup<Row = KeyedRow<K, N, ChunkedList<T>>>,
    K: StateKey,
    N: StateKey,
    T: StateValue,
{
    type Prepared = RowHash;
    type Iter = TypedElements<'r, T>;

    #[inline(always)] // returned by a call, an iterator is built in memory, and no two lists are waited for at once
    fn iter<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowHash>) -> Result<Self::Iter> {
        Ok(TypedElements(self.find(at)?.map(ChunkedList::iter)))
    }

    #[inline]
    fn len<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowHash>) -> Result<u64> {
        Ok(self.find(at)?.map_or(0, |list| count(list.len())))
    }

    #[inline(always)]
    fn is_empty<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowHash>) -> Result<bool> {
        Ok(self.find(at)?.is_none())
    }
}

impl<K: StateKey, N: StateKey, T: StateValue> TypedMut<'_, K, N, ChunkedList<T>, T> {
    /// Adds a row with elements where there is none, and returns as [`fill`].
    #[inline(never)] // keeps the path of a hit short
    fn append_absent<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowHash>,
        elements: impl Iterator<Item = T>,
        interval: Option<u64>,
    ) -> Result<(u64, i64)> {
        self.table.absent(at.key)?; // before the elements are asked for
        let mut list = ChunkedList::new();
        let added = fill(&mut list, elements, interval, self.heap_size);
        self.table.insert_owned(at, list);
        Ok(added)
    }

    /// [`TypedMut::fill_row`]; if the iterator panics, the table is poisoned.
    #[inline(always)]
    fn write<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        elements: impl IntoIterator<Item = T>,
        keep: impl FnOnce(&mut ChunkedList<T>) -> Option<Weight>,
    ) -> Result<bool> {
        self.table.usable()?; // before an element is asked for
        let heap_size = self.heap_size;
        self.table.foreign(|table| {
            let elements = elements.into_iter();
            TypedMut { table, heap_size }.fill_row(at, elements, keep)
        })
    }

    /// Appends elements to what `keep` leaves of a list that is there, which returns what it took off, if anything; `false`, and
    /// nothing is done, if there are no elements.
    #[inline(always)]
    fn fill_row<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        mut elements: impl Iterator<Item = T>,
        keep: impl FnOnce(&mut ChunkedList<T>) -> Option<Weight>,
    ) -> Result<bool> {
        // The first element before the row: an empty list is an absent one.
        let Some(first) = elements.next() else {
            return Ok(false);
        };
        let elements = std::iter::once(first).chain(elements);
        let interval = self.table.interval();
        self.table.log_recut(at);
        let heap_size = self.heap_size;
        let rows = &mut self.table.rows;
        let written = TypedTable::write(rows, at, elements, |row, elements| {
            let taken = keep(&mut row.state);
            (taken, fill(&mut row.state, elements, interval, heap_size))
        });
        let (entries, bytes) = match written {
            Ok((taken, added)) => {
                if let Some(taken) = taken {
                    self.table.log_shrunk(at);
                    self.table.forget(taken);
                }
                added
            }
            Err(elements) => {
                super::aside(at, |at| self.again().append_absent(at, elements, interval))?
            }
        };
        self.table.entries += entries;
        self.table.bytes += bytes;
        Ok(true)
    }
}

/// Appends to a list that is written in an interval, and returns the elements and bytes that came to it.
#[inline(always)]
fn fill<T: Clone>(
    list: &mut ChunkedList<T>,
    elements: impl Iterator<Item = T>,
    interval: Option<u64>,
    heap_size: Option<HeapSize<T>>,
) -> (u64, i64) {
    let (mut entries, mut bytes) = (0, 0);
    let full = list.full_chunk_count();
    for element in elements {
        entries += 1;
        bytes += signed(size_of::<T>()) + heap_size.map_or(0, |size| signed(size(&element)));
        list.push(element);
    }
    if let Some(interval) = interval
        && list.full_chunk_count() > full
    {
        list.sealed_in(interval, full);
    }
    (entries, bytes)
}

impl<'t, K: StateKey, N: StateKey, T: StateValue> WriteList<'t, K, N, T>
    for TypedMut<'t, K, N, ChunkedList<T>, T>
{
    type Prepared = RowHash;
    type Read<'s>
        = TypedRead<'s, TypedTable<K, N, ChunkedList<T>>>
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
    fn extend<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        if self.write(at, elements, |_| None)? {
            Ok(())
        } else {
            TypedRead::new(&*self.table).find(at).map(drop)
        }
    }

    #[inline]
    fn replace<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, RowHash>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        let heap_size = self.heap_size;
        // A list that is there keeps its memory if that is little.
        let clear = |list: &mut ChunkedList<T>| {
            let weight = Weight::of_list(list, heap_size);
            list.clear();
            Some(weight)
        };
        if self.write(at, elements, clear)? {
            Ok(())
        } else {
            self.clear(at)
        }
    }

    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, RowHash>) -> Result<()> {
        if let Some(list) = self.table.remove(at)? {
            self.table.forget(Weight::of_list(&list, self.heap_size));
        }
        Ok(())
    }
}
