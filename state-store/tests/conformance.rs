//! The conformance suite on the adapter, over the store of `BTreeMap`s.

use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore};
use state_store::{MemoryStore, StoreBackend};

struct Memory;

impl BackendFactory for Memory {
    type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(MemoryStore::new(), groups)
    }

    fn open_counted<K: StateKey>(
        &self,
        _: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        StoreBackend::new(CountingStore::new(MemoryStore::new(), calls), groups)
    }
}

state_conformance::suite!(
    memory,
    Memory,
    lacks: [
        durable => "memory does not survive a crash",
        native => "there are no files"
    ]
);
