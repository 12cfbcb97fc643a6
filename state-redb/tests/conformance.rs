//! The conformance suite on the redb backend.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_redb::{Mode, RedbBackend, RedbConfig};

struct Redb;

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

state_conformance::suite!(
    redb,
    Redb,
    lacks: [native => "redb has one file that changes in place: nothing of it can be shared"]
);
