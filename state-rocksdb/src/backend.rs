//! The backend and its ways in.

use std::path::Path;

use rocksdb::Options;
use state_api::{KeyGroups, Result, StateKey};
use state_store::StoreBackend;

use crate::config::RocksdbConfig;
use crate::store::RocksdbStore;

/// The state backend over RocksDB.
pub type RocksdbBackend<K> = StoreBackend<K, RocksdbStore>;

/// Opens or creates a backend in the directory `path`, which is its own: nothing else may be in
/// it.
///
/// # Errors
/// [`Mismatch`](state_api::ErrorKind::Mismatch) when the directory belongs to another backend, mode,
/// key type or key groups, or holds foreign files;
/// [`Unsupported`](state_api::ErrorKind::Unsupported) for another layout version;
/// [`Corrupt`](state_api::ErrorKind::Corrupt) when a file is not as the last close left it;
/// [`Poisoned`](state_api::ErrorKind::Poisoned) when a crash left it and the configuration does not
/// say to wipe it; [`Conflict`](state_api::ErrorKind::Conflict) when it is open already; what RocksDB
/// and the file system meet.
pub fn open<K: StateKey>(
    path: impl AsRef<Path>,
    groups: KeyGroups,
    config: &RocksdbConfig,
) -> Result<RocksdbBackend<K>> {
    StoreBackend::new(RocksdbStore::open(path.as_ref(), config)?, groups)
}

/// [`open`], with the engine's own options at hand: `adjust` is given those of the database and those
/// of each column family, as the configuration made them, and may change what it likes.
///
/// The backend relies on the engine's default comparator, on atomic flushes, and on no prefix
/// extractor, merge operator or compaction filter.
///
/// ```
/// use state_api::KeyGroups;
/// use state_rocksdb::{RocksdbConfig, open_with};
///
/// # let dir = tempfile::tempdir().unwrap();
/// let config = RocksdbConfig::default();
/// let groups = KeyGroups::all(128)?;
/// let state = open_with::<u64>(dir.path().join("work"), groups, &config, |database, column| {
///     database.set_bytes_per_sync(1 << 20);
///     column.set_memtable_prefix_bloom_ratio(0.0);
/// })?;
/// # state_api::StateBackend::destroy(state)?;
/// # Ok::<(), state_api::Error>(())
/// ```
///
/// # Errors
/// As [`open`].
pub fn open_with<K: StateKey>(
    path: impl AsRef<Path>,
    groups: KeyGroups,
    config: &RocksdbConfig,
    adjust: impl Fn(&mut Options, &mut Options),
) -> Result<RocksdbBackend<K>> {
    let store = RocksdbStore::open_with(path.as_ref(), config, &adjust)?;
    StoreBackend::new(store, groups)
}
