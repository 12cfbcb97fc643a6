//! Cursors for writing.
//!
//! Methods that return a guard or an iterator consume the accessor, so that what they return
//! outlives it; the others can be called again and again.

#![expect(
    clippy::inline_always,
    reason = "each is a call of what does the work; left to itself, the compiler builds the accessor in memory for it"
)]

use std::fmt;
use std::ops::{Bound, RangeBounds};

use super::{StateBackend, WriteList, WriteMap, WriteValue};
use crate::address::{Address, Located};
use crate::error::{Error, Result};
use crate::guard::Ref;
use crate::handle::{List, Map, StateValue, Value};
use crate::key::{KeyRef, StateKey};
use crate::read::{ReadList, ReadMap, StateRead};

/// A cursor at one key (and namespace) of a live backend: see [`StateBackend::at_mut`].
pub struct WriteAt<'b, 'k, B: StateRead, Q: ?Sized, N = ()> {
    backend: &'b mut B,
    located: Located<'k, Q, N, B::Prepared>,
}

impl<'b, 'k, B: StateBackend, Q: KeyRef<B::Key> + ?Sized> WriteAt<'b, 'k, B, Q> {
    #[inline(always)]
    pub(super) fn new(backend: &'b mut B, located: Located<'k, Q, (), B::Prepared>) -> Self {
        Self { backend, located }
    }

    /// The same key in a namespace, for as long as this cursor is borrowed.
    #[inline(always)]
    pub fn in_namespace<'n, N: StateKey>(&mut self, namespace: &'n N) -> WriteAt<'_, 'n, B, Q, N>
    where
        'k: 'n,
    {
        WriteAt {
            located: self.located.in_namespace(namespace),
            backend: self.backend,
        }
    }
}

impl<B: StateBackend, Q: KeyRef<B::Key> + ?Sized, N: StateKey> WriteAt<'_, '_, B, Q, N> {
    /// A value state of this key.
    #[inline(always)]
    pub fn value<V: StateValue>(&mut self, handle: Value<V, N>) -> ValueMut<'_, '_, B, Q, V, N> {
        value_mut(self.backend.value_table(handle), &self.located)
    }

    /// A list state of this key.
    #[inline(always)]
    pub fn list<T: StateValue>(&mut self, handle: List<T, N>) -> ListMut<'_, '_, B, Q, T, N> {
        list_mut(self.backend.list_table(handle), &self.located)
    }

    /// A map state of this key.
    #[inline(always)]
    pub fn map<UK: StateKey, UV: StateValue>(
        &mut self,
        handle: Map<UK, UV, N>,
    ) -> MapMut<'_, '_, B, Q, UK, UV, N> {
        map_mut(self.backend.map_table(handle), &self.located)
    }
}

impl<B: StateRead, Q: fmt::Debug + ?Sized, N: fmt::Debug> fmt::Debug for WriteAt<'_, '_, B, Q, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriteAt").field(&self.located).finish()
    }
}

/// Table and address of one access, or the first error on the way.
type Reached<'a, 'c, T, Q, N, P> = Result<(&'a mut T, Address<'c, Q, N, P>)>;

/// Both parts of an accessor, for a method that keeps it.
#[inline(always)]
fn reach<'a, 'c, T, Q: ?Sized, N, P>(
    table: &'a mut Result<T>,
    located: &'c Located<'_, Q, N, P>,
) -> Reached<'a, 'c, T, Q, N, P> {
    match table {
        Ok(table) => Ok((table, located.address()?)),
        Err(error) => Err(Error::clone(error)),
    }
}

/// A value state of one key, for reading and writing.
pub struct ValueMut<'c, 't, B: StateBackend + 't, Q: ?Sized, V: StateValue, N: StateKey> {
    table: Result<B::ValueTable<'t, V, N>>,
    located: &'c Located<'c, Q, N, B::Prepared>,
}

#[inline(always)]
pub(crate) fn value_mut<'c, 't, B: StateBackend + 't, Q: ?Sized, V: StateValue, N: StateKey>(
    table: Result<B::ValueTable<'t, V, N>>,
    located: &'c Located<'c, Q, N, B::Prepared>,
) -> ValueMut<'c, 't, B, Q, V, N> {
    ValueMut { table, located }
}

