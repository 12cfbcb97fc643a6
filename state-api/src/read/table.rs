//! Tables for shared reading: what a backend or view implements, one trait per kind of state.
//!
//! A table is a `Copy` reference; what it returns lives for `'r`, the borrow of the backend or
//! view, and not for the shorter life of key, namespace or cursor.

use std::ops::Bound;

use crate::address::Address;
use crate::error::Result;
use crate::guard::Ref;
use crate::key::KeyRef;

/// What the tables of all kinds have in common.
pub trait ReadTable<'r, K: 'r, N: 'r>: Copy {
    /// Iterator of [`ReadTable::keys`].
    type Keys: Iterator<Item = Result<(Ref<'r, K>, Ref<'r, N>)>> + 'r;

    /// See [`StateRead::keys`](crate::StateRead::keys).
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn keys(self) -> Result<Self::Keys>;

    /// See [`StateRead::key_count`](crate::StateRead::key_count).
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn key_count(self) -> Result<u64>;
}

/// Reads a value state.
pub trait ReadValue<'r, K: 'r, N: 'r, V: 'r>: ReadTable<'r, K, N> {
    /// See [`StateRead::Prepared`](crate::StateRead::Prepared).
    type Prepared;

    /// The value, or `None`. Cost: one lookup.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, Self::Prepared>,
    ) -> Result<Option<Ref<'r, V>>>;
}

/// Reads a list state.
pub trait ReadList<'r, K: 'r, N: 'r, T: 'r>: ReadTable<'r, K, N> {
    /// See [`StateRead::Prepared`](crate::StateRead::Prepared).
    type Prepared;

    /// Iterator of [`ReadList::iter`]; lazy: holds one chunk at most.
    type Iter: Iterator<Item = Result<Ref<'r, T>>> + 'r;

    /// The elements in order of appending; none for an absent key.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn iter<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, Self::Prepared>,
    ) -> Result<Self::Iter>;

    /// Number of elements; 0 for an absent key.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn len<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, Self::Prepared>) -> Result<u64>;

    /// Whether there is no element. Cost: one lookup.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn is_empty<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, Self::Prepared>)
    -> Result<bool>;
}

/// Reads a map state.
pub trait ReadMap<'r, K: 'r, N: 'r, UK: 'r, UV: 'r>: ReadTable<'r, K, N> {
    /// See [`StateRead::Prepared`](crate::StateRead::Prepared).
    type Prepared;

    /// Iterator of [`ReadMap::range`]; lazy, from both ends.
    type Range: DoubleEndedIterator<Item = Result<(Ref<'r, UK>, Ref<'r, UV>)>> + 'r;

    /// The value of a map key, or `None`. Cost: one lookup.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: &UQ,
    ) -> Result<Option<Ref<'r, UV>>>;

    /// Whether the map key is there. Cost: one lookup, nothing decoded.
    ///
    /// # Errors
    /// What the engine may meet.
    fn contains<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, Self::Prepared>,
        map_key: &UQ,
    ) -> Result<bool>;

    /// Number of entries. Cost: constant on heap, in proportion to the entries on an engine.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn len<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, Self::Prepared>) -> Result<u64>;

    /// Whether there is no entry. Cost: one lookup.
    ///
    /// # Errors
    /// What the engine may meet.
    fn is_empty<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, Self::Prepared>)
    -> Result<bool>;

    /// The entries between two bounds, in order of their keys. Bounds that cross give an empty
    /// range, not a panic.
    ///
    /// # Errors
    /// What decoding and the engine may meet.
    fn range<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, Self::Prepared>,
        from: Bound<&UQ>,
        to: Bound<&UQ>,
    ) -> Result<Self::Range>;
}
