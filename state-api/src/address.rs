//! Addresses: a key, a namespace, and what the backend prepared from them once.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;

use crate::error::Result;
use crate::key::StateKey;
use crate::key_group::{KeyGroups, KeyHash};

/// What a backend computes from a key once, to be reused by every state touched under that key: a
/// hash where values are Rust objects, an encoded key where they are bytes.
pub trait Prepared: Sized {
    /// Prepares a key.
    ///
    /// # Errors
    /// [`OutOfRange`](crate::ErrorKind::OutOfRange) when the key belongs to a key group outside
    /// `groups`; [`Codec`](crate::ErrorKind::Codec) when its `Serialize` fails.
    fn key<Q: Serialize + ?Sized>(groups: KeyGroups, key: &Q) -> Result<Self>;

    /// Adds a namespace to a prepared key.
    ///
    /// # Errors
    /// [`Codec`](crate::ErrorKind::Codec) when the `Serialize` of the namespace fails.
    fn in_namespace<N: StateKey>(&self, namespace: &N) -> Result<Self>;
}

/// The hash of a key, mixed with that of a namespace: what an in-memory table needs to find a row.
///
/// The upper 16 bits are those of the key alone, so rows still lie in key-group order; the lower
/// 48 depend on both, so that one key with many namespaces spreads out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowHash(u64);

impl RowHash {
    const KEY_BITS: u64 = 0xffff << 48;

    /// The hash of a row in the namespace `()`: that of its key.
    #[inline]
    pub fn of_key(key: KeyHash) -> Self {
        Self(key.0)
    }

    /// The hash of a row in `namespace`.
    ///
    /// # Errors
    /// [`Codec`](crate::ErrorKind::Codec) when the `Serialize` of the namespace fails.
    #[inline]
    pub fn with_namespace<N: Serialize + ?Sized>(self, namespace: &N) -> Result<Self> {
        let chained = KeyHash(self.0).chain(namespace)?;
        Ok(Self((self.0 & Self::KEY_BITS) | (chained.0 & !Self::KEY_BITS)))
    }

    /// The hashes that rows of the owned keys can have: one interval, at most one part in 65,536
    /// wider at each end than that of the keys.
    pub fn of_groups(groups: KeyGroups) -> RangeInclusive<u64> {
        let (first, last) = groups.hashes().into_inner();
        first & Self::KEY_BITS..=last | !Self::KEY_BITS
    }

    /// The smallest hash that the key of a row with the hash `row` can have.
    pub fn first_key(row: u64) -> KeyHash {
        KeyHash(row & Self::KEY_BITS)
    }

    /// The 64 bits.
    #[inline]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl Prepared for RowHash {
    #[inline]
    fn key<Q: Serialize + ?Sized>(groups: KeyGroups, key: &Q) -> Result<Self> {
        let hash = KeyHash::of(key)?;
        groups.check(hash)?;
        Ok(Self::of_key(hash))
    }

    #[inline]
    fn in_namespace<N: StateKey>(&self, namespace: &N) -> Result<Self> {
        self.with_namespace(namespace)
    }
}

/// Where an access goes: passed by cursors to the tables of a backend.
pub struct Address<'k, Q: ?Sized, N, P> {
    /// The key, in any borrowed form.
    pub key: &'k Q,
    /// The namespace.
    pub namespace: &'k N,
    /// What the backend made of both.
    pub prepared: &'k P,
}

impl<Q: ?Sized, N, P> Clone for Address<'_, Q, N, P> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q: ?Sized, N, P> Copy for Address<'_, Q, N, P> {}

impl<Q: fmt::Debug + ?Sized, N: fmt::Debug, P> fmt::Debug for Address<'_, Q, N, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("key", &self.key)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// A key and a namespace with their preparation: what every cursor is made of. A failed
/// preparation is kept, and returned by the first access.
pub(crate) struct Located<'k, Q: ?Sized, N, P> {
    pub(crate) key: &'k Q,
    pub(crate) namespace: &'k N,
    pub(crate) prepared: Result<P>,
}

impl<'k, Q: Serialize + ?Sized, P: Prepared> Located<'k, Q, (), P> {
    #[inline]
    pub(crate) fn new(groups: KeyGroups, key: &'k Q) -> Self {
        Self { key, namespace: &(), prepared: P::key(groups, key) }
    }

    #[inline]
    pub(crate) fn in_namespace<'n, N: StateKey>(&self, namespace: &'n N) -> Located<'n, Q, N, P>
    where
        'k: 'n,
    {
        let prepared = match &self.prepared {
            Ok(prepared) => prepared.in_namespace(namespace),
            Err(error) => Err(error.clone()),
        };
        Located { key: self.key, namespace, prepared }
    }
}

impl<Q: ?Sized, N, P> Located<'_, Q, N, P> {
    #[inline]
    pub(crate) fn address(&self) -> Result<Address<'_, Q, N, P>> {
        match &self.prepared {
            Ok(prepared) => {
                Ok(Address { key: self.key, namespace: self.namespace, prepared })
            }
            Err(error) => Err(error.clone()),
        }
    }
}

impl<Q: fmt::Debug + ?Sized, N: fmt::Debug, P> fmt::Debug for Located<'_, Q, N, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Located")
            .field("key", &self.key)
            .field("namespace", &self.namespace)
            .field("error", &self.prepared.as_ref().err())
            .finish_non_exhaustive()
    }
}