impl<'t, B, Q, V, N> ValueMut<'_, 't, B, Q, V, N>
where
    B: StateBackend + 't,
    Q: KeyRef<B::Key> + ?Sized,
    V: StateValue,
    N: StateKey,
{
    /// The value, or `None`. Cost: one lookup; nothing is cloned on heap, one value is decoded on
    /// an engine.
    ///
    /// # Errors
    /// As the [laws](StateRead#laws) say, and what the engine may meet.
    #[inline(always)]
    pub fn get(self) -> Result<Option<Ref<'t, V>>> {
        self.table?.get(self.located.address()?)
    }

    /// Sets the value. Cost: one write; blind on an engine.
    ///
    /// # Errors
    /// As the [laws](StateBackend#laws-beside-those-of-reading) say, and what the engine may meet.
    #[inline(always)]
    pub fn put(&mut self, value: V) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.put(at, value)
    }

    /// Removes the value and returns it. Cost: one lookup and one write.
    ///
    /// # Errors
    /// As [`ValueMut::put`].
    #[inline(always)]
    pub fn take(&mut self) -> Result<Option<V>> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.take(at)
    }

    /// Calls `f` on the value in place, on `init` if there is none, and returns what `f` returns.
    /// Cost: on heap one lookup, nothing moved; on an engine one read and one write.
    ///
    /// # Errors
    /// As [`ValueMut::put`].
    #[inline(always)]
    pub fn modify<R>(&mut self, init: V, f: impl FnOnce(&mut V) -> R) -> Result<R> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.modify(at, init, f)
    }

    /// Calls `f` on the value or its absence; what it leaves is stored, `None` clears. Returns
    /// what `f` returns. Cost: as [`ValueMut::modify`], and on heap the value is moved out and
    /// back.
    ///
    /// # Errors
    /// As [`ValueMut::put`].
    #[inline(always)]
    pub fn update<R>(&mut self, f: impl FnOnce(&mut Option<V>) -> R) -> Result<R> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.update(at, f)
    }

    /// Removes the value. Cost: one write; blind on an engine.
    ///
    /// # Errors
    /// As [`ValueMut::put`].
    #[inline(always)]
    pub fn clear(&mut self) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.clear(at)
    }
}

/// A list state of one key, for reading and writing.
pub struct ListMut<'c, 't, B: StateBackend + 't, Q: ?Sized, T: StateValue, N: StateKey> {
    table: Result<B::ListTable<'t, T, N>>,
    located: &'c Located<'c, Q, N, B::Prepared>,
}

#[inline(always)]
pub(crate) fn list_mut<'c, 't, B: StateBackend + 't, Q: ?Sized, T: StateValue, N: StateKey>(
    table: Result<B::ListTable<'t, T, N>>,
    located: &'c Located<'c, Q, N, B::Prepared>,
) -> ListMut<'c, 't, B, Q, T, N> {
    ListMut { table, located }
}

/// The iterator over a list state of a live backend.
pub type ListIter<'t, B, T, N> = <<<B as StateBackend>::ListTable<'t, T, N> as WriteList<
    't,
    <B as StateRead>::Key,
    N,
    T,
>>::Read<'t> as ReadList<'t, <B as StateRead>::Key, N, T>>::Iter;

