//! How the suite opens sled backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore, tracking, vary_tracking};
use state_sled::{SledBackend, SledConfig, SledStore};
use state_store::{Overlay, StoreBackend};

/// Options that no reader may notice. (The budget for living views is left as it is: a view that is revoked
/// is noticed.)
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sled {
    pub(crate) cache_bytes: u64,
    pub(crate) verify_files: bool,
    pub(crate) tracking: Option<usize>,
}

impl Default for Sled {
    /// Many small databases, several of them open at once.
    fn default() -> Self {
        Self {
            cache_bytes: 8 << 20,
            verify_files: true,
            tracking: None,
        }
    }
}

impl Sled {
    /// A directory left dirty is refused.
    fn config(self) -> SledConfig {
        SledConfig::default()
            .with_cache_bytes(self.cache_bytes)
            .with_verify_files(self.verify_files)
    }
}

impl BackendFactory for Sled {
    type Backend<K: StateKey> = SledBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<SledBackend<K>> {
        tracking(
            state_sled::open(dir, groups, &self.config())?,
            self.tracking,
        )
    }

    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        let config = self.config();
        let overlay = Overlay::new(SledStore::open(dir, &config)?, config.overlay_bytes)?;
        StoreBackend::new(CountingStore::new(overlay, calls), groups)
    }

    fn vary(&self, seed: u64) -> Option<Self> {
        Some(Self {
            cache_bytes: if seed.is_multiple_of(2) {
                8 << 20
            } else {
                1 << 20
            },
            verify_files: !seed.is_multiple_of(3),
            tracking: vary_tracking(seed),
        })
    }

    fn expression(&self) -> String {
        format!("{self:?}")
    }
}
