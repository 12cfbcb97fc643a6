//! `MemoryStore` is a file to copy: it stands on what is public, so that a copy in another crate is a backend.

use std::path::Path;

use copied::MemoryStore;
use state_api::{KeyGroups, Result, StateKey};
use state_conformance::{BackendFactory, properties};
use state_store::StoreBackend;

/// What `crate::store` is in a copy.
mod store {
    pub(crate) use state_store::{Entry, OrderedRead, OrderedStore, Scan, TableId};
}

#[path = "../src/memory.rs"]
#[allow(unreachable_pub, reason = "a copy is a file of another crate")]
mod copied;

struct Copied;

impl BackendFactory for Copied {
    type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(MemoryStore::new(), groups)
    }
}

#[test]
fn a_copy_is_a_backend() {
    properties::generated::generated_operations(&Copied);
}
