//! Cursors for shared reading.

#![expect(
    clippy::inline_always,
    reason = "each is a call of what does the work; left to itself, the compiler builds the accessor in memory for it"
)]

use std::fmt;
use std::ops::{Bound, RangeBounds};

use super::{ReadList, ReadMap, ReadValue, StateRead};
use crate::address::Located;
use crate::error::Result;
use crate::guard::Ref;
use crate::handle::{List, Map, StateValue, Value};
use crate::key::{KeyRef, StateKey};

/// A cursor at one key (and namespace) of a backend or view, for reading: see [`StateRead::at`].
pub struct ReadAt<'r, 'k, R: StateRead, Q: ?Sized, N = ()> {
    state: &'r R,
    located: Located<'k, Q, N, R::Prepared>,
}

impl<'r, 'k, R: StateRead, Q: KeyRef<R::Key> + ?Sized> ReadAt<'r, 'k, R, Q> {
    #[inline(always)]
    pub(super) fn new(state: &'r R, located: Located<'k, Q, (), R::Prepared>) -> Self {
        Self { state, located }
    }

    /// The same key in a namespace.
    #[inline(always)]
    pub fn in_namespace<'n, N: StateKey>(&self, namespace: &'n N) -> ReadAt<'r, 'n, R, Q, N>
    where
        'k: 'n,
    {
        ReadAt {
            state: self.state,
            located: self.located.in_namespace(namespace),
        }
    }
}

impl<'r, R: StateRead, Q: KeyRef<R::Key> + ?Sized, N: StateKey> ReadAt<'r, '_, R, Q, N> {
    /// A value state of this key.
    #[inline(always)]
    pub fn value<V: StateValue>(&self, handle: Value<V, N>) -> ValueAt<'_, 'r, R, Q, V, N> {
        ValueAt {
            table: self.state.value_read(handle),
            located: &self.located,
        }
    }

    /// A list state of this key.
    #[inline(always)]
    pub fn list<T: StateValue>(&self, handle: List<T, N>) -> ListAt<'_, 'r, R, Q, T, N> {
        ListAt {
            table: self.state.list_read(handle),
            located: &self.located,
        }
    }

    /// A map state of this key.
    #[inline(always)]
    pub fn map<UK: StateKey, UV: StateValue>(
        &self,
        handle: Map<UK, UV, N>,
    ) -> MapAt<'_, 'r, R, Q, UK, UV, N> {
        MapAt {
            table: self.state.map_read(handle),
            located: &self.located,
        }
    }
}

impl<R: StateRead, Q: fmt::Debug + ?Sized, N: fmt::Debug> fmt::Debug for ReadAt<'_, '_, R, Q, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadAt").field(&self.located).finish()
    }
}

/// A value state of one key, for reading. What it returns lives as long as the borrow of the
/// backend or view.
pub struct ValueAt<'c, 'r, R: StateRead + 'r, Q: ?Sized, V: StateValue, N: StateKey> {
    table: Result<R::ValueRead<'r, V, N>>,
    located: &'c Located<'c, Q, N, R::Prepared>,
}

impl<'r, R, Q, V, N> ValueAt<'_, 'r, R, Q, V, N>
where
    R: StateRead + 'r,
    Q: KeyRef<R::Key> + ?Sized,
    V: StateValue,
    N: StateKey,
{
    /// The value, or `None`. Cost: one lookup; nothing is cloned on heap, one value is decoded on
    /// an engine.
    ///
    /// # Errors
    /// As the [laws](StateRead#laws) say, and what the engine may meet.
    #[inline(always)]
    pub fn get(self) -> Result<Option<Ref<'r, V>>> {
        self.table?.get(self.located.address()?)
    }
}

/// A list state of one key, for reading. What it returns lives as long as the borrow of the
/// backend or view.
pub struct ListAt<'c, 'r, R: StateRead + 'r, Q: ?Sized, T: StateValue, N: StateKey> {
    table: Result<R::ListRead<'r, T, N>>,
    located: &'c Located<'c, Q, N, R::Prepared>,
}

impl<'r, R, Q, T, N> ListAt<'_, 'r, R, Q, T, N>
where
    R: StateRead + 'r,
    Q: KeyRef<R::Key> + ?Sized,
    T: StateValue,
    N: StateKey,
{
    /// The elements in order of appending. Lazy: holds one chunk at most.
    ///
    /// # Errors
    /// As the [laws](StateRead#laws) say, and what the engine may meet.
    #[inline(always)]
    pub fn iter(self) -> Result<<R::ListRead<'r, T, N> as ReadList<'r, R::Key, N, T>>::Iter> {
        self.table?.iter(self.located.address()?)
    }

    /// Number of elements. Cost: constant on heap, one pass over the chunks on an engine.
    ///
    /// # Errors
    /// As [`ListAt::iter`].
    #[inline(always)]
    pub fn len(self) -> Result<u64> {
        self.table?.len(self.located.address()?)
    }

    /// Whether there is no element. Cost: one lookup.
    ///
    /// # Errors
    /// As [`ListAt::iter`].
    #[inline(always)]
    pub fn is_empty(self) -> Result<bool> {
        self.table?.is_empty(self.located.address()?)
    }
}

