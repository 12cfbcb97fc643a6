//! Tables for writing: what a backend implements, one trait per kind of state.

use crate::address::Address;
use crate::error::Result;
use crate::guard::Ref;
use crate::key::KeyRef;
use crate::read::{ReadList, ReadMap};

/// Writes a value state.
pub trait WriteValue<'t, K: 't, N: 't, V: 't>: Sized {
    /// See [`StateRead::Prepared`](crate::StateRead::Prepared).
    type Prepared;

    /// The value, or `None`. Consumes the table, so that the guard lives as long as the borrow of
    /// the backend, and so that a cache can fill itself on a miss.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, Self::Prepared>,
    ) -> Result<Option<Ref<'t, V>>>;

    /// Sets the value. Blind: reads nothing on an engine.
    ///
    /// # Errors
    /// What encoding and the engine may meet.
    fn put<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        value: V,
    ) -> Result<()>;

    /// Removes the value and returns it.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn take<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
    ) -> Result<Option<V>>;

    /// Calls `f` on the value in place, on `init` if there is none.
    ///
    /// # Errors
    /// What the codec and the engine may meet.
    fn modify<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        init: V,
        f: impl FnOnce(&mut V) -> R,
    ) -> Result<R>;

    /// Calls `f` on the value or its absence; what it leaves is stored, `None` clears.
    ///
    /// # Errors
    /// What the codec and the engine may meet.
    fn update<Q: KeyRef<K> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R>;

    /// Removes the value. Blind: reads nothing on an engine.
    ///
    /// # Errors
    /// What the engine may meet.
    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, Self::Prepared>)
    -> Result<()>;
}

/// Writes a list state.
pub trait WriteList<'t, K: 't, N: 't, T: 't>: Sized + 't {
    /// See [`StateRead::Prepared`](crate::StateRead::Prepared).
    type Prepared;

    /// The same table for reading.
    type Read<'s>: ReadList<'s, K, N, T, Prepared = Self::Prepared>
    where
        Self: 's,
        K: 's,
        N: 's,
        T: 's;

    /// The table for reading, for a while.
    ///
    /// # Errors
    /// [`Poisoned`](crate::ErrorKind::Poisoned), also when the table was resolved before the panic; here, or from what is
    /// read.
    fn read(&self) -> Result<Self::Read<'_>>;

    /// The table for reading, for good: what it returns lives as long as the borrow of the backend.
    ///
    /// # Errors
    /// As `read`.
    fn into_read(self) -> Result<Self::Read<'t>>;

    /// Appends elements: all, or none when one is refused. O(1) amortised for each, and the memory
    /// of a few elements; reads nothing on an engine, or one row that it writes anew. An iterator that
    /// panics poisons.
    ///
    /// # Errors
    /// What encoding and the engine may meet.
    fn extend<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()>;

    /// Makes `elements` the whole list, or leaves the old one when one is refused; an empty one
    /// clears. Blind, as `extend`. An iterator that panics poisons.
    ///
    /// # Errors
    /// What encoding and the engine may meet.
    fn replace<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<()>;

    /// Removes all elements. Reads nothing on an engine with a range delete.
    ///
    /// # Errors
    /// What the engine may meet.
    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, Self::Prepared>)
    -> Result<()>;
}

/// Writes a map state.
pub trait WriteMap<'t, K: 't, N: 't, UK: 't, UV: 't>: Sized + 't {
    /// See [`StateRead::Prepared`](crate::StateRead::Prepared).
    type Prepared;

    /// The same table for reading.
    type Read<'s>: ReadMap<'s, K, N, UK, UV, Prepared = Self::Prepared>
    where
        Self: 's,
        K: 's,
        N: 's,
        UK: 's,
        UV: 's;

    /// The table for reading, for a while.
    ///
    /// # Errors
    /// [`Poisoned`](crate::ErrorKind::Poisoned), also when the table was resolved before the panic; here, or from what is
    /// read.
    fn read(&self) -> Result<Self::Read<'_>>;

    /// The value of a map key. Consumes the table, so that the guard lives as long as the borrow
    /// of the backend, and so that a cache can fill itself on a miss.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: &UQ,
    ) -> Result<Option<Ref<'t, UV>>>;

    /// The table for reading, for good: what it returns lives as long as the borrow of the backend.
    ///
    /// # Errors
    /// As `read`.
    fn into_read(self) -> Result<Self::Read<'t>>;

    /// Sets the value of a map key. Blind: reads nothing on an engine.
    ///
    /// # Errors
    /// What encoding and the engine may meet.
    fn insert<Q: KeyRef<K> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: UK,
        value: UV,
    ) -> Result<()>;

    /// Removes an entry and returns its value.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn take<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: &UQ,
    ) -> Result<Option<UV>>;

    /// Removes an entry. Blind: reads nothing on an engine.
    ///
    /// # Errors
    /// What the engine may meet.
    fn remove<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: &UQ,
    ) -> Result<()>;

    /// Calls `f` on the value of a map key in place, on `init` if there is none. The key is cloned
    /// only then.
    ///
    /// # Errors
    /// What the codec and the engine may meet.
    fn modify<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: &UQ,
        init: UV,
        f: impl FnOnce(&mut UV) -> R,
    ) -> Result<R>;

    /// Calls `f` on the value of a map key or its absence; what it leaves is stored, `None`
    /// removes the entry.
    ///
    /// # Errors
    /// What the codec and the engine may meet.
    fn update<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
        &mut self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: &UQ,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R>;

    /// Removes all entries. Reads nothing on an engine with a range delete.
    ///
    /// # Errors
    /// What the engine may meet.
    fn clear<Q: KeyRef<K> + ?Sized>(&mut self, at: Address<'_, Q, N, Self::Prepared>)
    -> Result<()>;
}
