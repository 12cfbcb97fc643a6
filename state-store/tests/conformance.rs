//! The conformance suite on the adapter, over the store of `BTreeMap`s.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_store::{MemoryStore, StoreBackend};

struct Memory;

impl BackendFactory for Memory {
    type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(MemoryStore::new(), groups)
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
