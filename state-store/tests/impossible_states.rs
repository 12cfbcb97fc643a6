//! A directory that lists states which cannot be is refused by name, before a table is opened.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{ErrorKind, KeyGroups, ListDescriptor, StateBackend, ValueDescriptor};
use state_store::{MemoryStore, OrderedRead, OrderedStore, StoreBackend, TableId};

const DIRECTORY: TableId = TableId(0);

fn open(store: MemoryStore) -> state_api::Result<StoreBackend<u64, MemoryStore>> {
    StoreBackend::new(store, KeyGroups::all(128)?)
}

fn key(table: u32) -> Vec<u8> {
    [b"state/", &table.to_be_bytes()[..]].concat()
}

/// A store with two states, and the entry of the first in its directory.
fn sound() -> (MemoryStore, Vec<u8>) {
    let mut state = open(MemoryStore::new()).unwrap();
    state
        .register(ValueDescriptor::<u64>::new("counts"))
        .unwrap();
    state
        .register(ListDescriptor::<u64>::new("events"))
        .unwrap();
    let store = state.store().clone();
    let entry = store.get(DIRECTORY, &key(1)).unwrap().unwrap().to_vec();
    (store, entry)
}

#[test]
fn impossible_states_are_refused_by_name() {
    let (store, counts) = sound();
    open(store.clone()).unwrap();
    let other = String::from_utf8(counts.clone())
        .unwrap()
        .replace("counts", "other")
        .into_bytes();
    for (what, table, entry, named) in [
        ("the directory's own table", 0, &other, ["0", "other"]),
        ("a number too large", 65_536, &other, ["65536", "other"]),
        (
            "the largest number",
            u32::MAX,
            &other,
            ["4294967295", "other"],
        ),
        ("a name twice", 3, &counts, ["3", "counts"]),
    ] {
        let mut store = store.clone();
        store.put(DIRECTORY, &key(table), entry).unwrap();
        let error = open(store).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
        let [number, name] = named;
        assert_eq!(error.context("number"), Some(number), "{what}: {error}");
        let state = error.context("state").unwrap();
        assert!(state.contains(name), "{what}: {error}");
    }
    for length in [0, 3, 5] {
        let mut store = store.clone();
        let key = [b"state/", &[0_u8; 5][..length]].concat();
        store.put(DIRECTORY, &key, &other).unwrap();
        let error = open(store).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{length} bytes: {error}");
    }
}

#[test]
fn the_last_number_is_one_and_the_next_state_takes_a_free_one() {
    let (mut store, counts) = sound();
    let last = String::from_utf8(counts).unwrap().replace("counts", "last");
    let number = TableId::LAST.0;
    store.put(DIRECTORY, &key(number), last.as_bytes()).unwrap();
    let mut state = open(store).unwrap();
    state.register(ValueDescriptor::<u64>::new("next")).unwrap();
    let entry = state.store().get(DIRECTORY, &key(3)).unwrap();
    assert!(entry.is_some(), "the state has another number than 3");
}
