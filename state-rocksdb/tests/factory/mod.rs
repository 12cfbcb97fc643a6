//! How the suite opens `RocksDB` backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore, tracking, vary_tracking};
use state_rocksdb::{Mode, Profile, RocksdbBackend, RocksdbConfig, RocksdbStore};
use state_store::StoreBackend;

/// Options that no reader may notice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rocksdb {
    /// 0 is the default configuration, then come the profiles: a number is Rust in a report.
    pub(crate) profile: u64,
    pub(crate) cache_bytes: usize,
    pub(crate) verify_files: bool,
    pub(crate) tracking: Option<usize>,
}

impl Default for Rocksdb {
    /// Many small databases, several of them open at once.
    fn default() -> Self {
        Self {
            profile: 0,
            cache_bytes: 8 << 20,
            verify_files: true,
            tracking: None,
        }
    }
}

impl Rocksdb {
    /// A directory left dirty is refused.
    fn config(self) -> RocksdbConfig {
        let config = match self.profile {
            0 => RocksdbConfig::default(),
            1 => RocksdbConfig::of(Profile::Memory),
            2 => RocksdbConfig::of(Profile::Ssd),
            _ => RocksdbConfig::of(Profile::SpinningDisk),
        };
        config
            .with_cache_bytes(self.cache_bytes)
            .with_verify_files(self.verify_files)
    }
}

impl BackendFactory for Rocksdb {
    type Backend<K: StateKey> = RocksdbBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RocksdbBackend<K>> {
        tracking(
            state_rocksdb::open(dir, groups, &self.config())?,
            self.tracking,
        )
    }

    fn open_durable<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
    ) -> Result<RocksdbBackend<K>> {
        state_rocksdb::open(dir, groups, &self.config().with_mode(Mode::Durable))
    }

    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        let store = RocksdbStore::open(dir, &self.config())?;
        StoreBackend::new(CountingStore::new(store, calls), groups)
    }

    fn vary(&self, seed: u64) -> Option<Self> {
        Some(Self {
            profile: seed % 4,
            cache_bytes: if seed.is_multiple_of(2) {
                8 << 20
            } else {
                1 << 20
            },
            verify_files: !seed.is_multiple_of(7),
            tracking: vary_tracking(seed),
        })
    }

    fn expression(&self) -> String {
        format!("{self:?}")
    }
}
