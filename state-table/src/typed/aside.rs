//! Copies of addresses, for what is out of line.

use std::mem::needs_drop;

use state_api::key::RowHash;
use state_api::{Address, KeyRef};

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

/// [`aside`], also on copies of key and namespace if they are small and own nothing, so that those need not be in memory either.
#[expect(clippy::inline_always, reason = "as `aside`")]
#[inline(always)]
pub(super) fn apart<K, Q: KeyRef<K> + ?Sized, N: Clone, R>(
    at: Address<'_, Q, N, RowHash>,
    then: impl FnOnce(Address<'_, Q, N, RowHash>) -> R,
) -> R {
    if needs_drop::<(K, N)>() || size_of::<(K, N)>() > SMALL_KEY {
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
