//! One generated history on two backends at once, for each pair of the backends that are compiled in, and
//! with the store of `BTreeMap`s, which has no engine at all.

#![cfg(feature = "heap")]

mod backends;

use std::path::Path;

use state_backends::{KeyGroups, Result, StateKey};
use state_conformance::{BackendFactory, properties};
use state_store::{MemoryStore, StoreBackend};

struct Memory;

impl BackendFactory for Memory {
    type Backend<K: StateKey> = StoreBackend<K, MemoryStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(MemoryStore::new(), groups)
    }
}

#[test]
fn memory_and_heap() {
    properties::differential(&Memory, &backends::HEAP);
}

#[cfg(feature = "redb")]
#[test]
fn memory_and_redb() {
    properties::differential(&Memory, &backends::REDB);
}

#[cfg(feature = "redb")]
#[test]
fn heap_and_redb() {
    properties::differential(&backends::HEAP, &backends::REDB);
}

#[cfg(feature = "sled")]
#[test]
fn memory_and_sled() {
    properties::differential(&Memory, &backends::SLED);
}

#[cfg(feature = "sled")]
#[test]
fn heap_and_sled() {
    properties::differential(&backends::HEAP, &backends::SLED);
}

#[cfg(all(feature = "redb", feature = "sled"))]
#[test]
fn redb_and_sled() {
    properties::differential(&backends::REDB, &backends::SLED);
}

#[cfg(feature = "rocksdb")]
#[test]
fn heap_and_rocksdb() {
    properties::differential(&backends::HEAP, &backends::ROCKSDB);
}
