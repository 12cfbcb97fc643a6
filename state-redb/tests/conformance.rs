//! The conformance suite on the redb backend.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_redb::{RedbBackend, RedbConfig};

struct Redb;

impl BackendFactory for Redb {
    type Backend<K: StateKey> = RedbBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RedbBackend<K>> {
        // Many small databases, several of them open at once. A directory left dirty is refused.
        state_redb::open(
            dir,
            groups,
            &RedbConfig::default().with_cache_bytes(8 << 20),
        )
    }
}

state_conformance::suite!(redb, Redb);
