//! How the suite opens heap backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_heap::HeapBackend;

pub(crate) struct Heap;

impl BackendFactory for Heap {
    type Backend<K: StateKey> = HeapBackend<K>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<HeapBackend<K>> {
        Ok(HeapBackend::new(groups))
    }
}