impl<'t, B, Q, T, N> ListMut<'_, 't, B, Q, T, N>
where
    B: StateBackend + 't,
    Q: KeyRef<B::Key> + ?Sized,
    T: StateValue,
    N: StateKey,
{
    /// The elements in order of appending. Lazy: holds one chunk at most.
    ///
    /// # Errors
    /// As the [laws](StateRead#laws) say, and what the engine may meet.
    #[inline(always)]
    pub fn iter(self) -> Result<ListIter<'t, B, T, N>> {
        self.table?.into_read()?.iter(self.located.address()?)
    }

    /// Number of elements. Cost: constant on heap, one pass over the chunks on an engine.
    ///
    /// # Errors
    /// As [`ListMut::iter`].
    #[inline(always)]
    pub fn len(&mut self) -> Result<u64> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.read()?.len(at)
    }

    /// Whether there is no element. Cost: one lookup.
    ///
    /// # Errors
    /// As [`ListMut::iter`].
    #[inline(always)]
    pub fn is_empty(&mut self) -> Result<bool> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.read()?.is_empty(at)
    }

    /// Appends an element. Cost: O(1) amortised; reads nothing on an engine, or one row that it writes anew.
    ///
    /// # Errors
    /// As the [laws](StateBackend#laws-beside-those-of-reading) say, and what the engine may meet.
    #[inline(always)]
    pub fn push(&mut self, element: T) -> Result<()> {
        self.extend([element])
    }

    /// Appends elements in order: all of them, or none when one is refused. Cost: O(1) amortised for
    /// each; on an engine a chunk is written once for all elements that go into it and no more than
    /// two are held, and a refusal costs a range delete.
    ///
    /// # Panics
    /// When the iterator does; the state is then poisoned, as by a closure.
    ///
    /// # Errors
    /// As [`ListMut::push`].
    #[inline(always)]
    pub fn extend(&mut self, elements: impl IntoIterator<Item = T>) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.extend(at, elements)
    }

    /// Makes `elements` the whole list, or leaves the old one when an element is refused; an empty
    /// one clears. Cost: that of [`ListMut::extend`] and [`ListMut::clear`]; the new list is beside
    /// the old one until it is whole, on heap in memory, on an engine in its chunks.
    ///
    /// # Panics
    /// As [`ListMut::extend`].
    ///
    /// # Errors
    /// As [`ListMut::push`].
    #[inline(always)]
    pub fn replace(&mut self, elements: impl IntoIterator<Item = T>) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.replace(at, elements)
    }

    /// Removes all elements. Cost: one range delete.
    ///
    /// # Errors
    /// As [`ListMut::push`].
    #[inline(always)]
    pub fn clear(&mut self) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.clear(at)
    }
}

/// A map state of one key, for reading and writing.
pub struct MapMut<'c, 't, B, Q, UK, UV, N>
where
    B: StateBackend + 't,
    Q: ?Sized,
    UK: StateKey,
    UV: StateValue,
    N: StateKey,
{
    table: Result<B::MapTable<'t, UK, UV, N>>,
    located: &'c Located<'c, Q, N, B::Prepared>,
}

#[inline(always)]
pub(crate) fn map_mut<'c, 't, B, Q, UK, UV, N>(
    table: Result<B::MapTable<'t, UK, UV, N>>,
    located: &'c Located<'c, Q, N, B::Prepared>,
) -> MapMut<'c, 't, B, Q, UK, UV, N>
where
    B: StateBackend + 't,
    Q: ?Sized,
    UK: StateKey,
    UV: StateValue,
    N: StateKey,
{
    MapMut { table, located }
}

/// The iterator over a range of a map state of a live backend.
pub type MapIter<'t, B, UK, UV, N> = <<<B as StateBackend>::MapTable<'t, UK, UV, N> as WriteMap<
    't,
    <B as StateRead>::Key,
    N,
    UK,
    UV,
>>::Read<'t> as ReadMap<'t, <B as StateRead>::Key, N, UK, UV>>::Range;

