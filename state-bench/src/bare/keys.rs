//! The bytes of keys on a bare engine: as its own users would write them, or as the backends do.

use std::fmt;

use state_api::{Prepared as _, StateRead as _};
use state_store::{MemoryStore, StoreBackend};

use crate::error::Result;
use crate::subject::Settings;

/// How keys become bytes.
#[derive(Debug)]
pub(crate) enum Keys {
    /// A number is its eight bytes, big-endian, and a name itself; a list is under its key, a map entry under
    /// `key | entry key`.
    Own,
    /// The very bytes of the backends, a list under its first chunk.
    Ours(Box<Layout>),
}

/// The layout of the backends, which is one for all engines: what makes the bytes is a backend over nothing.
pub(crate) struct Layout {
    numbers: StoreBackend<u64, MemoryStore>,
    names: StoreBackend<String, MemoryStore>,
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layout").finish_non_exhaustive()
    }
}

/// In order of the entry keys, the negative ones first.
#[inline]
fn row(key: u64, entry: i64) -> [u8; 16] {
    let entry = entry.cast_unsigned() ^ (1 << 63);
    (u128::from(key) << 64 | u128::from(entry)).to_be_bytes()
}

impl Keys {
    /// Those that a run asks for.
    ///
    /// # Errors
    /// What a backend over nothing meets, here and below.
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        if !settings.same_keys {
            return Ok(Self::Own);
        }
        let groups = settings.key_groups;
        Ok(Self::Ours(Box::new(Layout {
            numbers: StoreBackend::new(MemoryStore::new(), groups)?,
            names: StoreBackend::new(MemoryStore::new(), groups)?,
        })))
    }

    /// What `f` makes of the key of a number.
    ///
    /// # Errors
    /// What `f` meets, here and below.
    #[inline]
    pub(super) fn of_number<R>(&self, key: u64, f: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        match self {
            Self::Own => f(&key.to_be_bytes()),
            Self::Ours(layout) => f(layout.numbers.prepare(&key)?.as_bytes()),
        }
    }

    /// What `f` makes of the key of a name.
    ///
    /// # Errors
    /// As [`Keys::of_number`].
    #[inline]
    pub(super) fn of_name<R>(&self, name: &str, f: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        match self {
            Self::Own => f(name.as_bytes()),
            Self::Ours(layout) => f(layout.names.prepare(name)?.as_bytes()),
        }
    }

    /// What `f` makes of the key of a list.
    ///
    /// # Errors
    /// As [`Keys::of_number`].
    #[inline]
    pub(crate) fn of_list<R>(&self, key: u64, f: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
        match self {
            Self::Own => f(&key.to_be_bytes()),
            // A chunk number is eight bytes, big-endian, as a namespace that is a number.
            Self::Ours(layout) => {
                let chunk = layout.numbers.prepare(&key)?.in_namespace(&0_u64)?;
                f(chunk.as_bytes())
            }
        }
    }

    /// What `f` makes of the key of a map entry.
    ///
    /// # Errors
    /// As [`Keys::of_number`].
    #[inline]
    pub(super) fn of_entry<R>(
        &self,
        key: u64,
        entry: i64,
        f: impl FnOnce(&[u8]) -> Result<R>,
    ) -> Result<R> {
        match self {
            Self::Own => f(&row(key, entry)),
            // An entry key lies behind the key as a namespace does.
            Self::Ours(layout) => {
                let row = layout.numbers.prepare(&key)?.in_namespace(&entry)?;
                f(row.as_bytes())
            }
        }
    }

    /// What `f` makes of the first and the last key that an entry of a map may have.
    ///
    /// # Errors
    /// As [`Keys::of_number`].
    #[inline]
    pub(super) fn of_entries<R>(
        &self,
        key: u64,
        f: impl FnOnce(&[u8], &[u8]) -> Result<R>,
    ) -> Result<R> {
        self.of_entry(key, i64::MIN, |first| {
            self.of_entry(key, i64::MAX, |last| f(first, last))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use state_api::{
        KeyGroups, ListDescriptor, MapDescriptor, StateBackend as _, StateKey, ValueDescriptor,
    };
    use state_store::{OrderedRead as _, Scan as _, TableId};

    use super::*;

    fn groups() -> KeyGroups {
        KeyGroups::all(16).unwrap()
    }

    fn keys(same_keys: bool) -> Keys {
        let settings = Settings {
            root: None,
            key_groups: groups(),
            tracked: false,
            same_keys,
        };
        Keys::new(&settings).unwrap()
    }

    fn bytes(of: impl FnOnce(fn(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<u8>>) -> Vec<u8> {
        of(|bytes| Ok(bytes.to_vec())).unwrap()
    }

    /// The keys of all rows that a backend of the first state's has written.
    fn written<K: StateKey>(state: &StoreBackend<K, MemoryStore>) -> Vec<Vec<u8>> {
        let all = (Bound::Unbounded, Bound::Unbounded);
        let mut scan = state.store().scan(TableId(1), all.0, all.1).unwrap();
        let mut keys = Vec::new();
        while let Some(entry) = scan.next_entry().unwrap() {
            keys.push(entry.key.to_vec());
        }
        keys
    }

    #[test]
    fn ours_are_those_that_a_backend_writes() {
        let ours = keys(true);
        for key in [0, 7, u64::MAX] {
            let open = || StoreBackend::<u64, _>::new(MemoryStore::new(), groups()).unwrap();
            let mut state = open();
            let value = state.register(ValueDescriptor::<i64>::new("v")).unwrap();
            state.at_mut(&key).value(value).put(1).unwrap();
            assert_eq!(written(&state), [bytes(|f| ours.of_number(key, f))]);

            let mut state = open();
            let list = state.register(ListDescriptor::<i64>::new("l")).unwrap();
            state.at_mut(&key).list(list).push(1).unwrap();
            assert_eq!(written(&state), [bytes(|f| ours.of_list(key, f))]);

            let mut state = open();
            let map = state.register(MapDescriptor::<i64, i64>::new("m")).unwrap();
            let mut rows = Vec::new();
            for entry in [i64::MIN, -1, 0, 7, i64::MAX] {
                state.at_mut(&key).map(map).insert(entry, 1).unwrap();
                rows.push(bytes(|f| ours.of_entry(key, entry, f)));
            }
            assert_eq!(written(&state), rows);
        }
        let mut state = StoreBackend::<String, _>::new(MemoryStore::new(), groups()).unwrap();
        let value = state.register(ValueDescriptor::<i64>::new("v")).unwrap();
        state.at_mut("user-7").value(value).put(1).unwrap();
        assert_eq!(written(&state), [bytes(|f| ours.of_name("user-7", f))]);
    }

    #[test]
    fn rows_of_a_map_are_in_order_and_apart_from_others() {
        for keys in [keys(false), keys(true)] {
            let entries = [i64::MIN, -1, 0, 1, i64::MAX];
            let rows = entries.map(|entry| bytes(|f| keys.of_entry(9, entry, f)));
            assert!(rows.is_sorted());
            keys.of_entries(9, |first, last| {
                assert_eq!((first, last), (&rows[0][..], &rows[4][..]));
                Ok(())
            })
            .unwrap();
            for other in [8, 10] {
                let row = bytes(|f| keys.of_entry(other, 0, f));
                assert!(row < rows[0] || row > rows[4]);
            }
        }
    }
}
