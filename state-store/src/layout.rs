//! The key layout: how an address becomes the key of an engine's row.
//!
//! `key group (u16, big-endian) | key | namespace | tail`, where the tail is nothing for a value,
//! the chunk number (u64, big-endian) for a list chunk, the encoded map key for a map entry. All
//! parts are self-delimiting, so the rows of one key group, one key, or one key and namespace are
//! contiguous, and a range of key groups is one range of keys.

use std::ops::Bound;

use serde::Serialize;
use smallvec::SmallVec;
use state_api::key::{encode, prefix_end};
use state_api::{Error, ErrorKind, KeyGroups, KeyHash, Prepared, Result, StateKey};

/// Version of the layout. Stored in every directory; another version is refused.
pub(crate) const VERSION: u32 = 1;

/// A key of an engine: on the stack up to 64 bytes, so that most accesses allocate nothing.
pub(crate) type KeyBytes = SmallVec<[u8; 64]>;

/// The front of the keys of all rows of one key and namespace: what the adapter prepares from a
/// key once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPrefix(KeyBytes);

impl RowPrefix {
    /// The front of the rows of a key in the namespace `()`, which adds nothing.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfRange`] for a key outside `groups`; [`ErrorKind::Codec`] when its
    /// `Serialize` fails.
    #[inline]
    pub(crate) fn of<Q: Serialize + ?Sized>(groups: KeyGroups, key: &Q) -> Result<Self> {
        let hash = KeyHash::of(key)?;
        groups.check(hash)?;
        let mut bytes = KeyBytes::from_slice(&groups.group_of(hash).to_be_bytes());
        encode(key, &mut bytes)?;
        Ok(Self(bytes))
    }

    /// The bytes: key group, key, namespace.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key of the list chunk `number` below this prefix.
    #[inline]
    pub(crate) fn chunk(&self, number: u64) -> KeyBytes {
        let mut bytes = self.0.clone();
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes
    }

    /// The key of the map entry `map_key` below this prefix.
    #[inline]
    pub(crate) fn map_entry<UQ: Serialize + ?Sized>(&self, map_key: &UQ) -> Result<KeyBytes> {
        let mut bytes = self.0.clone();
        encode(map_key, &mut bytes)?;
        Ok(bytes)
    }

    /// The range of all rows below this prefix.
    pub(crate) fn rows(&self) -> RowRange {
        RowRange {
            from: Bound::Included(self.0.clone()),
            to: match prefix_end(&self.0) {
                Some(end) => Bound::Excluded(SmallVec::from_vec(end)),
                None => Bound::Unbounded,
            },
        }
    }

    /// The range of the map entries between two bounds.
    pub(crate) fn map_range<UQ: Serialize + ?Sized>(
        &self,
        from: Bound<&UQ>,
        to: Bound<&UQ>,
    ) -> Result<RowRange> {
        let all = self.rows();
        Ok(RowRange {
            from: match from {
                Bound::Included(key) => Bound::Included(self.map_entry(key)?),
                Bound::Excluded(key) => Bound::Excluded(self.map_entry(key)?),
                Bound::Unbounded => all.from,
            },
            to: match to {
                Bound::Included(key) => Bound::Included(self.map_entry(key)?),
                Bound::Excluded(key) => Bound::Excluded(self.map_entry(key)?),
                Bound::Unbounded => all.to,
            },
        })
    }
}

impl Prepared for RowPrefix {
    #[inline]
    fn in_namespace<N: StateKey>(&self, namespace: &N) -> Result<Self> {
        let mut bytes = self.0.clone();
        encode(namespace, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// A range of engine keys.
#[derive(Clone, Debug)]
pub(crate) struct RowRange {
    from: Bound<KeyBytes>,
    to: Bound<KeyBytes>,
}

impl RowRange {
    pub(crate) fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (
            self.from.as_ref().map(|key| &key[..]),
            self.to.as_ref().map(|key| &key[..]),
        )
    }
}

/// Whether no key can lie between the bounds. Engines differ in what they do with such bounds - some
/// panic, as [`MemoryStore`](crate::MemoryStore) does - so the adapter never hands them on.
pub(crate) fn is_inverted(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to))
        | (Bound::Excluded(from), Bound::Included(to)) => from >= to,
    }
}

/// Splits the key group off an engine's key.
pub(crate) fn split_group(key: &[u8]) -> Result<(u16, &[u8])> {
    match key {
        [high, low, rest @ ..] => Ok((u16::from_be_bytes([*high, *low]), rest)),
        _ => Err(Error::new(
            ErrorKind::Corrupt,
            "a row key is shorter than its key group",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossed_bounds_are_told_from_others() {
        use Bound::{Excluded, Included, Unbounded};
        let (a, b) = (&b"a"[..], &b"b"[..]);
        for (from, to, inverted) in [
            (Unbounded, Unbounded, false),
            (Included(a), Included(a), false),
            (Included(a), Excluded(a), true),
            (Excluded(a), Included(a), true),
            (Excluded(a), Excluded(a), true),
            (Excluded(a), Excluded(b), false),
            (Included(b), Included(a), true),
            (Unbounded, Excluded(a), false),
        ] {
            assert_eq!(is_inverted(from, to), inverted, "{from:?} {to:?}");
        }
    }
}
