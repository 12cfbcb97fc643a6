//! Copies of addresses for what is out of line, and what comes of that.

use std::mem::needs_drop;

use state_api::key::RowHash;
use state_api::{Address, Error, KeyRef, Result};

/// Runs what is out of line on a copy of an address. The hash of the original then need not be in memory for the
/// path that does not get here.
#[expect(clippy::inline_always, reason = "a call would need the hash in memory")]
#[inline(always)]
pub(super) fn aside<Q: ?Sized, N, R>(
    at: Address<'_, Q, N, RowHash>,
    then: impl FnOnce(Address<'_, Q, N, RowHash>) -> R,
) -> R {
    let prepared = *at.prepared;
    then(Address {
        prepared: &prepared,
        ..at
    })
}

/// Bytes of a key and a namespace that are copied rather than kept in memory.
const SMALL_KEY: usize = 32;

/// Whether a value is at most so many bytes, and owns nothing.
pub(super) const fn is_plain<T>(bytes: usize) -> bool {
    !needs_drop::<T>() && size_of::<T>() <= bytes
}

/// [`aside`], also on copies of key and namespace if they are small and own nothing, so that those need not be in memory either.
#[expect(clippy::inline_always, reason = "as `aside`")]
#[inline(always)]
pub(super) fn apart<K, Q: KeyRef<K> + ?Sized, N: Clone, R>(
    at: Address<'_, Q, N, RowHash>,
    then: impl FnOnce(Address<'_, Q, N, RowHash>) -> R,
) -> R {
    if !is_plain::<(K, N)>(SMALL_KEY) {
        return aside(at, then);
    }
    let (key, namespace) = (at.key.to_key(), at.namespace.clone());
    let copy = Address {
        key: Q::from_key(&key),
        namespace: &namespace,
        prepared: at.prepared,
    };
    aside(copy, then)
}

/// What came of a write out of line.
///
/// A [`Result`] turned round: of one of those and that of the path in line the compiler makes one value of two words, of which
/// it then asks on both paths whether it went well. With the words the other way round it has to take it apart.
pub(super) enum Outcome<R> {
    Failed(Error),
    Done(R),
}

impl<R> Outcome<R> {
    #[inline]
    pub(super) fn into_result(self) -> Result<R> {
        match self {
            Self::Failed(error) => Err(error),
            Self::Done(result) => Ok(result),
        }
    }
}

impl<R> From<Result<R>> for Outcome<R> {
    fn from(result: Result<R>) -> Self {
        match result {
            Err(error) => Self::Failed(error),
            Ok(result) => Self::Done(result),
        }
    }
}
