//! Every backend's checkpoint restores into every other, at other parallelisms.

#![cfg(feature = "full")]

use std::path::Path;

use state_backends::heap::HeapBackend;
use state_backends::redb::{RedbBackend, RedbConfig};
use state_backends::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;

struct Heap;

impl BackendFactory for Heap {
    type Backend<K: StateKey> = HeapBackend<K>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<HeapBackend<K>> {
        Ok(HeapBackend::new(groups))
    }
}

struct Redb;

impl BackendFactory for Redb {
    type Backend<K: StateKey> = RedbBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<RedbBackend<K>> {
        let config = RedbConfig::default().with_cache_bytes(8 << 20);
        state_backends::redb::open(dir, groups, &config)
    }
}

#[test]
fn heap_to_heap() {
    state_conformance::properties::swap(&Heap, &Heap);
}

#[test]
fn heap_to_redb() {
    state_conformance::properties::swap(&Heap, &Redb);
}

#[test]
fn redb_to_heap() {
    state_conformance::properties::swap(&Redb, &Heap);
}

#[test]
fn redb_to_redb() {
    state_conformance::properties::swap(&Redb, &Redb);
}
