//! Reading: one trait for live backends and frozen views, so that code which reads runs on both.

mod cursor;
mod table;

pub use cursor::{ListAt, MapAt, MapRange, ReadAt, ValueAt};
pub use table::{ReadList, ReadMap, ReadTable, ReadValue};

use crate::error::Result;
use crate::guard::Ref;
use crate::handle::{List, Map, StateValue, Value};
use crate::key::{KeyRef, StateKey};
use crate::key_group::KeyGroups;
use crate::row::StateMeta;

use crate::address::{Located, Prepared};

/// Typed reads of keyed state.
///
/// # Laws
/// 1. An absent key, an empty list and an empty map read alike: `None`, length 0, no entries.
///    Absence is never an error.
/// 2. A read sees every earlier write through the same backend; a view sees those before its
///    freeze and none after.
/// 3. Map entries come in the order of their encoded keys, list elements in order of appending.
/// 4. A key outside the owned key groups is refused with
///    [`OutOfRange`](crate::ErrorKind::OutOfRange); a handle of other types than the state's, or
///    of no state here, with [`Mismatch`](crate::ErrorKind::Mismatch).
/// 5. The value of a key or of a map key, and whether a map has one, is at most one read of an engine.
///
/// ```
/// use state_api::{Result, StateRead, Value};
///
/// /// Runs on a live backend and on a view alike.
/// fn average<R: StateRead<Key = String>>(
///     state: &R,
///     sum: Value<f64>,
///     count: Value<u64>,
///     sensor: &str,
/// ) -> Result<Option<f64>> {
///     let at = state.at(sensor); // hashed or encoded once
///     let (Some(sum), Some(count)) = (at.value(sum).get()?, at.value(count).get()?) else {
///         return Ok(None);
///     };
///     Ok(Some(*sum / *count as f64))
/// }
/// ```
pub trait StateRead {
    /// The key type of the whole backend.
    type Key: StateKey;

    /// What [`StateRead::prepare`] returns.
    type Prepared: Prepared;

    /// Table of a value state, for shared reading.
    type ValueRead<'r, V: StateValue, N: StateKey>: ReadValue<'r, Self::Key, N, V, Prepared = Self::Prepared>
    where
        Self: 'r;

    /// Table of a list state, for shared reading.
    type ListRead<'r, T: StateValue, N: StateKey>: ReadList<'r, Self::Key, N, T, Prepared = Self::Prepared>
    where
        Self: 'r;

    /// Table of a map state, for shared reading.
    type MapRead<'r, UK: StateKey, UV: StateValue, N: StateKey>: ReadMap<'r, Self::Key, N, UK, UV, Prepared = Self::Prepared>
    where
        Self: 'r;

    /// The key groups that are owned: keys of others are refused.
    fn key_groups(&self) -> KeyGroups;

    /// What this backend makes of a key once, for all states that are touched under it. Cursors call
    /// it.
    ///
    /// A key of a key group that is not owned is refused here, or by every access of the table that
    /// it is given to.
    ///
    /// # Errors
    /// [`OutOfRange`](crate::ErrorKind::OutOfRange) for such a key;
    /// [`Codec`](crate::ErrorKind::Codec) when its `Serialize` fails.
    fn prepare<Q: KeyRef<Self::Key> + ?Sized>(&self, key: &Q) -> Result<Self::Prepared>;

    /// All states, registered or only carried along, ascending by name.
    fn states(&self) -> Vec<StateMeta>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when the handle does not fit.
    fn value_read<V: StateValue, N: StateKey>(
        &self,
        handle: Value<V, N>,
    ) -> Result<Self::ValueRead<'_, V, N>>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when the handle does not fit.
    fn list_read<T: StateValue, N: StateKey>(
        &self,
        handle: List<T, N>,
    ) -> Result<Self::ListRead<'_, T, N>>;