/// A map state of one key, for reading. What it returns lives as long as the borrow of the
/// backend or view.
pub struct MapAt<'c, 'r, R, Q, UK, UV, N>
where
    R: StateRead + 'r,
    Q: ?Sized,
    UK: StateKey,
    UV: StateValue,
    N: StateKey,
{
    table: Result<R::MapRead<'r, UK, UV, N>>,
    located: &'c Located<'c, Q, N, R::Prepared>,
}

/// The iterator over a range of a map state.
pub type MapRange<'r, R, UK, UV, N> = <<R as StateRead>::MapRead<'r, UK, UV, N> as ReadMap<
    'r,
    <R as StateRead>::Key,
    N,
    UK,
    UV,
>>::Range;

impl<'r, R, Q, UK, UV, N> MapAt<'_, 'r, R, Q, UK, UV, N>
where
    R: StateRead + 'r,
    Q: KeyRef<R::Key> + ?Sized,
    UK: StateKey,
    UV: StateValue,
    N: StateKey,
{
    /// The value of a map key, in any borrowed form, or `None`. Cost: one lookup.
    ///
    /// # Errors
    /// As the [laws](StateRead#laws) say, and what the engine may meet.
    #[inline(always)]
    pub fn get<UQ: KeyRef<UK> + ?Sized>(self, map_key: &UQ) -> Result<Option<Ref<'r, UV>>> {
        self.table?.get(self.located.address()?, map_key)
    }

    /// Whether the map key is there. Cost: one lookup, nothing decoded.
    ///
    /// # Errors
    /// As [`MapAt::get`].
    #[inline(always)]
    pub fn contains<UQ: KeyRef<UK> + ?Sized>(self, map_key: &UQ) -> Result<bool> {
        self.table?.contains(self.located.address()?, map_key)
    }

    /// Number of entries. Cost: constant on heap, one pass over the entries on an engine.
    ///
    /// # Errors
    /// As [`MapAt::get`].
    #[inline(always)]
    pub fn len(self) -> Result<u64> {
        self.table?.len(self.located.address()?)
    }

    /// Whether there is no entry. Cost: one lookup.
    ///
    /// # Errors
    /// As [`MapAt::get`].
    #[inline(always)]
    pub fn is_empty(self) -> Result<bool> {
        self.table?.is_empty(self.located.address()?)
    }

    /// All entries, in order of their keys; from both ends. Lazy.
    ///
    /// # Errors
    /// As [`MapAt::get`].
    #[inline(always)]
    pub fn iter(self) -> Result<MapRange<'r, R, UK, UV, N>> {
        self.table?
            .range::<Q, UK>(self.located.address()?, Bound::Unbounded, Bound::Unbounded)
    }

    /// The entries whose keys lie in `range`, in order; from both ends. Lazy. Bounds that cross
    /// give an empty range.
    ///
    /// # Errors
    /// As [`MapAt::get`].
    #[inline(always)]
    pub fn range<UQ: KeyRef<UK> + ?Sized>(
        self,
        range: impl RangeBounds<UQ>,
    ) -> Result<MapRange<'r, R, UK, UV, N>> {
        self.table?.range(
            self.located.address()?,
            range.start_bound(),
            range.end_bound(),
        )
    }

    /// The entry with the smallest key. Cost: one lookup.
    ///
    /// # Errors
    /// As [`MapAt::get`].
    #[inline(always)]
    pub fn first(self) -> Result<Option<(Ref<'r, UK>, Ref<'r, UV>)>> {
        self.iter()?.next().transpose()
    }

    /// The entry with the largest key. Cost: one lookup.
    ///
    /// # Errors
    /// As [`MapAt::get`].
    #[inline(always)]
    pub fn last(self) -> Result<Option<(Ref<'r, UK>, Ref<'r, UV>)>> {
        self.iter()?.next_back().transpose()
    }
}

macro_rules! debug {
    ($name:ident<$($param:ident : $bound:ident),+>) => {
        impl<'r, R, Q, $($param,)+ N> fmt::Debug for $name<'_, 'r, R, Q, $($param,)+ N>
        where
            R: StateRead + 'r,
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

debug!(ValueAt<V: StateValue>);
debug!(ListAt<T: StateValue>);
debug!(MapAt<UK: StateKey, UV: StateValue>);
