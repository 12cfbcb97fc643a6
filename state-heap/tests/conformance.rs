//! The conformance suite on the heap backend.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_heap::HeapBackend;

struct Heap;

impl BackendFactory for Heap {
    type Backend<K: StateKey> = HeapBackend<K>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<HeapBackend<K>> {
        Ok(HeapBackend::new(groups))
    }
}

state_conformance::suite!(
    heap,
    Heap,
    lacks: [
        durable => "memory does not survive a crash",
        native => "there are no files: the portable checkpoint is the only one"
    ]
);
