//! How the suite opens redb backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_redb::{Mode, RedbBackend, RedbConfig};

pub(crate) struct Redb;

impl BackendFactory for Redb {
    type Backend<K: StateKey> = RedbBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RedbBackend<K>> {
        // A directory left dirty is refused.
        state_redb::open(dir, groups, &config())
    }

    fn open_durable<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RedbBackend<K>> {
        state_redb::open(dir, groups, &config().with_mode(Mode::Durable))
    }
}

/// Many small databases, several of them open at once.
fn config() -> RedbConfig {
    RedbConfig::default().with_cache_bytes(8 << 20)
}