impl<'t, B, Q, UK, UV, N> MapMut<'_, 't, B, Q, UK, UV, N>
where
    B: StateBackend + 't,
    Q: KeyRef<B::Key> + ?Sized,
    UK: StateKey,
    UV: StateValue,
    N: StateKey,
{
    /// The value of a map key, in any borrowed form, or `None`. Cost: one lookup.
    ///
    /// # Errors
    /// As the [laws](StateRead#laws) say, and what the engine may meet.
    #[inline(always)]
    pub fn get<UQ: KeyRef<UK> + ?Sized>(self, map_key: &UQ) -> Result<Option<Ref<'t, UV>>> {
        self.table?.get(self.located.address()?, map_key)
    }

    /// Whether the map key is there. Cost: one lookup, nothing decoded.
    ///
    /// # Errors
    /// As [`MapMut::get`].
    #[inline(always)]
    pub fn contains<UQ: KeyRef<UK> + ?Sized>(&mut self, map_key: &UQ) -> Result<bool> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.read()?.contains(at, map_key)
    }

    /// Number of entries. Cost: constant on heap, one pass over the entries on an engine.
    ///
    /// # Errors
    /// As [`MapMut::get`].
    #[inline(always)]
    pub fn len(&mut self) -> Result<u64> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.read()?.len(at)
    }

    /// Whether there is no entry. Cost: one lookup.
    ///
    /// # Errors
    /// As [`MapMut::get`].
    #[inline(always)]
    pub fn is_empty(&mut self) -> Result<bool> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.read()?.is_empty(at)
    }

    /// All entries, in order of their keys; from both ends. Lazy.
    ///
    /// # Errors
    /// As [`MapMut::get`].
    #[inline(always)]
    pub fn iter(self) -> Result<MapIter<'t, B, UK, UV, N>> {
        let at = self.located.address()?;
        self.table?
            .into_read()?
            .range::<Q, UK>(at, Bound::Unbounded, Bound::Unbounded)
    }

    /// The entries whose keys lie in `range`, in order; from both ends. Lazy. Bounds that cross
    /// give an empty range.
    ///
    /// # Errors
    /// As [`MapMut::get`].
    #[inline(always)]
    pub fn range<UQ: KeyRef<UK> + ?Sized>(
        self,
        range: impl RangeBounds<UQ>,
    ) -> Result<MapIter<'t, B, UK, UV, N>> {
        let at = self.located.address()?;
        self.table?
            .into_read()?
            .range(at, range.start_bound(), range.end_bound())
    }

    /// The entry with the smallest key. Cost: one lookup.
    ///
    /// # Errors
    /// As [`MapMut::get`].
    #[inline(always)]
    pub fn first(self) -> Result<Option<(Ref<'t, UK>, Ref<'t, UV>)>> {
        self.iter()?.next().transpose()
    }

    /// The entry with the largest key. Cost: one lookup.
    ///
    /// # Errors
    /// As [`MapMut::get`].
    #[inline(always)]
    pub fn last(self) -> Result<Option<(Ref<'t, UK>, Ref<'t, UV>)>> {
        self.iter()?.next_back().transpose()
    }

    /// Sets the value of a map key. Cost: one write; blind on an engine.
    ///
    /// # Errors
    /// As the [laws](StateBackend#laws-beside-those-of-reading) say, and what the engine may meet.
    #[inline(always)]
    pub fn insert(&mut self, map_key: UK, value: UV) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.insert(at, map_key, value)
    }

    /// Removes an entry and returns its value. Cost: one lookup and one write.
    ///
    /// # Errors
    /// As [`MapMut::insert`].
    #[inline(always)]
    pub fn take<UQ: KeyRef<UK> + ?Sized>(&mut self, map_key: &UQ) -> Result<Option<UV>> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.take(at, map_key)
    }

    /// Removes an entry. Cost: one write; blind on an engine.
    ///
    /// # Errors
    /// As [`MapMut::insert`].
    #[inline(always)]
    pub fn remove<UQ: KeyRef<UK> + ?Sized>(&mut self, map_key: &UQ) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.remove(at, map_key)
    }

    /// Calls `f` on the value of a map key in place, on `init` if there is none, and returns what
    /// `f` returns. The key is cloned only then. Cost: on heap one lookup; on an engine one read
    /// and one write.
    ///
    /// # Errors
    /// As [`MapMut::insert`].
    #[inline(always)]
    pub fn modify<UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        map_key: &UQ,
        init: UV,
        f: impl FnOnce(&mut UV) -> R,
    ) -> Result<R> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.modify(at, map_key, init, f)
    }

    /// Calls `f` on the value of a map key or its absence; what it leaves is stored, `None`
    /// removes the entry. Returns what `f` returns.
    ///
    /// # Errors
    /// As [`MapMut::insert`].
    #[inline(always)]
    pub fn update<UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        map_key: &UQ,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.update(at, map_key, f)
    }

    /// Removes all entries. Cost: one range delete.
    ///
    /// # Errors
    /// As [`MapMut::insert`].
    #[inline(always)]
    pub fn clear(&mut self) -> Result<()> {
        let (table, at) = reach(&mut self.table, self.located)?;
        table.clear(at)
    }
}

macro_rules! debug {
    ($name:ident<$($param:ident : $bound:ident),+>) => {
        impl<'t, B, Q, $($param,)+ N> fmt::Debug for $name<'_, 't, B, Q, $($param,)+ N>
        where
            B: StateBackend + 't,
            Q: fmt::Debug + ?Sized,
            $($param: $bound,)+
            N: StateKey + fmt::Debug,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(self.located).finish()
            }
        }
    };
}

debug!(ValueMut<V: StateValue>);
debug!(ListMut<T: StateValue>);
debug!(MapMut<UK: StateKey, UV: StateValue>);
