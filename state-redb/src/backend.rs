//! The backend and its way in.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_store::StoreBackend;

use crate::config::RedbConfig;
use crate::store::RedbStore;

/// The state backend over redb.
pub type RedbBackend<K> = StoreBackend<K, RedbStore>;

/// Opens or creates a backend in the directory `path`, which is its own: nothing else may be in
/// it.
///
/// # Errors
/// [`Mismatch`](state_api::ErrorKind::Mismatch) when the directory belongs to another backend, key
/// type or key groups, or holds foreign files;
/// [`Unsupported`](state_api::ErrorKind::Unsupported) for another layout version;
/// [`Poisoned`](state_api::ErrorKind::Poisoned) when a crash left it and the configuration does not
/// say to wipe it; [`Conflict`](state_api::ErrorKind::Conflict) when it is open already; what redb
/// and the file system meet.
pub fn open<K: StateKey>(
    path: impl AsRef<Path>,
    groups: KeyGroups,
    config: &RedbConfig,
) -> Result<RedbBackend<K>> {
    StoreBackend::new(RedbStore::open(path.as_ref(), config)?, groups)
}
