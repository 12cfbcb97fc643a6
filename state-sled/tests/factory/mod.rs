//! How the suite opens sled backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_sled::{SledBackend, SledConfig};

pub(crate) struct Sled;

impl BackendFactory for Sled {
    type Backend<K: StateKey> = SledBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<SledBackend<K>> {
        // Many small databases, several of them open at once. A directory left dirty is refused.
        state_sled::open(
            dir,
            groups,
            &SledConfig::default().with_cache_bytes(8 << 20),
        )
    }
}
