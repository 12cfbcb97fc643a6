//! The backend and its way in.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_store::{Overlay, StoreBackend};

use crate::config::SledConfig;
use crate::store::SledStore;

/// The state backend over sled.
pub type SledBackend<K> = StoreBackend<K, Overlay<SledStore>>;

/// Opens or creates a backend in the directory `path`, which is its own: nothing else may be in
/// it.
///
/// # Errors
/// [`Mismatch`](state_api::ErrorKind::Mismatch) when the directory belongs to another backend, key
/// type or key groups, or holds foreign files;
/// [`Unsupported`](state_api::ErrorKind::Unsupported) for another layout version;
/// [`Corrupt`](state_api::ErrorKind::Corrupt) when a file is not as the last close left it;
/// [`Poisoned`](state_api::ErrorKind::Poisoned) when a crash left it and the configuration does not
/// say to wipe it; [`Conflict`](state_api::ErrorKind::Conflict) when it is open already; what sled
/// and the file system meet.
pub fn open<K: StateKey>(
    path: impl AsRef<Path>,
    groups: KeyGroups,
    config: &SledConfig,
) -> Result<SledBackend<K>> {
    let store = SledStore::open(path.as_ref(), config)?;
    StoreBackend::new(Overlay::new(store, config.overlay_bytes)?, groups)
}