    /// The table behind a handle.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when the handle does not fit.
    fn map_read<UK: StateKey, UV: StateValue, N: StateKey>(
        &self,
        handle: Map<UK, UV, N>,
    ) -> Result<Self::MapRead<'_, UK, UV, N>>;

    /// A cursor for reading the state of `key`, in any borrowed form: `&str` for a `String` key,
    /// `&[u8]` for a `Vec<u8>`. The key is hashed or encoded here, once.
    ///
    /// What the cursor reads outlives it: only the backend or view stays borrowed.
    #[inline]
    fn at<'r, 'k, Q>(&'r self, key: &'k Q) -> ReadAt<'r, 'k, Self, Q>
    where
        Q: KeyRef<Self::Key> + ?Sized,
        Self: Sized,
    {
        ReadAt::new(self, Located::new(key, self.prepare(key)))
    }

    /// The values of many keys, in the order of the keys: as [`get`](ReadValue::get) of each, in one
    /// request where the engine has one.
    ///
    /// ```
    /// use state_api::{Result, StateRead, Value};
    ///
    /// fn sum<R: StateRead<Key = String>>(state: &R, total: Value<i64>, customers: &[&str]) -> Result<i64> {
    ///     let found = state.get_many(total, customers.iter().copied())?;
    ///     Ok(found.into_iter().flatten().map(|total| *total).sum())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`StateRead::value_read`], and those of a `get`, at the first key that meets one.
    fn get_many<'k, V, Q>(
        &self,
        handle: Value<V>,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> Result<Vec<Option<Ref<'_, V>>>>
    where
        V: StateValue,
        Q: KeyRef<Self::Key> + ?Sized + 'k,
        Self: Sized,
    {
        let keys = keys.into_iter();
        keys.map(|key| self.at(key).value(handle).get()).collect()
    }

    /// The keys and namespaces that have state under `handle`, each pair once, in no particular
    /// order.
    ///
    /// Cost: in proportion to the rows of the state; lazy.
    ///
    /// # Errors
    /// As [`StateRead::value_read`], then as the iterator's items: what decoding and the engine
    /// may meet.
    fn keys<H: ReadableHandle>(
        &self,
        handle: H,
    ) -> Result<impl Iterator<Item = Result<(Ref<'_, Self::Key>, Ref<'_, H::Namespace>)>>>
    where
        Self: Sized,
    {
        handle.table(self)?.keys()
    }

    /// Number of pairs of key and namespace that have state under `handle`.
    ///
    /// Cost: see [`Capability::constant_time_count`](crate::Capability::constant_time_count);
    /// otherwise in proportion to the rows of the state.
    ///
    /// # Errors
    /// As [`StateRead::keys`].
    fn key_count<H: ReadableHandle>(&self, handle: H) -> Result<u64>
    where
        Self: Sized,
    {
        handle.table(self)?.key_count()
    }
}

/// A handle of any kind, for what all kinds have in common.
pub trait ReadableHandle: Copy {
    /// The namespace type of the state.
    type Namespace: StateKey;

    /// The table behind the handle.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) when the handle does not fit.
    fn table<R: StateRead>(self, state: &R) -> Result<impl ReadTable<'_, R::Key, Self::Namespace>>;
}

impl<V: StateValue, N: StateKey> ReadableHandle for Value<V, N> {
    type Namespace = N;

    fn table<R: StateRead>(self, state: &R) -> Result<impl ReadTable<'_, R::Key, N>> {
        state.value_read(self)
    }
}

impl<T: StateValue, N: StateKey> ReadableHandle for List<T, N> {
    type Namespace = N;

    fn table<R: StateRead>(self, state: &R) -> Result<impl ReadTable<'_, R::Key, N>> {
        state.list_read(self)
    }
}

impl<UK: StateKey, UV: StateValue, N: StateKey> ReadableHandle for Map<UK, UV, N> {
    type Namespace = N;

    fn table<R: StateRead>(self, state: &R) -> Result<impl ReadTable<'_, R::Key, N>> {
        state.map_read(self)
    }
}
