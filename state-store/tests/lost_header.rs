//! A directory without its header is not a new one: it once opened as empty, and the states in it came back with
//! the next open.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{ErrorKind, KeyGroups, StateBackend, ValueDescriptor};
use state_store::{MemoryStore, OrderedRead, OrderedStore, StoreBackend, TableId};

fn open(store: MemoryStore) -> state_api::Result<StoreBackend<u64, MemoryStore>> {
    StoreBackend::new(store, KeyGroups::all(128)?)
}

#[test]
fn a_directory_that_lost_its_header_is_refused() {
    let mut state = open(MemoryStore::new()).unwrap();
    let counts = ValueDescriptor::<u64>::new("counts");
    let counts = state.register(counts).unwrap();
    state.at_mut(&1).value(counts).put(7).unwrap();
    let mut store = state.store().clone();
    open(store.clone()).unwrap();

    let directory = TableId(0);
    assert!(store.get(directory, b"header").unwrap().is_some());
    store.delete(directory, b"header").unwrap();
    let error = open(store).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(error.context("entry").is_some(), "{error}");
}

#[test]
fn a_table_without_entries_is_new() {
    let mut store = MemoryStore::new();
    store.create_table(TableId(0)).unwrap();
    open(store).unwrap();
}
