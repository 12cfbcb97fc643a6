//! How the suite opens redb backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore, tracking, vary_tracking};
use state_redb::{Mode, RedbBackend, RedbConfig, RedbStore};
use state_store::StoreBackend;

/// Options that no reader may notice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redb {
    pub(crate) cache_bytes: usize,
    pub(crate) verify_files: bool,
    pub(crate) tracking: Option<usize>,
}

impl Default for Redb {
    /// Many small databases, several of them open at once.
    fn default() -> Self {
        Self {
            cache_bytes: 8 << 20,
            verify_files: true,
            tracking: None,
        }
    }
}

impl Redb {
    /// A directory left dirty is refused.
    fn config(self) -> RedbConfig {
        RedbConfig::default()
            .with_cache_bytes(self.cache_bytes)
            .with_verify_files(self.verify_files)
    }
}

impl BackendFactory for Redb {
    type Backend<K: StateKey> = RedbBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RedbBackend<K>> {
        tracking(
            state_redb::open(dir, groups, &self.config())?,
            self.tracking,
        )
    }

    fn open_durable<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RedbBackend<K>> {
        state_redb::open(dir, groups, &self.config().with_mode(Mode::Durable))
    }

    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        let store = RedbStore::open(dir, &self.config())?;
        StoreBackend::new(CountingStore::new(store, calls), groups)
    }

    fn vary(&self, seed: u64) -> Option<Self> {
        Some(Self {
            cache_bytes: if seed.is_multiple_of(2) {
                8 << 20
            } else {
                64 << 10
            },
            verify_files: !seed.is_multiple_of(3),
            tracking: vary_tracking(seed),
        })
    }

    fn expression(&self) -> String {
        format!("{self:?}")
    }
}
