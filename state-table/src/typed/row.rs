//! Rows of typed tables.

use state_api::key::RowHash;
use state_api::{Address, KeyRef, Result, StateKey};

use crate::row::Row;

/// A row: key, namespace, and the state under them.
#[derive(Clone, Debug)]
pub struct KeyedRow<K, N, X> {
    /// The key.
    pub key: K,
    /// The namespace.
    pub namespace: N,
    /// Value, list or map.
    pub state: X,
}

impl<K: StateKey, N: StateKey, X> KeyedRow<K, N, X> {
    /// A row at an address: clones the key and the namespace.
    #[inline]
    pub(crate) fn at<Q: KeyRef<K> + ?Sized>(at: Address<'_, Q, N, RowHash>, state: X) -> Self {
        Self {
            key: at.key.to_key(),
            namespace: at.namespace.clone(),
            state,
        }
    }

    /// Whether the row lies at an address. Takes key and namespace out of it, so that a call of what it is given to
    /// does not need the address, with the hash, in memory.
    #[inline]
    pub(crate) fn is_at<Q: KeyRef<K> + ?Sized>(
        at: Address<'_, Q, N, RowHash>,
    ) -> impl Fn(&Self) -> bool + Copy + use<'_, K, N, X, Q> {
        let Address { key, namespace, .. } = at;
        move |row| Q::from_key(&row.key) == key && row.namespace == *namespace
    }

    /// The hash of the row.
    ///
    /// # Errors
    /// When the `Serialize` of key or namespace fails.
    pub fn row_hash(&self) -> Result<RowHash> {
        Self::hash_of(&self.key, &self.namespace)
    }

    /// The hash of the row of a key and namespace.
    ///
    /// # Errors
    /// As [`KeyedRow::row_hash`].
    pub fn hash_of(key: &K, namespace: &N) -> Result<RowHash> {
        RowHash::of(key)?.chain(namespace)
    }
}

impl<K: StateKey, N: StateKey, X: Clone> Row for KeyedRow<K, N, X> {
    #[inline]
    fn hash(&self) -> u64 {
        // Key and namespace were hashed when the row was addressed. A `Serialize` that fails the
        // second time breaks the law of `StateKey`; its row is then not found any more.
        self.row_hash().map_or(0, RowHash::get)
    }
}
