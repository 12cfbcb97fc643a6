//! Addresses: a key, a namespace, and what the backend prepared from them once.

use std::fmt;

use crate::error::Result;
use crate::key::StateKey;

/// What a backend [makes of a key](crate::StateRead::prepare) once, to be reused by every state
/// touched under that key: a hash where values are Rust objects, an encoded key where they are
/// bytes.
pub trait Prepared: Sized {
    /// Adds a namespace to a prepared key.
    ///
    /// # Errors
    /// [`Codec`](crate::ErrorKind::Codec) when the `Serialize` of the namespace fails.
    fn in_namespace<N: StateKey>(&self, namespace: &N) -> Result<Self>;
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

impl<'k, Q: ?Sized, P: Prepared> Located<'k, Q, (), P> {
    #[inline]
    pub(crate) fn new(key: &'k Q, prepared: Result<P>) -> Self {
        Self {
            key,
            namespace: &(),
            prepared,
        }
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
        Located {
            key: self.key,
            namespace,
            prepared,
        }
    }
}

impl<Q: ?Sized, N, P> Located<'_, Q, N, P> {
    #[inline]
    pub(crate) fn address(&self) -> Result<Address<'_, Q, N, P>> {
        match &self.prepared {
            Ok(prepared) => Ok(Address {
                key: self.key,
                namespace: self.namespace,
                prepared,
            }),
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
