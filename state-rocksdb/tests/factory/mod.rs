//! How the suite opens `RocksDB` backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_rocksdb::{Mode, RocksdbBackend, RocksdbConfig};

pub(crate) struct Rocksdb;

impl BackendFactory for Rocksdb {
    type Backend<K: StateKey> = RocksdbBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RocksdbBackend<K>> {
        // A directory left dirty is refused.
        state_rocksdb::open(dir, groups, &config())
    }

    fn open_durable<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
    ) -> Result<RocksdbBackend<K>> {
        state_rocksdb::open(dir, groups, &config().with_mode(Mode::Durable))
    }
}

/// Many small databases, several of them open at once.
fn config() -> RocksdbConfig {
    RocksdbConfig::default().with_cache_bytes(8 << 20)
}
