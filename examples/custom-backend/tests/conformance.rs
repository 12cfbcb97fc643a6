//! The conformance suite on the backend.

use std::path::Path;

use custom_backend::{FjallBackend, FjallStore};
use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore};
use state_store::{Opening, StoreBackend};

/// Many small databases, several of them open at once.
const CACHE_BYTES: u64 = 8 << 20;

struct Fjall;

impl BackendFactory for Fjall {
    type Backend<K: StateKey> = FjallBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<FjallBackend<K>> {
        custom_backend::open(dir, groups, CACHE_BYTES, Opening::default())
    }

    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        let store = FjallStore::open(dir, CACHE_BYTES, Opening::default())?;
        StoreBackend::new(CountingStore::new(store, calls), groups)
    }
}

state_conformance::suite!(
    fjall,
    Fjall,
    lacks: [
        durable => "fjall keeps what a view was taken of, committed or not",
        native => "no file of fjall is shared between databases"
    ]
);
